"""The tables of the store as numbered migrations, and what SQLite's own errors mean. Connections are `database`. Needs no torch."""

import errno
import sqlite3
from contextlib import closing
from functools import lru_cache

from lmcore.errors import StoreBusy, StoreDamaged, StoreError, StoreFull, StoreReadOnly

MIGRATIONS = (
    """
    CREATE TABLE texts (
        id TEXT PRIMARY KEY, owner TEXT, sha256 TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, encoding TEXT NOT NULL,
        unreadable INTEGER NOT NULL, changes TEXT NOT NULL, characters INTEGER NOT NULL, bytes INTEGER NOT NULL, sample TEXT,
        created TEXT NOT NULL, deleted TEXT
    );
    CREATE INDEX texts_by_owner ON texts (owner, created);
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT, text_id TEXT NOT NULL REFERENCES texts (id),
        name TEXT NOT NULL, requested TEXT NOT NULL, resolved TEXT, notes TEXT NOT NULL DEFAULT '[]', status TEXT NOT NULL,
        want TEXT NOT NULL DEFAULT 'run', learning_rate REAL, pinned_context TEXT NOT NULL DEFAULT '', created TEXT NOT NULL,
        queued INTEGER NOT NULL DEFAULT 0, step INTEGER NOT NULL DEFAULT 0, planned_steps INTEGER NOT NULL DEFAULT 0,
        seconds REAL NOT NULL DEFAULT 0, best_step INTEGER, best_loss REAL, best_bits_per_byte REAL, error_code TEXT,
        error_values TEXT NOT NULL DEFAULT '{}', heartbeat INTEGER NOT NULL DEFAULT 0, deleted TEXT
    );
    CREATE INDEX runs_by_owner ON runs (owner, number);
    CREATE INDEX runs_by_status ON runs (status, queued);
    CREATE TABLE steps (
        run TEXT NOT NULL, step INTEGER NOT NULL, epoch REAL, tokens INTEGER, loss REAL, learning_rate REAL, gradient_norm REAL,
        seconds REAL, tokens_per_second REAL, PRIMARY KEY (run, step)
    ) WITHOUT ROWID;
    CREATE TABLE evaluations (
        run TEXT NOT NULL, step INTEGER NOT NULL, loss REAL, bits_per_byte REAL, improved INTEGER NOT NULL, sample TEXT NOT NULL,
        pinned_context TEXT NOT NULL, bars TEXT NOT NULL, PRIMARY KEY (run, step)
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE runs ADD COLUMN started TEXT;
    ALTER TABLE runs ADD COLUMN ended TEXT;
    ALTER TABLE runs ADD COLUMN tokens INTEGER NOT NULL DEFAULT 0;
    """,
    """
    ALTER TABLE runs ADD COLUMN reference_lines TEXT NOT NULL DEFAULT '[]';
    """,
    """
    ALTER TABLE runs ADD COLUMN received REAL NOT NULL DEFAULT 0;
    CREATE INDEX runs_by_ended ON runs (ended);
    """,
    """
    ALTER TABLE texts ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE rooms (
        code TEXT PRIMARY KEY, owner TEXT NOT NULL, anonymous INTEGER NOT NULL DEFAULT 0, x TEXT NOT NULL, y TEXT NOT NULL,
        unit TEXT NOT NULL, created TEXT NOT NULL, closed TEXT
    );
    CREATE INDEX rooms_by_owner ON rooms (owner, created);
    CREATE TABLE room_members (
        room TEXT NOT NULL, visitor TEXT NOT NULL, nickname TEXT NOT NULL, PRIMARY KEY (room, visitor), UNIQUE (room, nickname)
    ) WITHOUT ROWID;
    CREATE TABLE hand_ins (
        room TEXT NOT NULL, place INTEGER NOT NULL, run TEXT NOT NULL, visitor TEXT NOT NULL, with_text INTEGER NOT NULL,
        hidden INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (room, place), UNIQUE (room, run)
    ) WITHOUT ROWID;
    CREATE TABLE recovery_codes (visitor TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE) WITHOUT ROWID;
    """,
    """
    ALTER TABLE runs ADD COLUMN prepared REAL NOT NULL DEFAULT 0;
    """,
    """
    ALTER TABLE runs ADD COLUMN film_kept INTEGER NOT NULL DEFAULT 0;
    """,
    """
    ALTER TABLE hand_ins ADD COLUMN when_finished INTEGER NOT NULL DEFAULT 0;
    """,
    """
    CREATE TABLE lessons (
        visitor TEXT NOT NULL, lesson TEXT NOT NULL, created TEXT NOT NULL, going INTEGER NOT NULL, shown_step TEXT NOT NULL,
        steps TEXT NOT NULL, PRIMARY KEY (visitor, lesson)
    ) WITHOUT ROWID;
    """,
)
FAULTS = {  # SQLite's code -> what is said about it
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_IOERR_SHMSIZE: StoreFull,
    sqlite3.SQLITE_IOERR_SHMOPEN: StoreReadOnly,
    sqlite3.SQLITE_READONLY: StoreReadOnly,
    sqlite3.SQLITE_CANTOPEN: StoreReadOnly,
    sqlite3.SQLITE_PERM: StoreReadOnly,
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
    sqlite3.SQLITE_TOOBIG: StoreDamaged,
    sqlite3.SQLITE_INTERNAL: StoreDamaged,
    sqlite3.SQLITE_FORMAT: StoreDamaged,
    sqlite3.SQLITE_IOERR_READ: StoreDamaged,
    sqlite3.SQLITE_IOERR_SHORT_READ: StoreDamaged,
}
DAMAGE = (
    "no such table",
    "no such column",
    "has no column named",
    "duplicate column name",
    "already exists",
    "Could not decode to",
)
FILE_FAULTS = {
    errno.ENOSPC: StoreFull,
    errno.EDQUOT: StoreFull,
    errno.EFBIG: StoreFull,
    errno.EACCES: StoreReadOnly,
    errno.EPERM: StoreReadOnly,
    errno.EROFS: StoreReadOnly,
    errno.ENOTDIR: StoreReadOnly,
}


