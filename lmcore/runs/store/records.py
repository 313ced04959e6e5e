"""The rows of the store as frozen values: texts, runs, steps, evaluations, rooms, lessons.

A damaged store can hold anything in any column, so each record is made by `of`, which raises StoreDamaged where a row is none.
"""

import json
import math
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any, get_origin

import numpy as np

from lmcore.config import RunConfig
from lmcore.errors import SettingError, StoreDamaged
from lmcore.text.kinds import KINDS

STATUSES = ("queued", "running", "paused", "finished", "stopped", "failed")
REQUESTS = ("run", "pause", "stop", "queue")
LINES = ("uniform", "unigram", "bigram", "ngram")  # the names of `references.Reference`
AXES = ("learning_rate", "hidden_size", "parameters", "seconds", "tokens", "batch_size", "sequence_length", "loss")
UNITS = ("nats", "bits")  # per token, per byte
CHOICES = {"status": STATUSES, "request": REQUESTS, "kind": KINDS, "x": AXES, "y": AXES, "unit": UNITS}
COUNTED = ("step", "planned_steps", "tokens", "characters", "bytes", "unreadable")
TIMES = ("created", "started", "ended", "deleted", "closed")


@contextmanager
def from_rows() -> Iterator[None]:
    """Turn errors within the block into StoreDamaged: the rows are not what they must be."""
    try:
        yield
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError, SettingError) as error:
        raise StoreDamaged() from error


@dataclass(frozen=True)
class Text:
    """A row of the table of texts."""

    id: str
    owner: str | None  # None: a sample, for everyone
    sha256: str
    name: str
    kind: str
    encoding: str
    unreadable: int
    changes: tuple[str, ...]
    characters: int
    bytes: int
    sample: str | None
    created: str  # UTC
    deleted: str | None = None  # UTC; it is kept as long as a run needs it
    shared: bool = False  # a visitor who has its address, or that of a run trained on it, may read it

    @classmethod
    @from_rows()
    def of(cls, row: sqlite3.Row) -> "Text":
        """Return the record of a row."""
        values = {name: row[name] for name in cls.__dataclass_fields__}
        changes = _of_type(list, json.loads(row["changes"]))
        text = cls(**{**values, "changes": tuple(_of_type(str, change) for change in changes), "shared": bool(row["shared"])})
        _check(text)
        if len(text.sha256) != 64 or int(text.sha256, 16) < 0:
            raise ValueError
        return text


@dataclass(frozen=True)
class Run:
    """A row of the table of runs."""

    id: str
    owner: str | None  # None: an example of the home page
    text_id: str
    name: str
    requested: RunConfig
    resolved: RunConfig | None
    notes: list[dict]  # {code, values}: what is not as it was asked for
    status: str  # queued, running, paused, finished, stopped, failed
    shown_status: str  # the same, or interrupted: running by its row, but its lock is not held
    request: str  # run, pause, stop; queue: go back to the queue. The column is called want
    learning_rate: float | None  # asked for while it runs
    pinned_context: str
    created: str  # UTC
    started: str | None  # UTC, the first time
    ended: str | None  # UTC
    prepared: float  # share of its text that is cut into tokens, before the first step
    step: int
    planned_steps: int
    tokens: int
    seconds: float
    received: float  # seconds it has held a place, preparing and training
    best_step: int | None
    best_loss: float | None
    best_bits_per_byte: float | None
    reference_lines: list[list]  # [[name, order, nats per token], …] of `references.Reference`; empty until they are counted
    error_code: str | None
    error_values: dict
    heartbeat: int
    film_kept: bool = False  # its snapshots stay when those of other runs have to go

    @classmethod
    @from_rows()
    def of(cls, row: sqlite3.Row, shown_status: str | None = None) -> "Run":
        """shown_status: that of the row, where nothing else is said."""
        if "has_text" in row.keys() and not row["has_text"]:  # noqa: SIM118 (a row is not a dict)
            raise LookupError(row["text_id"])
        resolved = json.loads(row["resolved"]) if row["resolved"] is not None else None
        run = cls(
            **{
                **{name: row[name] for name in cls.__dataclass_fields__ if name not in ("shown_status", "request")},
                "request": row["want"],
                "requested": RunConfig.from_json(json.loads(row["requested"])),
                "resolved": RunConfig.from_json(resolved) if resolved is not None else None,
                "notes": [_note(entry) for entry in json.loads(row["notes"])],
                "reference_lines": [_line(*entry) for entry in json.loads(row["reference_lines"])],
                "error_values": _of_type(dict, json.loads(row["error_values"])),
                "film_kept": bool(row["film_kept"]),
                "shown_status": shown_status or row["status"],
            }
        )
        _check(run)
        return run


@dataclass(frozen=True)
class StepRow:
    """A step of a run's curve."""

    step: int
    epoch: float
    tokens: int
    loss: float
    learning_rate: float
    gradient_norm: float
    seconds: float
    tokens_per_second: float


