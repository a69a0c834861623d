"""Principles: outcomes are stored, time decides by itself, two times, the order at one instant."""

from __future__ import annotations

import json
from datetime import datetime

import attrs
import pytest

from cix.domain import loyalty
from cix.domain.decider import fold
from cix.domain.loyalty.values import Award, Part
from cix.domain.policy import PolicyPublished
from cix.records import Recorded
from domain.loyalty_world import DAY, HOUR, START, TICK, Anything, World, on

BY = {"reason": "r", "actor": "a"}


# -- a fact stores the decision with its outcome ---------------------------------------
def under(world: World, **programme: Anything) -> loyalty.Standing:
    """Fold the same facts with every published programme exchanged for another."""
    body = json.dumps(loyalty.read(programme).plain(), sort_keys=True)
    log = [
        Recorded.of(
            PolicyPublished("loyalty", "other", one.fact.effective_at, body)
            if isinstance(one.fact, PolicyPublished)
            else one.fact,
            position=one.position,
            occurred_at=one.occurred_at,
            recorded_at=one.recorded_at,
            tags=one.tags,
        )
        for one in world.history("m")
    ]
    return loyalty.standing(fold(loyalty.DECIDER, "m", log, world.now), world.now)


def test_replay_applies_what_was_decided_and_decides_nothing_again() -> None:
    world = World({"expiry": {"kind": "days", "n": 9}, "earn_rate": [1, 10], "caps": {"day": 70}})
    world.do(loyalty.purchase, amount=1000, order="o")
    world.do(loyalty.earn, points=50)
    world.do(loyalty.redeem, id="r", points=30)
    world.do(loyalty.hold, points=10, ttl=HOUR)
    world.do(loyalty.refund, order="o", amount=100)
    other = under(world, expiry={"kind": "days", "n": 1}, clawback="clamp", pending=7)
    seen = world.see()
    assert (other.balance, other.earned, other.redeemed, other.clawed) == (
        seen.balance,
        seen.earned,
        seen.redeemed,
        seen.clawed,
    )
    assert other.lots == seen.lots


def test_a_fact_keeps_its_outcome_and_what_was_asked() -> None:
    world = World({"expiry": {"kind": "days", "n": 9}, "earn_rate": [1, 10], "caps": {"day": 70}})
    earned = world.do(loyalty.purchase, id="e", amount=1000, order="o")
    assert earned.lines == (Award("purchase", "spend", 70),)
    assert (earned.programme, earned.expires_at) == ("v1", START + 10 * DAY)
    assert (earned.asked.how, earned.asked.points, earned.amount) == ("purchase", 1000, 1000)
    spent = world.do(loyalty.redeem_up_to, id="r", points=500)
    assert (spent.parts, spent.points, spent.asked) == ((Part("e", 70),), 70, 500)
    lines = (Award("a", "spend", 4), Award("b", "fixed", 3))
    asked = world.do(loyalty.earn, points=7, lines=lines).asked
    assert (asked.points, asked.lines) == (7, lines)


# -- time decides by itself --------------------------------------------------------------
def test_what_time_decides_needs_no_job_and_happens_at_its_instant() -> None:
    tiers = [{"name": "a", "at": 0}, {"name": "b", "at": 10}]
    world = World({"tiers": tiers, "pending": 1, "expiry": {"kind": "days", "n": 5}})
    world.do(loyalty.earn, points=10, growth=10)
    world.do(loyalty.earn, points=10, pending=0)
    world.do(loyalty.hold, points=4, ttl=HOUR)
    for instant, of in (
        (START + HOUR, lambda seen: seen.held),
        (START + DAY, lambda seen: seen.pending),
        (START + 6 * DAY, lambda seen: seen.expired),
        (on("2025-01-02"), lambda seen: seen.tier),
    ):
        before, after = world.see(at=instant - TICK), world.see(at=instant)
        assert of(before) != of(after)
        assert of(world.see(at=instant + TICK)) == of(after)


# -- two times ---------------------------------------------------------------------------
def test_only_earnings_growth_and_credits_have_an_effective_time_of_their_own() -> None:
    world = World({"expiry": {"kind": "days", "n": 9, "base": "earning"}})
    early = START - 3 * DAY
    world.do(loyalty.earn, id="e", points=10, effective=early)
    world.do(loyalty.adjust, id="c", points=10, effective=early, **BY)
    world.do(loyalty.grow, growth=600, effective=on("2023-02-01"))
    assert [lot.expires_at for lot in world.see().lots] == [START + 7 * DAY] * 2
    assert (world.see(at=on("2024-02-01")).growth, world.see(at=on("2024-02-02")).growth) == (
        600,
        0,
    )


