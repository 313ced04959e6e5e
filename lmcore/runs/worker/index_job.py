"""Counting models beside a run: the sorted index of its training text in its folder, and their losses as lines beside its curve.

A thread of the worker makes them, so that no step waits: sorting and counting in NumPy release the interpreter's lock.
As a program, `python -m lmcore.runs.worker.index_job DATA RUN`, it counts again for a run whose count failed or whose worker had none.
"""

import sys
import threading
import traceback
from dataclasses import astuple
from pathlib import Path

from lmcore.errors import CountFailed
from lmcore.inference.references import Reference, reference_losses
from lmcore.models.ngram_counts import Counts
from lmcore.runs.data_folder import write_aside
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import progress
from lmcore.runs.store.store import Store
from lmcore.runs.worker import memory_limits, restoring
from lmcore.text.corpus import Corpus, TokenData, encode
from lmcore.text.text_index import TextIndex


class Counting(threading.Thread):
    """The counting in a thread. `references` is None until they are known, `error` until it has failed; the index is kept where there is none yet."""

    def __init__(self, run_folder: RunFolder, data: TokenData, vocabulary_size: int) -> None:
        super().__init__(name="counting", daemon=True)
        self.path, self.data, self.vocabulary_size = run_folder.counts_path, data, vocabulary_size
        self.references: tuple[Reference, ...] | None = None
        self.error: CountFailed | None = None

    def run(self) -> None:
        """Count, and keep the index in the run's folder."""
        try:
            index = TextIndex.of(self.data, self.vocabulary_size)
            if not self.path.exists():
                write_aside(self.path, index.to_bytes())
            self.references = reference_losses(Counts(index), self.data)
        except Exception as error:
            traceback.print_exception(error)
            self.error = failure(error)


def failure(error: Exception) -> CountFailed:
    """Return why the counting failed, as an error for the store."""
    known = (MemoryError, OSError)  # NumPy and the system have names of their own for them
    return CountFailed(
        reason=next((error_class.__name__ for error_class in known if isinstance(error, error_class)), type(error).__name__)
    )


def count_again(store: Store, run_id: str) -> CountFailed | None:
    """Count in this process and write the result to the store; return why it failed, if it did."""
    run, run_folder = store.run(run_id), RunFolder.of(store.folder, run_id)
    if run is None:
        return None
    references: tuple[Reference, ...] | None = None
    try:
        tokenizer = run_folder.tokenizer()
        loss_on = run.requested.training.loss_on
        data = encode(Corpus.from_text(*restoring.text_of(store, run)), tokenizer, loss_on=loss_on)
        run_folder.counts_path.unlink(missing_ok=True)
        counting = Counting(run_folder, data, tokenizer.vocabulary_size)
        counting.run()
        references, error = counting.references, counting.error
    except Exception as fault:
        traceback.print_exception(fault)
        error = failure(fault)
    with store.database.writing() as connection:
        progress.write_counted(connection, run_id, as_rows(references), error)
    return error


def as_rows(references: tuple[Reference, ...] | None) -> list[list] | None:
    """Return the reference lines as the store keeps them."""
    return None if references is None else [list(astuple(line)) for line in references]


if __name__ == "__main__":
    store = Store(Path(sys.argv[1]))
    memory_limits.stay_within(store.limits.bytes_per_run)
    sys.exit(1 if count_again(store, sys.argv[2]) else 0)
