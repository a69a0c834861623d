"""What the clocks say: keys that make saying it twice harmless, corrections, and due instants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cix.domain.decider import crossings, fold
from cix.domain.policy import PolicyPublished
from cix.domain.sla import (
    CLOCKS,
    Milestone,
    Noted,
    PolicyVersion,
    PriorityChanged,
    corrected_by,
    said,
)
from cix.domain.sla.derived import SlaBreached, SlaEscalated, SlaWarned, corrections, retracted
from cix.domain.ticket import TicketOpened, TicketPrioritised, TicketReplied, TicketResolved
from cix.plain import canonical
from cix.records import Recorded
from domain.sla_stories import (
    AGENT,
    CUSTOMER,
    DESK,
    OFFICE,
    Move,
    opened,
    policy,
    promised,
    rules,
    show,
    story,
    t,
    target,
)


def keys(facts: Sequence[Noted], promise: list[PolicyVersion], at: str) -> list[str]:
    return [one.key for one in said(facts, promise, [DESK], t(at), ticket="t-1")]


# -- outputs -----------------------------------------------------------------------------
def test_every_output_has_a_key_of_its_own() -> None:
    promise = promised(target(pause_on=["pending"], warn=[0.5, "10m"]))
    facts = story(
        opened(), ("9:10", "pending"), ("9:20", "open"), ("9:25", "pending"), ("9:30", "open"),
        ("12:00", "resolved"),
    )  # fmt: skip
    found = keys(facts, promise, "13:00")
    assert found == [
        "t-1/sla/resolution/1/started/",
        "t-1/sla/resolution/1/paused/2",
        "t-1/sla/resolution/1/resumed/3",
        "t-1/sla/resolution/1/paused/4",
        "t-1/sla/resolution/1/resumed/5",
        "t-1/sla/resolution/1/warned/0.5",
        "t-1/sla/resolution/1/warned/10m",
        "t-1/sla/resolution/1/breached/",
    ]


def test_a_stop_in_time_says_met_and_a_reopening_says_resumed() -> None:
    facts = story(opened(), ("9:10", "resolved"), ("9:20", "open"), ("9:30", "resolved"))
    assert keys(facts, promised(target()), "12:00")[1:] == [
        "t-1/sla/resolution/1/met/2",
        "t-1/sla/resolution/1/resumed/3",
        "t-1/sla/resolution/1/met/4",
    ]


def test_cancelled_and_retargeted_are_said() -> None:
    low = policy(target(seconds=7200, cancel=["spam"]), name="low", when={"priority": "low"})
    high = policy(target(cancel=["spam"]), name="high")
    facts = story(
        opened(priority="low"), ("9:10", PriorityChanged("high")), ("9:20", Milestone("spam"))
    )
    assert keys(facts, rules(low, high), "12:00")[1:] == [
        "t-1/sla/resolution/1/retargeted/2",
        "t-1/sla/resolution/1/cancelled/",
    ]


def test_the_key_of_an_instance_does_not_change_when_a_late_fact_renumbers_it() -> None:
    promise = promised(target("next_response"))
    facts = story(
        opened(), ("9:30", CUSTOMER), ("9:10", CUSTOMER, "12:00"), ("9:20", AGENT, "12:00")
    )
    before, after = show(facts[:2], promise, "9:40"), show(facts, promise, "9:40")
    assert (before[0].n, after[1].n) == (1, 2)
    assert before[0].key == after[1].key


def test_saying_it_again_says_the_same() -> None:
    facts = story(opened(), ("9:10", CUSTOMER), ("12:00", AGENT))
    promise = promised(target("next_response", warn=[0.5]))
    assert keys(facts, promise, "20:00") == keys(facts, promise, "20:00")
    assert set(keys(facts, promise, "10:00")) <= set(keys(facts, promise, "20:00"))


# -- corrections -------------------------------------------------------------------------
def test_a_late_fact_that_takes_a_breach_back_is_told_as_a_correction() -> None:
    facts = story(opened(), ("9:30", AGENT, "15:00"))
    (found,) = corrected_by(
        facts[1], facts, promised(target("first_response")), [], t("16:00"), ticket="t-1"
    )
    assert (found.was, found.now) == ("breached at 2026-03-02T10:00:00Z", "met")
    assert found.key == "t-1/sla/first_response/1/corrected/2"
    assert found.fact().because == "2"


def test_a_fact_that_changes_no_verdict_corrects_nothing() -> None:
    facts = story(opened(), ("9:30", AGENT))
    assert corrected_by(facts[1], facts, promised(target()), [], t("9:40")) == ()


def test_a_start_that_is_taken_back_is_corrected_too() -> None:
    promise = promised(target("next_response"))
    facts = story(opened(), ("9:30", CUSTOMER), ("9:10", CUSTOMER, "12:00"))
    (found,) = corrected_by(facts[2], facts, promise, [], t("13:00"))
    assert found.now == "never started"


def test_open_due_instants_that_moved_are_told_when_asked_for() -> None:
    facts, promise = story(opened()), promised(target(calendar="desk"))
    before = show(facts, promise, "9:10")
    after = show(story(opened("9:05")), promise, "9:10")
    assert corrections(before, after, "tzdata 2026b") == ()
    (found,) = corrections(before, after, "tzdata 2026b", dues=True)
    assert found.now == "due at 2026-03-02T10:05:00Z"


def test_what_a_tick_recorded_and_holds_no_more_is_corrected_once() -> None:
    at, later = t("10:00"), t("10:10")
    breach = SlaBreached("sla", "resolution", "1", "p", "1", at)
    warned = SlaWarned("sla", "resolution", "1", "p", "1", "0.5", t("9:30"), late=False)
    owed = retracted([warned, breach], [warned], "7")
    assert [(one.was, one.now) for one in owed] == [
        ("breached at 2026-03-02T10:00:00Z", "retracted")
    ]
    assert retracted([warned, breach, *owed], [warned], "7") == ()
    moved = SlaBreached("sla", "resolution", "1", "p", "1", later)
    assert retracted([breach], [moved], "7")[0].now == "breached at 2026-03-02T10:10:00Z"
    raised = SlaEscalated("escalation", "escalate_2", "1", "e", "1", 2, at)
    assert retracted([raised], [], "7")[0].was == "escalated to 2 at 2026-03-02T10:00:00Z"
    assert retracted([breach, warned], [warned, breach], "7") == ()


# -- the room, as the engine sees it -----------------------------------------------------
def recorded(*moves: Move) -> list[Recorded[Any]]:
    found: list[Recorded[Any]] = []
    for n, (when, fact, *late) in enumerate(moves, start=1):
        tags = ("policy:x",) if isinstance(fact, PolicyPublished) else ("ticket:t-1",)
        known = t(late[0]) if late else None
        one = Recorded.of(fact, position=n, occurred_at=t(when), recorded_at=known, tags=tags)
        found.append(one)
    return found


def published(kind: str, body: object, version: str = "1", when: str = "8:00") -> Move:
    return (when, PolicyPublished(kind, version, t(when), canonical(body)))


LADDER = {
    "name": "front line",
    "levels": [{"level": 2, "after": 1200, "calendar": "always", "unless": ["message:agent"]}],
}
BODY = {
    "policy": [policy(target("first_response", warn=[0.5], calendar="desk"))],
    "escalation": [LADDER],
}
HISTORY = (published("calendar", OFFICE), published("sla", BODY), ("9:00", TicketOpened("r-1")))


def crossed(records: list[Recorded[Any]], until: str) -> list[tuple[datetime, type]]:
    return [(due, type(fact)) for due, fact in crossings(CLOCKS, "t-1", records, t(until))]


def test_the_room_reads_tickets_policies_and_calendars_of_one_log() -> None:
    state = fold(CLOCKS, "t-1", recorded(*HISTORY, ("9:10", TicketReplied("agent"))), t("9:20"))
    first, _ = state.timers(t("9:20"))
    assert (first.target, first.status, first.calendar) == ("first_response", "met", "desk")
    assert CLOCKS.record_of(state) == "r-1"


def test_time_decides_warnings_escalations_and_breaches_each_once() -> None:
    expected = [(t("9:20"), SlaEscalated), (t("9:30"), SlaWarned), (t("10:00"), SlaBreached)]
    for until in ("10:01", "20:00", "+9 0:00"):
        assert crossed(recorded(*HISTORY), until) == expected
    assert crossed(recorded(*HISTORY), "10:00") == expected[:2]


def test_a_breach_names_its_exact_instant_however_late_it_is_recorded() -> None:
    (_, _, (_, breach)) = crossings(CLOCKS, "t-1", recorded(*HISTORY), t("+9 0:00"))
    assert isinstance(breach, SlaBreached)
    assert breach.at == t("10:00")


def test_nothing_is_due_while_paused_or_after_the_stop() -> None:
    state = fold(CLOCKS, "t-1", recorded(*HISTORY, ("9:10", TicketResolved())), t("9:20"))
    assert [one.kind for one in CLOCKS.deadlines(state)] == []


def test_what_a_change_brings_to_light_is_told_at_once() -> None:
    low = policy(target("first_response", seconds=36_000), name="low", when={"priority": "low"})
    high = policy(target("first_response", seconds=60, warn=[0.5]), name="high")
    records = recorded(
        published("sla", {"policy": [low, high]}),
        ("9:00", TicketOpened("r-1", priority="low")),
        ("9:30", TicketPrioritised("high")),
    )
    found = crossings(CLOCKS, "t-1", records, t("9:40"))
    assert [(due, type(fact).__name__) for due, fact in found] == [
        (t("9:00:30"), "SlaWarned"),
        (t("9:01"), "SlaBreached"),
    ]


def test_deadlines_are_the_next_warning_breach_and_escalation() -> None:
    state = fold(CLOCKS, "t-1", recorded(*HISTORY), t("9:00"))
    found = [(one.kind, one.due) for one in CLOCKS.deadlines(state)]
    assert found == [
        ("sla.escalated", t("9:20")),
        ("sla.warned", t("9:30")),
        ("sla.breached", t("10:00").replace(microsecond=1)),
    ]


def test_a_snapshot_anywhere_and_any_ticks_in_between_give_the_same_state() -> None:
    records = recorded(*HISTORY, ("9:10", TicketReplied("customer")), ("9:40", TicketResolved()))
    whole = fold(CLOCKS, "t-1", records, t("12:00"))
    for cut in range(1, len(records)):
        part = fold(CLOCKS, "t-1", records[:cut])
        for record in records[cut:]:
            part = CLOCKS.advance(part, record.occurred_at.replace(microsecond=0))
            part = CLOCKS.evolve(part, record.fact, record)
        assert CLOCKS.advance(part, t("12:00")).timers(t("12:00")) == whole.timers(t("12:00"))
        assert CLOCKS.advance(part, t("12:00")).log == whole.log
