"""Limits on what one visitor, one run and all together may use: one frozen object, read from the environment.

They are checked before anything is written; the memory of a run is `worker.memory_limits`, the disk `housekeeping`. Needs no torch.
"""

import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from lmcore.config import Validated
from lmcore.errors import (
    QueueFull,
    SettingWrongType,
    TextsFull,
    TextTooLarge,
    TooManyRuns,
    TooManyTextBytes,
    TooManyTexts,
    TooManyWaiting,
)
from lmcore.text.decoding import LIMIT

PREFIX = "NEXT_WORD_"
CLASS_MINUTES = 20.0  # of a run in class mode, where nothing else is said


def limit(default: float, low: float, high: float, meaning: str) -> Any:
    """Declare a field that must lie in [low, high]. meaning: its line in the table of settings."""
    return field(default=default, metadata={"low": low, "high": high, "meaning": meaning})


@dataclass(frozen=True)
class Limits(Validated):
    """Each field is a setting: `workers` is $NEXT_WORD_WORKERS, and so on. `documented` lists them with what they mean.

    What only matters when others wait (a visitor's turns, runs that wait) never binds a visitor who is alone.
    """

    workers: int = limit(0, 0, 256, "Runs that train at once. 0: as many as the machine has cores.")
    first_slice_seconds: float = limit(1.0, 0.0, 3600.0, "Training that a new run gets as soon as its turn comes.")
    slice_seconds: float = limit(5.0, 0.0, 3600.0, "Training after which a run lets one go first whose visitor has had less.")
    training_per_visitor: int = limit(1, 1, 256, "Runs of one visitor that train at once as long as others wait.")
    waiting_per_visitor: int = limit(2, 0, 1000, "Further runs a visitor may have waiting as long as others train or wait.")
    waiting_alone: int = limit(20, 0, 1000, "Further runs a visitor may have waiting when nobody else does.")
    queue_length: int = limit(200, 1, 100_000, "Runs that may wait on this server, of all visitors together.")
    runs_per_visitor: int = limit(500, 1, 100_000, "Runs one visitor may keep.")
    megabytes_per_visitor: float = limit(2000.0, 1.0, 1e9, "Disk space for one visitor's runs; the oldest films go first.")
    texts_per_visitor: int = limit(200, 1, 100_000, "Texts one visitor may keep.")
    text_megabytes_per_visitor: float = limit(500.0, 1.0, 1e9, "Disk space for one visitor's texts.")
    text_megabytes: float = limit(10_000.0, 1.0, 1e9, "Disk space for the texts of all visitors together.")
    megabytes_per_run: float = limit(
        0.0, 0.0, 1e9, "Memory one run may take. 0: half of the machine's, shared among the workers."
    )
    class_mode: bool = field(default=False, metadata={"meaning": "1: a class shares this server, so no run may train for ever."})
    minutes_per_run: float = limit(0.0, 0.0, 1e6, "Time a run may hold a place. 0: no limit, in class mode 20 minutes.")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Limits":
        """Return the limits set in the environment. Raises SettingWrongType or SettingOutOfRange with the name of the setting.

        >>> Limits.from_environment({"NEXT_WORD_WORKERS": "4"}).workers
        4
        """
        values = {}
        for entry in fields(cls):
            expected: Any = entry.type  # a type, as this module has no postponed annotations
            text = environment.get(PREFIX + entry.name.upper(), "").strip()
            if not text:
                continue
            try:
                values[entry.name] = bool(int(text)) if expected is bool else expected(text)
            except ValueError as error:
                raise SettingWrongType(field=PREFIX + entry.name.upper(), value=text, expected=expected.__name__) from error
        return cls(**values)

    @property
    def places(self) -> int:
        """How many runs train at once."""
        return self.workers or os.cpu_count() or 1

    @property
    def seconds_per_run(self) -> float | None:
        """Seconds a run may hold a place; None for no limit."""
        minutes = self.minutes_per_run or (CLASS_MINUTES if self.class_mode else 0.0)
        return minutes * 60 or None

    @property
    def bytes_per_visitor(self) -> int:
        """Bytes the runs of a visitor may take on the disk."""
        return round(self.megabytes_per_visitor * 1e6)

    @property
    def bytes_per_run(self) -> int:
        """Bytes of memory a run may take."""
        return round(self.megabytes_per_run * 1e6) or machine_bytes() // (2 * self.places)


