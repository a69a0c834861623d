"""The tables of the views on SQLite and PostgreSQL: typed rows, checkpoints, one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, Final, NoReturn, TypeVar

from cix.errors import (
    ConfigError,
    EventStoreError,
    StoreUnavailableError,
    UnknownViewError,
)
from cix.eventstore import view_builds
from cix.eventstore.base import Change, Line, Parked, Stored, Table, ViewState, Where, view_of
from cix.eventstore.column_types import Values
from cix.eventstore.connection import Connection, Database
from cix.eventstore.digest import rows_digest
from cix.eventstore.many_rows import Step, run, snapshot
from cix.eventstore.row_types import layout_of
from cix.eventstore.view_rows import RowTable, row_table
from cix.eventstore.view_schema import check_names, public_names
from cix.eventstore.view_search import search
from cix.eventstore.view_state import (
    ABOUT_ROWS,
    Kept,
    OvertakenError,
    View,
    awaited_keys,
    kept_views,
    move,
    parked_keys,
    set_aside,
    wrong_row,
)

T = TypeVar("T")

_PAGE: Final = 1_000
_TRIES: Final = 8
"""How often a reader looks for the live table while others swap it."""
_IN_ORDER: Final = attrgetter("position", "n", "key")
_KEYS: Final = """SELECT DISTINCT "{key}" FROM "{name}" WHERE "{key}" > ?
    ORDER BY "{key}" LIMIT ?"""
_DUE: Final = """SELECT "{key}" AS due_key, _next_due_us AS due_us FROM "{name}"
    WHERE _next_due_us <= ? UNION ALL SELECT key, due_us FROM awaited
    WHERE projection = ? AND generation = ? AND due_us <= ? ORDER BY due_us, due_key {limit}"""
_IDENTIFIED: Final = "SELECT id FROM blind_index WHERE kind = ? AND value_hash = ?"
_LEARN: Final = """INSERT INTO blind_index (kind, value_hash, id) VALUES (?, ?, ?)
    ON CONFLICT (kind, value_hash) DO NOTHING"""
_IDENTIFY: Final = """INSERT INTO blind_index (kind, value_hash, id) VALUES (?, ?, ?)
    ON CONFLICT (kind, value_hash) DO UPDATE SET id = blind_index.id RETURNING id"""
_FIRST_MOVE: Final = """INSERT INTO cursor (name, position) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET position = excluded.position WHERE cursor.position = 0"""
_NEXT_MOVE: Final = "UPDATE cursor SET position = ? WHERE name = ? AND position = ?"


class _GoneError(StoreUnavailableError):
    """The generation asked for was swapped away or dropped."""


class SqlViewStore:
    """A ``ViewStore`` on a ``Database``, which stays its owner's to close.

    The rows of a view stand in the typed table of its live generation, behind an SQL view of the
    plain name. A view whose stored version is not the declared one goes on serving the old rows,
    to plain SQL always and here while the columns are the same; otherwise reading raises
    ``SchemaError``, so look at ``states`` and rebuild first. A read of a generation that was
    dropped meanwhile raises ``StoreUnavailableError``: read the states again.
    """

    def __init__(self, database: Database) -> None:
        """Use *database*; nothing is read or written before ``prepare``."""
        self._database = database
        self.is_shared = not database.is_private
        self._views: dict[str, View] = {}
        self._live: dict[str, int] = {}
        self._tables: dict[tuple[str, int], RowTable] = {}

    def prepare(self, tables: Sequence[Table]) -> None:
        """Create what is missing for *tables*; reads first, writes nothing when up to date.

        Two processes may prepare at once. Raises ``ConfigError`` for names that SQL cannot take
        as they are or that are taken, and for columns changed without a new version.
        """
        views: dict[str, View] = {}
        names: set[str] = set()
        for table in tables:
            layout = layout_of(table.row, nested=table.lines)
            check_names(table, layout)
            for name in public_names(table, layout):
                if name in names:
                    raise ConfigError("view name", repr(name), "another view has that name")
                names.add(name)
            views[table.name] = View(table, layout, layout.shape)
        view_builds.prepare(self._database, list(views.values()))
        self._views.update(views)
        self._tables.clear()

    def states(self) -> Mapping[str, ViewState]:
        """Return how far each prepared view is."""
        kept = self._kept()
        return {name: kept[name].state for name in self._views if name in kept}

    def load(self, name: str, keys: Iterable[str], generation: int) -> dict[str, Stored]:
        """Return the stored rows of *keys* (those that exist); not for lines."""
        found, rows = self._of_keys(name, keys, generation)
        return dict(zip(found, rows, strict=True))

    def lines(self, name: str, keys: Sequence[str], generation: int) -> list[Line]:
        """Return the lines of *keys*, by (position, n)."""
        lines: list[Line] = self._of_keys(name, keys, generation)[1]
        return sorted(lines, key=_IN_ORDER)

    def commit(
        self, changes: Sequence[Change], *, expected: Mapping[str, int], position: int
    ) -> bool:
        """Write *changes* and move the views of *expected* from those positions to *position*.

        False, and nothing written, when a checkpoint differs or a change is for a generation that
        is neither live nor being built any more: somebody else was faster. Each change is of a
        view that *expected* names. Raises ``ProjectionError``, with the key in place of the fact,
        for a row that cannot be stored (None without Optional, NaN, 64 bits exceeded, a NUL
        character, another key than its own): park that key and commit the others.
        """
        marked = set(map(view_of, expected))
        if strange := sorted({change.name for change in changes} - marked):
            raise ValueError(f"changes of {', '.join(strange)} without an expected checkpoint")
        database, dialect = self._database, self._database.dialect
        try:
            steps = [
                step
                for change in changes
                for part in (self._steps(change), set_aside(change, dialect))
                for step in part
            ]

            def work() -> None:
                with database.writing() as connection:
                    move(database, connection, changes, expected, position)
                    for step in steps:
                        run(connection, dialect, step)

            database.retrying(work)
        except (OvertakenError, _GoneError):
            return False
        except ABOUT_ROWS as error:
            self._blame(changes, error)
        return True

    def begin_build(self, name: str, version: int) -> ViewState:
        """Create an empty table beside the live one, or return the build that is under way.

        A build of another version, or of columns that were changed since, is dropped first.
        """
        return view_builds.begin(self._database, self._view(name), version)

    def abandon_build(self, name: str) -> None:
        """Drop the table beside."""
        view_builds.abandon(self._database, self._view(name))

    def share_build(self, name: str, count: int) -> ViewState:
        """Give a build that has not begun *count* shares, each with a checkpoint of its own."""
        return view_builds.share_out(self._database, self._view(name), count)

    def join_build(self, name: str) -> ViewState:
        """Make one build again of shares that stand at one position; others stay as they are."""
        return view_builds.join(self._database, self._view(name))

    def swap(self, name: str) -> ViewState:
        """Make the built table the live one: SQL view and checkpoint in one transaction.

        A build that is behind the live table is left as it is (``building`` is still set in what
        is returned): bring it up to date and swap again. Without a build nothing happens.
        """
        return view_builds.swap(self._database, self._view(name))

    def find(
        self,
        name: str,
        where: Sequence[Where] = (),
        *,
        order_by: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[Stored]:
        """Return live rows, ordered as asked (``-column`` descending), then by key.

        Empty columns come last either way. Of a view of lines the key, ``position`` and ``n`` may
        be asked for beside the row's columns. Raises ``InvalidArgumentError`` for an unknown
        column or a value of another type than the column's.
        """

        def question(table: RowTable, connection: Connection) -> list[Stored]:
            tail, parameters = search(table, where, order_by, limit)
            with table.moment(connection):
                found = table.read(connection, self._database.statement(tail), parameters)[1]
            if not table.view.lines:
                return found
            return [Stored(line.row, line.position, line.occurred_us) for line in found]

        return self._ask_live(name, question)

    def keys(self, name: str, generation: int, *, after: str = "", limit: int = 1_000) -> list[str]:
        """Return keys in order, a page at a time."""
        table = self._table(name, generation)
        text = _KEYS.format(key=table.key, name=table.name)
        return self._ask(table, lambda connection: self._column(connection, text, (after, limit)))

    def due(self, name: str, until_us: int, limit: int | None = None) -> list[str]:
        """Return keys of live rows whose ``next_due`` is not after *until_us*, soonest first.

        Awaited keys, which have no row yet, are among them.
        """

        def question(table: RowTable, connection: Connection) -> list[str]:
            if table.view.lines:
                return []
            text = _DUE.format(
                key=table.key, name=table.name, limit="" if limit is None else "LIMIT ?"
            )
            asked = [until_us, name, table.generation, until_us]
            return self._column(connection, text, asked if limit is None else [*asked, limit])

        return self._ask_live(name, question)

    def parked(self, name: str | None = None) -> list[Parked]:
        """Return the parked keys, of one view or of all; of ``name+`` those of its build."""
        return self._database.ask(lambda connection: parked_keys(self._database, connection, name))

    def awaited(self, name: str) -> set[str]:
        """Return the keys of a view (``name+``: of its build) that may get a row with time."""
        return self._database.ask(lambda connection: awaited_keys(self._database, connection, name))

    def digest(self, name: str) -> str:
        """Return a SHA-256 over all live rows (children and lines included) in key order.

        Equal rows give equal digests on every database; all rows are read as of one moment.
        """

        def question(table: RowTable, connection: Connection) -> str:
            with snapshot(connection, self._database.dialect):
                return rows_digest(self._all(connection, table))

        return self._ask_live(name, question)

    def identify(self, kind: str, value_hash: bytes, offered: str) -> str:
        """Return the id kept for a blind-index entry, storing *offered* if there is none."""
        database = self._database
        found: list[str] = database.ask(
            lambda connection: self._column(connection, _IDENTIFIED, (kind, value_hash))
        )
        if found:
            return found[0]

        def work() -> str:
            with database.writing() as connection:
                kept: str = self._column(connection, _IDENTIFY, (kind, value_hash, offered))[0]
                return kept

        return database.retrying(work)

    def learn(self, entries: Sequence[tuple[str, bytes, str]]) -> None:
        """Keep (kind, value hash, id) of each entry, in one transaction; the first id stays."""
        text = self._database.statement(_LEARN)

        def work() -> None:
            with self._database.writing() as connection:
                cursor = connection.cursor()
                cursor.executemany(text, entries)
                cursor.close()

        if entries:
            self._database.retrying(work)

    def cursor(self, name: str) -> int:
        """Return the checkpoint of a follower that keeps no rows (0 at first)."""
        text = "SELECT position FROM cursor WHERE name = ?"
        found: list[int] = self._database.ask(lambda c: self._column(c, text, (name,)))
        return found[0] if found else 0

    def move_cursor(self, name: str, expected: int, position: int) -> bool:
        """Move a follower's checkpoint if it is still *expected*."""
        text, row = (
            (_NEXT_MOVE, (position, name, expected))
            if expected
            else (_FIRST_MOVE, (name, position))
        )

        def work() -> bool:
            with self._database.writing() as connection:
                return connection.execute(self._database.statement(text), row).rowcount == 1

        return self._database.retrying(work)

    def close(self) -> None:
        """Forget what was looked up; the database is closed by its owner."""
        self._live.clear()
        self._tables.clear()

    def _view(self, name: str) -> View:
        if name not in self._views:
            raise UnknownViewError(name, tuple(sorted(self._views)))
        return self._views[name]

    def _kept(self) -> dict[str, Kept]:
        kept = self._database.ask(kept_views)
        self._live = {name: each.state.generation for name, each in kept.items()}
        return kept

    def _table(self, name: str, generation: int) -> RowTable:
        """Return the compiled table of a generation, of the columns this process declares."""
        if found := self._tables.get((name, generation)):
            return found
        view = self._view(name)
        kept = self._kept().get(name)
        shape = kept.shape_of(generation) if kept else None
        if kept is None or shape is None:
            raise self._gone(name, generation)
        if shape != view.shape:
            raise view_builds.wrong_shape(self._database, view, kept.state.version)
        made = row_table(view.table, view.layout, generation, self._database.dialect)
        self._tables[name, generation] = made
        return made

    def _ask(self, table: RowTable, question: Callable[[Connection], T]) -> T:
        """Read from *table*; ``_GoneError`` when it was dropped meanwhile."""
        try:
            return self._database.ask(question)
        except EventStoreError as error:
            cause = error.__cause__
            if getattr(cause, "sqlstate", "") == "42P01" or "no such table" in str(cause):
                raise self._gone(table.view.name, table.generation) from error
            raise

    def _ask_live(self, name: str, question: Callable[[RowTable, Connection], T]) -> T:
        """Read from the live table; look for the new one when it was swapped away."""
        view = self._view(name)
        for _ in range(_TRIES):
            if name not in self._live:
                self._kept()
            try:
                table = self._table(name, self._live.get(name, 0))
                return self._ask(table, partial(question, table))
            except _GoneError:
                self._live.pop(name, None)
        raise self._gone(view.table.name, self._live.get(name, 0))

    def _gone(self, name: str, generation: int) -> _GoneError:
        return _GoneError(
            self._database.url,
            f"generation {generation} of view {name} is gone",
            "read the states again",
        )

    def _of_keys(self, name: str, keys: Iterable[str], generation: int) -> tuple[Values, list[Any]]:
        table, asked = self._table(name, generation), sorted(set(keys))

        def question(connection: Connection) -> tuple[Values, list[Any]]:
            with table.moment(connection, len(asked)):
                return table.read_keys(connection, asked)

        return self._ask(table, question) if asked else ((), [])

    def _all(self, connection: Connection, table: RowTable) -> Iterator[Stored | Line]:
        """Yield all rows in the order of their keys, a page at a time."""
        marks = ", ".join("?" * len(table.order.split(", ")))
        after: tuple[object, ...] = ()
        tail = ""
        while True:
            text = f"{tail} ORDER BY {table.order} LIMIT {_PAGE}"
            keys, page = table.read(connection, self._database.statement(text), after)
            yield from page
            if len(page) < _PAGE:
                return
            tail = f"WHERE ({table.order}) > ({marks})"
            last = page[-1]
            after = (keys[-1], last.position, last.n) if table.view.lines else (keys[-1],)

    def _column(self, connection: Connection, text: str, parameters: Sequence[Any]) -> list[Any]:
        rows = connection.execute(self._database.statement(text), parameters).fetchall()
        return [row[0] for row in rows]

    def _steps(self, change: Change) -> Iterator[Step]:
        return self._table(change.name, change.generation).steps(change)

    def _blame(self, changes: Sequence[Change], error: Exception) -> NoReturn:
        """Name the row that made a commit fail, if it was one; else raise *error* as it is."""
        if type(error) is EventStoreError or not isinstance(error, EventStoreError):
            for change in changes:
                if found := wrong_row(change, self._view(change.name)):
                    raise found from error
        raise error
