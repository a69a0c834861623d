"""Business time against a second-by-second count, on days when clocks change and on others."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from cix.domain.calendar import Calendar
from domain.calendar_scenes import (
    DAY,
    DAYS,
    NAMES,
    SECOND,
    Oracle,
    instants,
    jumbles_midnight,
    limits,
    scenes,
)


def drawn(data: st.DataObject) -> tuple[Calendar, Oracle]:
    plain, first = data.draw(scenes())
    return Calendar.parse(plain), Oracle.of(plain, first)


@given(st.data())
def test_elapsed_time_is_the_count_of_open_seconds(data: st.DataObject) -> None:
    calendar, oracle = drawn(data)
    a, b = data.draw(instants(oracle)), data.draw(instants(oracle))

    assert calendar.hours.elapsed_us(a, b) == oracle.mark(b) - oracle.mark(a)


@given(st.data())
def test_the_intervals_are_the_runs_of_open_seconds(data: st.DataObject) -> None:
    calendar, oracle = drawn(data)
    a, b = sorted([data.draw(instants(oracle)), data.draw(instants(oracle))])

    assert list(calendar.hours.spans_us(a, b)) == list(oracle.spans(a, b))


@given(st.data())
def test_adding_walks_the_open_seconds_forward(data: st.DataObject) -> None:
    calendar, oracle = drawn(data)
    a, b = sorted([data.draw(instants(oracle)), data.draw(instants(oracle))])
    n = oracle.mark(b) - oracle.mark(a)
    near = oracle.walk(a, n)
    assert near is not None

    assert calendar.hours.add_us(a, n) == near
    far = oracle.opening(near)
    if far is not None:  # else the next opening lies beyond the scene
        assert calendar.hours.add_us(a, n, far=True) == far


@given(st.data())
def test_subtracting_walks_the_open_seconds_back(data: st.DataObject) -> None:
    calendar, oracle = drawn(data)
    a, b = sorted([data.draw(instants(oracle)), data.draw(instants(oracle))])
    n = oracle.mark(b) - oracle.mark(a)
    near = oracle.walk_back(b, n)
    assert near is not None

    assert calendar.hours.subtract_us(b, n) == near
    far = oracle.closing_before(near)
    if far is not None:
        assert calendar.hours.subtract_us(b, n, far=True) == far


@given(st.data())
def test_openings_and_closings_are_where_the_seconds_change(data: st.DataObject) -> None:
    calendar, oracle = drawn(data)
    at = data.draw(instants(oracle))

    assert calendar.hours.is_open_us(at) == oracle.is_open(at)
    opening, closing = oracle.opening(at), oracle.closing_before(at)
    if opening is not None:
        assert calendar.hours.add_us(at, 0, far=True) == opening
        ends = oracle.open.find(0, (opening - oracle.start) // SECOND)
        if ends >= 0:
            assert calendar.hours.next_close_us(at) == oracle.start + ends * SECOND
    if closing is not None:
        assert calendar.hours.subtract_us(at, 0, far=True) == closing


@given(st.data())
def test_an_overnight_window_equals_its_two_halves_at_midnight(data: st.DataObject) -> None:
    """Of weekly hours alone: a shift replaces what starts on its date, and halves start on two."""
    plain, first = data.draw(scenes())
    plain |= {"shifts": {}, "versions": []}
    assume(any(plain["weekly"].values()))
    halves: dict[str, list[str]] = {name: [] for name in NAMES}
    for n, name in enumerate(NAMES):
        for window in plain["weekly"].get(name, ()):
            start, end = window.split("-")
            if end <= start != "24:00":
                halves[name].append(f"{start}-24:00")
                if end != "00:00":
                    halves[NAMES[(n + 1) % 7]].append(f"00:00-{end}")
            else:
                halves[name].append(window)
    whole, split = Calendar.parse(plain), Calendar.parse(plain | {"weekly": halves})
    oracle = Oracle.of(plain, first)

    assume(not jumbles_midnight(plain["zone"], first))
    a, b = limits(oracle)
    assert list(whole.hours.spans_us(a, b)) == list(split.hours.spans_us(a, b))


@given(st.data())
def test_another_holiday_never_makes_a_due_time_earlier(data: st.DataObject) -> None:
    plain, first = data.draw(scenes())
    calendar, oracle = Calendar.parse(plain), Oracle.of(plain, first)
    day = first + timedelta(days=data.draw(st.integers(0, DAYS)))
    stricter = Calendar.parse(plain | {"holidays": [*plain["holidays"], day.isoformat()]})
    a, n = data.draw(instants(oracle)), data.draw(st.integers(0, 5 * DAY * SECOND))

    for far in (False, True):
        due, later = calendar.hours.add_us(a, n, far=far), stricter.hours.add_us(a, n, far=far)
        assert later is None or (due is not None and due <= later)
