"""Copies of the store, made when a server starts, and what is done with a store that is damaged or missing. Needs no torch.

Texts, checkpoints and films are files beside the store and not copied. What is set aside is never deleted here.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from lmcore.errors import NoRoomForBackup
from lmcore.runs import data_folder
from lmcore.runs.store import migrations, rebuilding
from lmcore.runs.store.inspection import is_whole

STORE = "store.sqlite"
KEPT = 5
BESIDE = ("-wal", "-shm", "")  # the store itself last: a new store beside an old -wal would be damaged by it
SPARE_BYTES = 50_000_000  # of the disk, which stay free for those who train
MISSING = (
    "The store was missing when the server started. As long as this file lies here, texts and runs that the new store does not know "
    "are kept in their folders.\n"
)


@dataclass(frozen=True)
class Restored:
    """What was done about a store that could not be read, or was gone."""

    aside: str | None  # where it lies now, in the data folder; None where there was none
    backup: datetime | None  # when the backup in its place was last changed; None where there was none that is whole
    runs: int = 0  # that the backup did not know, listed again from their folders


def restore_backup(data: Path) -> Restored | None:
    """Check the store at the start of a server and restore a damaged one; None where it is whole or this is the first start.

    Raises OSError."""
    store = Path(data) / STORE
    data_folder.keep_private(Path(data))
    _backup_folder(data).mkdir(parents=True, exist_ok=True)
    with FileLock(_backup_folder(data) / "lock"):
        is_there = store.exists() and store.stat().st_size > 0
        if is_whole(store) if is_there else not (backups(data) or rebuilding.left_behind(data)):
            return None
        backup = next(filter(is_whole, backups(data)), None)
        partial = store.with_name(f"{STORE}.partial")
        _remove(partial)
        if backup:
            shutil.copy2(backup, partial)
        runs = _bring_up_to_date(Path(data), partial) if backup or rebuilding.left_behind(data) else 0
        aside = _set_aside(store)
        if partial.exists():
            os.replace(partial, store)
        return Restored(aside, datetime.fromtimestamp(backup.stat().st_mtime) if backup else None, runs)


def back_up(data: Path) -> Path | None:
    """Make and return a copy that is consistent while others write; None where nothing changed since the last one. Raises NoRoomForBackup."""
    store, kept = Path(data) / STORE, backups(data)
    changed = _changed(store)
    if kept and kept[0].stat().st_mtime_ns == changed:
        return None
    free, needed = shutil.disk_usage(data).free, store.stat().st_size + SPARE_BYTES
    if free < needed:
        raise NoRoomForBackup(free=free // 10**6, needed=-(-needed // 10**6))
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
    """Return the backups, the newest first, by number: clocks may be set back."""
    return sorted(_backup_folder(data).glob("store-*.sqlite"), key=_number, reverse=True)


def set_aside(data: Path) -> list[Path]:
    """Return the stores that could not be read, and notes about missing ones. As long as there is one, files that the store does not
    know may belong to it."""
    return sorted((*Path(data).glob("store.damaged-*.sqlite"), *Path(data).glob("store.missing-*.txt")), key=_number)


def _set_aside(store: Path) -> str | None:
    """Set the store aside and return its name there, with SQLite's files beside it, which would damage the next store."""
    earlier = set_aside(store.parent)
    number = _number(earlier[-1]) + 1 if earlier else 1
    aside, was_there = store.with_name(f"store.damaged-{number}.sqlite"), store.exists()
    for ending in BESIDE:
        if (part := Path(f"{store}{ending}")).exists():
            os.replace(part, f"{aside}{ending}")
    if not was_there:
        store.with_name(f"store.missing-{number}.txt").write_text(MISSING, encoding="utf-8")
    return aside.name if was_there else None


def _bring_up_to_date(data: Path, store: Path) -> int:
    """List in a copy of a backup, or in a new store, what was trained since then; return how many runs it did not know."""
    with closing(sqlite3.connect(store)) as connection:
        connection.row_factory = sqlite3.Row
        with connection:
            migrations.migrate(connection)
            if migrations.version_of(connection) > len(migrations.MIGRATIONS):
                return 0
            rebuilding.note_gaps(data, connection)
            runs = rebuilding.take_in(data, connection)
        connection.execute("PRAGMA journal_mode = WAL")  # as stores are; kept in the file
    return runs


def _changed(store: Path) -> int:
    """Return when the store or a file beside it was last changed, as the file system says (ns)."""
    return max(part.stat().st_mtime_ns for part in (store, Path(f"{store}-wal")) if part.exists())


def _backup_folder(data: Path) -> Path:
    return Path(data) / "backups"


def _number(path: Path) -> int:
    return int("".join(filter(str.isdigit, path.stem)) or 0)


def _remove(partial: Path) -> None:
    for ending in ("", "-journal", "-wal", "-shm"):
        Path(f"{partial}{ending}").unlink(missing_ok=True)
