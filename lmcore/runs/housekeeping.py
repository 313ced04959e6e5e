"""What runs take on the disk, and what goes when it is too much: the oldest films first, and the run says so. Needs no torch."""

import json
import shutil
from pathlib import Path

from lmcore.errors import TooManyBytes
from lmcore.runs import folder

FILM = "limit.film_removed"  # the note on a run whose snapshots had to go


def folder_bytes(path: Path) -> int:
    """Of all files in it; one that disappears meanwhile counts nothing."""
    total = 0
    for file in Path(path).rglob("*"):
        try:
            total += file.lstat().st_size
        except OSError:
            continue
    return total


def make_room(store, owner: str | None):
    """Keep a visitor's runs within the limit; films go, models stay. Raises TooManyBytes where that is not enough."""
    if owner is None:
        return
    with store.database.reading() as connection:
        rows = connection.execute(
            "SELECT id, status FROM runs WHERE owner = ? AND deleted IS NULL ORDER BY number", (owner,)
        ).fetchall()
    limit = store.limits.bytes_per_visitor
    total = sum(folder_bytes(folder.run_folder(store.folder, row["id"])) for row in rows)
    for row in rows:
        if total <= limit:
            return
        if row["status"] not in ("queued", "running"):
            total -= remove_film(store, row["id"])
    if total > limit:
        raise TooManyBytes(megabytes=round(total / 1e6), limit=round(limit / 1e6))


def remove_film(store, run_id: str) -> int:
    """Delete the snapshots of a run and note it there -> bytes."""
    path = folder.run_folder(store.folder, run_id) / "snapshots"
    freed = folder_bytes(path)
    if not freed:
        return 0
    shutil.rmtree(path, ignore_errors=True)
    with store.database.writing() as connection:
        notes = json.loads(connection.execute("SELECT notes FROM runs WHERE id = ?", (run_id,)).fetchone()[0])
        notes.append({"code": FILM, "values": {"megabytes": round(freed / 1e6, 1)}})
        connection.execute("UPDATE runs SET notes = ? WHERE id = ?", (json.dumps(notes), run_id))
    return freed


def remove_orphans(store):
    """Folders of runs the store no longer knows, and what a killed process left half written. At the start of a server."""
    with store.database.reading() as connection:
        known = {row["id"] for row in connection.execute("SELECT id FROM runs")}
    for path in (store.folder / "runs").glob("*"):
        if path.name not in known:
            shutil.rmtree(path, ignore_errors=True)
    for left_over in (store.folder / "texts").glob("*.partial"):
        left_over.unlink(missing_ok=True)
