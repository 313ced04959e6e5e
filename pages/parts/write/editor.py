"""Where a text is written: what stands there, the number that fell, and the list from which one chooses the next token oneself.

A fragment asks for a few tokens more again and again while some are wanted, so that one sees them come and can stop them.
"""

import math

import numpy as np
import streamlit as st

from lmcore.inference import sampling
from lmcore.inference.top_tokens import VISIBLE
from lmcore.inference.trained import TrainedModel
from lmcore.inference.writing import MOST, Writing
from lmcore.runs.store.records import Run
from pages.parts import number_format
from pages.parts.components import token_names
from pages.parts.components.next_token_bars import labels as bar_labels
from pages.parts.components.next_token_bars import next_token_bars
from pages.parts.components.written_view import written_view
from pages.parts.language import _, together
from pages.parts.run import model_cache
from pages.parts.write import copy_meter

TICK = 0.15  # seconds
TICKS = 20  # parts in which a text comes
LOOKED_AT_WHILE_WRITING = 500  # tokens: the copy meter of a longer text waits until it is finished
SHOWN_PROMPT = 300  # characters of its end
CHOICES, ALTERNATIVES = 12, 6
KEPT_TEXTS = 8


def kept_text(run: Run) -> Writing | None:
    """What this session was writing with a run."""
    return st.session_state.setdefault("write.texts", {}).get(run.id)


def text_of(run: Run, trained: TrainedModel, prompt: str) -> Writing:
    """The text of this session and run; another prompt begins another text."""
    texts, found = st.session_state["write.texts"], kept_text(run)
    if found is None or found.prompt != prompt:
        found = texts[run.id] = Writing(prompt, trained.encode(prompt))
        while len(texts) > KEPT_TEXTS:
            del texts[next(iter(texts))]
    return found


def show(
    run: Run,
    trained: TrainedModel,
    writing: Writing,
    settings: sampling.Sampling,
    *,
    seed: int | None,
    amount: int | None,
    rule: str,
):
    """rule: of `stop_rules`. The text grows by at most `amount` tokens at a time; None: by none, a number was refused."""
    if amount is None:
        writing.remaining = 0
    live, shown = writing.remaining > 0, len(writing.tokens)
    stop = sampling.ending_ids(trained.tokenizer, rule) if rule else frozenset()

    @st.fragment(run_every=TICK if live else None)
    def editor():
        if writing.remaining:
            with model_cache.asking():
                writing.write(trained, settings, seed, math.ceil(amount / TICKS), stop)
        if (writing.remaining > 0) != live or (not writing.remaining and len(writing.tokens) != shown):
            st.rerun()  # the timer starts or ends, and the views below are about the new text
        _buttons(writing, amount)
        text, choices = st.columns([3, 2], gap="large")
        with text:
            _text(run, trained, writing)
        with choices:
            _choices(trained, writing, settings)

    editor()


def stop_rules(trained: TrainedModel) -> dict[str, str]:
    """{rule: its name}; "" is the number of tokens alone."""
    names = {"": _("after so many tokens"), "sentence": _("at the end of a sentence"), "line": _("at the end of a line")}
    return {**names, "item": _("at the end of the item")} if trained.kind == "blocks" else names


def _buttons(writing: Writing, amount: int | None):
    def request(count: int):
        writing.remaining = count

    full = len(writing.tokens) >= MOST
    row = st.container(horizontal=True)
    if writing.remaining:
        row.button(_("Stop"), icon=":material/stop:", key="write.stop", type="primary", on_click=request, args=(0,))
    else:
        row.button(
            _("Write on"),
            icon=":material/play_arrow:",
            key="write.on",
            type="primary",
            on_click=request,
            args=(amount,),
            disabled=full or amount is None,
        )
    row.button(
        _("One token"), icon=":material/casino:", key="write.one", on_click=request, args=(1,), disabled=full or amount is None
    )
    row.button(_("Step back"), icon=":material/undo:", key="write.back", on_click=writing.step_back, disabled=not writing.tokens)
    row.button(
        _("Start again"),
        icon=":material/restart_alt:",
        key="write.again",
        on_click=writing.start_again,
        disabled=not writing.tokens,
    )
    if full:
        st.caption(_("A text ends here after {most} tokens.").format(most=f"{MOST:,}"))


