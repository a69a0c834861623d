"""A view is rebuilt beside its live rows, and readers never notice the swap."""

from __future__ import annotations

import random
import threading
from collections.abc import Generator
from typing import Any

import attrs
import pytest

from cix.errors import ConfigError, SchemaError, StoreUnavailableError
from cix.eventstore.base import Change, Parked, Stored, Table, ViewState, Where
from cix.eventstore.connection import Database
from cix.eventstore.tables import SqlViewStore
from eventstore.table_rows import (
    COUNTER,
    EVERYTHING,
    LATER_COUNTER,
    LEDGER,
    Counter,
    LaterCounter,
    asked,
    opened,
    prepare_on,
    processes,
    put,
    rebuild_on,
)

SAME_COLUMNS = attrs.evolve(COUNTER, version=2)
LIVE = ViewState("counter", 1, 1, 1)


@pytest.fixture
def store(store_url: str) -> Generator[SqlViewStore]:
    with opened(store_url, COUNTER, LEDGER) as found:
        put(found, "counter", [Counter("a", 1), Counter("b", 2)])
        yield found


def built(store: SqlViewStore, *rows: Any, version: int = 1, position: int = 1) -> ViewState:
    """Build a generation of *rows* up to *position*."""
    state = store.begin_build("counter", version)
    assert state.building is not None
    puts = {row.customer: Stored(row, position, 0) for row in rows}
    change = Change("counter", state.building, puts)
    expected = {"counter+": state.building_position}
    assert store.commit([change], expected=expected, position=position)
    return state


def test_preparing_again_writes_nothing(store_url: str, store: SqlViewStore) -> None:
    busy, database = Database(store_url), Database(store_url)
    again = SqlViewStore(database)
    with busy.writing():  # nobody else could write now
        again.prepare([COUNTER, LEDGER])
        assert again.states()["counter"] == LIVE
    database.close()
    busy.close()


def test_a_view_may_be_added_later(store_url: str, store: SqlViewStore) -> None:
    with opened(store_url, COUNTER, EVERYTHING) as again:
        assert sorted(again.states()) == ["counter", "everything"]
        assert again.find("everything") == []
        assert len(again.find("counter")) == 2


def test_four_processes_may_prepare_at_once(store_url: str) -> None:
    context: Any = processes()
    start, pipes = context.Barrier(4), [context.Pipe(duplex=False) for _ in range(4)]
    workers = [context.Process(target=prepare_on, args=(store_url, start, say)) for _, say in pipes]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    assert [heard.recv() for heard, _ in pipes] == [["counter", "everything", "ledger"]] * 4


def test_a_name_that_something_else_has_in_the_database_is_refused(store_url: str) -> None:
    database = Database(store_url)
    with database.creating() as connection:
        connection.execute("CREATE TABLE counter (mine TEXT)")
    with pytest.raises(ConfigError, match="a table of that name"):
        SqlViewStore(database).prepare([COUNTER])
    database.close()


def test_columns_that_change_without_a_new_version_are_refused(
    store_url: str, store: SqlViewStore
) -> None:
    changed = attrs.evolve(LATER_COUNTER, version=1)
    with pytest.raises(ConfigError, match="raise the view's version"), opened(store_url, changed):
        pass


def test_an_old_version_is_served_until_the_new_one_is_built(
    store_url: str, store: SqlViewStore
) -> None:
    with opened(store_url, LATER_COUNTER) as later:
        assert later.states()["counter"] == LIVE
        assert asked(later, "SELECT * FROM counter") == [("a", 1), ("b", 2)]
        for read in (
            lambda: later.find("counter"),
            lambda: later.load("counter", ["a"], 1),
            lambda: later.digest("counter"),
        ):
            with pytest.raises(SchemaError, match="projections rebuild counter"):
                read()
        built(later, LaterCounter("a", 1, "x"), version=2)
        assert asked(later, "SELECT * FROM counter") == [("a", 1), ("b", 2)]
        assert later.swap("counter") == ViewState("counter", 2, 2, 1)
        assert asked(later, "SELECT * FROM counter") == [("a", 1, "x")]
        assert later.find("counter")[0].row == LaterCounter("a", 1, "x")
    with pytest.raises(SchemaError, match="version 2"):
        store.find("counter")


