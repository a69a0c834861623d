"""Claw-back: what a return of goods takes from points and growth."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cix.domain import loyalty
from domain.loyalty_world import DAY, START, Anything, World

LINES = (loyalty.Award("spend", "spend", 101), loyalty.Award("welcome", "fixed", 50))


def bought(programme: dict[str, Any] | None = None, **more: Anything) -> World:
    world = World(programme)
    world.do(
        loyalty.earn, id="e", points=151, growth=99, order="o", amount=1000, lines=LINES, **more
    )
    return world


def test_spend_lines_are_kept_in_proportion_and_fixed_lines_until_all_is_back() -> None:
    world = bought()
    first = world.do(loyalty.refund, order="o", amount=333)
    assert first.taken.points == 101 - 67
    assert world.do(loyalty.refund, order="o", amount=333).taken.points == 67 - 33
    assert world.do(loyalty.refund, order="o").taken.points == 33 + 50
    assert (world.see().available, world.see().clawed) == (0, 151)


def test_fixed_lines_may_be_cut_like_spend_lines() -> None:
    world = bought({"refund_fixed_lines": "proportional"})
    assert world.do(loyalty.refund, order="o", amount=500).taken.points == 51 + 25


def test_growth_is_cut_at_its_entry_by_the_same_formula() -> None:
    world = bought()
    assert world.do(loyalty.refund, order="o", amount=333).growth == 66
    assert world.see().growth == 66
    assert world.do(loyalty.refund, order="o").growth == 0


def test_answers_before_the_recording_of_a_return_stay() -> None:
    world = bought()
    world.do(loyalty.refund, at=START + DAY, order="o")
    assert (world.see(at=START).growth, world.see().growth) == (99, 0)


def test_the_orders_own_lot_gives_first_even_when_pending() -> None:
    world = bought({"pending": 9})
    world.do(loyalty.earn, id="other", points=500, pending=0, expires_at=START + DAY)
    world.do(loyalty.refund, order="o")
    assert world.left() == {"other": 500}


def test_other_spendable_lots_give_next_in_spending_order_then_debt() -> None:
    world = bought()
    world.do(loyalty.redeem, points=151)
    world.do(loyalty.earn, id="late", points=50)
    world.do(loyalty.earn, id="soon", points=50, expires_at=START + DAY)
    world.do(loyalty.earn, id="pending", points=50, pending=5)
    fact = world.do(loyalty.refund, order="o")
    assert [(p.lot, p.points) for p in fact.taken.parts] == [("soon", 50), ("late", 50)]
    assert (fact.taken.debt, fact.taken.forgiven) == (51, 0)
    seen = world.see()
    assert (seen.debt, seen.balance, seen.available, seen.pending) == (51, -51, 0, 50)


def test_debt_goes_up_to_its_limit_and_the_rest_is_written_off() -> None:
    world = bought({"debt_limit": 100})
    world.do(loyalty.redeem, points=151)
    fact = world.do(loyalty.refund, order="o")
    assert (fact.taken.points, fact.taken.debt, fact.taken.forgiven) == (100, 100, 51)
    assert (world.see().clawed, world.see().forgiven) == (100, 51)


def test_the_policy_clamp_makes_no_debt_and_writes_off_at_once() -> None:
    world = bought({"clawback": "clamp"})
    world.do(loyalty.redeem, points=150)
    fact = world.do(loyalty.refund, order="o")
    assert (fact.taken.points, fact.taken.debt, fact.taken.forgiven) == (1, 0, 150)


def test_what_was_written_off_or_put_on_debt_is_not_taken_again() -> None:
    world = bought({"debt_limit": 10})
    world.do(loyalty.redeem, points=151)
    world.do(loyalty.refund, order="o", amount=500)
    world.do(loyalty.earn, points=500)
    again = world.do(loyalty.refund, order="o")
    assert again.taken.points + again.taken.forgiven == 151 - 51


def test_points_of_the_lot_that_expired_are_not_owed() -> None:
    world = bought(expires_at=START + DAY)
    world.do(loyalty.redeem, points=100)
    fact = world.do(loyalty.refund, at=START + DAY, order="o")
    assert fact.taken.points == 100


def test_points_that_were_cancelled_count_as_taken() -> None:
    world = bought({"pending": 9})
    world.do(loyalty.cancel_pending, earning="e")
    assert world.do(loyalty.refund, order="o").taken.points == 0


def test_growth_that_was_cancelled_does_not_come_back_with_a_part_return() -> None:
    world = bought({"pending": 9})
    world.do(loyalty.cancel_pending, earning="e")
    world.do(loyalty.refund, order="o", amount=100)
    assert world.see().growth == 0


def test_held_points_are_not_taken_debt_waits_for_the_release() -> None:
    world = bought()
    world.do(loyalty.hold, id="h", points=151)
    assert world.do(loyalty.refund, order="o").taken.debt == 151
    world.do(loyalty.release, hold="h")
    assert (world.see().debt, world.see().available) == (0, 0)


@pytest.mark.parametrize("way", ["matured", "gift", "credit", "earning"])
def test_debt_is_paid_by_anything_that_becomes_spendable(way: str) -> None:
    world = World()
    world.do(loyalty.adjust, points=-10, reason="r", actor="a", allow_negative=True)
    world.do(loyalty.earn, "n", points=25)
    match way:
        case "matured":
            world.do(loyalty.earn, points=25, pending=1)
            assert world.see().debt == 10
            world.now += DAY
        case "gift":
            world.do(loyalty.gift, "n", to="m", points=25)
        case "credit":
            world.do(loyalty.adjust, points=25, reason="r", actor="a")
        case _:
            world.do(loyalty.earn, points=25)
    assert (world.see().debt, world.see().available) == (0, 15)


def test_more_than_the_rest_of_an_order_cannot_come_back() -> None:
    world = bought()
    assert world.refused(loyalty.refund, order="o", amount=1001) == "exceeds_order"
    assert world.refused(loyalty.refund, order="x") == "order_not_found"
    assert world.refused(loyalty.refund, order="o", amount=-1) == "invalid_amount"
    assert world.refused(loyalty.refund, order="o", amount=1.5) == "invalid_amount"
    world.do(loyalty.refund, order="o", amount=400)
    assert world.refused(loyalty.refund, order="o", amount=601) == "exceeds_order"
    world.do(loyalty.refund, order="o")
    assert world.refused(loyalty.refund, order="o") == "exceeds_order"


def test_an_order_without_an_amount_can_only_be_returned_whole() -> None:
    world = World()
    world.do(loyalty.earn, points=10, order="o")
    assert world.refused(loyalty.refund, order="o", amount=1) == "exceeds_order"
    assert world.do(loyalty.refund, order="o").taken.points == 10
    assert world.refused(loyalty.refund, order="o") == "exceeds_order"


def test_the_recorded_lines_count_whatever_the_rules_say_today() -> None:
    world = World({"earn_rate": 1})
    world.do(loyalty.purchase, amount=100, order="o")
    world.publish({"earn_rate": 9})
    assert world.do(loyalty.refund, order="o").taken.points == 100


@given(
    amount=st.integers(1, 5000),
    cuts=st.lists(st.integers(1, 2000), max_size=6),
    points=st.integers(0, 3000),
    fixed=st.integers(0, 300),
)
def test_part_returns_in_any_number_of_steps_take_what_one_return_takes(
    amount: int, cuts: list[int], points: int, fixed: int
) -> None:
    lines = (loyalty.Award("s", "spend", points), loyalty.Award("f", "fixed", fixed))
    steps, once = World(), World()
    for world in (steps, once):
        world.do(
            loyalty.earn,
            points=points + fixed,
            growth=points,
            order="o",
            amount=amount,
            lines=lines,
        )
    back = 0
    for cut in cuts:
        if back + cut <= amount:
            steps.do(loyalty.refund, order="o", amount=cut)
            back += cut
    if back:
        once.do(loyalty.refund, order="o", amount=back)
    assert steps.see().clawed == once.see().clawed
    assert steps.see().growth == once.see().growth


@pytest.mark.parametrize("amount", [1, 50, 90, 99, 100])
def test_a_return_never_asks_for_more_than_the_order_granted(amount: int) -> None:
    half = {"name": "half", "kind": "multiplier", "factor": "1/2"}
    one = World({"rules": [{"name": "spend", "points": 1, "per": 10}, half]})
    one.do(loyalty.earn_order, order="o", items=(loyalty.Item("a", 100),))
    one.do(loyalty.refund, order="o", amount=amount)
    assert one.see().clawed <= 5
    if amount < 100:
        one.do(loyalty.refund, order="o")
    assert (one.see().clawed, one.see().debt) == (5, 0)


@pytest.mark.parametrize(
    ("then", "now", "taken"), [("keep", "proportional", 51), ("proportional", "keep", 76)]
)
def test_fixed_lines_go_by_the_rules_recorded_with_the_order(
    then: str, now: str, taken: int
) -> None:
    world = bought({"refund_fixed_lines": then})
    world.publish({"refund_fixed_lines": now})
    assert world.do(loyalty.refund, order="o", amount=500).taken.points == taken


def test_an_order_that_earned_before_any_version_goes_by_the_defaults() -> None:
    world = World()
    fixed = (loyalty.Award("f", "fixed", 100),)
    later = world.now + 10 * DAY
    world.do(loyalty.earn, points=100, order="o", amount=100, lines=fixed, effective=later)
    world.now += 5 * DAY
    world.publish({"refund_fixed_lines": "proportional"})
    world.now += 20 * DAY
    assert world.do(loyalty.refund, order="o", amount=50).taken.points == 0
