"""Windows of growth: which entries count at an instant, and where a year begins and ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

import attrs

from cix.domain.loyalty.days import add_days, add_months, local_day, window_end
from cix.domain.loyalty.lots import Lot
from cix.domain.loyalty.programme import Programme

_YEAR_ONE: Final = date(1, 1, 1)


@attrs.frozen
class Years:
    """Calendar years, or membership years from the enrolment day (clamped) on."""

    programme: Programme
    enrolled: date

    def of(self, day: date) -> int:
        """Return the index of the year that holds *day*."""
        if self.programme.window == "calendar_year":
            return day.year
        index = day.year - self.enrolled.year
        return index if self.first(index) <= day else index - 1

    def first(self, index: int) -> date:
        """Return the first local day of the year *index*."""
        if self.programme.window == "calendar_year":
            return add_months(_YEAR_ONE, 12 * (index - 1))
        return add_months(self.enrolled, 12 * index)

    def last(self, index: int) -> date:
        """Return the last local day of the year *index*."""
        return add_days(self.first(index + 1), -1)

    def term_last(self, index: int) -> date:
        """Return the last valid day of a term through the year *index* plus the extension."""
        return add_months(self.last(index), self.programme.extension_months)

    def sum(self, entries: Iterable[Lot], index: int) -> int:
        """Return the growth whose effective day lies in the year *index*."""
        zone = self.programme.zone
        return sum(e.kept for e in entries if self.of(local_day(e.earned, zone)) == index)


def enrolment_day(enrolled: datetime | None, at: datetime, programme: Programme) -> date:
    """Return the local enrolment day; of an account never named, the day of *at*."""
    return local_day(enrolled or at, programme.zone)


def rolling_sum(entries: Iterable[Lot], at: datetime, programme: Programme) -> int:
    """Return the growth still valid at *at* in a rolling window."""
    months, zone = programme.window_months, programme.zone
    return sum(e.kept for e in entries if window_end(e.earned, months, zone) > at)


def growth_at(
    entries: Iterable[Lot], at: datetime, programme: Programme, enrolled: datetime | None
) -> int:
    """Return the growth shown at *at*: of the window that holds that instant."""
    match programme.window:
        case "rolling":
            return rolling_sum(entries, at, programme)
        case "lifetime":
            return sum(e.kept for e in entries)
        case "calendar_year" | "membership_year":
            years = Years(programme, enrolment_day(enrolled, at, programme))
            return years.sum(entries, years.of(local_day(at, programme.zone)))
