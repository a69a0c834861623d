"""Where help desks disagree: what these clocks do, one case for each question."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cix.domain.sla import CalendarVersion, PolicyVersion, PriorityChanged
from cix.errors import InvalidPolicyError
from domain.sla_stories import (
    AGENT,
    AUTO,
    BOT,
    CUSTOMER,
    NOTE,
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

HOUR = target("first_response", 3600, calendar="desk")


# -- the edge of a target ----------------------------------------------------------------
def test_a_target_used_up_at_closing_is_due_at_the_closing_and_latest_at_the_next_opening() -> None:
    timer = one(story(opened("17:00")), promised(HOUR), "17:30")
    assert (timer.due_at, timer.due_latest) == (t("18:00"), t("tue 9:00"))


@pytest.mark.parametrize("answer", ["18:00", "23:00", "tue 9:00"])
def test_a_reply_before_the_next_opening_is_still_in_time(answer: str) -> None:
    timer = one(story(opened("17:00"), (answer, AGENT)), promised(HOUR), "wed 9:00")
    assert (timer.status, timer.elapsed) == ("met", minutes(60))


def test_a_reply_after_the_next_opening_is_late_and_the_breach_is_dated_at_the_closing() -> None:
    timer = one(story(opened("17:00"), ("tue 9:00:01", AGENT)), promised(HOUR), "wed 9:00")
    assert (timer.status, timer.breached_at) == ("breached", t("18:00"))
    assert timer.due_latest == t("tue 9:00")


def test_elapsed_equal_to_the_target_is_in_time_stopped_or_not() -> None:
    promise = promised(target("first_response"))
    assert one(story(opened(), ("10:00", AGENT)), promise, "12:00").status == "met"
    assert one(story(opened()), promise, "10:00").status == "running"


def test_a_breach_is_dated_at_the_exact_due_instant_whoever_looks_whenever() -> None:
    for at in ("10:00:01", "12:00", "+30 12:00"):
        timer = one(story(opened()), promised(target()), at)
        assert (timer.status, timer.breached_at, timer.known_at) == (
            "breached", t("10:00"), t("10:00"),
        )  # fmt: skip


# -- pauses ------------------------------------------------------------------------------
def test_while_paused_nothing_is_due_but_what_remains_and_what_would_be_due_are_shown() -> None:
    promise = promised(target(pause_on=["pending"]))
    timer = one(story(opened(), ("9:20", "pending")), promise, "11:00")
    assert (timer.status, timer.due_at, timer.due_latest) == ("paused", None, None)
    assert (timer.remaining, timer.due_if_resumed_now) == (minutes(40), t("11:40"))


def test_a_breached_timer_keeps_its_breach_instant_while_paused() -> None:
    promise = promised(target(pause_on=["pending"]))
    timer = one(story(opened(), ("11:00", "pending")), promise, "12:00")
    assert (timer.status, timer.due_at, timer.breached_at) == ("breached", t("10:00"), t("10:00"))
    assert timer.due_if_resumed_now is None


def test_closed_hours_are_no_pause_the_timer_runs_and_its_elapsed_stands_still() -> None:
    timer = one(story(opened("17:30")), promised(HOUR), "23:00")
    assert (timer.status, timer.running, timer.elapsed) == ("running", True, minutes(30))
    assert timer.due_at == t("tue 9:30")


def test_nothing_pauses_the_first_response_unless_the_target_says_so() -> None:
    facts = story(opened(), ("9:10", "pending"))
    assert one(facts, promised(target("first_response")), "9:30").status == "running"
    pausing = promised(target("first_response", pause_on=["pending"]))
    assert one(facts, pausing, "9:30").status == "paused"


def test_the_end_of_a_pause_is_half_open_so_not_a_microsecond_counts_twice() -> None:
    promise = promised(target(pause_on=["pending"]))
    facts = story(opened(), ("9:20", "pending"), ("9:50", "open"))
    timer = one(facts, promise, "10:00")
    assert timer.elapsed == minutes(30)
    assert [(s.started_at, s.ended_at) for s in timer.segments] == [
        (t("9:00"), t("9:20")),
        (t("9:50"), None),
    ]


# -- messages ----------------------------------------------------------------------------
def test_a_second_customer_message_before_an_answer_moves_nothing() -> None:
    facts = story(opened(), ("9:10", CUSTOMER), ("9:40", CUSTOMER))
    timer = one(facts, promised(target("next_response")), "10:00")
    assert (timer.n, timer.started_at, timer.due_at) == (1, t("9:10"), t("10:10"))


@pytest.mark.parametrize("said", [NOTE, AUTO, BOT, "pending"])
def test_a_note_an_automatic_reply_a_bot_or_a_status_is_no_first_response(said: object) -> None:
    timer = one(story(opened(), ("9:10", said)), promised(target("first_response")), "9:30")
    assert timer.status == "running"


def test_a_public_message_of_a_person_is_the_first_response() -> None:
    timer = one(story(opened(), ("9:10", AGENT)), promised(target("first_response")), "9:30")
    assert (timer.status, timer.elapsed, timer.stopped_at) == ("met", minutes(10), t("9:10"))


def test_solving_without_a_reply_ends_the_reply_clock() -> None:
    facts = story(opened(), ("9:30", "resolved"))
    assert one(facts, promised(target("first_response")), "12:00").status == "met"
    kept = promised(target("first_response", solved_stops=False))
    assert one(facts, kept, "9:40").status == "running"


def test_solving_pauses_the_reply_clock_where_that_status_pauses_it() -> None:
    promise = promised(target("first_response", pause_on=["resolved"]))
    assert one(story(opened(), ("9:30", "resolved")), promise, "12:00").status == "paused"


def test_several_misses_in_one_unanswered_stretch_are_one_breach() -> None:
    facts = story(opened(), ("9:10", CUSTOMER), ("11:30", CUSTOMER), ("13:00", CUSTOMER))
    timer = one(facts, promised(target("next_response")), "20:00")
    assert (timer.n, timer.breached_at) == (1, t("10:10"))


# -- reopening ---------------------------------------------------------------------------
REOPENED = (opened(), ("9:20", "resolved"), ("11:20", "open"))


def test_a_reopened_clock_resumes_and_the_solved_time_is_not_counted() -> None:
    timer = one(story(*REOPENED), promised(target()), "11:30")
    assert (timer.status, timer.n, timer.elapsed) == ("running", 1, minutes(30))
    assert (timer.due_at, timer.stopped_at) == (t("12:00"), None)


def test_a_reopened_clock_restarts_where_the_target_says_so() -> None:
    first, second = show(story(*REOPENED), promised(target(reopen="restart")), "11:30")
    assert (first.status, first.n, first.elapsed) == ("met", 1, minutes(20))
    assert (second.status, second.n, second.started_at) == ("running", 2, t("11:20"))


def test_a_reopening_is_ignored_where_the_target_says_so() -> None:
    timer = one(story(*REOPENED), promised(target(reopen="ignore")), "20:00")
    assert (timer.status, timer.elapsed) == ("met", minutes(20))


def test_a_breach_stays_one_breach_after_a_reopening() -> None:
    facts = story(opened(), ("11:00", "resolved"), ("12:00", "open"), ("15:00", "resolved"))
    timer = one(facts, promised(target()), "20:00")
    assert (timer.n, timer.breached_at, timer.elapsed) == (1, t("10:00"), minutes(300))


# -- changes -----------------------------------------------------------------------------
def test_a_priority_change_keeps_start_and_pauses_and_swaps_the_target() -> None:
    low = policy(target(seconds=7200), name="low", when={"priority": "low"})
    high = policy(target(seconds=3600), name="high", when={"priority": "high"})
    facts = story(opened(priority="low"), ("9:30", PriorityChanged("high")))
    timer = one(facts, rules(low, high), "9:45")
    assert (timer.policy, timer.started_at, timer.due_at) == ("high", t("9:00"), t("10:00"))


def test_an_edited_policy_leaves_open_timers_as_they_are_unless_it_says_recompute() -> None:
    def edited(on_edit: str) -> list[PolicyVersion]:
        body = {"policy": [policy(target(seconds=600), on_edit=on_edit)]}
        return [*promised(target()), PolicyVersion.of(body, "2", t("9:05"))]

    assert one(story(opened()), edited("keep"), "9:08").due_at == t("10:00")
    assert one(story(opened()), edited("recompute"), "9:08").due_at == t("9:10")


def test_each_of_two_calendars_in_one_life_counts_for_its_span() -> None:
    short = {**OFFICE, "weekly": {day: ["09:00-12:00"] for day in ("mon", "tue")}}
    calendars = [CalendarVersion.of(OFFICE), CalendarVersion.of(short, "2", t("tue 0:00"))]
    promise = promised(target(seconds=36_000, calendar="desk"), on_edit="recompute")
    timer = one(story(opened()), promise, "tue 23:00", calendars=calendars)
    assert [(s.calendar_version, s.elapsed) for s in timer.segments] == [
        ("1", timedelta(hours=9)),
        ("2", timedelta(hours=3)),
    ]
    assert timer.breached_at == t("tue 10:00")


def test_a_day_of_25_hours_counts_real_seconds() -> None:
    night = {"name": "desk", "zone": "Europe/Berlin", "weekly": {"sun": ["00:00-24:00"]}}
    facts = story(opened("+236 22:00"))  # Saturday evening, before the clocks go back
    promise = promised(target(seconds=90_000, calendar="desk"))
    timer = one(facts, promise, "+239 0:00", calendars=[CalendarVersion.of(night)])
    assert (timer.elapsed, timer.due_at) == (timedelta(hours=25), t("+237 23:00"))


def test_a_calendar_that_never_opens_and_a_closing_at_2359_are_refused() -> None:
    with pytest.raises(InvalidPolicyError, match="never open"):
        CalendarVersion.of({"zone": "UTC", "weekly": {}})
    with pytest.raises(InvalidPolicyError, match="24:00"):
        CalendarVersion.of({"zone": "UTC", "weekly": {"mon": ["09:00-23:59"]}})


def test_an_overnight_shift_is_one_piece_of_business_time() -> None:
    night = {"name": "desk", "zone": "UTC", "weekly": {"mon": ["22:00-06:00"]}}
    promise = promised(target(seconds=4 * 3600, calendar="desk"))
    timer = one(story(opened("21:00")), promise, "23:00", calendars=[CalendarVersion.of(night)])
    assert timer.due_at == t("tue 2:00")
