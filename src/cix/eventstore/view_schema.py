"""The names and the DDL of the tables of views.

A view ``ticket`` is an SQL view over the table of its live generation, ``ticket_3``. A child table
``ticket_3_timers`` has the SQL view ``ticket_timers``. Columns that begin with an underscore are
the engine's and stay behind the SQL views.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from cix.errors import ConfigError
from cix.eventstore.base import Table
from cix.eventstore.column_types import Column
from cix.eventstore.drivers import DialectName
from cix.eventstore.row_types import Layout

META: Final[Mapping[str, str]] = {
    "view_state": """CREATE TABLE IF NOT EXISTS view_state (
        name {text} NOT NULL PRIMARY KEY,
        version BIGINT NOT NULL,
        shape {text} NOT NULL,
        generation BIGINT NOT NULL,
        position BIGINT NOT NULL,
        building BIGINT,
        building_version BIGINT NOT NULL DEFAULT 0,
        building_shape {text} NOT NULL DEFAULT '',
        building_position BIGINT NOT NULL DEFAULT 0,
        last_generation BIGINT NOT NULL)""",
    "parked": """CREATE TABLE IF NOT EXISTS parked (
        projection {text} NOT NULL,
        generation BIGINT NOT NULL,
        key {text} NOT NULL,
        position BIGINT NOT NULL,
        error {text} NOT NULL,
        PRIMARY KEY (projection, generation, key))""",
    "awaited": """CREATE TABLE IF NOT EXISTS awaited (
        projection {text} NOT NULL,
        generation BIGINT NOT NULL,
        key {text} NOT NULL,
        due_us BIGINT NOT NULL,
        PRIMARY KEY (projection, generation, key))""",
    "build_share": """CREATE TABLE IF NOT EXISTS build_share (
        projection {text} NOT NULL,
        generation BIGINT NOT NULL,
        share BIGINT NOT NULL,
        position BIGINT NOT NULL,
        PRIMARY KEY (projection, generation, share))""",
    "cursor": """CREATE TABLE IF NOT EXISTS cursor (
        name {text} NOT NULL PRIMARY KEY,
        position BIGINT NOT NULL)""",
    "blind_index": """CREATE TABLE IF NOT EXISTS blind_index (
        kind {text} NOT NULL,
        value_hash {bytes} NOT NULL,
        id {text} NOT NULL,
        PRIMARY KEY (kind, value_hash))""",
}
"""The tables beside the views: checkpoints, parked and awaited keys, followers, opaque ids."""
OF_GENERATION: Final = ("parked", "awaited", "build_share")
"""The tables of which rows go with a generation of a view."""

_TYPES: Final[Mapping[DialectName, Mapping[str, str]]] = {
    "sqlite": {"text": "TEXT", "bytes": "BLOB"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "bytes": "BYTEA"},
}
_KEPT_AS: Final = {"BIGINT": "integer", "BOOLEAN": "integer", "DOUBLE PRECISION": "real"}
_ROW: Final = ("_position BIGINT NOT NULL", "_occurred_us BIGINT NOT NULL", "_next_due_us BIGINT")
_LINE: Final = (
    "_key {text} NOT NULL",
    "_position BIGINT NOT NULL",
    "_n BIGINT NOT NULL",
    "_occurred_us BIGINT NOT NULL",
)
_CHILD: Final = ("_key {text} NOT NULL", "_n BIGINT NOT NULL")

_VIEW: Final = '{create} "{name}" AS SELECT {columns} FROM "{table}"'

_VIEW_NAME: Final = re.compile(r"(?!sqlite_|pg_)[a-z][a-z0-9_]*")
_NUMBERED: Final = re.compile(r"_\d+(_|$)")
_TAKEN: Final = frozenset({*META, "head", "event", "event_tag", "box", "seal"})
_LONGEST: Final = 63
"""PostgreSQL cuts longer names off without a word."""
_ROOM_FOR_NUMBERS: Final = 14


def check_names(table: Table, layout: Layout) -> None:
    """Raise ``ConfigError`` unless all names of *table* can be used as they are in SQL."""
    names = [column.name for column in layout.columns]
    for child in layout.children:
        names += [child.field, *(column.name for column in child.layout.columns)]
    longest = len(table.name) + max(map(len, names)) + _ROOM_FOR_NUMBERS
    if not _VIEW_NAME.fullmatch(table.name) or _NUMBERED.search(table.name):
        raise ConfigError("view name", repr(table.name), "use a-z0-9_, no number between _ and _")
    if table.name in _TAKEN:
        raise ConfigError("view name", repr(table.name), "the event store has a table of that name")
    if not _VIEW_NAME.fullmatch(table.key):
        raise ConfigError("view key", repr(table.key), "use a-z0-9_")
    if longest > _LONGEST:
        raise ConfigError("view name", f"{table.name} with {max(names, key=len)}", "shorten them")
    if not table.lines and layout.columns[0].storage.word != "text":
        raise ConfigError(
            "view key", f"{table.row.__name__}.{layout.columns[0].field}", "the first is a text"
        )
    for each in (layout, *(child.layout for child in layout.children)):
        own = [column.name for column in each.columns]
        if len(own) != len(set(own)):
            raise ConfigError("row class", each.row.__name__, "two fields share one column")


def table_name(name: str, generation: int, field: str = "") -> str:
    """Return the name of a generation's table, or of its child table for *field*."""
    return f"{name}_{generation}_{field}" if field else f"{name}_{generation}"


