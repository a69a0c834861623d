"""Gifts, pools, adjustments, reversals, closing and birthdays."""

from __future__ import annotations

from typing import Any

import pytest

from cix.domain import loyalty
from domain.loyalty_world import DAY, START, Anything, World, on

BY = {"reason": "goodwill", "actor": "agent:7"}


# -- gifts -------------------------------------------------------------------------
def test_a_gift_keeps_earning_time_availability_and_end_in_the_receivers_lots() -> None:
    world = World()
    world.do(loyalty.earn, id="a", points=5, effective=START - DAY)
    world.do(loyalty.earn, id="b", points=5, expires_at=START + DAY)
    fact = world.do(loyalty.gift, id="g", to="n", points=7)
    assert [(p.lot, p.points) for p in fact.parts] == [("b", 5), ("a", 2)]
    first, second = world.see("n").lots
    assert (first.left, first.expires_at, first.parent) == (5, START + DAY, "b")
    assert (second.left, second.earned_at, second.parent) == (2, START - DAY, "a")
    assert world.see("m").available == 3


def test_a_gift_is_one_fact_in_one_append_that_both_accounts_hold() -> None:
    world = World()
    world.do(loyalty.earn, points=5)
    world.do(loyalty.gift, to="n", points=5)
    assert world.history("m")[-1] is world.history("n")[-1]


def test_a_gift_is_neither_earning_nor_growth() -> None:
    world = World()
    world.do(loyalty.earn, points=5, growth=600)
    world.do(loyalty.gift, to="n", points=5)
    seen = world.see("n")
    assert (seen.earned, seen.growth, seen.available) == (0, 0, 5)


def test_a_gift_pays_the_receivers_debt_first() -> None:
    world = World()
    world.do(loyalty.earn, points=5)
    world.do(loyalty.adjust, "n", points=-3, allow_negative=True, **BY)
    world.do(loyalty.gift, to="n", points=5)
    assert (world.see("n").debt, world.see("n").available) == (0, 2)


def test_a_gift_to_oneself_is_refused_before_the_amount_is_looked_at() -> None:
    world = World()
    assert world.refused(loyalty.gift, to="m", points=-1) == "self_transfer"


def test_a_gift_of_more_than_available_is_refused() -> None:
    assert World().refused(loyalty.gift, to="n", points=1) == "insufficient_points"


def test_a_gift_takes_the_receivers_clock_under_inactivity() -> None:
    world = World({"expiry": {"kind": "inactivity", "n": 1}})
    world.do(loyalty.earn, points=5)
    world.do(loyalty.earn, "n", at=START + 10 * DAY, points=1)
    world.do(loyalty.gift, to="n", points=5)
    assert {x.expires_at for x in world.see("n").lots} == {on("2024-02-12")}


def test_points_that_would_be_dead_on_arrival_are_refused() -> None:
    world = World({"expiry": {"kind": "inactivity", "n": 1}})
    world.do(loyalty.earn, points=5)
    world.do(loyalty.earn, at=START + 25 * DAY, points=1)
    world.now = START + 40 * DAY
    assert world.refused(loyalty.gift, to="n", points=1) == "expires_before_available"


# -- pools -------------------------------------------------------------------------
def pool() -> World:
    world = World()
    world.do(loyalty.earn, "a", id="a1", points=10, expires_at=START + 30 * DAY)
    world.do(loyalty.earn, "b", id="b1", points=10, expires_at=START + 10 * DAY)
    world.do(loyalty.earn, "a", id="a2", points=10, expires_at=START + 20 * DAY)
    return world


def test_a_pool_spends_all_members_lots_in_one_spending_order() -> None:
    world = pool()
    fact = world.do(loyalty.redeem_pooled, "a", members=("a", "b"), points=25)
    assert [(s.account, s.lot, s.points) for s in fact.shares] == [
        ("b", "b1", 10),
        ("a", "a2", 10),
        ("a", "a1", 5),
    ]
    assert (world.see("a").redeemed, world.see("b").redeemed) == (15, 10)


def test_a_pools_available_is_the_sum_over_the_members() -> None:
    world = pool()
    command = loyalty.redeem_pooled
    assert world.refused(command, "a", members=("b",), points=31) == "insufficient_points"
    world.do(command, "a", members=("b",), points=30)
    assert world.see("a").available + world.see("b").available == 0


