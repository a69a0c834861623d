"""How each fact changes a ticket: one small function a fact, found by its class."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeAlias, TypeVar

from cix.domain import policy
from cix.domain.ticket import desk as desks
from cix.domain.ticket import facts as f
from cix.domain.ticket import life, windows
from cix.domain.ticket.life import DONE, Category, Field
from cix.domain.ticket.state import Message, Ticket
from cix.records import Recorded

T = TypeVar("T")
Changes: TypeAlias = dict[str, Any]
Took: TypeAlias = Callable[[Ticket, Any, Recorded[Any]], Changes]
TookT = TypeVar("TookT", bound=Took)

CLASSES: Final = (
    "type",
    "topic",
    "complexity",
    "segment",
    "tier",
    "department",
    "group",
    "language",
)
_COPIED: Final = (
    "record", "channel", "priority", "type", "topic", "complexity", "segment", "tier",
    "department", "language", "group", "agent", "level", "fields",
)  # fmt: skip

TABLE: dict[type, Took] = {}
"""What each fact changes; a test sees to it that none is left out by mistake."""


def _on(*facts: type) -> Callable[[TookT], TookT]:
    def register(took: TookT) -> TookT:
        TABLE.update(dict.fromkeys(facts, took))
        return took

    return register


def evolve(ticket: Ticket, fact: f.Event | policy.PolicyPublished, record: Recorded[Any]) -> Ticket:
    """Return the ticket after *fact*. Total: any fact, in any state, in any order of arrival."""
    took = TABLE.get(type(fact))
    return ticket if took is None else ticket.but(took(ticket, fact, record))


def enters(ticket: Ticket, status: str, category: Category, at: datetime) -> Changes:
    """Return what changes when *status* is entered at *at*; the same status is no change."""
    changes: Changes = {"status": status, "category": category}
    if status == ticket.status and category == ticket.category:
        return changes
    was_done = ticket.category in DONE
    changes["since"], changes["substatus"] = at, None
    if category in DONE:
        changes["resolved_at"] = ticket.resolved_at if was_done else at
        changes["closed_at"] = at if category == "closed" else None
    else:
        changes["resolved_at"] = changes["closed_at"] = None
        changes["reopens"] = ticket.reopens + was_done
    if ticket.opened_at is None:
        changes["opened_at"] = at
    return changes


@_on(policy.PolicyPublished)
def _published(ticket: Ticket, fact: policy.PolicyPublished, record: Recorded[Any]) -> Changes:
    found = policy.published(fact, record)
    if fact.kind == windows.KIND:
        return {"promises": (*ticket.promises, found)}
    return {"policies": (*ticket.policies, found)} if fact.kind == desks.KIND else {}


@_on(life.TicketOpened)
def _opened(ticket: Ticket, fact: life.TicketOpened, record: Recorded[Any]) -> Changes:
    changes = {name: getattr(fact, name) for name in _COPIED}
    labels = tuple(dict.fromkeys((*fact.tags, *ticket.labels)))
    entered = enters(ticket, fact.status, fact.category, _at(record))
    return {**changes, **entered, "opened_at": _at(record), "labels": labels}


@_on(
    life.TicketPended,
    life.TicketHeld,
    life.TicketResumed,
    life.TicketResolved,
    life.TicketReopened,
    life.TicketClosed,
)
def _entered(ticket: Ticket, fact: life.Entering, record: Recorded[Any]) -> Changes:
    return enters(ticket, fact.status, fact.category, _at(record))


@_on(life.TicketStatusChanged)
def _status_changed(
    ticket: Ticket, fact: life.TicketStatusChanged, record: Recorded[Any]
) -> Changes:
    changes = enters(ticket, fact.status, fact.category, _at(record))
    changes["substatus"] = fact.substatus
    return {**changes, **_given(fact, ("group", "level", "agent"))}


@_on(f.TicketAssigned)
def _assigned(ticket: Ticket, fact: f.TicketAssigned, record: Recorded[Any]) -> Changes:
    return {"agent": fact.agent, **_given(fact, ("group", "level"))}


@_on(f.TicketClaimed)
def _claimed(ticket: Ticket, fact: f.TicketClaimed, record: Recorded[Any]) -> Changes:
    return {"claimed_by": fact.agent, "claimed_until": fact.until}


@_on(f.TicketReleased)
def _released(ticket: Ticket, fact: f.TicketReleased, record: Recorded[Any]) -> Changes:
    if ticket.claimed_by != fact.agent:
        return {}
    return {"claimed_by": None, "claimed_until": None}


@_on(f.TicketEscalated)
def _escalated(ticket: Ticket, fact: f.TicketEscalated, record: Recorded[Any]) -> Changes:
    kept = tuple(one for one in ticket.acknowledged if one[0] != fact.level)
    return {"level": fact.level, "acknowledged": kept, **_given(fact, ("group",))}


@_on(f.EscalationAcknowledged)
def _acknowledged(ticket: Ticket, fact: f.EscalationAcknowledged, _: Recorded[Any]) -> Changes:
    return {"acknowledged": _with(ticket.acknowledged, (fact.level, fact.agent))}


@_on(f.WatcherAdded)
def _watcher_added(ticket: Ticket, fact: f.WatcherAdded, record: Recorded[Any]) -> Changes:
    return {"watchers": _with(ticket.watchers, fact.watcher)}


@_on(f.WatcherRemoved)
def _watcher_removed(ticket: Ticket, fact: f.WatcherRemoved, record: Recorded[Any]) -> Changes:
    return {"watchers": tuple(one for one in ticket.watchers if one != fact.watcher)}


@_on(f.TicketReplied)
def _replied(ticket: Ticket, fact: f.TicketReplied, record: Recorded[Any]) -> Changes:
    if not fact.public:
        return {}
    at = _at(record)
    name = fact.message or record.command
    changes: Changes = {"messages": (*ticket.messages, Message(name, fact.by, at))}
    if fact.auto:
        return changes
    if fact.by == "customer":
        changes["last_customer_at"] = at
        changes["unanswered_since"] = ticket.unanswered_since or at
        changes["unread"] = ticket.unread + 1
        changes["customer_position"] = max(ticket.customer_position, record.position)
    elif fact.by == "agent":
        changes["first_reply_at"] = ticket.first_reply_at or at
        changes["last_agent_at"] = at
        changes["unanswered_since"], changes["unread"] = None, 0
        changes["with_people"] = True
    return changes


@_on(f.MessageRedirected)
def _redirected(ticket: Ticket, fact: f.MessageRedirected, record: Recorded[Any]) -> Changes:
    if fact.message is None:
        return {}
    return {"messages": (*ticket.messages, Message(fact.message, fact.by, _at(record)))}


@_on(f.BotAnswered)
def _bot_answered(ticket: Ticket, fact: f.BotAnswered, record: Recorded[Any]) -> Changes:
    return {"bot_unresolved": 0 if fact.resolved else ticket.bot_unresolved + 1}


@_on(f.HandoverRequested, f.HandoverDone)
def _handed_over(ticket: Ticket, fact: object, record: Recorded[Any]) -> Changes:
    return {"with_people": True, "bot_unresolved": 0}


@_on(f.TicketPrioritised)
def _prioritised(ticket: Ticket, fact: f.TicketPrioritised, record: Recorded[Any]) -> Changes:
    return {"priority": fact.priority}


@_on(f.TicketReclassified)
def _reclassified(ticket: Ticket, fact: f.TicketReclassified, record: Recorded[Any]) -> Changes:
    return _given(fact, CLASSES)


@_on(f.TicketTagged)
def _tagged(ticket: Ticket, fact: f.TicketTagged, record: Recorded[Any]) -> Changes:
    return {"labels": _with(ticket.labels, fact.label)}


@_on(f.TicketUntagged)
def _untagged(ticket: Ticket, fact: f.TicketUntagged, record: Recorded[Any]) -> Changes:
    return {"labels": tuple(one for one in ticket.labels if one != fact.label)}


@_on(f.TicketFieldSet)
def _field_set(ticket: Ticket, fact: f.TicketFieldSet, record: Recorded[Any]) -> Changes:
    others = (one for one in ticket.fields if one.name != fact.name)
    fields = (*others, Field(fact.name, fact.value or ""))
    return {"fields": tuple(sorted(fields, key=lambda one: one.name))}


@_on(f.ComplaintRaised)
def _complained(ticket: Ticket, fact: f.ComplaintRaised, record: Recorded[Any]) -> Changes:
    return {"complaint": "open"}


@_on(f.ComplaintSettled)
def _settled(ticket: Ticket, fact: f.ComplaintSettled, record: Recorded[Any]) -> Changes:
    return {"complaint": "settled"}


@_on(f.FollowUpDone)
def _followed_up(ticket: Ticket, fact: f.FollowUpDone, record: Recorded[Any]) -> Changes:
    return {"followed_up": True}


@_on(f.SurveyRequested)
def _survey_requested(ticket: Ticket, fact: f.SurveyRequested, record: Recorded[Any]) -> Changes:
    return {"surveys": _with(ticket.surveys, fact.survey)}


@_on(f.SurveyAnswered)
def _survey_answered(ticket: Ticket, fact: f.SurveyAnswered, record: Recorded[Any]) -> Changes:
    others = tuple(one for one in ticket.scores if one[0] != fact.survey)
    return {"scores": (*others, (fact.survey, fact.score))}


@_on(f.TicketMerged)
def _merged(ticket: Ticket, fact: f.TicketMerged, record: Recorded[Any]) -> Changes:
    if ticket.key == fact.into:
        waiting = [one for one in (ticket.unanswered_since, fact.unanswered_since) if one]
        merged = dict.fromkeys((*ticket.merged, *fact.carried, record.key))
        return {"merged": tuple(merged), "unanswered_since": min(waiting, default=None)}
    if ticket.key in fact.carried:
        return {"merged_into": fact.into}
    ended = enters(ticket, fact.status, fact.category, _at(record))
    return {**ended, "merged_into": fact.into, "unanswered_since": None, "unread": 0}


@_on(f.TicketSplit)
def _split(ticket: Ticket, fact: f.TicketSplit, record: Recorded[Any]) -> Changes:
    if ticket.key == fact.origin:
        return {"splits": _with(ticket.splits, record.key)}
    return {"split_from": fact.origin, "unanswered_since": fact.unanswered_since}


def _at(record: Recorded[Any]) -> datetime:
    return record.occurred_at


def _given(fact: object, names: tuple[str, ...]) -> Changes:
    return {name: value for name in names if (value := getattr(fact, name)) is not None}


def _with(held: tuple[T, ...], one: T) -> tuple[T, ...]:
    return held if one in held else (*held, one)
