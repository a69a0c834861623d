"""Liability at random: what the product reports is what the book adds up."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cix.domain import loyalty
from cix.domain.loyalty import liability
from domain import loyalty_book_draws as draws
from domain.loyalty_book_days import DAY, last_day_of
from domain.loyalty_book_draws import Drawer
from domain.loyalty_book_ledger import Book
from domain.loyalty_book_pair import Command, Pair
from domain.loyalty_book_programmes import MEMBERS, Body, programme

seeds = st.integers(0, 2**63)


def played(rng: Random) -> tuple[Pair, Body]:
    """Draw a history under a programme whose points are worth something."""
    start = draws.start(rng)
    pair, body = Pair(start), programme(rng)
    body |= {"point_value": rng.choice(([1, 1], [1, 3], [7, 2]))}
    body |= {"breakage": rng.choice(([0, 1], [1, 20], [1, 3]))}
    pair.give(Command("publish", start, effective=start, args=body))
    drawer = Drawer(rng, pair, body, versions=False)
    for _ in range(rng.randint(3, 16)):
        pair.give(drawer.next())
    return pair, body


def worth_of_a_point(body: Body) -> Fraction:
    """Return the value of a point that is expected to be redeemed."""
    return Fraction(*body["point_value"]) * (1 - Fraction(*body["breakage"]))


@given(seed=seeds)
def test_points_outstanding_by_month_are_those_of_the_book(seed: int) -> None:
    rng = draws.dice(seed)
    pair, body = played(rng)
    at = pair.world.now + rng.choice((0, 0, 1, 40)) * DAY
    book, months, never, debt = pair.book(at), Counter[str](), 0, 0
    for account in book.accounts.values():
        debt += account.debt()
        parts = [(lot, lot.left) for lot in account.lots]
        for hold in account.holds.values():
            if hold.status == "open":
                parts += [(lot, points) for _, lot, points in hold.parts]
        for lot, points in parts:
            end = account.end(lot)
            if end is None:
                never += points
            elif points:
                months[f"{last_day_of(end, book.zone()):%Y-%m}"] += points
    states = [pair.world.state(key, at=at) for key in MEMBERS]
    tally = liability.Tally(loyalty.read(body))
    for state in states:
        tally.add(state.ledger)
    found = tally.outstanding()
    assert (found.debt, found.never, dict(found.months)) == (debt, never, dict(months))
    assert found.worth == (never + sum(months.values())) * worth_of_a_point(body)


def half_up(value: Fraction) -> int:
    """Round half up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def sold(book: Book, body: Body) -> tuple[Fraction, Fraction, Fraction]:
    """Return what purchases came to less returns: sales, allocated to points, points granted."""
    sales = allocated = points = Fraction(0)
    for account in book.accounts.values():
        for order in account.sales:
            if order.amount:
                left = Fraction(order.amount - order.returned)
                value = order.lot.granted * worth_of_a_point(body)
                sales += left
                allocated += left * value / (order.amount + value)
                points += order.lot.granted * left / order.amount
    return sales, allocated, points


def redeemed_of_sales(book: Book) -> int:
    """Return the points of purchases that were redeemed and did not come back."""
    accounts = book.accounts.values()
    lots = [order.lot for account in accounts for order in account.sales if order.amount]
    spends = {id(s): s for account in accounts for s in account.spends.values()}
    redeemed = 0
    for spend in spends.values():
        units = [lot for _, lot, n in spend.parts for _ in range(n)]
        kept = units[: len(units) - spend.returned]
        redeemed += sum(any(lot.origin() is one for one in lots) for lot in kept)
    return redeemed


@given(seed=seeds)
def test_the_report_per_period_is_what_the_book_adds_up(seed: int) -> None:
    pair, body = played(draws.dice(seed))
    last, first = pair.world.now, pair.versions[0].recorded
    ends = sorted({first + (last - first) * n / 3 for n in range(4)})
    histories = {key: pair.world.history(key) for key in MEMBERS}
    revenue_before = goods_before = 0
    for end, shown in zip(ends, liability.report(histories, ends), strict=True):
        book = pair.book(end)
        sales, allocated, points = sold(book, body)
        redeemed = redeemed_of_sales(book)
        expected = points * (1 - Fraction(*body["breakage"]))
        to_date = allocated
        if redeemed < expected:
            to_date = allocated * redeemed / expected
        revenue = half_up(to_date - revenue_before)
        revenue_before += revenue
        goods = half_up(sales - allocated) - goods_before
        goods_before += goods
        assert (shown.sales, shown.allocated, shown.redeemed) == (sales, allocated, redeemed)
        assert (shown.expected, shown.revenue, shown.goods) == (expected, revenue, goods)
        assert shown.liability == half_up(allocated) - revenue_before
