"""The tables are made once, by whoever comes first; opening what is there writes nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cix.errors import StoreUnavailableError
from cix.eventstore.connection import Database
from cix.eventstore.opening import open_store
from cix.eventstore.sql import SqlStore
from cix.testing.sample_log import CATALOGUE, event

OPEN = (
    "import sys\n"
    "from cix.eventstore.opening import open_store\n"
    "from cix.testing.sample_log import CATALOGUE, event\n"
    "sys.stdin.readline()\n"
    "print(open_store(sys.argv[1], CATALOGUE).append([event('a:1')]).last)\n"
)


def test_processes_that_create_one_store_at_once_all_succeed(place: str) -> None:
    pipe = subprocess.PIPE
    run = [sys.executable, "-c", OPEN, place]
    running = [
        subprocess.Popen(run, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(3)
    ]
    said = [process.communicate("go\n", timeout=60) for process in running]
    assert sorted(out.strip() for out, _ in said) == ["1", "2", "3"], said


def test_threads_that_create_one_store_at_once_all_succeed(new_place: Callable[[], str]) -> None:
    for _ in range(5):
        place = new_place()
        with ThreadPoolExecutor(4) as pool:
            stores = list(pool.map(lambda url: open_store(url, CATALOGUE), [place] * 4))
        assert [store.append([event("a:1")]).last for store in stores] == [1, 2, 3, 4]
        for store in stores:
            store.close()


def test_opening_reading_and_closing_leaves_a_file_as_it_was(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    store = open_store(url, CATALOGUE)
    store.append([event("a:1")])
    store.close()
    (tmp_path / "log.db-lock").unlink()
    before = (tmp_path / "log.db").read_bytes()
    again = open_store(url, CATALOGUE)
    assert len(again.read()) == 1
    again.close()
    assert (tmp_path / "log.db").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["log.db"]


def test_opening_needs_no_write_lock(place: str) -> None:
    SqlStore(Database(place), CATALOGUE).close()
    holder = Database(place)
    with holder.writing() as connection:
        connection.execute("UPDATE head SET position = position")
        store = open_store(place, CATALOGUE, timeout=0.2)
        assert store.read() == []
        store.close()
    holder.close()


def test_opening_writes_no_transaction_in_postgresql(pg_url: str) -> None:
    store = SqlStore(Database(pg_url), CATALOGUE)
    counting = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"
    with store.database.reading() as connection:

        def wrote() -> bool:
            before = connection.execute(counting).fetchone()
            open_store(pg_url, CATALOGUE).close()
            return connection.execute(counting).fetchone() != before

        assert not all(wrote() for _ in range(5))  # the server itself may write now and then
    store.close()


def test_a_user_who_may_only_read_can_read(pg_url: str) -> None:
    owner = SqlStore(Database(pg_url), CATALOGUE)
    owner.append([event("a:1")])
    with owner.database.reading() as connection:
        connection.execute("DROP ROLE IF EXISTS cix_auditor")
        connection.execute("CREATE ROLE cix_auditor LOGIN")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO cix_auditor")
    auditor = open_store(pg_url.replace("//postgres", "//cix_auditor"), CATALOGUE)
    assert len(auditor.read()) == 1
    with pytest.raises(StoreUnavailableError, match="the user lacks a right"):
        auditor.append([event("a:1")])
    auditor.close()
    with owner.database.reading() as connection:
        connection.execute("DROP OWNED BY cix_auditor")
        connection.execute("DROP ROLE cix_auditor")
    owner.close()


def test_the_type_of_a_tag_row_and_its_position_are_read_from_the_index_alone(
    sqlite_url: str,
) -> None:
    store = SqlStore(Database(sqlite_url), CATALOGUE)
    with store.database.reading() as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT position FROM event_tag "
            "WHERE log = 1 AND tag64 = 5 AND position > 7 AND type IN ('a', 'b')"
        ).fetchall()
    assert "USING PRIMARY KEY (log=? AND tag64=? AND position>?)" in str(plan)
    store.close()
