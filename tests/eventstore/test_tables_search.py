"""A search over rows answers as Python would, in one order on both databases."""

from __future__ import annotations

import operator
from collections.abc import Callable, Generator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cix.errors import InvalidArgumentError
from cix.eventstore.base import Change, Comparison, Line, Table, Where
from cix.eventstore.tables import SqlViewStore
from eventstore.table_rows import LEDGER, Address, Entry, opened, put


@attrs.frozen
class Card:
    key: str
    name: str | None
    points: int | None
    status: Literal["new", "open"]
    vip: bool
    at: datetime | None
    day: date | None
    waited: timedelta | None
    tags: tuple[str, ...]
    address: tuple[Address, ...] = ()


CARD = Table("card", 1, Card, "key")
names = st.sampled_from(["", "Zoe", "ann", "Ann", "É", "e", "包裹", "\U0001f600", "ﬃ", "a b", "'"])
some_names = st.none() | names
points = st.none() | st.integers(-2, 2)
instants = st.none() | st.sampled_from(
    [datetime(2024, 1, 1, 0, 0, n, tzinfo=UTC) for n in range(3)]
)
days = st.none() | st.sampled_from([date(2024, 1, n) for n in (1, 2)])
waits = st.none() | st.sampled_from([timedelta(seconds=n) for n in (-1, 0, 1)])
tags = st.sampled_from([(), ("a",), ("a", "b")])
fields: dict[str, st.SearchStrategy[Any]] = {
    "name": some_names,
    "points": points,
    "status": st.sampled_from(["new", "open"]),
    "vip": st.booleans(),
    "at": instants,
    "day": days,
    "waited": waits,
    "tags": tags,
}
cards = st.lists(
    st.builds(Card, key=st.integers(0, 9999).map(str), **fields),
    unique_by=lambda card: card.key,
    max_size=8,
)


@st.composite
def conditions(draw: st.DrawFn) -> Where:
    column = draw(st.sampled_from(sorted(fields)))
    values = fields[column]
    comparison: Comparison = draw(
        st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "in", "is null", "is not null"])
    )
    if comparison in {"<", "<=", ">", ">="}:
        column = "points" if column == "tags" else column
        value = draw(fields[column].filter(lambda value: value is not None))
    elif comparison == "in":
        value = draw(st.lists(values, max_size=3))
    else:
        value = draw(values) if comparison in {"=", "!="} else None
    return Where(column, comparison, value)


COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda mine, values: mine in values,
    "is null": lambda mine, _: mine is None,
    "is not null": lambda mine, _: mine is not None,
}


def holds(card: Card, where: Where) -> bool:
    """Tell whether *card* is meant, as Python compares; nothing is less or more than None."""
    mine = getattr(card, where.column)
    if mine is None and where.comparison[0] in "<>":
        return False
    return COMPARED[where.comparison](mine, where.value)


def in_order(found: list[Card], order_by: list[str]) -> list[Card]:
    """Sort as asked, empty columns last, then by key."""
    result = sorted(found, key=lambda card: card.key)
    for asked in reversed(order_by):
        column = asked.removeprefix("-")
        full = [card for card in result if getattr(card, column) is not None]
        empty = [card for card in result if getattr(card, column) is None]
        descending = asked.startswith("-")
        result = sorted(full, key=lambda c: getattr(c, column), reverse=descending)
        result += empty
    return result


@pytest.fixture
def store(store_url: str) -> Generator[SqlViewStore]:
    with opened(store_url, CARD, LEDGER) as found:
        yield found


def fill(store: SqlViewStore, rows: list[Card]) -> None:
    old = store.states()["card"]
    gone = Change("card", 1, deletes=set(store.keys("card", 1)))
    assert store.commit([gone], expected={"card": old.position}, position=old.position)
    if rows:
        put(store, "card", rows)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=cards,
    where=st.lists(conditions(), max_size=2),
    order_by=st.lists(
        st.sampled_from([sign + name for name in fields if name != "tags" for sign in ("", "-")]),
        unique_by=lambda name: name.removeprefix("-"),
        max_size=2,
    ),
    limit=st.none() | st.integers(0, 5),
)
def test_a_search_answers_as_python_would(
    store: SqlViewStore,
    rows: list[Card],
    where: list[Where],
    order_by: list[str],
    limit: int | None,
) -> None:
    fill(store, rows)
    found = [s.row for s in store.find("card", where, order_by=order_by, limit=limit)]
    expected = [card for card in rows if all(holds(card, each) for each in where)]
    assert found == in_order(expected, order_by)[:limit]


def card(key: str, **values: Any) -> Card:
    empty = dict.fromkeys(fields) | {"status": "new", "vip": False, "tags": ()}
    return Card(key, **(empty | values))


def test_texts_sort_by_code_point_on_both_databases(store: SqlViewStore) -> None:
    order = ["", " ", "A", "Z", "a", "z", "É", "é", "包", "ﬃ", "\U0001f600"]
    fill(store, [card(str(n), name=name) for n, name in enumerate(reversed(order))])
    assert [stored.row.name for stored in store.find("card", order_by=["name"])] == order


