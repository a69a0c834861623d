"""Several processes on one store: views are applied once, balances are spent once."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

import cix
from cix.engine.stamp import event_id
from cix.errors import ConflictError, RuleBrokenError
from cix.records import AppendCondition, NewEvent, Query, to_us
from cix.testing import FakeClock
from engine import sample
from engine.conftest import START, Opener, host
from engine.sample import PassCard

CHILDREN = multiprocessing.get_context("fork")


def together(work: Callable[..., None], *arguments: tuple[Any, ...]) -> None:
    """Run *work* in one child process for each of *arguments*, all at once."""
    children = [CHILDREN.Process(target=work, args=given) for given in arguments]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        assert child.exitcode == 0


def keep_working(url: str, until: int) -> None:
    with host(url, views="worker", page=3) as engine:
        while engine.work() < until:
            engine.core.store.wait(engine.core.views.position(), 0.05)


def keep_writing(url: str, name: str, count: int) -> None:
    with host(url, views="worker") as engine:
        for n in range(count):
            engine.by(name).do(sample.write, f"n-{n % 5}", record=f"r-{n % 3}", words=1)


def spend(url: str, name: str, answers: Any) -> None:
    with host(url, views="worker") as engine:
        for _ in range(6):
            try:
                engine.by(name).do(sample.use, "p-1")
                answers.put(1)
            except RuleBrokenError:
                answers.put(0)


def test_two_workers_on_one_projection_apply_no_fact_twice(store_url: str) -> None:
    host(store_url).close()
    together(
        lambda work, *rest: work(store_url, *rest),
        (keep_writing, "a", 40),
        (keep_writing, "b", 40),
        (keep_working, 80),
        (keep_working, 80),
    )
    with host(store_url) as engine:
        assert sum(row.words for row in engine.find(sample.desk)) == 80
        live = engine.digest(sample.desk)
        engine.rebuild(sample.desk)
        assert engine.digest(sample.desk) == live


def test_tills_in_several_processes_sell_exactly_what_is_left(store_url: str) -> None:
    with host(store_url, views="worker") as engine:
        engine.do(sample.buy, "p-1", uses=9)
    answers = CHILDREN.SimpleQueue()
    together(spend, *[(store_url, name, answers) for name in "abcd"])
    assert sum(answers.get() for _ in range(24)) == 9


def test_an_append_after_something_fell_due_is_a_conflict(open_host: Opener) -> None:
    clock = FakeClock(START)
    engine = open_host(clock=clock)
    engine.do(sample.buy, "p-1", uses=1)
    ends = to_us(START + timedelta(days=10))

    def append(name: str) -> int:
        event = NewEvent(sample.PassUsed(1), ("pass:p-1", f"id:{name}"), START, event_id(name, 0))
        condition = AppendCondition(Query.tagged(f"id:{name}"), 1, before_us=ends)
        return engine.core.store.append([event], [condition]).first

    clock.advance(timedelta(days=10) - timedelta(microseconds=1))
    assert append("just in time") == 2
    clock.advance(timedelta(microseconds=1))
    with pytest.raises(ConflictError):
        append("too late")


def test_a_decision_taken_just_before_a_deadline_is_taken_again_after_it(
    open_host: Opener,
) -> None:
    class Leaping(FakeClock):
        """A clock that leaps over the deadline between the decision and the lock."""

        def __call__(self) -> Any:
            now = super().__call__()
            if self.leap:
                self.leap = False
                self.advance(timedelta(seconds=2))
            return now

        leap = False

    clock = Leaping(START)
    engine = open_host(clock=clock, views="worker")
    engine.do(sample.buy, "p-1", uses=1)
    clock.advance(timedelta(days=10) - timedelta(seconds=1))
    clock.leap = True
    with pytest.raises(RuleBrokenError, match="used_up"):
        engine.do(sample.use, "p-1")
    assert isinstance(engine, cix.Engine)


# -- views that another engine swaps ----------------------------------------------
def test_an_engine_reads_on_when_another_has_rebuilt_the_view(open_host: Opener) -> None:
    one, other = open_host(), open_host()
    one.do(sample.write, "n-1", record="r-1")
    for view in (sample.desk, sample.folder, sample.journal):
        other.rebuild(view)
    other.rebuild("customers")
    assert one.get(sample.desk, "n-1") == other.get(sample.desk, "n-1") is not None
    assert one.get(sample.folder, "r-1") == other.get(sample.folder, "r-1") is not None
    assert one.lines(sample.journal, "r-1") == other.lines(sample.journal, "r-1") != ()


def test_an_engine_writes_on_when_another_has_rebuilt_the_view(open_host: Opener) -> None:
    one, other = open_host(), open_host()
    one.do(sample.write, "n-1", record="r-1")
    other.rebuild(sample.desk)
    one.do(sample.write, "n-2", record="r-1")
    one.do(sample.write, "n-1", record="r-1")
    assert {row.note: row.words for row in other.find(sample.desk)} == {"n-1": 2, "n-2": 1}


def test_an_engine_without_inline_views_answers_from_where_the_worker_is(
    open_host: Opener, clock: FakeClock
) -> None:
    asks = open_host(clock=clock, views="worker")
    works = open_host(clock=clock)
    works.do(sample.buy, "p-1", uses=5)
    works.by(at=START + timedelta(days=1)).do(sample.write, "n-1", record="r-1")
    clock.advance(timedelta(days=10))
    assert asks.get(sample.passes, "p-1") == PassCard("p-1", 0, 5, 10)
    assert asks.get(sample.desk, "n-1") == works.get(sample.desk, "n-1") is not None
    assert asks.find(sample.desk) == works.find(sample.desk) != []


def test_two_engines_may_rebuild_one_view_at_once(open_host: Opener) -> None:
    engines = [open_host(page=1) for _ in range(2)]
    for n in range(30):
        engines[0].do(sample.write, f"n-{n}", record="r-1")
    before = engines[0].digest(sample.desk)
    with ThreadPoolExecutor(2) as pool:
        waits = [pool.submit(one.rebuild, sample.desk) for one in engines]
        states = [wait.result(60) for wait in waits]
    assert all(state.building is None for state in states)
    assert engines[0].digest(sample.desk) == before


def test_a_rebuild_keeps_no_decision_waiting(store_url: str) -> None:
    building, go_on = threading.Event(), threading.Event()

    def clock() -> datetime:
        if threading.current_thread().name == "builder":
            building.set()
            if not go_on.wait(30):
                raise TimeoutError("the decision waited for the rebuild")
        return START

    with host(store_url, clock=clock) as engine:
        engine.do(sample.write, "n-1", record="r-1", words=3)
        builder = threading.Thread(target=engine.rebuild, args=(sample.desk,), name="builder")
        builder.start()
        assert building.wait(30)
        engine.do(sample.write, "n-1", record="r-1", words=4)
        live = engine.get(sample.desk, "n-1")
        go_on.set()
        builder.join(30)
        assert live is not None
        assert live.words == 7
        assert engine.get(sample.desk, "n-1") == live
