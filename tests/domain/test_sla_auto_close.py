"""Where the desk lets time close a ticket, its clocks see the closing at its exact instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cix.domain.decider import Deadline, crossings, fold
from cix.domain.policy import PolicyPublished
from cix.domain.sla import CLOCKS, Timer
from cix.domain.ticket import TicketOpened, TicketReopened, TicketReplied, TicketResolved
from cix.plain import canonical
from cix.records import Recorded
from domain.sla_stories import policy, t, target

HOUR_S = 3_600
DESK = ("8:00", PolicyPublished("desk", "1", t("8:00"), canonical({"close_after_s": HOUR_S})))
OPENED = ("9:00", TicketOpened("r-1"))
RESOLVED = ("10:00", TicketResolved("a-1"))


def history(*moves: tuple[Any, ...], **target_: Any) -> list[Recorded[Any]]:
    body = {"policy": [policy(target(**target_))]}
    sla = ("8:00", PolicyPublished("sla", "1", t("8:00"), canonical(body)))
    return [
        Recorded.of(
            fact,
            position=n,
            occurred_at=t(when),
            tags=(f"policy:{fact.kind}" if isinstance(fact, PolicyPublished) else "ticket:t-1",),
        )
        for n, (when, fact) in enumerate((sla, *moves), start=1)
    ]


def timers(records: list[Recorded[Any]], at: str) -> tuple[Timer, ...]:
    return fold(CLOCKS, "t-1", records, t(at)).timers(t(at))


UNTIL_CLOSED: dict[str, Any] = {"seconds": 5 * HOUR_S, "resolved": ["closed"]}


def test_a_target_that_waits_for_the_closing_stops_when_time_closes() -> None:
    records = history(DESK, OPENED, RESOLVED, **UNTIL_CLOSED)
    (running,) = timers(records, "10:59:59")
    assert running.status == "running"
    for at in ("11:00", "11:01", "20:00"):
        (found,) = timers(records, at)
        assert (found.status, found.stopped_at, found.elapsed_us) == (
            "met",
            t("11:00"),
            7_200_000_000,
        )
    assert found.moved[-1].because == "4~closed"


def test_a_state_that_nobody_moved_answers_the_same() -> None:
    records = history(DESK, OPENED, RESOLVED, **UNTIL_CLOSED)
    still = fold(CLOCKS, "t-1", records)
    assert still.timers(t("12:00")) == timers(records, "12:00")


def test_a_target_may_start_when_time_closes_and_is_breached_from_there() -> None:
    keys: dict[str, Any] = {"name": "check", "start": ["status:closed"], "seconds": HOUR_S}
    records = history(DESK, OPENED, RESOLVED, **keys)
    assert timers(records, "10:30") == ()
    (found,) = timers(records, "11:30")
    assert (found.started_at, found.due_at) == (t("11:00"), t("12:00"))
    crossed = crossings(CLOCKS, "t-1", records, t("tue 9:00"))
    assert [at for at, _ in crossed] == [t("12:00")]


def test_the_closing_is_among_the_deadlines_of_the_clocks() -> None:
    state = fold(CLOCKS, "t-1", history(DESK, OPENED, RESOLVED), t("10:00"))
    assert CLOCKS.deadlines(state) == (Deadline("sla.closed", t("11:00"), "4"),)


def test_a_reopening_in_time_means_no_closing() -> None:
    moves = (DESK, OPENED, RESOLVED, ("10:59", TicketReopened("again")))
    (found,) = timers(history(*moves, **UNTIL_CLOSED), "13:00")
    assert (found.status, found.elapsed_us // 1_000_000) == ("running", 4 * HOUR_S)


def test_a_fact_of_the_very_instant_comes_first() -> None:
    moves = (DESK, OPENED, RESOLVED, ("11:00", TicketReopened("again")))
    (found,) = timers(history(*moves, **UNTIL_CLOSED), "13:00")
    assert found.status == "running"
    said = (DESK, OPENED, RESOLVED, ("11:00", TicketReplied("agent", agent="a-1")))
    keys: dict[str, Any] = {
        "name": "last_word", "start": ["status:resolved"], "stop": ["message:agent"],
        "cancel": ["status:closed"], "seconds": HOUR_S,
    }  # fmt: skip
    assert [one.status for one in timers(history(*said, **keys), "12:00")] == ["met"]


def test_a_desk_that_says_so_only_after_the_resolution_closes_nothing() -> None:
    late = ("10:30", PolicyPublished("desk", "1", t("10:30"), DESK[1].body))
    (found,) = timers(history(OPENED, RESOLVED, late, **UNTIL_CLOSED), "13:00")
    assert found.status == "running"


def test_ticks_along_the_way_change_no_answer() -> None:
    records = history(DESK, OPENED, RESOLVED, **UNTIL_CLOSED)
    state = fold(CLOCKS, "t-1", records)
    for at in ("10:10", "11:00", "11:00", "12:00"):
        state = CLOCKS.advance(state, t(at))
    assert state.timers(t("12:00")) == timers(records, "12:00")
    instants: list[datetime] = [one.due for one in CLOCKS.deadlines(state)]
    assert instants == []
