"""One step, opened: the six stations of a training step on the visitor's own sentence, as often as they like.

The details of each station are `step_stations`, three weights and the check of their gradients `step_check`.
"""

import math

import numpy as np
import streamlit as st

from lmcore.errors import CheckpointError, LossNotFinite
from lmcore.inference.trained import TrainedModel
from lmcore.inspection.step import BYTES_PER_WEIGHT, Opened
from lmcore.runs.store.records import Run
from pages.parts.components import plots, token_names
from pages.parts.components.step_bars import step_bars
from pages.parts.components.token_view import token_view
from pages.parts.error_sentences import sentence as error_sentence
from pages.parts.inside import sentence, step_check, step_state, step_stations
from pages.parts.inside.step_state import Chosen, Start
from pages.parts.language import _, together
from pages.parts.number_format import format_probability, short
from pages.parts.run import charts, guard, setting_labels

MOST = 100  # tokens
MOST_STEPS = 1_000
ROWS = 8  # tokens with a bar of their own
RATES = (0.0, *(round(first * 10.0**power, 6) for power in range(-5, 1) for first in (1, 2, 5)), 10.0)
PLAIN = "sgd"
PLAIN_RATE = 0.5


def show(run: Run, trained: TrainedModel):
    st.caption(
        _(
            "Training is one step, repeated: read, predict, compare, find out for each weight in which direction the loss falls, and "
            "change it a little. Here is one such step on one sentence, with every number."
        )
    )
    ids = sentence.ask(run, trained, MOST)
    if ids is None:
        return
    try:
        _open(run, trained, ids.astype(np.int64))
    except CheckpointError as error:
        st.error(error_sentence(error.code, error.values))


def _open(run: Run, trained: TrainedModel, ids: np.ndarray):
    size = BYTES_PER_WEIGHT * sum(weight.numel() for weight in trained.network.parameters())
    if size > step_state.MOST_BYTES:
        st.info(
            _(
                "This network is too large to be opened here: a step with all its numbers would take {megabytes} MB of memory."
            ).format(megabytes=f"{size // 1_000_000:,}")
        )
        return
    strip = st.container()
    position = _choose_position(run, trained, ids)
    columns = st.columns([5, 4, 5], gap="medium")
    with columns[0]:
        start = Start(run.id, _choose_weights(run, trained), ids.tobytes())
    with columns[1]:
        optimizer = _choose_optimizer(run)
    with columns[2]:
        rate = _choose_rate(run, optimizer)
    done = step_state.moves(start)
    bars = st.container()
    on_progress = _buttons(start, optimizer, rate, sum(count for _name, _rate, count in done))
    chosen = Chosen(optimizer, rate, position, step_check.entries(run, trained, start), step_check.epsilon())
    try:
        opened, losses = step_state.look(run, trained, start, done, chosen, on_progress)
    except LossNotFinite as error:
        st.error(error_sentence(error.code, error.values))
        return
    with strip:
        step_stations.strip(ids, start.step, len(losses), opened)
    with bars:
        _show_bars(trained, start, position, opened)
    _show_curve(opened, losses)
    step_stations.show(trained, ids, position, opened)
    step_check.show(trained, start, opened)


def _choose_position(run: Run, trained: TrainedModel, ids: np.ndarray) -> int:
    """The tokens with their numbers; the chosen one is what is to be predicted."""
    key, tokenizer, of_this = "inside.step.tokens", trained.tokenizer, (run.id, ids.tobytes())

    def choose():
        if (clicked := st.session_state[key].clicked) is not None:
            st.session_state["inside.step.position"] = (of_this, int(clicked))

    of, position = st.session_state.get("inside.step.position", (None, 0))
    position = position if of == of_this and position < len(ids) else len(ids) - 1
    st.caption(
        _(
            "① The sentence, cut into tokens, each with its number in the vocabulary: the network reads only the numbers. Every token is "
            "predicted from those before it; choose the one whose prediction is to be looked at."
        )
    )
    tokens = [
        {
            "text": text,
            "name": tokenizer.vocabulary[token_id],
            "id": int(token_id),
            "unknown": bool(token_id == tokenizer.unknown_id),
            "special": bool(token_id == tokenizer.begin_id),
        }
        for text, token_id in zip(token_names.in_text(tokenizer, ids), ids, strict=True)
    ]
    labels = {"token": _("token “{text}”, id {id}"), "unknown": _("unknown to this model"), "legend": "", "value": ""}
    token_view(tokens, key=key, mode="ids", selected=position, labels=labels, max_height=160, on_click=choose)
    return position


