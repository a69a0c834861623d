"""What outstanding points are worth to the business: by expiry month, and by IFRS 15.

Money is kept as an exact ratio until it is reported; what is reported is rounded half up to whole
minor units. The price of an order is allocated to goods and points by relative stand-alone
prices; revenue follows the points redeemed, estimates are caught up in the period they change.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

import attrs

from cix.domain.decider import in_order
from cix.domain.loyalty.days import last_day_before
from cix.domain.loyalty.facts import OrderRefunded, PointsEarned
from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.lots import Lot
from cix.domain.loyalty.programme import DEFAULT, Programme
from cix.domain.loyalty.room import take
from cix.records import Recorded


def half_up(value: Fraction) -> int:
    """Round half up (towards more), below zero too."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


# -- points outstanding ------------------------------------------------------------
@attrs.frozen
class Outstanding:
    """Points that may still be redeemed, by the month of their last valid day.

    ``months`` maps ``YYYY-MM`` to points; ``never`` have no end yet, held ones count where
    their lots end. ``worth`` is points x value x (1 - breakage), in minor units; debt stands
    apart.
    """

    points: int
    debt: int
    months: Mapping[str, int]
    never: int
    worth: Fraction

    @property
    def money(self) -> int:
        """Return the worth in whole minor units, half up."""
        return half_up(self.worth)


class Tally:
    """Adds up what accounts have outstanding, one after the other, under one programme."""

    def __init__(self, programme: Programme) -> None:
        """Start with no account."""
        self.programme = programme
        self.months: dict[str, int] = {}
        self.never = 0
        self.debt = 0

    def add(self, core: Ledger) -> None:
        """Add the account of *core*, as of the ledger's own instant."""
        self.debt += core.debt
        if core.due or core.unripe:
            self._add_lots(core)
        else:  # the end of a lot would be due: none has one
            self.never += core.spendable
        for hold in core.holds.values():
            if hold.status == "open":
                for part in hold.parts:
                    held = core.lots.get(part.lot)
                    self._count(None if held is None else _end(held, core), part.points)

    def _add_lots(self, core: Ledger) -> None:
        for lot in core.ripe.values():
            self._count(_end(lot, core), lot.left)
        for lot in core.unripe.values():
            if lot.key not in core.ripe:
                self._count(_end(lot, core), lot.left)

    def _count(self, end: datetime | None, points: int) -> None:
        if end is None:
            self.never += points
        elif points:
            day = last_day_before(end, self.programme.zone)
            month = f"{day.year:04}-{day.month:02}"
            self.months[month] = self.months.get(month, 0) + points

    def outstanding(self) -> Outstanding:
        """Return the sum so far."""
        months, programme = dict(sorted(self.months.items())), self.programme
        total = self.never + sum(months.values())
        value = programme.point_value.exact * (1 - programme.breakage.exact)
        return Outstanding(total, self.debt, months, self.never, total * value)


def added(parts: Iterable[Outstanding]) -> Outstanding:
    """Return what the accounts of all *parts*, of one programme, have outstanding together."""
    months: dict[str, int] = {}
    points = debt = never = 0
    worth = Fraction(0)
    for one in parts:
        points, debt, never = points + one.points, debt + one.debt, never + one.never
        worth += one.worth
        for month, n in one.months.items():
            months[month] = months.get(month, 0) + n
    return Outstanding(points, debt, dict(sorted(months.items())), never, worth)


def _end(lot: Lot, core: Ledger) -> datetime | None:
    """Return the end of *lot*; None when it never ends or its end is not known yet."""
    if lot.rule is None:
        return lot.expires
    return lot.end(core.last_activity) if lot.ripe else None


# -- IFRS 15 -----------------------------------------------------------------------
@attrs.frozen
class Allocation:
    """A price shared between goods and points, as exact ratios."""

    price: int
    points: Fraction

    @property
    def goods(self) -> int:
        """Return the revenue of the goods, recognised at once: half up(price - allocated)."""
        return half_up(self.price - self.points)

    @property
    def deferred(self) -> int:
        """Return what is deferred for the points, half up."""
        return half_up(self.points)


def allocate(price: int, goods: int, points: Fraction | int) -> Allocation:
    """Share *price* by the relative stand-alone prices of *goods* and *points*.

    The stand-alone price of the points is their value times the expected redemption.
    """
    whole = goods + Fraction(points)
    return Allocation(price, Fraction(price) * points / whole if whole else Fraction(0))


@attrs.frozen
class Period:
    """A reporting period at its end: points redeemed to date of those expected in all."""

    redeemed: int
    expected: Fraction | int
    ended: bool = False
    """True when the programme has ended: all of the allocation is revenue."""


@attrs.frozen
class Recognised:
    """What a period recognised, and the liability that is left after it."""

    revenue: int
    liability: int


def revenue_to_date(allocated: Fraction, period: Period) -> Fraction:
    """Return allocated x redeemed / expected; all of it once redeemed >= expected or ended."""
    if period.ended or period.redeemed >= period.expected:
        return allocated
    return allocated * period.redeemed / Fraction(period.expected)


