"""The copy meter: how much of a text stands word for word in the training text; along training too, and beside text never trained on.

The counting is `lmcore.inference.copying`. Numbers are for everyone, lines of the training text only for those who may read it.
"""

import numpy as np
import streamlit as st

from lmcore.errors import TextError
from lmcore.inference.copying import LEAST, USUAL, Copied, copied, held_out_copied, size_of_tokens
from lmcore.inference.evidence import surroundings
from lmcore.inference.trained import TrainedModel
from lmcore.inference.writing import Writing
from lmcore.runs.store.records import Run
from lmcore.text.corpus import Corpus
from lmcore.text.text_index import TextIndex
from pages.parts import visitor
from pages.parts.components import plots
from pages.parts.language import _, together
from pages.parts.run import charts, ngram_cache

MOST = 50  # tokens of the shortest span that counts, as far as it can be chosen
LINES = 8


def least(trained: TrainedModel) -> int:
    """Return how many tokens count as copied: what the visitor chose for tokens of this size, or what is usual."""
    size = size_of_tokens(trained.tokenizer)
    return st.session_state.get(f"write.least.{size}", USUAL[size])


def of_text(run: Run, trained: TrainedModel, ids: np.ndarray) -> Copied | None:
    """None while nothing is counted yet."""
    found = ngram_cache.counts(visitor.data_folder(), run)
    return None if found is None else copied(ids, found.index, trained.tokenizer.unknown_id, least(trained))


def sentence(run: Run, trained: TrainedModel, found: Copied) -> str:
    """The meter in a line, beside what text never trained on would show."""
    said = _("Copied: {share} (passages of {least} tokens and more) · longest match: {longest}").format(
        share=f"{found.share:.0%}", least=least(trained), longest=found.longest
    )
    new = held_out_share(run, trained)
    return said if new is None else said + " · " + _("held-out text: {share}").format(share=f"{new:.0%}")


def held_out_share(run: Run, trained: TrainedModel) -> float | None:
    """The same of text that the model has never seen; None where none was held back, and while nothing is counted yet."""
    found = ngram_cache.counts(visitor.data_folder(), run)
    try:
        return None if found is None else _held_out_share(run.id, least(trained), run.text_id, trained, found.index)
    except TextError:  # its file is missing or damaged
        return None


@st.cache_data(max_entries=64, show_spinner=False)
def _held_out_share(run_id: str, least: int, text_id: str, _trained: TrainedModel, _index: TextIndex) -> float | None:
    corpus = Corpus.from_text(visitor.store().content(text_id), kind=_trained.kind)
    found = held_out_copied(corpus, _trained.tokenizer, _index, least)
    return found.share if found else None


@st.cache_data(max_entries=64, show_spinner=False)
def along_training(run_id: str, last_step: int | None, least: int, _run, _trained) -> tuple[list[int], list[float]]:
    """(steps, share copied) of the sample that was written at each evaluation up to the last."""
    written = [evaluation for evaluation in visitor.store().evaluations(run_id) if evaluation.sample]
    found = [of_text(_run, _trained, _trained.encode(evaluation.sample)) for evaluation in written]
    return [evaluation.step for evaluation in written], [copied.share for copied in found if copied]


def show(run: Run, trained: TrainedModel, writing: Writing):
    """All about copying, for the text that is being written."""
    if ngram_cache.counts(visitor.data_folder(), run) is None:
        ngram_cache.explain_missing(run, "copied.count")
        return
    st.markdown(
        _(
            "A model that has learned its text by heart writes it down again. The meter marks every passage of **{least} tokens and "
            "more** that stands word for word in the training text."
        ).format(least=least(trained))
    )
    _choose_least(trained)
    found = of_text(run, trained, writing.ids())
    new = held_out_share(run, trained)
    row = st.container(horizontal=True, gap="medium")
    row.metric(_("Copied"), f"{found.share:.0%}" if writing.tokens else "—", width=charts.FIGURE)
    row.metric(_("Longest match"), found.longest if writing.tokens else "—", help=_("in tokens"), width=charts.FIGURE)
    row.metric(
        _("Held-out text"),
        "—" if new is None else f"{new:.0%}",
        width=charts.FIGURE,
        help=_(
            "The same measure of text that was never trained on: a text with many set phrases has a high one without any copying."
        ),
    )
    _curve(run, trained, new)
    if found is not None:
        _places(run, trained, found)


def _choose_least(trained: TrainedModel):
    kept = f"write.least.{size_of_tokens(trained.tokenizer)}"  # no widget's key: it stays when the view is left

    def keep():
        st.session_state[kept] = st.session_state[f"{kept}.chosen"]

    st.slider(
        _("Shortest passage that counts, in tokens"),
        LEAST,
        MOST,
        least(trained),
        key=f"{kept}.chosen",
        on_change=keep,
        help=_("Short passages are common speech: five characters would be found almost anywhere, five words seldom."),
        width=320,
    )


def _curve(run: Run, trained: TrainedModel, new: float | None):
    latest = visitor.store().latest_evaluation(run.id)
    steps, shares = along_training(run.id, latest.step if latest else None, least(trained), run, trained)
    if len(steps) < 2:
        return
    st.markdown(_("**Along training:** the share copied in the sample written at each evaluation."))
    plots.show(
        charts.share_copied(steps, shares, new, {"step": _("Step"), "copied": _("Copied"), "held_out": _("held-out text")}),
        key="write.copied.chart",
    )
    said = _("From {first:.0%} at step {begin} to {last:.0%} at step {end}.").format(
        first=shares[0], last=shares[-1], begin=f"{steps[0]:,}", end=f"{steps[-1]:,}"
    )
    if new is not None and new > 0.5:
        repeats = _("This text repeats its phrases: even text the model has never seen has {new:.0%}.").format(new=new)
        said = together(said, repeats)
    st.caption(said)


def _places(run: Run, trained: TrainedModel, found: Copied):
    """Where the longest passages stand in the training text."""
    if not found.spans:
        return
    if not visitor.may_read(visitor.store().text(run.text_id)):
        st.caption(_("Where these passages stand in the training text is shown to its owner only."))
        return
    index, tokenizer = ngram_cache.counts(visitor.data_folder(), run).index, trained.tokenizer
    rows = {_("Tokens"): [], _("before"): [], _("Copied"): [], _("after"): []}
    for span in sorted(found.spans, key=lambda span: span.begin - span.end)[:LINES]:
        length = span.end - span.begin
        before, _after = surroundings(index, span.position)
        _before, after = surroundings(index, span.position + length - 1)
        position = span.position - index.skipped
        parts = (before, index.ids[position : position + length], after)
        for column, value in zip(
            rows.values(), (length, *(readable("".join(tokenizer.texts(part))) for part in parts)), strict=True
        ):
            column.append(value)
    with st.expander(_("Where the longest passages stand in the training text")):
        st.dataframe(rows, hide_index=True, key="write.copied.places")


def readable(text: str) -> str:
    """One line, breaks shown.

    >>> readable("a\\n\\x1eb")
    'a⏎¶b'
    """
    return text.replace("\n", "⏎").replace("\x1e", "¶")
