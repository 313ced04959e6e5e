"""Copies of the store, made when a server starts, and what becomes of a store that cannot be read. Needs no torch.

Texts, checkpoints and films are files beside the store and not copied. Nothing that is set aside is ever deleted here.
"""

import json
import os
import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from lmcore.runs import folder

STORE = "store.sqlite"
KEPT = 5
BESIDE = ("-wal", "-shm", "")  # the store itself last: a new store beside an old -wal would be damaged by it
CHECKING_SECONDS = 5.0  # a store too large to be read in this time is taken for whole
STEPS_BETWEEN_LOOKS = 1000  # at the clock: pages, or instructions of SQLite
SPARE_BYTES = 500_000_000  # of the disk, which stay free for those who train
RESTORED = "store.restored"  # the note on a run whose checkpoint is newer than its curve in the backup


@dataclass(frozen=True)
class Mended:
    """What was done about a store that could not be read, or was gone."""

    aside: str | None  # where it lies now, in the data folder; None where there was none
    backup: datetime | None  # when the backup in its place was last changed; None where there was none that is whole


def mend(data: Path) -> Mended | None:
    """Look at the store, at the start of a server; None: it is whole, or this is the first start. Raises OSError."""
    store = Path(data) / STORE
    _backup_folder(data).mkdir(parents=True, exist_ok=True)
    with FileLock(_backup_folder(data) / "lock"):
        is_there = store.exists() and store.stat().st_size > 0
        if is_whole(store) if is_there else not backups(data):
            return None
        backup = next(filter(is_whole, backups(data)), None)
        partial = store.with_name(f"{STORE}.partial")
        if backup:
            shutil.copy2(backup, partial)
            _note_gaps(data, partial)
        aside = _set_aside(store)
        if backup:
            os.replace(partial, store)
        return Mended(aside, datetime.fromtimestamp(backup.stat().st_mtime) if backup else None)


def back_up(data: Path) -> Path | None:
    """A consistent copy, whoever writes meanwhile; None: nothing changed since the last one, or the disk has no room for it."""
    store, kept = Path(data) / STORE, backups(data)
    changed = _changed(store)
    if kept and kept[0].stat().st_mtime_ns == changed:
        return None
    if shutil.disk_usage(data).free < store.stat().st_size + SPARE_BYTES:
        return None
    path = _backup_folder(data) / f"store-{_number(kept[0]) + 1 if kept else 1}.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(partial)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file that needs no other beside it
        if not is_whole(partial):
            return None
        os.utime(partial, ns=(changed, changed))
        os.replace(partial, path)
    finally:
        _remove(partial)
    for old in backups(data)[KEPT:]:
        old.unlink()
    return path


def backups(data: Path) -> list[Path]:
    """The newest first, by number: clocks may be set back."""
    return sorted(_backup_folder(data).glob("store-*.sqlite"), key=_number, reverse=True)


def set_aside(data: Path) -> list[Path]:
    """Stores that could not be read. As long as one lies here, files that the store does not know may belong to it."""
    return sorted(Path(data).glob("store.damaged-*.sqlite"), key=_number)


def is_whole(path: Path) -> bool:
    """Whether SQLite can read all of it. One that is locked, or that may not be opened, is not for that reason damaged."""
    until = time.monotonic() + CHECKING_SECONDS
    try:
        with closing(sqlite3.connect(path, timeout=1.0)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > until, STEPS_BETWEEN_LOOKS)
            return connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:
        return False


def _set_aside(store: Path) -> str | None:
    if not store.exists():
        return None
    earlier = set_aside(store.parent)
    aside = store.with_name(f"store.damaged-{_number(earlier[-1]) + 1 if earlier else 1}.sqlite")
    for ending in BESIDE:
        if (part := Path(f"{store}{ending}")).exists():
            os.replace(part, f"{aside}{ending}")
    return aside.name


def _note_gaps(data: Path, store: Path):
    """Runs trained on after the backup: their checkpoints are kept, and the run says why its curve has a gap."""
    with closing(sqlite3.connect(store)) as connection, connection:
        for run_id, step, notes in connection.execute("SELECT id, step, notes FROM runs").fetchall():
            saved = folder.checkpoints(folder.run_folder(data, run_id))
            if saved and (newest := folder.step_of(saved[0])) > step:
                note = {"code": RESTORED, "values": {"known": step, "newest": newest}}
                connection.execute("UPDATE runs SET notes = ? WHERE id = ?", (json.dumps([*json.loads(notes), note]), run_id))
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")  # as stores are; kept in the file


def _changed(store: Path) -> int:
    """When the store, or what is written beside it, was last changed, as the file system says (ns)."""
    return max(part.stat().st_mtime_ns for part in (store, Path(f"{store}-wal")) if part.exists())


def _backup_folder(data: Path) -> Path:
    return Path(data) / "backups"


def _number(path: Path) -> int:
    return int("".join(filter(str.isdigit, path.stem)) or 0)


def _remove(partial: Path):
    for ending in ("", "-journal", "-wal", "-shm"):
        Path(f"{partial}{ending}").unlink(missing_ok=True)
