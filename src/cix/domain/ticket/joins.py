"""Decisions on two tickets at once: one goes into another, one is split off another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cix.domain.decider import Models, Reading
from cix.domain.ticket.facts import Event, TicketMerged, TicketSplit
from cix.domain.ticket.life import TicketOpened
from cix.domain.ticket.room import DECIDER
from cix.domain.ticket.rules import in_hand, known, refusal, workable
from cix.domain.ticket.state import Message, Ticket
from cix.errors import NotFoundError


def _target(_: str, args: Mapping[str, Any]) -> tuple[Reading, ...]:
    return (Reading(DECIDER, args["into"]),)


def _origin(_: str, args: Mapping[str, Any]) -> tuple[Reading, ...]:
    return (Reading(DECIDER, args["origin"]),)


@DECIDER.spanning(_target)
def merge(
    models: Models, at: datetime, *, into: str, agent: str | None = None
) -> tuple[Event, ...]:
    """Let this ticket go into another, which lives on; messages to it are redirected from now on.

    Refused: ``self_merge``, ``merge_cycle`` when the other went into this one, ``ticket_merged``
    when either went elsewhere already, ``ticket_closed``, ``claimed_by_another``.
    """
    source: Ticket = models.own
    if into == models.key:
        raise refusal(source, "self_merge", "a ticket cannot go into itself")
    target = models.of(DECIDER, into)
    known(source)
    known(target)
    if source.merged_into == into:
        return ()
    if target.merged_into == source.key or target.key in source.merged:
        raise refusal(source, "merge_cycle", f"{into} went into this ticket")
    workable(source)
    workable(target)
    in_hand(source, at, agent)
    held = (source.merged, agent, source.agent, source.unanswered_since)
    return (TicketMerged(into, *held),)


@DECIDER.spanning(_origin)
def split(
    models: Models,
    at: datetime,
    *,
    origin: str,
    messages: tuple[str, ...] = (),
    agent: str | None = None,
    subject: str | None = None,
) -> tuple[Event, ...]:
    """Split this new ticket off *origin*, with copies of the named messages.

    It has the origin's record, channel, priority, classes and what the member was entitled to.
    Refused: ``ticket_exists``,
    ``ticket_merged``; an unknown message or origin is a ``NotFoundError``.
    """
    new: Ticket = models.own
    source = models.of(DECIDER, origin)
    known(source)
    if new.exists:
        if new.split_from == origin:
            return ()
        raise refusal(new, "ticket_exists", "a split makes a new ticket")
    if source.merged_into is not None:
        raise refusal(source, "ticket_merged", f"it went into {source.merged_into}")
    copied = _copies(source, messages)
    waiting = source.unanswered_since
    unanswered = [m.at for m in copied if m.by == "customer" and waiting and m.at >= waiting]
    first, since = min((m.at for m in copied), default=None), min(unanswered, default=None)
    return (_opened(source, subject), TicketSplit(origin, messages, first, since, agent))


def _copies(source: Ticket, names: tuple[str, ...]) -> tuple[Message, ...]:
    held = {message.id: message for message in source.messages}
    for name in names:
        if name not in held:
            raise NotFoundError("message", name)
    return tuple(held[name] for name in names)


def _opened(source: Ticket, subject: str | None) -> TicketOpened:
    return TicketOpened(
        source.record,
        source.channel,
        source.priority,
        type=source.type,
        topic=source.topic,
        complexity=source.complexity,
        segment=source.segment,
        tier=source.tier,
        department=source.department,
        group=source.group,
        language=source.language,
        fields=tuple(field for field in source.fields if field.is_entitlement),
        subject=subject,
    )
