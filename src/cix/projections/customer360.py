"""The customer at one glance: contacts a channel, open tickets, profile, wishes, labels.

Points and tiers are rows of ``membership``, joined by the accounts named here; a row names the
records it was told by, the customer is the group of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Protocol, TypeVar, get_args

import attrs

from cix.domain import customer, identity, loyalty, policy, routing, ticket
from cix.domain.contact import ContactReceived, ContactSent
from cix.domain.loyalty.facts import MemberEnrolled
from cix.domain.sla.derived import SlaBreached, SlaCorrected, SlaEscalated, SlaWarned
from cix.projections.projection import Projection
from cix.records import Recorded

OneT = TypeVar("OneT", bound="_Named")
COUNTED: Final = frozenset({"message", "call", "visit"})
"""Kinds of contact that count as one; a receipt, a page view or a parcel's scan does not."""


# -- rows ----------------------------------------------------------------------
@attrs.define
class ChannelCount:
    """Contacts on one channel."""

    name: str
    contacts: int
    last_at: datetime


@attrs.define
class OpenTicket:
    """A ticket that is not resolved yet."""

    name: str
    status: str
    category: ticket.Category
    since: datetime
    """When it came to this status."""


@attrs.define
class Attribute:
    """An attribute as told last, and by which source."""

    name: str
    source: str
    set_at: datetime
    value: str = attrs.field(metadata={"personal": "identity"})


@attrs.define
class Wish:
    """A preference as told last."""

    name: str
    value: str
    source: str
    set_at: datetime


@attrs.define
class Label:
    """A label and why it was put on."""

    name: str
    reason: str
    since: datetime


@attrs.define
class Membership:
    """A loyalty account of the customer; its points and tier are a row of ``membership``."""

    name: str
    since: datetime


@attrs.define
class SeenRecord:
    """A channel record of the customer."""

    name: str
    since: datetime


@attrs.define
class CustomerCard:
    """One customer. Instants are UTC; None where nothing of it happened."""

    customer: str
    contacts: int = 0
    inbound: int = 0
    outbound: int = 0
    first_contact_at: datetime | None = None
    last_contact_at: datetime | None = None
    last_channel: str | None = None
    tickets: int = 0
    """Tickets ever opened; the open ones are listed."""
    open_tickets: int = 0
    complaints: int = 0
    last_score: int | None = None
    """The latest answer to a satisfaction survey, 1 to 5."""
    channels: list[ChannelCount] = attrs.field(factory=list)
    open: list[OpenTicket] = attrs.field(factory=list)
    attributes: list[Attribute] = attrs.field(factory=list)
    preferences: list[Wish] = attrs.field(factory=list)
    labels: list[Label] = attrs.field(factory=list)
    accounts: list[Membership] = attrs.field(factory=list)
    records: list[SeenRecord] = attrs.field(factory=list)


class _Named(Protocol):
    name: str


def _find(rows: list[OneT], name: str) -> OneT | None:
    for one in rows:
        if one.name == name:
            return one
    return None


def _drop(rows: list[OneT], name: str) -> None:
    for place, one in enumerate(rows):
        if one.name == name:
            del rows[place]
            return


def _put(rows: list[OneT], row: OneT) -> None:
    """Put *row* in place of the one of its name, or at the end."""
    for place, one in enumerate(rows):
        if one.name == row.name:
            rows[place] = row
            return
    rows.append(row)


# -- the view ------------------------------------------------------------------
customer360 = Projection(
    "customer360",
    "customer",
    1,
    CustomerCard,
    new_row=CustomerCard,
    ignores=frozenset(
        {
            identity.RecordsMerged,  # the group is the key: it is computed, not folded here
            identity.FactRetracted,
            SlaBreached,  # of a ticket's clocks tell the views by ticket
            SlaCorrected,
            SlaEscalated,
            SlaWarned,
            policy.PolicyPublished,
            routing.AgentAvailabilityChanged,
            routing.AgentProfiled,
            ticket.BotAnswered,
            ticket.CallbackDone,
            ticket.ComplaintSettled,
            ticket.EscalationAcknowledged,
            ticket.FollowUpDone,
            ticket.HandoverDone,
            ticket.HandoverRequested,
            ticket.MessageRedirected,
            ticket.MilestoneReached,
            ticket.SurveyRequested,
            ticket.TicketAssigned,
            ticket.TicketAutoClosed,
            ticket.TicketClaimed,
            ticket.TicketEscalated,
            ticket.TicketFieldSet,
            ticket.TicketNoted,
            ticket.TicketPrioritised,
            ticket.TicketReclassified,
            ticket.TicketReleased,
            ticket.TicketReplied,
            ticket.TicketSplit,
            ticket.TicketTagged,
            ticket.TicketUntagged,
            ticket.WatcherAdded,
            ticket.WatcherRemoved,
        }
    )
    # points and tiers are membership's, invitations the view of referrals'
    | (frozenset((*get_args(loyalty.Event), *get_args(loyalty.Derived))) - {MemberEnrolled})
    | frozenset(loyalty.referral.DECIDER.facts),
)


