"""A contact: one message, call, visit or signal between a customer and the business."""

from __future__ import annotations

from cix.domain.contact.canonical import (
    Attachment,
    Content,
    Draft,
    ErrorRef,
    Kind,
    Link,
    OrderRef,
    Outcome,
    ShipmentRef,
    TicketRef,
)
from cix.domain.contact.room import (
    DECIDER,
    Contact,
    ContactReceived,
    ContactSent,
    Event,
    evolve,
    receive,
    received,
    send,
)
from cix.domain.terms import Identifier

__all__ = [
    "DECIDER",
    "Attachment",
    "Contact",
    "ContactReceived",
    "ContactSent",
    "Content",
    "Draft",
    "ErrorRef",
    "Event",
    "Identifier",
    "Kind",
    "Link",
    "OrderRef",
    "Outcome",
    "ShipmentRef",
    "TicketRef",
    "evolve",
    "receive",
    "received",
    "send",
]
