"""Trained models for the pages: loaded from a run's best checkpoint, a few kept in memory, a few asked at once.

Kept by run and step: of a running run the newest checkpoint is loaded, of a finished one each step once.
"""

import threading
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


def load(data_folder, run: Run, last: bool = False) -> TrainedModel | None:
    """Return the model of a run's readable checkpoint with the best validation loss, or of its last one; None while there is none.

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
    """Return the model of one step, or the newest where its checkpoint has been replaced. Raises CheckpointDamaged."""
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
    """Return None where its checkpoint is gone or cannot be read."""
    try:
        return _loaded(run_folder, step)
    except CheckpointDamaged:
        return None


@lru_cache(maxsize=KEPT)
def _loaded(run_folder: RunFolder, step: int) -> _Kept:
    """Raises CheckpointDamaged, which is not kept: the next look tries again."""
    saved = checkpoint.load(run_folder.checkpoint_path(step))
    return _Kept(saved.language_model(), saved.step, saved.header["kind"])


@lru_cache(maxsize=KEPT)
def _tokenizer(written: bytes) -> Tokenizer:
    """Return the tokenizer of this JSON: runs of one text share it. Raises TokenizerDamaged."""
    return parse_tokenizer(written)


@contextmanager
def asking():
    """Limit the computations with a model to two at once; others wait."""
    with AT_ONCE:
        yield
