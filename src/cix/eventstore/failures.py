"""What a driver's failure means: no exception of a driver leaves the event store."""

from __future__ import annotations

import re
import sqlite3
from typing import Final

from sqlalchemy import exc

from cix.errors import (
    ContendedError,
    CorruptionError,
    DisconnectedError,
    EventStoreError,
    SchemaError,
    StoreUnavailableError,
    UnreachableError,
)

_SQLITE: Final = {
    "SQLITE_BUSY": ("another process holds the write lock", "end it, or wait for it"),
    "SQLITE_LOCKED": ("another connection holds the write lock", "end it, or wait for it"),
    "SQLITE_READONLY": ("the file or its folder is read-only", "give the user write access"),
    "SQLITE_PERM": ("access is denied", "give the user read and write access"),
    "SQLITE_AUTH": ("access is denied", "give the user read and write access"),
    "SQLITE_FULL": ("the disk is full", "make room; nothing was lost, the store goes on then"),
    "SQLITE_IOERR": ("the disk failed to read or write", "look at the disk, then try again"),
    "SQLITE_NOMEM": ("memory ran out", "free memory, then try again"),
    "SQLITE_CANTOPEN": (
        "the file cannot be opened",
        "check that its folder exists and that the user may write there",
    ),
}

_POSTGRES: Final = {
    "08": ("the connection was lost", "check the network and the server, then try again"),
    "25": ("the server takes no writes", "connect to the primary server"),
    "28": ("the server refused the login", "check user and password"),
    "3D": ("there is no such database", "create it, or mend the URL"),
    "42501": ("the user lacks a right", "grant it CREATE and USAGE on the schema"),
    "53": ("the server is out of disk, memory or connections", "make room, then try again"),
    "55P03": ("another session holds the lock", "end it, or wait for it"),
    "57": ("the server ended the session", "see whether it restarts, then try again"),
    "58": ("the server's disk failed", "look at the server's log, then try again"),
}
_LOST: Final = ("the connection was lost", "the server cannot be reached")
_REFUSED: Final = (
    (re.compile('FATAL: +database ".*" does not exist'), "3D"),
    (re.compile('FATAL: +(role ".*" does not exist|.*authentication failed|no pg_hba)'), "28"),
    (re.compile("no password supplied"), "28"),
)
"""What an English server says to a login it refuses: while connecting there is no code to read."""
_CONTENDED: Final = frozenset({"40001", "40P01"})


def typed(error: BaseException, url: str) -> Exception | None:
    """Return the error of ours that says what *error* of a driver means; None for any other."""
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error, url)
    if isinstance(error, exc.TimeoutError):
        return StoreUnavailableError(url, "every connection of the pool is in use", "try again")
    if isinstance(error, exc.SQLAlchemyError):
        cause = getattr(error, "orig", None)
        return (typed(cause, url) if cause else None) or EventStoreError(f"{url}: {error}")
    if type(error).__module__.partition(".")[0] == "psycopg":
        return _of_postgres(error, url)
    return None


def in_doubt(error: BaseException) -> bool:
    """Tell whether *error* of ours came so late that a commit may have succeeded."""
    cause = error.__cause__
    name = str(getattr(cause, "sqlite_errorname", ""))
    return isinstance(error, DisconnectedError) or name.startswith("SQLITE_IOERR")


def unreachable(error: BaseException, url: str) -> Exception | None:
    """Return what *error* of a driver means when it came while connecting."""
    meant = typed(error, url)
    if isinstance(meant, DisconnectedError):
        for said, state in _REFUSED:
            if said.search(meant.reason):
                reason, hint = _POSTGRES[state]
                return UnreachableError(url, meant.reason.replace(_LOST[0], reason), hint)
        return UnreachableError(url, meant.reason.replace(*_LOST), meant.hint)
    return meant


def _of_sqlite(error: sqlite3.Error, url: str) -> Exception:
    name = str(getattr(error, "sqlite_errorname", ""))
    family = "_".join(name.split("_")[:2])
    if family == "SQLITE_NOTADB":
        return SchemaError(url, "not a SQLite database", "a cix store", "name another file")
    if family == "SQLITE_CORRUPT":
        return CorruptionError(0, "a sound database file", str(error))
    if family in _SQLITE:
        reason, hint = _SQLITE[family]
        return StoreUnavailableError(url, f"{reason} ({error})", hint)
    return EventStoreError(f"{url}: {error}")


def _of_postgres(error: BaseException, url: str) -> Exception:
    state = str(getattr(error, "sqlstate", None) or "")
    said = str(error).strip().partition("\n")[0] or type(error).__name__
    if state in _CONTENDED:
        return ContendedError(url, f"other transactions came first ({said})", "try again")
    if state.startswith("XX"):
        return CorruptionError(0, "sound pages", said)
    if state == "57014":
        return StoreUnavailableError(url, said, "raise statement_timeout, or look what blocks")
    reason, hint = _POSTGRES.get(state) or _POSTGRES.get(state[:2]) or ("", "")
    if state[:2] in {"08", "57"} or (not state and type(error).__name__ == "OperationalError"):
        reason, hint = (reason, hint) if reason else _POSTGRES["08"]
        return DisconnectedError(url, f"{reason} ({said})", hint)
    if reason:
        return StoreUnavailableError(url, f"{reason} ({said})", hint)
    return EventStoreError(f"{url}: {said}")
