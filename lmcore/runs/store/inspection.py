"""Whether a store is whole: everything in it can be read, by SQLite and by the code that makes texts, runs and rooms of its rows.

What becomes of one that is damaged is `backups`. Needs no torch.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from lmcore.errors import StoreDamaged, StoreError
from lmcore.runs.store import migrations
from lmcore.runs.store.migrations import as_store_error
from lmcore.runs.store.records import EvaluationRow, LessonProgress, Room, Run, Text

CHECKING_SECONDS = 5.0  # a store too large to be read in this time is taken for whole
STEPS_BETWEEN_LOOKS = 1000  # at the clock: pages, or instructions of SQLite
NEWER = 1000  # versions: a number beyond is none
RECORDS: dict[str, Any] = {"texts": Text, "runs": Run, "evaluations": EvaluationRow, "rooms": Room, "lessons": LessonProgress}


class _TimeIsUp(Exception):
    pass


def is_whole(path: Path) -> bool:
    """Return whether a store is whole. One that is locked or may not be opened counts as whole."""
    until = time.monotonic() + CHECKING_SECONDS
    try:
        with closing(sqlite3.connect(path, timeout=1.0)) as connection:
            connection.row_factory = sqlite3.Row
            connection.set_progress_handler(lambda: time.monotonic() > until, STEPS_BETWEEN_LOOKS)
            _inspect(connection, until)
    except _TimeIsUp:
        return True
    except StoreError as error:
        return not isinstance(error, StoreDamaged)
    except UnicodeDecodeError:  # even SQLite's own words about the damage may hold damaged ones
        return False
    except sqlite3.Error as error:
        interrupted = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT
        said = as_store_error(error)
        return interrupted or (said is not None and not isinstance(said, StoreDamaged))
    return True


def _inspect(connection: sqlite3.Connection, until: float) -> None:
    """Read everything in a store. Raises StoreDamaged, or what SQLite raises."""
    version, newest = migrations.version_of(connection), len(migrations.MIGRATIONS)
    if newest < version < NEWER:
        return  # written by a newer version, which knows what it means
    if not 0 <= version < NEWER or migrations.shape(connection) != migrations.shape_of(version):
        raise StoreDamaged()
    tables, _ = migrations.shape_of(version)
    if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
        raise StoreDamaged()
    if connection.execute("PRAGMA foreign_key_check").fetchone():
        raise StoreDamaged()
    for table, columns in tables.items():
        _check_types(connection, table, columns)
    if version == newest:
        for table, record in RECORDS.items():
            for row in connection.execute(f"SELECT * FROM {table}"):
                record.of(row)
                if time.monotonic() > until:
                    raise _TimeIsUp


def _check_types(connection: sqlite3.Connection, table: str, columns: list) -> None:
    """Check that each value has its column's type, which SQLite does not enforce, and that text can be decoded."""
    typeof = {"INTEGER": "'integer'", "REAL": "'real'", "TEXT": "'text'"}
    wrong = [f"typeof({name}) NOT IN ({typeof[type_]}, 'null')" for name, type_, *_ in columns]
    wrong += [f"abs({name}) > 1e300" for name, type_, *_ in columns if type_ == "REAL"]  # infinite
    if connection.execute(f"SELECT 1 FROM {table} WHERE {' OR '.join(wrong)} LIMIT 1").fetchone():
        raise StoreDamaged()
    if table not in RECORDS and (words := [name for name, type_, *_ in columns if type_ == "TEXT"]):
        for _ in connection.execute(f"SELECT DISTINCT {', '.join(words)} FROM {table}"):
            pass
