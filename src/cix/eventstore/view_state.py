"""What is kept about each view: version, live generation, checkpoints, keys set aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from cix.errors import DomainError, EventStoreError, ProjectionError
from cix.eventstore.base import BUILT, Change, Parked, Table, ViewState, view_of
from cix.eventstore.connection import Connection, Database
from cix.eventstore.drivers import DialectName
from cix.eventstore.many_rows import Step, Typed, delete, upsert
from cix.eventstore.row_types import Layout

_READ: Final = """
    SELECT name, version, view_state.generation, view_state.position, building,
        building_position, building_version,
        (SELECT count(*) FROM parked
         WHERE parked.projection = view_state.name
           AND parked.generation = view_state.generation),
        shape, building_shape, build_share.position
    FROM view_state
    LEFT JOIN build_share ON projection = name AND build_share.generation = building
    ORDER BY name, share"""
_LOCK: Final = """
    SELECT name, generation, position, building, building_position
    FROM view_state WHERE name IN ({marks}) ORDER BY name {lock}"""
_MOVE: Final = "UPDATE view_state SET {column} = ? WHERE name IN ({marks})"
_SHARED: Final = "SELECT 1 FROM build_share WHERE projection = ? AND generation = ?"
_BUILT: Final = "SELECT building FROM view_state WHERE name = ? {lock}"
_MOVE_SHARE: Final = """
    UPDATE build_share SET position = ?
    WHERE projection = ? AND generation = ? AND share = ? AND position = ?"""
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

ABOUT_ROWS: Final = (
    ArithmeticError,
    AttributeError,
    DomainError,
    EventStoreError,
    TypeError,
    ValueError,
)
"""What a value that cannot be stored may raise, in a converter or in a driver."""


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
    found: dict[str, Kept] = {}
    shares: dict[str, list[int]] = {}
    for *row, shape, building_shape, share in connection.execute(_READ).fetchall():
        name = row[0]
        found[name] = Kept(ViewState(*row), shape, building_shape)
        if share is not None:
            shares.setdefault(name, []).append(share)
    for name, all_of in shares.items():
        state = attrs.evolve(found[name].state, building_position=min(all_of), shares=tuple(all_of))
        found[name] = attrs.evolve(found[name], state=state)
    return found


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
    shares = [mark for mark in expected if mark.partition(BUILT)[2]]
    for mark in shares:
        _move_share(database, connection, changes, mark, (expected[mark], position))
    names = sorted({view_of(mark) for mark in expected if mark not in shares})
    if not names:
        return
    lock = "FOR UPDATE" if database.dialect == "postgresql" else ""
    text = _LOCK.format(marks=", ".join("?" * len(names)), lock=lock)
    rows = connection.execute(database.statement(text), names).fetchall()
    found: dict[str, tuple[int | None, int]] = {}
    for name, generation, at, building, building_at in rows:
        found[name] = (generation, at)
        # Asked behind the lock, in a statement of its own: it sees shares that were just given.
        if name + BUILT in expected and not _is_shared(database, connection, name, building):
            found[name + BUILT] = (building, building_at)
    current: set[tuple[str, int]] = set()
    for mark, checkpoint in expected.items():
        generation, at = found.get(mark, (None, 0))
        if generation is None or at != checkpoint:
            raise OvertakenError
        current.add((view_of(mark), generation))
    if any((change.name, change.generation) not in current for change in changes):
        raise OvertakenError
    for column, suffix in (("position", ""), ("building_position", BUILT)):
        behind = [name for name in names if expected.get(name + suffix, position) != position]
        if behind:
            text = _MOVE.format(column=column, marks=", ".join("?" * len(behind)))
            connection.execute(database.statement(text), (position, *behind))


def _is_shared(database: Database, connection: Connection, name: str, building: int | None) -> bool:
    text = database.statement(_SHARED)
    return connection.execute(text, (name, building)).fetchone() is not None


def _move_share(
    database: Database,
    connection: Connection,
    changes: Sequence[Change],
    mark: str,
    way: tuple[int, int],
) -> None:
    """Move the checkpoint of one share; shares of a build do not wait for each other."""
    name, _, share = mark.partition(BUILT)
    lock = "FOR SHARE" if database.dialect == "postgresql" else ""
    text = database.statement(_BUILT.format(lock=lock))
    found = connection.execute(text, (name,)).fetchone()
    if found is None or any((one.name, one.generation) != (name, found[0]) for one in changes):
        raise OvertakenError
    moved = (way[1], name, found[0], int(share), way[0])
    if connection.execute(database.statement(_MOVE_SHARE), moved).rowcount != 1:
        raise OvertakenError


def wrong_row(change: Change, view: View) -> ProjectionError | None:
    """Return the error of the first row of *change* that the view's tables cannot hold."""
    rows = [(key, put.position, put.row) for key, put in change.puts.items()]
    rows += [(line.key, line.position, line.row) for line in change.lines]
    for key, position, row in rows:
        if problem := view.layout.problem(row):
            return ProjectionError(change.name, position, key, problem)
    return None


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
        generation="building" if name and BUILT in name else "generation",
        where="WHERE projection = ?" if name else "",
    )
    asked = [view_of(name)] if name else []
    rows = connection.execute(database.statement(text), asked).fetchall()
    return [Parked(*row) for row in rows]


def awaited_keys(database: Database, connection: Connection, name: str) -> set[str]:
    """Return the awaited keys of a view's live generation; of ``name+`` those of the one built."""
    text = _AWAITED.format(generation="building" if BUILT in name else "generation")
    asked = (view_of(name),)
    return {key for (key,) in connection.execute(database.statement(text), asked).fetchall()}


def _printable(text: str) -> str:
    """Return *text* without what a database refuses: NUL characters, halves of characters."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
