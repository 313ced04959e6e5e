"""Change the data: the text of a run with words swapped or lines deleted or doubled, trained again alike; then what moved in the model."""

import streamlit as st

from lmcore.errors import LmcoreError
from lmcore.inspection import moved
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import marks
from lmcore.runs.store.records import Run
from lmcore.text import edits
from lmcore.text.corpus import Corpus
from lmcore.text.edits import Edited
from pages.parts import texts, visitor
from pages.parts.error_sentences import sentence
from pages.parts.language import _, literal
from pages.parts.run import model_cache, run_labels, starting

BY_HAND = 20_000  # characters
LONGEST_WORD = 40


def offer(run: Run):
    """A button, where the text may be read, and the run began with random weights, as the new one will."""
    readable = visitor.may_read(visitor.store().text(run.text_id)) and run.resolved is not None
    if marks.values_of(run, marks.BEGUN) or not readable:
        return
    if st.button(_("Change its text"), icon=":material/edit_note:", key="train.change"):
        st.dialog(_("Change its text, train again"), icon=":material/edit_note:")(_choose)(run)


def say(run: Run):
    """On the page of a run with a changed text: from which run it differs, and in what."""
    changed = marks.values_of(run, marks.CHANGED)
    other = visitor.store().run(changed["run"]) if changed else None
    if other is not None:
        words = _("As “{run}”, with the same settings and the same seed; only the text was changed.")
        st.caption(":material/edit_note: " + words.format(run=literal(texts.run_name(other))))


def show(run: Run):
    """At the end of a run with a changed text: the contexts whose next words moved most, and the sentences that became likelier."""
    changed = marks.values_of(run, marks.CHANGED)
    other = visitor.store().run(changed["run"]) if changed else None
    if other is None or run_labels.is_live(run) or not run.step:
        return
    if not all(visitor.may_read(visitor.store().text(one.text_id)) for one in (run, other)):
        return
    st.subheader(_("What moved"))
    try:
        contexts, lines = _moved(other.id, other.step, run.id, run.step)
    except LmcoreError as error:
        st.error(sentence(error.code, error.values))
        return
    if not contexts:
        st.info(_("Nothing moved: after every context both models give the same probabilities."))
        return
    st.caption(
        _(
            "Both models read the held-out text of the first run. Listed are the contexts after which their next words differ most "
            "(Jensen–Shannon divergence: 0 bits where nothing moved, 1 bit where nothing is left in common)."
        )
    )
    st.dataframe(
        {
            _("divergence (bits)"): [round(entry.divergence, 3) for entry in contexts],
            _("after these words"): [f"… {entry.context}" for entry in contexts],
            _("before the change"): [_top(entry.before) for entry in contexts],
            _("after the change"): [_top(entry.after) for entry in contexts],
        },
        hide_index=True,
        column_config={_("divergence (bits)"): st.column_config.NumberColumn(width="small")},
        key="change.contexts",
    )
    if lines:
        st.caption(_("Held-out sentences that became likelier:"))
        st.dataframe(
            {_("sentence"): [entry.line for entry in lines], _("nats more"): [round(entry.nats, 2) for entry in lines]},
            hide_index=True,
            key="change.lines",
        )


@st.cache_data(max_entries=32, show_spinner=False)
def _moved(first: str, _first_step: int, second: str, _second_step: int) -> tuple[list[moved.Moved], list[moved.Likelier]]:
    """Of the last step of both: they have taken the same number."""
    store = visitor.store()
    runs = [store.run(run_id) for run_id in (first, second)]
    one, other = (model_cache.load(store.folder, run, last=True) for run in runs if run is not None)
    if one is None or other is None:
        return [], []
    text = store.text(runs[0].text_id)
    held_out = moved.passages(Corpus.from_text(store.content(text.id), one.kind))
    with model_cache.asking():
        return moved.most_moved(one, other, held_out), moved.likelier(one, other, held_out)


def _top(tokens: list[tuple[str, float]]) -> str:
    return " · ".join(f"{token} {probability:.0%}" for token, probability in tokens)


def _choose(run: Run):
    store, text = visitor.store(), visitor.store().text(run.text_id)
    ways = {"swap": _("swap two words"), "delete": _("delete lines"), "double": _("double lines"), "hand": _("edit by hand")}
    if text.characters > BY_HAND:
        del ways["hand"]
    try:
        content = store.content(text.id)
    except LmcoreError as error:
        st.error(sentence(error.code, error.values))
        return
    way = st.segmented_control(
        _("What shall be changed?"), list(ways), format_func=ways.get, default="swap", required=True, key="change.way"
    )
    edited, name = _edited(way, content)
    st.caption(_said(way, edited))
    if st.button(_("Start training"), type="primary", icon=":material/play_arrow:", key="change.start"):
        _start(run, text, edited, name)


def _edited(way: str, content: str) -> tuple[Edited, str]:
    """The changed text, and the change in short."""
    if way == "hand":
        now = st.text_area(_("The text"), content, height=300, key="change.text")
        return Edited(now, int(now != content)), _("edited")
    if way == "swap":
        left, right = st.columns(2)
        one = left.text_input(_("This word"), key="change.one", max_chars=LONGEST_WORD).strip()
        other = right.text_input(_("and this one"), key="change.other", max_chars=LONGEST_WORD).strip()
        return edits.swap_words(content, one, other), f"{one} ⇄ {other}"
    word = st.text_input(_("Lines that have the word"), key="change.word", max_chars=LONGEST_WORD).strip()
    if way == "delete":
        return edits.delete_lines(content, word), f"− {word}"
    return edits.double_lines(content, word), f"2 × {word}"


def _said(way: str, edited: Edited) -> str:
    if not edited.changes:
        return _("Nothing is changed so far: the new run would be the same, bit for bit.")
    if way == "hand":
        return _("The text is changed.")
    said = {
        "swap": _("Places that are changed: {count}."),
        "delete": _("Lines that go: {count}."),
        "double": _("Lines that stand twice then: {count}."),
    }
    return said[way].format(count=f"{edited.changes:,}")


def _start(run: Run, text, edited: Edited, name: str):
    store = visitor.store()
    config = run.resolved.with_training(stop="steps", stop_after=float(run.planned_steps))
    try:
        kept = text
        if edited.changes:
            kept = store.add_text(
                owner=visitor.current(),
                name=f"{texts.name(text)} · {name}",
                content=edited.text,
                kind=RunFolder.of(store.folder, run.id).kind() or text.kind,
                encoding=text.encoding,
            )
    except LmcoreError as error:
        st.error(sentence(error.code, error.values))
        return
    starting.start(kept, config, run.pinned_context, notes=[marks.changed(run.id)])
