"""How each driver is connected: URLs, pools, and the settings of a new connection."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, cast, get_args

from sqlalchemy import event
from sqlalchemy.engine import URL, Dialect, Engine, create_engine, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import Pool, QueuePool

from cix.errors import ConfigError, MissingExtraError

DialectName: TypeAlias = Literal["sqlite", "postgresql"]
Durability: TypeAlias = Literal["full", "normal_loses_last_commits_on_power_cut"]

_LOG: Final = logging.getLogger("cix.eventstore")
_SCHEMES: Final = "sqlite:///FILE, sqlite:// (memory) or postgresql://USER@HOST/NAME"
_POSTGRES: Final = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_SQLITE: Final = frozenset({"sqlite", "sqlite+pysqlite"})
_MEMORY: Final = frozenset({"", ":memory:"})
_SOUND_SQLITE: Final = (3, 51, 3)
_LONGEST_WAIT: Final = threading.TIMEOUT_MAX
_warned: Final = threading.Event()


def parsed(url: str | Path | Engine) -> tuple[URL, DialectName]:
    """Read *url*; ``ConfigError`` when it names no database that cix can use."""
    if isinstance(url, Path):
        return URL.create("sqlite", database=str(url)), "sqlite"
    try:
        found = url.url if isinstance(url, Engine) else make_url(url)
    except (ArgumentError, ValueError) as error:
        raise _no_url(str(url)) from error
    if found.drivername in _SQLITE:
        name = found.database or ""
        if found.query and not name.startswith("file:") and not isinstance(url, Engine):
            query = ", ".join(found.query)
            raise ConfigError(
                "url", f"a query ({query}) that SQLite would not heed", "leave it out"
            )
        return found, "sqlite"
    if found.drivername in _POSTGRES:
        return found.set(drivername="postgresql+psycopg"), "postgresql"
    raise ConfigError("url", f"scheme {found.drivername!r}", f"use {_SCHEMES}")


def _no_url(text: str) -> ConfigError:
    """Return the error of a text that is no URL; what may hold a password is not repeated."""
    if text in _MEMORY - {""}:
        return ConfigError("url", repr(text), "write memory:// or sqlite:///FILE")
    if text and not set(text) & set(":@"):
        hint = f"write sqlite:///{text}, or use {_SCHEMES}"
        return ConfigError("url", f"{text!r} is no URL", hint)
    return ConfigError("url", text.partition(":")[0] + ":...", f"use {_SCHEMES}")


def check_options(durability: object, timeout: object, pool_size: object) -> None:
    """Refuse settings of a database that cannot be meant."""
    if durability not in get_args(Durability):
        known = " or ".join(get_args(Durability))
        raise ConfigError("durability", repr(durability), f"write {known}")
    if type(timeout) not in {int, float} or not 0 <= cast("float", timeout) <= _LONGEST_WAIT:
        raise ConfigError("timeout", repr(timeout), "give a number of seconds")
    if type(pool_size) is not int or pool_size < 1:
        raise ConfigError("pool_size", repr(pool_size), "give a number of connections from 1")


def shown(url: URL) -> str:
    """Return *url* without its password and driver."""
    query = {name: value for name, value in url.query.items() if name != "password"}
    bare = url._replace(password=None).set(drivername=url.get_backend_name(), query=query)
    return bare.render_as_string(hide_password=False)


def file_of(url: URL) -> str | None:
    """Return the absolute path of a SQLite file, None for a database in memory."""
    name = (url.database or "").removeprefix("file:").partition("?")[0]
    return None if name in _MEMORY else str(Path(name).absolute())


def check_path(path: str, url: str) -> None:
    """Refuse a path at which there can be no database file."""
    place = Path(path)
    if place.is_dir():
        raise ConfigError("database path", f"{path} is a folder ({url})", "name a file in it")
    if not place.parent.is_dir():
        raise ConfigError(
            "database path", f"there is no folder {place.parent} ({url})", "create it first"
        )


def in_memory() -> sqlite3.Connection:
    """Return a connection to a new SQLite database in memory."""
    connection = sqlite3.connect(":memory:", check_same_thread=False, cached_statements=256)
    connection.isolation_level = None
    return connection


def new_pool(
    url: str | Path | Engine, found: URL, *, durability: Durability, timeout: float, size: int
) -> Pool:
    """Return a pool of autocommit connections; of an engine only its way to connect is used."""
    if isinstance(url, Engine):
        pool = url.pool.recreate()
    else:
        dialect = _dialect(found)
        args, options = dialect.create_connect_args(found)
        options.update(_options(found, timeout))

        def connect() -> DBAPIConnection:
            return dialect.connect(*args, **options)

        pool = QueuePool(
            connect,
            pool_size=size,
            max_overflow=size if found.get_backend_name() == "postgresql" else 256,
            timeout=timeout,
            reset_on_return=None,
            use_lifo=True,
        )
    setting = _set_up_sqlite if found.get_backend_name() == "sqlite" else _set_up_postgres

    def set_up(connection: DBAPIConnection, _: object) -> None:
        setting(connection, durability, timeout)

    event.listen(pool, "connect", set_up)
    return pool


def warn_of_old_sqlite() -> None:
    """Say once a process that SQLite is older than the release that mended the WAL reset."""
    if sqlite3.sqlite_version_info < _SOUND_SQLITE and not _warned.is_set():
        _warned.set()
        _LOG.warning(
            "SQLite %s has a bug that can corrupt a database when a checkpoint meets a commit; "
            "cix keeps its own writers apart, but let no other program write to the file, "
            "or upgrade SQLite to %s",
            sqlite3.sqlite_version,
            ".".join(map(str, _SOUND_SQLITE)),
        )


def _dialect(url: URL) -> Dialect:
    try:
        return create_engine(url).dialect
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "PostgreSQL", "the package psycopg is not installed", "pip install 'cix[postgres]'"
        ) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError("url", shown(url), f"use {_SCHEMES}") from error


def _options(url: URL, timeout: float) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"timeout": timeout, "check_same_thread": False, "cached_statements": 256}
    wait = max(2, min(10, round(timeout)))
    return {} if "connect_timeout" in url.query else {"connect_timeout": wait}


def _set_up_sqlite(connection: DBAPIConnection, durability: Durability, timeout: float) -> None:
    sqlite = cast("sqlite3.Connection", connection)
    sqlite.isolation_level = None
    synchronous = "FULL" if durability == "full" else "NORMAL"
    for setting in (
        f"busy_timeout = {round(timeout * 1000)}",
        f"synchronous = {synchronous}",
        "mmap_size = 0",
        "cache_size = -8000",
        "journal_size_limit = 33554432",
    ):
        sqlite.execute(f"PRAGMA {setting}").close()


def _set_up_postgres(connection: DBAPIConnection, durability: Durability, timeout: float) -> None:
    postgres = cast("Any", connection)  # an optional package
    postgres.autocommit = True
    wait = round(timeout * 1000)
    commit = (
        "CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' "
        "ELSE current_setting('synchronous_commit') END"
        if durability == "full"
        else "'off'"
    )
    postgres.execute(
        f"SELECT set_config('lock_timeout', '{wait}', false), "
        f"set_config('idle_in_transaction_session_timeout', '{wait}', false), "
        "set_config('client_encoding', 'UTF8', false), "
        f"set_config('synchronous_commit', {commit}, false)"
    )
