"""Counting models beside a run: the sorted index of its training text, kept in its folder, and the lines they draw in its curve.

They are made in a thread of the worker, so that no step waits for them: sorting and counting in NumPy leave the other core to training.
"""

import threading
from pathlib import Path

from lmcore.corpus import TokenData
from lmcore.models.ngram_counts import Counts
from lmcore.references import Reference, reference_losses
from lmcore.runs.folder import write_aside
from lmcore.text_index import TextIndex


def index_path(run_folder: Path) -> Path:
    return Path(run_folder) / "counts.safetensors"


class Counting(threading.Thread):
    """`lines` is None until they are known; the index is kept where there is none yet."""

    def __init__(self, run_folder: Path, data: TokenData, vocabulary_size: int):
        super().__init__(name="counting", daemon=True)
        self.path, self.data, self.vocabulary_size = index_path(run_folder), data, vocabulary_size
        self.lines: tuple[Reference, ...] | None = None

    def run(self):
        index = TextIndex.of(self.data, self.vocabulary_size)
        if not self.path.exists():
            write_aside(self.path, index.to_bytes())
        self.lines = reference_losses(Counts(index), self.data)