def public_names(table: Table, layout: Layout) -> list[str]:
    """Return the names of the SQL views of *table*."""
    return [table.name, *(f"{table.name}_{child.field}" for child in layout.children)]


def beside(layout: Layout, names: Sequence[str]) -> list[str]:
    """Return what *names* are called beside a row's own columns: the same, with _ if taken."""
    taken = {column.name for column in layout.columns}
    called: list[str] = []
    for name in names:
        free = name
        while free in taken:
            free += "_"
        taken.add(free)
        called.append(free)
    return called


def create_meta(dialect: DialectName) -> Iterator[str]:
    """Yield the statements that create the tables beside the views."""
    return (statement.format(**_TYPES[dialect]) for statement in META.values())


def create_tables(
    table: Table, layout: Layout, generation: int, dialect: DialectName
) -> Iterator[str]:
    """Yield the statements that create the tables of one generation."""
    name = table_name(table.name, generation)
    first = layout.columns[0].name
    hidden, keyed = (_LINE, "_key, _position, _n") if table.lines else (_ROW, f'"{first}"')
    yield _create_table(name, layout, hidden, keyed, dialect)
    if not table.lines:
        yield (
            f'CREATE INDEX "_due_{name}" ON "{name}" (_next_due_us, "{first}") '
            "WHERE _next_due_us IS NOT NULL"
        )
    for child in layout.children:
        beneath = table_name(table.name, generation, child.field)
        yield _create_table(beneath, child.layout, _CHILD, "_key, _n", dialect)


def _create_table(
    name: str, layout: Layout, hidden: Iterable[str], keyed: str, dialect: DialectName
) -> str:
    columns = [column.format(**_TYPES[dialect]) for column in hidden]
    for column in layout.columns:
        kind = getattr(column.storage, dialect)
        null = "" if column.nullable else " NOT NULL"
        columns.append(f'"{column.name}" {kind}{null}{_check(column, dialect)}')
    content = layout.columns[1:] if hidden is _ROW else layout.columns
    narrow = all(column.storage.sqlite != "TEXT" for column in content)
    # rows that are small whatever they say are kept in the key's own index
    clustered = " WITHOUT ROWID" if narrow and dialect == "sqlite" else ""
    return f'CREATE TABLE "{name}" ({", ".join(columns)}, PRIMARY KEY ({keyed})){clustered}'


def _check(column: Column, dialect: DialectName) -> str:
    """Return what keeps SQLite from storing a text where PostgreSQL would refuse it."""
    kept = _KEPT_AS.get(column.storage.sqlite) if dialect == "sqlite" else None
    return f""" CHECK (typeof("{column.name}") IN ('{kept}', 'null'))""" if kept else ""


def drop_tables(name: str, generation: int, shape: str) -> Iterator[str]:
    """Yield the statements that drop the tables of a generation laid out as *shape* says.

    The row's table goes first: readers lock the tables in the same order.
    """
    for field in ("", *_children(shape)):
        yield f'DROP TABLE IF EXISTS "{table_name(name, generation, field)}"'


def move_views(
    table: Table, layout: Layout, generation: int, old_shape: str, dialect: DialectName
) -> Iterator[str]:
    """Yield the statements that lay the SQL views of *table* over *generation*.

    On PostgreSQL a view with the same columns is replaced: what depends on it, and who was
    granted it, stays.
    """
    replace = dialect == "postgresql" and old_shape == layout.shape
    if old_shape and not replace:
        for field in ("", *_children(old_shape)):
            yield f'DROP VIEW IF EXISTS "{table.name}{"_" + field if field else ""}"'
    create = "CREATE OR REPLACE VIEW" if replace else "CREATE VIEW"
    shown = _shown(layout, ("_key", "_position", "_n"), (table.key, "position", "n"))
    columns = shown if table.lines else _shown(layout, (), ())
    beneath = table_name(table.name, generation)
    yield _VIEW.format(create=create, name=table.name, columns=columns, table=beneath)
    for child in layout.children:
        columns = _shown(child.layout, ("_key", "_n"), (layout.columns[0].name, "n"))
        beneath = table_name(table.name, generation, child.field)
        name = f"{table.name}_{child.field}"
        yield _VIEW.format(create=create, name=name, columns=columns, table=beneath)


def _shown(layout: Layout, hidden: Sequence[str], names: Sequence[str]) -> str:
    called = zip(hidden, beside(layout, names), strict=True)
    own = [f'"{column.name}"' for column in layout.columns]
    return ", ".join([*(f'{column} AS "{name}"' for column, name in called), *own])


def _children(shape: str) -> list[str]:
    return sorted(json.loads(shape)["children"])
