"""What is known of a ticket: the state that its facts fold into."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import attrs

from cix.domain import policy
from cix.domain.terms import Channel, Priority
from cix.domain.ticket import desk as desks
from cix.domain.ticket.life import Category, Field, Party


# -- state ---------------------------------------------------------------------
@attrs.frozen
class Message:
    """One public message: who wrote it and when; the words stay in the fact."""

    id: str
    by: Party
    at: datetime


@attrs.frozen(slots=False)
class Ticket:
    """A ticket as its facts tell it; instants are UTC, None where nothing of it happened."""

    key: str
    record: str = ""
    category: Category | Literal["absent"] = "absent"
    status: str = ""
    substatus: str | None = None
    since: datetime | None = None
    """When it entered its present status."""
    channel: Channel | None = None
    priority: Priority = "normal"
    type: str | None = None
    topic: str | None = None
    complexity: str | None = None
    segment: str | None = None
    tier: str | None = None
    department: str | None = None
    language: str | None = None
    group: str | None = None
    agent: str | None = None
    level: int = 1
    fields: tuple[Field, ...] = ()
    """Custom fields by name; of one that holds free text only the name is known here."""
    labels: tuple[str, ...] = ()
    watchers: tuple[str, ...] = ()
    opened_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    first_reply_at: datetime | None = None
    """First public message of an agent."""
    last_customer_at: datetime | None = None
    last_agent_at: datetime | None = None
    unanswered_since: datetime | None = None
    """Oldest customer message that no agent has answered."""
    unread: int = 0
    """Customer messages since an agent last wrote."""
    messages: tuple[Message, ...] = ()
    reopens: int = 0
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    acknowledged: tuple[tuple[int, str], ...] = ()
    with_people: bool = False
    """A person was asked for, or took over: a bot may not write any more."""
    bot_unresolved: int = 0
    """Bot answers in a row that solved nothing, or nobody knows."""
    complaint: Literal["none", "open", "settled"] = "none"
    followed_up: bool = False
    surveys: tuple[str, ...] = ()
    scores: tuple[tuple[str, int], ...] = ()
    merged_into: str | None = None
    """Where the chain of merges ends."""
    merged: tuple[str, ...] = ()
    """Every ticket that ended here, directly or through another."""
    split_from: str | None = None
    splits: tuple[str, ...] = ()
    customer_position: int = 0
    """Log position of the latest thing the customer said."""
    policies: tuple[policy.Published, ...] = ()
    promises: tuple[policy.Published, ...] = ()
    """Versions of the SLA policies: they may say until when it can be reopened."""

    @property
    def exists(self) -> bool:
        """Tell whether it was ever opened (or imported in some status)."""
        return self.category != "absent"

    def but(self, changes: Mapping[str, Any]) -> Ticket:
        """Return the ticket with some fields changed.

        The class has no validators, so copying the fields is enough, and takes a tenth of the
        time of ``attrs.evolve`` on so many.
        """
        other = object.__new__(Ticket)
        other.__dict__.update(self.__dict__)
        other.__dict__.update(changes)
        return other

    def desk(self, at: datetime) -> desks.Desk:
        """Return how the site runs its desk at *at*."""
        found = policy.Policy(desks.KIND, self.policies).in_force(at) if self.policies else None
        return desks.DEFAULT if found is None else desks.of(found.body)

    def holder(self, at: datetime) -> str | None:
        """Return the agent who has the ticket in hand at *at*, if anybody has."""
        until = self.claimed_until
        return self.claimed_by if until is not None and at < until else None