def test_keys_are_paged_in_order(store: SqlViewStore) -> None:
    fill(store, [card(key) for key in ("b", "a", "Z", "É")])
    assert store.keys("card", 1, limit=2) == ["Z", "a"]
    assert store.keys("card", 1, after="a", limit=2) == ["b", "É"]
    assert store.keys("card", 1, after="É") == []


def test_a_duration_is_found_by_its_field_s_and_its_column_s_name(store: SqlViewStore) -> None:
    fill(store, [card("a", waited=timedelta(seconds=1)), card("b", waited=timedelta(0))])
    for name in ("waited", "waited_us"):
        found = store.find("card", [Where(name, ">", timedelta(0))], order_by=[f"-{name}"])
        assert [stored.row.key for stored in found] == ["a"]


def test_an_instant_may_be_given_as_text(store: SqlViewStore) -> None:
    fill(store, [card("a", at=datetime(2024, 1, 1, tzinfo=UTC))])
    assert store.find("card", [Where("at", "=", "2024-01-01T08:00:00+08:00")])
    assert not store.find("card", [Where("at", "<", "2024-01-01T07:00:00+08:00")])


def test_lines_are_found_by_key_and_place_too(store: SqlViewStore) -> None:
    lines = [
        Line("a", position, n, 7, Entry(account="own", position=0, points=n))
        for position, n in ((2, 0), (1, 0), (1, 1))
    ]
    assert store.commit([Change("ledger", 1, lines=lines)], expected={"ledger": 0}, position=2)
    found = store.find("ledger", [Where("account_", "=", "a")], order_by=["-position_"])
    assert [(stored.position, stored.row.points) for stored in found] == [(2, 0), (1, 0), (1, 1)]
    assert [s.row.points for s in store.find("ledger", [Where("n", ">", 0)])] == [1]
    assert store.find("ledger", [Where("account", "=", "a")]) == []
    assert store.keys("ledger", 1) == ["a"]
    assert store.due("ledger", 2**62) == []


INJECTED = 'name" = name OR 1 = 1; DROP TABLE card_1; --'


@pytest.mark.parametrize(
    ("asked", "argument"),
    [
        ({"where": [Where(INJECTED, "=", "x")]}, "where"),
        ({"where": [Where("name", "= name OR 1 =", "x")]}, "where"),  # type: ignore[arg-type]  # no comparison at all
        ({"where": [Where("_position", "=", 1)]}, "where"),
        ({"where": [Where("address", "=", ())]}, "where"),
        ({"where": [Where("points", "=", "1")]}, "where"),
        ({"where": [Where("points", "=", 2**63)]}, "where"),
        ({"where": [Where("points", "<", None)]}, "where"),
        ({"where": [Where("points", "in", 5)]}, "where"),
        ({"where": [Where("name", "in", "ann")]}, "where"),
        ({"where": [Where("points", "in", list(range(10_001)))]}, "where"),
        ({"where": [Where("name", "=", "a\0b")]}, "where"),
        ({"where": [Where("name", "=", "\ud800")]}, "where"),
        ({"where": [Where("at", "=", datetime(2024, 1, 1))]}, "where"),  # noqa: DTZ001 -- that is the mistake
        ({"where": [Where("tags", "<", ("a",))]}, "where"),
        ({"where": [Where("status", "=", "closed")]}, "where"),
        ({"order_by": [INJECTED]}, "order_by"),
        ({"order_by": ["--name"]}, "order_by"),
        ({"limit": -1}, "limit"),
        ({"limit": "1; DROP TABLE card_1"}, "limit"),
    ],
)
def test_what_is_no_search_is_refused(
    sqlite_url: str, asked: dict[str, Any], argument: str
) -> None:
    with opened(sqlite_url, CARD) as store, pytest.raises(InvalidArgumentError) as caught:
        store.find("card", asked.pop("where", ()), **asked)
    assert (caught.value.where, caught.value.argument) == ("find card", argument)


def test_a_value_is_a_value_whatever_it_says(store: SqlViewStore) -> None:
    attack = "x'; DROP TABLE card_1; --"
    fill(store, [card(attack, name=attack, tags=(attack,)), card("%s ? :a", name="100%")])
    assert store.find("card", [Where("name", "=", attack)])[0].row.tags == (attack,)
    assert store.find("card", [Where("tags", "in", [(attack,)])])[0].row.key == attack
    assert list(store.load("card", [attack, "%s ? :a"], 1)) != []
    assert store.find("card", [Where("name", "=", "100%")])[0].row.key == "%s ? :a"
    gone = Change("card", 1, deletes={attack})
    position = store.states()["card"].position
    assert store.commit([gone], expected={"card": position}, position=position)
    assert store.keys("card", 1) == ["%s ? :a"]
