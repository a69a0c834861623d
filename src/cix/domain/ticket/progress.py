"""What a customer may see of a ticket: never notes, names of the staff, levels or priorities."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, TypeAlias

import attrs

from cix.domain.ticket.life import Category
from cix.domain.ticket.state import Ticket

Stage: TypeAlias = Literal[
    "received", "in_progress", "waiting_for_you", "waiting_for_others", "solved", "closed"
]
_STAGES: Final[Mapping[Category, Stage]] = {
    "new": "received",
    "open": "in_progress",
    "pending": "waiting_for_others",
    "resolved": "solved",
    "closed": "closed",
}


@attrs.frozen
class Progress:
    """Where a ticket stands, for the eyes of its customer. Instants are UTC."""

    ticket: str
    stage: Stage
    opened_at: datetime
    since: datetime
    """When it came to this stage."""
    last_answer_at: datetime | None
    solved_at: datetime | None
    messages: int
    """Public messages, the customer's own among them."""
    continued_in: str | None
    """The ticket it went into, if it was merged."""


def progress(ticket: Ticket) -> Progress | None:
    """Return what the customer may see; None for a ticket that was never opened."""
    if ticket.category == "absent" or ticket.opened_at is None:
        return None
    stage = _STAGES[ticket.category]
    if ticket.status == "pending":
        stage = "waiting_for_you"
    return Progress(
        ticket.key,
        stage,
        ticket.opened_at,
        ticket.since or ticket.opened_at,
        ticket.last_agent_at,
        ticket.resolved_at,
        len(ticket.messages),
        ticket.merged_into,
    )
