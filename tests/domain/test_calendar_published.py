"""Cases whose answers other systems publish in their own tests, where their choices are ours.

business_time and working_hours end a target at the closing instant (near); biz from 1.8.2 on at
the next opening (far). Where they differ from us (24 hours for a 25-hour day, closing at 23:59,
a holiday that takes a whole night with it) nothing of theirs is repeated here.
"""

from __future__ import annotations

import pytest

from cix.domain.calendar import Calendar
from domain.calendar_words import DAYS, at, calendar, hours, office

BIZ = {
    "mon": ["09:00-17:00"],
    "tue": ["10:00-16:00"],
    "wed": ["09:00-17:00"],
    "thu": ["10:00-16:00"],
    "fri": ["09:00-17:00"],
    "sat": ["11:00-14:30"],
}
SPLIT = {"mon": ["07:00-12:00", "13:00-18:00"], **{day: ["09:00-17:00"] for day in DAYS[1:5]}}


# -- business_time -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        ("2010-08-04T09:35", 8, "2010-08-05T09:35"),
        ("2010-08-04T09:35", -8, "2010-08-03T09:35"),
        ("2010-04-09T16:50", 1, "2010-04-12T09:50"),  # over a weekend
        ("2010-04-12T09:50", -1, "2010-04-09T16:50"),
        ("2010-04-12T09:50", 3, "2010-04-12T12:50"),
        ("2010-07-02T16:50", 1, "2010-07-06T09:50"),  # over a holiday
    ],
)
def test_business_time_adds_hours_to_office_hours(start: str, n: int, due: str) -> None:
    assert office(holidays=["2010-07-05"]).add(at(start), hours(n)) == at(due)


@pytest.mark.parametrize(
    ("weekly", "start", "n", "due"),
    [
        (["09:00-17:00", "10:00-15:00"], "2010-12-24T15:00", 9, "2010-12-27T11:00"),
        (["09:00-17:00", "10:00-15:00"], "2010-12-24T08:00", 15, "2010-12-27T11:00"),
        (["00:00-00:00", "11:00-15:00"], "2010-12-24T15:00", 24, "2010-12-27T11:00"),
        (["00:00-00:00", "11:00-15:00"], "2010-12-25T08:00", 15, "2010-12-27T11:00"),
        (["09:00-17:00", "10:00-15:00"], "2010-12-24T08:00", 8, "2010-12-24T17:00"),  # at closing
    ],
)
def test_business_time_respects_hours_by_weekday(
    weekly: list[str], start: str, n: int, due: str
) -> None:
    week = {"mon": weekly[:1], "fri": weekly[:1], "sat": weekly[1:]}
    assert calendar(weekly=week).add(at(start), hours(n)) == at(due)


@pytest.mark.parametrize(
    ("weekly", "a", "b", "elapsed"),
    [
        ({"mon": "09:00-17:00", "fri": "09:00-17:00", "sat": "10:00-15:00"}, "24T15", "27T11", 9),
        ({"mon": "00:00-00:00", "fri": "00:00-00:00", "sat": "11:00-15:00"}, "24T15", "27T11", 24),
        (dict.fromkeys(("mon", "fri", "sat", "sun"), "00:00-00:00"), "24T15", "27T11", 68),
    ],
)
def test_business_time_measures_over_a_weekend(
    weekly: dict[str, str], a: str, b: str, elapsed: int
) -> None:
    desk = calendar(weekly={day: [window] for day, window in weekly.items()})
    assert desk.elapsed(at(f"2010-12-{a}:00"), at(f"2010-12-{b}:00")) == hours(elapsed)


def test_business_time_measures_instants_of_another_offset() -> None:
    desk = calendar(weekly={day: ["09:00-18:00"] for day in ("mon", "tue", "wed")})
    found = desk.elapsed(at("2012-05-28T11:04:26+03:00"), at("2012-05-29T17:56:45+03:00"))
    assert found.total_seconds() == 53_805


def test_business_time_counts_nothing_between_closing_and_opening() -> None:
    desk = calendar(weekly={"mon": ["08:00-20:00"], "tue": ["08:00-20:00"]})
    assert desk.elapsed(at("2014-05-12T20:50"), at("2014-05-13T08:10")) == hours(1 / 6)


# -- biz ---------------------------------------------------------------------------------
def biz(**plain: object) -> Calendar:
    return calendar(weekly=BIZ, **plain)


def test_biz_walks_nineteen_hours_both_ways() -> None:
    assert biz().add(at("2006-01-02T11:00"), hours(19)) == at("2006-01-04T16:00")
    assert biz().subtract(at("2006-01-04T16:00"), hours(19)) == at("2006-01-02T11:00")


def test_biz_moves_by_nothing_to_the_next_active_moment() -> None:
    midnight = at("2006-01-03")
    assert biz().add(midnight, hours(0), far=True) == at("2006-01-03T10:00")
    assert biz().subtract(midnight, hours(0), far=True) == at("2006-01-02T17:00")


def test_biz_measures_within_two_days() -> None:
    assert biz().elapsed(at("2006-01-05T12:00"), at("2006-01-06T12:00")) == hours(7)


