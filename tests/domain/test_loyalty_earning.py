"""Earning: availability, expiry, award lines, multipliers and caps."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cix.domain import loyalty
from cix.domain.loyalty.days import day_start, months_end
from cix.domain.loyalty.earning import cut, order_sum, rounded
from domain.loyalty_world import DAY, START, TICK, Anything, World, on


def lines(
    rules: list[dict[str, Any]], items: list[loyalty.Item], **more: Anything
) -> dict[str, int]:
    programme = loyalty.read({"rules": rules, **more})
    return {a.rule: a.points for a in order_sum(programme, items, START).lines}


def item(product: str, amount: int, *labels: str, delivery: bool = False) -> loyalty.Item:
    return loyalty.Item(product, amount, labels, delivery)


# -- availability ------------------------------------------------------------------
def test_points_can_be_spent_at_once_unless_the_programme_says_otherwise() -> None:
    world = World()
    world.do(loyalty.earn, points=10)
    assert world.see().available == 10


def test_points_pending_for_n_days_are_spendable_from_exactly_n_times_24_hours_on() -> None:
    world = World({"pending": 3})
    world.do(loyalty.earn, points=10)
    ripe = START + 3 * DAY
    assert (world.see(at=ripe - TICK).pending, world.see(at=ripe - TICK).available) == (10, 0)
    assert (world.see(at=ripe).pending, world.see(at=ripe).available) == (0, 10)


def test_a_late_earning_is_available_at_the_later_of_its_days_and_its_recording() -> None:
    world = World({"pending": 3})
    early = world.do(loyalty.earn, points=10, effective=START - 10 * DAY)
    late = world.do(loyalty.earn, points=10, effective=START - DAY)
    assert early.available_at == START
    assert late.available_at == START + 2 * DAY


def test_an_earning_may_override_the_programmes_pending_days() -> None:
    world = World({"pending": 3})
    assert world.do(loyalty.earn, points=1, pending=0).available_at == START
    assert world.do(loyalty.earn, points=1, pending="action").available_at is None


def test_a_lot_that_waits_for_an_action_is_spendable_from_its_activation_on() -> None:
    world = World({"pending": "action", "expiry": {"kind": "days", "n": 1}})
    world.do(loyalty.earn, id="e", points=10)
    assert world.see(at=START + 100 * DAY).pending == 10
    world.do(loyalty.activate, at=START + 5 * DAY, earning="e")
    (lot,) = world.see().lots
    assert (lot.left, lot.pending, lot.expires_at) == (10, False, START + 7 * DAY)


def test_only_a_lot_that_waits_for_an_action_can_be_activated() -> None:
    world = World()
    world.do(loyalty.earn, id="mature", points=10)
    world.do(loyalty.earn, id="days", points=10, pending=3)
    world.do(loyalty.earn, id="empty", points=0, pending="action")
    assert world.refused(loyalty.activate, earning="mature") == "earn_not_pending"
    assert world.refused(loyalty.activate, earning="days") == "earn_not_pending"
    assert world.refused(loyalty.activate, earning="empty") == "earn_not_pending"
    assert world.refused(loyalty.activate, earning="nobody") == "entry_not_found"
    assert world.refused(loyalty.cancel_pending, earning="nobody") == "entry_not_found"


def test_cancelling_a_pending_earning_withdraws_its_points_and_its_growth() -> None:
    world = World({"pending": 3})
    world.do(loyalty.earn, id="e", points=10, growth=700)
    assert world.see().tier == "silver"
    world.do(loyalty.cancel_pending, earning="e")
    seen = world.see()
    assert (seen.pending, seen.cancelled, seen.growth, seen.tier) == (0, 10, 0, "bronze")
    assert world.refused(loyalty.cancel_pending, earning="e") == "earn_not_pending"


def test_a_mature_lot_cannot_be_cancelled() -> None:
    world = World()
    world.do(loyalty.earn, id="e", points=10)
    assert world.refused(loyalty.cancel_pending, earning="e") == "earn_not_pending"


# -- expiry ------------------------------------------------------------------------
def end(expiry: dict[str, Any], earned: str = "2024-01-31T10:00", **more: Anything) -> str:
    world = World({"expiry": expiry, **more}, now=on(earned))
    world.do(loyalty.earn, points=1)
    (lot,) = world.see().lots
    return "never" if lot.expires_at is None else lot.expires_at.isoformat()


@pytest.mark.parametrize(
    ("expiry", "expected"),
    [
        ({"kind": "never"}, "never"),
        ({"kind": "days", "n": 0}, "2024-02-01T00:00:00+00:00"),
        ({"kind": "days", "n": 1}, "2024-02-02T00:00:00+00:00"),
        ({"kind": "months", "n": 0}, "2024-02-01T00:00:00+00:00"),
        ({"kind": "months", "n": 1}, "2024-03-01T00:00:00+00:00"),
        ({"kind": "months", "n": 13}, "2025-03-01T00:00:00+00:00"),
        ({"kind": "months", "n": 1, "round_to": "month"}, "2024-03-01T00:00:00+00:00"),
        ({"kind": "days", "n": 3, "round_to": "month"}, "2024-03-01T00:00:00+00:00"),
        ({"kind": "days", "n": 3, "round_to": "quarter"}, "2024-04-01T00:00:00+00:00"),
        ({"kind": "days", "n": 3, "round_to": "half_year"}, "2024-07-01T00:00:00+00:00"),
        ({"kind": "days", "n": 3, "round_to": "year"}, "2025-01-01T00:00:00+00:00"),
        ({"kind": "date", "last_day": "2024-06-30"}, "2024-07-01T00:00:00+00:00"),
        ({"kind": "inactivity", "n": 6}, "2024-08-01T00:00:00+00:00"),
    ],
)
def test_the_last_valid_day_is_counted_in_local_days_and_clamped_months(
    expiry: dict[str, Any], expected: str
) -> None:
    assert end(expiry) == expected


def test_days_are_local_days_of_the_programmes_zone() -> None:
    assert end({"kind": "days", "n": 0}, "2024-01-31T17:00", zone="Asia/Shanghai") == (
        "2024-02-01T16:00:00+00:00"
    )


def test_a_point_is_spendable_before_its_end_and_not_at_it() -> None:
    world = World({"expiry": {"kind": "days", "n": 0}})
    world.do(loyalty.earn, points=10)
    last = START + DAY
    assert world.see(at=last - TICK).available == 10
    assert (world.see(at=last).available, world.see(at=last).expired) == (0, 10)


def test_the_base_of_expiry_is_the_unlock_or_the_earning() -> None:
    unlock = World({"pending": 10, "expiry": {"kind": "days", "n": 1}})
    unlock.do(loyalty.earn, points=1)
    assert unlock.see().lots[0].expires_at == START + 12 * DAY
    earning = World({"pending": 10, "expiry": {"kind": "days", "n": 20, "base": "earning"}})
    earning.do(loyalty.earn, points=1)
    assert earning.see().lots[0].expires_at == START + 21 * DAY


def test_the_rule_in_force_at_granting_is_frozen_into_the_lot() -> None:
    world = World({"expiry": {"kind": "days", "n": 1}})
    world.do(loyalty.earn, id="old", points=1)
    world.publish({"expiry": {"kind": "days", "n": 9}})
    world.do(loyalty.earn, id="new", points=1)
    assert [x.expires_at for x in world.see().lots] == [START + 2 * DAY, START + 10 * DAY]


def test_a_waiting_lot_keeps_the_rule_it_was_granted_with() -> None:
    world = World({"pending": "action", "expiry": {"kind": "days", "n": 1}})
    world.do(loyalty.earn, id="e", points=1)
    world.publish({"expiry": {"kind": "days", "n": 9}})
    world.do(loyalty.activate, earning="e")
    assert world.see().lots[0].expires_at == START + 2 * DAY


def test_a_stated_end_is_exclusive_and_later_than_availability() -> None:
    world = World({"pending": 2, "expiry": {"kind": "days", "n": 90}})
    ripe = START + 2 * DAY
    rule = world.refused(loyalty.earn, points=1, expires_at=ripe)
    assert rule == "expires_before_available"
    world.do(loyalty.earn, points=1, expires_at=ripe + TICK)
    assert world.see(at=ripe).available == 1
    assert world.see(at=ripe + TICK).available == 0


def test_pending_lots_never_expire() -> None:
    world = World({"pending": 30, "expiry": {"kind": "days", "n": 1, "base": "earning"}})
    world.do(loyalty.earn, points=10)
    seen = world.see(at=START + 30 * DAY - TICK)
    assert (seen.pending, seen.expired) == (10, 0)


def test_a_lot_whose_end_has_passed_when_it_matures_pays_debt_and_the_rest_expires() -> None:
    world = World()
    world.do(loyalty.adjust, points=-4, reason="r", actor="a", allow_negative=True)
    world.publish({"expiry": {"kind": "days", "n": 1}})
    late = START - 30 * DAY
    world.publish({"expiry": {"kind": "days", "n": 1, "base": "earning"}})
    world.do(loyalty.earn, points=10, effective=late)
    seen = world.see()
    assert (seen.debt, seen.expired, seen.earned, seen.available) == (0, 6, 10, 0)


# -- inactivity --------------------------------------------------------------------
INACTIVE = {"expiry": {"kind": "inactivity", "n": 1}}


def test_an_activity_moves_the_end_of_every_spendable_lot() -> None:
    world = World(INACTIVE)
    world.do(loyalty.earn, id="a", points=10)
    world.do(loyalty.earn, id="b", at=START + 20 * DAY, points=10)
    expected = on("2024-02-22")
    assert [x.expires_at for x in world.see().lots] == [expected, expected]
    assert world.see(at=expected - TICK).available == 20
    assert world.see(at=expected).expired == 20


def test_a_redemption_and_a_capture_are_activities_a_hold_is_none() -> None:
    world = World(INACTIVE)
    world.do(loyalty.earn, points=10)
    world.do(loyalty.hold, id="h", at=START + DAY, points=2)
    assert world.see().lots[0].expires_at == on("2024-02-02")
    world.do(loyalty.redeem, at=START + 2 * DAY, points=1)
    assert world.see().lots[0].expires_at == on("2024-02-04")
    world.do(loyalty.capture, at=START + 3 * DAY, hold="h", points=1)
    assert world.see().lots[0].expires_at == on("2024-02-05")


def test_a_capture_of_nothing_an_adjustment_and_a_gift_are_no_activity() -> None:
    world = World(INACTIVE)
    world.do(loyalty.earn, points=10)
    world.do(loyalty.hold, id="h", points=2)
    world.do(loyalty.capture, at=START + DAY, hold="h", points=0)
    world.do(loyalty.adjust, points=5, reason="r", actor="a")
    world.do(loyalty.gift, to="n", points=1)
    assert world.see().lots[0].expires_at == on("2024-02-02")


def test_a_pending_lot_has_no_end_yet_and_stands_last() -> None:
    world = World(INACTIVE)
    world.do(loyalty.earn, id="days", points=10, pending=3)
    world.do(loyalty.earn, id="stated", points=10, expires_at=on("2024-12-01"))
    shown = [(lot.lot, lot.expires_at) for lot in world.see().lots]
    assert shown == [("stated", on("2024-12-01")), ("days", None)]
    shown = [(lot.lot, lot.expires_at) for lot in world.see(at=START + 3 * DAY).lots]
    assert shown == [("days", on("2024-02-05")), ("stated", on("2024-12-01"))]


def test_what_falls_due_at_the_instant_of_a_new_version_happens() -> None:
    world = World({"expiry": {"kind": "days", "n": 1}})
    world.do(loyalty.earn, points=10)
    world.now = START + 2 * DAY
    world.publish({"pending": 1})
    assert (world.see().available, world.see().expired) == (0, 10)


def test_a_programme_may_name_only_purchases_as_activity() -> None:
    world = World({**INACTIVE, "activity": ["purchase"]})
    world.do(loyalty.earn, points=10)
    world.do(loyalty.earn, at=START + DAY, points=10)
    assert world.see().lots[0].expires_at == on("2024-02-02")
    world.do(loyalty.earn, at=START + 2 * DAY, points=10, order="o")
    assert world.see().lots[0].expires_at == on("2024-02-04")


def test_the_activity_of_an_earning_is_at_its_effective_time() -> None:
    world = World(INACTIVE)
    world.do(loyalty.earn, id="a", points=10)
    world.do(loyalty.earn, at=START + 10 * DAY, effective=START + 3 * DAY, points=0)
    assert world.see().lots[0].expires_at == on("2024-02-05")


def test_points_that_expired_before_a_late_activity_was_recorded_stay_expired() -> None:
    world = World(INACTIVE)
    world.do(loyalty.earn, points=10)
    world.do(loyalty.earn, at=on("2024-03-01"), effective=on("2024-01-20"), points=5)
    assert (world.see().expired, world.see().available) == (10, 5)


def test_pending_lots_get_at_least_n_months_from_unlocking() -> None:
    world = World({**INACTIVE, "pending": 100})
    world.do(loyalty.earn, points=10)
    (lot,) = world.see(at=START + 100 * DAY).lots
    assert lot.expires_at == months_end((START + 100 * DAY).date(), 1, "day", "UTC")


# -- order sums --------------------------------------------------------------------
def test_a_spend_rule_sums_matching_amounts_before_it_rounds() -> None:
    items = [item("a", 150), item("b", 150)]
    assert lines([{"name": "r", "points": 1, "per": 100}], items) == {"r": 3}


def test_a_rule_may_name_products_labels_and_what_it_excludes() -> None:
    items = [
        item("a", 100, "x"),
        item("b", 200, "y"),
        item("c", 400),
        item("d", 800, delivery=True),
    ]
    one = {"points": 1, "per": 1}
    found = lines(
        [
            {"name": "all", **one},
            {"name": "a", **one, "products": ["a"]},
            {"name": "not a", **one, "excluded_products": ["a"]},
            {"name": "x or y", **one, "labels": ["x", "y"]},
            {"name": "not x", **one, "excluded_labels": ["x"]},
            {"name": "goods", **one, "exclude_delivery": True},
        ],
        items,
    )
    assert found == {
        "all": 1500,
        "a": 100,
        "not a": 1400,
        "x or y": 300,
        "not x": 1400,
        "goods": 700,
    }


def test_a_rule_holds_in_its_half_open_window_only() -> None:
    rule = {"name": "r", "points": 1, "per": 1, "starts": START, "ends": START + DAY}
    programme = loyalty.read({"rules": [rule]})
    items = [item("a", 5)]
    found = [
        order_sum(programme, items, at).points
        for at in (START - TICK, START, START + DAY - TICK, START + DAY)
    ]
    assert found == [0, 5, 5, 0]


def test_the_minimum_counts_all_items_of_the_order() -> None:
    rule = {"name": "r", "points": 1, "per": 1, "products": ["a"], "minimum": 100}
    assert lines([rule], [item("a", 10), item("d", 90, delivery=True)]) == {"r": 10}
    assert lines([rule], [item("a", 10), item("d", 89, delivery=True)]) == {}


def test_a_rule_may_be_for_some_channels_only() -> None:
    programme = loyalty.read({"rules": [{"name": "r", "points": 1, "per": 1, "channels": ["app"]}]})
    items = [item("a", 5)]
    assert order_sum(programme, items, START, "app").points == 5
    assert order_sum(programme, items, START, "store").points == 0


def test_a_fixed_rule_counts_once_or_once_per_matching_line_when_limited() -> None:
    items = [item("a", 1, "x"), item("a", 1, "x"), item("b", 1)]
    found = lines(
        [
            {"name": "once", "kind": "fixed", "points": 7},
            {"name": "product", "kind": "fixed", "points": 7, "products": ["a"]},
            {"name": "label", "kind": "fixed", "points": 7, "labels": ["x"]},
            {"name": "excluded", "kind": "fixed", "points": 7, "excluded_products": ["b"]},
        ],
        items,
    )
    assert found == {"once": 7, "product": 14, "label": 14, "excluded": 7}


def test_rules_after_one_marked_last_are_dropped_once_it_applied() -> None:
    rules = [
        {"name": "first", "points": 1, "per": 100},
        {"name": "last", "kind": "fixed", "points": 5, "last": True, "products": ["a"]},
        {"name": "after", "kind": "fixed", "points": 9},
        {"name": "double", "kind": "multiplier", "factor": 2},
    ]
    assert lines(rules, [item("a", 100)]) == {"first": 1, "last": 5}
    assert lines(rules, [item("b", 100)]) == {"first": 1, "first x double": 1, "after": 9}


def test_the_exclusive_base_rule_of_highest_priority_drops_every_other_base_rule() -> None:
    rules = [
        {"name": "base", "points": 1, "per": 1},
        {"name": "low", "kind": "fixed", "points": 5, "stackable": False, "priority": 1},
        {"name": "high", "points": 2, "per": 1, "stackable": False, "priority": 2},
        {"name": "tie", "points": 3, "per": 1, "stackable": False, "priority": 2},
        {"name": "double", "kind": "multiplier", "factor": 2},
    ]
    assert lines(rules, [item("a", 10)]) == {"high": 20, "high x double": 20}


TWO = [
    {"name": "s", "points": 1, "per": 1},
    {"name": "x2", "kind": "multiplier", "factor": 2, "labels": ["p"]},
    {"name": "x3", "kind": "multiplier", "factor": 3},
]
BASKET = [item("a", 60, "p"), item("b", 40)]


def test_additive_multipliers_each_add_their_share_of_the_base() -> None:
    assert lines(TWO, BASKET) == {"s": 100, "s x x2": 60, "s x x3": 200}


def test_multiplicative_multipliers_make_one_line_of_the_product() -> None:
    assert lines(TWO, BASKET, stacking="multiplicative") == {"s": 100, "s x x2 x x3": 380}


def test_highest_takes_the_largest_factor_of_each_item() -> None:
    assert lines(TWO, BASKET, stacking="highest") == {"s": 100, "s x x2 x x3": 200}


def test_multipliers_never_act_on_fixed_lines() -> None:
    rules = [
        {"name": "f", "kind": "fixed", "points": 5},
        {"name": "x2", "kind": "multiplier", "factor": 2},
    ]
    assert lines(rules, [item("a", 100)]) == {"f": 5}


@pytest.mark.parametrize(
    ("how", "value", "expected"),
    [
        ("down", "7/2", 3),
        ("half_up", "7/2", 4),
        ("half_up", "10/3", 3),
        ("up", "10/3", 4),
        ("down", "-7/2", -3),
        ("half_up", "-7/2", -4),
        ("up", "-10/3", -4),
    ],
)
def test_multiplier_lines_round_by_their_size(how: Anything, value: str, expected: int) -> None:
    assert rounded(Fraction(value), how) == expected


def test_a_factor_below_one_takes_points_off() -> None:
    rules = [
        {"name": "s", "points": 1, "per": 1},
        {"name": "half", "kind": "multiplier", "factor": "1/2"},
    ]
    assert lines(rules, [item("a", 101)]) == {"s": 101, "s x half": -50}


def test_bonus_campaigns_do_not_touch_growth_unless_they_say_so() -> None:
    rules: list[dict[str, Any]] = [
        {"name": "s", "points": 5, "per": 1},
        {"name": "x2", "kind": "multiplier", "factor": 2},
    ]
    basket = (item("a", 1000),)
    world = World({"rules": rules})
    assert world.do(loyalty.earn_order, order="o", items=basket).growth == 10
    rules[1]["growth"] = True
    world = World({"rules": rules})
    assert world.do(loyalty.earn_order, order="o", items=basket).growth == 10 + 5000


# -- purchases ---------------------------------------------------------------------
def test_a_purchase_earns_points_growth_and_the_bonus_of_the_tier_held_before_it() -> None:
    tiers = [{"name": "a", "at": 0}, {"name": "b", "at": 100, "multiplier": "3/2"}]
    world = World({"tiers": tiers, "earn_rate": [3, 100], "growth_rate": [1, 100]})
    first = world.do(loyalty.purchase, amount=10_099)
    assert [line.points for line in first.lines] == [302]
    assert first.growth == 100
    second = world.do(loyalty.purchase, amount=10_133)
    assert [(x.kind, x.points) for x in second.lines] == [("spend", 303), ("spend", 151)]


def test_the_bonus_counts_a_floor_as_the_tier_held() -> None:
    tiers = [{"name": "a", "at": 0}, {"name": "b", "at": 100, "multiplier": 2}]
    world = World({"tiers": tiers})
    world.do(loyalty.set_floor, tier="b")
    assert world.do(loyalty.purchase, amount=1000).points == 20


def test_an_order_has_one_earning() -> None:
    world = World()
    world.do(loyalty.purchase, amount=1000, order="o")
    assert world.refused(loyalty.purchase, amount=1000, order="o") == "order_already_earned"


# -- caps --------------------------------------------------------------------------
def granted(world: World, points: int, **more: Anything) -> int:
    found: int = world.do(loyalty.earn, points=points, **more).points
    return found


def test_caps_count_per_order_day_month_and_balance_and_the_strictest_wins() -> None:
    world = World({"caps": {"order": 50, "day": 60, "month": 100, "balance": 105}})
    assert granted(world, 70, order="1") == 50
    assert granted(world, 70, order="2") == 10
    world.now = START + DAY
    assert granted(world, 70, order="3") == 40
    world.now = on("2024-02-01")
    assert granted(world, 70, order="4") == 5


def test_caps_count_days_of_the_effective_instant() -> None:
    world = World({"caps": {"day": 50}})
    assert granted(world, 40) == 40
    assert granted(world, 40, effective=START - DAY) == 40
    assert granted(world, 40, effective=START - DAY) == 10


def test_a_cap_cuts_lines_from_the_end() -> None:
    lots = (loyalty.Award("a", "spend", 5), loyalty.Award("b", "fixed", 5))
    assert [x.points for x in cut(lots, 7)] == [5, 2]
    assert [x.points for x in cut(lots, 3)] == [3, 0]


def test_an_earning_cut_to_nothing_is_accepted_and_its_growth_is_not_capped() -> None:
    world = World({"caps": {"order": 0}})
    fact = world.do(loyalty.purchase, amount=100_000, order="o")
    assert (fact.points, fact.growth) == (0, 1000)


def test_debt_is_subtracted_from_the_balance_that_a_cap_looks_at() -> None:
    world = World({"caps": {"balance": 10}})
    world.do(loyalty.adjust, points=-5, reason="r", actor="a", allow_negative=True)
    assert granted(world, 99) == 15


def test_claw_back_gives_no_room_back_and_asks_no_more_than_was_granted() -> None:
    world = World({"caps": {"day": 60}})
    world.do(loyalty.earn, points=100, order="o", amount=1000)
    refunded = world.do(loyalty.refund, order="o")
    assert refunded.taken.points == 60
    assert granted(world, 10) == 0


@given(st.lists(st.integers(-50, 50), max_size=6), st.none() | st.integers(0, 120))
def test_cut_lines_come_to_no_more_than_the_cap_and_never_below_zero(
    points: list[int], most: int | None
) -> None:
    found = cut([loyalty.Award(str(n), "spend", p) for n, p in enumerate(points)], most)
    total, was = sum(x.points for x in found), sum(points)
    assert total == max(0, was if most is None else min(was, most))


# -- amounts -----------------------------------------------------------------------
@pytest.mark.parametrize("bad", [True, 1.0, "5", -1, 2**63, None])
def test_amounts_that_are_no_whole_numbers_in_range_are_refused(bad: Anything) -> None:
    world = World()
    assert world.refused(loyalty.earn, points=bad) == "invalid_amount"
    assert world.refused(loyalty.purchase, amount=bad) == "invalid_amount"
    assert world.refused(loyalty.redeem, points=bad) == "invalid_amount"
    assert world.refused(loyalty.hold, points=bad) == "invalid_amount"


def test_points_are_exact_up_to_the_largest_count() -> None:
    world = World()
    most = 2**63 - 1
    world.do(loyalty.earn, points=most - 1)
    world.do(loyalty.earn, points=1)
    assert world.see().available == most
    assert world.refused(loyalty.earn, points=1) == "invalid_amount"


def test_an_earning_may_be_zero() -> None:
    world = World()
    assert world.do(loyalty.earn, points=0).points == 0


def test_the_effective_time_of_a_later_earning_delays_its_availability() -> None:
    world = World()
    fact = world.do(loyalty.earn, points=1, effective=START + DAY)
    assert fact.available_at == START + DAY
    assert world.see().pending == 1


def test_a_day_that_begins_twice_or_not_at_all_still_has_one_first_instant() -> None:
    assert day_start(on("2011-12-30").date(), "Pacific/Apia") == on("2011-12-30T10:00")
    assert day_start(on("2018-11-04").date(), "America/Sao_Paulo") == on("2018-11-04T03:00")
    assert day_start(on("2010-11-07").date(), "America/St_Johns") == on("2010-11-07T02:30")
    gap = day_start(on("2024-03-10").date(), "Asia/Shanghai")
    assert gap == on("2024-03-09T16:00")
    assert gap - timedelta(microseconds=1) < gap
