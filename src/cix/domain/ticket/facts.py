"""What can happen to a ticket, in the words of the desk, and the union of all of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from cix.domain.terms import Channel, Priority
from cix.domain.ticket.life import (
    Category,
    Party,
    TicketClosed,
    TicketHeld,
    TicketOpened,
    TicketPended,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketStatusChanged,
)
from cix.facts import fact, personal, tagged


# -- who works on it -----------------------------------------------------------
@fact("ticket.assigned", 1)
class TicketAssigned:
    """The ticket was given to an agent, or (agent None) to a group's queue."""

    agent: str | None = tagged("agent", default=None)
    group: str | None = None
    level: int | None = None
    previous: str | None = tagged("agent", default=None)
    """Who held it before: the load moves."""
    reason: str | None = None
    """Why this one, such as the words of a routing decision."""


@fact("ticket.claimed", 1)
class TicketClaimed:
    """An agent took the ticket in hand until an instant: nobody else writes meanwhile."""

    agent: str
    until: datetime


@fact("ticket.released", 1)
class TicketReleased:
    """An agent let the ticket out of hand before the claim ran out."""

    agent: str


@fact("ticket.escalated", 1)
class TicketEscalated:
    """The ticket was raised to a support level by hand."""

    level: int
    agent: str | None = None
    group: str | None = None
    reason: str | None = None


@fact("ticket.escalation_acknowledged", 1)
class EscalationAcknowledged:
    """Somebody of that level said: seen, it is ours."""

    level: int
    agent: str


@fact("ticket.watcher_added", 1)
class WatcherAdded:
    """Somebody of the staff follows the ticket."""

    watcher: str
    reason: str | None = None


@fact("ticket.watcher_removed", 1)
class WatcherRemoved:
    """Somebody stopped following the ticket."""

    watcher: str


# -- what is said --------------------------------------------------------------
@fact("ticket.replied", 1)
class TicketReplied:
    """A message in the ticket. A clock counts it when it is public and not automatic."""

    by: Party
    agent: str | None = None
    level: int | None = None
    """Support level of the agent, where it is known."""
    public: bool = True
    auto: bool = False
    channel: Channel | None = None
    message: str | None = None
    """Id of the message, such as the contact that carried it: the same one counts once."""
    text: str | None = personal("content", default=None)


@fact("ticket.noted", 1)
class TicketNoted:
    """A private note of the staff; the customer never sees it."""

    agent: str | None = None
    text: str | None = personal("content", default=None)


@fact("ticket.message_redirected", 1)
class MessageRedirected:
    """A message came to a ticket that was merged away; it goes to where that one ended."""

    into: str
    by: Party = "customer"
    agent: str | None = None
    public: bool = True
    auto: bool = False
    channel: Channel | None = None
    message: str | None = None
    text: str | None = personal("content", default=None)


@fact("ticket.bot_answered", 1)
class BotAnswered:
    """A bot gave an answer, and this became of it; None: nobody knows."""

    resolved: bool | None = None
    article: str | None = None
    article_version: str | None = None


@fact("ticket.handover_requested", 1)
class HandoverRequested:
    """A person is wanted: the customer asked, or the bot did not get on."""

    reason: str = "request"


@fact("ticket.handover_done", 1)
class HandoverDone:
    """A person took over from the bot."""

    agent: str


# -- what it is ----------------------------------------------------------------
@fact("ticket.prioritised", 1)
class TicketPrioritised:
    """The priority was changed."""

    priority: Priority
    reason: str | None = None


@fact("ticket.reclassified", 1)
class TicketReclassified:
    """What the ticket is was corrected; None leaves a field as it is."""

    type: str | None = None
    topic: str | None = None
    complexity: str | None = None
    segment: str | None = None
    tier: str | None = None
    department: str | None = None
    group: str | None = None
    language: str | None = None
    reason: str | None = None


@fact("ticket.tagged", 1)
class TicketTagged:
    """A label was put on the ticket."""

    label: str
    reason: str | None = None


@fact("ticket.untagged", 1)
class TicketUntagged:
    """A label was taken off."""

    label: str


@fact("ticket.field_set", 1)
class TicketFieldSet:
    """A custom field got a value: canonical text, or ``words`` where people write freely."""

    name: str
    value: str | None = None
    words: str | None = personal("content", default=None)


@fact("ticket.complaint_raised", 1)
class ComplaintRaised:
    """The customer complains: the ticket cannot be resolved before the complaint is settled."""

    about: str
    severity: Priority = "normal"
    text: str | None = personal("content", default=None)


@fact("ticket.complaint_settled", 1)
class ComplaintSettled:
    """The complaint was answered, and with what outcome."""

    outcome: Literal["upheld", "partly_upheld", "rejected", "withdrawn"]
    remedy: str | None = None
    agent: str | None = None


# -- steps and what comes after --------------------------------------------------
@fact("ticket.milestone_reached", 1)
class MilestoneReached:
    """A step that the site names itself: ``ring``, ``answered``, ``plan_published``."""

    name: str
    agent: str | None = None


@fact("ticket.callback_done", 1)
class CallbackDone:
    """The customer was called back."""

    agent: str | None = None
    reached: bool = True


@fact("ticket.follow_up_done", 1)
class FollowUpDone:
    """Somebody asked, after the resolution, whether all is well."""

    agent: str | None = None
    outcome: str | None = None


@fact("ticket.survey_requested", 1)
class SurveyRequested:
    """The customer was asked for a score."""

    survey: str = "csat"


@fact("ticket.survey_answered", 1)
class SurveyAnswered:
    """The customer gave a score on the survey's scale."""

    score: int
    survey: str = "csat"
    comment: str | None = personal("content", default=None)


# -- facts of two tickets --------------------------------------------------------
@fact("ticket.merged", 1)
class TicketMerged:
    """This ticket went into another. Both histories hold the fact; the key is the source."""

    into: str = tagged("ticket")
    carried: tuple[str, ...] = tagged("ticket", default=())
    """Tickets that had been merged into the source: their chain now ends at ``into``."""
    agent: str | None = None
    assignee: str | None = tagged("agent", default=None)
    unanswered_since: datetime | None = None
    """Oldest customer message of the source that no agent had answered, UTC."""
    status: str = "closed"
    category: Category = "closed"


@fact("ticket.split", 1)
class TicketSplit:
    """This ticket was split off another. Both histories hold the fact; the key is the new one."""

    origin: str = tagged("ticket")
    messages: tuple[str, ...] = ()
    """Ids of the messages that were copied."""
    first_message_at: datetime | None = None
    """When the first copied message was written, UTC."""
    unanswered_since: datetime | None = None
    """Oldest copied customer message that no agent had answered, UTC."""
    agent: str | None = None


Event: TypeAlias = (
    TicketOpened
    | TicketStatusChanged
    | TicketPended
    | TicketHeld
    | TicketResumed
    | TicketResolved
    | TicketReopened
    | TicketClosed
    | TicketAssigned
    | TicketClaimed
    | TicketReleased
    | TicketEscalated
    | EscalationAcknowledged
    | WatcherAdded
    | WatcherRemoved
    | TicketReplied
    | TicketNoted
    | MessageRedirected
    | BotAnswered
    | HandoverRequested
    | HandoverDone
    | TicketPrioritised
    | TicketReclassified
    | TicketTagged
    | TicketUntagged
    | TicketFieldSet
    | ComplaintRaised
    | ComplaintSettled
    | MilestoneReached
    | CallbackDone
    | FollowUpDone
    | SurveyRequested
    | SurveyAnswered
    | TicketMerged
    | TicketSplit
)
