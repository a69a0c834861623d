"""The views of loyalty: the member's card, the ledger's lines, referrals, velocity."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, get_args

import pytest
from hypothesis import given

from cix.domain import loyalty
from cix.domain.decider import crossings, fold
from cix.domain.loyalty import referral, trace
from cix.facts import Catalogue, word_of
from cix.projections.membership import MemberCard, membership
from cix.projections.points_ledger import LedgerLine, points_ledger
from cix.projections.projection import Projection
from cix.projections.referrals import ReferralCard, referrals
from cix.projections.velocity import velocity
from cix.records import Recorded
from domain.loyalty_histories import MEMBERS, PROGRAMMES, Command, histories, played
from domain.loyalty_world import DAY, HOUR, START, World, on

FACTS = Catalogue((*get_args(loyalty.Event), *get_args(loyalty.Derived)))


def card(world: World, key: str = "m", at: datetime | None = None) -> MemberCard | None:
    assert membership.picture is not None
    instant = at or world.now
    return membership.picture(fold(loyalty.DECIDER, key, world.history(key), instant), instant)


def lines(records: list[Recorded[Any]], key: str) -> list[LedgerLine]:
    """Return the key's own lines, as the engine asks for them."""
    return [
        line
        for record in records
        if (handler := points_ledger.line_handlers.get(word_of(type(record.fact)).name))
        for line in handler(record.fact, record)
        if line.account == key
    ]


def row(view: Projection[Any], world: World, key: str) -> Any:  # any view's row
    assert view.new_row is not None
    found = view.new_row(key)
    for record in world.history(key):
        if handler := view.handlers.get(word_of(type(record.fact)).name):
            handler(found, record.fact, record)
    return found


@pytest.mark.parametrize("view", [membership, points_ledger, velocity])
def test_every_loyalty_fact_is_taken_or_left_out_on_purpose(view: Projection[Any]) -> None:
    left = set(view.left_out(FACTS))
    if view is membership:
        assert left == {word_of(cls).name for cls in get_args(loyalty.Derived)}
    else:
        assert left == set()


# -- membership --------------------------------------------------------------------
def test_the_card_shows_points_lots_growth_and_tier() -> None:
    world = World({"pending": 1})
    world.do(loyalty.earn, id="e", points=100, growth=600, pending=0)
    world.do(loyalty.earn, points=7)
    world.do(loyalty.hold, points=30)
    found = card(world)
    assert found is not None
    assert (found.balance, found.available, found.pending, found.held) == (100, 70, 7, 30)
    assert (found.growth, found.tier, found.position, found.to_next) == (600, "silver", 1, 1400)
    assert (found.tier_until, found.in_grace) == (on("2025-01-02"), False)
    assert [(lot.lot, lot.left, lot.pending) for lot in found.lots] == [
        ("e", 70, False),
        ("c2", 7, True),
    ]


def test_an_account_nobody_named_has_no_card() -> None:
    assert card(World({"pending": 1})) is None


def test_points_whose_last_valid_day_is_at_most_thirty_days_away_expire_soon() -> None:
    world = World({"expiry": {"kind": "days", "n": 40}})
    world.do(loyalty.earn, points=5)
    before, then = card(world, at=START + 10 * DAY - HOUR), card(world, at=START + 10 * DAY)
    assert before is not None
    assert then is not None
    assert (before.expiring_soon, then.expiring_soon) == (0, 5)


def test_the_picture_moves_only_at_its_deadlines() -> None:
    tiers = [{"name": "a", "at": 0}, {"name": "b", "at": 10}]
    world = World({"tiers": tiers, "pending": 1, "expiry": {"kind": "days", "n": 50}})
    world.do(loyalty.earn, points=5, growth=20)
    world.do(loyalty.set_floor, tier="b", until=START + 500 * DAY)
    state = world.state("m")
    seen = card(world)
    for hours in range(1, 24 * 600):
        at = START + hours * HOUR
        now = loyalty.advance(state, at)
        shown = MemberCard.of(now, at)
        if shown != seen:
            dues = {d.due for d in loyalty.deadlines(state)}
            assert at in dues, f"the card moved at {at} unannounced"
            state, seen = now, shown


@given(history=histories)
def test_the_expiring_points_of_a_horizon_only_grow_with_it(history: list[Command]) -> None:
    world = played("days", history)
    for key in MEMBERS:
        account = world.state(key)
        found = [loyalty.expiring(account, days) for days in range(12)]
        assert found == sorted(found)
        assert found[-1] <= account.ledger.spendable


# -- points ledger -----------------------------------------------------------------
@pytest.mark.parametrize("programme", list(PROGRAMMES))
@given(history=histories)
def test_with_ticks_the_lines_sum_to_zero_and_come_to_the_same_purses_as_the_fold(
    programme: str, history: list[Command]
) -> None:
    world = played(programme, history)
    for key in MEMBERS:
        records = world.history(key)
        due = crossings(loyalty.DECIDER, key, records, world.now)
        ticked = [
            Recorded.of(
                fact, position=10_000 + n, occurred_at=at, recorded_at=world.now, tags=own(key, n)
            )
            for n, (at, fact) in enumerate(due)
        ]
        found = lines([*records, *ticked], key)
        assert sum(line.points for line in found) == 0
        assert purses(found) == purses(trace.statement(key, records, world.now))


