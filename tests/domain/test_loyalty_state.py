"""The state of an account: enrolment, every figure of the view, the lots shown."""

from __future__ import annotations

from typing import Any

import pytest

from cix.domain import loyalty
from cix.domain.loyalty import referral
from domain.loyalty_commands import BY, COMMANDS, stocked
from domain.loyalty_world import DAY, HOUR, START, TICK, World, on


# -- enrolment -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("command", "args"),
    [
        (loyalty.earn, {"points": 0}),
        (loyalty.grow, {"growth": 0}),
        (loyalty.purchase, {"amount": 0}),
        (loyalty.redeem_up_to, {"points": 1}),
        (loyalty.adjust, {"points": 1, **BY}),
        (loyalty.set_floor, {"tier": "gold"}),
        (loyalty.note_birthday, {"month": 1, "day": 1}),
        (loyalty.close, {}),
    ],
)
def test_the_first_accepted_command_enrols_at_its_recorded_instant(
    command: Any, args: dict[str, Any]
) -> None:
    world = World()
    assert world.refused(loyalty.redeem, points=1) == "insufficient_points"
    assert world.see().enrolled_at is None
    world.do(command, at=START + DAY, effective=START - 9 * DAY, **args)
    assert world.see(at=START + DAY - TICK).enrolled_at is None
    assert world.see().enrolled_at == START + DAY


def test_who_is_named_by_anothers_command_is_enrolled_by_it_too() -> None:
    world = World({"referral": {"minimum": 0}})
    world.do(loyalty.earn, points=9)
    world.do(loyalty.gift, to="receiver", points=1)
    world.do(loyalty.redeem_pooled, members=("member",), points=1)
    world.do(referral.accept, "friend", referrer="sponsor")
    world.do(referral.settle, "friend", referrer="sponsor", order="o", amount=1)
    for key in ("receiver", "member", "friend", "sponsor"):
        assert world.see(key).enrolled_at == START


def test_a_command_that_is_refused_enrols_nobody() -> None:
    world = World()
    assert world.refused(loyalty.earn, points=-1) == "invalid_amount"
    assert world.see().enrolled_at is None


def test_enrol_may_state_another_instant_before_or_after_the_first_command() -> None:
    world = World()
    world.do(loyalty.enrol, since=START - 9 * DAY)
    world.do(loyalty.earn, at=START + DAY, points=1)
    assert world.see().enrolled_at == START - 9 * DAY
    world.do(loyalty.enrol, since=START - 5 * DAY)
    assert world.see().enrolled_at == START - 5 * DAY


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, one in COMMANDS.items()
        if one.decision.decider is loyalty.DECIDER and not one.unknown and not one.state
    ],
)
def test_where_enrolment_is_required_unknown_accounts_are_refused(name: str) -> None:
    one, world = COMMANDS[name], stocked(enrolment="required")
    assert world.refused(one.decision, "nobody", **one.fine) == "account_not_found"
    world.do(loyalty.enrol, "nobody")
    assert world.see("nobody").enrolled_at == world.now


def test_an_account_never_named_reads_as_empty() -> None:
    seen = World().see("nobody")
    figures = (seen.balance, seen.available, seen.pending, seen.held, seen.debt, seen.growth)
    assert figures == (0,) * 6
    assert (seen.lots, seen.tier, seen.position, seen.tier_until) == ((), "bronze", 0, None)


# -- figures ---------------------------------------------------------------------------
def test_pending_is_what_is_left_of_lots_that_are_not_mature() -> None:
    world = World()
    world.do(loyalty.earn, points=10, pending=2, order="o", amount=10)
    world.do(loyalty.earn, points=5, pending="action")
    world.do(loyalty.refund, order="o", amount=4)
    assert (world.see().pending, world.see().balance) == (11, 0)
    assert (world.see(at=START + 2 * DAY).pending, world.see(at=START + 2 * DAY).balance) == (5, 6)


def test_held_is_what_open_holds_have_set_aside_and_is_not_in_what_is_left() -> None:
    world = World()
    world.do(loyalty.earn, id="e", points=10)
    world.do(loyalty.hold, points=4)
    world.do(loyalty.hold, id="h", points=3)
    assert (world.see().held, world.left()) == (7, {"e": 3})
    world.do(loyalty.capture, hold="h", points=1)
    assert (world.see().held, world.left()) == (4, {"e": 5})


def test_available_is_mature_points_less_debt_and_never_below_zero() -> None:
    world = World()
    world.do(loyalty.earn, points=10)
    world.do(loyalty.hold, points=4)
    assert world.see().available == 6
    world.do(loyalty.adjust, points=-9, allow_negative=True, **BY)
    assert (world.see().available, world.see().debt) == (0, 3)


def test_the_balance_counts_mature_and_held_points_less_debt_and_may_be_negative() -> None:
    world = World()
    world.do(loyalty.earn, points=10)
    world.do(loyalty.earn, points=99, pending=1)
    world.do(loyalty.hold, points=4)
    assert world.see().balance == 10
    world.do(loyalty.adjust, points=-15, allow_negative=True, **BY)
    assert world.see().balance == -5


def test_earned_counts_earnings_after_caps_and_nothing_else() -> None:
    world = World({"caps": {"order": 10}})
    world.do(loyalty.purchase, amount=5_000, order="o")
    world.do(loyalty.earn, "n", points=5)
    world.do(loyalty.gift, "n", to="m", points=5)
    world.do(loyalty.adjust, points=7, **BY)
    world.do(loyalty.refund, order="o")
    assert (world.see().earned, world.see().clawed) == (10, 10)


