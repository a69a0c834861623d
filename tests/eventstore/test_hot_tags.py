"""A tag that half of all events carry costs nothing when a rare one is asked for beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

import pytest

from cix.errors import ConflictError
from cix.eventstore.base import LoadedEvent
from cix.eventstore.connection import Database
from cix.eventstore.planning import Branch, branches, matcher
from cix.eventstore.sql import SqlStore
from cix.records import EVERYTHING, Query, QueryItem
from cix.testing.sample_log import CATALOGUE, NOON, event, none_after, positions

HOT, WARM, RARE, NEVER = "channel:sms", "vip:yes", "record:r-7", "record:r-none"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """Return a store of 20,000 events: all hot, every tenth warm, twenty of the rare record."""
    path = tmp_path_factory.mktemp("busy") / "log.db"
    store = SqlStore(Database(f"sqlite:///{path}"), CATALOGUE)
    for page in range(4):
        events = [
            event(HOT, f"record:r-{n % 1_000}", *((WARM,) if n % 10 == 0 else ()))
            for n in range(page * 5_000, page * 5_000 + 5_000)
        ]
        store.load([LoadedEvent(one, NOON) for one in events])
    yield store
    store.close()


def steps(store: SqlStore, query: Query, after: int = 0) -> int:
    """Return how many thousand steps SQLite's machine makes for a read: work without a clock."""
    counted: list[None] = []
    with store.database.reading() as connection:
        driver: sqlite3.Connection = connection  # type: ignore[assignment]  # this store is SQLite's
        driver.set_progress_handler(lambda: counted.append(None), 10)
        store._reading.rows(connection, query, after)
        driver.set_progress_handler(None, 0)
    return len(counted)


@pytest.mark.parametrize("tags", [(HOT, RARE), (RARE, HOT), (WARM, HOT, RARE), (HOT, NEVER)])
def test_the_rarest_tag_leads_whatever_order_the_caller_wrote(
    busy: SqlStore, tags: Sequence[str]
) -> None:
    alone = steps(busy, Query.tagged(tags[-1] if RARE not in tags else RARE))
    assert steps(busy, Query.tagged(*tags)) < 20 * alone + 200


def test_the_answer_is_the_same_in_any_order(busy: SqlStore) -> None:
    found = positions(busy.read(Query.tagged(HOT, RARE)))
    assert found == [n * 1_000 + 8 for n in range(20)]
    assert positions(busy.read(Query.tagged(RARE, HOT, RARE))) == found
    assert positions(busy.read(Query.tagged(WARM, RARE))) == []
    assert len(busy.read(Query.tagged(WARM, HOT))) == 2_000
    assert positions(busy.read(Query.tagged(WARM, HOT), after=15, limit=2)) == [21, 31]


def test_a_condition_behind_the_head_is_a_probe(busy: SqlStore) -> None:
    head = busy.head().position
    busy.append([event("other:1")], [none_after(Query.tagged(HOT, WARM), head)])
    with pytest.raises(ConflictError) as refused:
        busy.append([event("other:1")], [none_after(Query.tagged(HOT, RARE))])
    assert refused.value.found == 8
    busy.append([event("other:1")], [none_after(Query.tagged(HOT, NEVER))])


def test_the_server_s_condition_takes_the_rarest_tag_too(pg_url: str) -> None:
    store = SqlStore(Database(pg_url), CATALOGUE)
    page = [event(HOT, f"record:r-{n % 500}") for n in range(5_000)]
    store.load([LoadedEvent(one, NOON) for one in page])
    for tags in ((HOT, RARE), (RARE, HOT), (HOT, HOT, RARE)):
        with pytest.raises(ConflictError) as refused:
            store.append([event("other:1")], [none_after(Query.tagged(*tags))])
        assert refused.value.found == 8
        assert len(store.read(Query.tagged(*tags))) == 10
    reads = "SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes WHERE relname = 'event_tag'"
    with store.database.reading() as connection:
        connection.execute("SELECT pg_stat_force_next_flush()").fetchall()
        connection.execute("SELECT pg_stat_clear_snapshot()").fetchall()
        before = connection.execute(reads).fetchone()
        store._reading.rows(connection, Query.tagged(HOT, RARE))
        connection.execute("SELECT pg_stat_force_next_flush()").fetchall()
        after = connection.execute(reads).fetchone()
    assert before is not None
    assert after is not None
    assert after[0] - before[0] < 200
    store.close()


# -- planning, which stands before the SQL ------------------------------------------------------
def test_items_of_one_tag_and_the_same_types_share_a_walk() -> None:
    query = Query.tagged("a:1", types=["x"]) | Query.tagged("b:1", types=["x"])
    assert branches(query) == (Branch(("a:1", "b:1"), ("x",)),)


def test_every_shape_of_item_has_its_walk() -> None:
    query = Query(
        (
            QueryItem(("a:1",)),
            QueryItem(("a:1", "b:1", "a:1"), ("x", "x")),
            QueryItem((), ("y",)),
            QueryItem((), ("z", "y")),
        )
    )
    assert branches(query) == (
        Branch(("a:1",), ()),
        Branch(("a:1",), ("x",), ("b:1",)),
        Branch((), ("y", "z")),
    )


def test_an_item_that_asks_for_nothing_means_every_event() -> None:
    for query in (EVERYTHING, Query((QueryItem(("a:1",)), QueryItem()))):
        assert branches(query) is None
        assert matcher(query) is None
