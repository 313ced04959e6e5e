"""Runs that a restored store does not know are listed again from their folders: settings and model, without the curve. No torch.

What is needed of the rows of a run and its text is kept beside its checkpoints as long as the run is not deleted.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from lmcore.errors import StoreDamaged
from lmcore.runs import data_folder
from lmcore.runs.run_folder import RunFolder, checkpoint_header, run_folders, step_of
from lmcore.runs.store.records import Run, Text, from_rows

OF_RUN = ("id", "owner", "text_id", "name", "requested", "pinned_context", "created")
RESTORED = "store.restored"  # the note on a run whose checkpoint is newer than its curve in the store


def describe(data: Path, run: sqlite3.Row, text: sqlite3.Row) -> None:
    """Write the description of a run beside its checkpoints, unless it is deleted. On a full disk the next start of a server does it."""
    if run["deleted"]:
        forget(data, run["id"])
        return
    with contextlib.suppress(OSError):
        values = {"run": {name: run[name] for name in OF_RUN}, "text": dict(text)}
        data_folder.write_json(RunFolder.of(data, run["id"]).row_path, values)


def forget(data: Path, run_id: str) -> None:
    """Remove the description of a run."""
    RunFolder.of(data, run_id).row_path.unlink(missing_ok=True)


def is_described(data: Path, run_id: str) -> bool:
    """Return whether the folder of a run says what the store knew of it."""
    return RunFolder.of(data, run_id).row_path.exists()


def left_behind(data: Path) -> bool:
    """Return whether there are runs or texts that a store must have known."""
    return any(any((Path(data) / name).glob("*")) for name in ("runs", "texts"))


def take_in(data: Path, connection: sqlite3.Connection) -> int:
    """List again the runs that the store does not know; return how many. connection: to a store of this version, with named rows."""
    known = {row["id"] for row in connection.execute("SELECT id FROM runs")}
    found = []
    for run_folder in run_folders(data):
        with contextlib.suppress(StoreDamaged, OSError), from_rows():
            described = data_folder.read_json(run_folder.row_path)
            if run_folder.run_id == described["run"]["id"] not in known:
                found.append((described["run"]["created"], described))
    taken = 0
    for _, described in sorted(found, key=lambda entry: entry[0]):
        with contextlib.suppress(StoreDamaged, OSError, sqlite3.Error), _all_or_nothing(connection), from_rows():
            run, text = described["run"], described["text"]
            _insert(connection, "INSERT OR IGNORE", "texts", {**text, "shared": 0})  # it may have been taken back
            _insert(connection, "INSERT", "runs", {**{name: run[name] for name in OF_RUN}, **_trained(data, run["id"])})
            Text.of(connection.execute("SELECT * FROM texts WHERE id = ?", (run["text_id"],)).fetchone())
            Run.of(connection.execute("SELECT * FROM runs WHERE id = ?", (run["id"],)).fetchone())
            taken += 1
    return taken


def note_gaps(data: Path, connection: sqlite3.Connection) -> None:
    """Note on runs that were trained after the backup why their curve has a gap; their checkpoints are kept."""
    for run_id, step, notes in connection.execute("SELECT id, step, notes FROM runs").fetchall():
        saved = RunFolder.of(data, run_id).checkpoints()
        if saved and (newest := step_of(saved[0])) > step:
            connection.execute(
                "UPDATE runs SET notes = ? WHERE id = ?", (json.dumps([*json.loads(notes), _note(step, newest)]), run_id)
            )


def _trained(data: Path, run_id: str) -> dict:
    """Return the columns of a run that its newest readable checkpoint knows."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    for path in RunFolder.of(data, run_id).checkpoints():
        with contextlib.suppress(ValueError, LookupError, TypeError, OSError):
            header = checkpoint_header(path)
            step, training, planned = header["step"], header["training"], header["config"]["training"]["planned_steps"]
            return {
                "resolved": json.dumps(header["config"]),
                "status": "finished" if 0 < planned <= step else "stopped",
                "notes": json.dumps([_note(0, step)]),
                "step": step,
                "planned_steps": planned,
                "tokens": training["tokens"],
                "seconds": training["seconds"],
                "started": now,
                "ended": now,
            }
    return {"status": "stopped", "ended": now}


def _note(known: int, newest: int) -> dict:
    return {"code": RESTORED, "values": {"known": known, "newest": newest}}


def _insert(connection: sqlite3.Connection, how: str, table: str, values: dict) -> None:
    columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
    values = {name: value for name, value in values.items() if name in columns}
    places = ", ".join("?" * len(values))
    connection.execute(f"{how} INTO {table} ({', '.join(values)}) VALUES ({places})", tuple(values.values()))


@contextlib.contextmanager
def _all_or_nothing(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("SAVEPOINT one")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK TO one")
        raise
    finally:
        connection.execute("RELEASE one")