@pytest.mark.parametrize("said", [START - 400 * DAY, START + 400 * DAY])
def test_every_other_command_acts_at_its_recorded_instant(said: datetime) -> None:
    world = World({"expiry": {"kind": "inactivity", "n": 1}, "restore_grace_days": 2})
    world.do(loyalty.earn, points=50)
    world.now = START + DAY
    hold = world.do(loyalty.hold, id="h", points=5, ttl=HOUR, effective=said)
    assert hold.expires_at == START + DAY + HOUR
    world.do(loyalty.redeem, id="r", points=5, effective=said)
    assert world.see().lots[0].expires_at == on("2024-02-03")
    world.do(loyalty.set_floor, tier="gold", effective=said)
    assert (world.see(at=world.now - TICK).tier, world.see().tier) == ("bronze", "gold")


def test_a_point_recorded_later_could_not_be_spent_before() -> None:
    world = World()
    world.do(loyalty.enrol)
    world.do(loyalty.earn, at=START + 9 * DAY, points=10, effective=START + DAY)
    assert world.see(at=START + 9 * DAY - TICK).available == 0
    assert world.see(at=START + 9 * DAY).available == 10


def test_a_late_fact_changes_no_earlier_answer() -> None:
    world = World({"expiry": {"kind": "inactivity", "n": 1}})
    world.do(loyalty.earn, points=10)
    days = [START + n * 7 * DAY for n in range(9)]
    before = [world.see(at=day) for day in days[:8]]
    world.do(loyalty.earn, at=days[8], points=5, growth=900, effective=START + DAY)
    assert [world.see(at=day) for day in days[:8]] == before


def test_recorded_time_drives_availability_upgrades_and_terms() -> None:
    world = World()
    fact = world.do(loyalty.earn, points=1, growth=500, effective=START - 30 * DAY)
    assert fact.available_at == START
    assert (world.see().tier, world.see().tier_until) == ("silver", on("2025-01-02"))


def test_effective_time_drives_caps_activity_and_growth_windows() -> None:
    world = World({"caps": {"day": 10}, "expiry": {"kind": "inactivity", "n": 1}})
    world.do(loyalty.earn, points=10, effective=START - DAY)
    fact = world.do(loyalty.earn, points=10, growth=5, effective=START - DAY)
    assert fact.points == 0
    assert world.do(loyalty.earn, points=9).points == 9
    assert world.see(at=on("2025-01-01")).growth == 0
    assert world.see(at=on("2024-12-31")).growth == 5


# -- half-open intervals and local days ----------------------------------------------------
@pytest.mark.parametrize(
    ("zone", "earned", "end"),
    [
        ("UTC", "2024-02-28T23:59:59", "2024-02-29"),
        ("Asia/Shanghai", "2024-02-28T15:59:59", "2024-02-28T16:00"),
        ("Asia/Shanghai", "2024-02-28T16:00", "2024-02-29T16:00"),
        ("America/Sao_Paulo", "2018-11-03T12:00", "2018-11-04T03:00"),
        ("Pacific/Apia", "2011-12-29T20:00", "2011-12-30T10:00"),
        ("America/St_Johns", "2010-11-06T12:00", "2010-11-07T02:30"),
    ],
    ids=["utc", "ahead", "next local day", "midnight skipped", "day skipped", "midnight twice"],
)
def test_valid_through_a_day_ends_at_the_first_instant_of_the_next(
    zone: str, earned: str, end: str
) -> None:
    world = World({"zone": zone, "expiry": {"kind": "days", "n": 0}}, now=on(earned))
    world.do(loyalty.earn, points=1)
    assert world.see().lots[0].expires_at == on(end)
    assert world.see(at=on(end) - TICK).available == 1
    assert world.see(at=on(end)).available == 0


def test_months_are_always_counted_from_the_stated_base_day() -> None:
    ends = [
        World({"expiry": {"kind": "months", "n": n}}, now=on("2024-01-31")).do(
            loyalty.earn, points=1
        )
        for n in (1, 2, 3)
    ]
    assert [one.expires_at for one in ends] == [
        on("2024-03-01"),
        on("2024-04-01"),
        on("2024-05-01"),
    ]


# -- the order at one instant --------------------------------------------------------------
THEN = START + 2 * DAY


def test_a_time_out_comes_before_maturing_so_the_released_points_pay_the_debt() -> None:
    world = World()
    world.do(loyalty.earn, id="held", points=10, order="o", amount=10)
    world.do(loyalty.hold, points=10, ttl=2 * DAY)
    world.do(loyalty.earn, id="ripe", points=10, pending=2)
    world.do(loyalty.refund, order="o")
    assert world.see(at=THEN - TICK).debt == 10
    assert (world.see(at=THEN).debt, world.left(at=THEN)) == (0, {"ripe": 10})


