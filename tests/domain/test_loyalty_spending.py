"""Spending: the order of lots, redemption, checkout, holds, returns."""

from __future__ import annotations

import pytest

from cix.domain import loyalty
from cix.domain.loyalty.programme import Checkout
from domain.loyalty_world import DAY, HOUR, START, TICK, Anything, World


def three_lots() -> World:
    """Earn 10 that never end, then 10 that end late, then 10 that end soon."""
    world = World()
    world.do(loyalty.earn, id="never", points=10)
    world.do(loyalty.earn, id="late", points=10, expires_at=START + 90 * DAY)
    world.do(loyalty.earn, id="soon", points=10, expires_at=START + 9 * DAY)
    return world


# -- redeem ------------------------------------------------------------------------
def test_lots_are_spent_by_expiry_never_last() -> None:
    world = three_lots()
    world.do(loyalty.redeem, points=15)
    assert world.left() == {"late": 5, "never": 10}
    world.do(loyalty.redeem, points=6)
    assert world.left() == {"never": 9}


def test_equal_ends_are_spent_by_earning_time_then_recording_order() -> None:
    world = World()
    world.do(loyalty.earn, id="a", points=1)
    world.do(loyalty.earn, id="b", points=1, effective=START - DAY)
    world.do(loyalty.earn, id="c", points=1)
    assert list(world.left()) == ["b", "a", "c"]


def test_the_allocation_is_recorded_in_the_fact() -> None:
    fact = three_lots().do(loyalty.redeem, points=15)
    assert [(p.lot, p.points) for p in fact.parts] == [("soon", 10), ("late", 5)]


def test_more_than_available_is_refused_and_nothing_happens() -> None:
    world = three_lots()
    assert world.refused(loyalty.redeem, points=31) == "insufficient_points"
    assert world.see().available == 30


def test_up_to_takes_what_there_is_and_says_how_much() -> None:
    world = World()
    assert world.do(loyalty.redeem_up_to, points=5).points == 0
    world.do(loyalty.earn, points=3)
    assert world.do(loyalty.redeem_up_to, points=5).points == 3


@pytest.mark.parametrize("command", [loyalty.redeem, loyalty.redeem_up_to, loyalty.hold])
def test_nothing_can_be_spent_or_held_as_zero(command: Anything) -> None:
    assert three_lots().refused(command, points=0) == "invalid_amount"
    assert three_lots().refused(loyalty.gift, to="n", points=0) == "invalid_amount"


def test_an_account_never_named_reads_as_empty_and_cannot_pay() -> None:
    world = World()
    seen = world.see("nobody")
    assert (seen.balance, seen.tier, seen.enrolled_at) == (0, "bronze", None)
    assert world.refused(loyalty.redeem, "nobody", points=1) == "insufficient_points"


def test_the_first_accepted_command_enrols_and_enrol_may_state_another_instant() -> None:
    world = World()
    world.do(loyalty.earn, points=1, effective=START - 9 * DAY)
    assert world.see().enrolled_at == START
    world.do(loyalty.enrol, since=START - 30 * DAY)
    assert world.see().enrolled_at == START - 30 * DAY
    assert world.do(loyalty.enrol) is None
    assert world.do(loyalty.enrol, since=START - 30 * DAY) is None


def test_an_account_may_belong_to_a_channel_record() -> None:
    world = World()
    world.do(loyalty.earn, points=1)
    world.do(loyalty.enrol, at=START + DAY, record="r-1")
    assert "record:r-1" in world.log[-1].tags
    assert world.see().enrolled_at == START
    assert loyalty.DECIDER.record_of(world.state("m")) == "r-1"
    assert world.do(loyalty.enrol, record="r-1") is None


def test_a_programme_that_requires_enrolment_refuses_unknown_accounts() -> None:
    world = World({"enrolment": "required"})
    assert world.refused(loyalty.earn, points=1) == "account_not_found"
    assert world.refused(loyalty.redeem, points=True) == "account_not_found"
    assert world.refused(loyalty.capture, hold="h") == "account_not_found"
    world.do(loyalty.enrol)
    world.do(loyalty.earn, points=1)
    assert world.refused(loyalty.gift, to="n", points=1) == "account_not_found"


def test_a_programme_published_later_does_not_unmake_a_member() -> None:
    world = World()
    world.do(loyalty.earn, points=1)
    world.publish({"enrolment": "required"})
    assert world.do(loyalty.redeem, points=1).points == 1


