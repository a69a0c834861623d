"""The agent's desk: every ticket as its own fold tells it, and who has how much in hand."""

from __future__ import annotations

from datetime import datetime

import attrs

from cix.domain import routing, ticket
from cix.domain.ticket import Ticket
from cix.projections.projection import Projection


@attrs.frozen
class QueueRow:
    """One ticket on the desk. Instants are UTC."""

    ticket: str
    record: str
    status: str
    category: str
    is_open: bool
    """Neither resolved nor closed."""
    priority: str
    channel: str | None
    type: str | None
    topic: str | None
    department: str | None
    group: str | None
    agent: str | None
    level: int
    language: str | None
    opened_at: datetime | None
    since: datetime | None
    """When it entered its status."""
    waiting_since: datetime | None
    """Oldest customer message that no agent has answered."""
    unread: int
    """Customer messages since an agent last wrote."""
    messages: int
    first_reply_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    claimed_by: str | None
    claimed_until: datetime | None
    has_open_complaint: bool
    reopens: int
    labels: tuple[str, ...]
    watchers: tuple[str, ...]
    merged_into: str | None

    @classmethod
    def of(cls, held: Ticket, _: datetime) -> QueueRow | None:
        """Picture a ticket; one of which only the other side of a merge or split tells has none."""
        if not held.exists:
            return None
        return cls(
            held.key,
            held.record,
            held.status,
            held.category,
            held.category not in ticket.DONE,
            held.priority,
            held.channel,
            held.type,
            held.topic,
            held.department,
            held.group,
            held.agent,
            held.level,
            held.language,
            held.opened_at,
            held.since,
            held.unanswered_since,
            held.unread,
            len(held.messages),
            held.first_reply_at,
            held.resolved_at,
            held.closed_at,
            held.claimed_by,
            held.claimed_until,
            held.complaint == "open",
            held.reopens,
            held.labels,
            held.watchers,
            held.merged_into,
        )


queues = Projection[QueueRow].of(
    "queues", ticket.DECIDER, version=1, row=QueueRow, picture=QueueRow.of
)


@attrs.frozen
class WorkloadRow:
    """One agent: how many open tickets, of how many at most."""

    agent: str
    is_available: bool
    load: int
    capacity: int
    level: int
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    last_given_at: datetime | None
    """When the agent was last given a ticket, UTC."""

    @classmethod
    def of(cls, agent: routing.Agent, _: datetime) -> WorkloadRow:
        """Picture an agent."""
        return cls(
            agent.key,
            agent.available,
            agent.load,
            agent.capacity,
            agent.level,
            agent.skills,
            agent.languages,
            agent.last_given_at,
        )


workload = Projection[WorkloadRow].of(
    "workload", routing.DECIDER, version=1, row=WorkloadRow, picture=WorkloadRow.of
)
