"""Generations of a view: made ready, built beside the live one, swapped, dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cix.errors import ConfigError, SchemaError
from cix.eventstore.base import ViewState
from cix.eventstore.connection import Connection, Database
from cix.eventstore.view_schema import (
    META,
    OF_GENERATION,
    create_meta,
    create_tables,
    drop_tables,
    move_views,
    public_names,
)
from cix.eventstore.view_state import Kept, View, kept_views


def prepare(database: Database, views: Sequence[View]) -> None:
    """Create what is missing for *views*; only reads when nothing is.

    Raises ``ConfigError`` for names that are taken, and for a row class that was changed while
    the view's version stayed: its rows could be neither read nor written.
    """
    if not _missing(database, views)[0]:
        return

    def create() -> None:
        with database.creating() as connection:
            meta, new = _missing(database, views)[1:]
            if meta:
                _run(connection, create_meta(database.dialect))
            for view in new:
                _create(database, connection, view)

    database.retrying(create)


def _missing(database: Database, views: Sequence[View]) -> tuple[bool, bool, list[View]]:
    """Return whether anything is missing, whether the tables beside are, and which views."""
    there = database.tables()
    kept: Mapping[str, Kept] = database.ask(kept_views) if "view_state" in there else {}
    new = [view for view in views if view.table.name not in kept]
    for view in new:
        for name in public_names(view.table, view.layout):
            if name in there:
                raise ConfigError("view name", repr(name), "the database has a table of that name")
    for view in views:
        found = kept.get(view.table.name)
        if found and found.state.version == view.table.version and found.shape != view.shape:
            raise ConfigError(
                f"view {view.table.name} version {view.table.version}",
                f"the columns of {view.table.row.__name__} were changed",
                "raise the view's version, so that it is rebuilt",
            )
    meta = not META.keys() <= there
    return meta or bool(new), meta, new


def _create(database: Database, connection: Connection, view: View) -> None:
    text = (
        "INSERT INTO view_state (name, version, shape, generation, position, last_generation) "
        "VALUES (?, ?, ?, 1, 0, 1)"
    )
    row = (view.table.name, view.table.version, view.shape)
    connection.execute(database.statement(text), row)
    _run(connection, create_tables(view.table, view.layout, 1, database.dialect))
    _run(connection, move_views(view.table, view.layout, 1, "", database.dialect))


def begin(database: Database, view: View, version: int) -> ViewState:
    """Create an empty generation beside the live one, or return the build that is under way.

    A build of another version, or of a row class that was changed since, is dropped first.
    """

    def work() -> ViewState:
        with database.creating() as connection:
            kept = _locked(database, connection, view)
            under_way = (kept.state.building_version, kept.building_shape)
            if kept.state.building is not None:
                if under_way == (version, view.shape):
                    return kept.state
                _drop_build(database, connection, kept)
            text = (
                "UPDATE view_state SET last_generation = last_generation + 1, "
                "building = last_generation + 1, building_position = 0, building_version = ?, "
                "building_shape = ? WHERE name = ?"
            )
            row = (version, view.shape, view.table.name)
            connection.execute(database.statement(text), row)
            state = kept_views(connection)[view.table.name].state
            made = create_tables(view.table, view.layout, state.building or 0, database.dialect)
            _run(connection, made)
            return state

    return database.retrying(work)


def share_out(database: Database, view: View, count: int) -> ViewState:
    """Give a build *count* shares; one that has begun, or has shares, is left as it is."""

    def work() -> ViewState:
        with database.creating() as connection:
            state = _locked(database, connection, view).state
            if state.building is None or state.building_position or state.shares:
                return state
            text = database.statement("INSERT INTO build_share VALUES (?, ?, ?, 0)")
            for share in range(count):
                connection.execute(text, (state.name, state.building, share))
            return kept_views(connection)[state.name].state

    return database.retrying(work)


def join(database: Database, view: View) -> ViewState:
    """Make one build again of shares that have all come to one position."""

    def work() -> ViewState:
        with database.creating() as connection:
            state = _locked(database, connection, view).state
            if len(set(state.shares)) != 1:
                return state
            text = "UPDATE view_state SET building_position = ? WHERE name = ?"
            row = (state.building_position, state.name)
            connection.execute(database.statement(text), row)
            text = "DELETE FROM build_share WHERE projection = ? AND generation = ?"
            connection.execute(database.statement(text), (state.name, state.building))
            return kept_views(connection)[state.name].state

    return database.retrying(work)


def abandon(database: Database, view: View) -> None:
    """Drop the generation beside the live one, if there is one."""

    def work() -> None:
        with database.creating() as connection:
            _drop_build(database, connection, _locked(database, connection, view))

    database.retrying(work)


def swap(database: Database, view: View) -> ViewState:
    """Make the built generation the live one, unless it is behind or in shares, or there is none.

    Readers of the SQL views are served by the old rows until the commit and by the new ones after
    it. Raises ``SchemaError`` when the build is not laid out as this process declares the view.
    """

    def work() -> ViewState:
        with database.creating() as connection:
            kept = _locked(database, connection, view)
            state = kept.state
            if state.building is None or state.building_position < state.position or state.shares:
                return state
            if kept.building_shape != view.shape:
                raise wrong_shape(database, view, state.building_version)
            _go_live(database, connection, view, kept)
            return kept_views(connection)[state.name].state

    return database.retrying(work)


def _go_live(database: Database, connection: Connection, view: View, kept: Kept) -> None:
    name, built = kept.state.name, kept.state.building or 0
    text = (
        "UPDATE view_state SET generation = building, position = building_position, "
        "version = building_version, shape = building_shape, building = NULL, "
        "building_position = 0, building_version = 0, building_shape = '' WHERE name = ?"
    )
    connection.execute(database.statement(text), (name,))
    for table in OF_GENERATION:
        text = f"DELETE FROM {table} WHERE projection = ? AND generation <> ?"
        connection.execute(database.statement(text), (name, built))
    _run(connection, move_views(view.table, view.layout, built, kept.shape, database.dialect))
    _run(connection, drop_tables(name, kept.state.generation, kept.shape))


def _drop_build(database: Database, connection: Connection, kept: Kept) -> None:
    name, building = kept.state.name, kept.state.building
    if building is None:
        return
    text = (
        "UPDATE view_state SET building = NULL, building_position = 0, building_version = 0, "
        "building_shape = '' WHERE name = ?"
    )
    connection.execute(database.statement(text), (name,))
    for table in OF_GENERATION:
        text = f"DELETE FROM {table} WHERE projection = ? AND generation = ?"
        connection.execute(database.statement(text), (name, building))
    _run(connection, drop_tables(name, building, kept.building_shape))


def _locked(database: Database, connection: Connection, view: View) -> Kept:
    """Read what is kept of *view* and keep everybody from moving it until the end."""
    if database.dialect == "postgresql":
        text = database.statement("SELECT 1 FROM view_state WHERE name = ? FOR UPDATE")
        connection.execute(text, (view.table.name,))
    return kept_views(connection)[view.table.name]


def wrong_shape(database: Database, view: View, version: int) -> SchemaError:
    """Return the error of rows that are not laid out as this process declares the view."""
    name, declared = view.table.name, view.table.version
    return SchemaError(
        database.url,
        f"view {name} version {version}",
        f"version {declared} of its columns",
        f"rebuild it: cix projections rebuild {name}",
    )


def _run(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.execute(statement)
