"""How the clocks read the facts of the ticket's room: one table, fact by fact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from cix.domain import ticket
from cix.domain.sla.facts_in import (
    Acknowledged,
    Assigned,
    BotUnresolved,
    CallbackDone,
    Created,
    Escalated,
    FactIn,
    Fields,
    FieldsChanged,
    FollowupDone,
    HandoverDone,
    HandoverRequested,
    MergedFrom,
    MergedInto,
    MessageAdded,
    Milestone,
    Noted,
    PriorityChanged,
    SplitFrom,
    StatusChanged,
    SurveyAnswered,
    Watched,
)
from cix.records import Recorded, to_us

Facts = tuple[FactIn, ...]
_CLASSES: Final = (
    "type", "topic", "complexity", "segment", "tier", "department", "group", "language",
)  # fmt: skip


def _held(fact: object, *names: str) -> Fields:
    """Return the named fields of a fact that say something."""
    pairs = ((name, getattr(fact, name)) for name in names)
    return tuple((name, value) for name, value in pairs if value is not None)


def _opened(fact: ticket.TicketOpened, _: str, __: Recorded[Any]) -> Facts:
    own = ((one.name, one.value) for one in fact.fields)
    held = _held(fact, *(name for name in _CLASSES if name != "segment"), "agent", "level")
    fields = (*own, *held)
    return (Created(fact.status, fact.channel, fact.priority, fact.record, fact.segment, fields),)


def _entered(fact: Any, _: str, __: Recorded[Any]) -> Facts:  # noqa: ANN401  # any fact with a status
    return (StatusChanged(fact.status),)


def _status(fact: ticket.TicketStatusChanged, _: str, __: Recorded[Any]) -> Facts:
    return (StatusChanged(fact.status, _held(fact, "group", "level", "agent")),)


def _assigned(fact: ticket.TicketAssigned, _: str, __: Recorded[Any]) -> Facts:
    if fact.level is None:
        return (Assigned(fact.agent, fact.group),)
    return (FieldsChanged((("level", fact.level),)), Assigned(fact.agent, fact.group))


def _escalated(fact: ticket.TicketEscalated, _: str, __: Recorded[Any]) -> Facts:
    return (FieldsChanged(_held(fact, "level", "agent", "group")), Escalated(fact.level))


def _merged(fact: ticket.TicketMerged, key: str, record: Recorded[Any]) -> Facts:
    if key == record.key:
        return (MergedInto(fact.into), StatusChanged(fact.status))
    if key == fact.into:
        since = fact.unanswered_since
        return (MergedFrom(record.key, None if since is None else to_us(since)),)
    return ()


def _split(fact: ticket.TicketSplit, key: str, record: Recorded[Any]) -> Facts:
    if key != record.key:
        return ()
    first, unanswered = fact.first_message_at, fact.unanswered_since
    return (
        SplitFrom(
            fact.origin,
            None if first is None else to_us(first),
            None if unanswered is None else to_us(unanswered),
        ),
    )


def _one(make: Callable[[Any], FactIn]) -> Callable[[Any, str, Recorded[Any]], Facts]:
    def read(fact: object, _: str, __: Recorded[Any]) -> Facts:
        return (make(fact),)

    return read


def _reclassified(fact: ticket.TicketReclassified) -> FactIn:
    return FieldsChanged(_held(fact, *_CLASSES))


def _field_set(fact: ticket.TicketFieldSet) -> FactIn:
    return FieldsChanged(((fact.name, fact.value),))


def _replied(fact: ticket.TicketReplied) -> FactIn:
    return MessageAdded(fact.by, fact.public, fact.auto, fact.level)


def _bot(fact: ticket.BotAnswered, _: str, __: Recorded[Any]) -> Facts:
    return () if fact.resolved else (BotUnresolved(),)


READS: Final[dict[type, Callable[[Any, str, Recorded[Any]], Facts]]] = {
    ticket.TicketOpened: _opened,
    ticket.TicketStatusChanged: _status,
    ticket.TicketPended: _entered,
    ticket.TicketHeld: _entered,
    ticket.TicketResumed: _entered,
    ticket.TicketResolved: _entered,
    ticket.TicketReopened: _entered,
    ticket.TicketClosed: _entered,
    ticket.TicketAssigned: _assigned,
    ticket.TicketEscalated: _escalated,
    ticket.EscalationAcknowledged: _one(lambda fact: Acknowledged(fact.level)),
    ticket.TicketReplied: _one(_replied),
    ticket.BotAnswered: _bot,
    ticket.HandoverRequested: _one(lambda _: HandoverRequested()),
    ticket.HandoverDone: _one(lambda _: HandoverDone()),
    ticket.TicketPrioritised: _one(lambda fact: PriorityChanged(fact.priority)),
    ticket.TicketReclassified: _one(_reclassified),
    ticket.TicketFieldSet: _one(_field_set),
    ticket.MilestoneReached: _one(lambda fact: Milestone(fact.name)),
    ticket.CallbackDone: _one(lambda _: CallbackDone()),
    ticket.FollowUpDone: _one(lambda _: FollowupDone()),
    ticket.SurveyAnswered: _one(lambda _: SurveyAnswered()),
    ticket.WatcherAdded: _one(lambda fact: Watched(fact.watcher)),
    ticket.TicketMerged: _merged,
    ticket.TicketSplit: _split,
}
"""Every fact of a ticket that a clock reads; the others move none."""


def reading(key: str, fact: object, record: Recorded[Any]) -> tuple[Noted, ...]:
    """Read one fact of the ticket *key*, in its envelope; nothing for what moves no clock."""
    read = READS.get(type(fact))
    if read is None:
        return ()
    at, recorded, position = record.occurred_us, record.recorded_us, record.position
    return tuple(Noted(one, at, recorded, position) for one in read(fact, key, record))
