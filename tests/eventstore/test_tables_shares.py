"""A build may be given shares, each with a checkpoint of its own, and is made one again."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest

from cix.eventstore.base import Change, Stored, ViewState
from cix.eventstore.tables import SqlViewStore
from eventstore.table_rows import COUNTER, LATER_COUNTER, LEDGER, Counter, asked, opened, put

LIVE = ViewState("counter", 1, 1, 1)


@pytest.fixture
def store(store_url: str) -> Generator[SqlViewStore]:
    with opened(store_url, COUNTER, LEDGER) as found:
        put(found, "counter", [Counter("a", 1), Counter("b", 2)])
        yield found


def begun(store: SqlViewStore, count: int) -> ViewState:
    """Begin a build and give it shares."""
    store.begin_build("counter", 1)
    return store.share_build("counter", count)


def moved(store: SqlViewStore, share: int, start: int, end: int, *rows: Counter) -> bool:
    """Write rows of one share of generation 2 and move its checkpoint."""
    change = Change("counter", 2, {row.customer: Stored(row, end, 0) for row in rows})
    return store.commit([change], expected={f"counter+{share}": start}, position=end)


def test_shares_move_by_themselves_and_the_build_is_where_the_last_one_is(
    store: SqlViewStore,
) -> None:
    assert begun(store, 2).shares == (0, 0)
    assert moved(store, 1, 0, 5, Counter("b", 20))
    state = store.states()["counter"]
    assert (state.shares, state.building_position) == ((0, 5), 0)
    assert moved(store, 0, 0, 3, Counter("a", 10))
    state = store.states()["counter"]
    assert (state.shares, state.building_position) == ((3, 5), 3)
    assert store.keys("counter", 2) == ["a", "b"]


def test_a_share_that_another_has_moved_is_not_moved_again(store: SqlViewStore) -> None:
    begun(store, 2)
    assert moved(store, 0, 0, 5, Counter("a", 10))
    assert not moved(store, 0, 0, 5, Counter("a", 11))
    assert not moved(store, 2, 0, 5, Counter("a", 12))  # there is no such share
    assert store.load("counter", ["a"], 2)["a"].row == Counter("a", 10)


def test_nobody_builds_the_whole_while_there_are_shares(store: SqlViewStore) -> None:
    begun(store, 2)
    change = Change("counter", 2, {"a": Stored(Counter("a", 10), 5, 0)})
    assert not store.commit([change], expected={"counter+": 0}, position=5)
    assert store.keys("counter", 2) == []


def test_who_waited_for_the_lock_sees_the_shares_that_were_given_meanwhile(pg_url: str) -> None:
    waiting = (
        "SELECT 1 FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    whole = Change("counter", 2, {"a": Stored(Counter("a", 10), 5, 0)})
    with opened(pg_url, COUNTER) as store, opened(pg_url, COUNTER) as other:
        begun(store, 0)
        with ThreadPoolExecutor(1) as pool, store._database.writing() as giving:
            giving.execute("SELECT 1 FROM view_state FOR UPDATE")
            giving.execute("INSERT INTO build_share VALUES ('counter', 2, 0, 0)")
            late = pool.submit(other.commit, [whole], expected={"counter+": 0}, position=5)
            while not asked(store, waiting) and not late.done():
                pass
        assert not late.result()
        assert store.keys("counter", 2) == []


def test_a_build_in_shares_is_not_swapped_in(store: SqlViewStore) -> None:
    begun(store, 2)
    assert moved(store, 0, 0, 1)
    assert moved(store, 1, 0, 1)
    assert store.swap("counter").generation == 1
    assert store.join_build("counter").shares == ()
    assert store.swap("counter") == ViewState("counter", 1, 2, 1)


def test_shares_are_joined_when_they_stand_at_one_position(store: SqlViewStore) -> None:
    begun(store, 2)
    assert moved(store, 0, 0, 5)
    assert store.join_build("counter").shares == (5, 0)
    assert moved(store, 1, 0, 5)
    state = store.join_build("counter")
    assert (state.shares, state.building_position) == ((), 5)
    assert store.join_build("counter") == state
    assert not moved(store, 1, 5, 6)
    assert store.commit([], expected={"counter+": 5}, position=6)


def test_a_build_that_has_begun_keeps_the_shares_it_has_or_none(store: SqlViewStore) -> None:
    assert store.share_build("counter", 2) == LIVE  # there is no build
    begun(store, 2)
    assert store.share_build("counter", 3).shares == (0, 0)
    store.abandon_build("counter")
    assert store.states()["counter"] == LIVE
    store.begin_build("counter", 1)
    assert store.commit([], expected={"counter+": 0}, position=1)
    assert store.share_build("counter", 3).shares == ()


def test_a_build_of_another_version_has_no_shares_yet(store_url: str, store: SqlViewStore) -> None:
    begun(store, 2)
    with opened(store_url, LATER_COUNTER) as later:
        assert later.begin_build("counter", 2).shares == ()
        assert not moved(store, 0, 0, 5, Counter("a", 10))


def test_rows_and_a_share_of_another_view_are_not_written_together(store: SqlViewStore) -> None:
    begun(store, 2)
    ledger = Change("ledger", 1)
    assert not store.commit([ledger], expected={"counter+0": 0, "ledger": 0}, position=5)
    assert store.states()["counter"].shares == (0, 0)
