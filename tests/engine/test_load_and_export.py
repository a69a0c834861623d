"""History comes in as its source tells it, and goes out so that it comes back the same."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

import cix
from cix.engine.interchange import from_line
from cix.errors import MalformedFactError, UnknownFactError
from cix.testing import FakeClock
from engine import sample
from engine.conftest import START, Opener, host
from engine.test_views import digests, history

DAY = timedelta(days=1)


def rows(count: int, first: int = 0) -> list[cix.SourceFact]:
    return [
        cix.SourceFact(
            sample.NoteWritten(f"r-{n % 7}", n), f"n-{n % 11}", START + n * DAY, START + n * DAY,
            f"row-{n}", record=f"r-{n % 7}",
        )
        for n in range(first, first + count)
    ]  # fmt: skip


def test_a_load_is_kept_with_both_times_of_its_source(open_host: Opener) -> None:
    engine = open_host()
    report = engine.load(rows(30))
    assert (report.stored, report.skipped, report.lifted, report.last) == (30, 0, 0, 30)
    record = engine.core.store.read()[29]
    assert (record.occurred_at, record.recorded_at) == (START + 29 * DAY, START + 29 * DAY)
    assert record.metadata.loaded


def test_a_broken_load_is_run_again_and_doubles_nothing(open_host: Opener) -> None:
    engine = open_host()
    engine.load(rows(12))
    report = engine.load(rows(30))
    assert (report.stored, report.skipped) == (18, 12)
    assert engine.core.store.head().position == 30


def test_recorded_time_never_runs_back_and_what_was_given_is_kept(open_host: Opener) -> None:
    engine = open_host()
    engine.load(rows(1, first=5))
    report = engine.load(rows(1, first=2))
    assert report.lifted == 1
    record = engine.core.store.read()[1]
    assert record.recorded_at == START + 5 * DAY
    assert record.occurred_at == START + 2 * DAY
    assert record.metadata.given_us is not None


def test_facts_that_share_an_id_come_in_together(open_host: Opener) -> None:
    engine = open_host()
    pair = [
        cix.SourceFact(sample.NoteWritten("r-1", n), "n-1", START, START, "row-1") for n in (1, 2)
    ]
    assert engine.load(pair).stored == 2
    assert engine.load(pair).skipped == 2


def test_a_fact_that_no_room_holds_is_refused_by_name(open_host: Opener) -> None:
    engine = open_host()
    with pytest.raises(MalformedFactError, match=r"pass\.lapsed"):
        engine.load([cix.SourceFact(sample.PassLapsed(1), "p-1", START, START, "x")])


def test_an_export_rebuilds_an_identical_store(open_host: Opener) -> None:
    clock = FakeClock(START)
    engine = open_host(clock=clock)
    history(engine, clock)
    clock.advance(40 * DAY)
    engine.tick()
    lines = [json.loads(json.dumps(line)) for line in engine.export()]
    with host("memory://", clock=clock) as copy:
        copy.load(from_line(line, sample.CATALOGUE) for line in lines)
        copy.tick()
        assert list(copy.export()) == lines
        assert digests(copy) == digests(engine)
        assert copy.load(from_line(line, sample.CATALOGUE) for line in lines).stored == 0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"fact": "note.burnt"}, r"note\.burnt"),
        ({"version": 9}, "version 9"),
        ({"data": {"record": "r-1", "words": "3"}}, r"data\.words"),
        ({"data": {"record": "r-1"}}, r"data\.words.*missing"),
        ({"data": {"record": "r-1", "words": 1, "more": 1}}, r"data\.more"),
        ({"occurred_at": "2024-03-01"}, "occurred_at"),
        ({"tags": "note:n-1"}, "tags"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_line_that_is_no_such_fact_is_refused_with_the_field(
    engine: cix.Engine, change: dict[str, object], expected: str
) -> None:
    engine.do(sample.write, "n-1", record="r-1", words=3)
    (line,) = engine.export()
    with pytest.raises((UnknownFactError, MalformedFactError), match=expected):
        from_line(line | change, sample.CATALOGUE)


def test_records_are_found_in_a_copy_by_what_they_hold(open_host: Opener) -> None:
    engine = open_host()
    who = engine.record("phone", "+86 138 0000 0000")
    with host("memory://") as copy:
        copy.load(from_line(line, sample.CATALOGUE) for line in engine.export())
        assert copy.record("phone", "13800000000") == who
        assert copy.core.store.head() == engine.core.store.head()
