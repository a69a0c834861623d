"""What holds of business time whatever the hours, from the year 1 to the year 9999."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cix.domain.calendar import Calendar, Hours
from domain.calendar_scenes import NAMES

CALENDARS = (
    Calendar.parse(
        {
            "zone": "Europe/Berlin",
            "weekly": {name: ["08:30-12:00", "12:45-17:15"] for name in NAMES[:5]},
            "versions": [{"from": "2024-07-01", "weekly": {"sat": ["22:00-06:00"]}}],
            "holidays": ["2024-12-25", "2024-12-26"],
            "shifts": {"2024-12-28": ["10:00-14:00"]},
            "breaks": {"2024-12-28": ["11:00-11:30"]},
        }
    ),
    Calendar.parse({"zone": "Australia/Lord_Howe", "weekly": {"sun": ["01:30-02:15"]}}),
    Calendar.parse({"zone": "Asia/Shanghai", "weekly": {name: ["00:00-24:00"] for name in NAMES}}),
    Calendar.parse({"always": True}),
)
calendars = st.sampled_from(CALENDARS)
anywhen = st.datetimes(timezones=st.just(UTC))
durations = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=200_000))
far_too = st.booleans()


@given(calendars, anywhen, anywhen, anywhen)
def test_elapsed_time_adds_up(calendar: Calendar, a: datetime, b: datetime, c: datetime) -> None:
    assert calendar.elapsed(a, b) + calendar.elapsed(b, c) == calendar.elapsed(a, c)
    assert calendar.elapsed(b, a) == -calendar.elapsed(a, b)


@given(calendar=calendars, a=anywhen, n=durations, far=far_too)
def test_what_was_added_has_elapsed(
    calendar: Calendar, a: datetime, n: timedelta, *, far: bool
) -> None:
    found = calendar.add(a, n, far=far)
    if found is not None:
        assert found >= a
        assert calendar.elapsed(a, found) == n


@given(calendar=calendars, a=anywhen, n=durations, far=far_too)
def test_what_was_subtracted_elapses(
    calendar: Calendar, a: datetime, n: timedelta, *, far: bool
) -> None:
    found = calendar.subtract(a, n, far=far)
    if found is not None:
        assert found <= a
        assert calendar.elapsed(found, a) == n


@given(calendar=calendars, a=anywhen, n=durations, far=far_too)
def test_adding_a_negative_duration_subtracts(
    calendar: Calendar, a: datetime, n: timedelta, *, far: bool
) -> None:
    assert calendar.add(a, -n, far=far) == calendar.subtract(a, n, far=far)
    assert calendar.subtract(a, -n, far=far) == calendar.add(a, n, far=far)


@given(calendars, anywhen, durations)
def test_near_and_far_enclose_every_instant_with_that_elapsed(
    calendar: Calendar, a: datetime, n: timedelta
) -> None:
    near, far = calendar.add(a, n), calendar.add(a, n, far=True)
    tick = timedelta(microseconds=1)
    if near is None or far is None or far.year == 9999:
        return
    assert near <= far
    assert calendar.elapsed(a, far + tick) == n + tick
    if n:
        assert calendar.elapsed(a, near - tick) == n - tick
    assert calendar.next_open(near) == far
    assert not calendar.intervals(near, far)


@given(calendars, anywhen, anywhen)
def test_the_intervals_sum_to_the_elapsed_time(
    calendar: Calendar, a: datetime, b: datetime
) -> None:
    b = min(b, a + timedelta(days=900)) if a < b and a.year < 9990 else b
    spans = calendar.intervals(a, b)
    assert sum((end - start for start, end in spans), timedelta(0)) == (
        max(calendar.elapsed(a, b), timedelta(0))
    )
    assert all(ends < begins for (_, ends), (begins, _) in pairwise(spans))


def fresh(calendar: Calendar) -> Hours:
    """Return the hours of *calendar* with nothing remembered."""
    return Hours(calendar.hours.schedule)


def questions() -> list[tuple[int, int]]:
    years = [2300, 1650, 2026, 7777, 12, 2027]
    at = [
        (datetime(year, 5, 5, 9, 9, 9, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC))
        // timedelta(microseconds=1)
        for year in years
    ]
    return [(a, b) for a in at for b in at]


def answers(hours: Hours, pairs: list[tuple[int, int]]) -> dict[tuple[int, int], object]:
    return {(a, b): (hours.elapsed_us(a, b), hours.add_us(a, b - a)) for a, b in pairs}


each = pytest.mark.parametrize(
    "calendar", CALENDARS, ids=["berlin", "lord howe", "round the clock", "always"]
)


@each
def test_the_order_of_questions_changes_no_answer(calendar: Calendar) -> None:
    forward, back = fresh(calendar), fresh(calendar)

    assert answers(forward, questions()) == answers(back, questions()[::-1])


@each
def test_threads_that_share_an_index_get_the_answers_of_one(calendar: Calendar) -> None:
    shared, alone = fresh(calendar), fresh(calendar)
    near = [(a, b) for a, b in questions() if abs(a) < 2**53 and abs(b) < 2**53]

    with ThreadPoolExecutor(4) as pool:
        asked = [near, near[::-1], near[3:] + near[:3], near[::2] + near[1::2]]
        found = list(pool.map(lambda pairs: answers(shared, pairs), asked))

    assert all(one == answers(alone, near) for one in found)