def test_a_process_of_an_old_version_cannot_swap_in_what_it_does_not_know(
    store_url: str, store: SqlViewStore
) -> None:
    with opened(store_url, LATER_COUNTER) as later:
        built(later, LaterCounter("a", 1, "x"), version=2)
    with pytest.raises(SchemaError, match="version 2"):
        store.swap("counter")
    assert store.find("counter", [Where("customer", "=", "a")])[0].row == Counter("a", 1)


def test_several_workers_that_begin_and_swap_at_once_make_one_build(
    store_url: str, store: SqlViewStore
) -> None:
    start, begun, swapped = threading.Barrier(4), list[ViewState](), list[ViewState]()

    def work() -> None:
        with opened(store_url, COUNTER) as worker:
            start.wait()
            state = worker.begin_build("counter", 1)
            begun.append(state)
            worker.commit([], expected={"counter+": 0}, position=1)
            start.wait()
            swapped.append(worker.swap("counter"))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {state.building for state in begun} == {2}
    assert swapped == [ViewState("counter", 1, 2, 1)] * 4


def test_an_old_version_of_the_same_columns_is_read_as_before(
    store_url: str, store: SqlViewStore
) -> None:
    with opened(store_url, SAME_COLUMNS) as later:
        assert later.states()["counter"].version == 1
        assert [stored.row for stored in later.find("counter")] == [
            Counter("a", 1),
            Counter("b", 2),
        ]


def test_a_build_stands_beside_the_live_rows(store: SqlViewStore) -> None:
    state = built(store, Counter("a", 10))
    assert state == ViewState("counter", 1, 1, 1, building=2, building_version=1)
    assert store.states()["counter"].building_position == 1
    assert [stored.row.facts for stored in store.find("counter")] == [1, 2]
    assert store.load("counter", ["a"], 2)["a"].row == Counter("a", 10)
    assert store.keys("counter", 2) == ["a"]


def test_a_build_under_way_is_resumed(store_url: str, store: SqlViewStore) -> None:
    built(store, Counter("a", 10))
    with opened(store_url, COUNTER) as again:
        state = again.begin_build("counter", 1)
        assert (state.building, state.building_position) == (2, 1)
        assert list(again.load("counter", ["a"], 2)) == ["a"]


def test_a_build_of_another_version_is_begun_afresh(store_url: str, store: SqlViewStore) -> None:
    built(store, Counter("a", 10))
    with opened(store_url, LATER_COUNTER) as later:
        state = later.begin_build("counter", 2)
        assert (state.building, state.building_position, state.building_version) == (3, 0, 2)
        assert later.keys("counter", 3) == []
    with pytest.raises(StoreUnavailableError, match="generation 2"):
        store.keys("counter", 2)


def test_an_abandoned_build_leaves_nothing(store: SqlViewStore) -> None:
    built(store, Counter("a", 10))
    store.abandon_build("counter")
    store.abandon_build("counter")
    assert store.states()["counter"] == LIVE
    assert not {name for name in store._database.tables() if name.startswith("counter_2")}
    assert store.begin_build("counter", 1).building == 3


def test_a_swap_moves_rows_checkpoint_and_parked_keys_at_once(store: SqlViewStore) -> None:
    old = Change("counter", 1, parked={"b": Parked("counter", "b", 1, "old")})
    assert store.commit([old], expected={"counter": 1}, position=2)
    built(store, Counter("a", 10), Counter("c", 30), position=4)
    new = Change("counter", 2, parked={"c": Parked("counter", "c", 5, "new")})
    assert store.commit([new], expected={"counter+": 4}, position=5)
    assert [each.error for each in store.parked()] == ["old"]
    assert [each.error for each in store.parked("counter+")] == ["new"]
    assert store.swap("counter") == ViewState("counter", 1, 2, 5, parked=1)
    assert [each.error for each in store.parked()] == ["new"]
    assert asked(store, "SELECT * FROM counter") == [("a", 10), ("c", 30)]
    assert not {name for name in store._database.tables() if name.startswith("counter_1")}


def test_a_swap_without_a_build_changes_nothing(store: SqlViewStore) -> None:
    assert store.swap("counter") == LIVE


