"""Points that move fast: the programme asks for a hold instead of a redemption."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import cix
from cix.domain import loyalty
from cix.domain.loyalty import referral
from cix.domain.loyalty.whatif import whatif
from cix.projections import devices
from cix.testing import FakeClock
from domain.loyalty_world import DAY, HOUR, START, TICK, Anything, World


def hasty(**counts: int) -> World:
    world = World({"hold_when": counts})
    for key in ("m", "n"):
        world.do(loyalty.earn, key, points=100)
    return world


def test_a_redemption_too_many_in_an_hour_has_to_be_held_first() -> None:
    world = hasty(redemptions_per_hour=2)
    world.do(loyalty.redeem, points=1)
    world.do(loyalty.redeem, at=START + HOUR / 2, points=1)
    last = START + HOUR - TICK
    assert world.refused(loyalty.redeem, at=last, points=1) == "hold_required"
    world.do(loyalty.redeem, at=last + TICK, points=1)
    assert world.refused(loyalty.redeem, points=1) == "hold_required"


def test_the_points_can_be_held_and_captured_then_and_a_capture_counts() -> None:
    world = hasty(redemptions_per_hour=1)
    world.do(loyalty.hold, id="h", points=5)
    world.do(loyalty.hold, id="none", points=5)
    world.do(loyalty.capture, hold="none", points=0)
    world.do(loyalty.redeem, points=1)
    assert world.refused(loyalty.redeem, points=1) == "hold_required"
    world.do(loyalty.capture, hold="h")
    assert world.refused(loyalty.redeem, at=START + HOUR - TICK, points=1) == "hold_required"
    assert world.see().redeemed == 6


def test_gifts_received_in_a_day_ask_for_a_hold_of_the_receiver_only() -> None:
    world = hasty(gifts_per_day=1)
    world.do(loyalty.gift, to="n", points=5)
    world.do(loyalty.redeem, points=1)
    assert world.refused(loyalty.redeem, "n", points=1) == "hold_required"
    assert world.refused(loyalty.redeem, "n", at=START + DAY - TICK, points=1) == "hold_required"
    world.do(loyalty.redeem, "n", at=START + DAY, points=1)


def test_an_order_that_came_back_often_asks_for_a_hold() -> None:
    world = hasty(returns_per_order=2)
    for order in ("one", "two"):
        world.do(loyalty.earn, points=10, order=order, amount=100)
        world.do(loyalty.refund, order=order, amount=10)
    world.do(loyalty.redeem, points=1)
    world.do(loyalty.refund, order="two", amount=10)
    assert world.refused(loyalty.redeem, points=1) == "hold_required"


@pytest.mark.parametrize(
    ("command", "args"),
    [
        (loyalty.redeem, {"points": 1}),
        (loyalty.redeem_up_to, {"points": 1}),
        (loyalty.checkout, {"points": 1, "total": 100}),
        (loyalty.redeem_pooled, {"members": ("n",), "points": 1}),
    ],
)
def test_every_way_to_redeem_is_asked_for_a_hold(command: Anything, args: dict[str, Any]) -> None:
    assert hasty(redemptions_per_hour=0).refused(command, **args) == "hold_required"
    assert hasty().do(command, **args) is not None


def test_a_pool_asks_only_those_whose_points_it_takes() -> None:
    world = hasty(redemptions_per_hour=1)
    world.do(loyalty.redeem, "n", points=1)
    pooled = loyalty.redeem_pooled
    world.do(pooled, members=("n",), points=100)
    assert (
        world.refused(pooled, at=START + HOUR - TICK, members=("n",), points=1) == "hold_required"
    )


def test_what_cannot_be_paid_is_told_before_a_hold_is_asked_for() -> None:
    world = hasty(redemptions_per_hour=0)
    assert world.refused(loyalty.redeem, points=101) == "insufficient_points"
    empty = hasty(redemptions_per_hour=0)
    empty.do(loyalty.gift, to="n", points=100)
    assert empty.do(loyalty.redeem_up_to, points=5).points == 0


def test_what_if_counts_what_would_have_been_asked_to_be_held() -> None:
    world = hasty()
    for points in (1, 2, 3):
        world.do(loyalty.redeem, points=points)
    other = loyalty.read({"hold_when": {"redemptions_per_hour": 2}})
    report = whatif(world.log, other, world.now)
    assert report.refused == {"hold_required": 1}
    assert [m.balance_after for m in report.members] == [97, 100]


def test_a_shop_that_sees_many_accounts_on_a_device_holds_instead_of_redeeming() -> None:
    with cix.open("memory://", clock=FakeClock(START)) as engine:
        for n in range(3):
            engine.do(referral.accept, f"acc-{n}", referrer="m", device="d-1")
            engine.do(loyalty.earn, f"acc-{n}", points=10)
        engine.do(referral.invite, "acc-0", device="d-1")
        engine.do(referral.invite, "acc-0")
        seen = engine.get(devices, "d-1")
        assert seen is not None
        assert (seen.accounts, seen.count) == (("acc-0", "acc-1", "acc-2"), 3)
        pay = loyalty.hold if seen.count > 2 else loyalty.redeem
        engine.by(id="h").do(pay, "acc-0", points=5)
        assert engine.do(loyalty.capture, "acc-0", hold="h")
        assert [one.device for one in engine.find(devices, count__ge=3)] == ["d-1"]


def test_counts_below_zero_are_no_policy() -> None:
    from cix.errors import InvalidPolicyError

    with pytest.raises(InvalidPolicyError, match=r"hold_when\.gifts_per_day"):
        loyalty.read({"hold_when": {"gifts_per_day": -1}})


def test_the_hour_of_a_redemption_is_that_of_its_recording() -> None:
    world = hasty(redemptions_per_hour=1)
    world.do(loyalty.redeem, effective=START - timedelta(hours=9), points=1)
    assert world.refused(loyalty.redeem, points=1) == "hold_required"