def _choose_weights(run: Run, trained: TrainedModel) -> int:
    """The step of the run whose weights are taken; those of step 0 to begin with."""
    key, options = "inside.step.start", step_state.starts(run, trained)
    if len(options) == 1:
        return options[0]
    asked = st.session_state.get(key, 0)
    st.session_state[key] = max(step for step in options if step <= asked)  # a running run has other steps every second
    names = {step: _("step {step}").format(step=f"{step:,}") for step in options} | {0: _("random (step 0)")}
    chosen = st.select_slider(_("② Weights"), options, format_func=names.get, key=key, persist_state="session")
    if len(options) == 2:
        st.caption(_("This run has no film, so there are only the weights it began with and those of its checkpoint."))
    return chosen


def _choose_optimizer(run: Run) -> str:
    own = (run.resolved or run.requested).training.optimizer
    options = list(dict.fromkeys([own, PLAIN]))
    names = {name: setting_labels.option("optimizer", name) for name in options}
    names[own] = _("{optimizer}, as this run").format(optimizer=names[own])
    key = "inside.step.optimizer"
    if st.session_state.get(key) not in options:
        st.session_state[key] = own
    return st.segmented_control(_("⑥ Optimizer"), options, format_func=names.get, key=key, required=True, persist_state="session")


def _choose_rate(run: Run, optimizer: str) -> float:
    training = (run.resolved or run.requested).training
    usual = training.learning_rate if optimizer == training.optimizer else PLAIN_RATE
    key = f"inside.step.rate.{optimizer}"
    guard.begin_with(run, key, usual)
    return st.select_slider(
        _("⑥ Learning rate"), sorted({*RATES, usual, st.session_state[key]}), format_func=short, key=key, persist_state="session"
    )


def _buttons(start: Start, optimizer: str, rate: float, taken: int):
    """Draw them; return what is called while steps are taken."""
    row = st.container(horizontal=True)
    counts = {1: _("Once more"), 10: _("10 times"), 100: _("100 times")}
    for count, label in counts.items():
        row.button(
            label,
            key=f"inside.step.go{count}",
            type="primary" if count == 1 else "secondary",
            disabled=taken + count > MOST_STEPS,
            on_click=step_state.go_on,
            args=(start, (optimizer, rate, count)),
        )
    row.button(_("Back to the beginning"), key="inside.step.back", disabled=not taken, on_click=step_state.go_back, args=(start,))
    slot = st.empty()

    def on_progress(share: float):
        if share < 1:
            slot.progress(share, _("Taking steps …"))
        else:
            slot.empty()

    return on_progress


