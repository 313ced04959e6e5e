"""What the starter and the workers read and write of runs: claims, steps, evaluations, ends. Needs no torch.

Functions that take a connection are called inside a transaction of `worker.run_writer`, which buffers and repeats them.
"""

import dataclasses
import json
import sqlite3
from collections.abc import Iterable

from lmcore.config import RunConfig
from lmcore.errors import CountFailed, LmcoreError
from lmcore.runs.run_folder import RunFolder, step_of
from lmcore.runs.store.database import now
from lmcore.runs.store.records import EVALUATION_FIELDS, STEP_FIELDS, EvaluationRow, Run
from lmcore.runs.store.store import Store

STATUS_AFTER = {
    "run": "queued",
    "queue": "queued",
    "pause": "paused",
    "stop": "stopped",
}  # request -> status of a run that ends early


# what the starter asks


def running(store: Store) -> set[str]:
    """Return the runs whose row says running and whose lock is held."""
    with store.database.reading() as connection:
        rows = connection.execute("SELECT id FROM runs WHERE status = 'running'").fetchall()
    return {row["id"] for row in rows if RunFolder.of(store.folder, row["id"]).is_locked()}


def request_all_back_to_queue(store: Store) -> None:
    """Request every run in training to go back to the queue, also those of an earlier starter."""
    asked = [(run_id,) for run_id in running(store)]
    with store.database.writing() as connection:
        connection.executemany("UPDATE runs SET want = 'queue' WHERE id = ? AND want = 'run'", asked)


def still_to_go_back(store: Store) -> set[str]:
    """Return the runs that have been requested to go back to the queue and still train. A run that another server has claimed since
    is not among them."""
    with store.database.reading() as connection:
        asked = {row["id"] for row in connection.execute("SELECT id FROM runs WHERE want = 'queue'")}
    return asked & running(store) if asked else asked


def requested_to_end(store: Store) -> dict[str, int]:
    """Return {run: heartbeat} of the running ones that are requested to pause, to stop or to go back to the queue."""
    with store.database.reading() as connection:
        rows = connection.execute("SELECT id, heartbeat FROM runs WHERE status = 'running' AND want != 'run'").fetchall()
    return {row["id"]: row["heartbeat"] for row in rows}


def end_killed(store: Store, run_id: str) -> None:
    """Write the end of a run whose worker the starter had to kill: it becomes what was requested, or waits again."""
    with store.database.writing() as connection:
        row = connection.execute("SELECT want FROM runs WHERE id = ? AND status = 'running'", (run_id,)).fetchone()
        if row:
            end(connection, run_id, STATUS_AFTER[row["want"]])


# what a worker writes


def claim(store: Store, run_id: str) -> Run | None:
    """Make a queued run a running one and return it; None where it no longer waits. The caller holds its lock.

    Steps after the newest checkpoint are forgotten in the same transaction: they will be computed again. A run that was stopped while
    it waited keeps its request, and is only evaluated.
    """
    saved = RunFolder.of(store.folder, run_id).checkpoints()
    with store.database.writing() as connection:
        changed = connection.execute(
            "UPDATE runs SET status = 'running', want = IIF(want = 'stop', 'stop', 'run'), heartbeat = heartbeat + 1,"
            " started = COALESCE(started, ?), ended = NULL WHERE id = ? AND status = 'queued' AND deleted IS NULL",
            (now(), run_id),
        ).rowcount
        if changed:
            forget_after(connection, run_id, step_of(saved[0]) if saved else 0)
    return store.run(run_id) if changed else None


def forget_after(connection: sqlite3.Connection, run_id: str, step: int) -> None:
    """Remove the steps and evaluations after a step, and set what the run's row says of them."""
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


def write_resolved(connection: sqlite3.Connection, run_id: str, config: RunConfig, notes: list[dict]) -> None:
    """Write down the settings that a run trains with, and what was decided about them."""
    connection.execute(
        "UPDATE runs SET resolved = ?, notes = ?, planned_steps = ? WHERE id = ?",
        (json.dumps(config.to_json()), json.dumps(notes), config.training.planned_steps, run_id),
    )


