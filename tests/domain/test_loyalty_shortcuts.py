"""Short cuts of the fold and of the what-if: each gives what the long way gives."""

from __future__ import annotations

from typing import Any

import pytest

from cix.domain import loyalty
from cix.domain.decider import fold, step
from cix.domain.loyalty import referral
from cix.domain.loyalty.liability import Outstanding, Tally
from cix.domain.loyalty.outcomes import MemberOutcome, Report, together
from cix.domain.loyalty.whatif import Comparison, united, whatif
from domain.loyalty_world import DAY, HOUR, World

BONUS = [{"name": "b", "at": 0}, {"name": "t", "at": 100, "multiplier": "3/2"}]


def history() -> World:
    """Make a history of six members, some of whom share facts."""
    world = World({"pending": 1, "referral": {"referrer_points": 5, "friend_points": 5}})
    for n in range(6):
        world.do(loyalty.enrol, f"m{n}")
        for turn in range(4):
            world.do(loyalty.purchase, f"m{n}", amount=3_000 * (n + turn))
            world.now += 2 * DAY
        world.do(loyalty.purchase, f"m{n}", amount=5_000, order=f"o{n}")
        world.do(loyalty.earn, f"m{n}", points=30, growth=10)
        world.do(loyalty.redeem, f"m{n}", points=40 + n)
        world.do(loyalty.hold, f"m{n}", points=5, ttl=HOUR)
    world.publish({"pending": 0})
    world.do(loyalty.gift, "m1", to="m2", points=10)
    world.do(loyalty.redeem_pooled, "m3", members=("m2",), points=10)
    world.do(referral.accept, "f", referrer="m5")
    world.do(referral.settle, "f", referrer="m5", order="none", amount=10)
    world.do(referral.settle, "f", referrer="m5", order="first", amount=9_000)
    world.now += 9 * DAY
    return world


# -- the fold ----------------------------------------------------------------------------
def test_many_facts_at_once_are_a_step_for_each() -> None:
    world = history()
    mine = [r for r in world.log if "account:m1" in r.tags or r.key == "loyalty"]
    stepped = loyalty.new("m1")
    for record in mine:
        stepped = step(loyalty.DECIDER, stepped, record)
    folded = fold(loyalty.DECIDER, "m1", mine)
    assert folded.now == stepped.now
    assert loyalty.standing(folded, world.now) == loyalty.standing(stepped, world.now)
    assert loyalty.deadlines(folded) == loyalty.deadlines(stepped)


def test_an_account_stays_as_it_was_after_many_facts_at_once() -> None:
    world = history()
    mine = [r for r in world.log if "account:m4" in r.tags]
    early = fold(loyalty.DECIDER, "m4", mine[:3])
    before = loyalty.standing(early, mine[2].recorded_at)
    assert loyalty.DECIDER.through is not None
    late = loyalty.DECIDER.through(early, mine[3:])
    assert loyalty.standing(early, mine[2].recorded_at) == before
    whole = fold(loyalty.DECIDER, "m4", mine)
    assert loyalty.standing(late, world.now) == loyalty.standing(whole, world.now)


# -- plain commands ------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"earn_rate": [1, 50], "tiers": BONUS},
        {"enrolment": "required", "activity": ["purchase"]},
        {"caps": {"order": 100}},
        {"caps": {"day": 70, "month": 200}, "zone": "Asia/Shanghai"},
        {"caps": {"balance": 150}, "expiry": {"kind": "months", "n": 1}},
        {"pending": "action"},
        {"earn_rate": [1, 1000], "expiry": {"kind": "inactivity", "n": 1}},
    ],
)
def test_plain_commands_are_decided_as_by_the_decisions_themselves(body: dict[str, Any]) -> None:
    world, programme = history(), loyalty.read(body)
    found: list[tuple[list[MemberOutcome], list[Outstanding]]] = []
    for is_quick in (True, False):
        comparison = Comparison(programme)
        if not is_quick:
            comparison.ways = {kind: (taker, None) for kind, (taker, _) in comparison.ways.items()}
        for record in world.log:
            comparison.take(record)
        tallies = Tally(programme), Tally(programme)
        members = comparison.outcomes(world.now, *tallies)
        found.append((members, [tally.outstanding() for tally in tallies]))
    assert found[0] == found[1]


# -- groups of accounts ----------------------------------------------------------------------
def test_accounts_that_share_facts_are_of_one_group() -> None:
    found = united(history().log)
    assert found == {"m1": "m1", "m2": "m1", "m3": "m1", "f": "f", "m5": "f"}


@pytest.mark.parametrize("body", [{"earn_rate": [1, 50], "tiers": BONUS}, {"earn_rate": 0}])
def test_groups_decided_apart_give_the_same_report_together(body: dict[str, Any]) -> None:
    world, programme = history(), loyalty.read(body)
    groups = united(world.log)
    parts: list[Report] = []
    for group in ({"m1"}, {"f"}, {"m0"}, {"m4"}, {"nobody"}):
        mine = [r for r in world.log if r.key == "loyalty" or groups.get(r.key, r.key) in group]
        parts.append(whatif(mine, programme, world.now))
    assert together(parts) == whatif(world.log, programme, world.now)
