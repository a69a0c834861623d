"""The SLA board: a row a ticket, a child row a timer instance, soonest due first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import attrs

from cix.domain.decider import fold
from cix.domain.policy import PolicyPublished
from cix.domain.sla import CLOCKS
from cix.domain.ticket import (
    TicketAssigned,
    TicketMerged,
    TicketOpened,
    TicketPended,
    TicketReplied,
    TicketResolved,
    TicketSplit,
)
from cix.plain import canonical
from cix.projections.sla_timers import (
    TicketTimers,
    board,
    response_times,
    sla_attainment,
    sla_timers,
)
from cix.records import Recorded
from domain.sla_stories import OFFICE, t

MINUTE_US = 60_000_000
BODY = {
    "policy": [
        {
            "name": "all",
            "family": "response",
            "targets": [
                {"name": "first_response", "seconds": 1800, "calendar": "desk", "warn": [0.5]},
                {
                    "name": "resolution", "seconds": 14_400, "calendar": "always",
                    "pause_on": ["pending"],
                },
                {"name": "next_response", "seconds": 3600, "calendar": "always"},
            ],
        }
    ]
}  # fmt: skip
PUBLISHED = (
    ("8:00", PolicyPublished("calendar", "1", t("8:00"), canonical(OFFICE))),
    ("8:00", PolicyPublished("sla", "1", t("8:00"), canonical(BODY))),
)


def records(*moves: tuple[Any, ...], key: str = "t-1") -> list[Recorded[Any]]:
    found: list[Recorded[Any]] = []
    for n, (when, fact, *owner) in enumerate((*PUBLISHED, *moves), start=1):
        is_policy = isinstance(fact, PolicyPublished)
        tag = f"policy:{fact.kind}" if is_policy else f"ticket:{owner[0] if owner else key}"
        found.append(Recorded.of(fact, position=n, occurred_at=t(when), tags=(tag,)))
    return found


def row(at: str, *moves: tuple[Any, ...], key: str = "t-1") -> TicketTimers | None:
    state = fold(CLOCKS, key, records(*moves, key=key), t(at))
    assert sla_timers.picture is not None
    found = sla_timers.picture(state, t(at))
    assert found is None or isinstance(found, TicketTimers)
    return found


def the(at: str, *moves: tuple[Any, ...], key: str = "t-1") -> TicketTimers:
    found = row(at, *moves, key=key)
    assert found is not None
    return found


OPENED = ("9:00", TicketOpened("r-1", channel="chat", priority="high"))


def test_a_ticket_without_a_promise_has_no_row() -> None:
    assert row("9:00") is None


def test_the_row_names_the_promise_to_keep_next() -> None:
    found = the("9:10", OPENED)
    assert (found.ticket, found.due_at, found.due_target) == ("t-1", t("9:30"), "first_response")
    assert (found.open, found.breached, found.is_paused) == (2, 0, False)
    assert (found.channel, found.priority) == ("chat", "high")


def test_each_instance_is_a_child_row() -> None:
    first, resolution = the("9:20", OPENED, ("9:15", TicketPended())).timers
    assert (first.target, first.status, first.warned) == ("first_response", "running", "0.5")
    assert (first.elapsed_us, first.remaining_us) == (20 * MINUTE_US, 10 * MINUTE_US)
    assert (resolution.status, resolution.due_at) == ("paused", None)
    assert resolution.due_if_resumed_now == t("13:05")


def test_time_alone_makes_a_row_late() -> None:
    found = the("9:31", OPENED)
    assert (found.breached, found.breached_open, found.first_breach_at) == (1, 1, t("9:30"))
    assert found.timers[0].known_at == t("9:30")


def test_a_ticket_that_only_waits_is_paused() -> None:
    moves = (OPENED, ("9:05", TicketReplied("agent", agent="a-1")), ("9:10", TicketPended()))
    found = the("9:20", *moves)
    assert (found.is_paused, found.due_at, found.open) == (True, None, 1)


def test_the_ticket_room_is_read_fact_by_fact() -> None:
    found = the(
        "10:00",
        OPENED,
        ("9:05", TicketAssigned("a-1", "desk-1")),
        ("9:10", TicketReplied("customer")),
        ("9:12", TicketReplied("agent", agent="a-1", public=False)),
        ("9:20", TicketReplied("agent", agent="a-1")),
        ("9:40", TicketResolved("a-1")),
    )
    assert [(one.target, one.status, one.elapsed_us // MINUTE_US) for one in found.timers] == [
        ("first_response", "met", 20),
        ("resolution", "met", 40),
        ("next_response", "met", 10),
    ]
    assert (found.agent, found.group, found.open) == ("a-1", "desk-1", 0)


def test_a_merge_is_one_fact_with_two_sides() -> None:
    merged = ("9:20", TicketMerged("t-2", unanswered_since=t("8:55")), "t-1")
    source = the("9:25", OPENED, merged)
    assert {one.status for one in source.timers} == {"cancelled"}
    survivor = the("9:25", ("9:00", TicketOpened("r-1"), "t-2"), merged, key="t-2")
    assert [(one.target, one.started_at) for one in survivor.timers] == [
        ("first_response", t("9:00")),
        ("resolution", t("9:00")),
        ("next_response", t("8:55")),
    ]


def test_a_split_is_one_fact_with_two_sides() -> None:
    split = ("9:00", TicketSplit("t-0", first_message_at=t("8:00"), unanswered_since=t("8:30")))
    part = the("9:10", OPENED, split)
    assert [one.started_at for one in part.timers] == [t("9:00")] * 3
    origin = the("9:10", ("8:00", TicketOpened("r-1"), "t-0"), (*split, "t-1"), key="t-0")
    assert len(origin.timers) == 2


def test_the_board_shows_what_is_due_soonest_then_what_is_late_then_what_waits() -> None:
    soon = attrs.evolve(the("9:10", OPENED), ticket="t-soon")
    later = attrs.evolve(soon, ticket="t-later", due_at=t("9:50"))
    late = attrs.evolve(soon, ticket="t-late", due_at=None, breached_open=1)
    waits = attrs.evolve(soon, ticket="t-waits", due_at=None)
    done = attrs.evolve(soon, ticket="t-done", open=0)
    shown = board([waits, done, late, later, soon])
    assert [one.ticket for one in shown] == ["t-soon", "t-later", "t-late", "t-waits"]


def test_attainment_and_response_times_are_queries_over_the_rows() -> None:
    answered = the("12:00", OPENED, ("9:20", TicketReplied("agent", agent="a-1")))
    late = the("12:00", OPENED, ("11:00", TicketReplied("agent", agent="a-1")))
    found = sla_attainment([answered, late], ["target", "day"])
    assert [(one.group, one.met, one.breached) for one in found] == [
        (("first_response", "2026-03-02"), 1, 1)
    ]
    (times,) = response_times([answered, late])
    assert (times.business.p50, times.business.p99) == (20 * MINUTE_US, 120 * MINUTE_US)
    assert times.calendar.mean.value == 70 * MINUTE_US


def test_a_row_is_due_again_when_its_next_clock_is() -> None:
    state = fold(CLOCKS, "t-1", records(OPENED), t("9:00"))
    dues: list[datetime] = [one.due for one in CLOCKS.deadlines(state)]
    assert dues == [
        t("9:15"),
        t("9:30") + timedelta(microseconds=1),
        t("13:00") + timedelta(microseconds=1),
    ]
