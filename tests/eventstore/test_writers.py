"""Writers that meet: threads, stores side by side, and whole processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine

from cix.errors import ConflictError
from cix.eventstore.connection import Database
from cix.eventstore.opening import open_store
from cix.eventstore.sql import SqlStore
from cix.records import Query
from cix.testing.sample_log import CATALOGUE, event, none_after

WRITER = str(Path(__file__).with_name("writer.py"))


@contextmanager
def opened(url: str, n: int = 1) -> Generator[list[SqlStore]]:
    """Open *n* stores on one URL: as far apart as processes, but for the interpreter."""
    with ExitStack() as stack:
        stores = [SqlStore(Database(url), CATALOGUE) for _ in range(n)]
        for store in stores:
            stack.callback(store.close)
        yield stores


def processes(url: str, n: int, count: int, shape: str) -> list[str]:
    """Run *n* writing processes at once and return what they said."""
    run = [sys.executable, WRITER, url, "w", str(count), shape, str(n)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def acknowledged(lines: list[str]) -> list[int]:
    """Return the positions that writers were told they have, in order."""
    acks = [line.split() for line in lines if line.startswith("ack ")]
    return sorted(p for _, first, last in acks for p in range(int(first), int(last) + 1))


def race(stores: list[SqlStore], rounds: int, boundary: Callable[[int, int], str]) -> list[int]:
    """Let two stores append in each round at once; return how many of the two were stored."""
    start = threading.Barrier(2)
    won = [0] * rounds

    def run(me: int) -> None:
        for n in range(rounds):
            tag = boundary(n, me)
            condition = none_after(Query.tagged(tag, types=["sample.opened"]))
            start.wait()
            try:
                stores[me].append([event(tag)], [condition])
            except ConflictError:
                continue
            won[n] += 1

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))
    return won


def test_two_writers_of_one_boundary_a_thousand_times_exactly_one_wins(place: str) -> None:
    with opened(place, 2) as stores:
        assert race(stores, 1_000, lambda n, _: f"race:{n}") == [1] * 1_000
        assert stores[0].head().position == 1_000


def test_two_writers_of_different_boundaries_never_conflict(place: str) -> None:
    with opened(place, 2) as stores:
        assert race(stores, 200, lambda n, me: f"own:{n}-{me}") == [2] * 200


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_an_engine_at_a_stricter_isolation_is_retried_inside_the_store(
    pg_schemas: Callable[[], str], level: str
) -> None:
    url = pg_schemas()
    stricter = url + f"%20-cdefault_transaction_isolation={level.lower().replace(' ', '%5C%20')}"
    with ExitStack() as stack:
        stores: list[SqlStore] = []
        for _ in range(2):
            engine = create_engine(stricter, isolation_level=level)
            stack.callback(engine.dispose)
            stores.append(SqlStore(Database(engine), CATALOGUE))
            stack.callback(stores[-1].close)
        with stores[0].database.reading() as connection:
            row = connection.execute("SHOW transaction_isolation").fetchone()
        assert row == (level.lower(),)
        assert race(stores, 150, lambda n, _: f"race:{n}") == [1] * 150
        assert race(stores, 50, lambda n, me: f"own:{n}-{me}") == [2] * 50
        assert stores[1].head().position == 250


def test_eight_processes_on_one_sqlite_file_share_it_fairly(sqlite_url: str) -> None:
    said = processes(sqlite_url, 8, 40, "single")
    assert acknowledged(said) == list(range(1, 321))
    with opened(sqlite_url) as [store]:
        assert [record.position for record in store.read()] == list(range(1, 321))
    worst = max(float(line.split()[1]) for line in said if line.startswith("worst"))
    assert worst < 3, f"an append took {worst} s"


def test_processes_that_want_the_same_boundaries_get_each_once(place: str) -> None:
    said = processes(place, 4, 60, "race")
    assert acknowledged(said) == list(range(1, 61))
    assert len([line for line in said if line.startswith("refused")]) == 180


def test_a_reader_that_follows_eight_writers_misses_nothing(
    pg_schemas: Callable[[], str],
) -> None:
    url = pg_schemas()
    stop = threading.Event()
    seen: list[int] = []

    def follow(store: SqlStore) -> None:
        after = 0
        while not stop.is_set() or store.head().position > after:
            for page in store.pages(after=after, size=7):
                seen.extend(record.position for record in page)
                after = seen[-1]

    def write(store: SqlStore, me: int) -> None:
        for n in range(40):
            if n % 3 == me % 3:
                rolled_back(store)
            elif n % 3 == 1:
                store.append([event(f"own:{me}"), event("all:x")])
            else:
                store.append([event(f"own:{me}")], [none_after(Query.tagged(f"id:{me}-{n}"))])

    with opened(url, 9) as stores, ThreadPoolExecutor(9) as pool:
        following = pool.submit(follow, stores[8])
        list(pool.map(write, stores[:8], range(8)))
        stop.set()
        following.result(60)
        last = stores[0].head().position
    assert seen == list(range(1, last + 1))
    assert last > 250


def rolled_back(store: SqlStore) -> None:
    """Take the lock, write, linger and roll back, as a writer that fails late."""
    with suppress(LookupError), store.database.writing() as connection:
        connection.execute("SELECT position FROM head FOR UPDATE").fetchall()
        connection.execute("UPDATE head SET position = position + 5")
        connection.execute("SELECT pg_sleep(0.002)").fetchall()
        raise LookupError


def test_an_open_transaction_of_somebody_else_delays_nobody(
    pg_schemas: Callable[[], str], pg_base: str
) -> None:
    with (
        opened(pg_schemas(), 2) as [writer, reader],
        psycopg.connect(pg_base.replace("+psycopg", "")) as other,
    ):
        other.execute(sql.SQL("CREATE TABLE IF NOT EXISTS unrelated (id integer)"))
        other.execute(sql.SQL("INSERT INTO unrelated VALUES (1)"))
        for n in range(5):
            waiting = threading.Thread(target=writer.append, args=([event("a:1")],))
            waiting.start()
            assert reader.wait(n, 1.0)
            assert reader.read(after=n)[0].position == n + 1
            waiting.join()


def test_stores_of_two_processes_hear_of_each_other_within_the_poll_bound(place: str) -> None:
    with opened(place, 2) as [writer, reader]:
        for n in range(20):
            heard = threading.Event()

            def listen(after: int = n, heard: threading.Event = heard) -> None:
                if reader.wait(after, 5.0):
                    heard.set()

            listening = threading.Thread(target=listen)
            listening.start()
            writer.append([event("a:1")])
            assert heard.wait(1.0)
            listening.join()


def test_an_append_that_races_a_waiting_reader_is_never_overheard() -> None:
    with opened("sqlite://") as [store], ThreadPoolExecutor(1) as pool:
        for n in range(1_000):
            waiting = pool.submit(store.wait, n, 5.0)
            store.append([event("a:1")])
            assert waiting.result(1.0)


def test_two_databases_of_one_file_may_be_open_in_one_process(sqlite_url: str) -> None:
    store, other = (open_store(sqlite_url, CATALOGUE) for _ in range(2))
    for n in range(10):
        (store, other)[n % 2].append([event("a:1")])
    assert store.head() == other.head()
    store.close()
    assert other.append([event("a:1")]).last == 11
    other.close()


FORKING = """
import os, sys
from cix.eventstore.opening import open_store
sys.path.insert(0, sys.argv[2])
import writer
store = open_store(sys.argv[1], writer.CATALOGUE)
store.append([writer.new("a:1")])
children = []
for k in range(3):
    pid = os.fork()
    if pid == 0:
        for n in range(20):
            writer.batch(store, f"c{k}", n)
        os._exit(0)
    children.append(pid)
for n in range(20):
    writer.batch(store, "parent", n)
for pid in children:
    assert os.waitpid(pid, 0)[1] == 0
found = [record.position for record in store.read()]
assert found == list(range(1, 402)), found
store.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with fork")
def test_a_store_opened_before_a_fork_serves_parent_and_children(place: str) -> None:
    run = [sys.executable, "-c", FORKING, place, str(Path(WRITER).parent)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    acks = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("ack")]
    assert sorted(int(first) for first, _ in acks) == list(range(2, 402, 5))


KILLED = """
import os, signal, sys
from cix.eventstore.connection import Database
database = Database(sys.argv[1])
with database.writing():
    if os.fork() == 0:
        print("forked", flush=True)
        os.read(0, 1)  # until the test ends
        os._exit(0)
    os.kill(os.getpid(), signal.SIGSTOP)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with fork")
def test_a_child_does_not_keep_the_lock_of_a_parent_that_was_killed(sqlite_url: str) -> None:
    run = [sys.executable, "-c", KILLED, sqlite_url]
    with subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"forked\n"
        parent.kill()
        with closing(Database(sqlite_url, timeout=5.0)) as database, database.writing() as one:
            one.execute("CREATE TABLE free (n)")
