"""What an order earns at its edges: rules, multipliers, the tier's bonus, caps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from cix.domain import loyalty
from cix.domain.loyalty.earning import order_sum
from domain.loyalty_commands import BY
from domain.loyalty_world import DAY, START, TICK, World, on


def item(product: str, amount: int, *labels: str, delivery: bool = False) -> loyalty.Item:
    return loyalty.Item(product, amount, labels, delivery)


def lines(
    rules: list[dict[str, Any]],
    *items: loyalty.Item,
    at: datetime = START,
    **programme: Any,
) -> dict[str, int]:
    found = order_sum(loyalty.read({"rules": rules, **programme}), items, at)
    return {line.rule: line.points for line in found.lines}


ONE = {"name": "base", "points": 1, "per": 1}


# -- rules ---------------------------------------------------------------------------
def test_every_line_of_an_order_is_a_whole_number() -> None:
    rules = [
        {"name": "r", "points": 1, "per": 3},
        {"name": "x", "kind": "multiplier", "factor": "4/3"},
    ]
    assert lines(rules, item("a", 10)) == {"r": 3, "r x x": 1}


def test_the_window_is_that_of_the_effective_instant() -> None:
    rule = {**ONE, "starts": START - 2 * DAY, "ends": START - DAY}
    world = World({"rules": [rule]})
    for said, points in (
        (START, 0),
        (START - DAY, 0),
        (START - DAY - TICK, 5),
        (START - 2 * DAY, 5),
    ):
        fact = world.do(loyalty.earn_order, order=str(said), items=(item("a", 5),), effective=said)
        assert fact.points == points


@pytest.mark.parametrize(("total", "applied"), [(99, False), (100, True), (101, True)])
def test_the_minimum_is_reached_from_it_on(total: int, *, applied: bool) -> None:
    assert (lines([{**ONE, "minimum": 100}], item("a", total)) == {"base": total}) is applied


def test_several_conditions_hold_together() -> None:
    rule = {**ONE, "products": ["a", "b"], "labels": ["x"], "excluded_labels": ["sale"]}
    items = [item("a", 1, "x"), item("a", 10), item("b", 100, "x", "sale"), item("c", 1000, "x")]
    assert lines([rule], *items) == {"base": 1}


@pytest.mark.parametrize(
    "last",
    [
        {"starts": START + TICK},
        {"ends": START},
        {"minimum": 11},
        {"products": ["other"]},
    ],
    ids=["before its window", "at its end", "below its minimum", "no item matches"],
)
def test_a_last_rule_that_did_not_apply_drops_nothing(last: dict[str, Any]) -> None:
    rules = [{"name": "last", "kind": "fixed", "points": 5, "last": True, **last}, ONE]
    assert lines(rules, item("a", 10)) == {"base": 10}


def test_a_multiplier_may_be_last_and_drops_base_rules_behind_it() -> None:
    double = {"name": "x2", "kind": "multiplier", "factor": 2, "last": True}
    behind = {"name": "gift", "kind": "fixed", "points": 5}
    assert lines([ONE, double, behind], item("a", 10)) == {"base": 10, "base x x2": 10}


def test_an_exclusive_rule_behind_a_last_one_is_not_looked_at() -> None:
    rules = [
        {**ONE, "last": True},
        {"name": "alone", "kind": "fixed", "points": 99, "stackable": False},
    ]
    assert lines(rules, item("a", 10)) == {"base": 10}


def test_the_first_listed_exclusive_rule_wins_a_tie_of_priority() -> None:
    alone = {"kind": "fixed", "stackable": False, "priority": 3}
    rules = [ONE, {"name": "a", "points": 1, **alone}, {"name": "b", "points": 9, **alone}]
    assert lines(rules, item("x", 10)) == {"a": 1}


# -- multipliers ---------------------------------------------------------------------
def test_a_multiplier_acts_on_the_rounded_line_shared_by_amount() -> None:
    rules = [
        {"name": "s", "points": 1, "per": 7},
        {"name": "x2", "kind": "multiplier", "factor": 2, "products": ["a"]},
    ]
    found = lines(rules, item("a", 10), item("b", 10))
    assert found == {"s": 2, "s x x2": 1}


@pytest.mark.parametrize(
    ("rounding", "stacking", "expected"),
    [
        ("down", "additive", [2, 2]),
        ("half_up", "additive", [3, 3]),
        ("up", "additive", [3, 3]),
        ("down", "multiplicative", [6]),
        ("up", "multiplicative", [7]),
        ("down", "highest", [2]),
        ("half_up", "highest", [3]),
    ],
)
def test_additive_lines_round_each_and_the_others_once(
    rounding: str, stacking: str, expected: list[int]
) -> None:
    twice = [{"name": n, "kind": "multiplier", "factor": "3/2"} for n in ("a", "b")]
    found = lines([ONE, *twice], item("x", 5), rounding=rounding, stacking=stacking)
    assert list(found.values())[1:] == expected


def test_each_spend_rule_has_its_own_multiplier_lines() -> None:
    rules = [
        {**ONE, "name": "one"},
        {**ONE, "name": "two", "products": ["a"]},
        {"name": "x3", "kind": "multiplier", "factor": 3},
    ]
    found = lines(rules, item("a", 1), item("b", 2))
    assert found == {"one": 3, "one x x3": 6, "two": 1, "two x x3": 2}


def test_an_order_worth_nothing_is_not_multiplied() -> None:
    rules = [ONE, {"name": "x2", "kind": "multiplier", "factor": 2}]
    assert lines(rules, item("a", 0)) == {"base": 0}


# -- purchases ------------------------------------------------------------------------
TIERS = [{"name": "a", "at": 0}, {"name": "b", "at": 100, "multiplier": "3/2"}]


def test_a_purchase_that_lifts_the_tier_has_the_multiplier_held_before_it() -> None:
    world = World({"tiers": TIERS})
    first = world.do(loyalty.purchase, amount=10_000)
    assert (first.points, world.see().tier) == (100, "b")
    assert world.do(loyalty.purchase, amount=10_100).points == 101 + 50


@pytest.mark.parametrize(("late", "points"), [(False, 15), (True, 10)])
def test_the_floor_that_ends_at_the_purchase_is_held_no_more(*, late: bool, points: int) -> None:
    world = World({"tiers": TIERS})
    end = START + DAY
    world.do(loyalty.set_floor, tier="b", until=end)
    world.now = end if late else end - TICK
    assert world.do(loyalty.purchase, amount=1000).points == points


def test_the_bonus_is_a_spend_line_and_cut_like_one_by_a_return() -> None:
    world = World({"tiers": TIERS})
    world.do(loyalty.set_floor, tier="b")
    world.do(loyalty.purchase, amount=1001, order="o")
    back = world.do(loyalty.refund, order="o", amount=500)
    assert back.taken.points == (10 - 5) + (5 - 2)


def test_growth_of_a_purchase_has_its_own_rate() -> None:
    world = World({"earn_rate": [1, 10], "growth_rate": [1, 100]})
    fact = world.do(loyalty.purchase, amount=1999)
    assert (fact.points, fact.growth) == (199, 19)


# -- caps -------------------------------------------------------------------------------
def granted(world: World, points: int, **more: Any) -> int:
    found: int = world.do(loyalty.earn, points=points, **more).points
    return found


def test_caps_turn_with_the_local_day_and_month_of_the_effective_instant() -> None:
    world = World({"zone": "Asia/Shanghai", "caps": {"day": 10, "month": 15}}, now=on("2024-02-01"))
    midnight = on("2024-01-31T16:00")
    assert granted(world, 20, effective=midnight - DAY - TICK) == 10
    assert granted(world, 20, effective=midnight - TICK) == 5
    assert granted(world, 20, effective=midnight) == 10
    assert granted(world, 20, effective=midnight + DAY) == 5


def test_pending_and_held_points_count_for_the_cap_on_the_balance() -> None:
    world = World({"caps": {"balance": 100}})
    assert granted(world, 40, pending=9) == 40
    assert granted(world, 40) == 40
    world.do(loyalty.hold, points=30)
    assert granted(world, 99) == 20
    world.do(loyalty.redeem, points=10)
    assert granted(world, 99) == 10


@pytest.mark.parametrize(
    "caps", [{"order": 7, "day": 9}, {"day": 7, "month": 9}, {"month": 7, "balance": 9}]
)
def test_the_strictest_cap_wins_and_cuts_from_the_end(caps: dict[str, int]) -> None:
    world = World({"caps": caps})
    given = (loyalty.Award("a", "fixed", 5), loyalty.Award("b", "spend", 5))
    fact = world.do(loyalty.earn, points=10, growth=10, order="o", lines=given)
    assert [line.points for line in fact.lines] == [5, 2]
    assert fact.growth == 10


def test_gifts_adjustments_and_awards_are_not_capped_nor_counted() -> None:
    world = World({"caps": {"order": 0, "day": 5}, "birthday_points": 50})
    world.do(loyalty.adjust, points=50, **BY)
    world.do(loyalty.note_birthday, month=1, day=1)
    world.do(loyalty.celebrate, year=2024)
    assert (world.see().available, granted(world, 9)) == (100, 5)


def test_a_return_asks_for_the_lines_as_they_were_granted() -> None:
    world = World({"caps": {"order": 7}})
    given = (loyalty.Award("a", "spend", 5), loyalty.Award("b", "fixed", 5))
    world.do(loyalty.earn, points=10, order="o", amount=100, lines=given)
    assert world.do(loyalty.refund, order="o", amount=50).taken.points == 3
    assert world.do(loyalty.refund, order="o").taken.points == 2 + 2