def test_biz_leaves_out_holidays_and_breaks() -> None:
    shut = biz(holidays=["2006-01-16", "2006-01-18"])
    assert [
        (f"{a:%d %H:%M}", f"{b:%d %H:%M}")
        for a, b in shut.intervals(at("2006-01-14"), at("2006-01-20"))
    ] == [("14 11:00", "14 14:30"), ("17 10:00", "17 16:00"), ("19 10:00", "19 16:00")]
    resting = biz(
        breaks={"2006-01-02": ["10:00-11:30"], "2006-01-03": ["14:15-14:30", "15:40-15:50"]}
    )
    assert not resting.is_open(at("2006-01-02T11:00"))
    assert resting.is_open(at("2006-01-02T11:30"))
    assert resting.elapsed(at("2006-01-02"), at("2006-01-04")) == hours(14 - 1.5 - 0.25 - 1 / 6)


def test_biz_filters_out_a_window_that_the_clocks_turn_round() -> None:
    desk = calendar("America/Los_Angeles", weekly={"sun": ["02:30-03:15"], "mon": ["09:00-17:00"]})
    assert desk.next_open(at("2006-04-02T00:00-08:00")) == at("2006-04-03T09:00-07:00")


@pytest.mark.parametrize(
    ("zone", "weekly", "before", "opening"),
    [
        ("America/Los_Angeles", "sun 02:30-04:00", "2014-03-09T01:00-08:00", "03:30-07:00"),
        ("America/Los_Angeles", "sun 01:30-04:00", "2014-11-02T00:00-07:00", "01:30-07:00"),
    ],
)
def test_biz_resolves_missing_and_ambiguous_times(
    zone: str, weekly: str, before: str, opening: str
) -> None:
    day, window = weekly.split()
    desk = calendar(zone, weekly={day: [window]})
    assert desk.next_open(at(before)) == at(f"{before[:10]}T{opening}")


def test_biz_ends_a_day_without_midnight_an_hour_later() -> None:
    desk = calendar("America/Sao_Paulo", weekly={"sat": ["09:00-24:00"]})
    assert desk.next_close(at("2015-10-17T12:00Z")) == at("2015-10-18T01:00-02:00")


# -- working_hours -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("start", "seconds", "due"),
    [
        ("1991-11-15T14:00:42", 7_200, "1991-11-15T16:00:42"),
        ("1991-11-18T14:00:42", -25_200, "1991-11-15T15:00:42"),
        ("1991-11-15T16:30:42", 2_700, "1991-11-18T09:15:42"),
        ("1991-11-15T16:59:42", 120, "1991-11-18T09:01:42"),
    ],
)
def test_working_hours_adds_to_office_hours(start: str, seconds: int, due: str) -> None:
    assert office().add(at(start), hours(seconds / 3_600)) == at(due)


def test_working_hours_takes_times_of_any_zone() -> None:
    found = office("Asia/Tokyo").add(at("1991-11-15T07:00Z"), hours(3))
    assert found == at("1991-11-18T11:00+09:00")


def test_working_hours_walks_over_several_windows_and_midnights() -> None:
    monday = calendar(weekly={"mon": ["07:00-12:00", "13:00-18:00"]})
    assert monday.add(at("1991-11-11T05:00"), hours(6)) == at("1991-11-11T14:00")
    whole = calendar(weekly={"mon": ["00:00-24:00"], "tue": ["08:00-18:00"]})
    minute = hours(1 / 60)
    assert whole.subtract(at("2014-04-08T00:00:30"), minute) == at("2014-04-07T23:59:00")
    alone = calendar(weekly={"mon": ["00:00-24:00"]})
    assert alone.add(at("2014-04-07T23:59:30"), minute) == at("2014-04-14T00:00:30")


@pytest.mark.parametrize(
    ("now", "opening", "closing", "closed_before"),
    [
        ("2014-05-01T12:00", "2014-05-02T09:00", "2014-05-02T17:00", "2014-04-30T17:00"),
        ("2014-06-01T12:00", "2014-06-02T07:00", "2014-06-02T12:00", "2014-05-30T17:00"),
        ("2014-04-07T11:59", "2014-04-07T11:59", "2014-04-07T12:00", "2014-04-07T11:59"),
        ("2014-04-07T12:00", "2014-04-07T13:00", "2014-04-07T18:00", "2014-04-07T12:00"),
        ("2014-04-07T12:59", "2014-04-07T13:00", "2014-04-07T18:00", "2014-04-07T12:00"),
        ("2014-04-07T13:00", "2014-04-07T13:00", "2014-04-07T18:00", "2014-04-07T12:00"),
        ("2014-04-07T18:00", "2014-04-08T09:00", "2014-04-08T17:00", "2014-04-07T18:00"),
        ("2014-04-07T22:00+02:00", "2014-04-08T09:00", "2014-04-08T17:00", "2014-04-07T18:00"),
    ],
)
def test_working_hours_moves_to_openings_and_closings(
    now: str, opening: str, closing: str, closed_before: str
) -> None:
    desk = calendar(weekly=SPLIT, holidays=["2014-05-01"])
    assert desk.next_open(at(now)) == at(opening)
    assert desk.next_close(at(now)) == at(closing)
    assert desk.prev_close(at(now)) == at(closed_before)


def test_working_hours_gives_a_holiday_hours_of_its_own() -> None:
    """What working_hours calls holiday hours is a dated shift."""
    desk = calendar(weekly={"fri": ["08:00-18:00"]}, shifts={"2019-12-27": ["10:00-18:00"]})
    assert desk.next_open(at("2019-12-27T09:00")) == at("2019-12-27T10:00")
