"""The lines that a run is played with, a few runs' kept in memory. Who may read them is the page's to ask, `visitor.may_read`."""

import streamlit as st

from lmcore.inference.trained import TrainedModel
from lmcore.runs.store.records import Run
from lmcore.runs.store.store import Store
from lmcore.text import held_out
from lmcore.text.corpus import Corpus
from lmcore.text.held_out import Line


def lines(store: Store, run: Run, trained: TrainedModel) -> list[Line]:
    """Return the lines of a run. Raises TextError where the file of its text is missing or damaged."""
    return _lines(run.id, run.text_id, store, trained)


@st.cache_resource(max_entries=8, show_spinner=False)
def _lines(run_id: str, text_id: str, _store, _trained: TrainedModel) -> list[Line]:
    return held_out.cut(Corpus.from_text(_store.content(text_id), kind=_trained.kind), _trained.tokenizer)
