"""The one driver: order, time, boundaries, and what time decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from cix.domain.decider import (
    Deadline,
    Decider,
    Models,
    Reading,
    crossings,
    due_from,
    fold,
    settle,
    step,
)
from cix.facts import fact
from cix.records import Recorded
from cix.testing import START

HOUR = timedelta(hours=1)


@fact("lamp.lit", 1)
class LampLit:
    """A lamp burns for so many hours."""

    hours: int


@fact("lamp.went_out", 1, derived=True)
class LampWentOut:
    """Its time was over."""


@attrs.frozen
class Lamp:
    key: str
    until: datetime | None = None
    seen: tuple[int, ...] = ()
    burnt_out: int = 0


def evolve(lamp: Lamp, lit: LampLit, record: Recorded[Any]) -> Lamp:
    until = record.occurred_at + lit.hours * HOUR
    return attrs.evolve(lamp, until=until, seen=(*lamp.seen, record.position))


def advance(lamp: Lamp, instant: datetime) -> Lamp:
    if lamp.until is None or lamp.until > instant:
        return lamp
    return attrs.evolve(lamp, until=None, burnt_out=lamp.burnt_out + 1)


def deadlines(lamp: Lamp) -> tuple[Deadline, ...]:
    return () if lamp.until is None else (Deadline("out", lamp.until),)


def went_out(before: Lamp, after: Lamp) -> tuple[object, ...]:
    return (LampWentOut(),) if after.burnt_out > before.burnt_out else ()


def room(**changes: object) -> Decider[Lamp, LampLit]:
    usual: dict[str, Any] = {"advance": advance, "deadlines": deadlines, "fell_due": went_out}
    return Decider("lamp", Lamp, evolve, (LampLit,), **{**usual, **changes})


def lit(position: int, hour: float, hours: int = 1, learnt: float | None = None) -> Recorded[Any]:
    return Recorded.of(
        LampLit(hours),
        position=position,
        occurred_at=START + hour * HOUR,
        recorded_at=START + (hour if learnt is None else learnt) * HOUR,
        tags=("lamp:l-1",),
        type="lamp.lit",
    )


class TestOrder:
    def test_a_room_of_occurrence_folds_late_facts_where_they_belong(self) -> None:
        late = [lit(1, 5), lit(2, 1, learnt=6)]
        assert fold(room(), "l-1", late).seen == (2, 1)

    def test_a_room_of_recording_folds_by_position(self) -> None:
        late = [lit(2, 1, learnt=6), lit(1, 5)]
        assert fold(room(order="recorded"), "l-1", late).seen == (1, 2)

    def test_facts_of_one_instant_are_folded_by_position(self) -> None:
        assert fold(room(), "l-1", [lit(2, 1), lit(1, 1)]).seen == (1, 2)


class TestTime:
    def test_a_state_is_moved_up_to_and_including_the_instant_asked(self) -> None:
        found = [
            fold(room(), "l-1", [lit(1, 0)], START + HOUR - timedelta(microseconds=past)).burnt_out
            for past in (1, 0)
        ]
        assert found == [0, 1]

    def test_what_falls_due_at_a_fact_comes_before_it_or_after_it_as_the_room_says(self) -> None:
        history = [lit(1, 0), lit(2, 1)]
        assert fold(room(due_first=True), "l-1", history).burnt_out == 1
        assert fold(room(due_first=False), "l-1", history).burnt_out == 0

    def test_without_an_instant_time_stands_at_the_last_fact(self) -> None:
        assert fold(room(), "l-1", [lit(1, 0)]).burnt_out == 0

    def test_time_moves_over_each_due_instant_by_itself(self) -> None:
        told: list[datetime] = []
        state, moved = settle(
            room(),
            Lamp("l-1", START + HOUR),
            START,
            START + 9 * HOUR,
            lambda due, *_: told.append(due),
        )
        assert (state.burnt_out, moved, told) == (1, START + HOUR, [START + HOUR])

    def test_nothing_due_moves_nothing(self) -> None:
        assert settle(room(), Lamp("l-1"), START, START + HOUR) == (Lamp("l-1"), START)

    def test_a_deadline_at_the_instant_of_a_fact_is_still_to_come_where_facts_go_first(
        self,
    ) -> None:
        assert due_from(room(due_first=True), START) == START
        assert due_from(room(due_first=False), START) < START

    def test_a_fact_may_stand_at_the_first_instant_there_is(self) -> None:
        first = datetime.min.replace(tzinfo=UTC)
        lit_then = Recorded.of(LampLit(1), occurred_at=first, tags=("lamp:l-1",))
        for due_first in (True, False):
            one = room(due_first=due_first)
            assert fold(one, "l-1", [lit_then], first + HOUR).burnt_out == 1
            assert len(crossings(one, "l-1", [lit_then], first + HOUR)) == 1


class TestCrossings:
    def test_what_time_decided_is_told_with_its_due_instant(self) -> None:
        history = [lit(1, 0), lit(2, 3)]
        assert crossings(room(), "l-1", history, START + 9 * HOUR) == [
            (START + HOUR, LampWentOut()),
            (START + 4 * HOUR, LampWentOut()),
        ]

    def test_what_lies_ahead_is_not_told(self) -> None:
        assert crossings(room(), "l-1", [lit(1, 0)], START + HOUR / 2) == []

    def test_asked_twice_the_same_is_told(self) -> None:
        history = [lit(1, 0), lit(2, 1)]
        once = crossings(room(), "l-1", history, START + HOUR)
        again = crossings(room(), "l-1", history, START + 5 * HOUR)
        assert again[: len(once)] == once

    def test_a_room_that_does_not_move_tells_nothing(self) -> None:
        still = Decider("lamp", Lamp, evolve, (LampLit,))
        assert not still.moves
        assert crossings(still, "l-1", [lit(1, 0)], START + 9 * HOUR) == []


class TestRooms:
    def test_the_boundary_is_the_rooms_facts_and_its_policies(self) -> None:
        boundary = room(obeys=("light",)).boundary("l-1")
        assert boundary.matches(("lamp:l-1",), "lamp.lit")
        assert boundary.matches(("policy:light",), "policy.published")
        assert not boundary.matches(("lamp:l-2",), "lamp.lit")
        assert not boundary.matches(("lamp:l-1",), "lamp.sold")

    def test_a_room_without_facts_is_refused(self) -> None:
        with pytest.raises(TypeError, match="empty"):
            Decider("lamp", Lamp, evolve, ())

    def test_a_derived_fact_stands_in_no_union(self) -> None:
        with pytest.raises(TypeError, match="LampWentOut"):
            Decider("lamp", Lamp, evolve, (LampLit, LampWentOut))

    def test_a_decision_is_known_by_room_and_rule(self) -> None:
        lamps = room()

        @lamps.decision
        def light(lamp: Lamp, at: datetime, *, hours: int) -> tuple[LampLit, ...]:
            return (LampLit(hours),)

        assert light.name == "lamp.light"
        assert lamps.decisions == {"lamp.light": light}
        assert light(Lamp("l-1"), START, hours=2) == (LampLit(2),)

    def test_a_decision_is_declared_once(self) -> None:
        lamps = room()

        def light(lamp: Lamp, at: datetime) -> tuple[LampLit, ...]:
            return ()

        lamps.decision(light)
        with pytest.raises(TypeError, match="twice"):
            lamps.decision(light)

    def test_a_spanning_decision_sees_only_what_it_said_it_reads(self) -> None:
        lamps = room()
        one, two = Lamp("l-1"), Lamp("l-2", START)
        models = Models("l-1", one, ((Reading(lamps, "l-1"), one), (Reading(lamps, "l-2"), two)))
        assert models.of(lamps, "l-2") is two
        with pytest.raises(KeyError, match="l-3"):
            models.of(lamps, "l-3")

    def test_a_step_is_an_advance_and_a_fact(self) -> None:
        state = step(room(), Lamp("l-1", START + HOUR), lit(1, 2))
        assert (state.burnt_out, state.seen) == (1, (1,))
