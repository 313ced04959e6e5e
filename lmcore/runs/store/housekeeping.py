"""Disk space and deleting: what runs take, the oldest films removed when it is too much (noted on their runs), and `purge`, which deletes
hidden texts and runs for good. No torch."""

import contextlib
import json
import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lmcore.errors import TooManyBytes
from lmcore.runs.run_folder import RunFolder
from lmcore.runs.store import backups
from lmcore.runs.store.database import Database
from lmcore.runs.store.limits import Limits

STEP_BYTES = 100  # of one step in the store
FILM = "limit.film_removed"  # the note on a run whose snapshots had to go


@dataclass(frozen=True)
class Kept:
    """Runs of one visitor that are not deleted, and the bytes of their folders and curves."""

    runs: int
    bytes: int


class DataStore(Protocol):
    """The part of `store.Store` that is used here."""

    folder: Path
    database: Database
    limits: Limits


def folder_bytes(path: Path | str) -> int:
    """Return the bytes of all files in a folder; one that disappears meanwhile counts as 0. Fast: a page may measure 500 runs."""
    total = 0
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    total += folder_bytes(entry.path)
                else:
                    with contextlib.suppress(OSError):
                        total += entry.stat(follow_symlinks=False).st_size
    except OSError:
        pass
    return total


def kept(store: DataStore, owner: str | None) -> Kept:
    """Return what one visitor keeps now."""
    rows = _runs(store, owner)
    return Kept(len(rows), sum(_bytes(store, row) for row in rows))


def make_room(store: DataStore, owner: str | None, coming: int = 0) -> None:
    """Keep a visitor's runs within the limit; films go, models stay. Raises TooManyBytes where that is not enough.

    coming: bytes of a run that is about to be kept.
    """
    if owner is None:
        return
    rows, limit = _runs(store, owner), store.limits.bytes_per_visitor
    total = sum(_bytes(store, row) for row in rows) + coming
    for row in rows:
        if total <= limit:
            return
        if row["status"] not in ("queued", "running") and not row["film_kept"]:
            total -= remove_film(store, row["id"])
    if total > limit:
        raise TooManyBytes(megabytes=round(total / 1e6), limit=round(limit / 1e6))


def remove_film(store: DataStore, run_id: str) -> int:
    """Delete the snapshots of a run, note it there and return their bytes."""
    path = RunFolder.of(store.folder, run_id).film_path
    freed = folder_bytes(path)
    if not freed:
        return 0
    shutil.rmtree(path, ignore_errors=True)
    with store.database.writing() as connection:
        notes = json.loads(connection.execute("SELECT notes FROM runs WHERE id = ?", (run_id,)).fetchone()[0])
        notes.append({"code": FILM, "values": {"megabytes": round(freed / 1e6, 1)}})
        connection.execute("UPDATE runs SET notes = ? WHERE id = ?", (json.dumps(notes), run_id))
    return freed


def _bytes(store: DataStore, row: sqlite3.Row) -> int:
    return folder_bytes(RunFolder.of(store.folder, row["id"]).path) + STEP_BYTES * row["step"]


def _runs(store: DataStore, owner: str | None) -> list:
    """Return the runs, the oldest first."""
    with store.database.reading() as connection:
        return connection.execute(
            "SELECT id, status, film_kept, step FROM runs WHERE owner = ? AND deleted IS NULL ORDER BY number", (owner,)
        ).fetchall()


def remove_orphans(store: DataStore) -> None:
    """Remove folders of runs the store no longer knows, and what a killed process left half written; at the start of a server.

    Where a store was set aside they stay: the folder may be all that is left of a run.
    """
    with store.database.writing() as connection:  # the write lock: no run is added meanwhile
        known = {row["id"] for row in connection.execute("SELECT id FROM runs")}
        unknown = [path for path in (store.folder / "runs").glob("*") if path.name not in known]
    for path in () if backups.set_aside(store.folder) else unknown:
        shutil.rmtree(path, ignore_errors=True)
    shutil.rmtree(store.folder / "imports", ignore_errors=True)
    for left_over in (store.folder / "texts").glob("*.partial"):
        left_over.unlink(missing_ok=True)


def purge(store: DataStore, before: str, owner: str | None = None) -> None:
    """Remove for good what was deleted before a time (UTC), by one owner or by all: files, then rows, for which a full disk
    has no room before. Texts that a run needs stay."""
    gone_by, whose = "deleted <= ? AND (? IS NULL OR owner = ?)", (before, owner, owner)
    with store.database.reading() as connection:
        rows = connection.execute(f"SELECT id FROM runs WHERE {gone_by} AND status != 'running'", whose).fetchall()
    gone = [(row["id"],) for row in rows]
    for (run_id,) in gone:
        shutil.rmtree(RunFolder.of(store.folder, run_id).path, ignore_errors=True)
    with store.database.writing() as connection:
        for table, column in (("steps", "run"), ("evaluations", "run"), ("runs", "id")):
            connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", gone)
        connection.execute(f"DELETE FROM texts WHERE {gone_by} AND id NOT IN (SELECT text_id FROM runs)", whose)
        needed = {row["sha256"] for row in connection.execute("SELECT sha256 FROM texts")}
        for path in () if backups.set_aside(store.folder) else (store.folder / "texts").glob("*.txt"):
            if path.stem not in needed:
                path.unlink(missing_ok=True)
