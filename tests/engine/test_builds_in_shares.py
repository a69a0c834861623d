"""Several processes build one view: the rows are those that one process builds."""

from __future__ import annotations

import os
import threading
from datetime import timedelta

import pytest

import cix
from cix.domain import identity
from cix.engine import building
from cix.engine.processes import forkable, split
from cix.errors import InvalidArgumentError
from cix.testing import FakeClock
from engine import sample
from engine.conftest import START, Opener, host
from engine.test_views import seen

pytestmark = pytest.mark.skipif(
    os.name != "posix" or not forkable(), reason="nothing can be forked"
)
VIEWS = ("desk", "folder", "journal", "passes", "pass_deadlines")


def history(engine: cix.Engine, clock: FakeClock) -> None:
    """Write notes of several records, merge and part some, sell passes under two policies."""
    seen(engine, *(f"r-{n}" for n in range(6)))
    for n in range(24):
        engine.by(at=START - timedelta(hours=n % 5)).do(
            sample.write, f"n-{n % 7}", record=f"r-{n % 6}", words=n
        )
        clock.advance(timedelta(minutes=1))
    engine.by("x", id="m1").do(identity.merge, "r-1", other="r-2")
    engine.by("x", id="m2").do(identity.merge, "r-3", other="r-4")
    for n in range(6):
        engine.do(sample.buy, f"p-{n}", uses=n + 3)
        engine.publish("passes", f"v{n}", {"days": 3 + n})
        engine.do(sample.file, f"n-{n}", shelf="top")
    clock.advance(timedelta(days=2))
    engine.do(sample.give, "p-1", to="p-2", uses=2)
    engine.by("x").do(identity.retract, "r-4", fact="m2")


def digests(engine: cix.Engine) -> dict[str, str]:
    return {name: engine.digest(name) for name in VIEWS}


@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize("page", [2, 1_000])
def test_rows_built_in_shares_are_those_built_by_one(
    open_host: Opener, workers: int, page: int
) -> None:
    clock = FakeClock(START)
    engine = open_host(clock=clock, page=page)
    history(engine, clock)
    live = digests(engine)
    for name in (*VIEWS, "customers"):
        state = engine.rebuild(name, workers=workers)
        assert (state.generation, state.building, state.shares) == (2, None, ())
    assert digests(engine) == live
    engine.do(sample.write, "n-1", record="r-1", words=5)
    grown = digests(engine)
    for name in VIEWS:
        engine.rebuild(name)
    assert digests(engine) == grown != live


@pytest.mark.parametrize("others", [1, 2, 5])
def test_shares_that_were_interrupted_are_gone_on_with_by_any_number(
    open_host: Opener, others: int
) -> None:
    clock = FakeClock(START)
    engine = open_host(clock=clock, page=2)
    history(engine, clock)
    for n in range(80):
        engine.do(sample.write, f"n-{n}", record=f"r-{n}")
    live = engine.digest(sample.folder)

    def interrupted(position: int, goal: int) -> None:
        assert 0 < position < goal
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.rebuild(sample.folder, workers=3, progress=interrupted)
    assert engine.digest(sample.folder) == live
    state = engine.projections()["folder"]
    assert len(state.shares) == 3
    assert state.building_position == min(state.shares)
    again = open_host(clock=clock, page=2)
    told: list[int] = []
    again.rebuild(sample.folder, workers=others, progress=lambda at, _: told.append(at))
    assert told[-1] == again.core.store.head().position
    assert again.digest(sample.folder) == live


def test_what_comes_while_shares_are_built_is_taken_too(open_host: Opener) -> None:
    clock = FakeClock(START)
    engine, other = open_host(clock=clock, page=2), open_host(clock=clock)
    for n in range(30):
        engine.do(sample.write, f"n-{n}", record=f"r-{n}")
    came: list[int] = []

    def meanwhile(position: int, _: int) -> None:
        if len(came) < 3:
            other.do(sample.write, "n-1", record="r-1", words=100)
            came.append(position)

    engine.rebuild(sample.desk, workers=2, progress=meanwhile)
    card = engine.get(sample.desk, "n-1")
    assert card is not None
    assert card.words == 301
    assert len(came) == 3


def test_two_programs_may_build_in_shares_at_once(open_host: Opener, store_url: str) -> None:
    clock = FakeClock(START)
    engine = open_host(clock=clock, page=2)
    history(engine, clock)
    live = digests(engine)

    def program(_: int) -> int:
        with host(store_url, clock=clock, page=2) as own:
            for name in VIEWS:
                own.rebuild(name, workers=2)
        return 1

    engine.core.tables.share_build("desk", 2)  # nothing is built yet: nothing to share
    engine.core.tables.begin_build("desk", 1)
    engine.core.tables.share_build("desk", 4)
    assert split(program, 3) == [1, 1, 1]
    assert digests(open_host(clock=clock)) == live
    assert {state.shares for state in engine.projections().values()} == {()}


def test_an_error_of_any_worker_is_told_and_the_live_rows_stay(
    open_host: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_host(page=2)
    for n in range(20):
        engine.do(sample.write, f"n-{n}", record="r-1")
    live = engine.digest(sample.desk)
    mine, take = os.getpid(), engine.core.store.read

    def broken(*args: object, **named: object) -> object:
        if os.getpid() != mine:
            raise OSError("the disk is gone")
        return take(*args, **named)  # type: ignore[arg-type]  # what was given

    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(engine.core.store, "read", broken)
        with pytest.raises(OSError, match="the disk is gone"):
            engine.rebuild(sample.desk, workers=2)
    assert engine.digest(sample.desk) == live
    engine.rebuild(sample.desk, workers=2)
    assert engine.digest(sample.desk) == live


def test_one_builds_alone_where_the_tables_are_in_memory(engine: cix.Engine) -> None:
    engine.do(sample.write, "n-1", record="r-1", words=3)
    live = engine.digest(sample.desk)
    assert engine.rebuild(sample.desk, workers=4).generation == 2
    assert engine.digest(sample.desk) == live


def test_one_builds_alone_beside_other_threads(open_host: Opener) -> None:
    engine = open_host()
    engine.do(sample.write, "n-1", record="r-1", words=3)
    live, done = engine.digest(sample.desk), threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        assert engine.rebuild(sample.desk, workers=4).generation == 2
    finally:
        done.set()
        other.join()
    assert engine.digest(sample.desk) == live


def test_a_long_log_is_built_by_as_many_as_fit_the_machine(
    open_host: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock(START)
    engine = open_host(clock=clock)
    history(engine, clock)
    live, built = digests(engine), list[int]()

    def told(at: int, goal: int) -> None:
        built.append(len(engine.core.tables.states()[sample.desk.name].shares))

    engine.rebuild(sample.desk, progress=told)
    assert max(built) == 0  # a short log is built by one
    monkeypatch.setattr(building, "LONG", 10)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2})
    built.clear()
    engine.rebuild(sample.desk, progress=told)
    assert max(built) == (3 if engine.core.tables.is_shared else 0)
    assert digests(engine) == live


@pytest.mark.parametrize("workers", [0, -1, True, 1.5, "2"])
def test_a_number_of_workers_is_a_number_from_one(engine: cix.Engine, workers: object) -> None:
    with pytest.raises(InvalidArgumentError, match="workers"):
        engine.rebuild(sample.desk, workers=workers)  # type: ignore[arg-type]  # what is refused
