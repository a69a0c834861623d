"""How a ticket lives: the facts by which it enters a status.

A status is a name that a site may choose; each stands in a *category* (new, open, pending,
resolved, closed), which is what the rules go by. What a ticket is about is its *topic*.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, TypeAlias

import attrs

from cix.domain.terms import Channel, Priority
from cix.facts import fact, personal, tagged

Category: TypeAlias = Literal["new", "open", "pending", "resolved", "closed"]
Party: TypeAlias = Literal["customer", "agent", "bot", "system"]
ENTITLED: Final = ("account", "tier_position")
BENEFIT: Final = "benefit."
"""Before the name of each benefit of the member's tier that a ticket keeps as a field."""
DONE: Final[tuple[Category, ...]] = ("resolved", "closed")


@attrs.frozen
class Field:
    """A custom field as it was found: its name and the canonical text of its value."""

    name: str
    value: str

    @property
    def is_entitlement(self) -> bool:
        """Tell whether it says what the customer, as a member, was entitled to at the opening."""
        return self.name in ENTITLED or self.name.startswith(BENEFIT)


@fact("ticket.opened", 1)
class TicketOpened:
    """A ticket was opened for a record; it enters the status it carries."""

    record: str = tagged("record")
    channel: Channel | None = None
    priority: Priority = "normal"
    status: str = "new"
    category: Category = "new"
    type: str | None = None
    topic: str | None = None
    complexity: str | None = None
    segment: str | None = None
    """The customer's segment as it was when the ticket was opened; so is the tier."""
    tier: str | None = None
    department: str | None = None
    group: str | None = None
    agent: str | None = tagged("agent", default=None)
    level: int = 1
    """Support level (line) it starts on, from 1."""
    language: str | None = None
    fields: tuple[Field, ...] = ()
    tags: tuple[str, ...] = ()
    contact: str | None = None
    """The contact it was opened from."""
    follow_up_of: str | None = None
    """The closed ticket that this one continues."""
    subject: str | None = personal("content", default=None)
    description: str | None = personal("content", default=None)


@fact("ticket.status_changed", 1)
class TicketStatusChanged:
    """A status was entered: the general form, for a site's own statuses and imported logs.

    ``group``, ``level`` and ``agent`` say who holds the ticket from then on, where the log knows;
    None leaves them as they are. The same status again is no change.
    """

    status: str
    category: Category
    substatus: str | None = None
    group: str | None = None
    level: int | None = None
    agent: str | None = None
    reason: str | None = None


@fact("ticket.pended", 1)
class TicketPended:
    """The desk waits for the customer."""

    agent: str | None = None
    reason: str | None = None
    status: str = "pending"
    category: Category = "pending"


@fact("ticket.held", 1)
class TicketHeld:
    """The desk waits for somebody else: a supplier, another department."""

    agent: str | None = None
    reason: str | None = None
    until: datetime | None = None
    status: str = "on_hold"
    category: Category = "pending"


@fact("ticket.resumed", 1)
class TicketResumed:
    """Work goes on after waiting."""

    by: Party = "agent"
    agent: str | None = None
    status: str = "open"
    category: Category = "open"


@fact("ticket.resolved", 1)
class TicketResolved:
    """The desk holds the matter to be solved."""

    agent: str | None = None
    resolution: str | None = None
    """Code of the resolution, such as ``replaced``; the words are in ``note``."""
    status: str = "resolved"
    category: Category = "resolved"
    assignee: str | None = tagged("agent", default=None)
    """Whose ticket it was: the load falls with it."""
    note: str | None = personal("content", default=None)


@fact("ticket.reopened", 1)
class TicketReopened:
    """The matter was not solved after all."""

    reason: str
    by: Party = "agent"
    status: str = "open"
    category: Category = "open"
    assignee: str | None = tagged("agent", default=None)


@fact("ticket.closed", 1)
class TicketClosed:
    """The ticket ended; what comes later is a follow-up ticket."""

    agent: str | None = None
    reason: str | None = None
    status: str = "closed"
    category: Category = "closed"
    assignee: str | None = tagged("agent", default=None)


@fact("ticket.auto_closed", 1, derived=True)
class TicketAutoClosed:
    """Time closed a resolved ticket: nobody wrote within the time the desk's policy gives."""

    status: str = "closed"


Entering: TypeAlias = (
    TicketOpened
    | TicketStatusChanged
    | TicketPended
    | TicketHeld
    | TicketResumed
    | TicketResolved
    | TicketReopened
    | TicketClosed
)
"""Facts by which the ticket enters the ``status`` (of the ``category``) that they carry."""
