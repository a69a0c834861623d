"""What a change of the ticket, of a policy or of a calendar does to its clocks."""

from __future__ import annotations

from typing import Any

import pytest

from cix.domain.sla import (
    Assigned,
    CalendarVersion,
    FieldsChanged,
    Noted,
    PolicyVersion,
    PriorityChanged,
    as_if_always,
)
from domain.sla_stories import (
    AGENT,
    CUSTOMER,
    DESK,
    OFFICE,
    minutes,
    one,
    opened,
    policy,
    promised,
    rules,
    show,
    story,
    t,
    target,
)

HIGH = PriorityChanged("high")


def by_priority(low: dict[str, Any], high: dict[str, Any]) -> list[PolicyVersion]:
    first = policy(low, name="low", when={"priority": "low"})
    return rules(first, policy(high, name="high", when={"priority": ["high", "urgent"]}))


def raised(when: str = "9:30", *more: object) -> list[Noted]:
    return story(opened(priority="low"), (when, HIGH), *more)


def edited(
    before: list[dict[str, Any]], after: list[dict[str, Any]], when: str = "9:30"
) -> list[PolicyVersion]:
    second = PolicyVersion.of({"policy": after}, "2", t(when))
    return [PolicyVersion.of({"policy": before}, "1"), second]


# -- matching ----------------------------------------------------------------------------
def test_in_each_family_the_first_policy_that_holds_applies() -> None:
    vip = policy(target(seconds=600), name="vip", when={"segment": "high", "type": ["a", "b"]})
    other = policy(target("answer", start=["ring"]), name="o", family="answer")
    every = rules(vip, policy(target(), name="all"), other)
    assert one(story(opened(segment="high", type="b")), every, "9:05").policy == "vip"
    assert one(story(opened(segment="high", type="c")), every, "9:05").policy == "all"


def test_a_ticket_that_nothing_matches_has_no_clocks() -> None:
    assert show(story(opened()), by_priority(target(), target()), "9:05") == ()


def test_the_match_uses_the_ticket_as_of_the_fact_not_todays_values() -> None:
    promise = by_priority(target("next_response"), target("next_response", seconds=60))
    facts = story(opened(priority="low"), ("9:05", CUSTOMER), ("9:20", AGENT), ("9:30", HIGH))
    assert one(facts, promise, "12:00").policy == "low"


def test_a_change_of_any_named_field_is_matched_again() -> None:
    first = policy(target(seconds=7200), name="p1", when={"group": "first"})
    promise = rules(first, policy(target(), name="p2", when={"complexity": "simple"}))
    moved = FieldsChanged((("complexity", "simple"),))
    facts = story(opened(group="first"), ("9:10", Assigned("a", "second")), ("9:20", moved))
    timers = show(facts, promise, "9:30")
    assert [(one.policy, one.status) for one in timers] == [("p1", "cancelled"), ("p2", "running")]


# -- on a change of the ticket -----------------------------------------------------------
def test_a_shorter_target_may_have_been_breached_before_the_change() -> None:
    timer = one(raised("10:30"), by_priority(target(seconds=7200), target()), "10:31")
    assert (timer.status, timer.breached_at) == ("breached", t("10:00"))


def test_a_breach_earned_before_the_change_stays_whatever_the_new_seconds() -> None:
    timer = one(raised("10:30"), by_priority(target(), target(seconds=36_000)), "10:31")
    assert (timer.status, timer.breached_at, timer.allowed) == (
        "breached", t("10:00"), minutes(600),
    )  # fmt: skip


def test_a_change_keeps_start_segments_and_pauses() -> None:
    low = target(seconds=7200, pause_on=["pending"])
    facts = story(opened(priority="low"), ("9:10", "pending"), ("9:20", "open"), ("9:30", HIGH))
    timer = one(facts, by_priority(low, {**low, "seconds": 3600}), "9:40")
    assert (timer.n, timer.due_at, len(timer.segments)) == (1, t("10:10"), 2)


def test_a_breach_before_a_pause_is_found_in_the_segment_that_used_the_new_target_up() -> None:
    low = target(seconds=36_000, pause_on=["pending"])
    facts = story(opened(priority="low"), ("9:30", "pending"), ("9:40", "open"), ("12:00", HIGH))
    timer = one(facts, by_priority(low, {**low, "seconds": 1800}), "12:01")
    assert timer.breached_at == t("9:40")


