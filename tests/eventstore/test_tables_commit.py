"""Rows and checkpoints move together: exactly once, whoever competes, whatever dies."""

from __future__ import annotations

import random
import threading
from collections.abc import Generator

import pytest

from cix.errors import EventStoreError
from cix.eventstore.base import Change, Line, Parked, Stored
from cix.eventstore.connection import Database
from cix.eventstore.tables import SqlViewStore
from eventstore.table_rows import COUNTER, Counter, Entry, count_on, opened, processes

PAGE = 5
CRASHES = 20


@pytest.fixture
def store(store_url: str) -> Generator[SqlViewStore]:
    with opened(store_url) as found:
        yield found


def rows(*keys: str, position: int = 1) -> dict[str, Stored]:
    return {key: Stored(Counter(key, 1), position, 0) for key in keys}


def counted(url: str) -> tuple[int, int, int]:
    """Return the checkpoint, the facts counted and the latest position, read in one statement."""
    database = Database(url)
    try:
        text = (
            "SELECT position, (SELECT coalesce(sum(facts), 0) FROM counter_1), "
            "(SELECT coalesce(max(_position), 0) FROM counter_1) FROM view_state"
        )
        found = database.ask(lambda connection: connection.execute(text).fetchone())
        assert found
        return int(found[0]), int(found[1]), int(found[2])
    finally:
        database.close()


def test_a_commit_at_the_checkpoint_that_was_read_moves_it(store: SqlViewStore) -> None:
    assert store.commit([Change("counter", 1, rows("a"))], expected={"counter": 0}, position=3)
    assert store.states()["counter"].position == 3
    assert store.states()["ledger"].position == 0
    assert list(store.load("counter", ["a"], 1)) == ["a"]


def test_a_commit_at_another_checkpoint_writes_nothing(store: SqlViewStore) -> None:
    assert store.commit([], expected={"counter": 0}, position=3)
    change = Change("counter", 1, rows("a"), parked={"b": Parked("counter", "b", 2, "broken")})
    for wrong in (0, 2, 4):
        assert not store.commit([change], expected={"counter": wrong}, position=9)
    assert store.states()["counter"].position == 3
    assert store.find("counter") == []
    assert store.parked() == []


def test_several_views_move_together_or_not_at_all(store: SqlViewStore) -> None:
    line = Line("a", 1, 0, 0, Entry(account="a", position=1, points=1))
    changes = [Change("counter", 1, rows("a")), Change("ledger", 1, lines=[line])]
    assert not store.commit(changes, expected={"counter": 0, "ledger": 1}, position=2)
    assert [state.position for state in store.states().values()] == [0, 0, 0]
    assert store.find("counter") == []
    expected = {"counter": 0, "ledger": 0, "everything": 0}
    assert store.commit(changes, expected=expected, position=2)
    assert [state.position for state in store.states().values()] == [2, 2, 2]
    assert store.lines("ledger", ["a"], 1) == [line]


def test_a_commit_may_leave_the_checkpoint_where_it_is(store: SqlViewStore) -> None:
    """So a tick stores rows that moved by time alone."""
    assert store.commit([Change("counter", 1, rows("a"))], expected={"counter": 0}, position=0)
    assert store.states()["counter"].position == 0
    assert list(store.load("counter", ["a"], 1)) == ["a"]


def test_a_commit_into_a_generation_that_is_no_more_writes_nothing(store: SqlViewStore) -> None:
    assert not store.commit([Change("counter", 7, rows("a"))], expected={"counter": 0}, position=1)
    store.begin_build("counter", 1)
    beside = Change("counter", 2, rows("a"))
    assert not store.commit([beside], expected={"counter": 0}, position=1)
    assert store.commit([beside], expected={"counter+": 0}, position=1)
    both = [Change("counter", 1, rows("b")), Change("counter", 2, rows("b"))]
    assert not store.commit(both, expected={"counter": 0}, position=2)
    assert store.commit(both, expected={"counter": 0, "counter+": 1}, position=2)
    assert sorted(store.load("counter", ["a", "b"], 1)) == ["b"]
    assert sorted(store.load("counter", ["a", "b"], 2)) == ["a", "b"]


def test_a_change_without_an_expected_checkpoint_is_a_mistake(store: SqlViewStore) -> None:
    with pytest.raises(ValueError, match="ledger"):
        store.commit([Change("ledger", 1)], expected={"counter": 0}, position=1)


def test_a_view_that_is_not_there_is_never_moved(store: SqlViewStore) -> None:
    assert not store.commit([], expected={"nothing": 0}, position=1)
    assert not store.commit([], expected={"counter+": 0}, position=1)


def test_a_driver_s_refusal_is_typed_and_leaves_everything_as_it_was(store: SqlViewStore) -> None:
    line = Line("a", 1, 0, 0, Entry(account="a", position=1, points=1))
    change = Change("ledger", 1, lines=[line, line])
    with pytest.raises(EventStoreError):
        store.commit([change], expected={"ledger": 0}, position=1)
    assert store.states()["ledger"].position == 0
    assert store.lines("ledger", ["a"], 1) == []


def test_parked_keys_are_kept_counted_and_freed(store: SqlViewStore) -> None:
    one = Parked("counter", "a", 3, "ValueError: \0 \ud800 \N{OK HAND SIGN}")
    two = Parked("counter", "b", 4, "broken")
    parked = Change("counter", 1, parked={"b": two, "a": one})
    assert store.commit([parked], expected={"counter": 0}, position=4)
    found = store.parked("counter")
    assert [(each.key, each.position) for each in found] == [("a", 3), ("b", 4)]
    assert found[0].error == "ValueError: \\0 \\ud800 \N{OK HAND SIGN}"
    assert store.parked() == found
    assert store.parked("ledger") == []
    assert store.states()["counter"].parked == 2
    again = Parked("counter", "b", 5, "still broken")
    freed = Change("counter", 1, rows("a"), parked={"b": again}, unparked={"a", "b", "c"})
    assert store.commit([freed], expected={"counter": 4}, position=5)
    assert store.parked() == [again]
    assert store.states()["counter"].parked == 1


def test_two_threads_count_every_fact_once(store_url: str) -> None:
    made: list[int] = []
    with opened(store_url, COUNTER):
        threads = [
            threading.Thread(target=lambda: made.append(count_on(store_url, 300, PAGE)))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(made) == 300 // PAGE
    assert counted(store_url) == (300, 300, 300)


def test_two_processes_count_every_fact_once(store_url: str) -> None:
    context = processes()
    with opened(store_url, COUNTER):
        pass
    workers = [context.Process(target=count_on, args=(store_url, 300, PAGE)) for _ in range(2)]  # type: ignore[attr-defined]  # every context has it
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert counted(store_url) == (300, 300, 300)


def test_a_process_killed_at_any_moment_leaves_rows_and_checkpoint_in_step(store_url: str) -> None:
    """A worker commits as fast as it can; what it said is there, and nothing is half there."""
    context = processes()
    chance = random.Random(7)  # noqa: S311 -- moments to die at
    with opened(store_url, COUNTER):
        pass
    for _ in range(CRASHES):
        heard, say = context.Pipe(duplex=False)
        worker = context.Process(target=count_on, args=(store_url, 10**9, 400, say))  # type: ignore[attr-defined]  # every context has it
        worker.start()
        said = [heard.recv() for _ in range(chance.randrange(1, 4))]
        heard.poll(chance.random() * 0.03)  # somewhere inside the next commit
        worker.kill()
        worker.join()
        position, facts, latest = counted(store_url)
        assert position >= said[-1]
        assert facts == latest == position
