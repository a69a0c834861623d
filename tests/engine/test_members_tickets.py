"""A member's ticket: the tier held when it was opened decides what is promised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

import cix
from cix.domain import loyalty, ticket
from cix.domain.spanning import open_for_member
from cix.errors import CixError
from cix.projections.sla_timers import sla_timers
from cix.testing import FakeClock
from engine.conftest import START

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PROGRAMME: dict[str, Any] = {
    "tiers": [
        {"name": "base", "at": 0},
        {"name": "gold", "at": 100, "benefits": {"support_hours": 4, "adviser": True}},
    ],
}


def promise(name: str, hours: int, **when: str) -> dict[str, Any]:
    target = {
        "name": "first_response",
        "kind": "first_response",
        "seconds": hours * 3600,
        "calendar": "always",
    }
    return {"name": name, "family": "service", "targets": [target], "when": when}


CHANNELS = {
    "policy": [promise("four hours", 4, **{"benefit.support_hours": "4"}), promise("all", 24)]
}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def engine(clock: FakeClock) -> Iterator[cix.Engine]:
    with cix.open("memory://", clock=clock) as opened:
        opened.publish("loyalty", "v1", PROGRAMME)
        opened.publish("sla", "v1", CHANNELS)
        opened.do(loyalty.enrol, "acc", record="r-1")
        yield opened


def opened_as(engine: cix.Engine, key: str = "t-1") -> dict[str, Any]:
    """Return what the ticket's opening holds."""
    (fact,) = (
        line["data"]
        for line in engine.export()
        if line["fact"] == "ticket.opened" and f"ticket:{key}" in line["tags"]
    )
    fields = {one["name"]: one["value"] for one in fact["fields"]}
    return {"record": fact["record"], "tier": fact["tier"], **fields}


def due(engine: cix.Engine, key: str = "t-1") -> timedelta:
    """Return how long after START the first response of a ticket is due."""
    found = engine.get(sla_timers, key)
    assert found is not None
    (timer,) = found.timers
    assert isinstance(timer.due_at, datetime)
    return timer.due_at - START


GOLD = {
    "record": "r-1",
    "tier": "gold",
    "account": "acc",
    "tier_position": "1",
    "benefit.adviser": "true",
    "benefit.support_hours": "4",
}


def test_a_ticket_copies_the_tier_and_the_benefits_held_when_it_is_opened(
    engine: cix.Engine,
) -> None:
    engine.do(loyalty.grow, "acc", growth=100)
    engine.do(open_for_member, "t-1", account="acc", priority="high", subject="late")
    assert opened_as(engine) == GOLD
    assert due(engine) == 4 * HOUR


def test_a_tier_reached_after_the_opening_promises_nothing_for_the_open_ticket(
    engine: cix.Engine,
) -> None:
    engine.do(open_for_member, "t-1", account="acc")
    engine.do(loyalty.grow, "acc", growth=100)
    engine.do(open_for_member, "t-2", account="acc")
    assert (due(engine, "t-1"), due(engine, "t-2")) == (24 * HOUR, 4 * HOUR)
    assert opened_as(engine)["tier"] == "base"


def test_a_tier_lost_since_keeps_the_promise_of_the_open_ticket(
    engine: cix.Engine, clock: FakeClock
) -> None:
    engine.do(loyalty.earn, "acc", points=1, growth=100, order="o", amount=1)
    engine.do(open_for_member, "t-1", account="acc")
    engine.do(loyalty.refund, "acc", order="o")
    assert due(engine) == 4 * HOUR


@pytest.mark.parametrize(
    ("early", "tier"),
    [(timedelta(0), "gold"), (timedelta(microseconds=1), "base")],
    ids=["at the upgrade", "just before it"],
)
def test_an_opening_told_late_reads_the_tier_of_its_own_instant(
    engine: cix.Engine, clock: FakeClock, early: timedelta, tier: str
) -> None:
    then = clock.advance(days=1)
    engine.do(loyalty.earn, "acc", points=1, growth=100, order="o", amount=1)
    clock.advance(days=1)
    engine.do(loyalty.refund, "acc", order="o")
    engine.by(at=then - early).do(open_for_member, "t-1", account="acc")
    assert opened_as(engine)["tier"] == tier


def test_a_floor_counts_as_the_tier_held(engine: cix.Engine) -> None:
    engine.do(loyalty.set_floor, "acc", tier="gold", until=START + DAY)
    engine.do(open_for_member, "t-1", account="acc")
    assert opened_as(engine) == GOLD


def test_a_closed_account_has_no_tier(engine: cix.Engine) -> None:
    engine.do(loyalty.set_floor, "acc", tier="gold")
    engine.do(loyalty.close, "acc")
    engine.do(open_for_member, "t-1", account="acc")
    assert opened_as(engine) == {"record": "r-1", "tier": None, "account": "acc"}


def test_an_account_without_a_record_needs_one_named(engine: cix.Engine) -> None:
    before = engine.core.store.head()
    with pytest.raises(CixError, match="record_missing"):
        engine.do(open_for_member, "t-1", account="new")
    assert engine.core.store.head() == before
    engine.do(open_for_member, "t-1", account="new", record="r-9")
    assert opened_as(engine)["record"] == "r-9"
    engine.publish("loyalty", "v2", PROGRAMME | {"enrolment": "required"})
    with pytest.raises(CixError, match="account_not_found"):
        engine.do(open_for_member, "t-2", account="new", record="r-9")


def test_it_is_the_tickets_decision_like_any_other(engine: cix.Engine) -> None:
    engine.by(id="one").do(open_for_member, "t-1", account="acc")
    assert engine.by(id="one").do(open_for_member, "t-1", account="acc").duplicate
    assert not engine.do(open_for_member, "t-1", account="acc")
    engine.do(ticket.open, "t-9", record="r-other")
    with pytest.raises(CixError, match="ticket_exists"):
        engine.do(open_for_member, "t-9", account="acc")
    taken = engine.take("ticket.open_for_member", "t-3", {"account": "acc", "type": "presale"})
    assert taken.facts[0].type == "presale"


def test_writing_a_ticket_touches_no_account(engine: cix.Engine) -> None:
    engine.do(open_for_member, "t-1", account="acc")
    last = engine.core.store.read()[-1]
    assert last.tags[:2] == ("ticket:t-1", "record:r-1")
    assert not any(tag.startswith("account:") for tag in last.tags)


def test_a_ticket_split_off_keeps_what_the_member_was_entitled_to(engine: cix.Engine) -> None:
    engine.do(loyalty.grow, "acc", growth=100)
    engine.do(open_for_member, "t-1", account="acc")
    engine.do(ticket.split, "t-2", origin="t-1")
    assert opened_as(engine, "t-2") == GOLD
    assert due(engine, "t-2") == 4 * HOUR
