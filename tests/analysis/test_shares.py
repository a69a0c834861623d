"""Work split over processes: the answers in order, the errors raised, the report the same."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import cix
from cix.analysis import loyalty as analyst
from cix.analysis.shares import shared_out
from cix.domain import loyalty
from cix.domain.loyalty import referral
from cix.domain.loyalty.whatif import united, whatif
from cix.engine.processes import fitting, split
from cix.errors import ConfigError
from cix.testing import FakeClock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux")


def test_each_share_is_worked_out_in_a_process_of_its_own_and_answered_in_order() -> None:
    found = split(lambda share: (share, os.getpid()), 3)
    assert [share for share, _ in found] == [0, 1, 2]
    assert found[0][1] == os.getpid()
    assert len({process for _, process in found}) == 3


def test_one_share_needs_no_process() -> None:
    assert split(lambda share: (share, os.getpid()), 1) == [(0, os.getpid())]


@pytest.mark.parametrize("where", [0, 1, 2])
def test_an_error_in_any_process_is_raised(where: int) -> None:
    def work(share: int) -> int:
        if share == where:
            raise ConfigError("share", str(share), "none")
        return share

    with pytest.raises(ConfigError) as caught:
        split(work, 3)
    assert str(where) in str(caught.value)


def test_a_process_that_dies_is_an_error_and_no_answer() -> None:
    def work(share: int) -> int:
        if share:
            os._exit(1)
        return share

    with pytest.raises(ChildProcessError):
        split(work, 2)


def test_the_keyboard_ends_all_processes_and_only_the_first_says_so(
    capfd: pytest.CaptureFixture[str],
) -> None:
    ours, theirs = os.pipe()

    def work(share: int) -> int:
        if share == 0:
            assert os.read(ours, 2) == b"up"
            raise KeyboardInterrupt
        os.kill(os.getpid(), signal.SIGINT)  # as a terminal does to each of its processes
        os.write(theirs, b"up")
        signal.pause()
        return share

    with pytest.raises(KeyboardInterrupt):
        split(work, 2)
    os.close(ours)
    os.close(theirs)
    assert capfd.readouterr().err == ""


def test_a_child_does_not_walk_over_what_is_its_parents() -> None:
    parent, child = split(lambda _: gc.get_freeze_count(), 2)
    assert parent == gc.get_freeze_count()
    assert child > parent


def test_beside_other_threads_nothing_is_forked() -> None:
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        assert fitting() == 1
    finally:
        done.set()
        other.join()


@pytest.fixture(params=["memory", "file"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[cix.Engine]:
    clock = FakeClock()
    url = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path / 'log.db'}"
    with cix.open(url, clock=clock) as opened:
        opened.publish("loyalty", "v1", {"point_value": 2})
        for n in range(7):
            opened.do(loyalty.purchase, f"m{n}", amount=9_000 * n + 100)
            clock.advance(days=1)
        opened.do(loyalty.redeem, "m3", points=200)
        opened.do(loyalty.gift, "m4", to="m5", points=100)
        opened.publish("loyalty", "v2", {"point_value": 3})
        opened.do(referral.accept, "friend", referrer="m6")
        opened.do(referral.settle, "friend", referrer="m6", order="small", amount=300)
        yield opened


def test_the_report_is_the_same_for_any_number_of_processes(engine: cix.Engine) -> None:
    programme = loyalty.read({"earn_rate": [1, 400], "expiry": {"kind": "months", "n": 2}})
    told: list[int] = []
    one = analyst.whatif(engine, programme)
    several = [
        analyst.whatif(
            engine, programme, processes=n, progress=lambda position, _: told.append(position)
        )
        for n in (1, 2, 3)
    ]
    assert several == [one, one, one]
    assert one.refused == {"insufficient_points": 2}
    assert told == [0, engine.core.store.head().position] * 3


def test_no_process_at_all_is_refused(engine: cix.Engine) -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        analyst.whatif(engine, loyalty.read({}), processes=0)


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_a_referral_that_paid_nothing_is_decided_with_both_sides(
    engine: cix.Engine, processes: int
) -> None:
    paying = loyalty.read({"referral": {"minimum": 100, "friend_points": 7, "referrer_points": 9}})
    found = analyst.whatif(engine, paying, processes=processes)
    moved = {m.account: m.points_moved for m in found.members if m.points_moved}
    assert moved == {"friend": 7, "m6": 9}


@pytest.mark.parametrize("at_once", [1, 4, 100])
def test_the_report_is_the_same_for_any_number_of_positions_at_once(
    engine: cix.Engine, at_once: int
) -> None:
    programme = loyalty.read({"earn_rate": [1, 400], "expiry": {"kind": "months", "n": 2}})
    log = [record for page in engine.core.store.pages() for record in page]
    now = log[-1].recorded_at
    told: list[int] = []
    found = shared_out(
        lambda: log,
        len(log),
        united(log),
        programme,
        now,
        processes=2,
        at_once=at_once,
        progress=lambda done, _: told.append(done),
    )
    assert found == whatif(log, programme, now)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, len(log))