def test_a_pools_return_goes_back_to_each_member_from_the_end() -> None:
    world = pool()
    world.do(loyalty.redeem_pooled, "a", id="r", members=("b",), points=25)
    back = loyalty.return_pooled
    world.do(back, "a", members=("b",), redemption="r", points=12)
    assert (world.left("a"), world.left("b")) == ({"a2": 7, "a1": 10}, {})
    world.do(back, "b", members=("a",), redemption="r")
    assert (world.left("a"), world.left("b")) == ({"a2": 10, "a1": 10}, {"b1": 10})
    args: dict[str, Any] = {"members": ("b",), "redemption": "r"}
    assert world.refused(back, "a", **args) == "already_reversed"


def test_a_pools_return_must_name_every_member_that_spent() -> None:
    world = pool()
    world.do(loyalty.redeem_pooled, "a", id="r", members=("b",), points=25)
    args: dict[str, Any] = {"members": (), "redemption": "r"}
    assert world.refused(loyalty.return_pooled, "a", **args) == "pool_member_missing"
    assert world.refused(loyalty.return_redeemed, "a", redemption="r") == "pooled_redemption"
    args = {"members": ("b",), "redemption": "r", "points": 26}
    assert world.refused(loyalty.return_pooled, "a", **args) == "exceeds_redeemed"


def test_pool_spending_is_activity_for_those_whose_points_were_used() -> None:
    world = World({"expiry": {"kind": "inactivity", "n": 1}})
    world.do(loyalty.earn, "a", points=5)
    world.do(loyalty.earn, "b", at=START + DAY, points=5)
    world.do(loyalty.redeem_pooled, "a", at=START + 9 * DAY, members=("b",), points=3)
    assert world.see("a").lots[0].expires_at == on("2024-02-11")
    assert world.see("b").lots[0].expires_at == on("2024-02-03")


def test_tiers_stay_personal_in_a_pool() -> None:
    world = pool()
    world.do(loyalty.grow, "a", growth=500)
    world.do(loyalty.redeem_pooled, "a", members=("b",), points=25)
    assert (world.see("a").tier, world.see("b").tier) == ("silver", "bronze")


# -- adjustments -------------------------------------------------------------------
def test_a_credit_is_a_lot_like_any_other_but_not_earned() -> None:
    world = World({"pending": 1, "expiry": {"kind": "days", "n": 9}, "caps": {"balance": 0}})
    world.do(loyalty.adjust, id="c", points=10, effective=START - DAY, **BY)
    seen = world.see()
    assert (seen.earned, seen.growth, seen.available) == (0, 0, 10)
    assert (seen.lots[0].source, seen.lots[0].expires_at) == ("adjustment", START + 10 * DAY)


def test_reason_and_actor_are_required() -> None:
    world = World()
    assert world.refused(loyalty.adjust, points=1, reason=" ", actor="a") == "reason_required"
    assert world.refused(loyalty.adjust, points=1, reason="r", actor="") == "actor_required"


def test_an_adjustment_is_not_zero() -> None:
    assert World().refused(loyalty.adjust, points=0, **BY) == "invalid_amount"


def test_a_debit_takes_spendable_lots_in_order() -> None:
    world = World()
    world.do(loyalty.earn, id="never", points=5)
    world.do(loyalty.earn, id="soon", points=5, expires_at=START + DAY)
    world.do(loyalty.adjust, points=-7, **BY)
    assert (world.left(), world.see().clawed) == ({"never": 3}, 7)


def test_a_debit_below_zero_needs_to_be_allowed_and_has_its_own_limit() -> None:
    world = World({"adjustment_debt_limit": 5, "debt_limit": 0})
    assert world.refused(loyalty.adjust, points=-1, **BY) == "insufficient_points"
    world.do(loyalty.adjust, points=-5, allow_negative=True, **BY)
    assert world.see().debt == 5
    again = world.refused(loyalty.adjust, points=-1, allow_negative=True, **BY)
    assert again == "insufficient_points"


# -- reversal ----------------------------------------------------------------------
def test_a_reversed_credit_is_taken_from_its_own_lot_then_from_others() -> None:
    world = World()
    world.do(loyalty.earn, id="e", points=20)
    world.do(loyalty.adjust, id="c", points=10, **BY)
    world.do(loyalty.redeem, points=25)
    world.do(loyalty.earn, id="f", points=20)
    world.do(loyalty.reverse, adjustment="c")
    assert world.left() == {"f": 15}
    assert world.see().clawed == 10


def test_a_reversed_credit_asks_less_what_expired_of_it() -> None:
    world = World({"expiry": {"kind": "days", "n": 0}})
    world.do(loyalty.adjust, id="c", points=10, **BY)
    world.do(loyalty.redeem, points=4)
    world.now = START + DAY
    world.do(loyalty.earn, points=20)
    assert world.do(loyalty.reverse, adjustment="c").taken.points == 4


