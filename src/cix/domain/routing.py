"""Routing: which agent gets a ticket, by skill, language, tier, priority, load, availability.

An agent's room holds what the agent can do and, from the ticket's own facts, which tickets are
in the agent's hands; so two tickets routed to one agent at once meet in that agent's boundary,
and nothing is assigned twice. The rule is pure and its reason stands in the fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias, get_args

import attrs

from cix.domain import policy, ticket
from cix.domain.decider import Decider, Models, Reading
from cix.domain.terms import Priority
from cix.domain.ticket import (
    Ticket,
    TicketAssigned,
    TicketClosed,
    TicketMerged,
    TicketOpened,
    TicketReopened,
    TicketResolved,
)
from cix.errors import InvalidPolicyError, NotFoundError, RuleBrokenError
from cix.facts import fact
from cix.plain import PlainError, from_plain
from cix.records import Recorded

KIND: Final = "routing"


# -- facts ---------------------------------------------------------------------
@fact("agent.profiled", 1)
class AgentProfiled:
    """What an agent can do, and how many open tickets at a time."""

    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    """Member tiers the agent is there for first."""
    level: int = 1
    capacity: int = 5


@fact("agent.availability_changed", 1)
class AgentAvailabilityChanged:
    """The agent can take tickets from now on, or cannot."""

    available: bool
    reason: str | None = None


Event: TypeAlias = (
    AgentProfiled
    | AgentAvailabilityChanged
    | TicketOpened
    | TicketAssigned
    | TicketReopened
    | TicketResolved
    | TicketClosed
    | TicketMerged
)


# -- policy ----------------------------------------------------------------------
@attrs.frozen
class Need:
    """What tickets of a kind need: the first need whose ``when`` holds applies.

    ``when`` names ticket fields and the values they may have; empty matches all.
    """

    when: tuple[tuple[str, tuple[str, ...]], ...] = ()
    skills: tuple[str, ...] = ()
    level: int = 1
    group: str | None = None

    def fits(self, held: Ticket) -> bool:
        """Tell whether *held* is such a ticket."""
        return all(str(getattr(held, name)) in values for name, values in self.when)


@attrs.frozen
class Routing:
    """How tickets find agents."""

    needs: tuple[Need, ...] = ()
    language_required: bool = False
    """False: an agent of the ticket's language is preferred, True: no other will do."""
    reserve: int = 0
    """Places of each agent kept free for high and urgent tickets."""
    urgent_extra: int = 0
    """Places above the capacity that an urgent ticket may take."""

    def room(self, agent: Agent, priority: Priority) -> int:
        """Return how many tickets *agent* may hold when one of *priority* comes."""
        spare = {"urgent": self.urgent_extra, "high": 0}.get(priority, -self.reserve)
        return agent.capacity + spare


DEFAULT: Final = Routing()
_FIELDS: Final = frozenset(
    {
        "channel", "priority", "type", "topic", "complexity", "segment", "tier", "department",
        "language", "group",
    }
)  # fmt: skip


@policy.read_by(KIND)
def read(body: Mapping[str, Any]) -> Routing:
    """Read a ``routing`` policy; ``InvalidPolicyError`` names what cannot be meant.

    Keys are the fields of ``Routing``; each of ``needs`` is a map with ``when`` (field to value
    or list of values), ``skills``, ``level`` and ``group``.
    """
    try:
        needs = from_plain(tuple[dict[str, Any], ...], body.get("needs", []))
        found = from_plain(Routing, {**body, "needs": [_need(one) for one in needs]})
    except PlainError as error:
        raise InvalidPolicyError(KIND, "body", str(error)) from error
    if found.reserve < 0 or found.urgent_extra < 0:
        raise InvalidPolicyError(KIND, "reserve, urgent_extra", "they count places, from 0")
    return found


def _need(body: Mapping[str, Any]) -> Mapping[str, Any]:
    when = from_plain(dict[str, Any], body.get("when", {}))
    if unknown := sorted(set(when) - _FIELDS):
        known = ", ".join(sorted(_FIELDS))
        raise InvalidPolicyError(KIND, f"when.{unknown[0]}", "no such field", f"there are {known}")
    pairs = [(name, [v] if isinstance(v, str) else v) for name, v in when.items()]
    return {**body, "when": pairs}


