"""A contact: one message, call, visit or signal between a customer and the business."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, TypeAlias, get_args

import attrs

from cix.domain.contact.canonical import (
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
from cix.domain.decider import Decider
from cix.domain.terms import Channel, Direction, Identifier
from cix.errors import RuleBrokenError
from cix.facts import fact, fact_fields, personal, tagged
from cix.records import Recorded


# -- facts ---------------------------------------------------------------------
@fact("contact.received", 1)
class ContactReceived:
    """A contact came in, or was told to us by a channel: the canonical fields.

    What says who somebody is, vendor ids and conversation keys among it, is identity; what was
    said is content. When it happened is the envelope's.
    """

    record: str = tagged("record")
    channel: Channel = attrs.field()
    kind: Kind = "message"
    vendor: str = ""
    direction: Direction | None = "inbound"
    account: str | None = None
    agent: str | None = None
    about: str | None = tagged("ticket", default=None)
    """The ticket of ours that it belongs to."""
    content_type: str | None = None
    attachments: int = 0
    """How many files came along."""
    ended_at: datetime | None = None
    duration_s: float | None = None
    wait_s: float | None = None
    talk_s: float | None = None
    hold_s: float | None = None
    acw_s: float | None = None
    outcome: Outcome | None = None
    status: str | None = None
    name: str | None = None
    order: OrderRef | None = None
    shipment: ShipmentRef | None = None
    ticket: TicketRef | None = None
    """The ticket in the vendor's terms."""
    flags: tuple[str, ...] = ()
    source: str | None = None
    raw_sha256: str = ""
    received_at: datetime | None = None
    external_id: str | None = personal("identity", default=None)
    dedup_key: str | None = personal("identity", default=None)
    thread: str | None = personal("identity", default=None)
    ref_id: str | None = personal("identity", default=None)
    customer: tuple[Identifier, ...] = personal("identity", default=())
    customer_name: str | None = personal("identity", default=None)
    agent_name: str | None = personal("identity", default=None)
    identity: Link | None = personal("identity", default=None)
    subject: str | None = personal("content", default=None)
    content: Content | None = personal("content", default=None)
    error: ErrorRef | None = personal("content", default=None)


@fact("contact.sent", 1)
class ContactSent:
    """The business wrote or called, through us."""

    record: str = tagged("record")
    channel: Channel = attrs.field()
    kind: Kind = "message"
    account: str | None = None
    agent: str | None = None
    about: str | None = tagged("ticket", default=None)
    purpose: str = "service"
    """``service`` or the name of a campaign's purpose."""
    content_type: str | None = None
    attachments: int = 0
    thread: str | None = personal("identity", default=None)
    ref_id: str | None = personal("identity", default=None)
    subject: str | None = personal("content", default=None)
    content: Content | None = personal("content", default=None)


Event: TypeAlias = ContactReceived | ContactSent


# -- state ---------------------------------------------------------------------
@attrs.frozen
class Contact:
    """What a decision needs of a contact: whose it is, and that it is there."""

    key: str
    record: str = ""
    channel: Channel | None = None
    direction: Direction | None = None
    occurred_at: datetime | None = None

    @property
    def exists(self) -> bool:
        """Tell whether it was received or sent."""
        return self.occurred_at is not None


def evolve(contact: Contact, fact: Event, record: Recorded[Any]) -> Contact:
    """Return the contact after *fact*. Total: any fact, in any state."""
    direction = fact.direction if isinstance(fact, ContactReceived) else "outbound"
    return Contact(contact.key, fact.record, fact.channel, direction, record.occurred_at)


DECIDER: Decider[Contact, Event] = Decider(
    "contact",
    Contact,
    evolve,
    get_args(Event),
    record_of=lambda contact: contact.record or None,
)


