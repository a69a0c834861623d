"""What is kept about each view: version, live generation, checkpoints, keys set aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from cix.eventstore.base import Change, Parked, Table, ViewState
from cix.eventstore.connection import Connection, Database
from cix.eventstore.drivers import DialectName
from cix.eventstore.many_rows import Step, Typed, delete, upsert
from cix.eventstore.row_types import Layout

BUILT: Final = "+"
"""Behind a view's name: the generation that is being built."""

_READ: Final = """
    SELECT name, version, generation, position, building, building_position, building_version,
        (SELECT count(*) FROM parked
         WHERE parked.projection = view_state.name
           AND parked.generation = view_state.generation),
        shape, building_shape
    FROM view_state"""
_LOCK: Final = """
    SELECT name, generation, position, building, building_position
    FROM view_state WHERE name IN ({marks}) ORDER BY name {lock}"""
_MOVE: Final = "UPDATE view_state SET {column} = ? WHERE name IN ({marks})"
_PARKED: Final = """
    SELECT projection, key, parked.position, error FROM parked
    JOIN view_state ON name = projection AND view_state.{generation} = parked.generation
    {where} ORDER BY projection, key"""
_AWAITED: Final = """
    SELECT key FROM awaited
    JOIN view_state ON name = projection AND view_state.{generation} = awaited.generation
    WHERE projection = ?"""
_ONE_KEY: Final = (("projection", "TEXT"), ("generation", "BIGINT"), ("key", "TEXT"))
_PARKED_COLUMNS: Final = (*_ONE_KEY, ("position", "BIGINT"), ("error", "TEXT"))
_AWAITED_COLUMNS: Final = (*_ONE_KEY, ("due_us", "BIGINT"))


class OvertakenError(Exception):
    """Somebody moved a checkpoint, or swapped a view, first; it never leaves the event store."""


@attrs.frozen(eq=False)
class View:
    """A view as this process declares it."""

    table: Table
    layout: Layout
    shape: str


@attrs.frozen
class Kept:
    """A view as the database keeps it."""

    state: ViewState
    shape: str
    building_shape: str

    def shape_of(self, generation: int) -> str | None:
        """Return how the tables of *generation* are laid out; None when there are none."""
        if generation == self.state.generation:
            return self.shape
        return self.building_shape if generation == self.state.building else None


def kept_views(connection: Connection) -> dict[str, Kept]:
    """Return what is kept about all views, in one statement."""
    rows = connection.execute(_READ).fetchall()
    return {row[0]: Kept(ViewState(*row[:8]), row[8], row[9]) for row in rows}


def move(
    database: Database,
    connection: Connection,
    changes: Sequence[Change],
    expected: Mapping[str, int],
    position: int,
) -> None:
    """Move the checkpoints of *expected* to *position*; ``OvertakenError`` if any differs.

    The rows are locked in the order of their names, so no two processes wait for each other, and
    nobody can move or swap a view between the comparison and the end of the transaction.
    """
    names = sorted({mark.removesuffix(BUILT) for mark in expected})
    if not names:
        return
    lock = "FOR UPDATE" if database.dialect == "postgresql" else ""
    text = _LOCK.format(marks=", ".join("?" * len(names)), lock=lock)
    rows = connection.execute(database.statement(text), names).fetchall()
    found: dict[str, tuple[int | None, int]] = {}
    for name, generation, at, building, building_at in rows:
        found[name] = (generation, at)
        found[name + BUILT] = (building, building_at)
    current: set[tuple[str, int]] = set()
    for mark, checkpoint in expected.items():
        generation, at = found.get(mark, (None, 0))
        if generation is None or at != checkpoint:
            raise OvertakenError
        current.add((mark.removesuffix(BUILT), generation))
    if any((change.name, change.generation) not in current for change in changes):
        raise OvertakenError
    for column, suffix in (("position", ""), ("building_position", BUILT)):
        behind = [name for name in names if expected.get(name + suffix, position) != position]
        if behind:
            text = _MOVE.format(column=column, marks=", ".join("?" * len(behind)))
            connection.execute(database.statement(text), (position, *behind))


def set_aside(change: Change, dialect: DialectName) -> Iterator[Step]:
    """Yield what frees and parks keys, and what awaits keys or no longer does, as *change* says."""
    parked = list(change.parked.values())
    errors = [_printable(each.error) for each in parked]
    columns: list[list[Any]] = [[each.position for each in parked], errors]
    yield from _freed("parked", change, change.unparked, dialect)
    yield from _kept("parked", _PARKED_COLUMNS, change, list(change.parked), columns, dialect)
    dues: list[list[Any]] = [list(change.awaited.values())]
    yield from _freed("awaited", change, change.arrived, dialect)
    yield from _kept("awaited", _AWAITED_COLUMNS, change, list(change.awaited), dues, dialect)


def _freed(table: str, change: Change, keys: Iterable[str], dialect: DialectName) -> Iterator[Step]:
    if freed := sorted(keys):
        yield delete(table, _ONE_KEY, dialect), [*_of_view(change, freed), freed]


def _kept(  # a table, and what goes into it
    table: str,
    columns: Typed,
    change: Change,
    keys: list[str],
    values: Sequence[list[Any]],
    dialect: DialectName,
) -> Iterator[Step]:
    if keys:
        statement = upsert(table, columns, dialect, [column for column, _ in _ONE_KEY])
        yield statement, [*_of_view(change, keys), keys, *values]


def _of_view(change: Change, keys: Sequence[str]) -> tuple[list[Any], list[Any]]:
    """Return the name and the generation of the view once a key."""
    return [change.name] * len(keys), [change.generation] * len(keys)


def parked_keys(database: Database, connection: Connection, name: str | None) -> list[Parked]:
    """Return the parked keys of the live generations; of ``name+`` those of the one built."""
    text = _PARKED.format(
        generation="building" if name and name.endswith(BUILT) else "generation",
        where="WHERE projection = ?" if name else "",
    )
    asked = [name.removesuffix(BUILT)] if name else []
    rows = connection.execute(database.statement(text), asked).fetchall()
    return [Parked(*row) for row in rows]


def awaited_keys(database: Database, connection: Connection, name: str) -> set[str]:
    """Return the awaited keys of a view's live generation; of ``name+`` those of the one built."""
    text = _AWAITED.format(generation="building" if name.endswith(BUILT) else "generation")
    asked = (name.removesuffix(BUILT),)
    return {key for (key,) in connection.execute(database.statement(text), asked).fetchall()}


def _printable(text: str) -> str:
    """Return *text* without what a database refuses: NUL characters, halves of characters."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
