"""Many tills on one store, in threads and in processes: nobody spends a point twice.

Every round puts fresh accounts before the tills and lets all of them act at one instant. There
are few rounds unless ``CIX_RACE_ROUNDS`` asks for more.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import pytest

import cix
from cix.domain import loyalty
from cix.errors import DomainError
from cix.projections import membership

ROUNDS = int(os.environ.get("CIX_RACE_ROUNDS", "6"))
THREADS, PROCESSES = 10, 4
PATIENCE = 120.0
CHILDREN = multiprocessing.get_context("fork")
Answers = Counter[str]


@attrs.frozen
class Race:
    """What is there before a round, what each till does in it, and what must be true after."""

    before: Callable[[cix.Engine, int], object]
    act: Callable[[cix.Engine, int, int], object]
    after: Callable[[cix.Engine, int, Answers, int], None]


def answered(act: Callable[[], Any]) -> str:
    """Return how a command ended: fresh, duplicate, or the rule that refused it."""
    try:
        return "duplicate" if act().duplicate else "fresh"
    except DomainError as error:
        return str(error.rule)


def balance(engine: cix.Engine, account: str) -> int:
    card = engine.get(membership, account)
    assert card is not None
    return card.balance


# -- one balance, many tills -------------------------------------------------------
def fill(engine: cix.Engine, n: int) -> object:
    return engine.do(loyalty.earn, f"m-{n}", points=25)


def redeem(engine: cix.Engine, n: int, till: int) -> object:
    return engine.by(f"till-{till}").do(loyalty.redeem, f"m-{n}", points=10)


def two_were_paid(engine: cix.Engine, n: int, answers: Answers, tills: int) -> None:
    assert answers == {"fresh": 2, "insufficient_points": tills - 2}
    assert balance(engine, f"m-{n}") == 5


# -- one command, delivered by everybody -------------------------------------------
def deliver(engine: cix.Engine, n: int, till: int) -> object:
    return engine.by("till", id=f"paid-{n}").do(loyalty.redeem, f"m-{n}", points=10)


def one_effect(engine: cix.Engine, n: int, answers: Answers, tills: int) -> None:
    assert answers == {"fresh": 1, "duplicate": tills - 1}
    assert balance(engine, f"m-{n}") == 15


# -- one hold, captured by everybody -----------------------------------------------
def set_aside(engine: cix.Engine, n: int) -> object:
    fill(engine, n)
    return engine.by(id=f"hold-{n}").do(loyalty.hold, f"m-{n}", points=20)


def capture(engine: cix.Engine, n: int, till: int) -> object:
    return engine.by(f"till-{till}").do(loyalty.capture, f"m-{n}", hold=f"hold-{n}", points=till)


def one_captured(engine: cix.Engine, n: int, answers: Answers, tills: int) -> None:
    assert answers == {"fresh": 1, "hold_captured": tills - 1}
    card = engine.get(membership, f"m-{n}")
    assert card is not None
    assert card.held == 0
    assert 0 <= card.redeemed < tills
    assert card.balance == 25 - card.redeemed


# -- gifts both ways ---------------------------------------------------------------
def fill_two(engine: cix.Engine, n: int) -> object:
    fill(engine, n)
    return engine.do(loyalty.earn, f"n-{n}", points=25)


def give(engine: cix.Engine, n: int, till: int) -> object:
    one, other = (f"m-{n}", f"n-{n}")[:: 1 if till % 2 else -1]
    return engine.by(f"till-{till}").do(loyalty.gift, one, to=other, points=1 + till % 3)


def nothing_was_lost(engine: cix.Engine, n: int, answers: Answers, tills: int) -> None:
    assert answers == {"fresh": tills}
    sent = sum((1 if till % 2 else -1) * (1 + till % 3) for till in range(tills))
    assert (balance(engine, f"m-{n}"), balance(engine, f"n-{n}")) == (25 - sent, 25 + sent)


# -- pools of the same two, asked from both sides ------------------------------------
def spend_together(engine: cix.Engine, n: int, till: int) -> object:
    one, other = (f"m-{n}", f"n-{n}")[:: 1 if till % 2 else -1]
    till_of = engine.by(f"till-{till}")
    return till_of.do(loyalty.redeem_pooled, one, members=(other,), points=10)


def five_were_paid(engine: cix.Engine, n: int, answers: Answers, tills: int) -> None:
    paid = min(5, tills)
    assert answers == Counter({"fresh": paid}) + Counter({"insufficient_points": tills - paid})
    assert balance(engine, f"m-{n}") + balance(engine, f"n-{n}") == 50 - 10 * paid


RACES: Mapping[str, Race] = {
    "tills": Race(fill, redeem, two_were_paid),
    "deliveries": Race(fill, deliver, one_effect),
    "captures": Race(set_aside, capture, one_captured),
    "gifts": Race(fill_two, give, nothing_was_lost),
    "pools": Race(fill_two, spend_together, five_were_paid),
}


# -- the tracks --------------------------------------------------------------------
def run(url: str, race: Race, till: int, gate: Any) -> list[str]:
    """Act once a round, at the same instant as the other tills; return every answer."""
    with cix.open(url, views="worker") as engine:
        return rounds(engine, race, till, gate)


def rounds(engine: cix.Engine, race: Race, till: int, gate: Any) -> list[str]:
    found: list[str] = []
    for n in range(ROUNDS):
        gate.wait(PATIENCE)
        found.append(answered(lambda n=n: race.act(engine, n, till)))  # type: ignore[misc]  # the round is bound at once
    return found


def judge(engine: cix.Engine, race: Race, answers: Sequence[Sequence[str]]) -> None:
    """Hold every round's answers against what must be true after it."""
    for n in range(ROUNDS):
        race.after(engine, n, Counter(one[n] for one in answers), len(answers))
    live = engine.digest(membership)
    engine.rebuild(membership)
    assert engine.digest(membership) == live


@pytest.mark.parametrize("name", list(RACES))
def test_ten_threads_agree_on_every_point(store_url: str, name: str) -> None:
    race = RACES[name]
    gate = threading.Barrier(THREADS)
    with cix.open(store_url) as engine, ThreadPoolExecutor(THREADS) as threads:
        for n in range(ROUNDS):
            race.before(engine, n)
        waiting = [threads.submit(rounds, engine, race, till, gate) for till in range(THREADS)]
        judge(engine, race, [one.result() for one in waiting])


@pytest.mark.parametrize("name", list(RACES))
def test_four_processes_agree_on_every_point(store_url: str, name: str) -> None:
    race = RACES[name]
    with cix.open(store_url) as engine:
        for n in range(ROUNDS):
            race.before(engine, n)
    answers = in_processes(store_url, name)
    with cix.open(store_url) as engine:
        engine.work()
        judge(engine, race, answers)


def in_processes(url: str, name: str) -> list[list[str]]:
    """Run a till in each of four children; what one raises is raised here."""
    gate = CHILDREN.Barrier(PROCESSES)
    with CHILDREN.Pool(PROCESSES, initializer=_inherit, initargs=(gate,)) as children:
        return children.starmap(_child, [(url, name, till) for till in range(PROCESSES)], 1)


_gates: list[Any] = []


def _inherit(gate: Any) -> None:
    _gates[:] = [gate]


def _child(url: str, name: str, till: int) -> list[str]:
    return run(url, RACES[name], till, _gates[0])
