"""Order sums at random: the product's award lines are those of the book, line by line."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cix.domain import loyalty
from domain import loyalty_book_orders as book
from domain.loyalty_book_days import DAY, TICK
from domain.loyalty_book_draws import dice
from domain.loyalty_book_programmes import HOUR, Body, items, maybe, rules
from domain.loyalty_world import START


def drawn(rng: Random) -> Body:
    """Draw a programme of nothing but rules."""
    body: Body = {"rules": rules(rng, START)}
    maybe(rng, body, "stacking", ("additive", "multiplicative", "highest"))
    maybe(rng, body, "rounding", ("down", "half_up", "up"))
    return body


@given(seed=st.integers(0, 2**63))
def test_the_lines_and_the_growth_of_an_order_are_those_of_the_book(seed: int) -> None:
    rng = dice(seed)
    body = drawn(rng)
    programme = loyalty.read(body)
    for _ in range(8):
        order, channel = items(rng), rng.choice(("", "web", "shop"))
        at = START + rng.choice((-TICK, 0 * DAY, HOUR, 2 * HOUR, 9 * DAY - TICK, 9 * DAY))
        found = loyalty.order_sum(programme, [loyalty.Item(*i) for i in order], at, channel)
        lines = book.lines(body, order, at, channel)
        shown = [(line.kind, line.points) for line in found.lines if line.points]
        assert shown == [(kind, points) for kind, points, _ in lines]
        assert found.growth == sum(points for _, points, also in lines if also)
