"""What one clock shows at an instant: elapsed, due, breach, warnings, and when it was known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cix.domain.sla import CalendarVersion, Noted, PolicyVersion, PriorityChanged, StatusChanged
from cix.errors import NaiveInstantError
from domain.sla_stories import (
    AGENT,
    CUSTOMER,
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

PAUSING = promised(target(pause_on=["pending"]))


# -- elapsed and due ---------------------------------------------------------------------
def test_elapsed_goes_on_after_a_breach_until_the_stop() -> None:
    facts = story(opened(), ("12:00", "resolved"))
    timer = one(facts, promised(target()), "20:00")
    assert (timer.status, timer.elapsed, timer.remaining) == (
        "breached",
        minutes(180),
        minutes(-120),
    )


def test_only_facts_that_occurred_by_the_instant_count() -> None:
    facts = story(opened(), ("9:30", "resolved"))
    assert one(facts, promised(target()), "9:29").status == "running"
    assert one(facts, promised(target()), "9:30").status == "met"


def test_a_breach_earned_before_a_stop_a_pause_or_a_cancel_stays_the_status() -> None:
    promise = promised(target(pause_on=["pending"], cancel=["assigned"]))
    for status in ("resolved", "pending"):
        assert one(story(opened(), ("10:30", status)), promise, "12:00").status == "breached"


def test_a_target_used_up_exactly_at_a_pause_is_breached_at_the_start_of_the_next_segment() -> None:
    facts = story(opened(), ("10:00", "pending"), ("11:00", "open"))
    assert one(facts, PAUSING, "10:30").status == "paused"
    assert one(facts, PAUSING, "11:00").status == "running"
    timer = one(facts, PAUSING, "11:01")
    assert (timer.status, timer.breached_at) == ("breached", t("11:00"))


def test_due_moves_by_the_length_of_a_pause() -> None:
    facts = story(opened(), ("9:20", "pending"), ("9:50", "open"))
    assert one(facts, PAUSING, "9:55").due_at == t("10:30")


def test_due_is_null_where_the_calendar_never_again_opens_long_enough() -> None:
    once = {"name": "desk", "zone": "UTC", "shifts": {"2026-03-02": ["09:00-09:30"]}}
    calendars = [CalendarVersion.of(once)]
    timer = one(story(opened()), promised(target(calendar="desk")), "12:00", calendars=calendars)
    assert (timer.status, timer.due_at, timer.due_latest) == ("running", None, None)
    assert timer.elapsed == minutes(30)


def test_a_calendar_nobody_published_never_opens() -> None:
    timer = one(story(opened()), promised(target(calendar="nowhere")), "+300 9:00")
    assert (timer.status, timer.elapsed, timer.due_at) == ("running", minutes(0), None)


def test_microseconds_are_exact() -> None:
    began = t("9:00") + timedelta(microseconds=1)
    facts = [Noted.of(one.fact, began, position=1) for one in story(opened())]
    assert one(facts, promised(target()), "10:00").due_at == began + minutes(60)


def test_a_promise_for_longer_than_dates_reach_has_no_due_instant() -> None:
    timer = one(story(opened()), promised(target(seconds=10**12)), "10:00")
    assert (timer.status, timer.due_at, timer.due_latest) == ("running", None, None)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(NaiveInstantError):
        Noted.of(StatusChanged("open"), t("9:00").replace(tzinfo=None))


# -- warnings ----------------------------------------------------------------------------
def warned(*warn: object, **keys: object) -> list[PolicyVersion]:
    return promised(target(warn=list(warn), **keys))


def test_a_warning_is_due_when_elapsed_reaches_its_share_of_the_target() -> None:
    assert one(story(opened()), warned(0.5), "9:29").warnings == ()
    (warning,) = one(story(opened()), warned(0.5), "9:30").warnings
    assert (warning.threshold, warning.at, warning.late) == ("0.5", t("9:30"), False)


def test_a_warning_can_be_so_much_time_before_the_target() -> None:
    (warning,) = one(story(opened()), warned("10m"), "9:50").warnings
    assert (warning.threshold, warning.at) == ("10m", t("9:50"))


def test_warnings_count_business_time() -> None:
    facts = story(opened("17:30"))
    (warning,) = one(facts, warned("15m", calendar="desk"), "tue 12:00").warnings
    assert warning.at == t("tue 9:15")


def test_no_warning_falls_due_while_paused() -> None:
    facts = story(opened(), ("9:20", "pending"), ("12:00", "open"))
    promise = warned(0.5, pause_on=["pending"])
    assert one(facts, promise, "11:59").warnings == ()
    assert one(facts, promise, "12:10").warnings[0].at == t("12:10")


def test_a_warning_reached_exactly_at_a_pause_waits_for_the_end_of_the_pause() -> None:
    facts = story(opened(), ("9:30", "pending"), ("12:00", "open"))
    promise = warned(0.5, pause_on=["pending"])
    assert one(facts, promise, "11:00").warnings == ()
    assert one(facts, promise, "12:00").warnings[0].at == t("12:00")


def test_a_clock_stopped_at_the_very_instant_of_a_warning_does_not_warn() -> None:
    assert one(story(opened(), ("9:30", "resolved")), warned(0.5), "12:00").warnings == ()


def test_a_warning_already_past_when_first_known_is_told_once_and_marked_late() -> None:
    low = policy(target(seconds=7200, warn=[0.5]), name="low", when={"priority": "low"})
    high = policy(target(seconds=3600, warn=[0.5]), name="high")
    facts = story(opened(priority="low"), ("9:40", PriorityChanged("high")))
    (warning,) = one(facts, rules(low, high), "12:00").warnings
    assert (warning.at, warning.late) == (t("9:30"), True)


def test_a_warning_told_under_the_old_target_is_not_told_again() -> None:
    low = policy(target(seconds=2400, warn=[0.5]), name="low", when={"priority": "low"})
    high = policy(target(seconds=3600, warn=[0.5]), name="high")
    facts = story(opened(priority="low"), ("9:25", PriorityChanged("high")))
    (warning,) = one(facts, rules(low, high), "12:00").warnings
    assert (warning.at, warning.late) == (t("9:20"), False)


# -- what was known when -----------------------------------------------------------------
def test_a_late_reply_takes_a_breach_back_today_and_not_in_what_was_known_before() -> None:
    facts = story(opened(), ("9:30", AGENT, "15:00"))
    promise = promised(target("first_response"))
    assert one(facts, promise, "16:00").status == "met"
    assert one(facts, promise, "16:00", as_of="14:59").status == "breached"
    assert one(facts, promise, "14:00", as_of="14:00").known_at == t("10:00")


def test_a_breach_is_known_from_the_last_moment_in_time_on() -> None:
    facts = story(opened("17:00"))
    timer = one(facts, promised(target(calendar="desk")), "tue 12:00")
    assert (timer.breached_at, timer.known_at) == (t("18:00"), t("tue 9:00"))


def test_a_breach_is_known_once_the_late_fact_it_needs_was_recorded() -> None:
    facts = story(opened(), ("9:10", "pending"), ("9:20", "open", "15:00"), ("16:00", "resolved"))
    timer = one(facts, PAUSING, "20:00")
    assert (timer.breached_at, timer.known_at) == (t("10:10"), t("15:00"))


def test_of_two_late_facts_the_one_that_let_it_show_counts() -> None:
    facts = story(
        opened(), ("9:10", "pending"), ("9:20", "open", "15:00"), ("9:30", "working", "16:00")
    )
    assert one(facts, PAUSING, "20:00").known_at == t("15:00")


def test_a_late_fact_that_only_moves_a_breach_does_not_make_it_known_later() -> None:
    facts = story(opened(), ("9:10", "pending", "15:00"), ("9:20", "open", "15:00"))
    timer = one(facts, PAUSING, "20:00")
    assert (timer.breached_at, timer.known_at) == (t("10:10"), t("10:10"))


def test_a_ticket_loaded_late_is_known_to_be_breached_when_it_was_loaded() -> None:
    facts = story(("9:00", opened()[1], "15:00"), ("9:10", CUSTOMER, "15:01"))
    assert one(facts, promised(target()), "20:00").known_at == t("15:00")
    assert one(facts, promised(target("next_response")), "20:00").known_at == t("15:01")


def test_a_shorter_target_makes_a_past_breach_known_only_with_the_change() -> None:
    low = policy(target(seconds=36_000), name="low", when={"priority": "low"})
    high = policy(target(seconds=3600), name="high")
    facts = story(opened(priority="low"), ("11:00", PriorityChanged("high"), "11:30"))
    timer = one(facts, rules(low, high), "12:00")
    assert (timer.breached_at, timer.known_at) == (t("10:00"), t("11:30"))


def test_a_policy_published_late_makes_its_breaches_known_late() -> None:
    body = {"policy": [policy(target())]}
    late = [PolicyVersion.of(body, "1", t("8:00"), t("15:00"))]
    assert one(story(opened()), late, "16:00").known_at == t("15:00")
    assert show(story(opened()), late, "16:00", as_of="14:00") == ()


def test_a_calendar_published_late_makes_a_breach_known_late() -> None:
    short = {**OFFICE, "weekly": {"mon": ["09:00-18:00"]}}
    calendars = [
        CalendarVersion.of(short, "1", t("8:00")),
        CalendarVersion.of(OFFICE, "2", t("8:30"), t("wed 12:00")),
    ]
    promise = promised(target(seconds=36_000, calendar="desk"))
    timer = one(story(opened()), promise, "wed 13:00", calendars=calendars)
    assert (timer.breached_at, timer.known_at) == (t("tue 10:00"), t("wed 12:00"))