def test_a_credit_that_was_spent_is_reversed_only_by_force_and_then_as_debt() -> None:
    world = World({"debt_limit": 0, "adjustment_debt_limit": 0})
    world.do(loyalty.adjust, id="c", points=10, **BY)
    world.do(loyalty.redeem, points=10)
    assert world.refused(loyalty.reverse, adjustment="c") == "insufficient_points"
    world.do(loyalty.reverse, adjustment="c", force=True)
    assert world.see().debt == 10


def test_an_adjustment_is_reversed_once_and_only_adjustments_are() -> None:
    world = World()
    world.do(loyalty.earn, id="e", points=10)
    world.do(loyalty.adjust, id="c", points=10, **BY)
    world.do(loyalty.reverse, adjustment="c")
    assert world.refused(loyalty.reverse, adjustment="c") == "already_reversed"
    assert world.refused(loyalty.reverse, adjustment="e") == "entry_not_found"


def test_a_pending_credit_can_be_reversed() -> None:
    world = World({"pending": 9})
    world.do(loyalty.adjust, id="c", points=10, **BY)
    world.do(loyalty.reverse, adjustment="c")
    assert (world.see().pending, world.see().clawed) == (0, 10)


def test_a_reversed_debit_goes_back_to_its_lots_and_its_open_debt_is_cancelled() -> None:
    world = World()
    world.do(loyalty.earn, id="a", points=3, expires_at=START + DAY)
    world.do(loyalty.earn, id="b", points=3)
    world.do(loyalty.adjust, id="d", points=-10, allow_negative=True, **BY)
    fact = world.do(loyalty.reverse, adjustment="d")
    assert (fact.cancelled, fact.again) == (4, None)
    assert (world.left(), world.see().debt, world.see().clawed) == ({"a": 3, "b": 3}, 0, 0)


def test_debt_of_a_debit_that_was_paid_since_comes_back_as_a_new_lot() -> None:
    world = World({"expiry": {"kind": "days", "n": 9}})
    world.do(loyalty.adjust, id="d", points=-10, allow_negative=True, **BY)
    world.do(loyalty.earn, points=4)
    fact = world.do(loyalty.reverse, id="back", at=START + DAY, adjustment="d")
    assert (fact.cancelled, fact.again.points) == (6, 4)
    (lot,) = world.see().lots
    assert (lot.lot, lot.left, lot.expires_at) == ("back", 4, START + 11 * DAY)
    ledger = world.state("m").ledger
    assert (ledger.granted, ledger.clawed, ledger.debt) == (4, 0, 0)


def test_debt_is_paid_oldest_first_so_a_reversal_knows_whose_is_open() -> None:
    world = World()
    world.do(loyalty.adjust, id="first", points=-5, allow_negative=True, **BY)
    world.do(loyalty.adjust, id="second", points=-5, allow_negative=True, **BY)
    world.do(loyalty.earn, points=7)
    assert world.do(loyalty.reverse, adjustment="second").cancelled == 3
    assert world.see().available == 2


# -- closing -----------------------------------------------------------------------
def test_closing_cancels_what_is_left_pending_too_and_keeps_debt_on_record() -> None:
    world = World()
    world.do(loyalty.earn, points=10)
    world.do(loyalty.earn, points=5, pending=3)
    world.do(loyalty.close)
    seen = world.see(at=START + 9 * DAY)
    assert (seen.cancelled, seen.available, seen.pending, seen.is_closed) == (15, 0, 0, True)
    debtor = World()
    debtor.do(loyalty.adjust, points=-3, allow_negative=True, **BY)
    debtor.do(loyalty.close)
    assert debtor.see().debt == 3


def test_closing_is_refused_under_open_holds() -> None:
    world = World()
    world.do(loyalty.earn, points=10)
    world.do(loyalty.hold, id="h", points=1)
    assert world.refused(loyalty.close) == "has_active_holds"
    world.do(loyalty.release, hold="h")
    world.do(loyalty.close)


