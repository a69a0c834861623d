"""Rows come back from the tables of views as they went in, on both databases."""

from __future__ import annotations

import math
from collections.abc import Generator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cix.errors import ProjectionError
from cix.eventstore.base import Change, Line, Stored
from cix.eventstore.tables import SqlViewStore
from eventstore.table_rows import (
    Address,
    Counter,
    Entry,
    Everything,
    Item,
    Note,
    RecordId,
    asked,
    opened,
    put,
)

reused = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
numbers = st.integers(-(2**63), 2**63 - 1)
zones = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(-timedelta(hours=9.5))])
instants = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=zones)  # noqa: DTZ001 -- hypothesis wants them naive
floats = st.floats(allow_nan=False).map(lambda number: number + 0.0)  # -0.0 is kept as 0.0
durations = st.timedeltas(timedelta(days=-100_000_000), timedelta(days=100_000_000))
statuses = st.sampled_from(["new", "open"])
items = st.builds(Item, texts, st.none() | numbers, instants, st.tuples(any_text))
everything = st.builds(
    Everything,
    key=texts,
    text=texts,
    order=numbers,
    group=st.booleans(),
    ratio=floats,
    at=instants,
    day=st.dates(),
    waited=durations,
    event=st.uuids(),
    status=statuses,
    record=texts.map(RecordId),
    tags=st.lists(any_text, max_size=3).map(tuple),
    counts=st.dictionaries(any_text, numbers, max_size=3),
    names=st.frozensets(any_text, max_size=3),
    payload=st.recursive(
        st.none() | st.booleans() | numbers | any_text,
        lambda inner: st.lists(inner) | st.dictionaries(any_text, inner),
        max_leaves=4,
    ),
    items=st.lists(items, max_size=3).map(tuple),
    maybe_text=st.none() | texts,
    maybe_order=st.none() | numbers,
    maybe_flag=st.none() | st.booleans(),
    maybe_ratio=st.none() | floats,
    maybe_at=st.none() | instants,
    maybe_day=st.none() | st.dates(),
    maybe_waited=st.none() | durations,
    maybe_status=st.none() | statuses,
    maybe_tags=st.none() | st.lists(any_text, max_size=2).map(tuple),
    numbers=st.lists(numbers, max_size=2),
    texts=st.dictionaries(any_text, st.none() | any_text, max_size=2),
    pair=st.tuples(any_text, numbers),
    places=st.dictionaries(any_text, st.builds(Address, any_text), max_size=2),
    days=st.lists(st.dates(), max_size=2).map(tuple),
    address=st.none() | st.builds(Address, any_text, st.tuples(any_text)),
    notes=st.lists(st.builds(Note, texts, numbers), max_size=3),
)

SAMPLE = Everything(
    key="k-1",
    text='it\'s "late"; 包裹',
    order=2**63 - 1,
    group=True,
    ratio=0.1,
    at=datetime(2024, 3, 1, 10, tzinfo=timezone(timedelta(hours=8))),
    day=date(2024, 2, 29),
    waited=timedelta(hours=1, microseconds=1),
    event=UUID(int=7),
    status="open",
    record=RecordId("r-1"),
    tags=("vip", "包"),
    counts={"b": 2, "a": 1},
    names=frozenset({"x", "y"}),
    payload={"a": [1, None]},
    items=(Item("s-1", 5, datetime(2024, 1, 1, tzinfo=UTC), ("new",)),),
    maybe_text=None,
    maybe_order=None,
    maybe_flag=None,
    maybe_ratio=None,
    maybe_at=None,
    maybe_day=None,
    maybe_waited=None,
    maybe_status=None,
    maybe_tags=None,
    numbers=[3],
    texts={"x": None},
    pair=("p", 1),
    places={"home": Address("上海")},
    days=(date(2024, 1, 1),),
    address=Address("上海", ("1 Road",)),
    notes=[Note("first", 1), Note("second", 2)],
)


@pytest.fixture
def store(store_url: str) -> Generator[SqlViewStore]:
    with opened(store_url) as found:
        yield found


