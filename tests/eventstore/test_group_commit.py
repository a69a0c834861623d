"""Appends of one process share transactions, and nobody can tell from the answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from cix.errors import ConflictError, EventStoreError, StoreUnavailableError
from cix.eventstore.combining import Combiner
from cix.eventstore.connection import Database
from cix.eventstore.sql import SqlStore
from cix.eventstore.writing import Item, Outcome, Writer
from cix.records import Appended, Query
from cix.testing.sample_log import CATALOGUE, event, none_after


class Gate:
    """A writer that holds its first transaction until it is told to go on."""

    def __init__(self, inner: Writer) -> None:
        self.inner = inner
        self.inside, self.go = threading.Event(), threading.Event()
        self.groups: list[int] = []
        self.load, self.look_up = inner.load, inner.look_up

    def append(self, items: Sequence[Item]) -> list[Outcome]:
        self.groups.append(len(items))
        if len(self.groups) == 1:
            self.inside.set()
            self.go.wait(10)
        self.look_at(items)
        return self.inner.append(items)

    def look_at(self, items: Sequence[Item]) -> None:
        """Raise to make a transaction fail."""


class Failing(Gate):
    """A writer whose transactions fail when they hold an event with a wicked tag."""

    def look_at(self, items: Sequence[Item]) -> None:
        if any("wicked:1" in one.tags for item in items for one in item.events):
            raise EventStoreError("the driver would not have it")


@pytest.fixture
def store(place: str) -> Iterator[SqlStore]:
    store = SqlStore(Database(place), CATALOGUE)
    yield store
    store.close()


def together(
    store: SqlStore, calls: Sequence[Callable[[], Appended]], gate: type[Gate] = Gate
) -> list[Future[Appended]]:
    """Run the first call alone and all others as one group behind it, in their order."""
    held = gate(store._writer)
    store._writer = held
    with ThreadPoolExecutor(len(calls)) as pool:
        done = [pool.submit(calls[0])]
        held.inside.wait(10)
        for n, call in enumerate(calls[1:], 1):
            done.append(pool.submit(call))
            until(lambda n=n: len(store._combiner._queue) == n)  # type: ignore[misc]  # n is bound
        held.go.set()
    assert held.groups[:2] == [1, len(calls) - 1]
    return done


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread is about to do."""
    pause = threading.Event()
    for _ in range(10_000):
        if condition():
            return
        pause.wait(0.001)
    pytest.fail("it never came to that")


def test_of_two_appends_to_one_boundary_in_one_group_exactly_one_wins(store: SqlStore) -> None:
    boundary = none_after(Query.tagged("a:1"))
    first, one, two, other = together(
        store,
        [
            lambda: store.append([event("z:1")]),
            lambda: store.append([event("a:1")], [boundary]),
            lambda: store.append([event("a:1")], [boundary]),
            lambda: store.append([event("b:1")], [none_after(Query.tagged("b:1"))]),
        ],
    )
    assert first.result().last == 1
    assert one.result().last == 2
    refused = two.exception()
    assert isinstance(refused, ConflictError)
    assert refused.found == 2
    assert other.result().last == 3
    assert [record.tags[0] for record in store.read()] == ["z:1", "a:1", "b:1"]


def test_a_driver_error_in_a_group_hits_only_the_call_that_causes_it(store: SqlStore) -> None:
    done = together(
        store,
        [
            lambda: store.append([event("z:1")]),
            lambda: store.append([event("a:1")]),
            lambda: store.append([event("wicked:1")]),
            lambda: store.append([event("b:1")]),
        ],
        Failing,
    )[:4]
    assert isinstance(done[2].exception(), EventStoreError)
    assert [one.result().last for one in (done[0], done[1], done[3])] == [1, 2, 3]
    assert [record.tags[0] for record in store.read()] == ["z:1", "a:1", "b:1"]


def test_a_group_is_one_transaction(store: SqlStore) -> None:
    calls = [lambda n=n: store.append([event(f"n:{n}"), event("all:x")]) for n in range(9)]
    done = together(store, calls)
    assert [one.result().first for one in done] == [*range(1, 18, 2)]
    assert store.statistics.transactions == 2
    assert store.statistics.appends == 9
    assert len({record.recorded_us for record in store.read()}) <= 9


