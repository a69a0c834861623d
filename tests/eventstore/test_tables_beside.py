"""What is kept beside the rows: due queue, digests, opaque ids, followers."""

from __future__ import annotations

import threading
from collections.abc import Generator

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cix.errors import StoreClosedError
from cix.eventstore.base import Change, Line, Stored
from cix.eventstore.connection import Database
from cix.eventstore.digest import rows_digest
from cix.eventstore.tables import SqlViewStore
from eventstore.table_rows import COUNTER, LEDGER, Counter, Entry, Everything, opened, put
from eventstore.test_tables_rows import SAMPLE, everything


@pytest.fixture
def store(store_url: str) -> Generator[SqlViewStore]:
    with opened(store_url) as found:
        yield found


def test_due_keys_come_soonest_first(store: SqlViewStore) -> None:
    due = {"a": 30, "b": 10, "c": 20, "d": 20}
    put(store, "counter", [Counter(key) for key in "abcde"], due=due)
    assert store.due("counter", 20) == ["b", "c", "d"]
    assert store.due("counter", 20, limit=2) == ["b", "c"]
    assert store.due("counter", 9) == []
    put(store, "counter", [Counter("b")])
    assert store.due("counter", 2**62) == ["c", "d", "a"]


def test_equal_rows_have_equal_digests_on_both_databases(sqlite_url: str, pg_url: str) -> None:
    with opened(sqlite_url) as one, opened(pg_url) as other:

        @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
        @given(rows=st.lists(everything, min_size=1, max_size=4, unique_by=lambda row: row.key))
        def equal(rows: list[Everything]) -> None:
            for store in (one, other):
                at = store.states()["everything"].position
                gone = Change("everything", 1, deletes=set(store.keys("everything", 1)))
                gone.deletes.add("")
                assert store.commit([gone], expected={"everything": at}, position=at)
                put(store, "everything", rows)
            by_key = sorted(rows, key=lambda row: row.key)
            expected = rows_digest(Stored(row, 0, 0) for row in by_key)
            assert one.digest("everything") == other.digest("everything") == expected

        equal()


def test_a_digest_reads_every_page_and_every_line(store: SqlViewStore) -> None:
    lines = [
        Line(f"a-{n % 7}", n, n % 3, 5, Entry(account="x", position=n, points=n))
        for n in range(2_500)
    ]
    assert store.commit([Change("ledger", 1, lines=lines)], expected={"ledger": 0}, position=9)
    in_order = sorted(lines, key=lambda line: (line.key, line.position, line.n))
    assert store.digest("ledger") == rows_digest(in_order)
    put(store, "counter", [Counter(f"c-{n:04d}", n) for n in range(2_000)])
    rows = [Stored(Counter(f"c-{n:04d}", n), 0, 0) for n in range(2_000)]
    assert store.digest("counter") == rows_digest(rows)


def test_a_digest_tells_content_not_how_it_came_about(store: SqlViewStore) -> None:
    empty = store.digest("everything")
    put(store, "everything", [SAMPLE])
    first = store.digest("everything")
    put(store, "everything", [SAMPLE])  # at a later position
    assert store.digest("everything") == first != empty
    put(store, "everything", [attrs.evolve(SAMPLE, notes=SAMPLE.notes[::-1])])
    assert store.digest("everything") != first


def test_an_opaque_id_is_kept_for_a_value(store: SqlViewStore) -> None:
    assert store.identify("phone", b"\0\xff", "r-1") == "r-1"
    assert store.identify("phone", b"\0\xff", "r-2") == "r-1"
    assert store.identify("email", b"\0\xff", "r-3") == "r-3"
    assert store.identify("phone", b"\0", "r-4") == "r-4"


def test_whoever_asks_first_for_an_opaque_id_all_get_the_same(store_url: str) -> None:
    start, found = threading.Barrier(6), list[list[str]]()
    with opened(store_url, COUNTER):
        pass

    def ask(me: int) -> None:
        with opened(store_url, COUNTER) as store:
            start.wait()
            found.append([store.identify("phone", bytes([n]), f"r-{me}-{n}") for n in range(20)])

    threads = [threading.Thread(target=ask, args=(me,)) for me in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(each == found[0] for each in found)


def test_a_follower_moves_only_from_where_it_is(store: SqlViewStore) -> None:
    assert store.cursor("reactions") == 0
    assert not store.move_cursor("reactions", 3, 4)
    assert store.cursor("reactions") == 0
    assert store.move_cursor("reactions", 0, 4)
    assert not store.move_cursor("reactions", 0, 5)
    assert store.move_cursor("reactions", 4, 9)
    assert (store.cursor("reactions"), store.cursor("other")) == (9, 0)


def test_closing_twice_is_allowed_and_leaves_the_database_to_its_owner(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    store = SqlViewStore(database)
    store.prepare([COUNTER])
    store.close()
    store.close()
    assert database.tables()
    database.close()
    with pytest.raises(StoreClosedError):
        store.states()


def test_a_database_in_memory_serves_too() -> None:
    with opened("sqlite://", COUNTER, LEDGER) as store:
        put(store, "counter", [Counter(f"c-{n}", n) for n in range(700)])
        assert len(store.load("counter", [f"c-{n}" for n in range(700)], 1)) == 700
        assert store.digest("counter")
        assert store.begin_build("counter", 1).building == 2


# -- keys that have no row yet ------------------------------------------------------
def test_awaited_keys_are_due_among_the_rows_until_they_have_arrived(store: SqlViewStore) -> None:
    row = {"b": Stored(Counter("b", 1), 1, 0, 20)}
    waits = Change("counter", 1, row, awaited={"a": 30, "c": 10})
    assert store.commit([waits], expected={"counter": 0}, position=1)
    assert store.awaited("counter") == {"a", "c"}
    assert store.due("counter", 30) == ["c", "b", "a"]
    assert store.due("counter", 30, limit=1) == ["c"]
    assert store.due("counter", 9) == store.due("ledger", 30) == []
    comes = Change("counter", 1, {"c": Stored(Counter("c", 1), 2, 0)}, awaited={"a": 40})
    comes.arrived.update({"c", "never"})
    assert store.commit([comes], expected={"counter": 1}, position=2)
    assert store.due("counter", 40) == ["b", "a"]


def test_awaited_keys_go_with_their_generation(store: SqlViewStore) -> None:
    live = Change("counter", 1, awaited={"a": 30})
    assert store.commit([live], expected={"counter": 0}, position=1)
    store.begin_build("counter", 1)
    beside = Change("counter", 2, awaited={"b": 30})
    assert store.commit([beside], expected={"counter+": 0}, position=1)
    assert (store.awaited("counter"), store.awaited("counter+")) == ({"a"}, {"b"})
    store.swap("counter")
    assert (store.awaited("counter"), store.awaited("counter+")) == ({"b"}, set())
    assert store.due("counter", 30) == ["b"]


def test_a_table_beside_that_is_missing_is_made_and_the_views_stay(store_url: str) -> None:
    with opened(store_url) as store:
        row = {"a": Stored(Counter("a", 1), 1, 0)}
        assert store.commit([Change("counter", 1, row)], expected={"counter": 0}, position=1)
        with store._database.writing() as connection:
            connection.execute("DROP TABLE awaited")
    with opened(store_url) as store:
        assert [each.row for each in store.find("counter")] == [Counter("a", 1)]
        assert store.due("counter", 30) == []
