"""When a birthday award is due: on the local day of the member's zone, once per local year.

The date on file when the day begins counts, or one that is put on file on the day itself; what
is on file later changes no birthday that was due before.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from itertools import count, takewhile

import attrs

from cix.domain.loyalty.days import day_start, local_day


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


def unrewarded(
    dates: Sequence[Birthday], rewarded: Collection[int], since: datetime
) -> Iterator[tuple[datetime, int]]:
    """Yield when each birthday begins that has no award yet, and its local year.

    *dates* are those on file, one after the other. The first is that of the year before *since*,
    as nobody may have looked before the year turned.
    """
    if not dates:
        return
    last = dates[-1]
    first = local_day(since, last.zone).year - 1
    years = count(first) if last.replaced is None else range(first, last.replaced.year + 2)
    for year in years:
        if year not in rewarded:
            begins = [at for one in dates if (at := one.begins(year)) is not None]
            if begins:
                yield min(begins), year


def begun(
    dates: Sequence[Birthday], rewarded: Collection[int], now: datetime
) -> dict[int, datetime]:
    """Return the years whose birthday has begun and has no award yet, and when each began."""
    due = takewhile(lambda one: one[0] <= now, unrewarded(dates, rewarded, now))
    return {year: at for at, year in due}
