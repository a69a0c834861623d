"""When a birthday award is due: on the local day of the member's zone, once per local year."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Collection
from datetime import date, datetime

import attrs

from cix.domain.loyalty.days import day_start, local_day


@attrs.frozen
class Birthday:
    """The birthday on file, and since when."""

    month: int
    day: int
    zone: str
    noted: datetime

    def kept_on(self, year: int) -> date:
        """Return the day it is kept in *year*: 29 February on the 28th in common years."""
        if (self.month, self.day) == (2, 29) and not isleap(year):
            return date(year, 2, 28)
        return date(year, self.month, self.day)

    def due(self, rewarded: Collection[int], now: datetime) -> tuple[datetime, int]:
        """Return the next due instant and its local year; this year's may have passed.

        The date on file on the day itself counts, so a date noted after it is due next year.
        """
        year = local_day(now, self.zone).year
        while year in rewarded or self.kept_on(year) < local_day(self.noted, self.zone):
            year += 1
        return day_start(self.kept_on(year), self.zone), year
