"""What is open when, and how open time is counted: the rules, one sentence each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cix.domain.calendar import ALWAYS, Calendar
from cix.errors import NaiveInstantError
from domain.calendar_words import DAYS, at, calendar, hours, office, open_on

# 2026-03-02 is a Monday.


# -- near and far ------------------------------------------------------------------
def test_a_target_used_up_at_closing_is_due_at_the_closing_instant() -> None:
    assert office().add(at("2026-03-02T09:00"), hours(8)) == at("2026-03-02T17:00")


def test_far_it_is_due_at_the_next_opening() -> None:
    assert office().add(at("2026-03-06T09:00"), hours(8), far=True) == at("2026-03-09T09:00")


def test_inside_an_interval_near_and_far_are_one() -> None:
    for far in (False, True):
        assert office().add(at("2026-03-02T16:00"), hours(2), far=far) == at("2026-03-03T10:00")


@pytest.mark.parametrize("when", ["2026-03-02T12:00", "2026-03-02T17:00", "2026-03-07T12:00"])
def test_adding_nothing_stays_where_it_is_open_or_closed(when: str) -> None:
    assert office().add(at(when), hours(0)) == at(when)
    assert office().subtract(at(when), hours(0)) == at(when)


def test_far_adding_nothing_goes_to_the_next_opening_when_closed() -> None:
    assert office().add(at("2026-03-02T12:00"), hours(0), far=True) == at("2026-03-02T12:00")
    assert office().add(at("2026-03-02T17:00"), hours(0), far=True) == at("2026-03-03T09:00")
    assert office().add(at("2026-03-07T12:00"), hours(0), far=True) == at("2026-03-09T09:00")


def test_a_start_out_of_hours_counts_from_the_opening() -> None:
    assert office().add(at("2026-03-07T23:11"), hours(1)) == at("2026-03-09T10:00")


def test_subtracting_ends_at_an_opening_and_far_at_the_closing_before() -> None:
    assert office().subtract(at("2026-03-03T10:00"), hours(1)) == at("2026-03-03T09:00")
    assert office().subtract(at("2026-03-03T10:00"), hours(1), far=True) == at("2026-03-02T17:00")
    assert office().subtract(at("2026-03-03T10:00"), hours(2)) == at("2026-03-02T16:00")


def test_far_subtracting_nothing_goes_to_the_last_closing_when_closed() -> None:
    assert office().subtract(at("2026-03-03T09:00"), hours(0), far=True) == at("2026-03-02T17:00")
    assert office().subtract(at("2026-03-03T09:01"), hours(0), far=True) == at("2026-03-03T09:01")


def test_negative_durations_turn_adding_and_subtracting_round() -> None:
    tuesday = at("2026-03-03T10:00")
    assert office().add(tuesday, hours(-1)) == at("2026-03-03T09:00")
    assert office().add(tuesday, hours(-1), far=True) == at("2026-03-02T17:00")
    assert office().subtract(tuesday, hours(-7)) == at("2026-03-03T17:00")
    assert office().subtract(tuesday, hours(-7), far=True) == at("2026-03-04T09:00")


def test_microseconds_are_kept() -> None:
    start = at("2026-03-02T16:59:59.999999")
    assert office().add(start, timedelta(microseconds=1)) == at("2026-03-02T17:00")
    assert office().add(start, timedelta(microseconds=2)) == at("2026-03-03T09:00:00.000001")
    assert office().elapsed(start, at("2026-03-03T09:00:00.000003")) == timedelta(microseconds=4)


# -- elapsed, open, intervals --------------------------------------------------------
def test_elapsed_counts_open_time_only_and_backward_it_is_negative() -> None:
    friday, monday = at("2026-03-06T16:00"), at("2026-03-09T10:00")
    assert office().elapsed(friday, monday) == hours(2)
    assert office().elapsed(monday, friday) == -hours(2)
    assert office().elapsed(friday, friday) == hours(0)


def test_closed_hours_are_no_pause_their_elapsed_stands_still() -> None:
    assert office().elapsed(at("2026-03-06T17:00"), at("2026-03-09T09:00")) == hours(0)


def test_it_is_open_at_opening_and_closed_at_closing() -> None:
    assert office().is_open(at("2026-03-02T09:00"))
    assert office().is_open(at("2026-03-02T16:59:59.999999"))
    assert not office().is_open(at("2026-03-02T17:00"))
    assert not office().is_open(at("2026-03-02T08:59:59.999999"))


def test_next_open_is_now_when_open_else_the_next_opening() -> None:
    assert office().next_open(at("2026-03-02T09:00")) == at("2026-03-02T09:00")
    assert office().next_open(at("2026-03-02T12:34")) == at("2026-03-02T12:34")
    assert office().next_open(at("2026-03-06T17:00")) == at("2026-03-09T09:00")


def test_prev_close_is_now_when_it_was_just_open_else_the_last_closing() -> None:
    assert office().prev_close(at("2026-03-02T17:00")) == at("2026-03-02T17:00")
    assert office().prev_close(at("2026-03-02T12:34")) == at("2026-03-02T12:34")
    assert office().prev_close(at("2026-03-09T09:00")) == at("2026-03-06T17:00")
    assert office().prev_close(at("2026-03-08T09:00")) == at("2026-03-06T17:00")


def test_next_close_is_the_end_of_this_interval_or_of_the_next() -> None:
    assert office().next_close(at("2026-03-02T09:00")) == at("2026-03-02T17:00")
    assert office().next_close(at("2026-03-02T17:00")) == at("2026-03-03T17:00")
    assert office().next_close(at("2026-03-07T12:00")) == at("2026-03-09T17:00")


def test_intervals_are_clipped_and_empty_when_turned_round() -> None:
    assert open_on(office(), "2026-03-02T10:00", "2026-03-03T09:30") == [
        "02 10:00-17:00",
        "03 09:00-09:30",
    ]
    assert office().intervals(at("2026-03-03T09:30"), at("2026-03-02T10:00")) == ()
    assert office().intervals(at("2026-03-02T10:00"), at("2026-03-02T10:00")) == ()


def test_touching_and_overlapping_windows_are_one_interval() -> None:
    desk = calendar(weekly={"mon": ["12:00-14:00", "09:00-12:00", "13:00-15:00"]})
    assert open_on(desk, "2026-03-02", "2026-03-03") == ["02 09:00-15:00"]
    assert desk.next_close(at("2026-03-02T09:00")) == at("2026-03-02T15:00")
    assert desk.add(at("2026-03-02T09:00"), hours(3), far=True) == at("2026-03-02T12:00")


# -- overnight, whole days -------------------------------------------------------------
def test_an_overnight_window_belongs_to_the_date_it_starts_on() -> None:
    night = calendar(weekly={"mon": ["22:00-06:00"]})
    assert open_on(night, "2026-03-01", "2026-03-05") == ["02 22:00-06:00"]
    assert night.elapsed(at("2026-03-02T00:00"), at("2026-03-02T08:00")) == hours(0)
    assert night.elapsed(at("2026-03-03T00:00"), at("2026-03-03T08:00")) == hours(6)


def test_twenty_four_hundred_is_the_end_of_the_day() -> None:
    evening = calendar(weekly={"mon": ["20:00-24:00"], "tue": ["00:00-02:00"]})
    assert open_on(evening, "2026-03-02", "2026-03-05") == ["02 20:00-02:00"]


@pytest.mark.parametrize("window", ["08:00-08:00", "00:00-00:00", "00:00-24:00"])
def test_a_window_that_ends_when_it_starts_is_a_full_day(window: str) -> None:
    day = calendar(weekly={"mon": [window]})
    assert day.elapsed(at("2026-03-02"), at("2026-03-09")) == hours(24)


def test_seconds_may_be_given() -> None:
    desk = calendar(weekly={"mon": ["09:00:30-09:01:15"]})
    assert desk.elapsed(at("2026-03-02"), at("2026-03-03")) == timedelta(seconds=45)


# -- what counts for a date --------------------------------------------------------------
def test_a_holiday_closes_its_local_date() -> None:
    desk = office(zone="Asia/Shanghai", holidays=["2026-03-03"])
    monday, wednesday = at("2026-03-02T16:00+08:00"), at("2026-03-04T10:00+08:00")
    assert desk.elapsed(monday, wednesday) == hours(2)


def test_a_holiday_cuts_the_tail_that_runs_into_it_and_leaves_the_one_that_runs_out() -> None:
    night = calendar(weekly={day: ["22:00-06:00"] for day in DAYS}, holidays=["2026-03-04"])
    assert open_on(night, "2026-03-03T12:00", "2026-03-05T12:00") == [
        "03 22:00-00:00",
        "05 00:00-06:00",
    ]
    tail = calendar(weekly={"wed": ["22:00-06:00"]}, holidays=["2026-03-05"])
    assert open_on(tail, "2026-03-03", "2026-03-07") == ["04 22:00-00:00"]
    head = calendar(weekly={"wed": ["22:00-06:00"]}, holidays=["2026-03-04"])
    assert open_on(head, "2026-03-03", "2026-03-07") == ["05 00:00-06:00"]


def test_a_shift_replaces_what_starts_on_its_date() -> None:
    desk = office(shifts={"2026-03-07": ["10:00-12:00"], "2026-03-03": []})
    assert open_on(desk, "2026-03-03", "2026-03-08") == [
        "04 09:00-17:00",
        "05 09:00-17:00",
        "06 09:00-17:00",
        "07 10:00-12:00",
    ]


def test_the_tail_of_the_date_before_a_shift_stays() -> None:
    night = calendar(
        weekly={day: ["22:00-06:00"] for day in DAYS},
        shifts={"2026-03-03": ["05:00-07:00"], "2026-03-05": []},
    )
    assert open_on(night, "2026-03-02T12:00", "2026-03-06T12:00") == [
        "02 22:00-07:00",
        "04 22:00-06:00",
    ]


def test_a_break_is_cut_out_whichever_date_the_time_belongs_to() -> None:
    night = calendar(
        weekly={"mon": ["22:00-06:00"]}, breaks={"2026-03-03": ["01:00-01:30", "05:00-08:00"]}
    )
    assert open_on(night, "2026-03-02", "2026-03-04") == ["02 22:00-01:00", "03 01:30-05:00"]


@pytest.mark.parametrize("end", ["24:00", "00:00"])
def test_a_break_may_end_the_day(end: str) -> None:
    desk = calendar(weekly={"mon": ["20:00-02:00"]}, breaks={"2026-03-02": [f"23:00-{end}"]})
    assert open_on(desk, "2026-03-02", "2026-03-04") == ["02 20:00-23:00", "03 00:00-02:00"]


def test_a_break_where_it_is_closed_anyway_changes_nothing() -> None:
    desk = office(breaks={"2026-03-02": ["06:00-09:00"], "2026-03-07": ["10:00-11:00"]})
    assert desk.elapsed(at("2026-03-02"), at("2026-03-09")) == hours(40)


def test_holidays_go_before_breaks_before_shifts_before_versions_before_the_week() -> None:
    desk = office(
        versions=[{"from": "2026-03-03", "weekly": {day: ["08:00-12:00"] for day in DAYS}}],
        shifts={"2026-03-04": ["13:00-18:00"], "2026-03-05": ["10:00-20:00"], "2026-03-06": []},
        breaks={"2026-03-05": ["12:00-14:00"]},
        holidays=["2026-03-07"],
    )
    assert open_on(desk, "2026-03-02", "2026-03-09") == [
        "02 09:00-17:00",
        "03 08:00-12:00",
        "04 13:00-18:00",
        "05 10:00-12:00",
        "05 14:00-20:00",
        "08 08:00-12:00",
    ]


def test_a_holiday_beats_a_shift_and_a_break_on_its_date() -> None:
    desk = office(
        shifts={"2026-03-04": ["09:00-21:00"]},
        breaks={"2026-03-04": ["10:00-11:00"]},
        holidays=["2026-03-04"],
    )
    assert desk.elapsed(at("2026-03-04"), at("2026-03-05")) == hours(0)


def test_versions_count_from_their_local_date_in_whatever_order_they_stand() -> None:
    desk = calendar(
        "Asia/Shanghai",
        weekly={"mon": ["09:00-10:00"]},
        versions=[
            {"from": "2026-03-16", "weekly": {"mon": ["00:00-03:00"]}},
            {"from": "2026-03-09", "weekly": {"mon": ["00:00-02:00"]}},
        ],
    )
    mondays = ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23"]
    found = [desk.elapsed(at(f"{day}T00:00+08:00"), at(f"{day}T23:00+08:00")) for day in mondays]
    assert found == [hours(1), hours(2), hours(3), hours(3)]


def test_the_tail_of_the_last_night_of_a_version_stays() -> None:
    night = calendar(
        weekly={day: ["22:00-06:00"] for day in DAYS},
        versions=[{"from": "2026-03-04", "weekly": {}}],
    )
    assert night.prev_close(at("2026-06-01")) == at("2026-03-04T06:00")
    assert night.next_open(at("2026-03-04T06:00")) is None


# -- arguments -----------------------------------------------------------------------------
def test_any_offset_is_accepted_and_results_are_in_utc() -> None:
    desk = office("Asia/Shanghai")
    tokyo = timezone(timedelta(hours=9))
    found = desk.add(datetime(2026, 3, 2, 10, 30, tzinfo=tokyo), hours(1))
    assert found is not None
    assert found.isoformat() == "2026-03-02T02:30:00+00:00"
    intervals = desk.intervals(at("2026-03-02T00:00+08:00"), at("2026-03-03T00:00-08:00"))
    assert {instant.tzinfo for span in intervals for instant in span} == {UTC}


@pytest.mark.parametrize("always", [ALWAYS, office()])
def test_a_naive_instant_is_refused(always: Calendar) -> None:
    naive, aware = datetime(2026, 3, 2, 9), at("2026-03-02T09:00")  # noqa: DTZ001  # the very thing
    for ask in (
        lambda: always.elapsed(naive, aware),
        lambda: always.elapsed(aware, naive),
        lambda: always.add(naive, hours(1)),
        lambda: always.subtract(naive, hours(1)),
        lambda: always.is_open(naive),
        lambda: always.next_open(naive),
        lambda: always.prev_close(naive),
        lambda: always.next_close(naive),
        lambda: always.intervals(naive, aware),
    ):
        with pytest.raises(NaiveInstantError, match="2026-03-02 09:00:00 has no offset"):
            ask()


def test_always_is_calendar_time() -> None:
    a, b = at("2026-03-07T23:00+08:00"), at("2026-03-09T23:00+08:00")
    assert ALWAYS.elapsed(a, b) == timedelta(days=2)
    for far in (False, True):
        assert ALWAYS.add(a, hours(48), far=far) == b
        assert ALWAYS.subtract(b, hours(48), far=far) == a
    assert ALWAYS.is_open(a)
    assert ALWAYS.next_open(a) == ALWAYS.prev_close(a) == a
    assert ALWAYS.next_close(a) is None
    assert ALWAYS.intervals(a, b) == ((a, b),)
    assert ALWAYS.add(b, timedelta(days=4_000_000)) is None


def test_whole_microseconds_give_the_same_answers() -> None:
    desk, epoch = office(), datetime(1970, 1, 1, tzinfo=UTC)
    monday = (at("2026-03-02T16:00") - epoch) // timedelta(microseconds=1)
    hour = 3_600_000_000
    assert desk.hours.add_us(monday, 2 * hour) == monday + 18 * hour
    assert desk.hours.add_us(monday, hour, far=True) == monday + 17 * hour
    assert desk.hours.elapsed_us(monday, monday + 18 * hour) == 2 * hour
    assert desk.hours.subtract_us(monday + 18 * hour, 2 * hour) == monday
    assert desk.hours.next_close_us(monday) == monday + hour