# -- checkout ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rule", "requested", "available", "total", "expected"),
    [
        (Checkout(100, 100, 50), 1000, 1000, 10_000, (1000, 500)),
        (Checkout(100, 100, 50), 1099, 5000, 10_000, (1000, 500)),
        (Checkout(100, 100, 50), 5000, 730, 10_000, (700, 350)),
        (Checkout(50, 100, 50), 5000, 5000, 333, (300, 150)),
        (Checkout(100, 100, 50, 800), 700, 5000, 10_000, (0, 0)),
        (Checkout(100, 100, 50, 800), 800, 5000, 10_000, (800, 400)),
        (Checkout(100, 0, 50), 700, 5000, 10_000, (0, 0)),
        (Checkout(100, 100, 0), 700, 5000, 10_000, (0, 0)),
        (Checkout(100, 100, -1), 700, 5000, 10_000, (0, 0)),
        (Checkout(100, 3, 7), 100, 100, 20, (6, 14)),
    ],
)
def test_the_checkout_sum_is_in_whole_steps_below_every_bound(
    rule: Checkout, requested: int, available: int, total: int, expected: tuple[int, int]
) -> None:
    assert loyalty.checkout_sum(rule, requested, available, total) == expected


def test_a_checkout_spends_what_the_programme_allows() -> None:
    world = World({"checkout": {"percent": 50, "step": 10, "value": 5}})
    world.do(loyalty.earn, points=1000)
    fact = world.do(loyalty.checkout, points=1000, total=199)
    assert (fact.points, fact.value, fact.asked) == (190, 95, 1000)
    assert world.see().available == 810


# -- holds -------------------------------------------------------------------------
def test_held_points_leave_their_lots_and_count_in_the_balance() -> None:
    world = three_lots()
    world.do(loyalty.hold, points=12)
    seen = world.see()
    assert (seen.held, seen.available, seen.balance) == (12, 18, 30)
    assert world.left() == {"late": 8, "never": 10}


def test_a_capture_uses_the_soonest_part_and_gives_the_rest_back() -> None:
    world = three_lots()
    world.do(loyalty.hold, id="h", points=15)
    fact = world.do(loyalty.capture, id="c", hold="h", points=4)
    assert [(p.lot, p.points) for p in fact.parts] == [("soon", 4)]
    assert world.left() == {"soon": 6, "late": 10, "never": 10}
    assert (world.see().held, world.see().redeemed) == (0, 4)


def test_a_capture_takes_all_by_default_and_may_take_nothing() -> None:
    world = three_lots()
    world.do(loyalty.hold, id="a", points=15)
    world.do(loyalty.hold, id="b", points=15)
    assert world.do(loyalty.capture, hold="a").points == 15
    assert world.do(loyalty.capture, hold="b", points=0).points == 0
    assert world.see().available == 15


def test_a_capture_of_more_than_held_is_refused() -> None:
    world = three_lots()
    world.do(loyalty.hold, id="h", points=5)
    assert world.refused(loyalty.capture, hold="h", points=6) == "exceeds_hold"
    assert world.refused(loyalty.capture, hold="h", points=-1) == "invalid_amount"


def test_a_capture_is_a_redemption_and_returned_by_its_own_id() -> None:
    world = three_lots()
    world.do(loyalty.hold, id="h", points=5)
    world.do(loyalty.capture, id="c", hold="h")
    assert world.refused(loyalty.return_redeemed, redemption="h") == "redemption_not_found"
    world.do(loyalty.return_redeemed, redemption="c")
    assert world.see().available == 30


def test_a_hold_ends_exactly_once() -> None:
    world = three_lots()
    for name in "abc":
        world.do(loyalty.hold, id=name, points=1, ttl=HOUR)
    world.do(loyalty.capture, hold="a")
    world.do(loyalty.release, hold="b")
    world.now = START + HOUR
    for command in (loyalty.capture, loyalty.release):
        assert world.refused(command, hold="a") == "hold_captured"
        assert world.refused(command, hold="b") == "hold_released"
        assert world.refused(command, hold="c") == "hold_expired"
        assert world.refused(command, hold="d") == "hold_not_found"


def test_a_hold_with_a_ttl_is_expired_at_that_instant_and_without_one_never() -> None:
    world = three_lots()
    world.do(loyalty.hold, id="h", points=5, ttl=HOUR)
    world.do(loyalty.hold, id="for ever", points=5)
    assert world.see(at=START + HOUR - TICK).held == 10
    assert world.see(at=START + HOUR).held == 5
    assert world.see(at=START + 5000 * DAY).held == 5


def test_held_points_do_not_expire_and_lapse_when_let_go_at_or_after_their_lots_end() -> None:
    world = three_lots()
    end = START + 9 * DAY
    world.do(loyalty.hold, id="in time", points=3, ttl=9 * DAY - TICK)
    world.do(loyalty.hold, id="at the end", points=3, ttl=9 * DAY)
    world.do(loyalty.hold, id="late", points=3)
    assert world.see(at=end - TICK).held == 6
    seen = world.see(at=end)
    assert (seen.held, seen.expired) == (3, 7)
    fact = world.do(loyalty.release, at=end + DAY, hold="late")
    assert fact.back.counts() == (0, 0, 3)
    assert world.see().expired == 10


def test_held_points_of_a_dead_lot_can_still_be_captured() -> None:
    world = three_lots()
    world.do(loyalty.hold, id="h", points=3)
    world.do(loyalty.capture, at=START + 30 * DAY, hold="h")
    assert (world.see().redeemed, world.see().expired) == (3, 7)