# -- state ---------------------------------------------------------------------
@attrs.frozen
class Agent:
    """One agent: abilities, whether available, tickets in hand."""

    key: str
    known: bool = False
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    level: int = 1
    capacity: int = 5
    available: bool = False
    tickets: tuple[str, ...] = ()
    """Open tickets in the agent's hands, in the order they came."""
    last_given_at: datetime | None = None
    policies: tuple[policy.Published, ...] = ()

    @property
    def load(self) -> int:
        """Return how many open tickets the agent holds."""
        return len(self.tickets)


def evolve(agent: Agent, fact: Event | policy.PolicyPublished, record: Recorded[Any]) -> Agent:
    """Return the agent after *fact*. Total: any fact, in any state."""
    match fact:
        case policy.PolicyPublished(kind=kind):
            if kind != KIND:
                return agent
            found = policy.published(fact, record)
            return attrs.evolve(agent, policies=(*agent.policies, found))
        case AgentProfiled():
            given = {name: getattr(fact, name) for name in _ABILITIES}
            return attrs.evolve(agent, known=True, **given)
        case AgentAvailabilityChanged(available=available):
            return attrs.evolve(agent, known=True, available=available)
        case (
            TicketOpened(agent=holder)
            | TicketAssigned(agent=holder)
            | TicketReopened(assignee=holder)
        ):
            return _held(agent, record, holds=holder == agent.key)
        case TicketResolved() | TicketClosed() | TicketMerged():
            return _held(agent, record, holds=False)


_ABILITIES: Final = ("skills", "languages", "tiers", "level", "capacity")


def _held(agent: Agent, record: Recorded[Any], *, holds: bool) -> Agent:
    others = tuple(one for one in agent.tickets if one != record.key)
    if not holds:
        return attrs.evolve(agent, tickets=others)
    given_at = agent.last_given_at if record.key in agent.tickets else record.occurred_at
    return attrs.evolve(agent, tickets=(*others, record.key), last_given_at=given_at)


DECIDER: Decider[Agent, Event] = Decider("agent", Agent, evolve, get_args(Event), obeys=(KIND,))


# -- the rule ----------------------------------------------------------------------
@attrs.frozen
class Considered:
    """One agent as the rule saw it; ``against`` is empty for one who could take the ticket."""

    agent: str
    load: int
    room: int
    against: str = ""


@attrs.frozen
class Choice:
    """Who gets the ticket, why, and everybody who was considered."""

    agent: str | None
    group: str | None
    reason: str
    considered: tuple[Considered, ...]


def choose(held: Ticket, agents: tuple[Agent, ...], routing: Routing) -> Choice:
    """Choose the agent for a ticket; among those who may, in this order of preference.

    Speaks the language, is there for the tier, has the smallest share of places taken, the
    smallest load, waited longest since the last ticket; then by name.
    """
    need = next((one for one in routing.needs if one.fits(held)), Need())
    seen: list[Considered] = []
    free: list[Agent] = []
    for agent in agents:
        room = routing.room(agent, held.priority)
        against = _against(held, agent, need, routing, room)
        seen.append(Considered(agent.key, agent.load, room, against))
        if not against:
            free.append(agent)
    if not free:
        return Choice(None, need.group, "nobody is free", tuple(seen))
    best = min(free, key=lambda agent: _preference(held, agent))
    return Choice(best.key, need.group, _reason(held, best, need, len(free)), tuple(seen))


def _against(held: Ticket, agent: Agent, need: Need, routing: Routing, room: int) -> str:
    level = max(need.level, held.level)
    missing = [skill for skill in need.skills if skill not in agent.skills]
    speaks = held.language is None or held.language in agent.languages
    reasons = (
        (not agent.available, "not available"),
        (bool(missing), f"lacks {', '.join(missing)}"),
        (agent.level < level, f"is level {agent.level}, not {level}"),
        (routing.language_required and not speaks, f"does not speak {held.language}"),
        (agent.load >= room, f"holds {agent.load} of {room}"),
    )
    return next((reason for holds, reason in reasons if holds), "")