def as_store_error(error: Exception) -> StoreError | None:
    """Return what an error of SQLite or of the file system means; None for an unknown one."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0)
        fault = FAULTS.get(code) or FAULTS.get(code & 0xFF)  # the extended code says more, where it is known
        if fault is None and any(words in str(error) for words in DAMAGE):
            fault = StoreDamaged  # for these SQLite has no code of their own
    elif isinstance(error, OSError):
        fault = FILE_FAULTS.get(error.errno or 0)
    else:
        return None
    return fault() if fault else None


def version_of(connection: sqlite3.Connection) -> int:
    """Return the number of migrations a store has seen."""
    return connection.execute("PRAGMA user_version").fetchone()[0]


def migrate(connection: sqlite3.Connection, to: int | None = None) -> None:
    """Apply the migrations a store has not seen. The caller holds a transaction, so that all are applied or none."""
    version = version_of(connection)
    for number, script in enumerate(MIGRATIONS[version:to], start=version + 1):
        for statement in filter(str.strip, script.split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")


def shape(connection: sqlite3.Connection) -> tuple[dict[str, list[tuple]], list[tuple]]:
    """Return ({table: [(column, type, not null, position in the primary key), …]}, [(index, table), …])."""
    entries = [tuple(row) for row in connection.execute("SELECT type, name, tbl_name FROM sqlite_master ORDER BY name")]
    tables = [name for type_, name, _ in entries if type_ == "table" and not name.startswith("sqlite_")]
    columns = {
        table: [
            (name, type_, not_null, in_key)
            for _, name, type_, not_null, _, in_key in connection.execute("SELECT * FROM pragma_table_info(?)", (table,))
        ]
        for table in tables
    }
    return columns, [(name, table) for type_, name, table in entries if type_ == "index"]


@lru_cache(maxsize=32)
def shape_of(version: int) -> tuple[dict[str, list[tuple]], list[tuple]]:
    """Return the shape of a store of this version."""
    with closing(sqlite3.connect(":memory:")) as connection:
        migrate(connection, version)
        return shape(connection)
