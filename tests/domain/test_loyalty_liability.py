"""What points are worth: by expiry month, and the published IFRS 15 figures."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cix.domain import loyalty
from cix.domain.loyalty.facts import PointsEarned, PointsRedeemed, RedemptionReturned
from cix.domain.loyalty.liability import (
    Period,
    Tally,
    allocate,
    half_up,
    recognise,
    report,
)
from cix.domain.loyalty.values import Asked, GivenBack, Part
from domain.loyalty_world import DAY, START, World, on

BY = {"reason": "r", "actor": "a"}


# -- published figures -------------------------------------------------------------
def test_the_published_two_year_example_with_a_changed_estimate() -> None:
    found = recognise(9000, [Period(4500, 9700), Period(8500, 9900)])
    assert [one.revenue for one in found] == [4175, 3552]


def test_the_published_example_with_a_lowered_estimate() -> None:
    found = recognise(9000, [Period(4500, 9700), Period(8500, 9200)])
    assert [one.revenue for one in found] == [4175, 4140]


def test_example_52_of_the_standard() -> None:
    shared = allocate(100_000, 100_000, 9500)
    assert (shared.goods, shared.deferred) == (91_324, 8_676)
    found = recognise(shared.points, [Period(4500, 9500), Period(8500, 9700)])
    assert [one.revenue for one in found] == [4110, 3493]
    assert found[-1].liability == 1073


@pytest.mark.parametrize(
    "last", [Period(9700, 9700), Period(9800, 9700), Period(1, 9700, ended=True), Period(0, 0)]
)
def test_all_is_revenue_once_enough_is_redeemed_or_the_programme_ended(last: Period) -> None:
    found = recognise(9000, [Period(4500, 9700), last])
    assert (found[0].revenue + found[1].revenue, found[1].liability) == (9000, 0)


def test_halves_round_up() -> None:
    assert [half_up(Fraction(n, 2)) for n in (1, 3, -1, -3)] == [1, 2, 0, -1]


@given(
    st.fractions(0, 10_000),
    st.lists(st.tuples(st.integers(0, 500), st.integers(1, 900)), min_size=1, max_size=6),
)
def test_what_is_recognised_and_what_is_left_always_come_to_the_allocation(
    allocated: Fraction, periods: list[tuple[int, int]]
) -> None:
    found = recognise(allocated, [Period(*p) for p in periods])
    so_far = 0
    for one in found:
        so_far += one.revenue
        assert so_far + one.liability == half_up(allocated)


# -- points outstanding ------------------------------------------------------------
def test_outstanding_points_are_available_pending_and_held_by_expiry_month() -> None:
    world = World({"point_value": 2, "breakage": "1/10"})
    world.do(loyalty.earn, points=100, expires_at=on("2024-04-01"))
    world.do(loyalty.earn, points=50, expires_at=on("2024-04-02"))
    world.do(loyalty.earn, points=10, pending=5)
    world.do(loyalty.hold, points=30)
    world.do(loyalty.adjust, "debtor", points=-7, allow_negative=True, **BY)
    states = [world.state(key) for key in ("m", "debtor")]
    tally = Tally(states[0].programme)
    for state in states:
        tally.add(state.ledger)
    found = tally.outstanding()
    assert (found.points, found.debt, found.never) == (160, 7, 10)
    assert found.months == {"2024-03": 100, "2024-04": 50}
    assert (found.worth, found.money) == (288, 288)


# -- from facts --------------------------------------------------------------------
def test_the_report_is_made_from_facts_alone_per_period() -> None:
    world = World({"breakage": "1/20", "earn_rate": [1, 10]})
    for key in ("a", "b"):
        world.do(loyalty.purchase, key, amount=50_000, order="o")
    world.do(loyalty.redeem, "a", at=START + 9 * DAY, points=4500)
    world.do(loyalty.redeem, "b", at=START + 400 * DAY, points=4000)
    histories = {key: world.history(key) for key in ("a", "b")}
    first, second = report(histories, [on("2024-12-31"), on("2025-12-31")])
    assert (first.goods, first.revenue, first.liability) == (91_324, 4110, 4566)
    assert (second.redeemed, second.goods, first.sales) == (8500, 0, 100_000)
    assert second.revenue == half_up(second.allocated * 8500 / 9500 - 4110)
    assert report(histories, [on("2024-12-31")]) == (first,)


def test_a_changed_estimate_catches_up_in_its_period_and_leaves_the_earlier_ones() -> None:
    world = World({"breakage": "3/100", "earn_rate": [1, 10]})
    for key in ("a", "b"):
        world.do(loyalty.purchase, key, amount=50_000, order="o")
    world.do(loyalty.redeem, "a", at=START + 9 * DAY, points=4500)
    histories = {key: world.history(key) for key in ("a", "b")}
    (alone,) = report(histories, [on("2024-12-31")])
    world.publish({"breakage": "1/100", "earn_rate": [1, 10]}, on("2025-06-01"))
    world.do(loyalty.redeem, "b", at=on("2025-07-01"), points=4000)
    histories = {key: world.history(key) for key in ("a", "b")}
    first, second = report(histories, [on("2024-12-31"), on("2025-12-31")])
    assert first == alone
    assert (first.expected, second.expected) == (9700, 9900)
    assert first.allocated == second.allocated
    assert second.revenue == half_up(second.allocated * 8500 / 9900 - first.revenue)


def test_a_purchase_without_an_order_is_a_sale_like_any_other() -> None:
    world = World({"earn_rate": [1, 10]})
    world.do(loyalty.purchase, amount=10_000)
    world.do(loyalty.redeem, at=START + DAY, points=250)
    (found,) = report({"m": world.history("m")}, [START + DAY])
    assert (found.sales, found.expected, found.redeemed) == (10_000, 1000, 250)
    assert found.liability == half_up(found.allocated) - half_up(found.allocated / 4)


def test_a_return_reverses_the_allocation_of_its_order() -> None:
    world = World({"earn_rate": [1, 10]})
    world.do(loyalty.purchase, amount=50_000, order="kept")
    world.do(loyalty.purchase, amount=50_000, order="back")
    world.do(loyalty.refund, at=START + DAY, order="back", amount=25_000)
    world.do(loyalty.refund, at=START + 2 * DAY, order="back")
    ends = [START, START + DAY, START + 2 * DAY]
    found = report({"m": world.history("m")}, ends)
    assert [one.sales for one in found] == [100_000, 75_000, 50_000]
    whole = found[0].allocated
    assert [one.allocated / whole for one in found] == [1, Fraction(3, 4), Fraction(1, 2)]


def test_points_that_were_not_sold_recognise_nothing_when_they_are_redeemed() -> None:
    world = World({"earn_rate": [1, 10]})
    world.do(loyalty.earn, points=400, expires_at=on("2025-01-01"))
    world.do(loyalty.purchase, amount=10_000)
    world.do(loyalty.redeem, at=START + DAY, points=650)
    (found,) = report({"m": world.history("m")}, [START + DAY])
    assert (found.expected, found.redeemed) == (1000, 250)


def test_a_history_without_its_beginning_recognises_nothing() -> None:
    world = World()
    world.record(PointsRedeemed(10, (Part("x", 10),), 10), ("account:m", "id:r"))
    back = GivenBack((), (), (Part("x", 10),))
    world.record(RedemptionReturned("r", 20, back), ("account:m", "id:b"))
    (found,) = report({"m": world.history("m")}, [START + DAY])
    assert (found.sales, found.redeemed, found.revenue, found.liability) == (0, 0, 0, 0)


def test_sold_points_count_wherever_they_are_redeemed_until_they_come_back() -> None:
    world = World({"earn_rate": [1, 10]})
    world.do(loyalty.purchase, "a", amount=10_000)
    world.do(loyalty.earn, "b", points=50)
    world.do(loyalty.gift, "a", to="b", points=300)
    world.do(loyalty.redeem, "b", id="alone", points=200)
    world.do(loyalty.redeem_pooled, "a", id="both", members=("b",), points=500)
    figures: list[int] = []
    for _ in range(3):
        histories = {key: world.history(key) for key in ("a", "b")}
        figures.append(report(histories, [world.now])[-1].redeemed)
        world.now += DAY
        world.do(loyalty.return_pooled, "a", members=("b",), redemption="both", points=150)
    assert figures == [650, 500, 350]


def test_lots_of_one_name_in_two_accounts_are_two_lots() -> None:
    world = World({"restore_grace_days": 30, "expiry": {"kind": "days", "n": 5}})
    world.do(loyalty.purchase, "a", amount=10_000)
    world.do(loyalty.earn, "b", points=100)
    world.do(loyalty.redeem_pooled, "a", members=("b",), points=200, id="pool")
    world.now += 10 * DAY
    world.do(loyalty.return_pooled, "a", members=("b",), redemption="pool", id="back")
    world.do(loyalty.redeem, "a", points=100)
    (found,) = report({key: world.history(key) for key in ("a", "b")}, [world.now])
    assert (found.redeemed, found.liability) == (100, 0)


def test_purchases_that_share_an_id_of_their_source_are_two_sales() -> None:
    world = World()
    for _ in range(2):
        bought = PointsEarned(100, (), 0, START, None, Asked("purchase"), amount=10_000)
        world.record(bought, ("account:m", "id:row"))
    world.do(loyalty.redeem, points=200)
    (found,) = report({"m": world.history("m")}, [world.now])
    assert (found.expected, found.redeemed, found.liability) == (200, 200, 0)
