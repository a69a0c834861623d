"""Facts with everything filled in: a test names only what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cix.domain.contact import ContactReceived, Content
from cix.domain.identity import IdentifiersObserved
from cix.domain.policy import READERS, PolicyPublished
from cix.domain.ticket import Party, TicketOpened, TicketReplied
from cix.plain import canonical
from cix.testing.controls import START


def a_ticket(record: str = "r-1", **fields: Any) -> TicketOpened:  # noqa: ANN401  # any field of the fact
    """Return the opening of a ticket; *fields* are those of ``TicketOpened``."""
    usual: dict[str, Any] = {"channel": "phone", "subject": "late parcel"}
    return TicketOpened(record=record, **{**usual, **fields})


def a_reply(by: Party = "customer", **fields: Any) -> TicketReplied:  # noqa: ANN401  # any field of the fact
    """Return a public message in a ticket; one by an agent is by ``a-1`` unless it says."""
    usual: dict[str, Any] = {"agent": "a-1" if by == "agent" else None, "text": "hello"}
    return TicketReplied(by=by, **{**usual, **fields})


def a_contact(record: str = "r-1", text: str = "hello", **fields: Any) -> ContactReceived:  # noqa: ANN401  # any field of the fact
    """Return a message that came in by chat; *fields* are those of ``ContactReceived``."""
    said = Content("text", text)
    usual: dict[str, Any] = {"channel": "chat", "content": said, "content_type": "text"}
    return ContactReceived(record=record, **{**usual, **fields})


def a_sighting(record: str = "r-1", **identifiers: str) -> IdentifiersObserved:
    """Return a sighting of a record: ``a_sighting("r-1", phone="8613800000000")``."""
    return IdentifiersObserved(record, (), tuple(identifiers.items()))


def a_policy(
    kind: str, body: Mapping[str, Any], version: str = "v1", effective_at: datetime = START
) -> PolicyPublished:
    """Return a published version of a policy; what its room would refuse is refused here too."""
    READERS[kind](body)
    return PolicyPublished(kind, version, effective_at, canonical(body))
