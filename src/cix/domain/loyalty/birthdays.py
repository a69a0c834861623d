"""When a birthday award is due: on the local day of the member's zone, once per local year.

The date on file when the day begins counts, or one that is put on file on the day itself; what
is on file later changes no birthday that was due before.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Final

import attrs

from cix.domain.loyalty.days import day_start, local_day, zone_of
from cix.errors import InvalidPolicyError

_LEAP_YEAR: Final = 2000


@attrs.frozen
class Birthday:
    """A date on file: since when, and until when, where another one replaced it."""

    month: int
    day: int
    zone: str
    noted: datetime
    replaced: datetime | None = None

    def kept_on(self, year: int) -> date:
        """Return the day it is kept in *year*: 29 February on the 28th in common years."""
        if (self.month, self.day) == (2, 29) and not isleap(year):
            return date(year, 2, 28)
        return date(year, self.month, self.day)

    def begins(self, year: int) -> datetime | None:
        """Return when the birthday of *year* begins; None when it was not on file then."""
        day = self.kept_on(year)
        if day < local_day(self.noted, self.zone):
            return None
        at = max(day_start(day, self.zone), self.noted)
        return at if self.replaced is None or at < self.replaced else None


def on_file(month: int, day: int, zone: str, noted: datetime) -> Birthday | None:
    """Return the date as it is put on file; None where there is no such day or zone."""
    try:
        date(_LEAP_YEAR, month, day)
        zone_of(zone)
    except (TypeError, ValueError, OverflowError, InvalidPolicyError):
        return None
    return Birthday(month, day, zone, noted)


def unrewarded(
    dates: Sequence[Birthday], rewarded: Collection[int], since: datetime, until: datetime
) -> list[tuple[datetime, int]]:
    """Return when each birthday begins that has no award yet, and its local year, in order.

    *dates* are those on file, one after the other. The years are from the one before *since*, as
    nobody may have looked before the year turned, to the one after *until*.
    """
    if not dates:
        return []
    zone = dates[-1].zone
    first = max(date.min.year, local_day(since, zone).year - 1)
    last = min(date.max.year, local_day(until, zone).year + 1)
    found: list[tuple[datetime, int]] = []
    for year in range(first, last + 1):
        begins = [at for one in dates if (at := one.begins(year)) is not None]
        if begins and year not in rewarded:
            found.append((min(begins), year))
    return sorted(found)


def begun(
    dates: Sequence[Birthday], rewarded: Collection[int], now: datetime
) -> dict[int, datetime]:
    """Return the years whose birthday has begun and has no award yet, and when each began."""
    return {year: at for at, year in unrewarded(dates, rewarded, now, now) if at <= now}
