"""The ticket seen from outside: its fold, what time does to it, its deadlines."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from cix.domain.decider import Call, Deadline, Decider
from cix.domain.ticket import desk as desks
from cix.domain.ticket import windows
from cix.domain.ticket.evolve import enters, evolve
from cix.domain.ticket.facts import Event
from cix.domain.ticket.life import TicketAutoClosed
from cix.domain.ticket.state import Ticket


# -- what time does ------------------------------------------------------------
def closes_at(ticket: Ticket) -> datetime | None:
    """Return when a resolved ticket closes by itself, under the policy of its resolution."""
    if ticket.category != "resolved" or ticket.resolved_at is None or not ticket.policies:
        return None
    desk = ticket.desk(ticket.resolved_at)
    return desk.after(ticket.resolved_at, desk.close_after_s)


def advance(ticket: Ticket, instant: datetime) -> Ticket:
    """Return the ticket at *instant*: resolved long enough, it is closed."""
    due = closes_at(ticket)
    if due is None or due > instant:
        return ticket
    return ticket.but(enters(ticket, "closed", "closed", due))


def deadlines(ticket: Ticket) -> tuple[Deadline, ...]:
    """Return when it closes by itself and when the survey goes out."""
    if ticket.resolved_at is None or not ticket.policies:
        return ()
    found: list[Deadline] = []
    if closes := closes_at(ticket):
        found.append(Deadline("close", closes))
    desk = ticket.desk(ticket.resolved_at)
    asks = desk.after(ticket.resolved_at, desk.survey_after_s)
    if asks is not None and not ticket.surveys and ticket.merged_into is None:
        found.append(Deadline("survey", asks, action=Call("ticket.request_survey", ticket.key)))
    return tuple(found)


def fell_due(before: Ticket, after: Ticket) -> tuple[object, ...]:
    """Return the fact that time decided."""
    closed = before.category != after.category == "closed"
    return (TicketAutoClosed(),) if closed else ()


DECIDER: Decider[Ticket, Event] = Decider(
    "ticket",
    Ticket,
    evolve,
    get_args(Event),
    obeys=(desks.KIND, windows.KIND),
    advance=advance,
    deadlines=deadlines,
    due_first=False,
    fell_due=fell_due,
    record_of=lambda ticket: ticket.record or None,
)
