"""Counting models beside a run, from the index its worker has kept: loaded once, a few kept in memory.

Whether a visitor may read the training text is decided by the page: `visitor.may_read`.
"""

import hashlib
from functools import lru_cache
from pathlib import Path
from threading import Condition

import streamlit as st
from cachetools import LRUCache, cached

from lmcore.errors import CountFailed
from lmcore.models import Counts, NgramModel
from lmcore.runs.exchange.transfer import WITHOUT_TEXT
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.records import Run
from lmcore.text.text_index import MOST_TOKENS, TextIndex
from pages.parts import visitor
from pages.parts.language import _
from pages.parts.run import model_cache, run_labels


def counts(data_folder, run: Run) -> Counts | None:
    """Return what was counted in the training text of a run; None until its worker has kept the index."""
    path = RunFolder.of(data_folder, run.id).counts_path
    try:
        return _counts(_digest(path), path)
    except (OSError, ValueError):
        return None


@cached(
    LRUCache(MOST_TOKENS, getsizeof=lambda kept: len(kept.index.ids)),
    key=lambda digest, _path: digest,  # runs of one text share their counts
    condition=Condition(),  # visitors who ask for the same counts wait for one sort
)
def _counts(digest: bytes, path: Path) -> Counts:
    """Raises OSError or ValueError where the index is missing or damaged, which is not kept."""
    return Counts(TextIndex.from_bytes(path.read_bytes()))


@lru_cache(maxsize=1_000)
def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def ngram(data_folder, run: Run, order: int, smoothing: str = "kneser-ney") -> NgramModel | None:
    found = counts(data_folder, run)
    return None if found is None else NgramModel(found, order, smoothing)


def explain_missing(run: Run, key: str):
    """Say why nothing is counted, with a button that counts where it will not happen by itself."""
    notes = {note["code"]: note for note in run.notes}
    if WITHOUT_TEXT in notes:
        st.info(_("This run came without its text, so there is nothing to count."))
        return
    if failed := notes.get(CountFailed.code):
        st.warning(run_labels.note(failed))
    elif run_labels.is_live(run):
        st.info(_("The training text of this run has not been counted yet. That happens in the first seconds of training."))
        return
    else:
        st.info(_("The training text of this run has not been counted."))
    if visitor.owns(run) and st.button(_("Count now"), icon=":material/tag:", key=key):
        with st.spinner(_("Counting …")), model_cache.asking():
            counted = visitor.pool().count_again(run.id)
        if counted:
            st.rerun()
        st.error(_("That did not work."))
