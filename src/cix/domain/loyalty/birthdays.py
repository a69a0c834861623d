"""When a birthday award is due: on the local day of the member's zone, once per local year."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Collection, Iterator
from datetime import date, datetime
from itertools import count, takewhile

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

    def unrewarded(
        self, rewarded: Collection[int], now: datetime
    ) -> Iterator[tuple[datetime, int]]:
        """Yield when each birthday begins that has no award yet, and its local year.

        Last year's is the first, since nobody may have looked before the year turned. The date on
        file on the day itself counts, so of a date noted after it next year's is the first.
        """
        since = local_day(self.noted, self.zone)
        for year in count(local_day(now, self.zone).year - 1):
            if year not in rewarded and self.kept_on(year) >= since:
                yield day_start(self.kept_on(year), self.zone), year

    def is_due(self, year: int, rewarded: Collection[int], now: datetime) -> bool:
        """Tell whether the birthday of *year* has begun and has no award yet."""
        begun = takewhile(lambda one: one[0] <= now, self.unrewarded(rewarded, now))
        return any(year == one for _, one in begun)
