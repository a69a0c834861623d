"""From hours as written to open spans of real time: which seconds of the world are open.

All in whole seconds: days are counted from 1970-01-01, instants from 1970-01-01T00:00:00Z. A span
is a pair ``(start, end)`` of instants, half-open; lists of spans ascend and neither overlap nor
touch.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from cix.domain.calendar.windows import DAY_S, WHOLE_DAY, Dated, Week, Windows

Span: TypeAlias = tuple[int, int]

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_EPOCH_WEEKDAY: Final = 3  # 1970-01-01 was a Thursday
_CYCLE_S: Final = 146_097 * DAY_S  # 400 years: the same dates on the same weekdays
_ZERO: Final = timedelta(0)


class Schedule:
    """The hours of one calendar version, asked by day.

    What counts for a date: its shift, else the week of the latest version whose first date is not
    after it, else the base week. Then holidays and breaks are cut out of what is left in real
    time, whichever date it belongs to.
    """

    def __init__(
        self,
        zone: ZoneInfo,
        weeks: Sequence[tuple[date, Week]],
        shifts: Dated,
        holidays: Iterable[date],
        breaks: Dated,
    ) -> None:
        """Keep the hours by day number; *weeks* ascend and begin with the base week."""
        self._epoch = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=zone)
        self._since = [day_number(since) for since, _ in weeks[1:]]
        self._weeks = [week for _, week in weeks]
        self._shifts = {day_number(day): windows for day, windows in shifts}
        self._cuts = {day_number(day): windows for day, windows in breaks}
        for day in map(day_number, holidays):
            self._cuts[day] = (WHOLE_DAY, *self._cuts.get(day, ()))
        self.dated = tuple(sorted({*self._since, *self._shifts, *self._cuts}))
        """The day numbers on which something particular begins or stands."""

    @property
    def first_week(self) -> Week:
        """The week that holds before every dated day."""
        return self._weeks[0]

    @property
    def last_week(self) -> Week:
        """The week that holds after every dated day."""
        return self._weeks[-1]

    def spans(self, first: int, last: int) -> list[Span]:
        """Return the open spans of the days *first* to *last* (not included) of UTC."""
        # A wall time lies less than a day from UTC, and a window ends at most two days on.
        days = range(first - 2, last + 1)
        opened = merged(self._resolved(self._hours_on, days))
        cut = merged(self._resolved(self._cuts_on, days))
        return clipped(without(opened, cut), first * DAY_S, last * DAY_S)

    def _hours_on(self, day: int) -> Windows:
        shift = self._shifts.get(day)
        if shift is not None:
            return shift
        return self._weeks[bisect_right(self._since, day)][(day + _EPOCH_WEEKDAY) % 7]

    def _cuts_on(self, day: int) -> Windows:
        return self._cuts.get(day, ())

    def _resolved(self, windows_on: Callable[[int], Windows], days: Iterable[int]) -> list[Span]:
        """Return the windows of *days* as spans, start and end each resolved for itself."""
        spans: list[Span] = []
        for day in days:
            for window in windows_on(day):
                start = self._instant(day * DAY_S + window.start_s)
                end = self._instant(day * DAY_S + window.end_s)
                if end > start:
                    spans.append((start, end))
        return spans

    def _instant(self, wall_s: int) -> int:
        """Return the instant of a wall time, counted in seconds from 1970-01-01T00:00.

        The offset is the one in force before a transition (``fold=0``): an ambiguous time is its
        first occurrence, a missing one moves on by the length of the gap.
        """
        try:
            offset = (self._epoch + timedelta(seconds=wall_s)).utcoffset() or _ZERO
        except OverflowError:  # outside the years 1 to 9999, which repeat
            return self._instant(wall_s - _toward_zero(wall_s)) + _toward_zero(wall_s)
        return wall_s - offset.days * DAY_S - offset.seconds


def day_number(day: date) -> int:
    """Return the days from 1970-01-01 to *day*."""
    return day.toordinal() - _EPOCH_ORDINAL


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return *spans* in order, those that overlap or touch as one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def without(spans: Iterable[Span], cut: Sequence[Span]) -> list[Span]:
    """Return what is left of *spans* when *cut* is taken out of them; both ascend."""
    left: list[Span] = []
    next_cut = 0
    for start, end in spans:
        at = start
        while next_cut < len(cut) and cut[next_cut][0] < end:
            cut_start, cut_end = cut[next_cut]
            if cut_start > at:
                left.append((at, cut_start))
            at = max(at, cut_end)
            if cut_end > end:  # it reaches on, perhaps into the next span
                break
            next_cut += 1
        if at < end:
            left.append((at, end))
    return left


def clipped(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """Return the parts of *spans* within ``[start, end)``."""
    return [(max(a, start), min(b, end)) for a, b in spans if b > start and a < end]


def _toward_zero(wall_s: int) -> int:
    return _CYCLE_S if wall_s > 0 else -_CYCLE_S