def test_a_build_behind_the_live_rows_is_not_swapped(store: SqlViewStore) -> None:
    built(store, Counter("a", 10), position=5)
    assert store.commit([], expected={"counter": 1}, position=6)
    state = store.swap("counter")
    assert (state.generation, state.building, state.position) == (1, 2, 6)
    assert store.commit([], expected={"counter+": 5}, position=6)
    assert store.swap("counter").generation == 2


def test_a_store_learns_of_a_swap_by_another(store_url: str, store: SqlViewStore) -> None:
    assert len(store.find("counter")) == 2
    with opened(store_url, COUNTER) as other:
        built(other, Counter("z", 9))
        other.swap("counter")
    assert [stored.row for stored in store.find("counter")] == [Counter("z", 9)]
    assert store.digest("counter")
    with pytest.raises(StoreUnavailableError, match="read the states again"):
        store.load("counter", ["a"], 1)
    stale = Change("counter", 1, {"a": Stored(Counter("a"), 2, 0)})
    assert not store.commit([stale], expected={"counter": 1}, position=2)


def test_child_tables_and_their_sql_views_move_too(store_url: str) -> None:
    from eventstore.test_tables_rows import SAMPLE

    with opened(store_url, EVERYTHING) as store:
        put(store, "everything", [SAMPLE])
        state = store.begin_build("everything", 1)
        row = attrs.evolve(SAMPLE, key="k-2")
        change = Change("everything", state.building or 0, {"k-2": Stored(row, 1, 0)})
        assert store.commit([change], expected={"everything+": 0}, position=1)
        store.swap("everything")
        assert asked(store, "SELECT key, sku FROM everything_items") == [("k-2", "s-1")]
        assert store.find("everything", [Where("key", "=", "k-2")])[0].row == row


def test_on_postgresql_what_depends_on_a_view_outlives_a_rebuild(pg_url: str) -> None:
    with opened(pg_url, COUNTER) as store:
        with store._database.writing() as connection:
            connection.execute("CREATE VIEW totals AS SELECT sum(facts) AS facts FROM counter")
        built(store, Counter("a", 10), Counter("b", 20))
        store.swap("counter")
        assert asked(store, "SELECT facts FROM totals") == [(30,)]


def test_a_process_killed_while_it_rebuilds_leaves_one_sound_generation(store_url: str) -> None:
    context: Any = processes()
    chance = random.Random(5)  # noqa: S311 -- moments to die at
    with opened(store_url, COUNTER) as store:
        for _ in range(10):
            heard, say = context.Pipe(duplex=False)
            worker = context.Process(target=rebuild_on, args=(store_url, say))
            worker.start()
            said = [heard.recv() for _ in range(chance.randrange(1, 4))]
            heard.poll(chance.random() * 0.03)  # somewhere inside the next rebuild
            worker.kill()
            worker.join()
            with store._database.creating():
                pass  # a server may still be at the last statement it was sent
            found = asked(store, "SELECT facts, count(*) FROM counter GROUP BY facts")
            assert [count for _, count in found] == [300]
            state = store.states()["counter"]
            assert state.position >= said[-1]
            kept = {state.generation, state.building or state.generation}
            tables = {name for name in store._database.tables() if name.startswith("counter_")}
            assert tables == {f"counter_{generation}" for generation in kept}


def test_readers_are_served_throughout_many_swaps(store_url: str) -> None:
    rows = [Counter(f"c-{n:03d}", 1) for n in range(100)]
    wrong: list[object] = []
    over = threading.Event()

    def read(table: Table) -> None:
        with opened(store_url, table) as reader:
            while not over.is_set():
                try:
                    totals = asked(reader, "SELECT count(*), sum(facts) FROM counter")
                    found = [stored.row.facts for stored in reader.find("counter")]
                except Exception as error:
                    wrong.append(error)
                    raise
                if totals != [(100, 100)] or found != [1] * 100:
                    wrong.append((totals, len(found)))

    with opened(store_url, COUNTER) as store:
        put(store, "counter", rows)
        threads = [threading.Thread(target=read, args=(COUNTER,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(20):
                built(store, *rows)
                assert store.swap("counter").building is None
        finally:
            over.set()
            for thread in threads:
                thread.join()
    assert wrong == []