@reused
@given(row=everything)
def test_a_row_of_every_column_type_comes_back_equal(store: SqlViewStore, row: Everything) -> None:
    put(store, "everything", [row])
    found = store.load("everything", [row.key], 1)[row.key].row
    assert found == row
    assert found.at.tzinfo is UTC
    assert type(found.notes) is list
    assert type(found.ratio) is float
    assert type(found.group) is bool


def test_what_stands_beside_a_row_comes_back_too(store: SqlViewStore) -> None:
    puts = {"c-1": Stored(Counter("c-1", 3), 5, -12, 99), "c-2": Stored(Counter("c-2"), 4, 1)}
    assert store.commit([Change("counter", 1, puts)], expected={"counter": 0}, position=5)
    assert store.load("counter", ["c-2", "c-1", "c-3", "c-1"], 1) == puts
    assert store.load("counter", [], 1) == {}


def test_a_page_of_thousands_comes_back(store: SqlViewStore) -> None:
    rows = [Counter(f"c-{n}", n) for n in range(2_345)]
    put(store, "counter", rows)
    found = store.load("counter", (row.customer for row in rows), 1)
    assert {key: stored.row for key, stored in found.items()} == {r.customer: r for r in rows}


def test_a_row_is_replaced_with_its_children_and_deleted_with_them(store: SqlViewStore) -> None:
    put(store, "everything", [SAMPLE, attrs.evolve(SAMPLE, key="k-2")])
    put(store, "everything", [attrs.evolve(SAMPLE, items=(), notes=[Note("only", 3)])])
    found = store.load("everything", ["k-1", "k-2"], 1)
    assert (found["k-1"].row.items, found["k-1"].row.notes) == ((), [Note("only", 3)])
    assert found["k-2"].row == attrs.evolve(SAMPLE, key="k-2")
    gone = Change("everything", 1, deletes={"k-2", "k-9"})
    assert store.commit([gone], expected={"everything": 2}, position=3)
    assert list(store.load("everything", ["k-1", "k-2"], 1)) == ["k-1"]
    assert asked(store, "SELECT key, text FROM everything_notes") == [("k-1", "only")]
    assert asked(store, "SELECT * FROM everything_items") == []


def test_a_key_may_be_deleted_and_put_in_one_change(store: SqlViewStore) -> None:
    put(store, "counter", [Counter("c-1", 9)])
    change = Change("counter", 1, {"c-1": Stored(Counter("c-1", 1), 2, 0)}, deletes={"c-1"})
    assert store.commit([change], expected={"counter": 1}, position=2)
    assert store.load("counter", ["c-1"], 1)["c-1"].row == Counter("c-1", 1)


def test_plain_sql_reads_the_rows_under_the_names_of_the_fields(store: SqlViewStore) -> None:
    put(store, "everything", [SAMPLE])
    assert asked(
        store,
        'SELECT key, text, "order", waited_us, status, tags, counts, maybe_text FROM everything',
    ) == [
        (
            "k-1",
            SAMPLE.text,
            2**63 - 1,
            3_600_000_001,
            "open",
            '["vip","包"]',
            '{"a":1,"b":2}',
            None,
        )
    ]
    assert asked(store, "SELECT key, n, sku, price, labels FROM everything_items") == [
        ("k-1", 0, "s-1", 5, '["new"]')
    ]
    assert asked(store, 'SELECT n, text, "order" FROM everything_notes ORDER BY n') == [
        (0, "first", 1),
        (1, "second", 2),
    ]


def test_plain_sql_does_not_see_the_columns_of_the_engine(store: SqlViewStore) -> None:
    put(store, "counter", [Counter("c-1", 2)])
    assert asked(store, "SELECT * FROM counter") == [("c-1", 2)]


def test_an_instant_is_one_text_of_fixed_width_on_sqlite(sqlite_url: str) -> None:
    with opened(sqlite_url) as store:
        put(store, "everything", [SAMPLE])
        assert asked(store, "SELECT at, day, maybe_at FROM everything") == [
            ("2024-03-01T02:00:00.000000Z", "2024-02-29", None)
        ]


