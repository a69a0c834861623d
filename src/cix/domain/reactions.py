"""What one room's fact asks of another: pure, a fact in, the decisions it intends out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from cix.domain.contact import ContactReceived, ContactSent, Content
from cix.domain.decider import Call
from cix.domain.ticket import MessageRedirected
from cix.records import Recorded

Reaction: TypeAlias = Callable[[Any, Recorded[Any]], tuple[Call, ...]]
SPOKEN: Final = frozenset({"message", "call"})
"""Kinds of contact in which somebody says something; a receipt or a page view says nothing."""
AUTOMATIC: Final = frozenset({"auto_reply", "bounce", "bulk"})


def _words(content: Content | None) -> str | None:
    """Return the new part of what was said; None too when it was erased."""
    if not isinstance(content, Content):
        return None
    return content.reply_text or content.text


def contact_came(fact: ContactReceived, record: Recorded[Any]) -> tuple[Call, ...]:
    """Let what was said in a contact be said in the ticket that it names."""
    if fact.about is None or fact.kind not in SPOKEN:
        return ()
    flags = frozenset(fact.flags)
    text = _words(fact.content)
    if "private_note" in flags or fact.direction == "internal":
        note = {"agent": fact.agent, "text": text or ""}
        return (Call("ticket.note", fact.about, note),)
    by = "customer" if fact.direction != "outbound" else "agent" if fact.agent else "system"
    said: dict[str, Any] = {
        "by": by,
        "agent": fact.agent if by == "agent" else None,
        "auto": bool(flags & AUTOMATIC),
        "channel": fact.channel,
        "message": record.key,
        "text": text,
    }
    return (Call("ticket.reply", fact.about, said),)


def contact_went(fact: ContactSent, record: Recorded[Any]) -> tuple[Call, ...]:
    """Let what an agent wrote be said in the ticket that it names."""
    if fact.about is None or fact.kind not in SPOKEN:
        return ()
    said: dict[str, Any] = {
        "by": "agent" if fact.agent else "system",
        "agent": fact.agent,
        "channel": fact.channel,
        "message": record.key,
        "text": _words(fact.content),
    }
    return (Call("ticket.reply", fact.about, said),)


def message_redirected(fact: MessageRedirected, record: Recorded[Any]) -> tuple[Call, ...]:
    """Let a message to a ticket that was merged away be said where that one ended."""
    said: dict[str, Any] = {
        "by": fact.by,
        "agent": fact.agent,
        "public": fact.public,
        "auto": fact.auto,
        "channel": fact.channel,
        "message": fact.message or str(record.event_id),
        "text": fact.text,
    }
    return (Call("ticket.reply", fact.into, said),)


REACTIONS: Final[Mapping[type, Reaction]] = {
    ContactReceived: contact_came,
    ContactSent: contact_went,
    MessageRedirected: message_redirected,
}
"""Which function answers which fact; a host may add its own."""
