"""Why a tier is what it is, and of any point where it came from and where it went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

import cix
from cix.analysis.loyalty import LotExplained, explain_points
from cix.domain import loyalty
from cix.domain.decider import Call
from cix.domain.loyalty import referral
from cix.projections import membership
from cix.testing import FakeClock

START = datetime.fromisoformat("2024-01-01T00:00+00:00")
DAY = timedelta(days=1)
LADDER = [{"name": "base", "at": 0}, {"name": "gold", "at": 100}]
PROGRAMME: dict[str, Any] = {
    "tiers": LADDER,
    "restore_grace_days": 5,
    "birthday_points": 9,
    "referral": {"minimum": 0},
}
BY = {"reason": "sorry", "actor": "agent:7"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def engine(clock: FakeClock) -> Iterator[cix.Engine]:
    with cix.open("memory://", clock=clock) as opened:
        opened.publish("loyalty", "v1", PROGRAMME)
        yield opened


# -- the tier --------------------------------------------------------------------------
def steps(engine: cix.Engine, **then: Any) -> list[tuple[datetime, str, Any]]:
    """Return when, by which fact and to what the tier moved."""
    found = engine.explain(membership, "m", "tier", **then)
    return [(one.at, one.fact, one.after) for one in found.causes]


def test_a_fall_is_dated_at_the_review_and_not_when_somebody_looked(
    engine: cix.Engine, clock: FakeClock
) -> None:
    engine.do(loyalty.grow, "m", growth=100)
    clock.advance(days=500)
    review = datetime.fromisoformat("2025-01-02T00:00+00:00")
    assert steps(engine) == [(START, "points.earned", "gold"), (review, "time", "base")]
    assert steps(engine, as_of=review - timedelta(microseconds=1)) == [
        (START, "points.earned", "gold")
    ]


def test_a_floor_and_its_end_explain_the_tier(engine: cix.Engine, clock: FakeClock) -> None:
    engine.do(loyalty.set_floor, "m", tier="gold", since=START + DAY, until=START + 3 * DAY)
    clock.advance(days=9)
    assert steps(engine) == [
        (START, "tier.floor_set", "base"),
        (START + DAY, "time", "gold"),
        (START + 3 * DAY, "time", "base"),
    ]


def test_a_return_and_a_version_explain_the_tier_and_the_version_in_force_is_named(
    engine: cix.Engine, clock: FakeClock
) -> None:
    engine.do(loyalty.earn, "m", points=1, growth=100, order="o", amount=100)
    engine.do(loyalty.refund, "m", order="o", amount=40)
    lower = [LADDER[0], {"name": "gold", "at": 50}]
    engine.publish("loyalty", "v2", PROGRAMME | {"tiers": lower}, effective_at=START + DAY)
    clock.advance(days=2)
    assert steps(engine) == [
        (START, "points.earned", "gold"),
        (START, "order.refunded", "base"),
        (START + DAY, "time", "gold"),
    ]
    assert engine.explain(membership, "m", "tier").policies == (("loyalty", "v2"),)


# -- points ----------------------------------------------------------------------------
def lot(engine: cix.Engine, name: str, account: str = "m") -> LotExplained:
    (found,) = explain_points(engine, account, name)
    return found


def came(found: LotExplained) -> list[tuple[str, str, str, str]]:
    return [(one.account, one.lot, one.fact, one.programme) for one in found.came_from]


def went(found: LotExplained) -> list[tuple[str, str, int]]:
    return [(one.fact or "time", one.target, one.points) for one in found.went_to]


def test_an_earning_tells_its_lines_its_version_and_its_order(engine: cix.Engine) -> None:
    engine.by("till", id="e").do(loyalty.purchase, "m", amount=10_000, order="o")
    engine.publish("loyalty", "v2", PROGRAMME)
    engine.by(id="f").do(loyalty.purchase, "m", amount=100)
    (first,) = lot(engine, "e").came_from
    assert (first.programme, first.order, first.actor) == ("v1", "o", "till")
    assert [(line.rule, line.points) for line in first.rules] == [("purchase", 100)]
    assert came(lot(engine, "f")) == [("m", "f", "points.earned", "v2")]


def test_every_way_of_a_point_is_told(engine: cix.Engine, clock: FakeClock) -> None:
    engine.by(id="e").do(
        loyalty.earn, "m", points=100, order="o", amount=100, pending=1, expires_at=START + 9 * DAY
    )
    clock.advance(days=1)
    engine.by(id="r").do(loyalty.redeem, "m", points=10)
    engine.by(id="h").do(loyalty.hold, "m", points=20)
    engine.by(id="c").do(loyalty.capture, "m", hold="h", points=5)
    engine.do(loyalty.return_redeemed, "m", redemption="r", points=4)
    engine.do(loyalty.refund, "m", order="o", amount=7)
    engine.do(loyalty.gift, "m", to="n", points=3)
    engine.do(loyalty.adjust, "m", points=-2, **BY)
    clock.advance(days=30)
    found = lot(engine, "e")
    assert went(found) == [
        ("time", "available", 100),
        ("points.redeemed", "redeemed", 10),
        ("points.held", "held", 20),
        ("hold.captured", "redeemed", 5),
        ("hold.captured", "available", 15),
        ("redemption.returned", "available", 4),
        ("order.refunded", "clawed_back", 7),
        ("points.given", "gifts", 3),
        ("points.adjusted", "clawed_back", 2),
        ("time", "expired", 77),
    ]
    assert [one.to for one in found.went_to if one.target == "gifts"] == ["n"]
    assert [one.at for one in found.went_to if one.fact == ""] == [START + DAY, START + 9 * DAY]
    assert (found.granted, found.left) == (100, 0)


def test_a_grace_lot_a_credit_an_award_and_a_birthday_tell_where_they_came_from(
    engine: cix.Engine, clock: FakeClock
) -> None:
    engine.by(id="e").do(loyalty.earn, "m", points=10, expires_at=START + DAY)
    engine.by(id="r").do(loyalty.redeem, "m", points=10)
    engine.do(referral.accept, "friend", referrer="m")
    engine.by(id="award").do(referral.settle, "friend", referrer="m", order="q", amount=1)
    engine.do(loyalty.note_birthday, "m", month=1, day=1)
    engine.by(id="day").do(loyalty.celebrate, "m", year=2024)
    engine.by(id="credit").do(loyalty.adjust, "m", points=5, **BY)
    clock.advance(days=1)
    engine.by(id="back").do(loyalty.return_redeemed, "m", redemption="r")
    assert came(lot(engine, "back")) == [
        ("m", "back", "redemption.returned", "v1"),
        ("m", "e", "points.earned", "v1"),
    ]
    for name, fact in (
        ("award", "referral.rewarded"),
        ("day", "birthday.rewarded"),
        ("credit", "points.adjusted"),
    ):
        assert came(lot(engine, name)) == [("m", name, fact, "v1")]


def test_each_lot_of_a_batch_and_of_a_gift_has_a_key_of_its_own(engine: cix.Engine) -> None:
    earn = [Call("loyalty.earn", "m", {"points": n}) for n in (1, 2)]
    engine.by(id="b").do_all(earn)
    engine.by(id="g").do(loyalty.gift, "m", to="n", points=3)
    assert [(one.lot, one.granted) for one in explain_points(engine, "m")] == [("b", 1), ("b/2", 2)]
    assert came(lot(engine, "g#1", "n")) == [
        ("n", "g#1", "points.given", "v1"),
        ("m", "b/2", "points.earned", "v1"),
    ]
