"""Runs that can stand beside another in one chart: those that read the same tokens."""

import hashlib
from functools import lru_cache
from pathlib import Path

from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store.records import Run
from pages.parts import visitor


def others(run: Run) -> dict[str, Run]:
    """{id: run}: this visitor's other runs, and the examples, whose vocabulary is that of a run."""
    own = _tokenizer(visitor.data_folder(), run.id)
    store, owner = visitor.store(), visitor.current()
    candidates = [*(store.runs(owner) if owner is not None else ()), *store.demos()]
    return {
        other.id: other
        for other in candidates
        if other.id != run.id and own and _tokenizer(visitor.data_folder(), other.id) == own
    }


def _tokenizer(data: Path, run_id: str) -> bytes | None:
    """What tells a run's vocabulary from others: written once, when it is first claimed."""
    path = RunFolder.of(data, run_id).tokenizer_path
    return _digest(path) if path.exists() else None


@lru_cache(maxsize=2_000)
def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()