def test_forward_leaves_the_open_instance_and_gives_later_ones_the_new_target() -> None:
    late = target("next_response", seconds=600, on_change="forward")
    promise = by_priority(target("next_response"), late)
    facts = story(
        opened(priority="low"), ("9:10", CUSTOMER), ("9:30", HIGH), ("9:40", AGENT),
        ("9:50", CUSTOMER),
    )  # fmt: skip
    first, second = show(facts, promise, "9:55")
    assert (first.allowed, second.allowed) == (minutes(60), minutes(10))


def test_restart_cancels_and_starts_the_next_instance_at_the_change() -> None:
    promise = by_priority(target(), target(on_change="restart"))
    first, second = show(raised(), promise, "9:45")
    assert (first.status, first.stopped_at) == ("cancelled", t("9:30"))
    assert (second.n, second.started_at, second.due_at) == (2, t("9:30"), t("10:30"))


def test_another_calendar_counts_from_the_change_on() -> None:
    promise = by_priority(target(seconds=36_000), target(seconds=36_000, calendar="desk"))
    timer = one(raised("17:30"), promise, "20:00")
    assert [(s.calendar, s.elapsed) for s in timer.segments] == [
        ("always", minutes(510)),
        ("desk", minutes(30)),
    ]
    assert timer.due_at == t("tue 10:00")


def test_another_list_of_pauses_counts_from_the_change_on() -> None:
    low, high = target(pause_on=["pending"]), target(pause_on=["open"])
    facts = story(opened(priority="low"), ("9:20", HIGH), ("9:50", "pending"))
    timer = one(facts, by_priority(low, high), "10:00")
    assert (timer.elapsed, timer.status) == (minutes(30), "running")


def test_a_target_that_is_gone_is_cancelled() -> None:
    promise = by_priority(target(), target("plan", start=["created"]))
    gone, plan = show(raised(), promise, "9:45")
    assert (gone.target, gone.status, gone.stopped_at) == ("resolution", "cancelled", t("9:30"))
    assert (plan.target, plan.status) == ("plan", "running")


@pytest.mark.parametrize(("how", "start"), [("retroactive", "9:00"), ("forward", "9:30")])
def test_a_new_target_starts_at_the_fact_that_would_have_started_it_or_at_the_change(
    how: str, start: str
) -> None:
    promise = rules(policy(target(on_change=how), when={"priority": "high"}))
    assert one(raised(), promise, "9:45").started_at == t(start)


def test_a_new_target_counts_the_pauses_there_were() -> None:
    promise = rules(policy(target(pause_on=["pending"]), when={"priority": "high"}))
    facts = story(opened(priority="low"), ("9:10", "pending"), ("9:20", "open"), ("9:30", HIGH))
    assert one(facts, promise, "9:30").elapsed == minutes(20)


def test_of_a_new_target_what_had_ended_before_the_change_is_not_listed() -> None:
    promise = rules(policy(target("next_response"), when={"priority": "high"}))
    answered = story(opened(priority="low"), ("9:05", CUSTOMER), ("9:10", AGENT), ("9:30", HIGH))
    assert show(answered, promise, "9:45") == ()
    asked = story(
        opened(priority="low"), ("9:05", CUSTOMER), ("9:10", AGENT), ("9:20", CUSTOMER),
        ("9:30", HIGH),
    )  # fmt: skip
    assert (one(asked, promise, "9:45").n, one(asked, promise, "9:45").started_at) == (1, t("9:20"))


def test_a_reopened_clock_goes_on_under_the_target_of_a_change_while_it_was_stopped() -> None:
    promise = by_priority(target(seconds=7200), target(seconds=600))
    facts = story(opened(priority="low"), ("9:05", "resolved"), ("9:30", HIGH), ("10:00", "open"))
    assert one(facts, promise, "9:45").allowed == minutes(120)
    assert one(facts, promise, "10:01").due_at == t("10:05")


# -- on an edit --------------------------------------------------------------------------
def test_keep_leaves_what_runs_and_gives_later_instances_the_new_version() -> None:
    before, after = target("next_response"), target("next_response", seconds=600)
    promise = edited([policy(before)], [policy(after)])
    facts = story(opened(), ("9:10", CUSTOMER), ("9:40", AGENT), ("9:50", CUSTOMER))
    first, second = show(facts, promise, "9:55")
    assert (first.allowed, first.policy_version) == (minutes(60), "1")
    assert (second.allowed, second.policy_version) == (minutes(10), "2")


