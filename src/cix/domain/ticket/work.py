"""Decisions on who works on a ticket: two agents never write over each other."""

from __future__ import annotations

from datetime import datetime

from cix.domain.ticket.facts import (
    EscalationAcknowledged,
    Event,
    TicketAssigned,
    TicketClaimed,
    TicketEscalated,
    TicketReleased,
    WatcherAdded,
    WatcherRemoved,
)
from cix.domain.ticket.life import TicketStatusChanged
from cix.domain.ticket.room import DECIDER
from cix.domain.ticket.rules import in_hand, known, refusal, unsolved, workable
from cix.domain.ticket.state import Ticket


@DECIDER.decision
def assign(
    ticket: Ticket,
    at: datetime,
    *,
    agent: str | None = None,
    group: str | None = None,
    level: int | None = None,
    reason: str | None = None,
) -> tuple[Event, ...]:
    """Give the ticket to an agent, or (a group alone) back into the group's queue.

    A new ticket that gets an agent becomes ``open``. Refused: ``nobody_named``,
    ``ticket_closed``, ``ticket_merged``.
    """
    workable(ticket)
    if agent is None and group is None:
        raise refusal(ticket, "nobody_named", "name an agent or a group")
    same_place = group in {None, ticket.group} and level in {None, ticket.level}
    if agent == ticket.agent and same_place:
        return ()
    given = TicketAssigned(agent, group, level, ticket.agent, reason)
    if ticket.category == "new" and agent is not None:
        return (given, TicketStatusChanged("open", "open"))
    return (given,)


@DECIDER.decision
def claim(ticket: Ticket, at: datetime, *, agent: str, until: datetime) -> tuple[Event, ...]:
    """Take the ticket in hand until an instant; others are refused meanwhile.

    Refused: ``claim_is_past``, ``claimed_by_another``, ``ticket_closed``, ``ticket_merged``.
    """
    workable(ticket)
    in_hand(ticket, at, agent)
    if until <= at:
        raise refusal(ticket, "claim_is_past", f"{until.isoformat()} is not after now")
    if (ticket.claimed_by, ticket.claimed_until) == (agent, until):
        return ()
    return (TicketClaimed(agent, until),)


@DECIDER.decision
def release(ticket: Ticket, at: datetime, *, agent: str) -> tuple[Event, ...]:
    """Let the ticket out of hand; where somebody else has it, nothing is written."""
    known(ticket)
    return (TicketReleased(agent),) if ticket.holder(at) == agent else ()


@DECIDER.decision
def escalate(
    ticket: Ticket,
    at: datetime,
    *,
    level: int,
    agent: str | None = None,
    group: str | None = None,
    reason: str | None = None,
) -> tuple[Event, ...]:
    """Raise the ticket to a support level.

    Refused: ``not_higher`` below the level it is on, ``ticket_resolved``, ``ticket_closed``,
    ``ticket_merged``.
    """
    unsolved(ticket)
    if level < ticket.level:
        raise refusal(ticket, "not_higher", f"it is on level {ticket.level} already")
    if level == ticket.level:
        return ()
    return (TicketEscalated(level, agent, group, reason),)


@DECIDER.decision
def acknowledge(ticket: Ticket, at: datetime, *, level: int, agent: str) -> tuple[Event, ...]:
    """Say for a level: seen. Once an agent and level, until it is escalated there again.

    Time escalates too, which no fact of the ticket need say: so any level may be acknowledged.
    """
    workable(ticket)
    if (level, agent) in ticket.acknowledged:
        return ()
    return (EscalationAcknowledged(level, agent),)


@DECIDER.decision
def watch(
    ticket: Ticket, at: datetime, *, watcher: str, reason: str | None = None
) -> tuple[Event, ...]:
    """Let somebody of the staff follow the ticket, closed ones too."""
    known(ticket)
    return () if watcher in ticket.watchers else (WatcherAdded(watcher, reason),)


@DECIDER.decision
def unwatch(ticket: Ticket, at: datetime, *, watcher: str) -> tuple[Event, ...]:
    """Stop following the ticket."""
    known(ticket)
    return (WatcherRemoved(watcher),) if watcher in ticket.watchers else ()
