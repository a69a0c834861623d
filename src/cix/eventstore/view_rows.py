"""The rows of one generation of a view: compiled statements, whole pages at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any, Final

import attrs

from cix.errors import ProjectionError
from cix.eventstore.base import Change, Line, Stored, Table
from cix.eventstore.column_types import Column, Values
from cix.eventstore.connection import Connection
from cix.eventstore.drivers import DialectName
from cix.eventstore.many_rows import (
    AT_ONCE,
    Statement,
    Step,
    delete,
    insert,
    rows_of,
    select,
    snapshot,
    upsert,
)
from cix.eventstore.row_types import Child, Layout
from cix.eventstore.view_schema import table_name

_ROW: Final = ("_position", "_occurred_us", "_next_due_us")
_LINE: Final = ("_key", "_position", "_n", "_occurred_us")
_BESIDE_ROW: Final = tuple(map(attrgetter, ("position", "occurred_us", "next_due_us")))
_BESIDE_LINE: Final = tuple(map(attrgetter, ("key", "position", "n", "occurred_us")))
_SELECT: Final = 'SELECT {columns} FROM "{name}"'


@attrs.frozen(eq=False)
class _Child:
    """The statements of a child table."""

    field: str
    layout: Layout
    gather: Callable[[Iterable[Any]], Any]
    select_keys: Statement
    delete: Statement
    insert: Statement


@attrs.frozen(eq=False)
class RowTable:
    """The statements of one generation of a view, and what they read and write."""

    view: Table
    layout: Layout
    generation: int
    dialect: DialectName
    name: str
    key: str
    """Column of the key."""
    order: str
    """Columns that tell the rows apart, in the order of pages."""
    select: str
    select_keys: Statement
    write: Statement
    delete: Statement
    children: tuple[_Child, ...]

    @contextmanager
    def moment(self, connection: Connection, keys: int = 0) -> Generator[None]:
        """Read rows and their children as of one commit; one statement alone is so anyway."""
        if not self.children and keys <= AT_ONCE:
            yield
            return
        with snapshot(connection, self.dialect):
            yield

    def steps(self, change: Change) -> Iterator[Step]:
        """Yield what writes *change* into this table; nothing is run yet.

        Raises ``ProjectionError`` for a row that is filed under another key than its own.
        """
        if change.deletes:
            gone = [sorted(change.deletes)]
            yield self.delete, gone
            for child in self.children:
                yield child.delete, gone
        if change.puts:
            yield from self._puts(change)
        if change.lines:
            beside = [list(map(take, change.lines)) for take in _BESIDE_LINE]
            packed = self.layout.pack([line.row for line in change.lines], self.dialect)
            yield self.write, [*beside, *packed]

    def _puts(self, change: Change) -> Iterator[Step]:
        order = sorted(change.puts)  # neighbours in the index are written one after the other
        puts = [change.puts[key] for key in order]
        rows = [stored.row for stored in puts]
        packed = self.layout.pack(rows, self.dialect)
        if packed[0] != order:
            key, own = next(
                pair for pair in zip(order, packed[0], strict=True) if pair[0] != pair[1]
            )
            problem = f"the row of {key!r} says it is that of {own!r}"
            raise ProjectionError(self.view.name, change.puts[key].position, key, problem)
        yield self.write, [*packed, *(list(map(take, puts)) for take in _BESIDE_ROW)]
        for child in self.children:
            yield child.delete, [order]
            keyed = [
                (key, n, value)
                for key, row in zip(order, rows, strict=True)
                for n, value in enumerate(getattr(row, child.field))
            ]
            if keyed:
                keys, numbers = [key for key, _, _ in keyed], [n for _, n, _ in keyed]
                values = child.layout.pack([value for _, _, value in keyed], self.dialect)
                yield child.insert, [keys, numbers, *values]

    def read(
        self, connection: Connection, tail: str, parameters: Sequence[Any] = ()
    ) -> tuple[Values, list[Any]]:
        """Return keys and rows (``Stored`` or ``Line``) of ``SELECT ... FROM table`` + *tail*.

        Rows with children take two statements and more: read them inside ``moment``.
        """
        found = connection.execute(f"{self.select} {tail}", parameters).fetchall()
        return self._made(connection, found)

    def read_keys(self, connection: Connection, keys: Sequence[str]) -> tuple[Values, list[Any]]:
        """Return keys and rows of *keys* (no key twice) as far as they exist, in any order."""
        found = rows_of(connection, self.dialect, self.select_keys, keys)
        return self._made(connection, found)

    def _made(
        self, connection: Connection, found: Sequence[tuple[Any, ...]]
    ) -> tuple[Values, list[Any]]:
        if not found:
            return (), []
        columns = list(zip(*found, strict=True))
        width = len(self.layout.columns)
        keys = columns[width if self.view.lines else 0]
        children = [self._gathered(connection, child, keys) for child in self.children]
        rows = self.layout.rows(columns[:width], children, self.dialect)
        beside = columns[width:]
        if self.view.lines:
            return keys, list(map(Line, *beside, rows))
        return keys, list(map(Stored, rows, *beside))

    def _gathered(self, connection: Connection, child: _Child, keys: Values) -> list[Any]:
        found = rows_of(connection, self.dialect, child.select_keys, keys)
        values: dict[str, list[Any]] = {}
        if found:
            owners, *columns = zip(*found, strict=True)
            rows = child.layout.rows(columns, (), self.dialect)
            for owner, row in zip(owners, rows, strict=True):
                values.setdefault(owner, []).append(row)
        return [child.gather(values.get(key, ())) for key in keys]


def row_table(view: Table, layout: Layout, generation: int, dialect: DialectName) -> RowTable:
    """Compile the statements of one generation."""
    name = table_name(view.name, generation)
    hidden = _LINE if view.lines else _ROW
    key = "_key" if view.lines else layout.columns[0].name
    engine = [(column, "TEXT" if column == "_key" else "BIGINT") for column in hidden]
    own = _typed(layout.columns)
    return RowTable(
        view=view,
        layout=layout,
        generation=generation,
        dialect=dialect,
        name=name,
        key=key,
        order='"_key", "_position", "_n"' if view.lines else f'"{key}"',
        select=_select(name, layout, dialect, behind=hidden),
        select_keys=select(_select(name, layout, dialect, behind=hidden), key, dialect),
        write=(
            insert(name, [*engine, *own], dialect)
            if view.lines
            else upsert(name, [*own, *engine], dialect, [key])
        ),
        delete=delete(name, [(key, "TEXT")], dialect),
        children=tuple(_child(view, child, generation, dialect) for child in layout.children),
    )


def _child(view: Table, child: Child, generation: int, dialect: DialectName) -> _Child:
    name = table_name(view.name, generation, child.field)
    columns = [("_key", "TEXT"), ("_n", "BIGINT"), *_typed(child.layout.columns)]
    text = _select(name, child.layout, dialect, before=("_key",))
    return _Child(
        child.field,
        child.layout,
        child.gather,
        select(text, "_key", dialect, 'ORDER BY "_key", "_n"'),
        delete(name, [("_key", "TEXT")], dialect),
        insert(name, columns, dialect),
    )


def _typed(columns: Sequence[Column]) -> list[tuple[str, str]]:
    return [(column.name, column.storage.postgresql) for column in columns]


def _select(
    name: str,
    layout: Layout,
    dialect: DialectName,
    *,
    before: Sequence[str] = (),
    behind: Sequence[str] = (),
) -> str:
    own = [
        column.storage.select.format(f'"{column.name}"')
        if dialect == "postgresql"
        else f'"{column.name}"'
        for column in layout.columns
    ]
    quoted = [*(f'"{c}"' for c in before), *own, *(f'"{c}"' for c in behind)]
    return _SELECT.format(columns=", ".join(quoted), name=name)
