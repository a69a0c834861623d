"""Gifts, pools, adjustments, reversals and closing at their edges."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cix.domain import loyalty
from domain.loyalty_commands import BY
from domain.loyalty_world import DAY, START, TICK, World, on


# -- gifts -----------------------------------------------------------------------------
def test_a_given_point_ends_when_it_would_have_ended() -> None:
    world = World({"expiry": {"kind": "days", "n": 5}})
    world.do(loyalty.earn, points=10)
    world.do(loyalty.gift, to="n", at=START + 5 * DAY, points=10)
    end = START + 6 * DAY
    assert [world.see("n", at=at).available for at in (end - TICK, end)] == [10, 0]


def test_a_gift_is_no_activity_of_either_side() -> None:
    world = World({"expiry": {"kind": "inactivity", "n": 1}})
    for key in ("m", "n"):
        world.do(loyalty.earn, key, points=10)
    world.do(loyalty.gift, to="n", at=START + 9 * DAY, points=5)
    for key in ("m", "n"):
        assert {lot.expires_at for lot in world.see(key).lots} == {on("2024-02-02")}


@pytest.mark.parametrize("early", [TICK, timedelta(0)])
def test_points_dead_on_arrival_are_those_past_the_receivers_clock(early: timedelta) -> None:
    world = World({"expiry": {"kind": "inactivity", "n": 1}})
    world.do(loyalty.earn, points=10)
    world.do(loyalty.earn, at=START + 20 * DAY, points=1)
    world.now = on("2024-02-02") - early
    if early:
        world.do(loyalty.gift, to="n", points=10)
        assert (world.see("n").available, world.see("n", at=on("2024-02-02")).available) == (10, 0)
    else:
        assert world.refused(loyalty.gift, to="n", points=1) == "expires_before_available"


def test_a_gift_given_on_keeps_its_end_and_its_origin() -> None:
    world = World()
    world.do(loyalty.earn, "a", id="e", points=10, expires_at=START + DAY)
    world.do(loyalty.gift, "a", id="g1", to="b", points=6)
    world.do(loyalty.gift, "b", id="g2", to="c", points=2)
    (lot,) = world.see("c").lots
    assert (lot.left, lot.parent, lot.expires_at) == (2, "g1", START + DAY)


# -- pools -----------------------------------------------------------------------------
def test_a_leaver_keeps_what_is_left_of_the_own_points() -> None:
    world = World()
    world.do(loyalty.earn, "a", points=10, expires_at=START + DAY)
    world.do(loyalty.earn, "b", points=10)
    world.do(loyalty.redeem_pooled, "a", members=("b",), points=14)
    assert world.refused(loyalty.redeem, "a", points=1) == "insufficient_points"
    assert world.do(loyalty.redeem, "b", points=6).points == 6


def test_a_member_in_debt_brings_nothing_into_a_pool() -> None:
    world = World()
    world.do(loyalty.adjust, "a", points=-5, allow_negative=True, **BY)
    world.do(loyalty.earn, "b", points=10)
    pooled = loyalty.redeem_pooled
    assert world.refused(pooled, "a", members=("b",), points=11) == "insufficient_points"
    world.do(pooled, "a", members=("b",), points=10)
    assert (world.see("a").debt, world.see("b").available) == (5, 0)


def test_a_pools_return_lapses_what_is_dead_by_then() -> None:
    world = World()
    world.do(loyalty.earn, "a", points=10, expires_at=START + DAY)
    world.do(loyalty.earn, "b", points=10)
    world.do(loyalty.redeem_pooled, "a", id="p", members=("b",), points=20)
    world.do(loyalty.return_pooled, "a", at=START + DAY, members=("b",), redemption="p")
    assert (world.see("a").expired, world.see("a").redeemed) == (10, 0)
    assert world.see("b").available == 10


# -- adjustments -----------------------------------------------------------------------
def test_a_credit_is_pending_and_ends_by_the_programme() -> None:
    world = World({"pending": 2, "expiry": {"kind": "days", "n": 3}})
    world.do(loyalty.adjust, points=10, **BY)
    ripe, end = START + 2 * DAY, START + 6 * DAY
    assert [world.see(at=at).available for at in (ripe - TICK, ripe, end - TICK, end)] == [
        0,
        10,
        10,
        0,
    ]


@pytest.mark.parametrize(("points", "accepted"), [(-13, True), (-14, False)])
def test_a_debit_may_make_debt_up_to_its_own_limit(points: int, *, accepted: bool) -> None:
    world = World({"adjustment_debt_limit": 5, "debt_limit": 0})
    world.do(loyalty.earn, points=10)
    world.do(loyalty.redeem, points=2)
    if accepted:
        world.do(loyalty.adjust, points=points, allow_negative=True, **BY)
        assert world.see().debt == 5
    else:
        refused = world.refused(loyalty.adjust, points=points, allow_negative=True, **BY)
        assert refused == "insufficient_points"


def test_pending_points_do_not_pay_a_debit() -> None:
    world = World()
    world.do(loyalty.earn, points=10, pending=3)
    assert world.refused(loyalty.adjust, points=-1, **BY) == "insufficient_points"


# -- reversal --------------------------------------------------------------------------
def test_a_credit_is_covered_by_its_own_and_other_spendable_lots_only() -> None:
    world = World()
    world.do(loyalty.adjust, id="c", points=10, **BY)
    world.do(loyalty.redeem, points=10)
    world.do(loyalty.earn, points=9)
    world.do(loyalty.earn, points=9, pending=3)
    assert world.refused(loyalty.reverse, adjustment="c") == "insufficient_points"
    world.do(loyalty.earn, points=1)
    assert world.do(loyalty.reverse, adjustment="c").taken.points == 10


def test_a_forced_reversal_knows_no_limit_of_debt() -> None:
    world = World({"clawback": "clamp", "adjustment_debt_limit": 0})
    world.do(loyalty.adjust, id="c", points=10, **BY)
    world.do(loyalty.redeem, points=7)
    taken = world.do(loyalty.reverse, adjustment="c", force=True).taken
    assert (taken.points, taken.debt, taken.forgiven) == (10, 7, 0)


def test_a_reversed_debit_returns_to_dead_lots_as_a_return_does() -> None:
    for days, counts in ((0, (0, 0, 5)), (2, (0, 5, 0))):
        world = World({"restore_grace_days": days})
        world.do(loyalty.earn, points=5, expires_at=START + DAY)
        world.do(loyalty.adjust, id="d", points=-5, **BY)
        fact = world.do(loyalty.reverse, at=START + DAY, adjustment="d")
        assert fact.back.counts() == counts


def test_a_reversal_is_a_new_entry_and_what_was_reversed_stays() -> None:
    world = World()
    world.do(loyalty.adjust, id="c", points=5, **BY)
    before = list(world.log)
    world.do(loyalty.reverse, id="undo", adjustment="c")
    assert world.log[:-1] == before
    assert world.refused(loyalty.reverse, adjustment="undo") == "entry_not_found"


# -- closing ---------------------------------------------------------------------------
@pytest.mark.parametrize("early", [TICK, timedelta(0)])
def test_an_account_can_be_closed_once_its_last_hold_timed_out(early: timedelta) -> None:
    world = World()
    world.do(loyalty.earn, points=5)
    world.do(loyalty.hold, points=5, ttl=DAY)
    world.now = START + DAY - early
    if early:
        assert world.refused(loyalty.close) == "has_active_holds"
    else:
        world.do(loyalty.close)
        assert (world.see().cancelled, world.see().is_closed) == (5, True)


def test_what_was_pending_at_the_closing_never_matures() -> None:
    world = World()
    world.do(loyalty.earn, points=5, pending=3)
    world.do(loyalty.close)
    seen = world.see(at=START + 9 * DAY)
    assert (seen.pending, seen.available, seen.cancelled) == (0, 0, 5)
