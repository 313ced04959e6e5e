"""The worker's side of the store: claim a run, write its progress, end it. The only writer of what training has done."""

import dataclasses
import json
import sqlite3
import time

from lmcore.config import RunConfig
from lmcore.errors import CountFailed, DiskFull, LmcoreError
from lmcore.runs.queue import scheduling
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store.database import transaction
from lmcore.runs.store.records import STEP_FIELDS, EvaluationRow, Run, StepRow
from lmcore.runs.store.store import Store, now
from lmcore.runs.worker import spare

FLUSH_SECONDS = 0.25
TRAINING_WAITS = 0.05  # seconds for the store; what could not be written stays in the buffer
FULL_SECONDS = 2.0  # once the disk's spare block is given up there is nothing to wait for
PATIENCE_SECONDS = 60.0  # at the beginning and the end, when there is nothing else to do
ASKED = {"run": "queued", "queue": "queued", "pause": "paused", "stop": "stopped"}  # want -> status of a run that ends early


def next_queued(store: Store, besides=()) -> str | None:
    """The run whose turn it is, other than those somebody has begun to claim."""
    return next((entry.id for entry in scheduling.look(store, starting=besides).waiting), None)


def running(store: Store) -> set[str]:
    """Runs whose row says running and whose lock is held."""
    with store.database.reading() as connection:
        rows = connection.execute("SELECT id FROM runs WHERE status = 'running'").fetchall()
    return {row["id"] for row in rows if RunFolder.of(store.folder, row["id"]).is_locked()}


def make_way(store: Store):
    """Ask every run in training to go back to the queue, those of an earlier starter too."""
    asked = [(run_id,) for run_id in running(store)]
    with store.database.writing() as connection:
        connection.executemany("UPDATE runs SET want = 'queue' WHERE id = ? AND want = 'run'", asked)


def making_way(store: Store) -> set[str]:
    """Those of them that are still at it; one that another server has claimed since then is not."""
    with store.database.reading() as connection:
        asked = {row["id"] for row in connection.execute("SELECT id FROM runs WHERE want = 'queue'")}
    return asked & running(store) if asked else asked


def asked_to_end(store: Store) -> dict[str, int]:
    """{run: heartbeat} of those in training that somebody wants to pause, stop or make way."""
    with store.database.reading() as connection:
        rows = connection.execute("SELECT id, heartbeat FROM runs WHERE status = 'running' AND want != 'run'").fetchall()
    return {row["id"]: row["heartbeat"] for row in rows}


def put_down(store: Store, run_id: str):
    """Write down the end of a run whose worker the starter had to kill: it becomes what was wanted, or waits again."""
    with store.database.writing() as connection:
        row = connection.execute("SELECT want FROM runs WHERE id = ? AND status = 'running'", (run_id,)).fetchone()
        if row:
            becomes = ASKED[row["want"]]
            ended = None if becomes == "queued" else now()
            connection.execute("UPDATE runs SET status = ?, ended = ? WHERE id = ?", (becomes, ended, run_id))


def claim(store: Store, run_id: str) -> Run | None:
    """Make a queued run a running one; None where it is no longer waiting. The caller holds its lock.

    What lies after the newest checkpoint is forgotten in the same transaction: it will be computed again. One that wants `stop` was
    stopped while it waited, and is only evaluated.
    """
    saved = RunFolder.of(store.folder, run_id).checkpoints()
    with store.database.writing() as connection:
        changed = connection.execute(
            "UPDATE runs SET status = 'running', want = IIF(want = 'stop', 'stop', 'run'), heartbeat = heartbeat + 1, started = COALESCE(started, ?), ended = NULL"
            " WHERE id = ? AND status = 'queued' AND deleted IS NULL",
            (now(), run_id),
        ).rowcount
        if changed:
            _forget_after(connection, run_id, step_of(saved[0]) if saved else 0)
    return store.run(run_id) if changed else None


def _forget_after(connection, run_id: str, step: int):
    for table in ("steps", "evaluations"):
        connection.execute(f"DELETE FROM {table} WHERE run = ? AND step > ?", (run_id, step))
    last = connection.execute("SELECT tokens, seconds FROM steps WHERE run = ? ORDER BY step DESC LIMIT 1", (run_id,)).fetchone()
    best = connection.execute(
        "SELECT step, loss, bits_per_byte FROM evaluations WHERE run = ? AND loss IS NOT NULL ORDER BY loss, step LIMIT 1",
        (run_id,),
    ).fetchone()
    connection.execute(
        "UPDATE runs SET step = ?, tokens = ?, seconds = ?, best_step = ?, best_loss = ?, best_bits_per_byte = ? WHERE id = ?",
        (step, *(last or (0, 0.0)), *(best or (None,) * 3), run_id),
    )