def test_maturing_comes_before_expiry_so_a_dying_lot_still_pays_debt() -> None:
    world = World({"expiry": {"kind": "days", "n": 1, "base": "earning"}})
    world.do(loyalty.adjust, points=-4, allow_negative=True, **BY)
    world.do(loyalty.earn, points=10, pending=2)
    seen = world.see(at=THEN)
    assert (world.see(at=THEN - TICK).pending, seen.debt, seen.expired) == (10, 0, 6)


def test_a_time_out_at_its_lots_end_lapses() -> None:
    world = World()
    world.do(loyalty.earn, points=10, expires_at=THEN)
    world.do(loyalty.hold, points=10, ttl=2 * DAY)
    assert (world.see(at=THEN - TICK).held, world.see(at=THEN).expired) == (10, 10)


def test_expiry_and_time_outs_come_before_commands() -> None:
    world = World()
    world.do(loyalty.earn, points=10, expires_at=THEN)
    world.do(loyalty.earn, id="other", points=10)
    world.do(loyalty.hold, id="h", points=5, ttl=2 * DAY)
    assert world.refused(loyalty.redeem, at=THEN, points=11) == "insufficient_points"
    assert world.refused(loyalty.capture, hold="h") == "hold_expired"


def test_maturing_comes_before_commands() -> None:
    world = World({"pending": 2})
    world.do(loyalty.earn, id="e", points=10)
    world.now = THEN - TICK
    assert world.refused(loyalty.redeem, points=1) == "insufficient_points"
    world.now = THEN
    assert world.refused(loyalty.cancel_pending, earning="e") == "earn_not_pending"
    assert world.do(loyalty.redeem, points=10).points == 10


def test_a_new_version_comes_before_the_commands_of_its_instant() -> None:
    world = World({"earn_rate": 1})
    world.publish({"earn_rate": 2}, THEN)
    world.now = THEN - TICK
    assert world.do(loyalty.purchase, amount=10).points == 10
    assert world.do(loyalty.purchase, at=THEN, amount=10).points == 20


def test_a_review_comes_before_the_commands_of_its_instant() -> None:
    tiers = [{"name": "a", "at": 0}, {"name": "b", "at": 10, "multiplier": 2}]
    world = World({"tiers": tiers})
    world.do(loyalty.grow, growth=10)
    end = on("2025-01-02")
    world.now = end - TICK
    assert world.do(loyalty.purchase, amount=100).points == 2
    assert world.do(loyalty.purchase, at=end, amount=100).points == 1


def test_within_one_kind_recording_order_counts() -> None:
    world = World()
    world.do(loyalty.earn, id="a", points=10, order="o", amount=10)
    world.do(loyalty.earn, id="b", points=10, expires_at=START + 90 * DAY)
    world.do(loyalty.hold, id="h-a", points=10, ttl=2 * DAY)
    world.do(loyalty.hold, id="h-b", points=10, ttl=2 * DAY)
    world.do(loyalty.refund, order="o")
    assert world.left(at=THEN) == {"a": 10}
    ripe = World()
    ripe.do(loyalty.adjust, points=-5, allow_negative=True, **BY)
    for name in ("first", "second"):
        ripe.do(loyalty.earn, id=name, points=10, pending=2)
    assert ripe.left(at=THEN) == {"first": 5, "second": 10}


def test_commands_of_one_instant_act_in_recording_order() -> None:
    world = World()
    assert world.refused(loyalty.redeem, points=1) == "insufficient_points"
    world.do(loyalty.earn, points=1)
    assert world.do(loyalty.redeem, points=1).points == 1


# -- ids name what a command made ----------------------------------------------------------
def test_the_id_of_a_command_names_the_earning_redemption_hold_or_entry_it_made() -> None:
    world = World()
    world.do(loyalty.earn, id="earning", points=50, pending="action")
    world.do(loyalty.activate, earning="earning")
    world.do(loyalty.redeem, id="redemption", points=5)
    world.do(loyalty.return_redeemed, redemption="redemption")
    world.do(loyalty.hold, id="hold", points=5)
    world.do(loyalty.release, hold="hold")
    world.do(loyalty.adjust, id="entry", points=5, **BY)
    world.do(loyalty.reverse, adjustment="entry")
    assert world.left() == {"earning": 50}


def test_facts_are_values_that_nothing_edits() -> None:
    fact = World().do(loyalty.earn, points=1)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        fact.points = 2