def test_points_that_are_let_go_pay_debt() -> None:
    world = World()
    world.do(loyalty.earn, points=10, order="o", amount=100)
    world.do(loyalty.hold, id="h", points=10)
    world.do(loyalty.refund, order="o")
    seen = world.see()
    assert (seen.debt, seen.held, seen.balance) == (10, 10, 0)
    world.do(loyalty.release, hold="h")
    assert (world.see().debt, world.see().available) == (0, 0)


# -- returns -----------------------------------------------------------------------
def test_a_part_return_equals_having_spent_less() -> None:
    world, less = three_lots(), three_lots()
    world.do(loyalty.redeem, id="r", points=25)
    world.do(loyalty.return_redeemed, redemption="r", points=12)
    less.do(loyalty.redeem, points=13)
    assert world.left() == less.left()
    assert world.see().redeemed == 13


def test_returns_add_up_and_the_default_is_the_rest() -> None:
    world = three_lots()
    world.do(loyalty.redeem, id="r", points=25)
    world.do(loyalty.return_redeemed, redemption="r", points=12)
    assert world.do(loyalty.return_redeemed, redemption="r").points == 13
    assert world.left() == {"soon": 10, "late": 10, "never": 10}
    assert world.refused(loyalty.return_redeemed, redemption="r") == "already_reversed"
    assert world.refused(loyalty.return_redeemed, redemption="r", points=0) == "already_reversed"


def test_a_return_of_more_than_is_left_or_of_nothing_known_is_refused() -> None:
    world = three_lots()
    world.do(loyalty.redeem, id="r", points=5)
    back = loyalty.return_redeemed
    assert world.refused(back, redemption="r", points=6) == "exceeds_redeemed"
    assert world.refused(back, redemption="x", points=6) == "redemption_not_found"
    assert world.refused(back, redemption="r", points=0) == "invalid_amount"


def test_points_of_a_dead_lot_lapse_on_return() -> None:
    world = three_lots()
    world.do(loyalty.redeem, id="r", points=15)
    fact = world.do(loyalty.return_redeemed, at=START + 9 * DAY, redemption="r")
    assert fact.back.counts() == (5, 0, 10)
    assert (world.see().expired, world.see().redeemed) == (10, 0)


def test_with_restore_grace_a_dead_lots_points_come_back_for_some_local_days() -> None:
    world = World({"restore_grace_days": 2, "zone": "Asia/Shanghai"})
    world.do(loyalty.earn, id="soon", points=10, expires_at=START + 9 * DAY)
    world.do(loyalty.redeem, id="r", points=8)
    fact = world.do(loyalty.return_redeemed, id="back", at=START + 10 * DAY, redemption="r")
    assert fact.back.counts() == (0, 8, 0)
    (lot,) = world.see().lots
    assert (lot.left, lot.source, lot.parent) == (8, "grace", "soon")
    assert lot.expires_at == START + 13 * DAY - 8 * HOUR


def test_a_grace_lot_replaces_points_and_grants_none() -> None:
    world = World({"restore_grace_days": 2})
    world.do(loyalty.earn, points=10, expires_at=START + 9 * DAY)
    world.do(loyalty.redeem, id="r", points=8)
    world.do(loyalty.return_redeemed, at=START + 10 * DAY, redemption="r")
    ledger = world.state("m").ledger
    assert (ledger.granted, ledger.expired, ledger.redeemed) == (10, 2, 0)


def test_a_return_pays_debt_first() -> None:
    world = World()
    world.do(loyalty.earn, id="e", points=10, order="o", amount=100)
    world.do(loyalty.redeem, id="r", points=10)
    world.do(loyalty.refund, order="o", amount=40)
    assert world.see().debt == 4
    fact = world.do(loyalty.return_redeemed, redemption="r")
    assert fact.back.counts() == (10, 0, 0)
    assert (world.see().debt, world.see().available) == (0, 6)


def test_growth_and_activity_are_not_touched_by_a_return() -> None:
    world = World({"expiry": {"kind": "inactivity", "n": 1}})
    world.do(loyalty.earn, points=10, growth=600)
    world.do(loyalty.redeem, id="r", points=5)
    world.do(loyalty.return_redeemed, at=START + 10 * DAY, redemption="r")
    assert (world.see().growth, world.see().lots[0].expires_at) == (600, START + 32 * DAY)


def test_a_lot_that_was_empty_at_its_end_is_dead_whatever_moves_the_clock_later() -> None:
    world = World({"expiry": {"kind": "inactivity", "n": 1}})
    world.do(loyalty.earn, points=10)
    world.do(loyalty.redeem, id="r", points=10)
    world.do(loyalty.earn, at=START + 60 * DAY, points=1)
    fact = world.do(loyalty.return_redeemed, redemption="r")
    assert fact.back.counts() == (0, 0, 10)
