"""The analyst's loyalty: liability, revenue and the way of points, read from the log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

import cix
from cix.analysis import loyalty as analyst
from cix.domain import loyalty
from cix.errors import NotFoundError
from cix.projections import membership
from cix.testing import FakeClock

DAY = timedelta(days=1)
PROGRAMME: dict[str, Any] = {
    "pending": 2,
    "point_value": "3/2",
    "breakage": "1/4",
    "expiry": {"kind": "months", "n": 1},
    "tiers": [{"name": "base", "at": 0}, {"name": "gold", "at": 50}],
}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def engine(clock: FakeClock) -> Iterator[cix.Engine]:
    with cix.open("memory://", clock=clock) as opened:
        opened.publish("loyalty", "v1", PROGRAMME)
        yield opened


# -- liability ---------------------------------------------------------------------
def test_pending_available_and_held_points_are_outstanding_and_debt_stands_apart(
    engine: cix.Engine, clock: FakeClock
) -> None:
    engine.do(loyalty.earn, "m", points=100, pending=0)
    engine.do(loyalty.hold, "m", points=30)
    engine.do(loyalty.earn, "m", points=7)
    engine.do(loyalty.adjust, "n", points=-5, reason="fee", actor="a", allow_negative=True)
    found = analyst.liability(engine)
    assert (found.points, found.debt, found.worth) == (107, 5, 120)
    assert [(one.month, one.points) for one in found.months] == [("2024-04", 107)]
    assert (found.programme, found.point_value, found.breakage) == ("v1", "3/2", "1/4")
    clock.advance(days=60)
    assert analyst.liability(engine).points == 30
    assert analyst.liability(engine, as_of=clock.now - 60 * DAY) == found


def test_points_without_an_end_are_a_line_of_their_own(engine: cix.Engine) -> None:
    engine.do(loyalty.earn, "m", points=10, pending="action")
    assert [one.month for one in analyst.liability(engine).months] == [analyst.NEVER]


def test_the_liability_is_that_of_the_cards(engine: cix.Engine) -> None:
    for n in range(8):
        engine.do(loyalty.earn, f"m-{n}", points=10 * n, pending=n % 3)
        if n > 2 and n % 3 == 0:
            engine.do(loyalty.redeem, f"m-{n}", points=n)
    cards = engine.find(membership)
    assert analyst.liability(engine).points == sum(c.available + c.pending + c.held for c in cards)


def test_what_was_not_known_is_no_liability(engine: cix.Engine) -> None:
    engine.do(loyalty.earn, "m", points=10)
    known = engine.core.store.head().position
    engine.do(loyalty.earn, "m", points=5)
    assert analyst.liability(engine, known_at=known).points == 10


# -- revenue -----------------------------------------------------------------------
def test_an_order_paid_with_points_later_is_revenue_of_the_later_period(
    engine: cix.Engine, clock: FakeClock
) -> None:
    first = clock.now
    engine.do(loyalty.purchase, "m", amount=100_000, order="o", pending=0)
    clock.advance(days=3)
    engine.do(loyalty.redeem, "m", points=750)
    one, two = analyst.revenue(engine, [first, clock.now])
    assert (one.revenue, one.redeemed) == (0, 0)
    assert one.expected == 750
    assert two.revenue == one.liability
    assert one.goods + two.goods + two.revenue == 100_000
    assert two.liability == 0


# -- the way of points -------------------------------------------------------------
def test_a_point_given_twice_is_followed_back_to_its_earning(engine: cix.Engine) -> None:
    engine.by("shop", id="e").do(loyalty.purchase, "a", amount=5_000, order="o", pending=0)
    engine.by(id="g1").do(loyalty.gift, "a", to="b", points=20)
    engine.by(id="g2").do(loyalty.gift, "b", to="c", points=5)
    (lot,) = analyst.explain_points(engine, "c")
    assert [(one.account, one.lot, one.fact) for one in lot.came_from] == [
        ("c", "g2", "points.given"),
        ("b", "g1", "points.given"),
        ("a", "e", "points.earned"),
    ]
    assert (lot.came_from[-1].order, lot.came_from[-1].programme) == ("o", "v1")


def test_points_that_paid_debt_are_told(engine: cix.Engine) -> None:
    engine.do(loyalty.adjust, "m", points=-5, reason="fee", actor="a", allow_negative=True)
    engine.by(id="e").do(loyalty.earn, "m", points=8, pending=0)
    (lot,) = analyst.explain_points(engine, "m", "e")
    assert (lot.granted, lot.left, lot.paid_debt) == (8, 3, 5)


def test_of_every_lot_all_points_are_accounted_for(engine: cix.Engine, clock: FakeClock) -> None:
    engine.by(id="a").do(loyalty.earn, "m", points=40, pending=0)
    engine.by(id="b").do(loyalty.earn, "m", points=30)
    engine.by(id="r").do(loyalty.redeem, "m", points=25)
    engine.by(id="h").do(loyalty.hold, "m", points=10, ttl=DAY)
    clock.advance(days=3)
    engine.do(loyalty.return_redeemed, "m", redemption="r", points=5)
    clock.advance(days=60)
    for lot in analyst.explain_points(engine, "m"):
        out = {"redeemed", "expired", "clawed_back", "cancelled", "gifts"}
        gone = sum(one.points for one in lot.went_to if one.target in out)
        back = sum(one.points for one in lot.went_to if one.source in out)
        assert lot.granted == lot.left + lot.paid_debt + gone - back
        assert [one.position for one in lot.went_to if one.target == "expired"] == [None]


def test_a_lot_that_is_not_there_is_not_found(engine: cix.Engine) -> None:
    with pytest.raises(NotFoundError, match="lot_not_found"):
        analyst.explain_points(engine, "m", "x")


# -- what-if -----------------------------------------------------------------------
def test_progress_is_told_in_positions_up_to_the_head(engine: cix.Engine) -> None:
    for n in range(3):
        engine.do(loyalty.earn, f"m-{n}", points=1)
    told: list[tuple[int, int]] = []
    other = loyalty.read(PROGRAMME)
    analyst.whatif(engine, other, progress=lambda done, all_of: told.append((done, all_of)))
    head = engine.core.store.head().position
    assert told == [(0, head), (head, head)]


def test_what_if_as_of_then_leaves_out_what_came_later(
    engine: cix.Engine, clock: FakeClock
) -> None:
    engine.do(loyalty.purchase, "m", amount=10_000, order="o")
    then = clock.now
    clock.advance(days=1)
    engine.do(loyalty.purchase, "m", amount=10_000, order="p")
    other = loyalty.read({**PROGRAMME, "earn_rate": "1/50"})
    (member,) = analyst.whatif(engine, other, as_of=then).members
    assert (member.earned_before, member.earned_after) == (100, 200)
