"""Statements over many rows at once, in what each database is fastest at.

SQLite takes a compiled statement a row. PostgreSQL takes each column as one array, which is three
times as fast; a few rows go one by one there too, since arrays cost about 50 us a statement.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import attrs

from cix.eventstore.connection import Connection
from cix.eventstore.drivers import DialectName

Typed: TypeAlias = Sequence[tuple[str, str]]
"""Columns by name, with their PostgreSQL types."""

_FEW: Final = 2
_SIZES: Final = (1, 16, 128, 500)
"""Keys asked for at once in SQLite: few sizes, so that the driver finds its compiled statements."""
AT_ONCE: Final = _SIZES[-1]
"""With more keys than this a read takes several statements."""
_MARK: Final[Mapping[DialectName, str]] = {"sqlite": "?", "postgresql": "%s"}
_INSERT: Final = 'INSERT INTO "{name}" ({names}) {values} {conflict}'
_DELETE: Final = 'DELETE FROM "{name}" WHERE {match}'
_SNAPSHOT: Final[Mapping[DialectName, str]] = {
    "sqlite": "BEGIN",
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
}


@attrs.frozen
class Statement:
    """One statement in two forms: for a single row or key, and for many."""

    one: str
    many: str


Step: TypeAlias = tuple[Statement, Sequence[list[Any]]]
"""A statement and the values of its parameters, one list a column."""


def insert(name: str, columns: Typed, dialect: DialectName, conflict: str = "") -> Statement:
    """Return what inserts rows into the table *name*."""
    names = ", ".join(f'"{column}"' for column, _ in columns)
    marks = ", ".join([_MARK[dialect]] * len(columns))
    arrays = ", ".join(f"%b::{_array(kind)}" for _, kind in columns)
    one, many = (
        _INSERT.format(name=name, names=names, values=values, conflict=conflict)
        for values in (f"VALUES ({marks})", f"SELECT * FROM unnest({arrays})")
    )
    return Statement(one, many)


def upsert(name: str, columns: Typed, dialect: DialectName, keyed: Sequence[str]) -> Statement:
    """Return what inserts rows, or replaces those that have the same *keyed* columns."""
    rest = [column for column, _ in columns if column not in keyed]
    moves = ", ".join(f'"{column}" = excluded."{column}"' for column in rest)
    key = ", ".join(f'"{column}"' for column in keyed)
    return insert(name, columns, dialect, f"ON CONFLICT ({key}) DO UPDATE SET {moves}")


def delete(name: str, columns: Typed, dialect: DialectName) -> Statement:
    """Return what deletes the rows that have the given values in *columns*."""
    names = ", ".join(f'"{column}"' for column, _ in columns)
    marks = ", ".join([_MARK[dialect]] * len(columns))
    arrays = ", ".join(f"%b::{_array(kind)}" for _, kind in columns)
    one, many = (
        _DELETE.format(name=name, match=f"({names}) {match}")
        for match in (f"= ({marks})", f"IN (SELECT * FROM unnest({arrays}))")
    )
    return Statement(one, many)


def select(text: str, key: str, dialect: DialectName, order: str = "") -> Statement:
    """Return what reads the rows of keys: *text* is the SELECT without its WHERE."""
    match = {"sqlite": "IN ({marks})", "postgresql": "= ANY(%b::text[])"}[dialect]
    one, many = (
        f'{text} WHERE "{key}" {condition} {order}' for condition in (f"= {_MARK[dialect]}", match)
    )
    return Statement(one, many)


def run(connection: Connection, dialect: DialectName, step: Step) -> None:
    """Run one statement over all its rows."""
    statement, columns = step
    if dialect == "sqlite":
        connection.cursor().executemany(statement.one, zip(*columns, strict=True))
    elif len(columns[0]) > _FEW:
        connection.execute(statement.many, columns)
    else:
        for row in zip(*columns, strict=True):
            connection.execute(statement.one, row)


def rows_of(
    connection: Connection, dialect: DialectName, statement: Statement, keys: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Return the rows of *keys* (no key twice); use a snapshot for more than ``AT_ONCE``."""
    if len(keys) == 1:
        return connection.execute(statement.one, keys).fetchall()
    if dialect == "postgresql":
        return connection.execute(statement.many, (list(keys),)).fetchall()
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(keys), AT_ONCE):
        chunk = list(keys[start : start + AT_ONCE])
        size = next(size for size in _SIZES if size >= len(chunk))
        chunk += chunk[-1:] * (size - len(chunk))
        text = statement.many.format(marks=", ".join("?" * size))
        found += connection.execute(text, chunk).fetchall()
    return found


@contextmanager
def snapshot(connection: Connection, dialect: DialectName) -> Generator[None]:
    """Let all statements inside see the same commits."""
    connection.execute(_SNAPSHOT[dialect])
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def _array(kind: str) -> str:
    return kind.partition(" COLLATE")[0] + "[]"
