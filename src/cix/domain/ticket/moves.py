"""Decisions by which a ticket enters a status: ``()`` when it is in it already."""

from __future__ import annotations

from datetime import datetime

from cix.domain.terms import Channel, Priority
from cix.domain.ticket.facts import Event
from cix.domain.ticket.life import (
    Party,
    TicketClosed,
    TicketHeld,
    TicketOpened,
    TicketPended,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketStatusChanged,
)
from cix.domain.ticket.room import DECIDER
from cix.domain.ticket.rules import in_hand, refusal, settled, standing, unsolved, workable
from cix.domain.ticket.state import Ticket
from cix.domain.ticket.windows import reopens_until


@DECIDER.decision
def open(  # noqa: PLR0913  # a ticket has that many fields
    ticket: Ticket,
    at: datetime,
    *,
    record: str,
    channel: Channel | None = None,
    priority: Priority = "normal",
    status: str | None = None,
    type: str | None = None,
    topic: str | None = None,
    complexity: str | None = None,
    segment: str | None = None,
    tier: str | None = None,
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
) -> tuple[Event, ...]:
    """Open the ticket for *record*; with an agent it starts as ``open``, else as ``new``.

    Refused: ``ticket_exists`` when it belongs to another record, ``unknown_status``,
    ``wrong_category`` for a status in which no ticket starts.
    """
    if ticket.exists:
        if ticket.record == record:
            return ()
        raise refusal(ticket, "ticket_exists", "it belongs to another record")
    status = status or ("new" if agent is None else "open")
    category = standing(ticket, at, status, "new", "open", "pending")
    return (
        TicketOpened(
            record,
            channel,
            priority,
            status,
            category,
            type,
            topic,
            complexity,
            segment,
            tier,
            department,
            group,
            agent,
            level,
            language,
            (),
            tuple(dict.fromkeys(tags)),
            contact,
            follow_up_of,
            subject,
            description,
        ),
    )


@DECIDER.decision
def pend(
    ticket: Ticket,
    at: datetime,
    *,
    agent: str | None = None,
    reason: str | None = None,
    status: str = "pending",
    seen: int | None = None,
) -> tuple[Event, ...]:
    """Wait for the customer.

    Refused: ``ticket_resolved``, ``ticket_closed``, ``ticket_merged``, ``claimed_by_another``,
    ``ticket_changed``, ``unknown_status``, ``wrong_category``.
    """
    unsolved(ticket)
    in_hand(ticket, at, agent, seen)
    category = standing(ticket, at, status, "pending")
    if ticket.status == status:
        return ()
    return (TicketPended(agent, reason, status, category),)


@DECIDER.decision
def hold(
    ticket: Ticket,
    at: datetime,
    *,
    agent: str | None = None,
    reason: str | None = None,
    until: datetime | None = None,
    status: str = "on_hold",
) -> tuple[Event, ...]:
    """Wait for somebody else, perhaps *until* an instant. Refused as ``pend`` is."""
    unsolved(ticket)
    in_hand(ticket, at, agent)
    category = standing(ticket, at, status, "pending")
    if ticket.status == status:
        return ()
    return (TicketHeld(agent, reason, until, status, category),)


@DECIDER.decision
def resume(
    ticket: Ticket, at: datetime, *, agent: str | None = None, by: Party = "agent"
) -> tuple[Event, ...]:
    """Go on working. A ticket nobody waits with is left alone; refused: ``ticket_resolved``."""
    unsolved(ticket)
    if ticket.category != "pending":
        return ()
    return (TicketResumed(by, agent),)


@DECIDER.decision
def resolve(
    ticket: Ticket,
    at: datetime,
    *,
    agent: str | None = None,
    resolution: str | None = None,
    note: str | None = None,
    status: str = "resolved",
    seen: int | None = None,
) -> tuple[Event, ...]:
    """Hold the matter to be solved.

    Refused: ``complaint_open``, ``ticket_closed``, ``ticket_merged``, ``claimed_by_another``,
    ``ticket_changed`` when the customer wrote after position *seen*.
    """
    workable(ticket)
    category = standing(ticket, at, status, "resolved")
    if ticket.category == "resolved":
        return ()
    in_hand(ticket, at, agent, seen)
    settled(ticket)
    return (TicketResolved(agent, resolution, status, category, ticket.agent, note),)


@DECIDER.decision
def reopen(
    ticket: Ticket, at: datetime, *, reason: str, by: Party = "agent", status: str = "open"
) -> tuple[Event, ...]:
    """Take a resolved ticket up again; one that is not resolved is left alone.

    Refused: ``reopen_window_over`` from resolved + the window on (the shortest of those that the
    desk and the ticket's SLA policies give), ``ticket_closed``, ``ticket_merged``: what comes then
    is a follow-up ticket.
    """
    workable(ticket)
    category = standing(ticket, at, status, "new", "open", "pending")
    if ticket.category != "resolved" or ticket.resolved_at is None:
        return ()
    last = reopens_until(ticket, at)
    if last is not None and at >= last:
        because = f"it could be reopened until {last.isoformat()}; open a follow-up ticket"
        raise refusal(ticket, "reopen_window_over", because)
    return (TicketReopened(reason, by, status, category, ticket.agent),)


@DECIDER.decision
def close(
    ticket: Ticket,
    at: datetime,
    *,
    agent: str | None = None,
    reason: str | None = None,
    status: str = "closed",
) -> tuple[Event, ...]:
    """End the ticket for good; one that is not resolved needs a reason (``not_resolved``).

    Refused also: ``complaint_open``, ``claimed_by_another``, ``ticket_merged``.
    """
    if ticket.category == "closed" and ticket.merged_into is None:
        return ()
    workable(ticket)
    in_hand(ticket, at, agent)
    settled(ticket)
    if ticket.category != "resolved" and not reason:
        raise refusal(ticket, "not_resolved", "it is not resolved: say why it is closed")
    category = standing(ticket, at, status, "closed")
    return (TicketClosed(agent, reason, status, category, ticket.agent),)


@DECIDER.decision
def change_status(
    ticket: Ticket,
    at: datetime,
    *,
    status: str,
    agent: str | None = None,
    reason: str | None = None,
) -> tuple[Event, ...]:
    """Enter any status of the site, by the rules of its category. Refused as those are."""
    workable(ticket)
    category = standing(ticket, at, status)
    if ticket.status == status:
        return ()
    if category == "resolved" and ticket.category != "resolved":
        return resolve(ticket, at, agent=agent, status=status)
    if category == "closed":
        return close(ticket, at, agent=agent, reason=reason, status=status)
    if category != "resolved" and ticket.category == "resolved":
        return reopen(ticket, at, reason=reason or "status changed", status=status)
    in_hand(ticket, at, agent)
    return (TicketStatusChanged(status, category, None, None, None, None, reason),)