def append_steps(connection: sqlite3.Connection, run_id: str, rows: Iterable[tuple]) -> None:
    """Add steps to the curve of a run."""
    """rows: values of STEP_FIELDS."""
    connection.executemany(
        f"INSERT INTO steps (run, {', '.join(STEP_FIELDS)}) VALUES (?, {', '.join('?' * len(STEP_FIELDS))})",
        ((run_id, *row) for row in rows),
    )


def append_evaluations(connection: sqlite3.Connection, run_id: str, rows: Iterable[EvaluationRow]) -> None:
    """Add evaluations to the curve of a run."""
    connection.executemany(
        f"INSERT INTO evaluations (run, {', '.join(EVALUATION_FIELDS)}) VALUES (?, {', '.join('?' * len(EVALUATION_FIELDS))})",
        ((run_id, *dataclasses.astuple(row)[:-1], json.dumps(row.bars)) for row in rows),
    )


def set_last(connection: sqlite3.Connection, run_id: str, step: int, tokens: int, seconds: float) -> None:
    """Write how far a run has come. seconds: of training."""
    connection.execute("UPDATE runs SET step = ?, tokens = ?, seconds = ? WHERE id = ?", (step, tokens, seconds, run_id))


def set_best(connection: sqlite3.Connection, run_id: str, best: EvaluationRow) -> None:
    """Write down the best evaluation so far."""
    connection.execute(
        "UPDATE runs SET best_step = ?, best_loss = ?, best_bits_per_byte = ? WHERE id = ?",
        (best.step, best.loss, best.bits_per_byte, run_id),
    )


def write_counted(connection: sqlite3.Connection, run_id: str, references: list[list] | None, error: CountFailed | None) -> None:
    """Write the losses of counting models ([[name, order, nats per token], …]), or a note why there are none."""
    row = connection.execute("SELECT notes FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        return
    notes = [note for note in json.loads(row[0]) if note["code"] != CountFailed.code]
    notes += [{"code": error.code, "values": error.values}] if error else []
    connection.execute("UPDATE runs SET notes = ? WHERE id = ?", (json.dumps(notes), run_id))
    if references is not None:
        connection.execute("UPDATE runs SET reference_lines = ? WHERE id = ?", (json.dumps(references), run_id))


def append_notes(connection: sqlite3.Connection, run_id: str, notes: Iterable[dict]) -> None:
    """Add notes to a run."""
    connection.executemany(
        "UPDATE runs SET notes = json_insert(notes, '$[#]', json(?)) WHERE id = ?", ((json.dumps(note), run_id) for note in notes)
    )


def learning_rate_applied(connection: sqlite3.Connection, run_id: str, rate: float) -> None:
    """Forget the request, unless another rate has been requested since."""
    connection.execute("UPDATE runs SET learning_rate = NULL WHERE id = ? AND learning_rate = ?", (run_id, rate))


def beat(connection: sqlite3.Connection, run_id: str, received: float, prepared: float) -> tuple[str, float | None, str]:
    """Count a heartbeat; return what is requested now: (request, learning rate, pinned context).

    received: seconds for which the run has held a place. prepared: share of its text that is cut into tokens.
    """
    connection.execute(
        "UPDATE runs SET heartbeat = heartbeat + 1, received = ?, prepared = ? WHERE id = ?", (received, prepared, run_id)
    )
    return connection.execute("SELECT want, learning_rate, pinned_context FROM runs WHERE id = ?", (run_id,)).fetchone()


def end(connection: sqlite3.Connection, run_id: str, status: str, error: LmcoreError | None = None) -> None:
    """Write how a run has ended; one that is queued again has not."""
    connection.execute(
        "UPDATE runs SET status = ?, error_code = ?, error_values = ?, ended = ? WHERE id = ?",
        (
            status,
            error.code if error else None,
            json.dumps(error.values if error else {}, default=str),
            None if status == "queued" else now(),
            run_id,
        ),
    )


# a run that was trained elsewhere


def insert_run(connection: sqlite3.Connection, values: dict) -> None:
    """Insert a row. values: {column: value}."""
    connection.execute(f"INSERT INTO runs ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", tuple(values.values()))
