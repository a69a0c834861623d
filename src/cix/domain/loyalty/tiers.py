"""The tier of a member: growth entries replayed in recording order, with versions and reviews.

A tier is a position on the ladder. It rises at once when the sum of an entry's window reaches a
bar, is kept for a term, and is looked at again when the term ends. A return reduces its entry for
the whole replay, so an upgrade that was bought with returned growth is as if it had not happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from heapq import heappop, heappush
from typing import Final, Literal, TypeAlias

import attrs

from cix.domain.loyalty.days import (
    FAR,
    ONE_DAY,
    TICK,
    add_months,
    day_end,
    last_day_before,
    local_day,
    months_end,
)
from cix.domain.loyalty.lots import Lot
from cix.domain.loyalty.programme import DEFAULT, Programme, Window
from cix.domain.loyalty.windows import Years, enrolment_day, rolling_sum

_YEARLY: Final[frozenset[Window]] = frozenset(("calendar_year", "membership_year"))
_LAST: Final = FAR - TICK
"""The last instant of a replay: what is FAR never comes."""
_NO_BAR: Final = 2**127
"""More growth than there can be."""

Reason: TypeAlias = Literal["growth", "review", "grace", "programme", "floor"]


@attrs.frozen
class InForce:
    """A version of the programme and the instant from which it is in force."""

    since: datetime
    version: str
    programme: Programme


Version: TypeAlias = tuple[datetime, int, datetime, str, Programme]
"""Effective instant, position, recorded instant, name and body of a published programme."""


def changes_of(versions: Sequence[Version]) -> tuple[InForce, ...]:
    """Return which version is in force from when on.

    At any instant it is the latest effective one of those that are effective and recorded.
    """
    found: list[InForce] = []
    for at in sorted({max(v[0], v[2]) for v in versions}):
        known = [v for v in versions if v[0] <= at and v[2] <= at]
        best = max(known, key=lambda v: (v[0], v[1]))
        if not found or found[-1].version != best[3]:
            found.append(InForce(at, best[3], best[4]))
    return tuple(found)


@attrs.frozen
class Floor:
    """A tier held at least during [since, until); None is open."""

    tier: int
    since: datetime
    until: datetime | None


@attrs.frozen
class Move:
    """The earned tier moved at an instant."""

    at: datetime
    before: int
    after: int
    reason: Reason


def floor_at(floors: Sequence[Floor], at: datetime) -> Floor | None:
    """Return the floor that counts at *at*: the highest, the later end on a tie."""
    held = [f for f in floors if f.since <= at and (f.until is None or at < f.until)]
    return max(held, key=lambda f: (f.tier, f.until or FAR), default=None)


class Track:
    """One replay of the tier, kept up to the last instant asked for; private to the fold."""

    __slots__ = (
        "bar_above",
        "by_year",
        "changes",
        "count",
        "enrolled",
        "entries",
        "grace_end",
        "grown",
        "last_day",
        "moves",
        "next_change",
        "next_entry",
        "pooled",
        "programme",
        "sum",
        "term_end",
        "tier",
        "time",
        "total",
        "valid",
        "window",
        "year",
    )

    def __init__(self) -> None:
        """Start with no entry, under the defaults."""
        self.entries: list[Lot] = []
        self.grown = 0
        self.changes: tuple[InForce, ...] = ()
        self.enrolled: datetime | None = None
        self.reset()

    def reset(self) -> None:
        """Forget the replay: it begins anew when it is next asked for."""
        self.programme: Programme = DEFAULT
        self.window: Window = DEFAULT.window
        self.tier = 0
        self._look_up()
        self.last_day: date | None = None
        self.term_end: datetime | None = None
        self.grace_end: datetime | None = None
        self.year = 0
        self.count = 0
        self.total = 0
        self.sum = 0
        self.pooled = 0
        self.valid: list[tuple[date, int, int]] = []
        self.by_year: dict[int, int] = {}
        self.next_entry = 0
        self.next_change = 0
        self.time: datetime | None = None
        self.moves: list[Move] = []

    # -- what the ledger tells ---------------------------------------------------
    def add(self, entry: Lot) -> None:
        """Take an entry, recorded after all the others."""
        self.entries.append(entry)
        self.grown += entry.growth
        if self.time is not None and entry.recorded < self.time:
            self.reset()

    def publish(self, changes: tuple[InForce, ...]) -> None:
        """Take the versions in force, by instant."""
        self.changes = changes
        self.reset()

    def enrol(self, since: datetime) -> None:
        """Take the instant of enrolment."""
        self.enrolled = since
        if self.time is not None:
            self.reset()

    # -- the replay ----------------------------------------------------------------
    def run(self, until: datetime) -> None:
        """Replay up to and including *until*: versions, then reviews, then entries."""
        until = min(until, _LAST)
        if self.time is not None and until < self.time:
            self.reset()
        self.time = until
        while True:
            change = self._change_due()
            if self.grown < self.bar_above and self.review_at is None and change > until:
                return  # no entry can move the tier yet: they wait until one can
            self._enter_all(until, change)
            review = self.grace_end or self.term_end or FAR
            if min(change, review) > until:
                return
            if change <= review:
                self._begin(self.changes[self.next_change])
                self.next_change += 1
            else:
                self._review(review)

    def tier_at(self, at: datetime) -> int:
        """Return the earned tier at *at*, which the replay has passed."""
        return next((m.after for m in reversed(self.moves) if m.at <= at), 0)

    def _change_due(self) -> datetime:
        return self.changes[self.next_change].since if self.next_change < len(self.changes) else FAR

    @property
    def review_at(self) -> datetime | None:
        """Return the instant of the next review or end of grace, None when there is none."""
        return self.grace_end or self.term_end

    def _move(self, at: datetime, tier: int, reason: Reason) -> None:
        if tier != self.tier:
            self.moves.append(Move(at, self.tier, tier, reason))
            self.tier = tier
            self._look_up()

    def _look_up(self) -> None:
        """Note the bar above the present tier: below it no sum of entries needs a look."""
        tiers, above = self.programme.tiers, self.tier + 1
        self.bar_above = tiers[above].at if above < len(tiers) else _NO_BAR

    def _term(self, last_day: date | None, year: int = 0) -> None:
        self.last_day = last_day if self.tier and self.programme.window != "lifetime" else None
        self.year = year
        self.grace_end = None
        zone = self.programme.zone
        self.term_end = None if self.last_day is None else day_end(self.last_day, zone)

    def _years(self, at: datetime) -> Years:
        return Years(self.programme, enrolment_day(self.enrolled, at, self.programme))

    # -- an entry --------------------------------------------------------------------
    def _enter_all(self, until: datetime, change: datetime) -> None:
        """Take the entries up to and including *until* that are before *change* and a review.

        Most only add to the sums: below the bar above no window can reach it.
        """
        entries, known, n = self.entries, len(self.entries), self.next_entry
        by_year = self.window in _YEARLY
        last = min(until, change - TICK, (self.review_at or FAR) - TICK)
        while n < known and (entry := entries[n]).recorded <= last:
            if kept := entry.kept:
                self.total += kept
                self.count += kept
                if self.total >= self.bar_above or by_year or self.grace_end is not None:
                    self.next_entry = n
                    self._enter(entry)
                    last = min(until, change - TICK, (self.review_at or FAR) - TICK)
            n += 1
        self.next_entry = n

    def _enter(self, entry: Lot) -> None:
        match self.window:
            case "rolling":
                self._enter_rolling(entry)
            case "lifetime":
                lifted = max(self.tier, self.programme.reached(self.total))
                self._move(entry.recorded, lifted, "growth")
            case "calendar_year" | "membership_year":
                self._enter_year(entry)

    def _enter_rolling(self, entry: Lot) -> None:
        programme, at = self.programme, entry.recorded
        if self.total >= self.bar_above:
            lifted = programme.reached(self._rolling(at))
            if lifted > self.tier:
                self._move(at, lifted, "growth")
                day = local_day(at, programme.zone)
                self._term(add_months(day, programme.term_months))
                self.count = 0
                return
        if self.grace_end is not None and self.count >= programme.tier(self.tier).bar:
            self._term(add_months(self.last_day or local_day(at, "UTC"), programme.term_months))
            self.count = 0

    def _rolling(self, at: datetime) -> int:
        """Return the sum of the window at *at*; entries leave a heap, the earliest day first."""
        months, zone, valid = self.programme.window_months, self.programme.zone, self.valid
        for n in range(self.pooled, self.next_entry + 1):
            one = self.entries[n]
            if one.kept:
                heappush(valid, (local_day(one.earned, zone), n, one.kept))
                self.sum += one.kept
        self.pooled = self.next_entry + 1
        while valid and months_end(valid[0][0], months, "day", zone) <= at:
            self.sum -= heappop(valid)[2]
        return self.sum

    def _enter_year(self, entry: Lot) -> None:
        years, zone = self._years(entry.recorded), self.programme.zone
        year = years.of(local_day(entry.earned, zone))
        total = self.by_year[year] = self.by_year.get(year, 0) + entry.kept
        last = years.term_last(year + 1)
        if day_end(last, zone) <= entry.recorded:
            return
        if (lifted := self.programme.reached(total)) > self.tier:
            self._move(entry.recorded, lifted, "growth")
            self._term(last, year + 1)
        elif self.tier and total >= self.programme.tier(self.tier).bar and self._is_later(last):
            self._term(last, year + 1)

    def _is_later(self, last: date) -> bool:
        return self.last_day is None or last > self.last_day

    # -- a review ----------------------------------------------------------------------
    def _review(self, at: datetime) -> None:
        if self.programme.window in _YEARLY:
            self._review_year(at)
        else:
            self._review_rolling(at)

    def _review_rolling(self, at: datetime) -> None:
        programme = self.programme
        ended = self.grace_end is not None
        day = self.last_day or last_day_before(at, programme.zone)
        if not ended and self.count >= programme.tier(self.tier).bar:
            self._term(add_months(day, programme.term_months))
        elif not ended and programme.grace_days:
            self.grace_end = day_end(day + ONE_DAY * programme.grace_days, programme.zone)
            return
        else:
            self._move(at, self._lower(self.count), "grace" if ended else "review")
            day = last_day_before(at, programme.zone)
            self._term(add_months(day, programme.term_months))
        self.count = 0

    def _lower(self, growth: int) -> int:
        tiers = self.programme.tiers
        match self.programme.downgrade:
            case "one_down":
                return min(self.tier, len(tiers)) - 1
            case "to_base":
                return 0
            case "to_qualified":
                below = range(min(self.tier, len(tiers)))
                return max((n for n in below if tiers[n].bar <= growth), default=0)

    def _review_year(self, at: datetime) -> None:
        years = self._years(at)
        sums = [(self.by_year.get(y, 0), y) for y in self._looked_at(years, at)]
        finished = sums[0][1]
        keep = self.programme.tier(self.tier).bar
        renewing = [y for total, y in sums if total >= keep]
        if renewing:
            qualified = renewing[-1]
        elif self.programme.downgrade == "to_qualified":
            best, year = max(sums)
            self._move(at, self._lower(best), "review")
            qualified = year
        else:
            self._move(at, self._lower(0), "review")
            bar = self.programme.tier(self.tier).bar
            qualified = max((y for total, y in sums if total >= bar), default=finished)
        self._term(years.term_last(qualified + 1), qualified + 1)

    def _looked_at(self, years: Years, at: datetime) -> tuple[int, ...]:
        """Return the finished year and, if it is running, the one after it."""
        running = years.of(local_day(at, self.programme.zone)) >= self.year + 1
        return (self.year, self.year + 1) if running else (self.year,)

    # -- a version -----------------------------------------------------------------------
    def _begin(self, change: InForce) -> None:
        at, programme, before = change.since, change.programme, self.programme
        reached = before.reached(self._sum_at(at)) if self.next_entry else 0
        self.programme, self.window = programme, programme.window
        self._look_up()
        if not self.next_entry:
            return  # nothing has grown yet, and the first bar is 0
        self._gather(at)
        lifted = programme.reached(self._sum_at(at))
        turned = before.window != programme.window and self.tier > 0
        eased = lifted > reached or any(
            programme.tiers[n].at < before.tiers[n].at
            for n in range(self.tier + 1, min(lifted + 1, len(before.tiers)))
        )
        if (eased and lifted > self.tier) or turned:
            self._move(at, max(lifted, self.tier), "programme")
            self._start_term(at)
            self.count = 0

    def _gather(self, at: datetime) -> None:
        """Count what is known anew, in the windows of the version that begins."""
        self.valid, self.sum, self.pooled, self.by_year = [], 0, 0, {}
        if self.programme.window in _YEARLY:
            years, zone = self._years(at), self.programme.zone
            for one in self.entries[: self.next_entry]:
                year = years.of(local_day(one.earned, zone))
                self.by_year[year] = self.by_year.get(year, 0) + one.kept

    def _sum_at(self, at: datetime) -> int:
        match self.programme.window:
            case "rolling":
                return rolling_sum(self.entries[: self.next_entry], at, self.programme)
            case "lifetime":
                return self.total
            case "calendar_year" | "membership_year":
                year = self._years(at).of(local_day(at, self.programme.zone))
                return self.by_year.get(year, 0)

    def _start_term(self, at: datetime) -> None:
        programme = self.programme
        day = local_day(at, programme.zone)
        if programme.window in _YEARLY:
            years = self._years(at)
            year = years.of(day) + 1
            self._term(years.term_last(year), year)
        else:
            self._term(add_months(day, programme.term_months))
