"""Requests of loyalty: one key space, batches that are all or nothing, refusals without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

import cix
from cix.domain import loyalty
from cix.domain.decider import Call
from cix.errors import CixError
from cix.projections import membership, points_ledger
from cix.projections.membership import MemberCard
from cix.testing import FakeClock
from domain.loyalty_commands import (
    BY,
    COMMANDS,
    NOT_AMOUNTS,
    PROGRAMME,
    Command,
    stock,
)
from domain.loyalty_world import START

DAY = timedelta(days=1)


def opened(clock: FakeClock) -> cix.Engine:
    """Open a store in which every fine command would be accepted."""
    engine = cix.open("memory://", clock=clock)
    engine.publish("loyalty", "v1", PROGRAMME | {"enrolment": "required"})
    stock(lambda id, decision, key, **args: engine.by("t", id=id or None).do(decision, key, **args))
    clock.advance(hours=1)
    return engine


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def engine(clock: FakeClock) -> Iterator[cix.Engine]:
    with opened(clock) as found:
        yield found


@pytest.fixture(scope="module")
def stocked() -> Iterator[cix.Engine]:
    """A store for what is refused: nothing is ever added to it."""
    with opened(FakeClock(START)) as found:
        yield found


def head(engine: cix.Engine) -> int:
    return engine.core.store.head().position


def card(engine: cix.Engine, account: str = "m") -> MemberCard:
    found = engine.get(membership, account)
    assert found is not None
    return found


def refused(act: Any) -> str:
    """Return the rule that refuses what *act* does."""
    with pytest.raises(CixError) as caught:
        act()
    return str(getattr(caught.value, "rule", type(caught.value).__name__))


def call(command: Command, **args: Any) -> Call:
    return Call(command.decision.name, command.key, {**command.fine, **args})


EVERY = [pytest.param(one, id=name) for name, one in COMMANDS.items()]


# -- the key, before every other rule -----------------------------------------------------
@pytest.mark.parametrize("command", EVERY)
def test_a_used_id_is_a_conflict_before_every_other_rule(
    stocked: cix.Engine, command: Command
) -> None:
    before = head(stocked)
    till = stocked.by("till", id="e")
    worst = {**command.fine, **(command.unknown or ({}, ""))[0]}
    worst |= dict.fromkeys(command.amounts, -1)
    asked = [Call(command.decision.name, "ghost", worst)]
    assert refused(lambda: till.do(command.decision, "ghost", **worst)) == "idempotency_conflict"
    assert refused(lambda: till.do_all([*asked, *asked])) == "idempotency_conflict"
    assert head(stocked) == before


@pytest.mark.parametrize("command", EVERY)
def test_a_command_delivered_again_is_answered_as_the_first_time(command: Command) -> None:
    clock = FakeClock(START)
    with opened(clock) as engine:
        first = engine.by("till", id="once").do(command.decision, command.key, **command.fine)
        position = head(engine)
        clock.advance(days=400)
        later = engine.by("another", id="once", at=START + DAY)
        again = later.do(command.decision, command.key, **command.fine)
        assert (first.duplicate, again.duplicate) == (False, True)
        assert (again.facts, head(engine)) == (first.facts, position)


def test_the_answer_stays_even_after_the_account_was_closed(engine: cix.Engine) -> None:
    first = engine.by(id="spend").do(loyalty.redeem, "n", points=5)
    engine.do(loyalty.close, "n")
    again = engine.by(id="spend").do(loyalty.redeem, "n", points=5)
    assert (again.duplicate, again.facts) == (True, first.facts)


@pytest.mark.parametrize(
    ("decision", "key", "args"),
    [
        (loyalty.redeem, "m", {"points": 6}),
        (loyalty.redeem, "n", {"points": 5}),
        (loyalty.hold, "m", {"points": 5}),
        (loyalty.redeem, "m", {"points": 5, "reason": "again"}),
    ],
    ids=["another amount", "another account", "another command", "another reason"],
)
def test_decision_key_and_arguments_are_the_body(
    engine: cix.Engine, decision: Any, key: str, args: dict[str, Any]
) -> None:
    engine.by(id="spend").do(loyalty.redeem, "m", points=5)
    other = engine.by(id="spend")
    assert refused(lambda: other.do(decision, key, **args)) == "idempotency_conflict"


def test_a_refusal_leaves_no_trace_and_frees_the_id(engine: cix.Engine) -> None:
    before = head(engine)
    till = engine.by(id="free")
    assert refused(lambda: till.do(loyalty.redeem, "m", points=10**6)) == "insufficient_points"
    assert head(engine) == before
    assert engine.by(id="free").do(loyalty.earn, "n", points=1).duplicate is False


# -- bad input, for every command -----------------------------------------------------------
BAD = [
    pytest.param(one, name, bad, id=f"{word}-{name}-{bad}")
    for word, one in COMMANDS.items()
    for name in one.amounts
    for bad in NOT_AMOUNTS
]


@pytest.mark.parametrize(("command", "name", "bad"), BAD)
def test_an_amount_that_is_none_is_a_typed_refusal_and_writes_nothing(
    stocked: cix.Engine, command: Command, name: str, bad: Any
) -> None:
    before = head(stocked)
    asked = call(command, **{name: bad})
    till = stocked.by("till", id="bad")
    assert refused(lambda: till.take(asked.decision, asked.key, asked.args)) == "invalid_amount"
    assert head(stocked) == before


@pytest.mark.parametrize("command", [p for p in EVERY if p.values[0].limit])
def test_what_is_beyond_a_limit_is_a_typed_refusal_and_writes_nothing(
    stocked: cix.Engine, command: Command
) -> None:
    before = head(stocked)
    args, rule = command.limit or ({}, "")
    assert refused(lambda: stocked.do(command.decision, command.key, **args)) == rule
    assert head(stocked) == before


@pytest.mark.parametrize(
    "command", [p for p in EVERY if p.values[0].decision.decider is loyalty.DECIDER]
)  # fmt: skip
def test_an_account_nobody_enrolled_is_a_typed_refusal_and_writes_nothing(
    stocked: cix.Engine, command: Command
) -> None:
    before = head(stocked)
    ghost = refused(lambda: stocked.do(command.decision, "ghost", **command.fine))
    assert (ghost, head(stocked)) == ("account_not_found", before)


# -- batches ----------------------------------------------------------------------------------
@pytest.mark.parametrize("command", [p for p in EVERY if p.values[0].state])
def test_the_first_refusal_refuses_the_whole_batch_with_its_reason(
    stocked: cix.Engine, command: Command
) -> None:
    before = head(stocked)
    args, rule = command.state or ({}, "")
    calls = [
        Call("loyalty.earn", "m", {"points": 1}),
        Call(command.decision.name, command.key, args),
        Call("loyalty.redeem", "ghost", {"points": -1}),
    ]
    assert refused(lambda: stocked.by(id="batch").do_all(calls)) == rule
    assert head(stocked) == before
    assert refused(lambda: stocked.by(id="batch").do_all(calls[2:])) == "account_not_found"


def test_a_batch_applies_in_order_at_one_instant_in_one_append(engine: cix.Engine) -> None:
    before = head(engine)
    spend = Call("loyalty.redeem", "n", {"points": 60})
    earn = Call("loyalty.earn", "n", {"points": 20})
    assert refused(lambda: engine.do_all([spend, earn])) == "insufficient_points"
    engine.by(id="batch").do_all([earn, spend])
    made = engine.core.store.read(after=before)
    assert [one.type for one in made] == ["points.earned", "points.redeemed"]
    assert len({(one.occurred_at, one.recorded_at) for one in made}) == 1


def test_the_checks_of_a_batch_see_what_its_earlier_commands_did(engine: cix.Engine) -> None:
    close = Call("loyalty.close", "n")
    late = Call("loyalty.earn", "n", {"points": -1})
    assert refused(lambda: engine.do_all([close, late])) == "account_closed"
    twice = Call("loyalty.purchase", "n", {"amount": 5, "order": "p"})
    assert refused(lambda: engine.do_all([twice, twice])) == "order_already_earned"


def test_each_command_of_a_batch_names_what_it_made(engine: cix.Engine) -> None:
    buy = [
        Call("loyalty.purchase", "n", {"amount": amount, "order": order})
        for order, amount in (("one", 10_000), ("two", 5_000))
    ]
    engine.by(id="b").do_all(buy)
    assert [(lot.lot, lot.left) for lot in card(engine, "n").lots[1:]] == [("b", 100), ("b/2", 50)]
    assert [line.lot for line in engine.lines(points_ledger, "n")][-4::2] == ["b", "b/2"]
    engine.do(loyalty.refund, "n", order="two")
    assert [lot.lot for lot in card(engine, "n").lots[1:]] == ["b"]
    assert card(engine, "n").growth == 100


def test_holds_redemptions_and_adjustments_of_a_batch_are_each_ended_by_their_own_name(
    engine: cix.Engine,
) -> None:
    held = [Call("loyalty.hold", "n", {"points": n}) for n in (1, 2)]
    spent = [Call("loyalty.redeem", "n", {"points": n}) for n in (3, 4)]
    by_hand = [Call("loyalty.adjust", "n", {"points": n, **BY}) for n in (5, 6)]
    engine.by(id="b").do_all([*held, *spent, *by_hand])
    before = card(engine, "n").balance
    engine.do(loyalty.release, "n", hold="b/2")
    assert card(engine, "n").held == 1
    assert engine.do(loyalty.return_redeemed, "n", redemption="b/3").facts[0].points == 3
    engine.do(loyalty.reverse, "n", adjustment="b/6")
    assert card(engine, "n").balance == before + 3 - 6


def test_the_names_of_a_batch_are_ids_of_the_one_key_space(engine: cix.Engine) -> None:
    calls = [Call("loyalty.earn", "n", {"points": n}) for n in (1, 2)]
    engine.by(id="b").do_all(calls)
    single = engine.by(id="b/2")
    assert refused(lambda: single.do(loyalty.earn, "n", points=2)) == "idempotency_conflict"
    assert engine.by(id="b").do_all(calls).duplicate
    shorter = engine.by(id="b")
    assert refused(lambda: shorter.do_all(calls[:1])) == "idempotency_conflict"
    engine.by(id="c/2").do(loyalty.earn, "n", points=1)
    assert refused(lambda: engine.by(id="c").do_all(calls)) == "idempotency_conflict"


def test_a_default_that_is_spelled_out_is_the_same_request(engine: cix.Engine) -> None:
    counter = engine.by("c", id="kind")
    assert not counter.do(loyalty.adjust, "m", points=5, reason="r", actor="a").duplicate
    spelled = {"points": 5, "reason": "r", "actor": "a", "allow_negative": False}
    assert counter.do(loyalty.adjust, "m", **spelled).duplicate
    with pytest.raises(CixError, match="kind"):
        counter.do(loyalty.adjust, "m", **(spelled | {"allow_negative": True}))


def test_what_only_looks_like_a_default_is_refused_as_ever(engine: cix.Engine) -> None:
    with pytest.raises(CixError, match="growth"):
        engine.by("c").do(loyalty.earn, "m", points=5, growth=False)


def test_lines_of_a_fact_effective_tomorrow_are_there_from_its_recording_on(
    clock: FakeClock, engine: cix.Engine
) -> None:
    engine.by("c", at=clock() + 3 * DAY).do(loyalty.earn, "n", points=104)
    now = engine.lines(points_ledger, "n")
    assert now == engine.lines(points_ledger, "n", as_of=clock())
    assert [line.points for line in now if line.points > 100] == [104]


def test_one_tick_grants_every_birthday_that_is_due_and_another_nothing(clock: FakeClock) -> None:
    with cix.open("memory://", clock=clock) as engine:
        engine.publish("loyalty", "v1", {"birthday_points": 50})
        engine.do(loyalty.note_birthday, "m", month=3, day=5)
        clock.advance(days=430)
        assert engine.tick().performed == 2
        assert engine.tick().performed == 0
        card = engine.get(membership, "m")
        assert card is not None
        assert card.earned == 100


def test_a_credit_is_reversed_by_its_own_lot_whatever_its_id_looks_like(clock: FakeClock) -> None:
    with cix.open("memory://", clock=clock) as engine:
        for n in (1, 2):
            engine.do(loyalty.earn, "a", points=5, expires_at=clock() + n * 30 * DAY)
        engine.by(id="g").do(loyalty.gift, "a", to="b", points=10)  # lots g and g#1
        credit = engine.by(id="g#1")
        credit.do(loyalty.adjust, "b", points=7, reason="r", actor="a")
        engine.do(loyalty.reverse, "b", adjustment="g#1")
        card = engine.get(membership, "b")
        assert card is not None
        assert {lot.lot: lot.left for lot in card.lots} == {"g": 5, "g#1": 5}
