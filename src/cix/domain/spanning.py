"""Decisions that span rooms: what one room needs of another is read, decided on and copied.

A fold never reads a second room; so what a decision found out elsewhere stands in its fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from cix.domain import loyalty, ticket
from cix.domain.decider import Models, Reading
from cix.domain.loyalty.checks import existing
from cix.domain.terms import Channel, Priority
from cix.domain.ticket import Field, TicketOpened
from cix.domain.ticket.life import BENEFIT, ENTITLED
from cix.errors import RuleBrokenError
from cix.plain import canonical


def _member(_: str, args: Mapping[str, Any]) -> tuple[Reading, ...]:
    return (Reading(loyalty.DECIDER, args["account"]),)


def _text(value: object) -> str:
    return value if isinstance(value, str) else canonical(value)


def _promised(seen: loyalty.Standing) -> tuple[Field, ...]:
    """Return the fields by which a ticket keeps what its member was entitled to."""
    benefits = (Field(f"{BENEFIT}{name}", _text(seen.benefits[name])) for name in seen.benefits)
    whose = zip(ENTITLED, (seen.account, str(seen.position)), strict=True)
    return (
        *(Field(name, value) for name, value in whose),
        *sorted(benefits, key=lambda field: field.name),
    )


@ticket.DECIDER.spanning(_member)
def open_for_member(  # noqa: PLR0913  # what a ticket is opened with
    models: Models,
    at: datetime,
    *,
    account: str,
    record: str | None = None,
    channel: Channel | None = None,
    priority: Priority = "normal",
    status: str | None = None,
    type: str | None = None,
    topic: str | None = None,
    complexity: str | None = None,
    segment: str | None = None,
    department: str | None = None,
    group: str | None = None,
    agent: str | None = None,
    level: int = 1,
    language: str | None = None,
    tags: tuple[str, ...] = (),
    contact: str | None = None,
    follow_up_of: str | None = None,
    subject: str | None = None,
    description: str | None = None,
) -> tuple[ticket.Event, ...]:
    """Open a ticket for the member of *account*, with the tier held at that instant.

    The ticket keeps the tier's name, as fields its position (``tier_position``) and benefits
    (``benefit.NAME``), and the ``account``; so SLA policies promise by what held then, whatever
    becomes of the member. *record* is the account's own unless given. A closed account has no
    tier. Refused: ``account_not_found`` where enrolment is required, ``record_missing`` when the
    account belongs to no record, and as ``open`` is.
    """
    member = models.of(loyalty.DECIDER, account)
    existing(member)
    seen = loyalty.standing(member.as_of(at), at)
    whose = record or member.ledger.record
    if whose is None:
        because = f"account {account} belongs to no record; name one"
        raise RuleBrokenError("record_missing", "ticket", models.key, because)
    made = ticket.open(
        models.own,
        at,
        record=whose,
        channel=channel,
        priority=priority,
        status=status,
        type=type,
        topic=topic,
        complexity=complexity,
        segment=segment,
        tier=None if seen.is_closed else seen.tier,
        department=department,
        group=group,
        agent=agent,
        level=level,
        language=language,
        tags=tags,
        contact=contact,
        follow_up_of=follow_up_of,
        subject=subject,
        description=description,
    )
    fields = (Field("account", account),) if seen.is_closed else _promised(seen)
    evolve: Any = attrs.evolve  # checkers take a fact for no attrs class
    return tuple(
        evolve(fact, fields=fields) if isinstance(fact, TicketOpened) else fact for fact in made
    )
