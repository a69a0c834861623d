"""KPIs by the book: the check values of the literature, and every way to count."""

from __future__ import annotations

from datetime import timedelta
from math import isclose

import pytest

from cix.domain.sla import Assigned, CalendarVersion, timers
from cix.domain.sla.attainment import attainment, local_day, per_target, response_times, soonest
from cix.domain.sla.kpis import (
    Contact,
    Issue,
    Ratio,
    average_handle_time,
    average_speed_of_answer,
    ces,
    completion_rate,
    csat,
    first_contact_resolution,
    flow_automation,
    follow_up_rate,
    nps,
    occupancy,
    percentile,
    service_level,
    spread,
)
from cix.domain.sla.staffing import agents_needed, erlang_a, erlang_c, incomplete_beta
from domain.sla_stories import (
    AGENT,
    CUSTOMER,
    OFFICE,
    minutes,
    opened,
    promised,
    show,
    story,
    t,
    target,
)

DAY = 86_400 * 1_000_000


# -- ratios and scores -------------------------------------------------------------------
def test_nothing_out_of_nothing_is_no_number() -> None:
    assert Ratio(0, 0).value is None
    assert Ratio(1, 3).value == 1 / 3
    assert (csat([]).good.value, csat([]).mean, nps([]).value) == (None, None, None)


def test_satisfaction_is_the_top_two_of_five() -> None:
    scores = csat([5, 4, 3, 1], asked=10)
    assert (scores.good, scores.mean) == (Ratio(2, 4), 3.25)
    assert scores.response_rate == Ratio(4, 10)


def test_promoters_less_detractors_run_from_minus_100_to_100() -> None:
    score = nps([10, 9, 8, 7, 6, 0])
    assert (score.promoters, score.passives, score.detractors, score.value) == (2, 2, 2, 0.0)
    assert (nps([0]).value, nps([10]).value) == (-100.0, 100.0)


def test_effort_is_agreement_on_one_to_seven() -> None:
    assert (ces([7, 5, 4]).good, ces([7, 5, 4]).mean) == (Ratio(2, 3), 16 / 3)


@pytest.mark.parametrize(("score", "answers"), [(csat, [6]), (ces, [0]), (nps, [11])])
def test_an_answer_off_the_scale_is_refused(score: object, answers: list[int]) -> None:
    with pytest.raises(ValueError, match="no answer on"):
        score(answers)  # type: ignore[operator]  # one of three functions


# -- contacts ----------------------------------------------------------------------------
def test_handle_time_is_talk_hold_and_after_call_work_over_contacts_handled() -> None:
    calls = [Contact(0, talk_us=14, hold_us=8, after_us=6), *(Contact(0) for _ in range(7))]
    assert average_handle_time([*calls, Contact(9, answered=False)]).value == 3.5


def test_speed_of_answer_leaves_out_who_gave_up() -> None:
    assert (
        average_speed_of_answer([Contact(10), Contact(20), Contact(99, answered=False)]).value == 15
    )


def test_the_three_service_levels_differ_only_in_early_abandons() -> None:
    contacts = [
        Contact(20),
        Contact(30),
        Contact(31),
        Contact(5, answered=False),
        Contact(60, answered=False),
    ]
    level = service_level(contacts, 30)
    assert level.abandons_missed == Ratio(2, 5)
    assert level.early_abandons_served == Ratio(3, 5)
    assert level.early_abandons_left_out == Ratio(2, 4)


def test_occupancy_is_busy_time_over_busy_and_idle() -> None:
    assert occupancy(85, 15).value == 0.85


