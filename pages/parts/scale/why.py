"""The view *Why at all?*: three sizes of one's own sweep, the same prompt and the same held-out text: what grows, and what does not."""

import streamlit as st

from lmcore.errors import CheckpointError
from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.records import Run
from lmcore.scale.measured import Measured
from lmcore.training.planning import SAMPLE_TOKENS
from pages.parts import visitor
from pages.parts.components import plain_bars
from pages.parts.language import _
from pages.parts.run import guard, input_checks, model_cache, run_labels
from pages.parts.scale import sweep_runs, units

SHOWN = 3  # sizes
BARS = 6
SEED = 1


def show(run: Run, trained: TrainedModel):
    ended = list(filter(sweep_runs.ended, sweep_runs.found(run, "size")))
    if len(ended) < SHOWN:
        st.info(
            _(
                "Three sizes of your own are compared here, and there are {count} for this run. Train five sizes under “A law of one's own”."
            ).format(count=len(ended))
        )
        return
    chosen = [ended[0], ended[len(ended) // 2], ended[-1]]
    st.markdown(
        _(
            "Three sizes, equally many steps on the same text. Ask all three the same: what has the largest learned that the smallest "
            "has not?"
        )
    )
    guard.begin_with(run, "scale.prompt", run.pinned_context)
    prompt = input_checks.end_of(st.text_input(_("What comes after"), key="scale.prompt", max_chars=input_checks.MOST))
    input_checks.say(run, trained, prompt, "scale.prompt")
    for number, (point, column) in enumerate(zip(chosen, st.columns(SHOWN, gap="medium"), strict=True)):
        with column:
            _one(point, prompt, key=f"scale.bars.{number}")
    _table(chosen)


def _one(point: Run, prompt: str, key: str):
    """What one size says and writes after the prompt."""
    st.text(sweep_runs.value_words(point.requested, "size"))
    try:
        model = model_cache.load(visitor.data_folder(), point)
        if model is None:
            raise CheckpointError()
        with model_cache.asking():
            top = model.next_token(prompt).top(BARS)
            written = model.write(prompt, SAMPLE_TOKENS[point.requested.tokenizer.level], seed=SEED)
    except CheckpointError:
        st.caption(_("The model of this run cannot be read any more."))
        return
    plain_bars.show(top, key=key, others=False)
    st.code(written, language=None, wrap_lines=True)


def _table(chosen: list[Run]):
    """What grows with the size, and what does not."""
    st.subheader(_("What grows, and what does not"))
    numbers = [_measured(point) for point in chosen]
    rows = {
        _("parameters"): [f"{found.parameters:,}" for found in numbers],
        _("FLOPs a token"): [units.operations(found.operations_per_token) for found in numbers],
        _("memory"): [units.memory(found.memory) for found in numbers],
        _("Time of its steps"): [units.time(found.seconds) for found in numbers],
        _("Tokens read"): [f"{found.tokens:,}" for found in numbers],
        _("Best nats per token"): [f"{point.best_loss:.3f}" for point in chosen],
        _("Best bits per byte"): [
            "–" if point.best_bits_per_byte is None else f"{point.best_bits_per_byte:.3f}" for point in chosen
        ],
    }
    names = [sweep_runs.value_words(point.requested, "size") for point in chosen]
    st.dataframe(
        {_("Measure"): list(rows)} | {name: [values[index] for values in rows.values()] for index, name in enumerate(names)},
        hide_index=True,
        key="scale.why",
    )
    first, last = numbers[0], numbers[-1]
    lost = 1 - float(chosen[-1].best_loss or 0.0) / float(chosen[0].best_loss or 1.0)
    st.markdown(
        _(
            "From the smallest to the largest: **{parameters} times** the parameters, **{operations} times** the FLOPs a token, and a loss on "
            "held-out text that is **{percent:.1f}%** {lower}. The text, the tokens it is cut into and how often it was read stayed the same: "
            "no size can take from a text what is not in it."
        ).format(
            parameters=units.times(last.parameters / first.parameters),
            operations=units.times(last.operations_per_token / first.operations_per_token),
            percent=abs(100 * lost),
            lower=_("lower") if lost >= 0 else _("higher"),
        )
    )


def _measured(point: Run) -> Measured:
    size = run_labels.vocabulary_size(visitor.data_folder(), point.id) or 0
    return Measured.of(run_labels.config(point), size, point.tokens, point.seconds)
