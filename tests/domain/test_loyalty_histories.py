"""Properties of any history: the invariants, replay, snapshots, ticks, old states, traces."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cix.domain import loyalty
from cix.domain.decider import crossings, fold, in_order, step
from cix.domain.loyalty import trace, whatif
from cix.domain.loyalty.facts import (
    HoldTimedOut,
    PointsExpired,
    PointsMatured,
    TierChanged,
)
from cix.domain.loyalty.room import account_of
from cix.domain.loyalty.values import GivenBack, Part
from domain.loyalty_histories import MEMBERS, PROGRAMMES, Command, Live, check, histories, played
from domain.loyalty_world import DAY, HOUR, START, Anything, World, on

every_programme = pytest.mark.parametrize("programme", list(PROGRAMMES))


@every_programme
@given(history=histories)
def test_the_invariants_hold_after_every_fact_and_replay_equals_live(
    programme: str, history: list[Command]
) -> None:
    world = played(programme, history)
    for key in MEMBERS:
        live = loyalty.advance(world.accounts[key], world.now)
        check(live.ledger)
        again = fold(loyalty.DECIDER, key, world.history(key), world.now)
        assert loyalty.standing(live, world.now) == loyalty.standing(again, world.now)


@every_programme
@given(history=histories, cut=st.integers(0, 30))
def test_a_snapshot_and_the_tail_equal_the_full_replay(
    programme: str, history: list[Command], cut: int
) -> None:
    world = played(programme, history)
    for key in MEMBERS:
        records = in_order("recorded", world.history(key))
        state = fold(loyalty.DECIDER, key, records[:cut])
        snapshot = loyalty.standing(state, world.now) if state.now is None else None
        for record in records[cut:]:
            state = step(loyalty.DECIDER, state, record)
        whole = fold(loyalty.DECIDER, key, records, world.now)
        assert loyalty.standing(state, world.now) == loyalty.standing(whole, world.now)
        assert snapshot is None or snapshot.balance == 0


@every_programme
@given(history=histories, ticks=st.lists(st.integers(0, 2000), max_size=8))
def test_ticks_change_no_answer(programme: str, history: list[Command], ticks: list[int]) -> None:
    world = played(programme, history)
    end = max([world.now, *(START + hours * HOUR for hours in ticks)])
    instants = sorted(START + hours * HOUR for hours in ticks)
    for key in MEMBERS:
        records = in_order("recorded", world.history(key))
        state, waiting = loyalty.new(key), list(instants)
        for record in records:
            while waiting and waiting[0] < record.recorded_at:
                state = loyalty.advance(state, waiting.pop(0))
            state = step(loyalty.DECIDER, state, record)
        for instant in waiting:
            state = loyalty.advance(state, instant)
        plain = fold(loyalty.DECIDER, key, records, end)
        assert loyalty.standing(state, end) == loyalty.standing(plain, end)


@given(history=histories)
def test_an_old_state_stays_as_true_as_it_was(history: list[Command]) -> None:
    world = played("days", history)
    records = in_order("recorded", world.history("a"))
    kept: list[tuple[loyalty.Account, loyalty.Standing]] = []
    state = loyalty.new("a")
    for record in records:
        state = step(loyalty.DECIDER, state, record)
        kept.append((state, loyalty.standing(state, record.recorded_at)))
    for old, seen in reversed(kept):
        assert loyalty.standing(old, seen.at) == seen
        later = seen.at + 9 * DAY
        fresh = fold(loyalty.DECIDER, "a", records[: kept.index((old, seen)) + 1], later)
        assert loyalty.standing(old, later) == loyalty.standing(fresh, later)


@given(history=histories)
def test_evolve_takes_any_fact_in_any_state(history: list[Command]) -> None:
    world = played("limited", history)
    for key in MEMBERS:
        state = loyalty.new(key)
        for record in reversed(world.history(key)):
            state = loyalty.evolve(state, record.fact, record)
        assert loyalty.standing(state, world.now).account == key


@every_programme
@given(history=histories)
def test_what_if_under_the_same_programme_changes_nothing(
    programme: str, history: list[Command]
) -> None:
    world = played(programme, history)
    same = loyalty.read(PROGRAMMES[programme])
    comparison = whatif.Comparison(same)
    for record in world.log:
        comparison.take(record)
    report = whatif.whatif(world.log, same, world.now)
    assert report.refused == {}
    for member in report.members:
        assert (member.points_moved, member.position_after) == (0, member.position_before)
        before, after = (
            account_of(one, world.now)
            for one in (
                comparison.before[member.account],
                comparison.after.ledger(member.account),
            )
        )
        was = loyalty.standing(before, world.now)
        assert loyalty.standing(after, world.now).lots == was.lots
    assert report.liability_before.months == report.liability_after.months


@given(history=histories)
def test_the_order_of_unrelated_accounts_is_irrelevant(history: list[Command]) -> None:
    only = [one for one in history if one[1] == 0 and one[0] not in {"gift", "pool", "settle"}]
    others = [one for one in history if one[1] == 1 and one[0] not in {"gift", "pool", "settle"}]
    alone, mixed = played("limited", only), Live(PROGRAMMES["limited"])
    from domain.loyalty_histories import play

    for command in only:
        play(mixed, command)
        mixed_now = mixed.now
        for other in others[:2]:
            play(mixed, (*other[:4], 0))
        mixed.now = mixed_now
    seen, expected = (w.see("a").balance for w in (mixed, alone))
    assert seen == expected


# -- what time decided -------------------------------------------------------------
def derived(world: World, until: Anything, key: str = "m") -> list[tuple[Any, object]]:
    return crossings(loyalty.DECIDER, key, world.history(key), until)


def test_derived_facts_say_what_time_decided_at_the_exact_instants() -> None:
    tiers = [{"name": "a", "at": 0}, {"name": "b", "at": 10}]
    world = World({"tiers": tiers, "pending": 1, "expiry": {"kind": "days", "n": 5}})
    world.do(loyalty.earn, id="e", points=10, growth=10)
    world.do(loyalty.hold, id="h", at=START + 2 * DAY, points=4, ttl=HOUR)
    assert derived(world, START + 400 * DAY) == [
        (START + DAY, PointsMatured("e", 10)),
        (START + 2 * DAY + HOUR, HoldTimedOut("h", GivenBack((Part("e", 4),)))),
        (START + 7 * DAY, PointsExpired("e", 10)),
        (on("2025-01-02"), TierChanged(1, 0, "a", "review")),
    ]


def test_a_floor_and_a_version_move_the_tier_shown() -> None:
    tiers = [{"name": "a", "at": 0}, {"name": "b", "at": 100}]
    world = World({"tiers": tiers})
    world.do(loyalty.grow, growth=50)
    world.do(loyalty.set_floor, tier="b", since=START + DAY, until=START + 2 * DAY)
    lower = [{"name": "a", "at": 0}, {"name": "b", "at": 50}]
    world.publish({"tiers": lower}, START + 9 * DAY)
    assert derived(world, START + 30 * DAY) == [
        (START + DAY, TierChanged(0, 1, "b", "floor")),
        (START + 2 * DAY, TierChanged(1, 0, "a", "floor")),
        (START + 9 * DAY, TierChanged(0, 1, "b", "programme")),
    ]


@given(history=histories)
def test_every_deadline_lies_ahead_and_crossing_them_one_by_one_is_an_advance(
    history: list[Command],
) -> None:
    world = played("days", history)
    until = world.now + timedelta(days=30)
    for key in MEMBERS:
        state = world.state(key)
        while due := [d.due for d in loyalty.deadlines(state) if d.action is None]:
            assert min(due) > state.now
            if min(due) > until:
                break
            state = loyalty.advance(state, min(due))
        state = loyalty.advance(state, until)
        whole = fold(loyalty.DECIDER, key, world.history(key), until)
        assert loyalty.standing(state, until) == loyalty.standing(whole, until)


# -- where a point came from ---------------------------------------------------------
def test_a_lot_is_traced_from_its_grant_to_every_place_its_points_went() -> None:
    world = World({"expiry": {"kind": "days", "n": 5}}, now=START)
    world.do(loyalty.earn, id="e", points=10)
    world.do(loyalty.redeem, id="r", points=3)
    world.do(loyalty.gift, id="g", to="n", points=2)
    found = trace.trace("m", world.history("m"), "e", START + 30 * DAY)
    assert found is not None
    assert (found.programme, found.granted, found.left, found.position) == ("v1", 10, 0, 2)
    assert [(t.source, t.target, t.points, t.ref) for t in found.transfers] == [
        ("issued", "available", 10, "e"),
        ("available", "redeemed", 3, "r"),
        ("available", "gifts", 2, "g"),
        ("available", "expired", 5, "e"),
    ]
    received = trace.trace("n", world.history("n"), "g")
    assert received is not None
    assert (received.origin, received.source) == (("e",), "gift")
    assert trace.trace("m", world.history("m"), "nothing") is None


@given(history=histories)
def test_the_statements_lines_sum_to_zero_and_end_at_the_balance(history: list[Command]) -> None:
    world = played("days", history)
    for key in MEMBERS:
        lines = trace.statement(key, world.history(key), world.now)
        assert sum(line.points for line in lines) == 0
        assert trace.member_balance(lines) == world.see(key).balance
        running: dict[str, int] = {}
        for line in lines:
            running[line.purse] = running.get(line.purse, 0) + line.points
            assert line.balance == running[line.purse]
