"""What an engine keeps at hand between two pages never outlives what made it true."""

from __future__ import annotations

from datetime import timedelta

import pytest

import cix
from cix.domain import ticket
from cix.errors import StoreUnavailableError, ViewsBehindError
from cix.testing import FakeClock
from engine import sample
from engine.conftest import START, Opener


def rebuilt(engine: cix.Engine, view: str) -> bool:
    """Tell whether the live rows are those of a rebuild."""
    before = engine.digest(view)
    engine.rebuild(view)
    return engine.digest(view) == before


def test_a_row_that_a_tick_moved_goes_on_from_there(open_host: Opener) -> None:
    clock = FakeClock(START)
    engine = open_host(clock=clock)
    engine.do(sample.write, "n-1", record="r-1", words=3)
    engine.by(at=START + timedelta(hours=1)).do(sample.write, "n-1", record="r-1", words=5)
    clock.advance(timedelta(hours=2))
    engine.tick()
    engine.do(sample.write, "n-1", record="r-1", words=7)
    card = engine.get(sample.desk, "n-1")
    assert card is not None
    assert card.words == 15
    assert rebuilt(engine, "desk")
    assert rebuilt(engine, "folder")


@pytest.mark.parametrize("ticks", [True, False])
def test_a_state_waits_for_the_fact_of_tomorrow(store_url: str, *, ticks: bool) -> None:
    clock = FakeClock(START)
    with cix.open(store_url, clock=clock) as engine:
        engine.do(ticket.open, "t-1", record="r-1", subject="late")
        tomorrow = engine.by(at=START + timedelta(days=1))
        tomorrow.do(ticket.resolve, "t-1", agent="a-1")
        clock.advance(timedelta(days=2))
        if ticks:
            engine.tick()
        engine.do(ticket.note, "t-1", agent="a-1", text="asked again")
        row = engine.get("queues", "t-1")
        assert row is not None
        assert row.category == "resolved"
        assert rebuilt(engine, "queues")


def test_rows_of_a_commit_that_failed_are_not_applied_twice(
    open_host: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_host()
    engine.do(sample.write, "n-1", record="r-1", words=3)

    def full(*_: object, **__: object) -> bool:
        raise StoreUnavailableError("here", "the disk is full", "make room")

    with monkeypatch.context() as broken:
        broken.setattr(engine.core.tables, "commit", full)
        with pytest.raises(ViewsBehindError):
            engine.do(sample.write, "n-1", record="r-1", words=4)
    engine.work()
    card = engine.get(sample.desk, "n-1")
    assert card is not None
    assert card.words == 7


def test_without_reactions_live_facts_are_passed_over(open_host: Opener) -> None:
    engine = open_host(reactions={})
    engine.do(sample.write, "n-1", record="r-1", words=3)
    assert engine.work() == 1
    engine.do(sample.file, "n-1", shelf="bin")
    assert engine.work() == 2