def test_recompute_is_a_change_at_the_effective_instant() -> None:
    after = policy(target(seconds=1200), on_edit="recompute")
    timer = one(story(opened()), edited([policy(target())], [after]), "9:31")
    assert (timer.policy_version, timer.breached_at) == ("2", t("9:20"))
    assert timer.known_at == t("9:30")


def test_instances_stopped_before_an_edit_never_change() -> None:
    after = policy(target(seconds=60), on_edit="recompute")
    facts = story(opened(), ("9:20", "resolved"))
    timer = one(facts, edited([policy(target())], [after]), "12:00")
    assert (timer.status, timer.allowed) == ("met", minutes(60))


def test_a_late_fact_judges_again_even_what_an_edit_leaves_alone() -> None:
    facts = story(opened(), ("10:30", "resolved"), ("9:50", "resolved", "12:00"))
    promise = edited([policy(target())], [policy(target(seconds=60))], "11:00")
    assert one(facts, promise, "13:00", as_of="11:30").status == "breached"
    assert one(facts, promise, "13:00").status == "met"


@pytest.mark.parametrize("on_edit", ["keep", "recompute"])
def test_a_policy_withdrawn_cancels_what_runs(on_edit: str) -> None:
    promise = edited([policy(target(), on_edit=on_edit)], [])
    timer = one(story(opened()), promise, "9:45")
    assert (timer.status, timer.stopped_at) == ("cancelled", t("9:30"))


def test_a_new_policy_leaves_open_tickets_alone_unless_it_says_recompute() -> None:
    assert show(story(opened()), edited([], [policy(target())]), "9:45") == ()
    new = policy(target(), on_edit="recompute")
    assert one(story(opened()), edited([], [new]), "9:45").started_at == t("9:00")


def test_a_version_counts_from_its_effective_instant_whenever_it_was_recorded() -> None:
    back_dated = PolicyVersion.of(
        {"policy": [policy(target(seconds=60))]}, "2", t("8:00"), t("11:00")
    )
    promise = [*promised(target()), back_dated]
    assert one(story(opened()), promise, "12:00").allowed == minutes(1)
    assert one(story(opened()), promise, "12:00", as_of="10:59").allowed == minutes(60)


def test_a_new_calendar_version_leaves_what_runs_under_keep() -> None:
    short = {**OFFICE, "weekly": {"tue": ["09:00-12:00"]}}
    calendars = [DESK, CalendarVersion.of(short, "2", t("10:00"))]
    promise = promised(target(seconds=7200, calendar="desk"))
    timer = one(story(opened()), promise, "10:30", calendars=calendars)
    assert (timer.calendar_version, timer.due_at) == ("1", t("11:00"))
    later = one(story(opened("10:15")), promise, "10:30", calendars=calendars)
    assert (later.calendar_version, later.due_at) == ("2", t("tue 11:00"))


def test_a_new_calendar_version_counts_from_its_instant_on_under_recompute() -> None:
    short = {**OFFICE, "weekly": {"tue": ["09:00-12:00"]}}
    calendars = [DESK, CalendarVersion.of(short, "2", t("10:00"))]
    promise = promised(target(seconds=7200, calendar="desk"), on_edit="recompute")
    timer = one(story(opened()), promise, "10:30", calendars=calendars)
    assert (timer.elapsed, timer.due_at) == (minutes(60), t("tue 10:00"))


# -- what-if -----------------------------------------------------------------------------
def test_a_what_if_judges_the_whole_history_as_if_the_other_version_had_always_held() -> None:
    later = [PolicyVersion.of({"policy": [policy(target(seconds=600))]}, "2", t("15:00"))]
    facts = story(opened(), ("9:20", "resolved"))
    assert show(facts, later, "20:00") == ()
    timer = one(facts, as_if_always(later), "20:00")
    assert (timer.status, timer.breached_at, timer.known_at) == ("breached", t("9:10"), t("9:10"))


def test_a_target_the_other_version_lacks_has_no_instances_a_breach_it_had_included() -> None:
    facts = story(opened(), ("12:00", "resolved"))
    assert one(facts, promised(target()), "20:00").status == "breached"
    assert show(facts, as_if_always(promised(target("next_response"))), "20:00") == ()
