"""Decisions on what is said in a ticket, by customers, agents and bots."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from cix.domain.terms import Channel, Priority
from cix.domain.ticket import windows
from cix.domain.ticket.facts import (
    BotAnswered,
    ComplaintRaised,
    ComplaintSettled,
    Event,
    HandoverDone,
    HandoverRequested,
    MessageRedirected,
    TicketNoted,
    TicketReplied,
)
from cix.domain.ticket.life import Party, TicketStatusChanged
from cix.domain.ticket.moves import reopen, resume
from cix.domain.ticket.room import DECIDER
from cix.domain.ticket.rules import in_hand, known, refusal, unsolved, workable
from cix.domain.ticket.state import Ticket
from cix.domain.ticket.work import assign


@DECIDER.decision
def reply(  # noqa: PLR0913  # a message has that many sides
    ticket: Ticket,
    at: datetime,
    *,
    text: str | None = None,
    by: Party = "agent",
    agent: str | None = None,
    level: int | None = None,
    public: bool = True,
    auto: bool = False,
    channel: Channel | None = None,
    message: str | None = None,
    seen: int | None = None,
) -> tuple[Event, ...]:
    """Say something in the ticket.

    A customer's message takes up a waiting ticket and reopens a resolved one; an agent's first
    one makes a new ticket open; what is private or automatic moves nothing. A *message* id that
    is there already writes nothing. To a ticket merged away it is redirected. Refused:
    ``ticket_closed``, ``agent_missing``, ``claimed_by_another``, ``ticket_changed`` (the customer
    wrote after position *seen*), ``bot_not_owner``, ``reopen_window_over``.
    """
    known(ticket)
    if message is not None and any(one.id == message for one in ticket.messages):
        return ()
    if ticket.merged_into is not None:
        into = ticket.merged_into
        return (MessageRedirected(into, by, agent, public, auto, channel, message, text),)
    workable(ticket)
    if by == "agent":
        if agent is None:
            raise refusal(ticket, "agent_missing", "an agent's message names the agent")
        in_hand(ticket, at, agent, seen)
    if by == "bot" and ticket.with_people and not auto:
        raise refusal(ticket, "bot_not_owner", "a person has taken over")
    said = TicketReplied(by, agent, level, public, auto, channel, message, text)
    if auto or not public:
        return (said,)
    return (said, *_follows(ticket, at, by))


def _follows(ticket: Ticket, at: datetime, by: Party) -> tuple[Event, ...]:
    if by == "customer":
        if ticket.category == "resolved":
            return reopen(ticket, at, reason="customer_replied", by="customer")
        return resume(ticket, at, by="customer")
    if by == "agent" and ticket.category == "new":
        return (TicketStatusChanged("open", "open"),)
    return ()


@DECIDER.decision
def note(ticket: Ticket, at: datetime, *, text: str, agent: str | None = None) -> tuple[Event, ...]:
    """Leave a private note; the customer never sees it. Refused: ``ticket_closed``."""
    workable(ticket)
    return (TicketNoted(agent, text),)


@DECIDER.decision
def bot_answered(
    ticket: Ticket,
    at: datetime,
    *,
    resolved: bool | None = None,
    article: str | None = None,
    article_version: str | None = None,
) -> tuple[Event, ...]:
    """Record what became of a bot's answer; after too many in vain a person is asked for.

    How many the desk and the SLA policies say (three in a row without them). Refused:
    ``bot_not_owner``.
    """
    workable(ticket)
    if ticket.with_people:
        raise refusal(ticket, "bot_not_owner", "a person has taken over")
    answered = BotAnswered(resolved, article, article_version)
    in_vain = 0 if resolved else ticket.bot_unresolved + 1
    if in_vain >= windows.answers_in_vain(ticket, at):
        return (answered, HandoverRequested("unresolved"))
    return (answered,)


@DECIDER.decision
def request_handover(ticket: Ticket, at: datetime, *, reason: str = "request") -> tuple[Event, ...]:
    """Ask for a person. Nothing is written where one was asked for already.

    Refused: ``handover_not_offered``, where the rules for bots give no person on request.
    """
    unsolved(ticket)
    if ticket.with_people:
        return ()
    if reason == "request" and not windows.gives_people(ticket, at):
        raise refusal(ticket, "handover_not_offered", "the bot's rules give no person on request")
    return (HandoverRequested(reason),)


@DECIDER.decision
def hand_over(ticket: Ticket, at: datetime, *, agent: str) -> tuple[Event, ...]:
    """Let an agent take over from the bot. Refused: ``claimed_by_another``, ``ticket_closed``."""
    unsolved(ticket)
    in_hand(ticket, at, agent)
    if ticket.with_people and ticket.agent == agent:
        return ()
    return (HandoverDone(agent), *assign(ticket, at, agent=agent, reason="handover"))


@DECIDER.decision
def complain(
    ticket: Ticket,
    at: datetime,
    *,
    about: str,
    severity: Priority = "normal",
    text: str | None = None,
) -> tuple[Event, ...]:
    """Record that the customer complains; it must be settled before the ticket can end."""
    workable(ticket)
    return () if ticket.complaint == "open" else (ComplaintRaised(about, severity, text),)


@DECIDER.decision
def settle(
    ticket: Ticket,
    at: datetime,
    *,
    outcome: Literal["upheld", "partly_upheld", "rejected", "withdrawn"],
    remedy: str | None = None,
    agent: str | None = None,
) -> tuple[Event, ...]:
    """Answer the complaint. Refused: ``no_complaint``; an answered one stays answered."""
    workable(ticket)
    if ticket.complaint == "none":
        raise refusal(ticket, "no_complaint", "nobody complained")
    return () if ticket.complaint == "settled" else (ComplaintSettled(outcome, remedy, agent),)