def _preference(held: Ticket, agent: Agent) -> tuple[bool, bool, int, int, bool, str, str]:
    strange = held.language is not None and held.language not in agent.languages
    other = held.tier is not None and held.tier not in agent.tiers
    last = agent.last_given_at
    # Whole millionths of the places taken: an integer compares alike everywhere.
    share = agent.load * 1_000_000 // max(agent.capacity, 1)
    waited = "" if last is None else last.isoformat(timespec="microseconds")
    return (strange, other, share, agent.load, last is not None, waited, agent.key)


def _reason(held: Ticket, agent: Agent, need: Need, free: int) -> str:
    parts = [f"load {agent.load}/{agent.capacity}, best of {free}"]
    if need.skills:
        parts.append(f"skills {', '.join(need.skills)}")
    if held.language in agent.languages:
        parts.append(f"language {held.language}")
    if held.tier in agent.tiers:
        parts.append(f"tier {held.tier}")
    return "; ".join(parts)


# -- decisions -----------------------------------------------------------------
@DECIDER.decision
def profile(
    agent: Agent,
    at: datetime,
    *,
    skills: tuple[str, ...] = (),
    languages: tuple[str, ...] = (),
    tiers: tuple[str, ...] = (),
    level: int = 1,
    capacity: int = 5,
) -> tuple[Event, ...]:
    """Say what an agent can do.

    Refused: ``invalid_capacity`` below 0, ``invalid_level`` below 1.
    """
    if capacity < 0:
        raise RuleBrokenError("invalid_capacity", "agent", agent.key, f"{capacity} is no number")
    if level < 1:
        raise RuleBrokenError("invalid_level", "agent", agent.key, "levels start at 1")
    told = AgentProfiled(skills, languages, tiers, level, capacity)
    held = AgentProfiled(*(getattr(agent, name) for name in _ABILITIES))
    return () if agent.known and told == held else (told,)


@DECIDER.decision
def set_available(
    agent: Agent, at: datetime, *, available: bool, reason: str | None = None
) -> tuple[Event, ...]:
    """Let the agent take tickets from now on, or no more."""
    if agent.known and agent.available == available:
        return ()
    return (AgentAvailabilityChanged(available, reason),)


def _candidates(_: str, args: Mapping[str, Any]) -> tuple[Reading, ...]:
    return tuple(Reading(DECIDER, name) for name in dict.fromkeys(args["agents"]))


@ticket.DECIDER.spanning(_candidates)
def route(models: Models, at: datetime, *, agents: tuple[str, ...]) -> tuple[ticket.Event, ...]:
    """Give the ticket to the best of *agents* under the routing policy; an assigned one stays.

    Refused: ``nobody_free`` (with everybody's reason), ``ticket_resolved``, ``ticket_closed``,
    ``ticket_merged``; an unknown ticket or agent is a ``NotFoundError``.
    """
    held: Ticket = models.own
    if held.exists and held.category in {"resolved", "closed"}:
        raise RuleBrokenError(f"ticket_{held.category}", "ticket", held.key)
    if held.agent is not None:
        return ()
    seen = tuple(models.of(DECIDER, name) for name in dict.fromkeys(agents))
    for agent in seen:
        if not agent.known:
            raise NotFoundError("agent", agent.key)
    choice = choose(held, seen, in_force(seen, at))
    if choice.agent is None:
        because = "; ".join(f"{one.agent} {one.against}" for one in choice.considered)
        raise RuleBrokenError("nobody_free", "ticket", held.key, because or "no agent was named")
    return ticket.assign(held, at, agent=choice.agent, group=choice.group, reason=choice.reason)


def in_force(agents: tuple[Agent, ...], at: datetime) -> Routing:
    """Return the routing policy at *at*; every agent's history holds its versions."""
    held = agents[0].policies if agents else ()
    found = policy.Policy(KIND, held).in_force(at)
    return DEFAULT if found is None else policy.parsed(KIND, found.body)