def recognise(allocated: Fraction | int, periods: Sequence[Period]) -> tuple[Recognised, ...]:
    """Return each period's revenue: half up(revenue to date - what earlier periods recognised)."""
    exact, so_far = Fraction(allocated), 0
    found: list[Recognised] = []
    for period in periods:
        revenue = half_up(revenue_to_date(exact, period) - so_far)
        so_far += revenue
        found.append(Recognised(revenue, half_up(exact) - so_far))
    return tuple(found)


@attrs.frozen
class PeriodReport:
    """IFRS 15 figures of one period over many accounts, in minor units and points."""

    until: datetime
    sales: int
    allocated: Fraction
    redeemed: int
    expected: Fraction
    revenue: int
    goods: int
    liability: int


@attrs.define
class _Sale:
    """A purchase that earned points: its price less returns, and what of it is deferred for them.

    ``share`` was allocated at the sale, under the programme in force then; ``lot`` has the points.
    """

    lot: tuple[str, str]
    """The account and the lot."""
    amount: int
    granted: int
    price: int
    share: Fraction

    def back(self, returned: int) -> None:
        """Reverse what was allocated, now that so much of the amount came back in all."""
        self.share = (
            self.share * (self.amount - returned) / self.price if self.price else self.share
        )
        self.price = self.amount - returned

    @property
    def points(self) -> Fraction:
        """Return the points that were granted for what did not come back."""
        return Fraction(self.granted * self.price, self.amount)


def report(
    histories: Mapping[str, Iterable[Recorded[Any]]], ends: Sequence[datetime]
) -> tuple[PeriodReport, ...]:
    """Return the figures of each period ending (inclusive) at one of *ends*, from facts alone.

    *histories* hold each account's facts with the published programmes, *ends* rise. A purchase's
    price is its amount, less what came back: a return reverses its allocation in proportion. It
    is allocated under the programme in force at the sale. Expected are the points of purchases
    x (1 - breakage) as estimated at the period's end: a change catches up in its period. Redeemed
    are those of purchases, whoever they were given to: a bonus has no price to recognise.
    """
    ledgers: dict[str, Ledger] = {}
    sales: dict[tuple[str, str], _Sale] = {}
    queues = {
        key: deque(in_order("recorded", records)) for key, records in sorted(histories.items())
    }
    found: list[PeriodReport] = []
    so_far = goods_so_far = 0
    for end in ends:
        breakage = DEFAULT.breakage
        for key, queue in queues.items():
            ledger = ledgers.setdefault(key, Ledger(key))
            while queue and queue[0].recorded_at <= end:
                record = queue.popleft()
                take(ledger, record)
                _count(sales, ledger, record)
            ledger.advance(end)
            breakage = ledger.in_force(end).programme.breakage
        sold = sum(sale.price for sale in sales.values())
        allocated = _sum(sale.share for sale in sales.values())
        expected = _sum(sale.points for sale in sales.values()) * (1 - breakage.exact)
        redeemed = _redeemed(ledgers, {sale.lot for sale in sales.values()})
        revenue = half_up(revenue_to_date(allocated, Period(redeemed, expected)) - so_far)
        so_far += revenue
        goods = half_up(sold - allocated) - goods_so_far
        goods_so_far += goods
        left = half_up(allocated) - so_far
        found.append(PeriodReport(end, sold, allocated, redeemed, expected, revenue, goods, left))
    return tuple(found)


def _count(sales: dict[tuple[str, str], _Sale], ledger: Ledger, record: Recorded[Any]) -> None:
    fact: object = record.fact
    if isinstance(fact, PointsEarned) and fact.amount:
        programme = ledger.in_force(record.recorded_at).programme
        worth = fact.points * programme.point_value.exact * (1 - programme.breakage.exact)
        share = allocate(fact.amount, fact.amount, worth).points
        name = f"request {record.event_id}" if fact.order is None else f"order {fact.order}"
        lot = next(reversed(ledger.lots))  # the fact was taken just now
        sale = _Sale((ledger.key, lot), fact.amount, fact.points, fact.amount, share)
        sales.setdefault((ledger.key, name), sale)
    elif isinstance(fact, OrderRefunded) and (ledger.key, f"order {fact.order}") in sales:
        sales[ledger.key, f"order {fact.order}"].back(fact.returned)


def _sum(ratios: Iterable[Fraction]) -> Fraction:
    """Return the sum of many *ratios*: those of one denominator first, as the sum's is long."""
    tops: dict[int, int] = {}
    for one in ratios:
        tops[one.denominator] = tops.get(one.denominator, 0) + one.numerator
    return sum((Fraction(top, bottom) for bottom, top in tops.items()), Fraction(0))


def _redeemed(ledgers: Mapping[str, Ledger], sold: Collection[tuple[str, str]]) -> int:
    """Return how many points of the lots *sold* were redeemed and did not come back."""
    return sum(
        part.points
        for key, ledger in ledgers.items()
        for redemption in ledger.redemptions.values()
        for part in redemption.kept(key)
        if _origin(ledgers, key, part.lot) in sold
    )


def _origin(ledgers: Mapping[str, Ledger], account: str, lot: str) -> tuple[str, str]:
    """Return the account and the lot that *lot* was made of in the end, by gifts and grace."""
    place, seen = (account, lot), set[tuple[str, str]]()
    while place not in seen and place[0] in ledgers:
        seen.add(place)
        found = ledgers[place[0]].lots.get(place[1])
        if found is None or not found.parent:
            break
        place = (found.giver or place[0], found.parent)
    return place
