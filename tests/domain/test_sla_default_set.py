"""The default policies at work: what each required number means for a ticket."""

from __future__ import annotations

from cix.domain.sla import (
    FieldsChanged,
    FollowupDone,
    HandoverRequested,
    Milestone,
    PolicyVersion,
    Timer,
)
from cix.domain.sla.attainment import attainment, soonest
from cix.domain.sla.defaults import default_body
from cix.domain.sla.kpis import Contact, Ratio, service_level
from domain.sla_stories import AGENT, CUSTOMER, Move, minutes, opened, show, story, t

DEFAULTS = [PolicyVersion.of(default_body())]


def clocks(at: str, *moves: Move) -> dict[str, Timer]:
    """Return the latest instance of each target, escalations left out."""
    found = show(story(*moves), DEFAULTS, at)
    return {timer.target: timer for timer in found if timer.family != "escalation"}


def test_a_chat_is_answered_by_a_person_within_thirty_seconds() -> None:
    queued = ("9:00", Milestone("chat_queued"))
    in_time = clocks("9:10", opened(channel="chat"), queued, ("9:00:30", AGENT))
    assert in_time["human_answer"].status == "met"
    late = clocks("9:10", opened(channel="chat"), queued, ("9:00:31", AGENT))
    assert late["human_answer"].breached_at == t("9:00:30")


def test_a_handover_outside_opening_hours_runs_with_nothing_elapsed_until_the_opening() -> None:
    asked = (opened("20:00", channel="chat"), ("20:05", HandoverRequested()))
    waiting = clocks("23:00", *asked)["human_answer"]
    assert (waiting.status, waiting.elapsed) == ("running", minutes(0))
    assert waiting.due_at == t("tue 9:00:30")


def test_each_ring_of_the_phone_is_a_promise_of_fifteen_seconds() -> None:
    ring, answered, gone = (Milestone(name) for name in ("ring", "answered", "abandoned"))
    moves = (
        opened(channel="phone"), ("9:00", ring), ("9:00:15", answered), ("9:10", ring),
        ("9:10:10", gone), ("9:20", ring), ("9:20:40", gone),
    )  # fmt: skip
    calls = [one for one in show(story(*moves), DEFAULTS, "9:30") if one.target == "answer"]
    assert [one.status for one in calls] == ["met", "cancelled", "breached"]
    (counted,) = attainment(calls)
    assert counted.kept == Ratio(1, 2)
    level = service_level(
        [Contact(15), Contact(10, answered=False), Contact(40, answered=False)], 15
    )
    assert level.abandons_missed == Ratio(1, 3)


def test_after_sales_answers_within_two_hours_of_the_desk() -> None:
    first = clocks("17:30", opened("17:00", type="after_sales"))["first_response"]
    assert (first.policy, first.due_at) == ("after-sales", t("tue 10:00"))


def test_a_vip_has_both_promises_and_the_earlier_one_is_to_be_kept() -> None:
    vip = {"type": "after_sales", "segment": "high_value"}
    by_day = clocks("9:30", opened("9:00", **vip))
    earlier = soonest(by_day.values())
    assert earlier is not None
    assert (earlier.target, earlier.due_at) == ("first_response", t("11:00"))
    at_night = clocks("21:30", opened("20:00", **vip))
    earlier = soonest(at_night.values())
    assert earlier is not None
    assert (earlier.target, earlier.due_at) == ("vip_first_response", t("tue 0:00"))


def test_a_simple_matter_takes_five_minutes_of_the_desk() -> None:
    timer = clocks("9:10", opened("8:00", complexity="simple"))["resolution"]
    assert timer.breached_at == t("9:05")


def test_a_complex_matter_takes_a_day_and_waits_while_pending() -> None:
    moves = (opened(complexity="complex"), ("10:00", "pending"), ("12:00", "open"))
    timer = clocks("12:30", *moves)["resolution"]
    assert timer.due_at == t("tue 11:00")
    warned = clocks("tue 12:00", *moves)["resolution"].warnings
    assert [(one.threshold, one.at) for one in warned] == [
        ("0.5", t("23:00")),
        ("0.8", t("tue 6:12")),
    ]


def test_a_matter_found_to_be_complex_is_judged_from_its_start() -> None:
    moves = (opened(complexity="simple"), ("9:04", FieldsChanged((("complexity", "complex"),))))
    timer = clocks("9:30", *moves)["resolution"]
    assert (timer.policy, timer.status, timer.due_at) == ("complex", "running", t("tue 9:00"))


def test_a_matter_of_several_departments_has_a_plan_and_progress_told_every_day() -> None:
    moves = (
        opened(complexity="cross_department"), ("9:10", Milestone("cross_department")),
        ("15:00", AGENT), ("tue 12:00", Milestone("plan_published")),
    )  # fmt: skip
    found = clocks("tue 13:00", *moves)
    assert (found["plan"].status, found["plan"].stopped_at) == ("met", t("tue 12:00"))
    assert (found["progress"].n, found["progress"].due_at) == (2, t("tue 15:00"))


def test_every_resolved_after_sales_ticket_is_followed_up_or_counted_apart() -> None:
    resolved = (opened(type="after_sales"), ("10:00", "resolved"))
    assert clocks("11:00", *resolved)["follow_up"].due_at == t("thu 10:00")
    done = clocks("+9 9:00", *resolved, ("tue 9:00", FollowupDone()))
    assert done["follow_up"].status == "met"
    unreached = clocks("+9 9:00", *resolved, ("wed 9:00", Milestone("closed_unreached")))
    assert unreached["follow_up"].status == "cancelled"


def test_an_untouched_ticket_goes_to_level_two_after_ten_minutes_with_two_hours_to_answer() -> None:
    found = show(story(opened(), ("9:02", CUSTOMER)), DEFAULTS, "9:30")
    assert [(one.target, one.started_at, one.due_at) for one in found] == [
        ("escalate_2", t("9:00"), None),
        ("answer_2", t("9:10"), t("11:10")),
    ]
