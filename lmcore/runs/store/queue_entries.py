"""The runs that train or wait, as the store knows them. Who comes next is `queue.scheduling`. Needs no torch."""

import json
import math
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lmcore.runs.run_folder import RunFolder

REMEMBERED = timedelta(hours=1)  # what a visitor has received is counted over its runs of this time
PROMISE_WEIGHT = 0.1  # of a run's planned time, beside what its first steps took


@dataclass(frozen=True)
class QueueEntry:
    """A run that trains or waits."""

    id: str
    visitor: str  # each example of the home page counts as a visitor of its own
    owner: str | None
    status: str  # running or queued
    step: int
    queued: int  # the order in which runs were queued
    seconds_left: float  # of training, estimated; infinite where nothing is known
    stops: bool = False  # it only waits to be evaluated once more


def active(
    connection: sqlite3.Connection, data: Path, starting: Collection[str] = ()
) -> tuple[list[QueueEntry], list[QueueEntry]]:
    """Return (training, waiting), in no order. An interrupted run is in neither.

    starting: ids of runs for which a worker is being started; they count as training.
    """
    rows = connection.execute(
        "SELECT id, owner, status, want, step, queued, planned_steps, seconds, requested FROM runs"
        " WHERE status IN ('queued', 'running') AND deleted IS NULL"
    ).fetchall()
    training, waiting = [], []
    for row in rows:
        if row["id"] in starting or (row["status"] == "running" and RunFolder.of(data, row["id"]).is_locked()):
            training.append(_entry(row))
        elif row["status"] == "queued":
            waiting.append(_entry(row))
    return training, waiting


def received(connection: sqlite3.Connection) -> dict[str, float]:
    """Return {visitor: seconds for which its runs of the last hour have held a place}."""
    since = (datetime.now(UTC) - REMEMBERED).isoformat(timespec="milliseconds")
    rows = connection.execute(
        "SELECT COALESCE(owner, id), SUM(received) FROM runs WHERE status IN ('queued', 'running') OR ended > ? GROUP BY 1",
        (since,),
    )
    return dict(tuple(row) for row in rows)


def _entry(row: sqlite3.Row) -> QueueEntry:
    stops = row["status"] == "queued" and row["want"] == "stop"
    left = 0.0 if stops else seconds_left(row)
    return QueueEntry(row["id"], row["owner"] or row["id"], row["owner"], row["status"], row["step"], row["queued"], left, stops)


def seconds_left(row: sqlite3.Row) -> float:
    """Estimate the seconds of training a run still needs, from the columns of its row.

    The planned time counts as a tenth of the run already seen: the first steps, with their evaluations, say little.
    """
    training = json.loads(row["requested"])["training"]
    planned = training["stop_after"] if training["stop"] == "seconds" else math.inf
    if not row["planned_steps"] or not row["step"]:
        return planned
    seconds, steps = row["seconds"], row["step"]
    if math.isfinite(planned):
        seconds, steps = seconds + planned * PROMISE_WEIGHT, steps + row["planned_steps"] * PROMISE_WEIGHT
    return seconds / steps * (row["planned_steps"] - row["step"])