def _show_bars(trained: TrainedModel, start: Start, position: int, opened: Opened):
    p, after = opened.probabilities, opened.probabilities_after
    slopes = p - np.eye(1, len(p), opened.target)[0]
    shown = _rows(start, position, opened.target, p, after)
    context = np.frombuffer(start.ids, dtype=np.int64)[:position]
    names = token_names.next_names(trained.tokenizer, context, shown)
    rows: list[dict] = [
        {
            "name": token_names.visible(names[one]),
            "logit": float(opened.logits[one]),
            "p": float(p[one]),
            "slope": float(slopes[one]),
            "after": float(after[one]),
            "target": one == opened.target,
        }
        for one in shown
    ]
    if len(shown) < len(p):
        rest = [float(np.delete(values, shown).sum()) for values in (p, slopes, after)]
        others = {"name": _("all other tokens"), "logit": None, "target": False}
        rows.append(others | dict(zip(("p", "slope", "after"), rest, strict=True)))
    magnified = st.segmented_control(
        _("The bars’ axes end at"),
        (1, 10, 100),
        default=max(times for times in (1, 10, 100) if times == 1 or times * max(p.max(), after.max()) <= 1),  # all bars fit
        format_func=lambda times: format_probability(1 / times),
        key=f"inside.step.magnified.{start.step > 0}",
        required=True,
        persist_state="session",
    )
    step_bars(rows, magnified, key="inside.step.bars")
    before, later = format_probability(float(p[opened.target])), format_probability(float(after[opened.target]))
    st.caption(
        together(
            _(
                "Green is the true next token; the dashed frame is the target, 1 for it and 0 for all others. What is missing to the "
                "frame is p − y: below 0, the logit is to rise; above 0 it is to fall. All of these sum to 0."
            ),
            _("The update takes the true token from {before} to {after}; the line in the last bars marks p before it.").format(
                before=before, after=later
            ),
        )
    )
    with st.expander(_("As a table")):
        st.dataframe(
            {
                _("Token"): [row["name"] for row in rows],
                _("Logit"): [None if row["logit"] is None else round(row["logit"], 4) for row in rows],
                _("p before"): [row["p"] for row in rows],
                "y": [float(row["target"]) for row in rows],
                "p − y": [row["slope"] for row in rows],
                _("p after"): [row["after"] for row in rows],
            },
            hide_index=True,
            key="inside.step.bars.table",
        )


def _rows(start: Start, position: int, target: int, p: np.ndarray, after: np.ndarray) -> list[int]:
    """The tokens with a bar: the true one, and the likeliest before and after. One that has a bar keeps its place from step to step."""
    half = ROWS // 2
    wanted = list(
        dict.fromkeys(
            [target, *np.argsort(-p, kind="stable")[:half].tolist(), *np.argsort(-after, kind="stable")[:half].tolist()]
        )
    )
    likeliest = np.argsort(-np.maximum(p, after), kind="stable")[: 2 * ROWS].tolist()
    wanted = list(dict.fromkeys([*wanted, *likeliest]))[: min(ROWS + 1, len(p))]
    of, kept = st.session_state.get("inside.step.rows", (None, []))
    if of == (start, position):
        new = [one for one in wanted if one not in kept]
        wanted = [one if one in wanted else new.pop(0) for one in kept]
    st.session_state["inside.step.rows"] = ((start, position), wanted)
    return wanted


def _show_curve(opened: Opened, losses: list[float]):
    values = [*losses, opened.loss, opened.loss_after]
    steps = list(range(len(values)))
    figure = charts.blank(230, xaxis_title=_("step"), yaxis_title=_("loss (nats per token)"), showlegend=False)
    figure.add_scatter(
        x=steps[:-1],
        y=[value if math.isfinite(value) else None for value in values[:-1]],
        mode="lines+markers" if len(steps) < 40 else "lines",
        line={"color": charts.PALETTE[0], "width": 2.4},
        hovertemplate="%{x}: %{y:.4g}<extra></extra>",
    )
    figure.add_scatter(
        x=steps[-2:],
        y=[value if math.isfinite(value) else None for value in values[-2:]],
        mode="lines+markers",
        line={"color": charts.PALETTE[1], "width": 2.4, "dash": "dot"},
        marker={"size": [0, 9]},
        hovertemplate="%{x}: %{y:.4g}<extra></extra>",
    )
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(tickformat="d", dtick=1 if len(steps) < 12 else None)
    plots.show(figure, key="inside.step.curve")
    st.caption(
        together(
            _("The loss of this sentence: {before:.3f} before this step, {after:.3f} after it.").format(
                before=opened.loss, after=opened.loss_after
            ),
            _(
                "Of one sentence it soon falls to nearly 0: the network learns it by heart. A run has a text instead, and a held-out part."
            ),
        )
    )
    with st.expander(_("As a table")):
        st.dataframe({_("Step"): steps, _("Loss (nats per token)"): values}, hide_index=True, key="inside.step.curve.table")