def own(key: str, n: int) -> tuple[str, ...]:
    return (f"account:{key}", f"id:tick-{n}")


def purses(found: Any) -> dict[str, int]:  # lines of either kind
    sums: dict[str, int] = {}
    for line in found:
        purse = line.purse
        sums[purse] = sums.get(purse, 0) + line.points
    return {purse: points for purse, points in sorted(sums.items()) if points}


def test_a_line_says_what_moved_where_and_because_of_what() -> None:
    world = World()
    world.do(loyalty.earn, id="e", points=10)
    world.do(loyalty.redeem, id="r", at=START + DAY, points=4)
    found = lines(world.history("m"), "m")
    assert [(x.purse, x.points, x.lot, x.ref) for x in found] == [
        ("issued", -10, "e", "e"),
        ("available", 10, "e", "e"),
        ("available", -4, "e", "r"),
        ("redeemed", 4, "e", "r"),
    ]
    assert found[-1].at == START + DAY


OVER: dict[str, Any] = {
    "expiry": {"kind": "date", "last_day": "2024-01-31"},
    "birthday_points": 50,
}


def activated_late(world: World) -> None:
    world.do(loyalty.earn, id="e", points=100, pending="action")
    world.do(loyalty.adjust, points=-30, reason="fee", actor="a", allow_negative=True)
    world.do(loyalty.activate, at=START + 40 * DAY, earning="e")


def celebrated(world: World) -> None:
    world.do(loyalty.note_birthday, month=3, day=1)
    world.do(loyalty.celebrate, at=START + 70 * DAY, year=2024)


def paid_for_a_friend(world: World) -> None:
    world.do(referral.accept, "n", referrer="m")
    world.do(loyalty.adjust, points=-600, reason="fee", actor="a", allow_negative=True)
    args: dict[str, Any] = {"referrer": "m", "order": "o", "amount": 2500}
    world.do(referral.settle, "n", at=START + 40 * DAY, **args)


def fee_undone(world: World) -> None:
    world.do(loyalty.earn, points=10)
    for name, points in (("other", -15), ("fee", -30)):
        world.do(
            loyalty.adjust, id=name, points=points, reason="fee", actor="a", allow_negative=True
        )
    world.do(loyalty.earn, points=20)
    world.do(loyalty.reverse, at=START + 40 * DAY, adjustment="fee")


@pytest.mark.parametrize("life", [activated_late, celebrated, paid_for_a_friend, fee_undone])
def test_points_that_expire_as_they_come_have_lines_too(life: Callable[[World], None]) -> None:
    world = World(OVER)
    life(world)
    for key in ("m", "n"):
        records = world.history(key)
        entries = trace.statement(key, records, world.now)
        assert purses(lines(records, key)) == purses(entries)
    assert world.see().expired + world.see("n").expired > 0


# -- referrals ---------------------------------------------------------------------
def test_a_referral_is_seen_from_both_sides() -> None:
    world = World({"referral": {"cap": 1}})
    args: dict[str, Any] = {"referrer": "sponsor"}
    for friend in ("a", "b"):
        world.do(referral.accept, friend, **args)
        world.do(referral.settle, friend, order="o", amount=2500, **args)
    world.do(referral.settle, "b", order="p", amount=1, **args)
    world.do(referral.take_back, "a", order="o", returned=2500, **args)
    world.do(referral.accept, "sponsor", referrer="b")

    def see(key: str) -> ReferralCard:
        assert referrals.picture is not None
        found = referrals.picture(world.state(key, referral.DECIDER), world.now)
        assert found is not None
        return found

    sponsor = see("sponsor")
    assert (sponsor.invited, sponsor.invited_count, sponsor.below_count) == (("a", "b"), 2, 2)
    assert [r.reason for r in sponsor.refused] == ["cycle"]
    assert (see("a").referrer, see("a").paid[0].taken_back) == ("sponsor", True)
    assert [p.reason for p in see("b").paid] == ["cap_reached"]


# -- velocity ----------------------------------------------------------------------
def test_velocity_counts_returns_per_order_gifts_received_and_redemptions_per_hour() -> None:
    world = World()
    world.do(loyalty.purchase, amount=100_000, order="o")
    world.do(loyalty.purchase, "n", amount=100_000, order="o")
    world.do(loyalty.refund, order="o", amount=10)
    world.do(loyalty.refund, order="o", amount=10)
    world.do(loyalty.gift, to="n", points=5)
    for points in (1, 2):
        world.do(loyalty.redeem, points=points)
    world.do(loyalty.redeem, at=START + HOUR, points=3)
    mine, theirs = row(velocity, world, "m"), row(velocity, world, "n")
    assert [(o.order, o.returns) for o in mine.orders] == [("o", 2)]
    assert (mine.returns, mine.gifts_received) == (2, 0)
    assert (theirs.gifts_received, theirs.points_received) == (1, 5)
    assert [(h.since, h.redemptions, h.points) for h in mine.hours] == [
        (START, 2, 3),
        (START + HOUR, 1, 3),
    ]
