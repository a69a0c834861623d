"""One database by URL: a pool of connections, one writer at a time, typed errors.

SQLAlchemy knows the dialects, the DDL and the pool; statements of hot paths run as texts on the
pooled driver connections, which are in autocommit outside ``writing``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar, cast

from sqlalchemy import Table
from sqlalchemy.engine import URL, Engine
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

from cix.clock import jitter
from cix.errors import (
    ConfigError,
    ContendedError,
    DisconnectedError,
    StoreClosedError,
    StoreUnavailableError,
    UnreachableError,
)
from cix.eventstore import drivers
from cix.eventstore.drivers import DialectName, Durability
from cix.eventstore.failures import typed, unreachable
from cix.eventstore.filelock import FileLock
from cix.eventstore.forking import keep, renew_in_child

T = TypeVar("T")

_SCHEMA_LOCK: Final = 0x636978
"""Key of the PostgreSQL advisory lock under which schemas are created: "cix"."""
_RECONNECT: Final = 5.0
"""Seconds for which a read waits for a server that was there before."""
_LONGEST_PAUSE: Final = 0.1
_BEGIN: Final = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "BEGIN ISOLATION LEVEL READ COMMITTED",
}
_TABLES: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')",
    "postgresql": (
        "SELECT relname FROM pg_catalog.pg_class "
        "WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v')"
    ),
}


class Cursor(Protocol):
    """What a driver's cursor offers on both databases."""

    @property
    def rowcount(self) -> int:
        """Rows touched by the last statement."""
        ...

    def execute(self, statement: str, parameters: Sequence[Any] = ..., /) -> object:
        """Run a statement."""
        ...

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Run a statement once a row."""
        ...

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, or None."""
        ...

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows that are left."""
        ...

    def close(self) -> None:
        """Free the cursor."""
        ...


class Connection(Protocol):
    """What a driver's connection offers on both databases.

    Fetch every row before you leave: an open cursor would hold a snapshot.
    """

    def execute(self, statement: str, parameters: Sequence[Any] = ..., /) -> Cursor:
        """Run a statement on a new cursor and return that."""
        ...

    def cursor(self) -> Cursor:
        """Return a new cursor."""
        ...


class Database:
    """One database by URL, which the log and the tables of views may share.

    ``sqlite:///path`` (a file), ``sqlite://`` (in memory, private to this object) or
    ``postgresql://user@host/name`` (psycopg 3). Of an engine that is handed over only the way to
    connect is used; its pool stays the host's own. *timeout* is in seconds and bounds every wait
    for a lock, a connection or a retry. A *durability* below ``full`` keeps the database sound
    but may lose the commits of the last moments when power fails.
    """

    dialect: DialectName
    url: str
    """Where the database is, without the password."""
    timeout: float

    def __init__(
        self,
        url: str | Path | Engine,
        *,
        durability: Durability = "full",
        timeout: float = 30.0,
        pool_size: int = 8,
    ) -> None:
        """Make ready to connect; nothing is opened, read or written yet."""
        drivers.check_options(durability, timeout, pool_size)
        found, self.dialect = drivers.parsed(url)
        self.url = drivers.shown(found)
        self.timeout = timeout
        self.file = drivers.file_of(found) if self.dialect == "sqlite" else None
        self._closed = False
        self._reached = False
        self._memory: Any = None
        self._alone = threading.RLock()
        if self.dialect == "sqlite" and self.file is None:
            if isinstance(url, Engine):
                raise ConfigError("engine", "SQLite in memory", 'open the URL "sqlite://" instead')
            self._memory = drivers.in_memory()
            return
        self._lock = self._new_lock()
        self._pool = drivers.new_pool(
            url, found, durability=durability, timeout=timeout, size=pool_size
        )
        if self.file:
            drivers.check_path(self.file, self.url)
            drivers.warn_of_old_sqlite()
        renew_in_child(self, Database._renew)

    @property
    def is_private(self) -> bool:
        """Tell whether the database is in memory, so that no other process sees it."""
        return self._memory is not None

    def statement(self, text: str) -> str:
        """Return *text*, written with ``?`` marks, in the parameter style of the driver."""
        if self.dialect == "sqlite":
            return text
        return text.replace("%", "%%").replace("?", "%s")

    def ddl(self, table: Table) -> list[str]:
        """Return the statements that create *table* and its indexes where they are missing."""
        # Only the dialect that is used is loaded: the other costs a tenth of a start.
        dialect = URL.create(self.dialect).get_dialect()()
        made: list[DDLElement] = [CreateTable(table, if_not_exists=True)]
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        made += [CreateIndex(index, if_not_exists=True) for index in indexes]
        return [str(each.compile(dialect=dialect)) for each in made]

    def tables(self) -> frozenset[str]:
        """Return the names of the tables and views in the database (the current schema)."""
        return self.ask(
            lambda connection: frozenset(
                row[0] for row in connection.execute(_TABLES[self.dialect]).fetchall()
            )
        )

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """Lend a connection in autocommit: each statement sees the latest commits.

        Raises ``StoreUnavailableError`` and its like; a driver's error never leaves.
        """
        if self._memory is not None:
            with self._alone, self._errors():
                yield self._memory_connection()
            return
        with self._borrowed() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Generator[Connection]:
        """Lend a connection inside a write transaction: commit at the end, roll back on error.

        On SQLite one thread of one process writes at a time (``BEGIN IMMEDIATE`` under the file
        lock). On PostgreSQL transactions run at READ COMMITTED, side by side, and the rows they
        lock keep them apart; use ``retrying`` against deadlocks. Not to be nested.
        """
        if self._memory is not None:
            with self._alone, self._errors(), self._transaction(self._memory_connection()) as one:
                yield one
            return
        if self._lock is None:
            with self._borrowed() as connection, self._transaction(connection) as one:
                yield one
            return
        self._check_open()
        with self._lock, self._borrowed() as connection, self._transaction(connection) as one:
            yield one

    @contextmanager
    def creating(self) -> Generator[Connection]:
        """Lend a write transaction for DDL: two processes that create go one after the other.

        Look first whether there is anything to create, here or before; write ``IF NOT EXISTS``.
        """
        if self.file:
            self._to_wal()
        with self.writing() as connection:
            if self.dialect == "postgresql":
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
            yield connection

    def retrying(self, work: Callable[[], T]) -> T:
        """Run *work*, a whole transaction, again while others come first; bounded, with jitter."""
        deadline, pause = time.monotonic() + self.timeout, 0.001
        while True:
            try:
                return work()
            except ContendedError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(pause * jitter())
            pause = min(pause * 2, _LONGEST_PAUSE)

    def ask(self, question: Callable[[Connection], T]) -> T:
        """Read with *question*, again when the connection turns out to be dead."""

        def once() -> T:
            with self.reading() as connection:
                return question(connection)

        return self.patiently(lambda: self.retrying(once), DisconnectedError, UnreachableError)

    def patiently(self, work: Callable[[], T], *errors: type[Exception]) -> T:
        """Run *work* again after one of *errors*, while a server that was reached restarts.

        Bounded to five seconds; a server that was never reached is not waited for.
        """
        deadline, pause = time.monotonic() + min(_RECONNECT, self.timeout), 0.0
        while True:
            try:
                return work()
            except errors:
                if not self._reached or time.monotonic() > deadline:
                    raise
            time.sleep(pause)
            pause = min(2 * pause + 0.01, 0.5)

    def close(self) -> None:
        """Give back every connection; closing twice is allowed."""
        if self._closed:
            return
        self._closed = True
        if self._memory is not None:
            with self._alone:
                self._memory.close()
            return
        if self._lock is None or not self._lock.was_used:
            self._pool.dispose()
            return
        with suppress(StoreUnavailableError), self._lock:
            self._pool.dispose()  # the last connection to a file checkpoints: under the lock
        self._pool.dispose()
        self._lock.close()

    def _new_lock(self) -> FileLock | None:
        return FileLock(f"{self.file}-lock", self.url, self.timeout) if self.file else None

    def _renew(self) -> None:
        """In a forked child: leave the parent's connections alone, make own ones.

        The parent's lock is let go of: it would stay taken for as long as this process lives if
        the parent were killed while it has it.
        """
        keep(self._pool)
        if self._lock is not None:
            self._lock.close()
        self._pool, self._lock = self._pool.recreate(), self._new_lock()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreClosedError(self.url)

    def _memory_connection(self) -> Connection:
        self._check_open()
        return cast("Connection", self._memory)

    @contextmanager
    def _errors(self) -> Generator[None]:
        try:
            yield
        except Exception as error:
            if meant := typed(error, self.url):
                raise meant from error
            raise

    @contextmanager
    def _borrowed(self) -> Generator[Connection]:
        """Take a connection from the pool; one that is in doubt never goes back."""
        self._check_open()
        fairy = self._connect()
        with self._errors():
            try:
                yield cast("Connection", fairy.dbapi_connection)
            except BaseException as error:
                broken = isinstance(typed(error, self.url), DisconnectedError)
                if broken or not isinstance(error, Exception):
                    fairy.invalidate()
                if broken:
                    self._renew_pool()
                raise
            finally:
                fairy.close()

    def _connect(self) -> PoolProxiedConnection:
        try:
            fairy = self._pool.connect()
        except Exception as error:
            if meant := unreachable(error, self.url):
                raise meant from error
            raise
        self._reached = True
        return fairy

    def _renew_pool(self) -> None:
        """Drop the idle connections too: a server that ended one session mostly ended all."""
        old = self._pool
        self._pool = old.recreate()
        old.dispose()

    @contextmanager
    def _transaction(self, connection: Connection) -> Generator[Connection]:
        connection.execute(_BEGIN[self.dialect])
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            with suppress(Exception):  # the error that led here says more
                connection.execute("ROLLBACK")
            raise

    def _to_wal(self) -> None:
        """Switch the file to a write-ahead log, once in its life, under the file lock."""
        if self._lock is None:
            return
        self._check_open()
        with self._lock, self._borrowed() as connection:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
