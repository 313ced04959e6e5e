"""The SQLite file: connections and transactions. What is in it is `store`; its tables are `migrations`."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from lmcore.errors import StoreError, StoreMissing, StoreTooNew
from lmcore.runs import data_folder
from lmcore.runs.store import backups, migrations
from lmcore.runs.store.migrations import as_store_error, version_of
from lmcore.runs.store.records import from_rows

WAITING_SECONDS = 10.0  # for another writer


class Database:
    """A connection for each call, and one that a worker keeps: threads and processes share only the file."""

    def __init__(self, path: Path, create: bool = True) -> None:
        """Open a store. create: make one where there is none. Raises StoreMissing where a backup shows that there was one."""
        self.path, self._here = path, threading.local()
        self._kept: sqlite3.Connection | None = None
        try:
            if create and not path.exists() and not backups.backups(path.parent):
                data_folder.keep_private(path.parent)
                path.touch(0o600)
            self._migrate()
        except (sqlite3.Error, OSError) as error:
            raise (as_store_error(error) or error) from error

    @from_rows()
    def connect(self, waiting: float = WAITING_SECONDS) -> sqlite3.Connection:
        """Return a connection. Raises StoreMissing where the file has gone: SQLite would create an empty one."""
        try:
            connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=rw", uri=True, timeout=waiting, isolation_level=None
            )
        except sqlite3.OperationalError as error:
            raise (error if self.path.exists() else StoreMissing()) from error
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def stay_open(self) -> None:
        """Keep a connection open for this process's life, and with it SQLite's files beside the store: on a full disk they could not be
        made again, and even reading would fail. Not for a process that forks."""
        if self._kept is None:
            self._kept = self.connect()
            version_of(self._kept)  # the first read opens it

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with. Raises StoreDamaged where rows are not what they must be."""
        with self._connection() as connection, from_rows():
            yield connection

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if shared := getattr(self._here, "connection", None):
            yield shared
            return
        with closing(self.connect()) as connection:
            yield connection

    @contextmanager
    def one_connection(self) -> Iterator[None]:
        """Share one connection among all reads of this thread within the block: opening one takes longer than most queries."""
        with self._connection() as connection:
            before, self._here.connection = getattr(self._here, "connection", None), connection
            try:
                yield
            finally:
                self._here.connection = before

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, committed at the end of the block."""
        with closing(self.connect()) as connection, from_rows(), transaction(connection):
            yield connection

    def _migrate(self) -> None:
        """Bring the tables up to date. A store that is up to date is not written to, so that opening it never waits for a writer."""
        with self.reading() as connection:
            version = version_of(connection)
            if version == len(migrations.MIGRATIONS):
                return
            if version > len(migrations.MIGRATIONS):
                raise StoreTooNew(version=version)
            connection.execute("PRAGMA journal_mode = WAL")  # kept in the file
        if version:
            with suppress(OSError, sqlite3.Error, StoreError):
                backups.back_up(self.path.parent)  # of before
        with self.writing() as connection:
            migrations.migrate(connection)  # another process may have been faster


def now() -> str:
    """Return the time (UTC) as the store keeps it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that holds the write lock from its beginning: one that reads first could not be upgraded."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
