"""The process that trains one run, from its claim to its end. What it does in between is `run_training`.

It holds the run's lock as long as it lives.
"""

import contextlib
import os
import signal
import sqlite3
import sys
from pathlib import Path

import torch
from filelock import Timeout

from lmcore.errors import DiskFull, LmcoreError
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import housekeeping, progress
from lmcore.runs.store.limits import Limits
from lmcore.runs.store.store import Store
from lmcore.runs.worker import cpu_slice, memory_limits, spare
from lmcore.runs.worker.run_training import Training

NICENESS = 5  # the page comes first


def work(data_folder: Path, run_id: str) -> None:
    """Claim a run and train it; its end is written to the store as a status, with the code of the error if there was one."""
    store = Store(data_folder, create=False)
    with contextlib.suppress(Timeout), RunFolder.of(data_folder, run_id).lock():
        run = progress.claim(store, run_id)
        if run is None:
            return
        training = Training(store, run)
        try:
            outcome = training.until_done()
        except Exception as error:
            outcome = training.outcome_of(error)
        if isinstance(outcome[1], DiskFull):
            training.make_room()  # on a full disk not even this end could be written down
            spare.give_up(data_folder)
        training.writer.end(*outcome)
        if outcome[0] in ("finished", "stopped"):
            with contextlib.suppress(LmcoreError, OSError, sqlite3.Error):  # it is said when the visitor starts the next one
                housekeeping.make_room(store, run.owner)


def be_polite(most_bytes: int | None = None) -> None:
    """Lower this process's priority; on SIGTERM it saves, ends and leaves its run in the queue.

    most_bytes: of memory, beside what this process holds already.
    """
    if most_bytes is not None:
        memory_limits.stay_within(most_bytes)
    signal.signal(signal.SIGTERM, Training.end_politely)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    cpu_slice.take_long_turns()


if __name__ == "__main__":
    torch.set_num_threads(1)
    be_polite(Limits.from_environment().bytes_per_run)
    work(Path(sys.argv[1]), sys.argv[2])
