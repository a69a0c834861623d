"""The canonical contact: what every channel's payload is turned into, under one set of names."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

import attrs

from cix.domain.terms import Channel, Direction, Identifier

Kind: TypeAlias = Literal[
    "message", "call", "visit", "activity", "order", "shipment", "ticket", "identity", "status",
    "control",
]  # fmt: skip
Outcome: TypeAlias = Literal["answered", "no_answer", "busy", "failed", "abandoned", "voicemail"]


@attrs.frozen
class Attachment:
    """A file that came along: its media type and where the host keeps it; never the bytes."""

    type: str
    ref: str | None = None
    name: str | None = None
    size: int | None = None
    """Bytes, where the vendor says."""


@attrs.frozen
class Content:
    """What was said. ``reply_text`` is the new part, without what it quotes."""

    type: str = "text"
    """``text``, ``image``, ``voice``, ...; what nobody knows is ``unsupported``."""
    text: str | None = None
    reply_text: str | None = None
    attachments: tuple[Attachment, ...] = ()


@attrs.frozen
class OrderRef:
    """The order a contact is about; money in integer minor units of the currency."""

    id: str
    number: str | None = None
    status: str | None = None
    total_minor: int | None = None
    currency: str | None = None


@attrs.frozen
class ShipmentRef:
    """The shipment a contact is about: the waybill's number, who carries it, where it stands."""

    id: str
    carrier: str | None = None
    status: str | None = None
    order: str | None = None


@attrs.frozen
class TicketRef:
    """A ticket in the vendor's own terms."""

    id: str
    status: str | None = None
    priority: str | None = None
    type: str | None = None


@attrs.frozen
class ErrorRef:
    """Why something failed, in the vendor's terms."""

    code: str
    message: str | None = None


@attrs.frozen
class Link:
    """Two identifiers of one person, as the vendor says: an alias, a changed number."""

    from_: Identifier
    to: Identifier


@attrs.frozen
class Draft:
    """What an adapter makes of a payload; ``contact.receive`` makes a fact of it.

    Texts are as found, ids always text; instants are aware and UTC; durations are seconds.
    """

    channel: Channel
    vendor: str
    """Slug of the adapter."""
    dedup_key: str
    """What makes two deliveries the same contact; it may hold personal text."""
    occurred_at: datetime
    """The vendor's time of the event; without one the time of receipt, and a flag."""
    received_at: datetime
    kind: Kind = "message"
    direction: Direction | None = "inbound"
    external_id: str | None = None
    account: str | None = None
    """The business's own end: number, page, location."""
    customer: tuple[Identifier, ...] = ()
    customer_name: str | None = None
    agent: str | None = None
    agent_name: str | None = None
    thread: str | None = None
    """Key of the conversation in the vendor's terms."""
    ref_id: str | None = None
    """What a status, an edit, a reply or a refund refers to."""
    ended_at: datetime | None = None
    duration_s: float | None = None
    wait_s: float | None = None
    talk_s: float | None = None
    hold_s: float | None = None
    acw_s: float | None = None
    """After-call work."""
    outcome: Outcome | None = None
    subject: str | None = None
    content: Content | None = None
    status: str | None = None
    """sent, delivered, read, failed, bounced, complained, deleted, edited"""
    name: str | None = None
    """The verb of an activity, order, ticket or identity contact: subscribe, refund, ..."""
    order: OrderRef | None = None
    shipment: ShipmentRef | None = None
    ticket: TicketRef | None = None
    error: ErrorRef | None = None
    identity: Link | None = None
    flags: frozenset[str] = frozenset()
    """auto_reply, bounce, bulk, redelivery, echo, group, private_note, opted_out, forwarded,
    date_repaired"""
    source: str | None = None
    """What brought the customer: a QR code's scene, a campaign."""
    raw_sha256: str = ""
