"""Trained models for the pages: loaded from a run's best checkpoint, a few kept in memory, a few asked at once.

Keyed by run and step, so that a running model is fresh and a finished one is loaded once. Looking is open to whoever has the address.
"""

import threading
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from lmcore.errors import CheckpointDamaged, CheckpointsDamaged, TokenizerDamaged
from lmcore.inference.trained import TrainedModel
from lmcore.models import LanguageModel, NeuralLanguageModel
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store.records import Run
from lmcore.tokenizers import Tokenizer, parse_tokenizer
from lmcore.training import checkpoint

KEPT = 16
AT_ONCE = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class _Kept:
    model: NeuralLanguageModel
    step: int
    kind: str


_cache: OrderedDict[tuple[str, int], _Kept] = OrderedDict()
_lock = threading.Lock()


def load(data_folder, run: Run, last: bool = False) -> TrainedModel | None:
    """The readable checkpoint with the best validation loss of a run, or its last one; None while there is none.

    Raises CheckpointsDamaged where none of them can be read, TokenizerDamaged where the tokenizer cannot, or is that of another run.
    """
    run_folder = RunFolder.of(data_folder, run.id)
    kept = _first(run_folder, run_folder.best_first(None if last else run.best_step))
    if kept is None:
        if damaged := run_folder.checkpoints():
            raise CheckpointsDamaged(count=len(damaged))
        return None
    try:
        tokenizer = _tokenizer(run_folder.tokenizer_path.read_bytes())
    except OSError as error:
        raise TokenizerDamaged(reason=type(error).__name__) from error
    if tokenizer.vocabulary_size != kept.model.vocabulary_size:
        raise TokenizerDamaged(reason="another vocabulary")
    return TrainedModel(partial(_fetch, run_folder, kept.step), tokenizer, kept.step, kept.kind, kept.model.opening)


def _fetch(run_folder: RunFolder, step: int) -> LanguageModel:
    """The model of one step, or the newest where its checkpoint has been replaced."""
    kept = _of_step(run_folder, step) or _first(run_folder, run_folder.checkpoints())
    if kept is None:
        raise CheckpointDamaged(step=step, reason="deleted")
    return kept.model


def _first(run_folder: RunFolder, paths: list[Path]) -> _Kept | None:
    for path in paths:
        if kept := _of_step(run_folder, step_of(path)):
            return kept
    return None


def _of_step(run_folder: RunFolder, step: int) -> _Kept | None:
    """None where its checkpoint is gone or cannot be read."""
    key = run_folder.run_id, step
    with _lock:
        if found := _cache.get(key):
            _cache.move_to_end(key)
            return found
    try:
        saved = checkpoint.load(run_folder.checkpoint_path(step))
    except CheckpointDamaged:
        return None
    kept = _Kept(saved.language_model(), saved.step, saved.header["kind"])
    with _lock:
        _cache[key] = kept
        while len(_cache) > KEPT:
            _cache.popitem(last=False)
    return kept


@lru_cache(maxsize=KEPT)
def _tokenizer(written: bytes) -> Tokenizer:
    """A class that trains on one text has one tokenizer."""
    return parse_tokenizer(written)


@contextmanager
def asking():
    """Around every computation with a model: so many at once, the others wait their turn."""
    with AT_ONCE:
        yield
