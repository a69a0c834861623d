"""Readers that follow the log while it grows: bounded files, nothing missed, nothing waited out."""

from __future__ import annotations

import threading
from pathlib import Path

from cix.eventstore.connection import Database
from cix.eventstore.sql import SqlStore
from cix.testing.sample_log import CATALOGUE, event

MEGABYTE = 2**20


def test_a_slow_reader_does_not_let_the_write_ahead_log_grow(tmp_path: Path) -> None:
    file = tmp_path / "log.db"
    store = SqlStore(Database(f"sqlite:///{file}"), CATALOGUE)
    store.append([event("a:1") for _ in range(1_000)])
    pages = store.pages(size=10)
    next(pages)  # and the reader pauses, between two pages, for all that follows
    largest = 0
    for _ in range(50):
        store.append([event("a:1", f"n:{n}") for n in range(1_000)])
        largest = max(largest, file.with_name("log.db-wal").stat().st_size)
    assert largest < 64 * MEGABYTE
    assert sum(len(page) for page in pages) == 990
    store.close()


def test_readers_and_a_writer_share_a_store_without_waiting(place: str) -> None:
    store = SqlStore(Database(place), CATALOGUE)
    done = threading.Event()
    seen: list[list[int]] = [[] for _ in range(4)]

    def follow(mine: list[int]) -> None:
        after = 0
        while not (done.is_set() and after == store.head().position):
            store.wait(after, 0.05)
            for page in store.pages(after=after, size=3):
                mine.extend(record.position for record in page)
                after = mine[-1]

    readers = [threading.Thread(target=follow, args=(mine,)) for mine in seen]
    for reader in readers:
        reader.start()
    for n in range(60):
        store.append([event(f"n:{n}") for _ in range(n % 4 + 1)])
    done.set()
    for reader in readers:
        reader.join(30)
    assert seen == [list(range(1, 151))] * 4
    store.close()


def test_a_page_reader_holds_no_snapshot_between_pages(place: str) -> None:
    store = SqlStore(Database(place, pool_size=1), CATALOGUE)
    store.append([event("a:1") for _ in range(10)])
    pages = store.pages(size=2)
    next(pages)
    with store.database.writing() as connection:
        connection.execute("UPDATE head SET position = position")
    if store.database.dialect == "postgresql":
        with store.database.reading() as connection:
            found = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND state LIKE 'idle in transaction%'"
            ).fetchone()
        assert found == (0,)
    assert sum(len(page) for page in pages) == 8
    store.close()
