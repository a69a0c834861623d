"""The engine runs on any recorder of the `eventsourcing` package; its views live in memory."""

from __future__ import annotations

from datetime import timedelta

import pytest

pytest.importorskip("eventsourcing", reason="the extra `eventsourcing` is not installed")

from eventsourcing.dcb.popo import InMemoryDCBRecorder

import cix
from cix.errors import RuleBrokenError, UnsupportedByStoreError
from cix.eventstore.dcb import RecorderStore
from cix.testing import FakeClock
from engine import sample
from engine.conftest import START, host
from engine.test_views import digests, history


@pytest.fixture
def recorder(clock: FakeClock) -> RecorderStore:
    return RecorderStore(InMemoryDCBRecorder(), sample.CATALOGUE, clock)


def test_a_whole_history_gives_the_same_rows_as_on_a_store_of_our_own(
    recorder: RecorderStore, clock: FakeClock
) -> None:
    with host(recorder, clock=clock) as foreign:
        history(foreign, clock)
        rows = digests(foreign)
    own_clock = FakeClock(START)
    with host("memory://", clock=own_clock) as own:
        history(own, own_clock)
        assert digests(own) == rows


def test_rules_times_and_request_ids_hold_there_too(
    recorder: RecorderStore, clock: FakeClock
) -> None:
    with host(recorder, clock=clock) as engine:
        engine.by("till", id="b").do(sample.buy, "p-1", uses=1)
        assert engine.by("till", id="b").do(sample.buy, "p-1", uses=1).duplicate
        clock.advance(timedelta(days=11))
        with pytest.raises(RuleBrokenError, match="used_up"):
            engine.do(sample.use, "p-1")
        assert engine.get(sample.passes, "p-1", as_of=START) == sample.PassCard("p-1", 1, 0, 10)


def test_what_such_a_recorder_cannot_do_is_refused_by_name(recorder: RecorderStore) -> None:
    with host(recorder) as engine, pytest.raises(UnsupportedByStoreError, match="load"):
        engine.load([cix.SourceFact(sample.NoteFiled("a"), "n", START, START, "row-1")])