def write_counted(connection, run_id: str, lines: list[list] | None, error: CountFailed | None):
    """The lines of counting models, or a note why there are none."""
    row = connection.execute("SELECT notes FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        return
    notes = [note for note in json.loads(row[0]) if note["code"] != CountFailed.code]
    notes += [{"code": error.code, "values": error.values}] if error else []
    connection.execute("UPDATE runs SET notes = ? WHERE id = ?", (json.dumps(notes), run_id))
    if lines is not None:
        connection.execute("UPDATE runs SET reference_lines = ? WHERE id = ?", (json.dumps(lines), run_id))


class RunWriter:
    """Buffers what happened and writes it in one transaction every quarter of a second.

    Training never stops because somebody else holds the store: what could not be written stays in the buffer. It keeps its
    connection: when the last one to a WAL file is closed, SQLite moves everything and waits for the disk (20 ms, not 1).
    """

    def __init__(self, store: Store, run_id: str):
        self.run_id, self.folder = run_id, store.folder
        self.connection = store.database.connect(TRAINING_WAITS)
        self.steps: list[StepRow] = []
        self.evaluations: list[EvaluationRow] = []
        self.reference_lines: list[list] | None = None  # to be written
        self.notes: list[dict] = []  # to be added
        self.count_error: CountFailed | None = None  # to be written
        self.prepared = 0.0  # share of the text that is cut into tokens
        known = store.run(run_id)
        self.request, self.learning_rate, self.pinned_context = known.request, None, known.pinned_context
        self.received = known.received  # seconds of a place, as the store knows them
        self._held_since = time.monotonic()  # what came before is received
        self._applied: float | None = None
        self._flushed, self._refused = 0.0, False

    def begin(self, after: int, config: RunConfig, notes: list[dict]):
        """Forget what lies after the checkpoint training goes on from; write down what was decided."""

        def write():
            _forget_after(self.connection, self.run_id, after)
            self.connection.execute(
                "UPDATE runs SET resolved = ?, notes = ?, planned_steps = ? WHERE id = ?",
                (json.dumps(config.to_json()), json.dumps(notes), config.training.planned_steps, self.run_id),
            )
            self._write()

        self._patiently(write)

    def flush(self, force: bool = False) -> bool:
        """Write what is buffered, read what is wanted -> whether everything is written now. Raises DiskFull."""
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

    def settle(self):
        """`flush`, waiting for the store where it must."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not self.flush(force=True):
            if time.monotonic() > until:
                raise TimeoutError("the store could not be written")
            time.sleep(FLUSH_SECONDS)

    def received_by_now(self) -> float:
        return self.received + time.monotonic() - self._held_since

    def learning_rate_applied(self):
        """The rate that was asked for is applied, and in a checkpoint."""
        self._applied, self.learning_rate = self.learning_rate, None

    def end(self, status: str | None, error: LmcoreError | None = None):
        """None: it ended because it was told to, or to let another go first; what is wanted by now decides what it becomes."""

        def write():
            self._write()
            becomes = status or ASKED[self.request]
            self.connection.execute(
                "UPDATE runs SET status = ?, error_code = ?, error_values = ?, ended = ? WHERE id = ?",
                (
                    becomes,
                    error.code if error else None,
                    json.dumps(error.values if error else {}, default=str),
                    None if becomes == "queued" else now(),
                    self.run_id,
                ),
            )

        self._patiently(write)
        self.connection.close()

    def _patiently(self, write):
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with transaction(self.connection):
                    write()
                return self._written()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                    spare.give_up(self.folder)
                    until = min(until, time.monotonic() + FULL_SECONDS)
                if time.monotonic() > until:
                    raise
                time.sleep(FLUSH_SECONDS)

    def _written(self):
        """Only what a committed transaction holds leaves the buffer."""
        self.steps, self.evaluations, self.notes = [], [], []
        self.reference_lines, self.count_error, self._applied, self._refused = None, None, None, False
        self.received, self._held_since = self._receiving

    def _write(self):
        connection = self.connection
        connection.executemany(
            f"INSERT INTO steps (run, {', '.join(STEP_FIELDS)}) VALUES (?, {', '.join('?' * len(STEP_FIELDS))})",
            [(self.run_id, *dataclasses.astuple(row)) for row in self.steps],
        )
        for row in self.evaluations:
            connection.execute(
                "INSERT INTO evaluations (run, step, loss, bits_per_byte, improved, sample, pinned_context, bars)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (self.run_id, *dataclasses.astuple(row)[:-1], json.dumps(row.bars)),
            )
            if row.improved:
                connection.execute(
                    "UPDATE runs SET best_step = ?, best_loss = ?, best_bits_per_byte = ? WHERE id = ?",
                    (row.step, row.loss, row.bits_per_byte, self.run_id),
                )
        if self.steps:
            last = self.steps[-1]
            connection.execute(
                "UPDATE runs SET step = ?, tokens = ?, seconds = ? WHERE id = ?",
                (last.step, last.tokens, last.seconds, self.run_id),
            )
        if self.reference_lines is not None or self.count_error is not None:
            write_counted(connection, self.run_id, self.reference_lines, self.count_error)
        for note in self.notes:
            connection.execute(
                "UPDATE runs SET notes = json_insert(notes, '$[#]', json(?)) WHERE id = ?", (json.dumps(note), self.run_id)
            )
        if self._applied is not None:
            connection.execute(
                "UPDATE runs SET learning_rate = NULL WHERE id = ? AND learning_rate = ?", (self.run_id, self._applied)
            )
        self._receiving = self.received_by_now(), time.monotonic()
        connection.execute(
            "UPDATE runs SET heartbeat = heartbeat + 1, received = ?, prepared = ? WHERE id = ?",
            (self._receiving[0], self.prepared, self.run_id),
        )
        asked = connection.execute("SELECT want, learning_rate, pinned_context FROM runs WHERE id = ?", (self.run_id,)).fetchone()
        self.request, self.learning_rate, self.pinned_context = asked
