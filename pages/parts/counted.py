"""Counting models beside a run, from the index its worker has kept: loaded once, a few kept in memory, shared by key.

What may be shown of the training text itself is the page's to ask: `visitor.may_read`.
"""

import threading
from collections import OrderedDict

from lmcore.models import Counts, NgramModel
from lmcore.runs.counting import index_path
from lmcore.runs.folder import run_folder
from lmcore.text_index import TextIndex

KEPT_TOKENS = 4_000_000  # about 50 bytes each

_cache: OrderedDict[str, Counts] = OrderedDict()
_lock = threading.Lock()


def counts(data_folder, run) -> Counts | None:
    """All that was counted in the training text of a run; None until its worker has kept the index."""
    with _lock:  # one visitor at a time: thirty who ask for the same counts wait for one sort
        if found := _cache.get(run.id):
            _cache.move_to_end(run.id)
            return found
        path = index_path(run_folder(data_folder, run.id))
        try:
            found = Counts(TextIndex.from_bytes(path.read_bytes()))
        except (OSError, ValueError):
            return None
        _cache[run.id] = found
        while len(_cache) > 1 and sum(len(kept.index.ids) for kept in _cache.values()) > KEPT_TOKENS:
            _cache.popitem(last=False)
        return found


def ngram(data_folder, run, order: int, smoothing: str = "kneser-ney") -> NgramModel | None:
    found = counts(data_folder, run)
    return None if found is None else NgramModel(found, order, smoothing)