@dataclass(frozen=True)
class EvaluationRow:
    """An evaluation of a run's curve, with the sample written then."""

    step: int
    loss: float | None
    bits_per_byte: float | None
    improved: bool
    sample: str
    pinned_context: str
    bars: list  # [[token, probability], …] of the pinned context

    @classmethod
    @from_rows()
    def of(cls, row: sqlite3.Row) -> "EvaluationRow":
        """Return the record of a row."""
        values = {name: row[name] for name in cls.__dataclass_fields__}
        bars = [_bar(*entry) for entry in json.loads(row["bars"])]
        evaluation = cls(**{**values, "improved": bool(row["improved"]), "bars": bars})
        _check(evaluation)
        return evaluation


@dataclass(frozen=True)
class Room:
    """A row of the table of rooms."""

    code: str
    owner: str
    anonymous: bool  # numbers are shown instead of nicknames
    x: str  # of AXES
    y: str
    unit: str  # of UNITS
    created: str  # UTC
    closed: str | None  # UTC; nothing is handed in any more

    @classmethod
    @from_rows()
    def of(cls, row: sqlite3.Row) -> "Room":
        """Return the record of a row."""
        room = cls(**{**{name: row[name] for name in cls.__dataclass_fields__}, "anonymous": bool(row["anonymous"])})
        _check(room)
        return room


@dataclass(frozen=True)
class LessonStep:
    """What a visitor has done in one step of a lesson. An answer is an index, a number, numbers or words, as the step asks."""

    first: int | float | str | list | None = None  # the first answer; None: not answered yet
    last: int | float | str | list | None = None
    completed: bool = False
    skipped: bool = False


@dataclass(frozen=True)
class LessonProgress:
    """A row of the table of lessons."""

    visitor: str
    lesson: str
    created: str  # UTC, when it was begun
    going: bool  # its card is shown
    shown_step: str  # the step that is shown
    steps: dict[str, LessonStep]

    @classmethod
    @from_rows()
    def of(cls, row: sqlite3.Row) -> "LessonProgress":
        """Return the record of a row."""
        steps = {name: LessonStep(**_of_type(dict, step)) for name, step in _of_type(dict, json.loads(row["steps"])).items()}
        values = {name: row[name] for name in cls.__dataclass_fields__}
        progress = cls(**{**values, "going": bool(row["going"]), "steps": steps})
        for record in (progress, *steps.values()):
            _check(record)
        return progress


@dataclass(frozen=True)
class StepColumns:
    """Steps by column, each (N,); a value the store does not have is NaN, never 0."""

    step: np.ndarray
    epoch: np.ndarray
    tokens: np.ndarray
    loss: np.ndarray
    learning_rate: np.ndarray
    gradient_norm: np.ndarray
    seconds: np.ndarray
    tokens_per_second: np.ndarray

    @classmethod
    @from_rows()
    def of(cls, rows: list[tuple]) -> "StepColumns":
        """Return the record of a row."""
        table = np.array(rows, dtype=float).reshape(-1, len(STEP_FIELDS))
        if not np.isfinite(table[:, 0]).all():
            raise ValueError("step")
        return cls(table[:, 0].astype(np.int64), *table[:, 1:].T)


STEP_FIELDS = tuple(entry.name for entry in fields(StepRow))
EVALUATION_FIELDS = tuple(entry.name for entry in fields(EvaluationRow))


@lru_cache(maxsize=8)
def _types(record: type) -> dict[str, Any]:
    """Return {field: the types its value may have}."""
    return {
        entry.name: get_origin(entry.type) if get_origin(entry.type) in (list, tuple, dict) else entry.type
        for entry in fields(record)
    }


def _check(record: object) -> None:
    """Check the types of a record's fields. Raises TypeError or ValueError."""
    for name, expected in _types(type(record)).items():  # type: ignore[arg-type]  # a class can be hashed
        value = getattr(record, name)
        if not isinstance(value, expected):
            raise TypeError(name)
        if isinstance(value, float) and not math.isfinite(value) or isinstance(value, int) and name in COUNTED and value < 0:
            raise ValueError(name)
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(name)
        if name in TIMES and value is not None:
            datetime.fromisoformat(value)


def _of_type(expected: Any, value: Any) -> Any:
    if not isinstance(value, expected):
        raise TypeError(expected.__name__)
    return value


def _note(entry: dict) -> dict:
    return {"code": _of_type(str, entry["code"]), "values": _of_type(dict, entry["values"])}


def _line(name: Any, order: Any, loss: Any) -> list:
    if name not in LINES:
        raise ValueError(name)
    return [name, _of_type(int, order), _of_type(float, loss)]


def _bar(token: Any, probability: Any) -> list:
    return [_of_type(str, token), float(_of_type((int, float), probability))]
