"""What several decisions on a ticket ask first."""

from __future__ import annotations

from datetime import datetime

from cix.domain.ticket.life import Category
from cix.domain.ticket.state import Ticket
from cix.errors import NotFoundError, RuleBrokenError


def refusal(ticket: Ticket, rule: str, because: str) -> RuleBrokenError:
    """Return the error that says which rule refused."""
    return RuleBrokenError(rule, "ticket", ticket.key, because)


def known(ticket: Ticket) -> None:
    """Refuse a ticket that was never opened (``NotFoundError``)."""
    if not ticket.exists:
        raise NotFoundError("ticket", ticket.key)


def workable(ticket: Ticket) -> None:
    """Refuse a ticket that is unknown, merged away (``ticket_merged``) or ``ticket_closed``."""
    known(ticket)
    if ticket.merged_into is not None:
        raise refusal(ticket, "ticket_merged", f"it went into {ticket.merged_into}; go on there")
    if ticket.category == "closed":
        raise refusal(ticket, "ticket_closed", "it is closed; open a follow-up ticket")


def unsolved(ticket: Ticket) -> None:
    """Refuse what only makes sense before the resolution (``ticket_resolved``)."""
    workable(ticket)
    if ticket.category == "resolved":
        raise refusal(ticket, "ticket_resolved", "it is resolved; reopen it first")


def in_hand(ticket: Ticket, at: datetime, agent: str | None, seen: int | None = None) -> None:
    """Refuse to write over somebody else's work.

    ``claimed_by_another``: another agent has the ticket in hand. ``ticket_changed``: the customer
    wrote after log position *seen*, the last one on the agent's screen.
    """
    holder = ticket.holder(at)
    if agent is not None and holder not in {None, agent}:
        raise refusal(ticket, "claimed_by_another", f"{holder} has it in hand")
    if seen is not None and ticket.customer_position > seen:
        raise refusal(ticket, "ticket_changed", "the customer wrote meanwhile; read it again")


def standing(ticket: Ticket, at: datetime, status: str, *wanted: Category) -> Category:
    """Return the category of *status*.

    ``unknown_status``: the site has none of that name; ``wrong_category``: it is not *wanted*.
    """
    category = ticket.desk(at).category(status)
    if category is None:
        raise refusal(ticket, "unknown_status", f"the desk has no status {status!r}")
    if wanted and category not in wanted:
        because = f"{status!r} is in the category {category}, not {' or '.join(wanted)}"
        raise refusal(ticket, "wrong_category", because)
    return category


def settled(ticket: Ticket) -> None:
    """Refuse to end a ticket whose complaint nobody has answered (``complaint_open``)."""
    if ticket.complaint == "open":
        raise refusal(ticket, "complaint_open", "its complaint is not settled")
