"""Tickets told in a few words, for tests of the SLA clocks: times of Monday 2026-03-02, UTC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from cix.domain.sla import (
    CalendarVersion,
    Created,
    FactIn,
    MessageAdded,
    Noted,
    PolicyVersion,
    StatusChanged,
    Timer,
    timers,
)

WEEK = ("mon", "tue", "wed", "thu", "fri")
OFFICE = {"name": "desk", "zone": "UTC", "weekly": {day: ["09:00-18:00"] for day in WEEK}}
DESK = CalendarVersion.of(OFFICE)

CUSTOMER = MessageAdded("customer")
AGENT = MessageAdded("agent")
NOTE = MessageAdded("agent", public=False)
AUTO = MessageAdded("agent", auto=True)
BOT = MessageAdded("bot")

Move = tuple[Any, ...]


def t(text: str) -> datetime:
    """Return ``9:30`` or ``9:30:15`` of Monday; ``tue 9:30`` of Tuesday, ``+7 9:30`` a week on."""
    day, _, clock = text.rpartition(" ")
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    days = 0 if not day else int(day) if day[0] in "+-" else names.index(day)
    parts = [int(part) for part in clock.split(":")]
    hours, minutes, seconds = (*parts, 0, 0)[:3]
    return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(
        days=days, hours=hours, minutes=minutes, seconds=seconds
    )


def story(*moves: Move) -> list[Noted]:
    """Return facts from (time, fact) or (time, fact, recorded time); positions count from 1.

    A text in the place of a fact is the status that is entered.
    """
    found: list[Noted] = []
    for n, (when, what, *recorded) in enumerate(moves, start=1):
        fact: FactIn = StatusChanged(what) if isinstance(what, str) else what
        known = t(recorded[0]) if recorded else None
        found.append(Noted.of(fact, t(when), known, position=n))
    return found


def opened(when: str = "9:00", status: str = "open", **fields: object) -> Move:
    """Return the creation of a ticket."""
    own = {"channel", "priority", "requester", "segment"}
    named = {name: value for name, value in fields.items() if name in own}
    others = tuple((name, value) for name, value in fields.items() if name not in own)
    return (when, Created(status, fields=others, **named))


def target(name: str = "resolution", seconds: int = 3600, **keys: object) -> dict[str, Any]:
    """Return a target of plain data; an hour of calendar time unless told otherwise."""
    return {"name": name, "seconds": seconds, "calendar": "always", **keys}


def policy(*targets: dict[str, Any], **keys: object) -> dict[str, Any]:
    """Return a policy of plain data that holds for every ticket."""
    return {"name": "p", "family": "sla", "targets": list(targets), **keys}


def rules(*policies: dict[str, Any], **keys: object) -> list[PolicyVersion]:
    """Return one version of policies that holds from the first fact on."""
    return [PolicyVersion.of({"policy": list(policies), **keys})]


def promised(*targets: dict[str, Any], **keys: object) -> list[PolicyVersion]:
    """Return one version with one policy of these targets."""
    return rules(policy(*targets, **keys))


def show(
    facts: Iterable[Noted],
    policies: Iterable[PolicyVersion],
    at: str,
    as_of: str | None = None,
    calendars: Iterable[CalendarVersion] = (DESK,),
) -> tuple[Timer, ...]:
    """Return the timers of a ticket at a time."""
    known = None if as_of is None else t(as_of)
    return timers(facts, policies, calendars, t(at), known, ticket="t-1")


def one(
    facts: Iterable[Noted],
    policies: Iterable[PolicyVersion],
    at: str,
    as_of: str | None = None,
    calendars: Iterable[CalendarVersion] = (DESK,),
) -> Timer:
    """Return the only timer of a ticket at a time."""
    (found,) = show(facts, policies, at, as_of, calendars)
    return found


def minutes(n: float) -> timedelta:
    """Return a duration in minutes."""
    return timedelta(minutes=n)
