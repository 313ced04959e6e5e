"""A typed sentence and its score: with or without its end, as if a text began with it or in its place in the training text."""

from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from lmcore.inference.evidence import before_in_training
from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.records import Run
from lmcore.text.corpus import OPENING
from lmcore.tokenizers import ITEM_BREAK
from pages.parts import visitor
from pages.parts.language import _
from pages.parts.run import model_cache, ngram_cache

MOST_TOKENS = 2_000
NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True)
class Asked:
    """How sentences are scored."""

    with_end: bool = False  # the end of the last item is a token, too
    context: np.ndarray = field(default_factory=lambda: NOTHING)  # (S,) ids that are read first
    marked: str | None = None  # the sentence as it stands behind them


def score(trained: TrainedModel, sentence: str, asked: Asked = Asked()):
    """(the part that is scored, its TextScore); None for an empty sentence. One pass of the network."""
    marked = trained.marked(sentence, whole=True, context=asked.context) if asked.marked is None else asked.marked
    if asked.with_end and marked:
        marked += ITEM_BREAK
    ids, _starts, ends = trained.tokenizer.offsets(marked)
    if not len(ids):
        return None
    if len(ids) > MOST_TOKENS:
        st.info(
            _("This text has {count} tokens; the first {most} are shown.").format(count=f"{len(ids):,}", most=f"{MOST_TOKENS:,}")
        )
        ids, marked = ids[:MOST_TOKENS], marked[: ends[MOST_TOKENS - 1]]
    with model_cache.asking():
        return marked, trained.score(ids, context=asked.context)


def in_training_text(run: Run, trained: TrainedModel, sentence: str) -> tuple[str, np.ndarray] | None:
    """(the sentence as it stands in the training text, the ids (S,) before it there). None where it stands nowhere, or where it begins
    the text or an item: there nothing is before it."""
    counts = ngram_cache.counts(visitor.data_folder(), run)
    marked = trained.marked(sentence, whole=True)
    for form in (marked, f" {marked}") if trained.tokenizer.level == "subword" else (marked,):
        ids = trained.tokenizer.encode(form)
        before = before_in_training(ids, counts.index, OPENING) if counts and len(ids) else None
        if before is not None:
            return (form, before) if len(before) else None
    return None


def ask(run: Run, trained: TrainedModel, sentence: str) -> Asked:
    """The switches under a sentence."""
    with_end = trained.kind != "stream" and st.toggle(
        _("With the end of the line") if trained.kind == "lines" else _("With the end of the block"),
        key="explore.with_end",
        persist_state="session",
        help=_("Off: how likely it is that one begins like this. On: that it begins like this and ends here."),
    )
    found = in_training_text(run, trained, sentence)
    if found is None:
        return Asked(with_end)
    marked, before = found
    st.info(
        _(
            "This stands in the training text, after other words. Scored without them, as if a text began like this, it can come out "
            "far less likely than in training."
        )
    )
    there = visitor.may_read(visitor.store().text(run.text_id)) and st.toggle(
        _("Score it in its place in the training text"),
        key="explore.in_place",
        persist_state="session",
        help=_("The model first reads the tokens that stand before it there, {count} of them.").format(count=len(before)),
    )
    return Asked(with_end, before, marked) if there else Asked(with_end)
