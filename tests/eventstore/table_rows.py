"""Row classes for the tests of the tables of views, and what other processes run."""

from __future__ import annotations

import multiprocessing
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any, Literal, NewType
from uuid import UUID

import attrs

from cix.eventstore.base import Change, Stored, Table
from cix.eventstore.connection import Database
from cix.eventstore.tables import SqlViewStore

RecordId = NewType("RecordId", str)


@attrs.frozen
class Address:
    city: str
    lines: tuple[str, ...] = ()


@attrs.frozen
class Item:
    sku: str
    price: int | None
    at: datetime
    labels: tuple[str, ...] = ()


@attrs.define
class Note:
    text: str
    order: int


@attrs.define
class Everything:
    """A row with a column of every kind; ``order`` and ``group`` are words of SQL."""

    key: str
    text: str
    order: int
    group: bool
    ratio: float
    at: datetime
    day: date
    waited: timedelta
    event: UUID
    status: Literal["new", "open"]
    record: RecordId
    tags: tuple[str, ...]
    counts: dict[str, int]
    names: frozenset[str]
    payload: Any
    items: tuple[Item, ...]
    maybe_text: str | None
    maybe_order: int | None
    maybe_flag: bool | None
    maybe_ratio: float | None
    maybe_at: datetime | None
    maybe_day: date | None
    maybe_waited: timedelta | None
    maybe_status: Literal["new", "open"] | None
    maybe_tags: tuple[str, ...] | None
    numbers: list[int]
    texts: Mapping[str, str | None]
    pair: tuple[str, int]
    places: dict[str, Address]
    days: tuple[date, ...]
    address: Address | None
    notes: list[Note]


@attrs.define
class Counter:
    customer: str
    facts: int = 0


@attrs.define
class LaterCounter:
    """The next version of ``Counter``'s columns."""

    customer: str
    total: int = 0
    last: str | None = None


@attrs.frozen(kw_only=True)
class Entry:
    """A line with fields that the engine's own columns would be called."""

    account: str
    position: int
    points: int
    parts: tuple[Address, ...] = ()


EVERYTHING = Table("everything", 1, Everything, "everything")
COUNTER = Table("counter", 1, Counter, "customer")
LATER_COUNTER = Table("counter", 2, LaterCounter, "customer")
LEDGER = Table("ledger", 1, Entry, "account", lines=True)


@contextmanager
def opened(url: str, *tables: Table) -> Generator[SqlViewStore]:
    """Yield a store on a database of its own, prepared for *tables*."""
    database = Database(url)
    store = SqlViewStore(database)
    try:
        store.prepare(tables or (EVERYTHING, COUNTER, LEDGER))
        yield store
    finally:
        store.close()
        database.close()


def put(
    store: SqlViewStore, name: str, rows: Iterable[Any], *, due: dict[str, int] | None = None
) -> None:
    """Write *rows* (their first field is the key) at the next position of the live table."""
    state = store.states()[name]
    key = attrs.fields(store._views[name].table.row)[0].name
    puts = {
        getattr(row, key): Stored(row, state.position + 1, 7, (due or {}).get(getattr(row, key)))
        for row in rows
    }
    change = Change(name, state.generation, puts)
    assert store.commit([change], expected={name: state.position}, position=state.position + 1)


def asked(store: SqlViewStore, text: str) -> list[tuple[Any, ...]]:
    """Answer plain SQL, as an analyst would ask it."""
    return store._database.ask(lambda connection: connection.execute(text).fetchall())


def processes() -> BaseContext:
    """Return how processes are made: by a server of their own, so that they inherit nothing.

    It loads beforehand what takes long to import: a process is there in a hundredth of a second.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["cix.eventstore.tables", "psycopg", "sqlalchemy.dialects.postgresql.psycopg"]
    )
    return context


def count_on(url: str, until: int, page: int, say: Connection | None = None) -> int:
    """Count facts into *page* rows at a time, as a worker does; return how many commits it made."""
    made = 0
    with opened(url, COUNTER) as store:
        while (state := store.states()["counter"]).position < until:
            keys = [f"c-{n:06d}" for n in range(state.position, state.position + page)]
            keys = [f"c-{int(key[2:]) % (page * 3):06d}" for key in keys]
            found = store.load("counter", keys, state.generation)
            puts: dict[str, Stored] = {}
            for key in keys:
                row = found[key].row if key in found else Counter(key)
                row.facts += 1
                puts[key] = Stored(row, state.position + page, 0)
            change = Change("counter", state.generation, puts)
            end = state.position + page
            if store.commit([change], expected={"counter": state.position}, position=end):
                made += 1
                if say:
                    say.send(end)
    if say:
        say.send(None)
    return made


def prepare_on(url: str, start: Any, say: Connection) -> None:
    """Prepare a store at the same moment as others."""
    start.wait()
    with opened(url) as store:
        say.send(sorted(store.states()))


def rebuild_on(url: str, say: Connection) -> None:
    """Rebuild the counters again and again: every row says the position it was built up to."""
    with opened(url, COUNTER) as store:
        while True:
            state = store.begin_build("counter", 1)
            end = state.building_position + 1
            puts = {
                f"c-{n:04d}": Stored(Counter(f"c-{n:04d}", state.position + 1), end, 0)
                for n in range(300)
            }
            change = Change("counter", state.building or 0, puts)
            for position in range(state.building_position, state.position + 1):
                expected = {"counter+": position}
                assert store.commit([change], expected=expected, position=position + 1)
            say.send(store.swap("counter").position)