@pytest.mark.parametrize(
    ("command", "args"),
    [
        (loyalty.earn, {"points": -1}),
        (loyalty.grow, {"growth": 1}),
        (loyalty.purchase, {"amount": 1}),
        (loyalty.earn_order, {"order": "p", "items": ()}),
        (loyalty.activate, {"earning": "w"}),
        (loyalty.cancel_pending, {"earning": "w"}),
        (loyalty.redeem, {"points": 1}),
        (loyalty.redeem_up_to, {"points": 1}),
        (loyalty.checkout, {"points": 1, "total": 1}),
        (loyalty.return_redeemed, {"redemption": "r"}),
        (loyalty.hold, {"points": 1}),
        (loyalty.capture, {"hold": "h"}),
        (loyalty.release, {"hold": "h"}),
        (loyalty.refund, {"order": "o"}),
        (loyalty.gift, {"to": "n", "points": 1}),
        (loyalty.redeem_pooled, {"members": ("n",), "points": 1}),
        (loyalty.adjust, {"points": 1, **BY}),
        (loyalty.reverse, {"adjustment": "c"}),
        (loyalty.set_floor, {"tier": "gold"}),
        (loyalty.note_birthday, {"month": 1, "day": 1}),
        (loyalty.celebrate, {"year": 2024}),
        (loyalty.enrol, {}),
        (loyalty.close, {}),
    ],
)
def test_every_command_on_a_closed_account_is_refused(
    command: Anything, args: dict[str, Any]
) -> None:
    world = World()
    world.do(loyalty.earn, points=10, order="o", amount=5)
    world.do(loyalty.earn, id="w", points=10, pending="action")
    world.do(loyalty.redeem, id="r", points=1)
    world.do(loyalty.hold, id="h", points=1)
    world.do(loyalty.release, hold="h")
    world.do(loyalty.adjust, id="c", points=1, **BY)
    world.do(loyalty.close)
    assert world.refused(command, **args) == "account_closed"


def test_a_gift_or_a_pool_with_a_closed_member_is_refused() -> None:
    world = World()
    world.do(loyalty.earn, points=10)
    world.do(loyalty.close, "n")
    assert world.refused(loyalty.gift, to="n", points=1) == "account_closed"
    args: dict[str, Any] = {"members": ("n",), "points": 1}
    assert world.refused(loyalty.redeem_pooled, **args) == "account_closed"


# -- birthdays ---------------------------------------------------------------------
def due(world: World) -> list[Any]:
    from cix.domain.decider import Deadline

    found: list[Deadline] = [d for d in loyalty.deadlines(world.state("m")) if d.action]
    return [(d.due, d.action.args["year"]) for d in found if d.action]


def test_a_birthday_is_due_on_the_local_day_of_the_members_zone() -> None:
    world = World({"birthday_points": 100})
    world.do(loyalty.note_birthday, month=3, day=5, zone="Asia/Shanghai")
    assert due(world) == [(on("2024-03-04T16:00"), 2024)]
    early = world.refused(loyalty.celebrate, year=2024, at=on("2024-03-04T15:59"))
    assert early == "birthday_not_due"
    world.do(loyalty.celebrate, year=2024, at=on("2024-03-04T16:00"))
    assert world.see().available == 100


def test_a_birthday_is_rewarded_once_a_local_year_whatever_dates_were_on_file() -> None:
    world = World({"birthday_points": 100})
    world.do(loyalty.note_birthday, month=3, day=5)
    world.do(loyalty.celebrate, year=2024, at=on("2024-03-05"))
    assert world.do(loyalty.celebrate, year=2024) is None
    world.do(loyalty.note_birthday, month=4, day=1)
    assert due(world) == [(on("2025-04-01"), 2025)]


def test_the_date_on_file_at_that_moment_counts() -> None:
    world = World({"birthday_points": 100}, now=on("2024-06-01"))
    world.do(loyalty.note_birthday, month=3, day=5)
    assert due(world) == [(on("2025-03-05"), 2025)]
    world.do(loyalty.note_birthday, month=6, day=1)
    assert due(world) == [(on("2024-06-01"), 2024), (on("2025-06-01"), 2025)]


def test_the_29th_of_february_is_kept_on_the_28th_in_common_years() -> None:
    world = World({"birthday_points": 100})
    world.do(loyalty.note_birthday, month=2, day=29)
    assert due(world) == [(on("2024-02-29"), 2024)]
    world.do(loyalty.celebrate, year=2024, at=on("2024-02-29"))
    assert due(world) == [(on("2025-02-28"), 2025)]


def test_a_day_that_does_not_exist_is_no_birthday() -> None:
    world = World()
    assert world.refused(loyalty.note_birthday, month=2, day=30) == "invalid_birthday"
    assert world.refused(loyalty.note_birthday, month=1, day=1, zone="Moon") == "invalid_birthday"
    assert world.refused(loyalty.note_birthday, month=1, day=1, zone="Asia") == "invalid_birthday"
    assert world.refused(loyalty.note_birthday, month=True, day=1) == "invalid_birthday"
    assert world.refused(loyalty.note_birthday, month=10**30, day=1) == "invalid_birthday"
    assert world.refused(loyalty.note_birthday, month=1, day=1.0) == "invalid_birthday"