def test_the_same_customer_with_the_same_topic_within_the_window_was_not_resolved_first() -> None:
    again = [Issue("c", "bill", 0, resolved=True), Issue("c", "bill", 7 * DAY, resolved=True)]
    assert first_contact_resolution(again).gross == Ratio(1, 2)
    later = [Issue("c", "bill", 0, resolved=True), Issue("c", "bill", 7 * DAY + 1, resolved=True)]
    assert first_contact_resolution(later).gross == Ratio(2, 2)
    other = [Issue("c", "bill", 0, resolved=True), Issue("c", "parcel", 1, resolved=True)]
    assert first_contact_resolution(other).gross == Ratio(2, 2)


def test_a_reopened_escalated_or_longer_issue_is_not_first_contact() -> None:
    issues = [
        Issue("a", "x", 0, resolved=True),
        Issue("b", "x", 0, resolved=True, further=1),
        Issue("c", "x", 0, resolved=True, reopened=True),
        Issue("d", "x", 0, resolved=True, escalated=True),
        Issue("e", "x", 0, resolved=False, first_level_can=False),
    ]
    found = first_contact_resolution(issues)
    assert (found.gross, found.net) == (Ratio(1, 5), Ratio(1, 4))


# -- distributions and cohorts -----------------------------------------------------------
def test_percentiles_are_by_nearest_rank() -> None:
    values = [15, 20, 35, 40, 50]
    assert [percentile(values, p) for p in (5, 30, 40, 50, 100)] == [15, 20, 20, 35, 50]
    assert percentile([], 50) is None
    with pytest.raises(ValueError, match="1 to 100"):
        percentile(values, 0)
    assert spread([1, 2, 3]).mean == Ratio(6, 3)


def test_completion_goes_by_the_due_date() -> None:
    tickets = [(5, 4), (5, 10), (9, None), (12, 6)]
    assert completion_rate(tickets, 0, 10) == Ratio(1, 3)


def test_automation_and_follow_up_count_what_they_say() -> None:
    assert flow_automation([(False, False), (False, True), (True, False)]) == Ratio(1, 3)
    assert follow_up_rate(8, 10, 1) == Ratio(8, 9)


# -- Erlang ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("load", "agents", "handle", "within", "expected"),
    [
        (6, 9, 240, 30, (0.195981, 0.865304, 15.6785, 0.666667)),
        (25, 30, 200, 20, (0.249893, 0.848432, 9.9957, 0.833333)),
        (0.5, 1, 120, 0, (0.5, 0.5, 120, 0.5)),
        (0, 3, 120, 0, (0, 1, 0, 0)),
    ],
)
def test_erlang_c_gives_the_check_values(
    load: float, agents: int, handle: float, within: float, expected: tuple[float, ...]
) -> None:
    queue = erlang_c(load, agents, handle, within)
    assert queue.speed_of_answer is not None
    assert queue.occupancy is not None
    found = (queue.waits, queue.service_level, queue.speed_of_answer, queue.occupancy)
    assert all(
        isclose(a, b, rel_tol=4e-6, abs_tol=1e-9) for a, b in zip(found, expected, strict=True)
    )


def test_a_queue_with_too_few_agents_has_no_steady_state() -> None:
    queue = erlang_c(6, 6, 240, 30)
    assert (queue.waits, queue.service_level) == (1.0, 0.0)
    assert (queue.speed_of_answer, queue.occupancy) == (None, None)


def test_staffing_is_the_smallest_number_that_reaches_the_goal() -> None:
    assert agents_needed(6, 240, 30, 0.8) == 9
    assert isclose(erlang_c(6, 8, 240, 30).service_level, 0.7220, abs_tol=5e-5)


def test_erlang_a_gives_the_check_values() -> None:
    queue = erlang_a(6, 6, 240, 30, 180)
    assert isclose(queue.waits, 0.523474, abs_tol=5e-7)
    assert isclose(queue.abandons, 0.171740, abs_tol=5e-7)
    assert isclose(queue.service_level, 0.592935, abs_tol=5e-7)


