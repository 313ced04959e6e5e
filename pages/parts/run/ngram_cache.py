"""Counting models beside a run, from the index its worker has kept: loaded once, a few kept in memory, shared by key.

What may be shown of the training text itself is the page's to ask: `visitor.may_read`.
"""

import hashlib
import threading
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path

import streamlit as st

from lmcore.errors import CountFailed
from lmcore.models import Counts, NgramModel
from lmcore.runs.exchange.transfer import WITHOUT_TEXT
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.records import Run
from lmcore.text.text_index import TextIndex
from pages.parts import visitor
from pages.parts.language import _
from pages.parts.run import model_cache, run_labels

KEPT_TOKENS = 4_000_000  # about 50 bytes each

_cache: OrderedDict[bytes, Counts] = OrderedDict()  # by what was counted: a class that trains on one text has counted the same
_lock = threading.Lock()


def counts(data_folder, run: Run) -> Counts | None:
    """All that was counted in the training text of a run; None until its worker has kept the index."""
    with _lock:  # one visitor at a time: thirty who ask for the same counts wait for one sort
        path = RunFolder.of(data_folder, run.id).counts_path
        try:
            digest = _digest(path)
            if found := _cache.get(digest):
                _cache.move_to_end(digest)
                return found
            found = Counts(TextIndex.from_bytes(path.read_bytes()))
        except (OSError, ValueError):
            return None
        _cache[digest] = found
        while len(_cache) > 1 and sum(len(kept.index.ids) for kept in _cache.values()) > KEPT_TOKENS:
            _cache.popitem(last=False)
        return found


@lru_cache(maxsize=1_000)
def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def ngram(data_folder, run: Run, order: int, smoothing: str = "kneser-ney") -> NgramModel | None:
    found = counts(data_folder, run)
    return None if found is None else NgramModel(found, order, smoothing)


def explain_missing(run: Run, key: str):
    """Why nothing is counted, and, where nobody will do it by itself, a button that counts."""
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
