"""Buffers what a worker writes about its run, and writes it in few transactions. The statements are `store.progress`."""

import dataclasses
import sqlite3
import time
from collections.abc import Callable

from lmcore.config import RunConfig
from lmcore.errors import CountFailed, DiskFull, LmcoreError
from lmcore.runs.store import progress
from lmcore.runs.store.database import transaction
from lmcore.runs.store.records import EvaluationRow, StepRow
from lmcore.runs.store.store import Store
from lmcore.runs.worker import spare

FLUSH_SECONDS = 0.25
TRAINING_WAITS = 0.05  # seconds for the store; what could not be written stays in the buffer
FULL_SECONDS = 2.0  # once the disk's spare block is given up there is nothing to wait for
PATIENCE_SECONDS = 60.0  # at the beginning and the end, when there is nothing else to do


class RunWriter:
    """Buffers what happened and writes it in one transaction every quarter of a second.

    Training never stops because another process holds the store: what could not be written stays in the buffer. It keeps its
    connection: when the last one to a WAL file is closed, SQLite moves everything and waits for the disk (20 ms, not 1).
    """

    def __init__(self, store: Store, run_id: str) -> None:
        self.run_id, self.folder = run_id, store.folder
        self.connection = store.database.connect(TRAINING_WAITS)
        self.steps: list[StepRow] = []
        self.evaluations: list[EvaluationRow] = []
        self.reference_lines: list[list] | None = None  # to be written
        self.notes: list[dict] = []  # to be added
        self.count_error: CountFailed | None = None  # to be written
        self.prepared = 0.0  # share of the text that is cut into tokens
        known = store.run(run_id)
        self.request, self.pinned_context = known.request, known.pinned_context
        self.learning_rate: float | None = None
        self.received = known.received  # seconds of a place, as the store knows them
        self._held_since = time.monotonic()  # what came before is received
        self._applied: float | None = None
        self._flushed, self._refused = 0.0, False

    def begin(self, after: int, config: RunConfig, notes: list[dict]) -> None:
        """Remove what lies after the checkpoint that training goes on from; write the resolved settings."""

        def write() -> None:
            progress.forget_after(self.connection, self.run_id, after)
            progress.write_resolved(self.connection, self.run_id, config, notes)
            self._write()

        self._patiently(write)

    def flush(self, force: bool = False) -> bool:
        """Write what is buffered and read what is requested; return whether everything is written now. Raises DiskFull."""
        if time.monotonic() - self._flushed < FLUSH_SECONDS and (self._refused or not force):
            return not self.steps
        self._flushed = time.monotonic()
        try:
            with transaction(self.connection):
                self._write()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                raise DiskFull() from error
            self._refused = True
            return False
        self._written()
        return True

    def settle(self) -> None:
        """Do as `flush`, and wait for the store where necessary."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not self.flush(force=True):
            if time.monotonic() > until:
                raise TimeoutError("the store could not be written")
            time.sleep(FLUSH_SECONDS)

    def received_by_now(self) -> float:
        """Return the seconds for which the run has held a place."""
        return self.received + time.monotonic() - self._held_since

    def learning_rate_applied(self) -> None:
        """Note that the requested rate is applied and saved in a checkpoint."""
        self._applied, self.learning_rate = self.learning_rate, None

    def end(self, status: str | None, error: LmcoreError | None = None) -> None:
        """Write the end of the run. status: None where it was told to end or another run's turn has come; the request decides then."""

        def write() -> None:
            self._write()
            progress.end(self.connection, self.run_id, status or progress.STATUS_AFTER[self.request], error)

        self._patiently(write)
        self.connection.close()

    def _patiently(self, write: Callable[[], None]) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with transaction(self.connection):
                    write()
                self._written()
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                    spare.give_up(self.folder)
                    until = min(until, time.monotonic() + FULL_SECONDS)
                if time.monotonic() > until:
                    raise
                time.sleep(FLUSH_SECONDS)

    def _written(self) -> None:
        """Remove from the buffer what a committed transaction holds."""
        self.steps, self.evaluations, self.notes = [], [], []
        self.reference_lines, self.count_error, self._applied, self._refused = None, None, None, False
        self.received, self._held_since = self._receiving

    def _write(self) -> None:
        connection, run_id = self.connection, self.run_id
        progress.append_steps(connection, run_id, map(dataclasses.astuple, self.steps))
        progress.append_evaluations(connection, run_id, self.evaluations)
        if best := [row for row in self.evaluations if row.improved]:
            progress.set_best(connection, run_id, best[-1])
        if self.steps:
            progress.set_last(connection, run_id, self.steps[-1].step, self.steps[-1].tokens, self.steps[-1].seconds)
        if self.reference_lines is not None or self.count_error is not None:
            progress.write_counted(connection, run_id, self.reference_lines, self.count_error)
        progress.append_notes(connection, run_id, self.notes)
        if self._applied is not None:
            progress.learning_rate_applied(connection, run_id, self._applied)
        self._receiving = self.received_by_now(), time.monotonic()
        requested = progress.beat(connection, run_id, self._receiving[0], self.prepared)
        self.request, self.learning_rate, self.pinned_context = requested