def test_redeemed_counts_what_was_redeemed_and_captured_less_what_was_returned() -> None:
    world = World()
    world.do(loyalty.earn, points=50)
    world.do(loyalty.redeem, id="r", points=10)
    world.do(loyalty.hold, id="h", points=10)
    world.do(loyalty.capture, id="c", hold="h", points=6)
    world.do(loyalty.checkout, points=4, total=100)
    world.do(loyalty.redeem_up_to, points=3)
    assert world.see().redeemed == 23
    world.do(loyalty.return_redeemed, redemption="r", points=5)
    world.do(loyalty.return_redeemed, redemption="c")
    assert world.see().redeemed == 12


def test_expired_counts_what_expired_and_what_lapsed() -> None:
    world = World()
    world.do(loyalty.earn, points=10, expires_at=START + DAY)
    world.do(loyalty.hold, id="h", points=2)
    world.do(loyalty.redeem, id="r", points=3)
    assert world.see(at=START + DAY).expired == 5
    world.do(loyalty.release, at=START + DAY, hold="h")
    assert world.see().expired == 7
    world.do(loyalty.return_redeemed, redemption="r")
    assert (world.see().expired, world.see().redeemed) == (10, 0)


def test_clawed_counts_what_was_taken_back_debt_included_less_reversed_debits() -> None:
    world = World()
    world.do(loyalty.earn, points=10, order="o", amount=10)
    world.do(loyalty.adjust, id="credit", points=4, **BY)
    world.do(loyalty.redeem, points=5)
    world.do(loyalty.reverse, adjustment="credit")
    assert world.see().clawed == 4
    world.do(loyalty.refund, order="o")
    assert (world.see().clawed, world.see().debt) == (14, 5)
    world.do(loyalty.adjust, id="debit", points=-3, allow_negative=True, **BY)
    assert world.see().clawed == 17
    world.do(loyalty.reverse, adjustment="debit")
    assert (world.see().clawed, world.see().debt) == (14, 5)


def test_forgiven_counts_what_was_written_off() -> None:
    world = World({"clawback": "clamp"})
    world.do(loyalty.earn, points=10, order="o", amount=10)
    world.do(loyalty.redeem, points=8)
    world.do(loyalty.refund, order="o")
    assert (world.see().forgiven, world.see().clawed, world.see().debt) == (8, 2, 0)


def test_cancelled_counts_withdrawn_points_and_what_was_left_at_closing() -> None:
    world = World()
    world.do(loyalty.earn, id="p", points=10, pending=5)
    world.do(loyalty.earn, points=4)
    world.do(loyalty.earn, points=3, pending=5)
    world.do(loyalty.cancel_pending, earning="p")
    assert world.see().cancelled == 10
    world.do(loyalty.close)
    assert world.see().cancelled == 17


# -- lots ------------------------------------------------------------------------------
def test_lots_with_points_left_are_shown_in_spending_order_pending_ones_too() -> None:
    world = World()
    world.do(loyalty.earn, id="never", points=5)
    world.do(loyalty.earn, id="waits", points=5, pending="action", effective=START - DAY)
    world.do(loyalty.earn, id="late", points=5, pending=3, expires_at=START + 9 * DAY)
    world.do(loyalty.earn, id="soon", points=5, expires_at=START + 5 * DAY)
    world.do(loyalty.earn, id="empty", points=0)
    assert world.left() == {"soon": 5, "late": 5, "waits": 5, "never": 5}
    assert [lot.pending for lot in world.see().lots] == [False, True, True, False]
    world.do(loyalty.hold, points=6)
    assert world.left() == {"late": 5, "waits": 5, "never": 4}


def test_a_lot_tells_key_granted_left_earned_available_end_source_and_parent() -> None:
    world = World({"pending": 1, "expiry": {"kind": "days", "n": 5}})
    world.do(loyalty.earn, id="e", points=10, effective=START - HOUR)
    (lot,) = world.see().lots
    assert (lot.lot, lot.granted, lot.left, lot.source, lot.parent) == ("e", 10, 10, "earning", "")
    assert (lot.earned_at, lot.available_at) == (START - HOUR, START + DAY - HOUR)
    assert lot.expires_at == START + 6 * DAY
    world.do(loyalty.gift, id="g", to="n", at=START + DAY, points=4)
    (given,) = world.see("n").lots
    assert (given.lot, given.source, given.parent) == ("g", "gift", "e")


# -- expiring soon -----------------------------------------------------------------------
def expiring(world: World, days: int, at: Any = None) -> int:
    return loyalty.expiring(world.state("m", at=at or world.now), days)


def test_expiring_counts_points_whose_last_local_day_is_at_most_so_many_days_away() -> None:
    world = World({"zone": "Asia/Shanghai"}, now=on("2024-01-10T04:00"))
    midnight = on("2024-01-12T16:00")
    world.do(loyalty.earn, points=1, expires_at=midnight)
    world.do(loyalty.earn, points=2, expires_at=midnight + TICK)
    world.do(loyalty.earn, points=4, expires_at=midnight + DAY)
    world.do(loyalty.earn, points=8)
    assert [expiring(world, n) for n in (0, 1, 2, 3, 9999)] == [0, 0, 1, 7, 7]
    assert expiring(world, 2, on("2024-01-10T15:59:59.999999")) == 1
    assert expiring(world, 2, on("2024-01-10T16:00")) == 7


def test_only_spendable_points_expire_soon() -> None:
    world = World()
    end = START + 2 * DAY
    world.do(loyalty.earn, points=10, expires_at=end)
    world.do(loyalty.earn, points=10, pending=1, expires_at=end)
    world.do(loyalty.hold, points=4)
    assert expiring(world, 1) == 6
    assert expiring(world, 1, START + DAY) == 16
    assert expiring(world, 1, end) == 0
