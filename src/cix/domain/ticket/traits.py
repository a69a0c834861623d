"""Decisions on what a ticket is: priority, classes, labels, custom fields."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from cix.domain.decider import BY_RULE
from cix.domain.terms import Priority
from cix.domain.ticket.facts import (
    Event,
    TicketFieldSet,
    TicketPrioritised,
    TicketReclassified,
    TicketTagged,
    TicketUntagged,
)
from cix.domain.ticket.life import Field
from cix.domain.ticket.room import DECIDER
from cix.domain.ticket.rules import refusal, workable
from cix.domain.ticket.state import Ticket


@DECIDER.decision
def prioritise(
    ticket: Ticket, at: datetime, *, priority: Priority, reason: str | None = None
) -> tuple[Event, ...]:
    """Change the priority. Refused: ``ticket_closed``, ``ticket_merged``."""
    workable(ticket)
    return () if ticket.priority == priority else (TicketPrioritised(priority, reason),)


@DECIDER.decision
def reclassify(  # noqa: PLR0913  # a ticket has that many classes
    ticket: Ticket,
    at: datetime,
    *,
    type: str | None = None,
    topic: str | None = None,
    complexity: str | None = None,
    segment: str | None = None,
    tier: str | None = None,
    department: str | None = None,
    group: str | None = None,
    language: str | None = None,
    reason: str | None = None,
) -> tuple[Event, ...]:
    """Correct what the ticket is; what is left out, or is so already, stays as it is."""
    workable(ticket)
    changed = TicketReclassified(
        _new(ticket.type, type),
        _new(ticket.topic, topic),
        _new(ticket.complexity, complexity),
        _new(ticket.segment, segment),
        _new(ticket.tier, tier),
        _new(ticket.department, department),
        _new(ticket.group, group),
        _new(ticket.language, language),
        reason,
    )
    return () if changed == TicketReclassified(reason=reason) else (changed,)


def _new(held: str | None, asked: str | None) -> str | None:
    return None if asked == held else asked


@DECIDER.decision
def tag(
    ticket: Ticket, at: datetime, *, label: str, reason: str | None = None
) -> tuple[Event, ...]:
    """Put a label on the ticket."""
    workable(ticket)
    return () if label in ticket.labels else (TicketTagged(label, reason),)


@DECIDER.decision
def untag(ticket: Ticket, at: datetime, *, label: str) -> tuple[Event, ...]:
    """Take a label off."""
    workable(ticket)
    return (TicketUntagged(label),) if label in ticket.labels else ()


@DECIDER.decision
def set_field(
    ticket: Ticket, at: datetime, *, name: str, value: Annotated[str | int | bool, BY_RULE]
) -> tuple[Event, ...]:
    """Set a custom field to a value of the type that the desk's policy gives it.

    Free text is kept apart as personal content and is written each time; dates and instants are
    given as text. Refused: ``unknown_field``, ``field_value``.
    """
    workable(ticket)
    rule = ticket.desk(at).rule(name)
    if rule is None:
        raise refusal(ticket, "unknown_field", f"the desk has no field {name!r}")
    text = rule.read(ticket.key, value)
    if rule.type == "text":
        return (TicketFieldSet(name, None, text),)
    return () if Field(name, text) in ticket.fields else (TicketFieldSet(name, text),)
