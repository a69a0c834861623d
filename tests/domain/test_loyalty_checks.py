"""The checks of every command: existence, state, amount, limits, in this order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cix.domain import loyalty
from domain.loyalty_commands import BY, COMMANDS, NOT_AMOUNTS, Command, stocked
from domain.loyalty_world import DAY, Anything, World

EVERY = [pytest.param(one, id=name) for name, one in COMMANDS.items()]
OF_ACCOUNTS = [
    pytest.param(one, id=name)
    for name, one in COMMANDS.items()
    if one.decision.decider is loyalty.DECIDER
]


def refused(world: World, command: Command, args: dict[str, Any], key: str = "") -> str:
    return world.refused(command.decision, key or command.key, **args)


def bad_amounts(command: Command) -> dict[str, Any]:
    return {**command.fine, **dict.fromkeys(command.amounts, -1)}


def test_every_command_of_the_rooms_is_in_the_table() -> None:
    from cix.domain.loyalty import referral

    known = {one.decision.name for one in COMMANDS.values()}
    declared = {*loyalty.DECIDER.decisions, *referral.DECIDER.decisions}
    assert {d.partition(".")[2] for d in declared} - {d.partition(".")[2] for d in known} == {
        "enrol",
        "invite",
        "accept",
    }


@pytest.mark.parametrize("command", EVERY)
def test_a_command_with_nothing_wrong_is_accepted(command: Command) -> None:
    world = stocked(enrolment="required")
    assert world.do(command.decision, command.key, **command.fine) is not None


# -- existence -----------------------------------------------------------------------
@pytest.mark.parametrize("command", OF_ACCOUNTS)
def test_an_unknown_account_is_refused_before_anything_else_is_looked_at(command: Command) -> None:
    world = stocked(enrolment="required")
    worst = {**bad_amounts(command), **(command.unknown or ({}, ""))[0]}
    assert refused(world, command, worst, "ghost") == "account_not_found"


@pytest.mark.parametrize("command", [p for p in EVERY if p.values[0].unknown])
def test_what_is_named_must_exist_before_its_state_or_an_amount_counts(command: Command) -> None:
    args, rule = command.unknown or ({}, "")
    assert refused(stocked(enrolment="required"), command, args) == rule
    closed = stocked(enrolment="required")
    closed.do(loyalty.release, hold="h")
    closed.do(loyalty.close)
    assert refused(closed, command, args) == rule


def test_an_award_needs_both_accounts_where_enrolment_is_required() -> None:
    from cix.domain.loyalty import referral

    world = World({"enrolment": "required"})
    world.do(referral.accept, "friend", referrer="sponsor")
    args: dict[str, Any] = {"referrer": "sponsor", "order": "o", "amount": -1}
    assert world.refused(referral.settle, "friend", **args) == "account_not_found"
    world.do(loyalty.enrol, "friend")
    assert world.refused(referral.settle, "friend", **args) == "account_not_found"
    world.do(loyalty.enrol, "sponsor")
    assert world.refused(referral.settle, "friend", **args) == "invalid_amount"


# -- state ---------------------------------------------------------------------------
@pytest.mark.parametrize("command", OF_ACCOUNTS)
def test_a_closed_account_is_refused_before_the_amount_is_looked_at(command: Command) -> None:
    world = stocked()
    world.do(loyalty.release, hold="h")
    world.do(loyalty.close)
    assert refused(world, command, bad_amounts(command), "m") == "account_closed"


@pytest.mark.parametrize("command", [p for p in EVERY if p.values[0].state])
def test_what_is_over_is_refused_before_the_amount_is_looked_at(command: Command) -> None:
    args, rule = command.state or ({}, "")
    assert refused(stocked(), command, args) == rule


# -- amount --------------------------------------------------------------------------
AMOUNTS = [
    pytest.param(one, name, bad, id=f"{word}-{name}-{bad}")
    for word, one in COMMANDS.items()
    for name in one.amounts
    for bad in (*NOT_AMOUNTS, *([0] if one.least else []))
]


@pytest.fixture(scope="module")
def world() -> World:
    """A stocked world for what is refused: nothing is recorded in it."""
    return stocked()


@pytest.mark.parametrize(("command", "name", "bad"), AMOUNTS)
def test_an_amount_that_is_none_is_refused_and_nothing_is_recorded(
    world: World, command: Command, name: str, bad: Anything
) -> None:
    limit = (command.limit or (command.fine, ""))[0]
    assert refused(world, command, {**limit, name: bad}) == "invalid_amount"


@pytest.mark.parametrize("bad", [True, 1.0, "7", 0, 2**63, -(2**63)])
def test_an_adjustment_is_a_whole_number_but_not_zero(world: World, bad: Anything) -> None:
    assert world.refused(loyalty.adjust, points=bad, **BY) == "invalid_amount"


@pytest.mark.parametrize("bad", [True, 1.0, "7", -1, 2**63])
def test_the_amounts_of_an_orders_items_are_whole(world: World, bad: Anything) -> None:
    args: dict[str, Any] = {"order": "new", "items": (loyalty.Item("a", bad),)}
    assert world.refused(loyalty.earn_order, **args) == "invalid_amount"


def test_the_total_of_an_order_is_in_range_too(world: World) -> None:
    items = (loyalty.Item("a", 2**63 - 1), loyalty.Item("b", 1))
    assert world.refused(loyalty.earn_order, order="new", items=items) == "invalid_amount"


@pytest.mark.parametrize("bad", [timedelta(0), timedelta(seconds=-1), timedelta.max])
def test_a_hold_lasts_some_time_and_ends_within_the_calendar(world: World, bad: Anything) -> None:
    assert world.refused(loyalty.hold, points=1, ttl=bad) == "invalid_amount"


def test_points_pending_beyond_the_calendar_are_refused(world: World) -> None:
    assert world.refused(loyalty.earn, points=1, pending=10_000_000) == "invalid_amount"


@pytest.mark.parametrize("nothing", ["earn", "grow", "purchase", "checkout", "capture"])
def test_earnings_a_checkout_and_a_capture_may_be_of_nothing(nothing: str) -> None:
    one = COMMANDS[nothing]
    args = {**one.fine, one.amounts[0]: 0}
    assert stocked().do(one.decision, **args) is not None


# -- limits --------------------------------------------------------------------------
@pytest.mark.parametrize("command", [p for p in EVERY if p.values[0].limit])
def test_a_limit_refuses_what_passed_every_other_check(command: Command, world: World) -> None:
    args, rule = command.limit or ({}, "")
    assert refused(world, command, args) == rule


# -- what can be counted ---------------------------------------------------------------
MOST = 2**63 - 1


def full() -> World:
    world = World({"birthday_points": 1, "referral": {"minimum": 0}})
    world.do(loyalty.earn, points=MOST, growth=MOST)
    return world


def test_no_command_makes_more_points_or_growth_than_can_be_counted() -> None:
    from cix.domain.loyalty import referral

    world = full()
    world.do(referral.accept, "friend", referrer="m")
    world.do(loyalty.earn, "n", points=5)
    world.do(loyalty.note_birthday, month=1, day=1)
    args: dict[str, Any] = {"referrer": "m", "order": "o", "amount": 1}
    for decision, key, more in (
        (loyalty.earn, "m", {"points": 1}),
        (loyalty.grow, "m", {"growth": 1}),
        (loyalty.adjust, "m", {"points": 1, **BY}),
        (loyalty.gift, "n", {"to": "m", "points": 1}),
        (loyalty.celebrate, "m", {"year": 2024}),
        (referral.settle, "friend", args),
    ):
        assert world.refused(decision, key, **more) == "invalid_amount"


def test_debt_stays_countable_too() -> None:
    world = World()
    world.do(loyalty.adjust, points=-MOST, allow_negative=True, **BY)
    again = world.refused(loyalty.adjust, points=-1, allow_negative=True, at=world.now + DAY, **BY)
    assert (again, world.see().balance) == ("invalid_amount", -MOST)


def test_what_was_taken_in_all_stays_countable_too() -> None:
    from cix.domain.loyalty import referral

    world = World({"referral": {"minimum": 1}})
    world.do(loyalty.adjust, points=-MOST, allow_negative=True, **BY)
    world.do(referral.accept, "friend", referrer="m")
    args: dict[str, Any] = {"referrer": "m", "order": "p"}
    world.do(referral.settle, "friend", amount=1, **args)
    world.do(loyalty.adjust, id="credit", points=5, **BY)
    world.do(loyalty.earn, points=1, order="o", amount=5)
    for decision, key, more in (
        (loyalty.refund, "m", {"order": "o"}),
        (loyalty.reverse, "m", {"adjustment": "credit", "force": True}),
        (referral.take_back, "friend", {**args, "returned": 1}),
    ):
        assert world.refused(decision, key, **more) == "invalid_amount"
    assert world.see().clawed == MOST


def test_an_amount_too_long_to_be_written_is_refused_too() -> None:
    assert World().refused(loyalty.earn, points=10**5000) == "invalid_amount"