# -- decisions -----------------------------------------------------------------
@DECIDER.decision
def receive(  # noqa: PLR0913  # the canonical fields are that many
    contact: Contact,
    at: datetime,
    *,
    record: str,
    draft: Draft | None = None,
    about: str | None = None,
    channel: Channel | None = None,
    kind: Kind = "message",
    vendor: str = "",
    direction: Direction | None = "inbound",
    text: str | None = None,
    subject: str | None = None,
    content: Content | None = None,
    customer: tuple[Identifier, ...] = (),
    customer_name: str | None = None,
    account: str | None = None,
    agent: str | None = None,
    agent_name: str | None = None,
    external_id: str | None = None,
    thread: str | None = None,
    ref_id: str | None = None,
    ended_at: datetime | None = None,
    duration_s: float | None = None,
    wait_s: float | None = None,
    talk_s: float | None = None,
    hold_s: float | None = None,
    acw_s: float | None = None,
    outcome: Outcome | None = None,
    status: str | None = None,
    name: str | None = None,
    order: OrderRef | None = None,
    shipment: ShipmentRef | None = None,
    ticket: TicketRef | None = None,
    error: ErrorRef | None = None,
    identity: Link | None = None,
    flags: tuple[str, ...] = (),
    source: str | None = None,
) -> tuple[Event, ...]:
    """Take in a contact of *record*: from an adapter's draft, or field by field.

    ``about`` names the ticket it belongs to; ``text`` is short for a ``content`` of plain text.
    The same contact again writes nothing. Refused: ``contact_exists`` for another record,
    ``channel_missing`` with neither a draft nor a channel, ``invalid_duration``.
    """
    if _there(contact, record):
        return ()
    if draft is None:
        if channel is None:
            raise _refusal(contact, "channel_missing", "give a channel, or a draft")
        said = content or (None if text is None else Content("text", text))
        draft = Draft(
            channel,
            vendor,
            "",
            at,
            at,
            kind=kind,
            direction=direction,
            external_id=external_id,
            account=account,
            customer=customer,
            customer_name=customer_name,
            agent=agent,
            agent_name=agent_name,
            thread=thread,
            ref_id=ref_id,
            ended_at=ended_at,
            duration_s=duration_s,
            wait_s=wait_s,
            talk_s=talk_s,
            hold_s=hold_s,
            acw_s=acw_s,
            outcome=outcome,
            subject=subject,
            content=said,
            status=status,
            name=name,
            order=order,
            shipment=shipment,
            ticket=ticket,
            error=error,
            identity=identity,
            flags=frozenset(flags),
            source=source,
        )
    for field in ("duration_s", "wait_s", "talk_s", "hold_s", "acw_s"):
        seconds = getattr(draft, field)
        if seconds is not None and not 0 <= seconds < math.inf:
            raise _refusal(contact, "invalid_duration", f"{field} is {seconds}")
    return (received(draft, record, about),)


_HELD = tuple(field.name for field in fact_fields(Draft))
_ALIKE = tuple(field.name for field in fact_fields(ContactReceived) if field.name in _HELD)


def received(draft: Draft, record: str, about: str | None = None) -> ContactReceived:
    """Return the fact that a draft makes; its ``occurred_at`` is for the envelope."""
    content = draft.content
    fields: dict[str, Any] = {name: getattr(draft, name) for name in _ALIKE}
    fields["dedup_key"] = draft.dedup_key or None
    fields["flags"] = tuple(sorted(draft.flags))
    fields["content_type"] = None if content is None else content.type
    fields["attachments"] = 0 if content is None else len(content.attachments)
    return ContactReceived(record=record, about=about, **fields)


@DECIDER.decision
def send(  # noqa: PLR0913  # as many as a message has
    contact: Contact,
    at: datetime,
    *,
    record: str,
    channel: Channel,
    text: str | None = None,
    content: Content | None = None,
    subject: str | None = None,
    about: str | None = None,
    kind: Kind = "message",
    account: str | None = None,
    agent: str | None = None,
    thread: str | None = None,
    ref_id: str | None = None,
    purpose: str = "service",
) -> tuple[Event, ...]:
    """Write to (or call) *record*; the sending itself is the host's.

    The same contact again writes nothing. Refused: ``contact_exists`` for another record.
    """
    if _there(contact, record):
        return ()
    said = content or (None if text is None else Content("text", text))
    return (
        ContactSent(
            record,
            channel,
            kind,
            account,
            agent,
            about,
            purpose,
            None if said is None else said.type,
            0 if said is None else len(said.attachments),
            thread,
            ref_id,
            subject,
            said,
        ),
    )


def _there(contact: Contact, record: str) -> bool:
    if contact.exists and contact.record != record:
        raise _refusal(contact, "contact_exists", "it belongs to another record")
    return contact.exists


def _refusal(contact: Contact, rule: str, because: str) -> RuleBrokenError:
    return RuleBrokenError(rule, "contact", contact.key, because)