def test_thirty_two_threads_need_fewer_than_a_quarter_of_the_commits(store: SqlStore) -> None:
    def run(thread: int) -> None:
        for n in range(15):
            tag = f"id:{thread}-{n}"
            store.append([event(tag)], [none_after(Query.tagged(tag))])

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(run, range(32)))
    assert store.statistics.appends == 480
    assert store.statistics.transactions < 120
    assert store.head().position == 480


def test_a_large_call_is_a_group_of_its_own(store: SqlStore) -> None:
    large = [event(f"n:{n}") for n in range(2_500)]
    held = Gate(store._writer)
    store._writer = held
    with ThreadPoolExecutor(3) as pool:
        done = [pool.submit(store.append, [event("z:1")])]
        held.inside.wait(10)
        done += [pool.submit(store.append, [event("a:1")])]
        until(lambda: len(store._combiner._queue) == 1)
        done += [pool.submit(store.append, large)]
        until(lambda: len(store._combiner._queue) == 2)
        held.go.set()
    assert [one.result().last for one in done] == [1, 2, 2_502]
    assert held.groups == [1, 1, 1]


# -- the combiner alone -------------------------------------------------------------------------
def told(_: int) -> Exception:
    return StoreUnavailableError("here", "the leader was interrupted", "try again")


def combiner(run: Callable[[Sequence[int]], Sequence[int | Exception]]) -> Combiner[int, int]:
    return Combiner(run, weight=lambda _: 1, most=10, interrupted=told)


def test_a_lone_call_is_run_at_once_by_its_own_thread() -> None:
    threads: list[int] = []

    def run(group: Sequence[int]) -> Sequence[int]:
        threads.append(threading.get_ident())
        return [2 * n for n in group]

    assert combiner(run).do(21) == 42
    assert threads == [threading.get_ident()]


def test_an_answer_may_be_an_error_of_that_call_alone() -> None:
    one = combiner(lambda group: [ValueError("odd") if n % 2 else n for n in group])
    assert one.do(2) == 2
    with pytest.raises(ValueError, match="odd"):
        one.do(3)
    assert one.do(4) == 4


def test_a_failure_of_the_whole_run_reaches_everyone_and_is_no_end() -> None:
    wrong = [True]

    def run(group: Sequence[int]) -> Sequence[int]:
        if wrong.pop():
            raise LookupError("lost")
        return group

    one = combiner(run)
    with pytest.raises(LookupError):
        one.do(1)
    wrong.append(False)
    assert one.do(2) == 2


def test_when_the_leader_is_interrupted_the_others_are_told_and_work_goes_on() -> None:
    inside, go = threading.Event(), threading.Event()
    groups: list[list[int]] = []

    def run(group: Sequence[int]) -> Sequence[int]:
        groups.append(list(group))
        if len(groups) == 1:
            inside.set()
            go.wait(10)
        elif len(groups) == 2:
            raise KeyboardInterrupt
        return group

    one = combiner(run)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(one.do, 1)
        inside.wait(10)
        leader = pool.submit(one.do, 2)
        until(lambda: len(one._queue) == 1)
        follower = pool.submit(one.do, 3)
        until(lambda: len(one._queue) == 2)
        go.set()
    assert first.result() == 1
    assert isinstance(leader.exception(), KeyboardInterrupt)
    assert isinstance(follower.exception(), StoreUnavailableError)
    assert one.do(4) == 4
    assert groups == [[1], [2, 3], [4]]


def test_an_interrupted_waiter_leaves_the_queue_and_hands_the_lead_on() -> None:
    one = combiner(lambda group: group)
    with one._mutex:
        one._busy = True
    waiting = threading.Thread(target=lambda: one.do(5), daemon=True)
    waiting.start()
    until(lambda: len(one._queue) == 1)
    call = one._queue[0]
    call.leads = True  # the lead was just given to it
    one._leave(call)
    assert not one._queue
    assert not one._busy
    call.answer = 5
    call.turn.set()
    waiting.join(10)
    assert one.do(6) == 6


def test_a_leader_that_is_interrupted_before_it_has_a_group_leaves_nobody_waiting() -> None:
    weighed: list[int] = []

    def weight(work: int) -> int:
        weighed.append(work)
        if len(weighed) == 1:
            raise KeyboardInterrupt
        return 1

    one = Combiner[int, int](list, weight=weight, most=10, interrupted=told)
    with pytest.raises(KeyboardInterrupt):
        one.do(1)
    assert one.do(2) == 2
    assert weighed == [1, 2]