# -- contacts ------------------------------------------------------------------
@customer360.on(ContactReceived)
def received(card: CustomerCard, fact: ContactReceived, record: Recorded[Any]) -> None:
    """Count a contact on its channel."""
    if fact.kind in COUNTED and fact.direction != "internal":
        _count(card, fact.channel, record.occurred_at, inbound=fact.direction != "outbound")


@customer360.on(ContactSent)
def sent(card: CustomerCard, fact: ContactSent, record: Recorded[Any]) -> None:
    """Count a contact of ours on its channel."""
    if fact.kind in COUNTED:
        _count(card, fact.channel, record.occurred_at, inbound=False)


def _count(card: CustomerCard, channel: str, at: datetime, *, inbound: bool) -> None:
    card.contacts += 1
    card.inbound += inbound
    card.outbound += not inbound
    if card.first_contact_at is None:
        card.first_contact_at = at
    card.last_contact_at, card.last_channel = at, channel
    found = _find(card.channels, channel)
    if found is None:
        card.channels.append(ChannelCount(channel, 1, at))
    else:
        found.contacts, found.last_at = found.contacts + 1, at


# -- tickets -------------------------------------------------------------------
@customer360.on(ticket.TicketOpened)
def opened(card: CustomerCard, fact: ticket.TicketOpened, record: Recorded[Any]) -> None:
    """List a new ticket."""
    card.tickets += 1
    _stand(card, record, fact.status, fact.category)


_MOVES: Final[tuple[type[Any], ...]] = (
    ticket.TicketStatusChanged,
    ticket.TicketPended,
    ticket.TicketHeld,
    ticket.TicketResumed,
    ticket.TicketResolved,
    ticket.TicketReopened,
    ticket.TicketClosed,
    ticket.TicketMerged,
)


@customer360.on(*_MOVES)
def moved(
    card: CustomerCard, fact: ticket.Entering | ticket.TicketMerged, record: Recorded[Any]
) -> None:
    """Follow a ticket's status; what is resolved leaves the list."""
    _stand(card, record, fact.status, fact.category)


def _stand(
    card: CustomerCard, record: Recorded[Any], status: str, category: ticket.Category
) -> None:
    key, listed = record.key, card.open
    if category in ticket.DONE:
        _drop(listed, key)
    elif (found := _find(listed, key)) is None:
        listed.append(OpenTicket(key, status, category, record.occurred_at))
    elif found.status != status:
        found.status, found.category, found.since = status, category, record.occurred_at
    card.open_tickets = len(listed)


@customer360.on(ticket.ComplaintRaised)
def complained(card: CustomerCard, fact: ticket.ComplaintRaised, record: Recorded[Any]) -> None:
    """Count a complaint."""
    card.complaints += 1


@customer360.on(ticket.SurveyAnswered)
def scored(card: CustomerCard, fact: ticket.SurveyAnswered, record: Recorded[Any]) -> None:
    """Keep the latest satisfaction score."""
    if fact.survey == "csat":
        card.last_score = fact.score


@customer360.on(MemberEnrolled)
def enrolled(card: CustomerCard, fact: MemberEnrolled, record: Recorded[Any]) -> None:
    """Name the loyalty account."""
    _put(card.accounts, Membership(record.key, fact.since))


# -- profile -------------------------------------------------------------------
@customer360.on(customer.AttributeSet)
def attribute_set(card: CustomerCard, fact: customer.AttributeSet, record: Recorded[Any]) -> None:
    """Keep the attribute as told last."""
    _put(card.attributes, Attribute(fact.name, fact.source, record.occurred_at, fact.value))


@customer360.on(customer.AttributeCleared)
def attribute_cleared(
    card: CustomerCard, fact: customer.AttributeCleared, record: Recorded[Any]
) -> None:
    """Forget an attribute that no longer holds."""
    _drop(card.attributes, fact.name)


@customer360.on(customer.PreferenceSet)
def preference_set(card: CustomerCard, fact: customer.PreferenceSet, record: Recorded[Any]) -> None:
    """Keep the wish as told last; None withdraws it."""
    if fact.value is None:
        _drop(card.preferences, fact.name)
    else:
        wish = Wish(fact.name, fact.value, fact.source, record.occurred_at)
        _put(card.preferences, wish)


@customer360.on(customer.CustomerTagged)
def tagged(card: CustomerCard, fact: customer.CustomerTagged, record: Recorded[Any]) -> None:
    """Put a label on."""
    _put(card.labels, Label(fact.label, fact.reason, record.occurred_at))


@customer360.on(customer.CustomerUntagged)
def untagged(card: CustomerCard, fact: customer.CustomerUntagged, record: Recorded[Any]) -> None:
    """Take a label off."""
    _drop(card.labels, fact.label)


@customer360.on(identity.IdentifiersObserved)
def seen(card: CustomerCard, fact: identity.IdentifiersObserved, record: Recorded[Any]) -> None:
    """Name the records of the customer; identifiers stay in their boxes."""
    if _find(card.records, fact.record) is None:
        card.records.append(SeenRecord(fact.record, record.occurred_at))
