"""Lots at their edges: unlocking, ends, actions, inactivity, to the microsecond."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cix.domain import loyalty
from domain.loyalty_commands import BY
from domain.loyalty_world import DAY, HOUR, START, TICK, World, on


# -- availability --------------------------------------------------------------------
def test_pending_days_are_exactly_24_hours_whatever_the_clocks_do() -> None:
    world = World({"pending": 1, "zone": "America/New_York"}, now=on("2024-03-09T17:00"))
    world.do(loyalty.earn, points=10)
    ripe = on("2024-03-10T17:00")
    assert [world.see(at=at).available for at in (ripe - TICK, ripe, ripe + TICK)] == [0, 10, 10]


@pytest.mark.parametrize(
    ("said", "available"),
    [
        (START - 3 * DAY - TICK, START),
        (START - 3 * DAY, START),
        (START - 3 * DAY + TICK, START + TICK),
        (START, START + 3 * DAY),
    ],
)
def test_a_lot_is_available_at_the_later_of_effective_plus_days_and_recorded(
    said: Any, available: Any
) -> None:
    world = World({"pending": 3})
    assert world.do(loyalty.earn, points=1, effective=said).available_at == available


def test_an_earning_may_override_the_programme_in_every_way() -> None:
    for default in (0, 3, "action"):
        world = World({"pending": default})
        found = [world.do(loyalty.earn, points=1, pending=own) for own in (0, 5, "action")]
        assert [one.available_at for one in found] == [START, START + 5 * DAY, None]


def test_points_that_wait_for_an_action_wait_for_ever() -> None:
    world = World({"expiry": {"kind": "days", "n": 1}})
    world.do(loyalty.earn, id="e", points=10, pending="action")
    assert world.see(at=START + 9999 * DAY).pending == 10
    (lot,) = world.see().lots
    assert (lot.available_at, lot.expires_at) == (None, None)


def test_activation_makes_points_spendable_from_its_instant_on_and_pays_debt() -> None:
    world = World()
    world.do(loyalty.adjust, points=-4, allow_negative=True, **BY)
    world.do(loyalty.earn, id="e", points=10, pending="action")
    world.do(loyalty.activate, at=START + DAY, earning="e")
    assert (world.see(at=START + DAY - TICK).available, world.see().available) == (0, 6)
    assert world.refused(loyalty.activate, earning="e") == "earn_not_pending"


def test_a_lot_activated_at_or_after_its_stated_end_pays_debt_and_expires() -> None:
    for late, left in ((timedelta(0), 0), (TICK, 10)):
        world = World()
        world.do(loyalty.earn, id="e", points=10, pending="action", expires_at=START + DAY)
        world.do(loyalty.activate, at=START + DAY - late, earning="e")
        assert (world.see().available, world.see().expired) == (left, 10 - left)


@pytest.mark.parametrize("early", [timedelta(0), TICK])
def test_a_lot_can_be_withdrawn_until_it_matures(early: timedelta) -> None:
    world = World({"pending": 3})
    world.do(loyalty.earn, id="e", points=10, growth=5)
    world.now = START + 3 * DAY - early
    if early:
        assert world.do(loyalty.cancel_pending, earning="e").points == 10
    else:
        assert world.refused(loyalty.cancel_pending, earning="e") == "earn_not_pending"


def test_withdrawing_takes_what_is_left_of_the_lot_and_the_rest_of_its_growth() -> None:
    world = World({"pending": 3})
    world.do(loyalty.earn, id="e", points=10, growth=20, order="o", amount=100)
    world.do(loyalty.refund, order="o", amount=40)
    assert world.see().growth == 12
    assert world.do(loyalty.cancel_pending, earning="e").points == 6
    seen = world.see()
    assert (seen.clawed, seen.cancelled, seen.growth, seen.pending) == (4, 6, 0, 0)


@pytest.mark.parametrize("pending", [3, "action"])
def test_withdrawn_points_are_not_taken_again_with_a_credit_or_an_award(pending: Any) -> None:
    from cix.domain.loyalty import referral

    world = World({"pending": pending, "referral": {"minimum": 0, "return_days": 3}})
    world.do(loyalty.earn, points=50, pending=0)
    world.do(loyalty.adjust, id="c", points=10, **BY)
    world.do(loyalty.cancel_pending, earning="c")
    assert world.do(loyalty.reverse, adjustment="c").taken.points == 0
    world.do(referral.accept, "f", referrer="m")
    world.do(referral.settle, "f", id="award", referrer="m", order="o", amount=10)
    world.do(loyalty.cancel_pending, earning="award")
    taken = world.do(referral.take_back, "f", referrer="m", order="o", returned=10)
    assert (taken.referrer_taken.points, taken.friend_taken.points) == (0, 250)
    assert world.see().available == 50


# -- expiry ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "round_to", "end"),
    [
        ("2024-02-10", "month", "2024-03-01"),
        ("2024-02-29", "month", "2024-03-01"),
        ("2024-06-30", "quarter", "2024-07-01"),
        ("2024-07-01", "quarter", "2024-10-01"),
        ("2024-06-30", "half_year", "2024-07-01"),
        ("2024-07-01", "half_year", "2025-01-01"),
        ("2024-12-31", "year", "2025-01-01"),
    ],
)
def test_a_fixed_date_is_the_last_valid_day_and_may_be_rounded_up(
    day: str, round_to: str, end: str
) -> None:
    world = World({"expiry": {"kind": "date", "last_day": day, "round_to": round_to}})
    world.do(loyalty.earn, points=1)
    assert world.see(at=on(end) - TICK).available == 1
    assert world.see(at=on(end)).expired == 1


def test_the_base_may_be_the_earning_of_a_late_posting() -> None:
    world = World({"expiry": {"kind": "months", "n": 1, "base": "earning"}})
    world.do(loyalty.earn, points=1, effective=START - DAY)
    assert world.see().lots[0].expires_at == on("2024-02-01")


@pytest.mark.parametrize(("late", "left"), [(timedelta(0), 0), (TICK, 10)])
def test_a_late_posting_at_its_end_counts_as_earned_and_expires_at_once(
    late: timedelta, left: int
) -> None:
    world = World({"expiry": {"kind": "days", "n": 0, "base": "earning"}})
    world.do(loyalty.enrol)
    fact = world.do(loyalty.earn, at=START + DAY - late, points=10, effective=START)
    seen = world.see()
    assert (seen.earned, seen.available, seen.expired) == (10, left, 10 - left)
    assert fact.lapsed == 10 - left


def test_a_stated_end_must_be_later_than_availability_to_the_microsecond() -> None:
    world = World()
    late = world.refused(loyalty.earn, points=1, expires_at=START)
    assert late == "expires_before_available"
    assert world.do(loyalty.earn, points=1, expires_at=START + TICK).expires_at == START + TICK
    world.do(loyalty.earn, points=1, pending=2, expires_at=START + 2 * DAY + TICK)
    ahead = START + 9 * DAY
    args = {"points": 1, "effective": ahead, "expires_at": ahead}
    assert world.refused(loyalty.earn, **args) == "expires_before_available"


def test_a_stated_end_replaces_the_programmes_rule() -> None:
    world = World({"expiry": {"kind": "inactivity", "n": 1}})
    world.do(loyalty.earn, points=5, expires_at=START + 90 * DAY)
    world.do(loyalty.earn, points=5, at=START + DAY)
    assert [lot.expires_at for lot in world.see().lots] == [on("2024-02-03"), START + 90 * DAY]


# -- inactivity -------------------------------------------------------------------------
INACTIVE = {"expiry": {"kind": "inactivity", "n": 1}}
END = on("2024-02-02")


@pytest.mark.parametrize(("early", "left"), [(timedelta(0), 0), (TICK, 9)])
def test_an_activity_saves_the_points_until_the_instant_of_their_end(
    early: timedelta, left: int
) -> None:
    world = World(INACTIVE)
    world.do(loyalty.earn, points=10)
    world.now = END - early
    if left:
        world.do(loyalty.redeem, points=1)
    else:
        assert world.refused(loyalty.redeem, points=1) == "insufficient_points"
    assert world.see().available == left
    assert world.see(at=on("2024-03-02") - TICK).available == left


@pytest.mark.parametrize(
    ("what", "args", "moves"),
    [
        (loyalty.earn, {"points": 0}, True),
        (loyalty.purchase, {"amount": 100}, True),
        (loyalty.redeem, {"points": 1}, True),
        (loyalty.redeem_up_to, {"points": 1}, True),
        (loyalty.checkout, {"points": 1, "total": 9}, True),
        (loyalty.checkout, {"points": 0, "total": 9}, False),
        (loyalty.capture, {"hold": "h"}, True),
        (loyalty.capture, {"hold": "h", "points": 0}, False),
        (loyalty.release, {"hold": "h"}, False),
        (loyalty.hold, {"points": 1}, False),
        (loyalty.gift, {"to": "n", "points": 1}, False),
        (loyalty.adjust, {"points": 1, **BY}, False),
        (loyalty.adjust, {"points": -1, **BY}, False),
        (loyalty.return_redeemed, {"redemption": "r"}, False),
        (loyalty.refund, {"order": "o"}, False),
        (loyalty.set_floor, {"tier": "gold"}, False),
    ],
)
def test_only_the_activities_named_move_the_clock(
    what: Any, args: dict[str, Any], *, moves: bool
) -> None:
    world = World(INACTIVE)
    world.do(loyalty.earn, points=50, order="o", amount=1000)
    world.do(loyalty.earn, id="e", points=50)
    world.do(loyalty.redeem, id="r", points=2)
    world.do(loyalty.hold, id="h", points=2)
    world.now += DAY
    world.do(what, **args)
    ends = {lot.expires_at for lot in world.see().lots if lot.lot == "e"}
    assert ends == {END + DAY if moves else END}


def test_reading_is_no_activity_and_a_gift_received_is_none() -> None:
    world = World(INACTIVE)
    world.do(loyalty.earn, points=10)
    world.do(loyalty.earn, "n", points=10)
    world.do(loyalty.gift, "n", to="m", at=START + DAY, points=1)
    world.see(at=START + 9 * DAY)
    assert world.see().lots[0].expires_at == END


@pytest.mark.parametrize(
    ("activity", "command", "args", "moves"),
    [
        (["purchase"], loyalty.purchase, {"amount": 5}, False),
        (["purchase"], loyalty.purchase, {"amount": 5, "order": "o"}, True),
        (["purchase"], loyalty.earn, {"points": 5, "order": "o"}, True),
        (["purchase"], loyalty.redeem, {"points": 1}, False),
        (["redeem"], loyalty.earn, {"points": 5, "order": "o"}, False),
        (["redeem"], loyalty.redeem, {"points": 1}, True),
        ([], loyalty.redeem, {"points": 1}, False),
    ],
)
def test_a_programme_names_what_is_an_activity(
    activity: list[str], command: Any, args: dict[str, Any], *, moves: bool
) -> None:
    world = World({**INACTIVE, "activity": activity})
    world.do(loyalty.earn, id="e", points=10)
    world.do(command, at=START + DAY, **args)
    (end,) = {lot.expires_at for lot in world.see().lots if lot.lot == "e"}
    assert end == (END + DAY if moves else END)


def test_a_lot_that_unlocks_after_the_last_activity_lives_from_its_unlocking() -> None:
    world = World(INACTIVE)
    world.do(loyalty.earn, id="slow", points=5, pending=20)
    world.do(loyalty.earn, id="fast", points=5)
    ends = {lot.lot: lot.expires_at for lot in world.see(at=START + 20 * DAY).lots}
    assert ends == {"fast": END, "slow": on("2024-02-22")}
    world.do(loyalty.redeem, at=START + 21 * DAY, points=1)
    assert {lot.expires_at for lot in world.see().lots} == {on("2024-02-23")}


def test_a_held_lot_whose_clock_ran_out_is_dead_when_it_is_let_go() -> None:
    world = World(INACTIVE)
    world.do(loyalty.earn, points=10)
    world.do(loyalty.hold, id="h", points=10)
    world.do(loyalty.release, at=END - HOUR, hold="h")
    assert world.see().available == 10
    world.do(loyalty.hold, id="late", points=10)
    world.do(loyalty.release, at=END, hold="late")
    assert (world.see().available, world.see().expired) == (0, 10)
