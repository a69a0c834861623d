"""Spending, holding and returning at their edges, and what a return of goods leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cix.domain import loyalty
from domain.loyalty_commands import BY
from domain.loyalty_world import DAY, HOUR, START, TICK, World


def lots(*names: str, **programme: Any) -> World:
    """Return a world with lots of 10 points each that end one after another."""
    world = World(programme)
    for n, name in enumerate(names, 1):
        world.do(loyalty.earn, id=name, points=10, expires_at=START + n * 10 * DAY)
    return world


# -- redeem ----------------------------------------------------------------------------
@pytest.mark.parametrize(("points", "rule"), [(20, None), (21, "insufficient_points")])
def test_all_there_is_can_be_spent_and_not_one_point_more(points: int, rule: str | None) -> None:
    world = lots("a", "b")
    if rule is None:
        world.do(loyalty.redeem, points=points)
        assert world.see().available == 0
    else:
        assert world.refused(loyalty.redeem, points=points) == rule


def test_earning_time_is_the_effective_one_and_recording_order_breaks_ties() -> None:
    world = World()
    for name, said in (("late", START), ("first", START - DAY), ("second", START - DAY)):
        world.do(loyalty.earn, id=name, points=10, effective=said, expires_at=START + 9 * DAY)
    fact = world.do(loyalty.redeem, points=25)
    assert [part.lot for part in fact.parts] == ["first", "second", "late"]


def test_up_to_spends_in_the_same_order_and_nothing_is_an_answer() -> None:
    world = lots("a", "b")
    world.do(loyalty.redeem_up_to, points=15)
    assert world.left() == {"b": 5}
    fact = world.do(loyalty.redeem_up_to, points=99)
    assert (fact.points, fact.asked) == (5, 99)
    nothing = world.do(loyalty.redeem_up_to, id="zero", points=1)
    assert (nothing.points, nothing.parts) == (0, ())
    assert world.refused(loyalty.return_redeemed, redemption="zero") == "already_reversed"


# -- hold and capture ------------------------------------------------------------------
@pytest.mark.parametrize("early", [TICK, timedelta(0)])
def test_a_hold_can_be_captured_until_the_instant_it_expires(early: timedelta) -> None:
    world = lots("a")
    world.now += timedelta(minutes=7)
    fact = world.do(loyalty.hold, id="h", points=5, ttl=HOUR)
    assert fact.expires_at == START + timedelta(minutes=7) + HOUR
    world.now = fact.expires_at - early
    if early:
        assert world.do(loyalty.capture, hold="h").points == 5
    else:
        assert world.refused(loyalty.capture, hold="h") == "hold_expired"


def test_a_hold_allocates_when_it_is_made() -> None:
    world = lots("a")
    fact = world.do(loyalty.hold, id="h", points=5)
    world.do(loyalty.earn, id="sooner", points=10, expires_at=START + DAY)
    assert [(part.lot, part.points) for part in fact.parts] == [("a", 5)]
    assert [part.lot for part in world.do(loyalty.capture, hold="h").parts] == ["a"]


def test_a_capture_may_be_of_exactly_what_is_held() -> None:
    world = lots("a")
    world.do(loyalty.hold, id="h", points=5)
    assert world.refused(loyalty.capture, hold="h", points=6) == "exceeds_hold"
    assert world.do(loyalty.capture, hold="h", points=5).points == 5


@pytest.mark.parametrize(("early", "lapsed"), [(TICK, 0), (timedelta(0), 10)])
@pytest.mark.parametrize("way", ["release", "capture", "ttl"])
def test_what_is_let_go_before_its_lots_end_returns_and_from_it_on_lapses(
    way: str, early: timedelta, lapsed: int
) -> None:
    world = lots("a")
    end = START + 10 * DAY - early
    world.do(loyalty.hold, id="h", points=10, ttl=end - START if way == "ttl" else None)
    world.now = end
    if way == "release":
        world.do(loyalty.release, hold="h")
    elif way == "capture":
        world.do(loyalty.capture, hold="h", points=0)
    seen = world.see()
    assert (seen.held, seen.expired, seen.available) == (0, lapsed, 10 - lapsed)


# -- return ----------------------------------------------------------------------------
def test_a_part_return_undoes_the_allocation_from_its_end() -> None:
    world = lots("a", "b", "c")
    world.do(loyalty.redeem, id="r", points=25)
    for points, left in ((3, {"c": 8}), (4, {"b": 2, "c": 10}), (18, {"a": 10, "b": 10, "c": 10})):
        world.do(loyalty.return_redeemed, redemption="r", points=points)
        assert world.left() == left


@pytest.mark.parametrize(("early", "lapsed"), [(TICK, 0), (timedelta(0), 10)])
def test_a_return_meets_its_lot_alive_until_its_end(early: timedelta, lapsed: int) -> None:
    world = lots("a")
    world.do(loyalty.redeem, id="r", points=10)
    fact = world.do(loyalty.return_redeemed, at=START + 10 * DAY - early, redemption="r")
    assert fact.back.counts() == (10 - lapsed, 0, lapsed)


def test_a_grace_lot_is_valid_through_the_gth_local_day_after_the_return() -> None:
    world = lots("a", restore_grace_days=2, zone="Asia/Shanghai")
    world.do(loyalty.redeem, id="r", points=10)
    world.do(loyalty.return_redeemed, at=START + 20 * DAY + 15 * HOUR, redemption="r")
    end = START + 22 * DAY + 16 * HOUR
    assert [world.see(at=at).available for at in (end - TICK, end)] == [10, 0]


def test_the_answer_of_a_return_counts_restored_graced_and_lapsed_points() -> None:
    for days, counts in ((0, (6, 0, 10)), (3, (6, 10, 0))):
        world = lots("a", "b", restore_grace_days=days)
        world.do(loyalty.redeem, id="r", points=16)
        fact = world.do(loyalty.return_redeemed, at=START + 10 * DAY, redemption="r")
        assert fact.back.counts() == counts


def test_points_of_a_grace_lot_are_spent_and_returned_like_any_other() -> None:
    world = lots("a", restore_grace_days=5)
    world.do(loyalty.redeem, id="r", points=10)
    world.do(loyalty.return_redeemed, id="grace", at=START + 10 * DAY, redemption="r")
    world.do(loyalty.redeem, id="again", points=10)
    world.do(loyalty.return_redeemed, at=START + 11 * DAY, redemption="again")
    assert world.left() == {"grace": 10}


def test_a_grace_lot_pays_debt_first() -> None:
    world = lots("a", restore_grace_days=5)
    world.do(loyalty.redeem, id="r", points=10)
    world.do(loyalty.adjust, points=-4, allow_negative=True, **BY)
    world.do(loyalty.return_redeemed, at=START + 10 * DAY, redemption="r")
    assert (world.see().debt, world.see().available) == (0, 6)


# -- refund ----------------------------------------------------------------------------
def bought(**programme: Any) -> World:
    world = World(programme)
    given = (loyalty.Award("s", "spend", 10), loyalty.Award("f", "fixed", 3))
    world.do(loyalty.earn, id="e", points=13, growth=7, order="o", amount=100, lines=given)
    return world


@pytest.mark.parametrize(
    ("back", "taken", "growth"),
    [(1, 1, 6), (9, 1, 6), (10, 1, 6), (11, 2, 6), (99, 10, 0), (100, 13, 0)],
)
def test_what_is_kept_of_each_line_and_of_growth_is_rounded_down(
    back: int, taken: int, growth: int
) -> None:
    world = bought()
    assert world.do(loyalty.refund, order="o", amount=back).taken.points == taken
    assert world.see().growth == growth


def test_lapsed_and_expired_points_of_the_order_are_not_owed() -> None:
    world = World()
    world.do(loyalty.earn, points=10, order="o", amount=10, expires_at=START + DAY)
    world.do(loyalty.hold, id="h", points=4)
    world.do(loyalty.redeem, points=3)
    world.do(loyalty.release, at=START + DAY, hold="h")
    assert world.do(loyalty.refund, order="o").taken.points == 3


@pytest.mark.parametrize(("limit", "debt"), [(0, 0), (12, 12), (13, 13), (14, 13), (None, 13)])
def test_debt_is_made_up_to_its_limit_and_the_rest_forgiven(limit: int | None, debt: int) -> None:
    world = bought(debt_limit=limit)
    world.do(loyalty.redeem, points=13)
    taken = world.do(loyalty.refund, order="o").taken
    assert (taken.points, taken.debt, taken.forgiven) == (debt, debt, 13 - debt)


def test_the_limit_counts_the_debt_there_is_already() -> None:
    world = bought(debt_limit=10)
    world.do(loyalty.redeem, points=13)
    world.do(loyalty.adjust, points=-6, allow_negative=True, **BY)
    taken = world.do(loyalty.refund, order="o").taken
    assert (taken.debt, taken.forgiven) == (4, 9)


@pytest.mark.parametrize("way", ["time-out", "return", "grace", "activation", "debit"])
def test_debt_is_paid_whatever_way_points_become_spendable(way: str) -> None:
    world = lots("a", restore_grace_days=9)
    world.do(loyalty.earn, id="waits", points=10, pending="action")
    world.do(loyalty.redeem, id="r", points=3)
    world.do(loyalty.hold, points=4, ttl=DAY)
    world.do(loyalty.adjust, id="d", points=-3, **BY)
    world.do(loyalty.adjust, points=-2, allow_negative=True, **BY)
    assert (world.see().debt, world.see().available) == (2, 0)
    if way == "grace":
        world.now = START + 10 * DAY
    match way:
        case "time-out":
            world.now += DAY
        case "activation":
            world.do(loyalty.activate, earning="waits")
        case "debit":
            world.do(loyalty.reverse, adjustment="d")
        case _:
            world.do(loyalty.return_redeemed, redemption="r")
    assert world.see().debt == 0


def test_an_order_worth_nothing_is_returned_whole() -> None:
    world = World()
    world.do(loyalty.earn, points=5, growth=5, order="o", amount=0)
    assert world.refused(loyalty.refund, order="o", amount=1) == "exceeds_order"
    assert world.do(loyalty.refund, order="o").taken.points == 5
    assert (world.see().growth, world.see().available) == (0, 0)


def test_growth_is_cut_from_the_recording_of_the_return_on() -> None:
    world = bought()
    world.do(loyalty.refund, at=START + DAY, effective=START, order="o")
    assert (world.see(at=START + DAY - TICK).growth, world.see(at=START + DAY).growth) == (7, 0)
