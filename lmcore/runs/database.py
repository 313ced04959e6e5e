"""The SQLite file: connections, transactions and numbered migrations. What is in it is `store`'s business."""

import errno
import sqlite3
import threading
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from lmcore.errors import StoreBusy, StoreDamaged, StoreError, StoreFull, StoreReadOnly, StoreTooNew
from lmcore.runs import backups

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
)
WAITING_SECONDS = 10.0  # for another writer
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
}
FILE_FAULTS = {
    errno.ENOSPC: StoreFull,
    errno.EDQUOT: StoreFull,
    errno.EFBIG: StoreFull,
    errno.EACCES: StoreReadOnly,
    errno.EPERM: StoreReadOnly,
    errno.EROFS: StoreReadOnly,
    errno.ENOTDIR: StoreReadOnly,
}


class Database:
    """A connection for each call, and one a worker keeps: threads and processes share nothing but the file."""

    def __init__(self, path: Path):
        self.path, self._here, self._kept = path, threading.local(), None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._migrate()
        except (sqlite3.Error, OSError) as error:
            raise (as_store_error(error) or error) from error

    def connect(self, waiting: float = WAITING_SECONDS) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=waiting, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def stay_open(self):
        """Keep what SQLite puts beside the file as long as this process lives: on a full disk nobody could put it there again,
        and not even reading would go on. Not for a process that forks."""
        if self._kept is None:
            self._kept = self.connect()
            _version(self._kept)  # it is opened by the first who reads

    @contextmanager
    def reading(self):
        if shared := getattr(self._here, "connection", None):
            yield shared
            return
        with closing(self.connect()) as connection:
            yield connection

    @contextmanager
    def one_connection(self):
        """All that this thread reads inside shares one: to open it costs more than most questions. It sees what others write."""
        with self.reading() as connection:
            before, self._here.connection = getattr(self._here, "connection", None), connection
            try:
                yield
            finally:
                self._here.connection = before

    @contextmanager
    def writing(self):
        with closing(self.connect()) as connection, transaction(connection):
            yield connection

    def _migrate(self):
        """Opening a store that is up to date writes nothing, so that it never waits for a writer."""
        with self.reading() as connection:
            version = _version(connection)
            if version == len(MIGRATIONS):
                return
            if version > len(MIGRATIONS):
                raise StoreTooNew(version=version)
            connection.execute("PRAGMA journal_mode = WAL")  # kept in the file
        if version:
            with suppress(OSError, sqlite3.Error):
                backups.back_up(self.path.parent)  # of before
        with self.writing() as connection:
            version = _version(connection)  # another process may have been faster
            for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
                for statement in filter(str.strip, script.split(";")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")


@contextmanager
def transaction(connection: sqlite3.Connection):
    """It holds the write lock from its beginning: one that reads first could not be upgraded."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def as_store_error(error: Exception) -> StoreError | None:
    """What a fault of SQLite or of the file system means to whoever wanted something kept; None: it is none of those known."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0)
        kind = FAULTS.get(code) or FAULTS.get(code & 0xFF)  # the extended code says more, where it is known
    elif isinstance(error, OSError):
        kind = FILE_FAULTS.get(error.errno or 0)
    else:
        return None
    return kind() if kind else None


def _version(connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]
