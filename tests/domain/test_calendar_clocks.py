"""Clocks that change, dates far away, and instants that do not exist."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from cix.domain.calendar import Calendar
from cix.domain.calendar.schedule import Span, day_number, merged
from domain.calendar_words import DAYS, at, calendar, hours, office, open_on


# -- clocks that change ------------------------------------------------------------------
def test_a_business_second_is_a_real_second_a_local_day_may_hold_23_or_25_hours() -> None:
    berlin = calendar("Europe/Berlin", weekly={day: ["00:00-24:00"] for day in DAYS})
    assert berlin.elapsed(at("2026-03-29T00:00+01:00"), at("2026-03-30T00:00+02:00")) == hours(23)
    assert berlin.elapsed(at("2026-10-25T00:00+02:00"), at("2026-10-26T00:00+01:00")) == hours(25)
    night = calendar("Europe/Berlin", weekly={"sat": ["22:00-06:00"]})
    assert night.elapsed(at("2026-03-28"), at("2026-03-30")) == hours(7)
    assert night.elapsed(at("2026-10-24"), at("2026-10-26")) == hours(9)


def test_a_missing_time_moves_on_by_the_length_of_the_gap() -> None:
    desk = calendar("Europe/Berlin", weekly={"sun": ["02:15-05:00"]})
    assert desk.next_open(at("2026-03-29")) == at("2026-03-29T03:15+02:00")
    late = calendar("Europe/Berlin", weekly={"sun": ["01:00-02:15"]})
    assert late.next_close(at("2026-03-29")) == at("2026-03-29T03:15+02:00")
    half = calendar("Australia/Lord_Howe", weekly={"sun": ["02:10-04:00"]})
    assert half.next_open(at("2026-10-03T12:00")) == at("2026-10-04T02:40+11:00")


def test_an_end_that_is_not_after_its_start_leaves_nothing() -> None:
    desk = calendar("America/Los_Angeles", weekly={"sun": ["02:30-03:15"]})
    assert desk.intervals(at("2006-04-02T00:00-08:00"), at("2006-04-03T00:00-07:00")) == ()
    assert desk.next_open(at("2006-04-02T00:00-08:00")) == at("2006-04-09T02:30-07:00")


def test_an_ambiguous_time_is_its_first_occurrence() -> None:
    desk = calendar("America/New_York", weekly={"sun": ["01:30-03:00"]})
    assert desk.next_open(at("2026-11-01T00:00-04:00")) == at("2026-11-01T01:30-04:00")
    assert desk.elapsed(at("2026-11-01T00:00-04:00"), at("2026-11-02T00:00-05:00")) == hours(2.5)
    early = calendar("America/New_York", weekly={"sun": ["00:00-01:30"]})
    assert early.next_close(at("2026-11-01T00:00-04:00")) == at("2026-11-01T01:30-04:00")
    assert not early.is_open(at("2026-11-01T01:15-05:00"))


def test_a_midnight_that_clocks_skip_is_an_hour_later() -> None:
    desk = calendar("America/Sao_Paulo", weekly={"sat": ["20:00-24:00"], "sun": ["00:00-02:00"]})
    assert open_on(desk, "2015-10-17T12:00", "2015-10-18T12:00") == ["17 23:00-04:00"]


def test_a_holiday_lasts_as_long_as_its_local_date() -> None:
    round_the_clock = {day: ["00:00-24:00"] for day in DAYS}
    for day, closed in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)):
        desk = calendar("Europe/Berlin", weekly=round_the_clock, holidays=[day])
        shut, opens = desk.next_close(at("2026-01-01")), desk.next_open(at(f"{day}T12:00"))
        assert shut is not None
        assert opens is not None
        assert opens - shut == hours(closed)


def test_a_date_that_never_was_has_no_length_but_its_times_move_on() -> None:
    """Samoa went from Thursday 2011-12-29 to Saturday 2011-12-31: a gap of 24 hours."""
    whole = calendar("Pacific/Apia", weekly={"fri": ["00:00-24:00"]})
    assert whole.next_open(at("2011-12-24T12:00Z")) == at("2012-01-06T00:00+14:00")
    desk = calendar("Pacific/Apia", weekly={"fri": ["09:00-17:00"]})
    assert desk.next_open(at("2011-12-25T12:00Z")) == at("2011-12-31T09:00+14:00")
    holiday = calendar(
        "Pacific/Apia",
        weekly={day: ["00:00-24:00"] for day in DAYS},
        holidays=["2011-12-30"],
    )
    assert holiday.next_close(at("2011-12-25")) is None
    resting = calendar(
        "Pacific/Apia",
        weekly={"fri": ["09:00-17:00"]},
        holidays=["2011-12-30"],
        breaks={"2011-12-30": ["12:00-13:00"]},
    )
    assert open_on(resting, "2011-12-30", "2011-12-31T12:00") == [
        "30 19:00-22:00",
        "30 23:00-03:00",
    ]


def test_offsets_with_seconds_are_exact() -> None:
    desk = calendar("Europe/Paris", weekly={day: ["09:00-17:00"] for day in DAYS})
    assert desk.next_open(at("1905-01-01")) == at("1905-01-01T08:50:39")


# -- nowhere ---------------------------------------------------------------------------
def test_a_calendar_closed_for_good_answers_none() -> None:
    gone = office(versions=[{"from": "2026-03-04", "weekly": {}}])
    tuesday = at("2026-03-03T09:00")
    assert gone.add(tuesday, hours(8)) == at("2026-03-03T17:00")
    assert gone.add(tuesday, hours(8), far=True) is None
    assert gone.add(tuesday, hours(9)) is None
    assert gone.next_open(at("2026-03-04T00:00")) is None
    assert gone.next_close(at("2026-03-03T17:00")) is None
    assert gone.subtract(at("2100-01-01"), hours(1)) == at("2026-03-03T16:00")


def test_a_calendar_open_on_dated_shifts_alone_has_a_first_opening_and_a_last_closing() -> None:
    fair = calendar(shifts={"2026-03-03": ["09:00-12:00"], "2031-05-05": ["09:00-12:00"]})
    assert fair.next_open(at("1990-01-01")) == at("2026-03-03T09:00")
    assert fair.prev_close(at("2090-01-01")) == at("2031-05-05T12:00")
    assert fair.prev_close(at("2026-03-03T09:00")) is None
    assert fair.elapsed(at("0001-01-02"), at("9999-12-30")) == hours(6)
    assert fair.add(at("2026-03-03T10:00"), hours(4)) == at("2031-05-05T11:00")
    assert fair.subtract(at("2090-01-01"), hours(6)) == at("2026-03-03T09:00")
    assert fair.subtract(at("2090-01-01"), hours(6), far=True) is None
    assert fair.subtract(at("2090-01-01"), hours(7)) is None


def test_hours_that_holidays_take_away_entirely_never_open() -> None:
    fair = calendar(shifts={"2026-03-03": ["09:00-12:00"]}, holidays=["2026-03-03"])
    assert fair.next_open(at("2026-03-01")) is None
    assert fair.prev_close(at("2026-03-09")) is None
    assert fair.add(at("2026-03-01"), hours(1)) is None
    assert fair.intervals(at("2026-03-01"), at("2026-03-09")) == ()


@pytest.mark.parametrize(
    "windows", [["00:00-24:00"], ["08:00-20:00", "20:00-08:00"], ["07:00-07:00"]]
)
@pytest.mark.parametrize("zone", ["Etc/UTC", "Europe/Berlin", "Pacific/Apia"])
def test_hours_round_the_clock_never_close(zone: str, windows: list[str]) -> None:
    round_the_clock = calendar(zone, weekly=dict.fromkeys(DAYS, windows))
    for year in ("0002", "1867", "2026", "9998"):
        now = at(f"{year}-03-02T12:00")
        assert round_the_clock.next_close(now) is None
        assert round_the_clock.prev_close(now) == now
        assert round_the_clock.next_open(now) == now
    assert round_the_clock.elapsed(at("1800-01-01"), at("2200-01-01")) == timedelta(146_097)


def test_overlapping_hours_round_the_clock_never_close_either() -> None:
    lapping = calendar(weekly={day: ["00:00-13:00", "12:00-24:00"] for day in DAYS})
    assert lapping.next_close(at("2026-03-02")) is None
    assert lapping.add(at("2026-03-02"), timedelta(10)) == at("2026-03-12")


def test_hours_round_the_clock_close_for_a_holiday() -> None:
    desk = calendar(weekly={day: ["00:00-24:00"] for day in DAYS}, holidays=["2031-05-05"])
    assert desk.next_close(at("0002-01-01")) == at("2031-05-05")
    assert desk.next_open(at("2031-05-05")) == at("2031-05-06")
    assert desk.next_close(at("2031-05-05")) is None
    assert desk.prev_close(at("2031-05-06")) == at("2031-05-05")


def test_distances_of_decades_and_centuries_have_an_answer() -> None:
    desk = office(zone="Europe/Berlin", holidays=["2026-12-25"])
    monday = at("2026-03-02T09:00+01:00")
    weeks = timedelta(hours=40) * 52 * 30
    assert desk.elapsed(monday, desk.add(monday, weeks) or monday) == weeks
    assert desk.add(monday, timedelta(hours=40) * 20_871 * 10) == at("6026-03-02T17:00+01:00")
    assert desk.add(monday, timedelta(days=999_999_999)) is None
    assert desk.subtract(monday, timedelta(days=999_999_999)) is None


def opened(desk: Calendar, first: date, days: int) -> list[Span]:
    """Return the open spans of some days in microseconds, straight from the written hours."""
    day = day_number(first)
    return [(a * 10**6, b * 10**6) for a, b in desk.hours.schedule.spans(day, day + days)]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo"])
@pytest.mark.parametrize("year", [3, 1203, 1530, 1760, 2150, 2201, 2599, 2621, 3333, 9990])
def test_hours_far_away_are_what_the_rules_say_there(zone: str, year: int) -> None:
    desk = calendar(zone, weekly={"mon": ["22:00-06:00"], "sun": ["01:30-02:45"]})
    start = day_number(date(year, 1, 1)) * 86_400 * 10**6
    end = start + 400 * 86_400 * 10**6

    assert list(desk.hours.spans_us(start, end)) == opened(desk, date(year, 1, 1), 400)
    sums = sum(b - a for a, b in opened(desk, date(year, 1, 1), 400))
    assert desk.hours.elapsed_us(start, end) == sums


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Pacific/Kiritimati", "America/Juneau"])
@pytest.mark.parametrize("window", ["23:59-23:58", "00:00-24:00", "12:00-12:00"])
def test_days_of_utc_may_be_asked_one_by_one(zone: str, window: str) -> None:
    desk = calendar(zone, weekly={day: [window] for day in DAYS[::2]}, holidays=["1867-10-19"])
    first = date(1867, 10, 10)

    single = [span for n in range(20) for span in opened(desk, first + timedelta(n), 1)]

    assert merged(single) == opened(desk, first, 20)


def test_dates_at_the_ends_of_the_calendar_of_all_years_can_be_dated() -> None:
    edge = calendar(
        "Europe/Berlin",
        shifts={"0001-01-01": ["09:00-17:00"], "9999-12-31": ["09:00-17:00", "22:00-06:00"]},
    )
    assert edge.next_open(at("0001-01-01")) == at("0001-01-01T08:06:32")
    assert edge.prev_close(at("2026-01-01")) == at("0001-01-01T16:06:32")
    assert edge.subtract(at("9999-12-31T16:00"), hours(9)) == at("0001-01-01T15:06:32")
    assert edge.next_close(at("9999-12-31T20:59")) is None  # in the year 10000
    nightly = calendar(
        "America/New_York",
        weekly={day: ["15:00-23:00"] for day in DAYS},
        breaks={"0001-01-02": ["15:00-16:00"]},
    )
    assert nightly.next_close(at("0001-01-01")) == at("0001-01-01T03:56:02")
    assert nightly.prev_close(at("0001-01-01T01:00")) == at("0001-01-01T01:00")