def test_with_endless_patience_erlang_a_is_erlang_c() -> None:
    patient, known = erlang_a(6, 9, 240, 30, 1e7), erlang_c(6, 9, 240, 30)
    assert isclose(patient.waits, known.waits, rel_tol=1e-4)
    assert isclose(patient.service_level, known.service_level, rel_tol=1e-4)


def test_the_incomplete_beta_function_agrees_with_its_closed_forms() -> None:
    for x in (0.0, 0.1, 0.5, 0.9, 1.0):
        assert isclose(incomplete_beta(x, 1, 3), 1 - (1 - x) ** 3, abs_tol=1e-12)
        assert isclose(incomplete_beta(x, 2, 1), x**2, abs_tol=1e-12)


@pytest.mark.parametrize("wrong", [(-1, 1, 1, 1), (1, 0, 1, 1), (1, 1, 0, 1), (1, 1, 1, -1)])
def test_a_queue_that_cannot_be_is_refused(wrong: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="no queue"):
        erlang_c(*wrong)


# -- over timers -------------------------------------------------------------------------
TOLD = story(
    opened(channel="chat", priority="high"), ("9:00", Assigned("a-1")), ("9:10", CUSTOMER),
    ("9:20", AGENT), ("9:30", CUSTOMER), ("11:30", AGENT), ("11:40", CUSTOMER),
)  # fmt: skip
PROMISE = promised(target("next_response"), target("first_response"))


def test_attainment_counts_instances_and_leaves_open_ones_out() -> None:
    (all_,) = attainment(show(TOLD, PROMISE, "11:50"))
    assert (all_.met, all_.breached, all_.cancelled) == (2, 1, 0)
    assert all_.kept == Ratio(2, 3)


def test_attainment_is_grouped_by_what_is_asked_for() -> None:
    found = attainment(show(TOLD, PROMISE, "11:50"), ["target", "channel", "priority", "agent"])
    assert [(one.group, one.met, one.breached) for one in found] == [
        (("first_response", "chat", "high", "a-1"), 1, 0),
        (("next_response", "chat", "high", "a-1"), 1, 1),
    ]


def test_the_local_day_is_of_the_breach_else_of_the_stop_in_the_calendars_zone() -> None:
    shanghai = CalendarVersion.of({**OFFICE, "zone": "Asia/Shanghai"})
    promise = promised(target("first_response", seconds=60, calendar="desk"))
    late = timers(story(opened("tue 0:00")), promise, [shanghai], t("tue 12:00"))
    assert local_day(late[0]) == "2026-03-03"
    still_monday = timers(story(opened("0:59")), promise, [shanghai], t("tue 0:00"))
    assert local_day(still_monday[0]) == "2026-03-02"
    assert local_day(show(story(opened()), PROMISE, "9:10")[0]) is None


def test_response_times_are_of_stopped_instances_in_business_and_calendar_time() -> None:
    promise = promised(target("first_response", seconds=36_000, calendar="desk"))
    facts = story(opened("17:30"), ("tue 9:30", AGENT))
    (found,) = response_times(show(facts, promise, "wed 9:00"))
    assert found.business.mean == Ratio(minutes(60) // timedelta(microseconds=1), 1)
    assert found.calendar.p50 == minutes(16 * 60) // timedelta(microseconds=1)
    assert response_times(show(story(opened()), promise, "9:30")) == ()


def test_each_target_of_a_ticket_is_summed_up() -> None:
    summary = per_target(show(TOLD, PROMISE, "11:50"))[0]
    assert (summary.target, summary.instances, summary.breaches) == ("next_response", 3, 1)
    assert summary.longest == minutes(120)


def test_the_soonest_open_due_is_the_promise_to_keep_next() -> None:
    promise = promised(target(seconds=7200), target("vip", kind="first_response", seconds=3600))
    found = soonest(show(story(opened()), promise, "9:10"))
    assert found is not None
    assert found.target == "vip"
    assert soonest(show(story(opened(status="closed")), promised(target()), "9:10")) is None