def documented() -> list[tuple[str, object, str]]:
    """Return (environment variable, default, meaning) of every setting.

    >>> documented()[0][:2]
    ('NEXT_WORD_WORKERS', 0)
    """
    return [(PREFIX + entry.name.upper(), entry.default, entry.metadata["meaning"]) for entry in fields(Limits)]


def check_active(limits: Limits, active: list[tuple[str | None, str]], owner: str | None) -> None:
    """Check that one more run of this visitor may wait. active: (owner, status) of all that train or wait. Raises QueueFull or
    TooManyWaiting. The examples of the home page always may."""
    if owner is None:
        return
    waiting, own, most = _counted(limits, active, owner)
    if waiting >= limits.queue_length:
        raise QueueFull(waiting=waiting)
    if own >= most:
        raise TooManyWaiting(active=own, limit=most)


def more(limits: Limits, active: list[tuple[str | None, str]], owner: str | None) -> int:
    """Return how many more runs of this visitor may wait now. active: as in `check_active`.

    >>> more(Limits(), [("anna", "running")], "anna"), more(Limits(), [("anna", "running"), ("ben", "running")], "anna")
    (20, 2)
    """
    waiting, own, most = _counted(limits, active, owner)
    return max(0, min(limits.queue_length - waiting, most - own))


def _counted(limits: Limits, active: list[tuple[str | None, str]], owner: str | None) -> tuple[int, int, int]:
    """Return (runs that wait, runs of this visitor that train or wait, as many as it may have)."""
    others = any(other not in (owner, None) for other, _ in active)
    most = limits.training_per_visitor + (limits.waiting_per_visitor if others else limits.waiting_alone)
    return sum(status == "queued" for _, status in active), sum(other == owner for other, _ in active), most


def check_kept(limits: Limits, connection: sqlite3.Connection, owner: str | None) -> None:
    """Check that this visitor may keep one more run. Raises TooManyRuns."""
    count = kept(connection, owner)
    if owner is not None and count >= limits.runs_per_visitor:
        raise TooManyRuns(count=count, limit=limits.runs_per_visitor)


def kept(connection: sqlite3.Connection, owner: str | None) -> int:
    """Return how many runs this visitor keeps."""
    return connection.execute("SELECT COUNT(*) FROM runs WHERE owner = ? AND deleted IS NULL", (owner,)).fetchone()[0]


def check_text(limits: Limits, connection: sqlite3.Connection, owner: str | None, size: int) -> None:
    """Check that this visitor may keep one more text of `size` UTF-8 bytes? Raises TextTooLarge, TooManyTexts, TooManyTextBytes or TextsFull.

    What counts is what lies on the disk: a deleted text too until it is purged, equal texts once. Samples always may.
    """
    if owner is None:
        return
    if size > LIMIT:
        raise TextTooLarge(megabytes=size / 1e6, limit=LIMIT // 1_000_000)
    own, of_all = (
        connection.execute(
            f"SELECT COALESCE(SUM(bytes), 0) FROM (SELECT DISTINCT sha256, bytes FROM texts WHERE {whose})", values
        ).fetchone()[0]
        for whose, values in (("owner = ?", (owner,)), ("owner IS NOT NULL", ()))
    )
    count = connection.execute("SELECT COUNT(*) FROM texts WHERE owner = ?", (owner,)).fetchone()[0]
    if count >= limits.texts_per_visitor:
        raise TooManyTexts(count=count, limit=limits.texts_per_visitor)
    for error, taken, most in (
        (TooManyTextBytes, own, limits.text_megabytes_per_visitor),
        (TextsFull, of_all, limits.text_megabytes),
    ):
        if taken + size > most * 1e6:
            raise error(megabytes=taken / 1e6, size=size / 1e6, limit=most)


def machine_bytes() -> int:
    """Return the memory of this machine, or of the container it runs in; 4 GB where the system does not say."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 4_000_000_000
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as file:
            return min(total, int(file.read()))
    except (OSError, ValueError):  # no container, or "max"
        return total