def _choices(trained: TrainedModel, writing: Writing, settings: sampling.Sampling):
    """The next token's probabilities; a click appends its token."""

    def choose():
        clicked = st.session_state["write.choices"].clicked
        if clicked is not None and len(writing.tokens) < MOST:
            with model_cache.asking():
                writing.choose(trained, settings, int(clicked))

    with model_cache.asking():
        top = writing.next_token(trained, settings)
    st.caption(_("Or choose the next token yourself:"))
    rows, rest = top.rows(token_names.next_names(trained.tokenizer, writing.before(len(writing.tokens)), top.ids), CHOICES)
    next_token_bars(rows, rest, key="write.choices", labels=bar_labels(), on_click=choose)
    unknown = trained.tokenizer.unknown_id
    if not top.after.any():
        st.caption(_("Only “unknown” is possible here, and it is never drawn, so the text ends. Step back, or choose a token."))
    elif unknown is not None and any(row["id"] == unknown for row in rows):
        st.caption(_("“Unknown” is never drawn: its share goes to the others."))


def _text(run: Run, trained: TrainedModel, writing: Writing):
    """What is written, and how the token that is looked at came."""

    def look():
        clicked = st.session_state["write.view"].clicked
        if clicked is not None and clicked < len(writing.tokens):
            writing.selected = int(clicked)

    tokens = writing.tokens
    position = len(tokens) - 1 if writing.selected is None else min(writing.selected, len(tokens) - 1)
    looks = not writing.remaining or len(tokens) <= LOOKED_AT_WHILE_WRITING
    copied = copy_meter.of_text(run, trained, writing.ids()) if looks and tokens else None
    written_view(
        prompt_end(writing.prompt),
        writing.texts(trained),
        key="write.view",
        labels=labels(),
        names=token_names.in_a_row(trained.tokenizer, writing.ids()),
        copied=tuple((span.begin, span.end) for span in copied.spans) if copied else (),
        chosen=[index for index, token in enumerate(tokens) if token.random_number is None],
        selected=position if tokens else None,
        bar=number_bar(trained, writing, position) if tokens else None,
        on_click=look,
    )
    if not tokens:
        st.caption(_("Nothing is written yet: let the model draw a token, or choose one yourself."))
        return
    if copied:
        st.caption(copy_meter.sentence(run, trained, copied))
    st.caption(_("What could have come in the place of token {place}:").format(place=position + 1))
    top = tokens[position].top
    rows, rest = top.rows(token_names.next_names(trained.tokenizer, writing.before(position), top.ids), ALTERNATIVES)
    next_token_bars(rows, rest, key="write.alternatives", labels=bar_labels())


def prompt_end(prompt: str, most: int = SHOWN_PROMPT) -> str:
    return prompt if len(prompt) <= most else "…" + prompt[-most:]


def number_bar(trained: TrainedModel, writing: Writing, position: int) -> dict:
    """[0, 1) cut into the intervals of the tokens, the most likely first, and the number that fell on it."""
    token = writing.tokens[position]
    top, (low, high) = token.top, token.interval
    names = token_names.next_names(trained.tokenizer, writing.before(position), [*top.ids, token.id])
    parts: list[dict] = [
        {"text": names[int(token_id)], "low": float(end - share), "high": float(end), "part": "token"}
        for token_id, share, end in zip(top.ids, top.after, top.ends, strict=True)
        if share > 0
    ]
    known = parts[-1]["high"] if parts else 0.0
    hit: dict = {"text": names[token.id], "low": low, "high": high, "part": "hit"}
    if high > low and token.id not in top.ids:
        parts += [_others(known, low), hit, _others(high, 1.0)]
    else:
        parts = [hit if high > low and abs(part["low"] - low) < 1e-9 else part for part in parts] + [_others(known, 1.0)]
    return {
        "intervals": [part for part in parts if part["high"] - part["low"] > 1e-4 or part["part"] == "hit"],
        "number": None if token.greedy else token.random_number,
        "said": _said(token, token_names.visible(names[token.id])),
    }


def _others(low: float, high: float) -> dict:
    return {"text": _("others"), "low": float(low), "high": float(high), "part": "rest"}


def _said(token, name: str) -> str:
    low, high = token.interval
    p = number_format.format_probability(token.probability)
    if token.random_number is None:
        return _("“{token}” was chosen by you; the model gave it {p}.").format(token=name, p=p)
    if token.greedy:
        return _("Temperature 0 always takes the most likely token, here “{token}” ({p}): no random number is needed.").format(
            token=name, p=p
        )
    said = _("The random number {number:.4f} fell between {low:.4f} and {high:.4f}: “{token}”. The model gave it {p}.").format(
        number=token.random_number, low=np.floor(low * 1e4) / 1e4, high=high, token=name, p=p
    )
    if abs(high - low - token.probability) < VISIBLE:
        return said
    return together(
        said,
        _("After temperature, top-k and top-p that became {q}: the width of its interval.").format(
            q=number_format.format_probability(high - low)
        ),
    )


def labels() -> dict[str, str]:
    return {
        "text": _("The text so far. Choose a token to see what could have come in its place."),
        "copied": _("stands word for word in the training text"),
        "chosen": _("chosen by you"),
    }