def test_an_instant_is_an_instant_on_postgresql_whatever_the_session_s_zone(pg_url: str) -> None:
    with opened(pg_url) as store:
        put(store, "everything", [SAMPLE])

        def elsewhere(connection: Any) -> tuple[Any, ...]:
            connection.execute("SET TIME ZONE 'Asia/Shanghai'")
            row = store._table("everything", 1).read_keys(connection, ["k-1"])[1][0].row
            kinds = connection.execute("SELECT pg_typeof(at), pg_typeof(day) FROM everything")
            return row, *kinds.fetchone()

        row, at, day = store._database.ask(elsewhere)
        assert (row.at, row.at.tzinfo) == (SAMPLE.at, UTC)
        assert (at, day) == ("timestamp with time zone", "date")


def test_lines_are_added_read_in_order_and_removed_by_key(store: SqlViewStore) -> None:
    def line(key: str, position: int, n: int, points: int) -> Line:
        entry = Entry(account=key, position=-1, points=points, parts=(Address("a"),))
        return Line(key, position, n, 1_000 + position, entry)

    lines = [line("a-2", 3, 0, 7), line("a-1", 2, 1, 6), line("a-1", 2, 0, 5), line("a-3", 1, 0, 4)]
    assert store.commit([Change("ledger", 1, lines=lines)], expected={"ledger": 0}, position=3)
    assert store.lines("ledger", ["a-2", "a-1", "a-2"], 1) == [lines[2], lines[1], lines[0]]
    assert store.lines("ledger", [], 1) == []
    again = [line("a-1", 2, 0, 50)]
    change = Change("ledger", 1, lines=again, deletes={"a-1"})
    assert store.commit([change], expected={"ledger": 3}, position=4)
    assert store.lines("ledger", ["a-1", "a-2", "a-3"], 1) == [lines[3], again[0], lines[0]]


def test_plain_sql_reads_lines_with_their_place(store: SqlViewStore) -> None:
    """A column of the row's own keeps its name; the engine's has an underscore behind it."""
    entry = Entry(account="own", position=-1, points=5)
    change = Change("ledger", 1, lines=[Line("a-1", 9, 2, 0, entry)])
    assert store.commit([change], expected={"ledger": 0}, position=9)
    text = "SELECT account_, position_, n, account, position, points, parts FROM ledger"
    assert asked(store, text) == [("a-1", 9, 2, "own", -1, 5, "[]")]


SPOILT: list[tuple[dict[str, Any], str]] = [
    ({"maybe_order": 2**63}, "64 bits"),
    ({"maybe_ratio": math.nan}, "a number"),
    ({"text": "a\0b"}, "NUL"),
    ({"text": "\ud800"}, "surrogates"),
    ({"tags": ("\ud800",)}, "surrogates"),
    ({"text": None}, "must not be None"),
    ({"order": "seven"}, "an integer"),
    ({"at": datetime(2024, 1, 1)}, "offset"),  # noqa: DTZ001 -- that is the mistake
    ({"day": None}, "must not be None"),
    ({"notes": [Note("fine", 1), Note(None, 2)]}, "notes, text"),  # type: ignore[arg-type]  # that is the mistake
]


def test_a_row_that_cannot_be_stored_is_named_and_nothing_is_written(store: SqlViewStore) -> None:
    for spoilt, problem in SPOILT:
        bad = attrs.evolve(SAMPLE, key="k-2", **spoilt)
        puts = {"k-1": Stored(SAMPLE, 3, 0), "k-2": Stored(bad, 4, 0)}
        with pytest.raises(ProjectionError, match=problem) as caught:
            store.commit([Change("everything", 1, puts)], expected={"everything": 0}, position=4)
        found = caught.value
        assert (found.projection, found.position, found.fact) == ("everything", 4, "k-2")
        assert store.states()["everything"].position == 0
        assert store.find("everything") == []


def test_a_row_filed_under_another_key_than_its_own_is_refused(store: SqlViewStore) -> None:
    change = Change("counter", 1, {"c-1": Stored(Counter("c-2"), 1, 0)})
    with pytest.raises(ProjectionError, match="says it is that of 'c-2'"):
        store.commit([change], expected={"counter": 0}, position=1)
