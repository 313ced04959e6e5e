"""Trained models for the pages: loaded from a run's newest checkpoint, a few kept in memory, a few asked at once.

Keyed by run and step, so that a running model is fresh and a finished one is loaded once. Looking is open to whoever has the address.
"""

import threading
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from lmcore import checkpoint
from lmcore.corpus import mark
from lmcore.errors import CheckpointDamaged
from lmcore.models import LanguageModel
from lmcore.runs import folder
from lmcore.tokenizers import Tokenizer, load_tokenizer

KEPT = 16
AT_ONCE = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class Trained:
    model: LanguageModel
    tokenizer: Tokenizer
    step: int
    kind: str  # of the corpus: decides what a line break in a context means

    def marked(self, text: str) -> str:
        """What a visitor typed, line breaks between items marked as in training."""
        return mark(text, self.kind)

    def encode(self, text: str) -> np.ndarray:
        """(T,) ids of what a visitor typed."""
        return self.tokenizer.encode(self.marked(text))

    def appended(self, text: str, token_id: int) -> str:
        """What a visitor typed, one token longer, spaced as this tokenizer would."""
        ids = self.encode(text)
        before = self.tokenizer.decode(ids)
        after = self.tokenizer.decode([*ids, token_id])
        suffix = after[len(before) :] if after.startswith(before) else after
        suffix = suffix.replace("\x1e", "\n\n" if self.kind == "blocks" else "\n")
        return text + (suffix.lstrip(" ") if text.endswith((" ", "\n")) or not text else suffix)


_cache: OrderedDict[tuple[str, int], Trained] = OrderedDict()
_lock = threading.Lock()


def load(data_folder, run) -> Trained | None:
    """The newest readable checkpoint of a run; None while there is none."""
    run_folder = folder.run_folder(data_folder, run.id)
    for path in folder.checkpoints(run_folder):
        step = folder.step_of(path)
        with _lock:
            if found := _cache.get((run.id, step)):
                _cache.move_to_end((run.id, step))
                return found
        try:
            saved = checkpoint.load(path)
        except CheckpointDamaged:
            continue
        tokenizer = load_tokenizer(folder.read_json(run_folder / "tokenizer.json"))
        trained = Trained(saved.language_model(), tokenizer, saved.step, saved.header["kind"])
        with _lock:
            _cache[(run.id, step)] = trained
            while len(_cache) > KEPT:
                _cache.popitem(last=False)
        return trained
    return None


@contextmanager
def asking():
    """Around every computation with a model: so many at once, the others wait their turn."""
    with AT_ONCE:
        yield
