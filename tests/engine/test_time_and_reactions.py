"""Ticks only record what time decided; reactions follow the log with one effect each."""

from __future__ import annotations

from datetime import timedelta

import pytest

import cix
from cix.domain.decider import Call
from cix.errors import ProjectionError, ViewsBehindError
from cix.testing import FakeClock
from engine import sample
from engine.conftest import START, Opener
from engine.sample import PassCard

DAY = timedelta(days=1)


def words(engine: cix.Engine) -> list[str]:
    return [record.type for record in engine.core.store.read()]


def test_a_tick_records_what_fell_due_at_the_very_instant(
    open_host: Opener, clock: FakeClock
) -> None:
    engine = open_host(clock=clock)
    engine.do(sample.buy, "p-1", uses=5)
    clock.advance(9 * DAY)
    engine.tick()
    assert words(engine) == ["pass.bought", "note.written"]
    clock.advance(5 * DAY)
    ticked = engine.tick()
    assert (ticked.recorded, ticked.performed) == (1, 0)
    record = engine.core.store.read()[-1]
    assert record.fact == sample.PassLapsed(5)
    assert record.occurred_at == START + 10 * DAY
    assert record.recorded_at == START + 14 * DAY
    assert record.metadata.actor == "cix.tick"


def test_a_second_tick_does_nothing_more(open_host: Opener, clock: FakeClock) -> None:
    engine = open_host(clock=clock)
    engine.do(sample.buy, "p-1", uses=5)
    clock.advance(20 * DAY)
    engine.tick()
    before = words(engine)
    again = engine.tick()
    assert (again.recorded, again.performed, again.moved) == (0, 0, 0)
    assert words(engine) == before


def test_a_late_tick_changes_no_answer(open_host: Opener, clock: FakeClock) -> None:
    engine = open_host(clock=clock)
    engine.do(sample.buy, "p-1", uses=5)
    clock.advance(12 * DAY)
    engine.do(sample.buy, "p-1", uses=2)
    before = [engine.get(sample.passes, "p-1", as_of=START + n * DAY) for n in range(13)]
    engine.tick()
    after = [engine.get(sample.passes, "p-1", as_of=START + n * DAY) for n in range(13)]
    assert after == before
    assert after[-1] == PassCard("p-1", 2, 5, 10)


def test_the_table_is_as_true_as_the_last_tick(open_host: Opener, clock: FakeClock) -> None:
    engine = open_host(clock=clock)
    engine.do(sample.buy, "p-1", uses=5)
    clock.advance(12 * DAY)
    stored = engine.core.tables.find("passes")
    assert [one.row for one in stored] == [PassCard("p-1", 5, 0, 10)]
    engine.tick()
    stored = engine.core.tables.find("passes")
    assert [one.row for one in stored] == [PassCard("p-1", 0, 5, 10)]
    live = engine.digest(sample.passes)
    engine.rebuild(sample.passes)
    assert engine.digest(sample.passes) == live


def test_a_tick_ahead_of_the_clock_changes_no_answer_of_today(
    open_host: Opener, clock: FakeClock
) -> None:
    engine = open_host(clock=clock)
    engine.do(sample.buy, "p-1", uses=5)
    assert engine.tick(START + 20 * DAY).recorded == 1
    today = PassCard("p-1", 5, 0, 10)
    assert engine.get(sample.passes, "p-1") == today
    assert engine.find(sample.passes) == [today]
    engine.do(sample.use, "p-1", uses=1)
    assert engine.get(sample.passes, "p-1") == PassCard("p-1", 4, 0, 10)
    clock.advance(12 * DAY)
    assert engine.get(sample.passes, "p-1") == PassCard("p-1", 0, 4, 10)
    assert engine.tick().moved == 2


def test_a_due_action_is_performed_once(open_host: Opener, clock: FakeClock) -> None:
    engine = open_host(clock=clock)
    engine.do(sample.buy, "p-1", uses=5)
    clock.advance(9 * DAY)
    assert engine.tick().performed == 1
    assert engine.tick().performed <= 1
    card = engine.get(sample.desk, "reminder-p-1")
    assert card is not None
    assert card.words == 1


def test_a_reaction_follows_with_correlation_and_causation(open_host: Opener) -> None:
    engine = open_host()
    engine.do(sample.write, "n-1", record="r-1")
    engine.do(sample.file, "n-1", shelf="bin")
    cause, effect = engine.core.store.read()[-2:]
    assert effect.key == "copy-of-n-1"
    assert effect.metadata.causation == str(cause.event_id)
    assert effect.metadata.correlation == str(cause.event_id)
    card = engine.get(sample.desk, "copy-of-n-1")
    assert card is not None


def test_a_reaction_delivered_twice_has_one_effect(open_host: Opener) -> None:
    engine = open_host()
    engine.do(sample.write, "n-1", record="r-1")
    engine.do(sample.file, "n-1", shelf="bin")
    before = words(engine)
    position = engine.core.tables.cursor("reactions")
    assert engine.core.tables.move_cursor("reactions", position, 0)
    engine.work()
    assert words(engine) == before


def test_reactions_pass_over_loaded_history(open_host: Opener, clock: FakeClock) -> None:
    engine = open_host(clock=clock)
    engine.load(
        [
            cix.SourceFact(sample.NoteFiled("bin"), "n-1", START, START, "row-1"),
            cix.SourceFact(sample.NoteFiled("bin"), "n-2", START, START, "row-2"),
        ]
    )
    assert words(engine) == ["note.filed", "note.filed"]


def test_an_action_is_counted_when_it_is_performed_and_not_again(
    open_host: Opener, clock: FakeClock
) -> None:
    engine = open_host(clock=clock)
    engine.do(sample.buy, "p-1", uses=1)
    clock.advance(days=9)
    assert [engine.tick().performed for _ in range(3)] == [1, 0, 0]
    assert words(engine).count("note.written") == 1


def test_a_reaction_that_breaks_is_named_and_what_was_asked_is_recorded(
    open_host: Opener,
) -> None:
    def breaks(_: object, __: object) -> tuple[Call, ...]:
        message = "nobody thought of that"
        raise ValueError(message)

    engine = open_host(reactions={sample.NoteFiled: breaks})
    engine.do(sample.write, "n-1", record="r-1")
    with pytest.raises(ViewsBehindError, match=r"position 2.*reactions at position 2 \(note.filed"):
        engine.do(sample.file, "n-1", shelf="a")
    assert engine.get(sample.desk, "n-1") == sample.DeskCard("n-1", 1, "a after 1", START)
    assert engine.do(sample.write, "n-2", record="r-1")
    with pytest.raises(ProjectionError, match="ValueError: nobody thought of that"):
        engine.work()
    mended = open_host()
    mended.work()
    assert mended.core.tables.cursor("reactions") == 3


def test_a_tick_in_the_middle_of_a_rebuild_moves_the_new_rows_too(
    open_host: Opener, clock: FakeClock
) -> None:
    engine, other = open_host(clock=clock, page=1), open_host(clock=clock)
    for n in range(4):
        engine.do(sample.buy, f"p-{n}", uses=5)
    ticked: list[int] = []

    def meanwhile(position: int, _: int) -> None:
        if not ticked:
            clock.advance(timedelta(days=30))
            other.tick()
            ticked.append(position)

    engine.rebuild(sample.passes, progress=meanwhile)
    assert ticked
    built = engine.digest(sample.passes)
    engine.rebuild(sample.passes)
    assert engine.digest(sample.passes) == built
