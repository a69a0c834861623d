"""Given these facts, when this is decided, then those facts: rules tested without a store.

    given(a_ticket()).when(ticket.resolve, "t-1", agent="a-1").then(TicketResolved("a-1"))

Facts are dated a minute apart from ``START`` on unless they say ``at``; the decision is taken a
minute after the last. A fact belongs to the key that ``when`` names, unless ``given`` names one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Generic, ParamSpec, TypeVar

import attrs

from cix.domain.decider import Decider, Decision, Models, Reading, fold
from cix.domain.policy import PolicyPublished
from cix.errors import DomainError
from cix.facts import Entry
from cix.records import Recorded
from cix.testing.controls import START

State = TypeVar("State")
Event = TypeVar("Event")
P = ParamSpec("P")
STEP: Final = timedelta(minutes=1)


@attrs.frozen
class Given:
    """One fact of the history, under its key (None: that of the decision) and its times."""

    fact: object
    key: str | None
    at: datetime
    recorded_at: datetime
    request: str | None


@attrs.frozen
class Scenario:
    """A history so far. Every step answers a new one, so a beginning can be shared."""

    history: tuple[Given, ...] = ()
    decided_at: datetime | None = None

    def given(
        self,
        *facts: object,
        key: str | None = None,
        at: datetime | None = None,
        recorded_at: datetime | None = None,
        request: str | None = None,
    ) -> Scenario:
        """Let *facts* have happened, in this order.

        ``key`` is theirs, ``at`` when all of them happened, ``recorded_at`` when they were learnt
        of (for a late fact), ``request`` the id of the command that wrote them.
        """
        held = list(self.history)
        for fact in facts:
            then = at or _when(fact, held)
            known = recorded_at or max([then, *(one.recorded_at for one in held)])
            held.append(Given(fact, key, then, known, request))
        return attrs.evolve(self, history=tuple(held))

    def at(self, instant: datetime) -> Scenario:
        """Let the decision be taken at *instant*."""
        return attrs.evolve(self, decided_at=instant)

    def when(
        self,
        decision: Decision[State, Event, P],
        key: str,
        /,
        *args: P.args,  # noqa: ARG002  # decisions take keywords only; a ParamSpec wants both
        **kwargs: P.kwargs,
    ) -> Decided[Event]:
        """Take *decision* for *key*; what came of it is asked of the answer."""
        known = [one.recorded_at for one in self.history]
        at = self.decided_at or max([one.at for one in self.history] + known, default=START) + STEP
        return _decide(self.history, decision, key, at, kwargs)

    def state(self, decider: Decider[State, Any], key: str, at: datetime | None = None) -> State:
        """Return the state of *key*, moved by time to *at* where one is given."""
        return _state(decider, key, self.records(key, decider), at)

    def records(self, key: str, *rooms: Decider[Any, Any]) -> list[Recorded[Any]]:
        """Return the history in its envelopes, as views and folds are given it.

        A fact told without a key is of *key*, in the first of *rooms* that knows it.
        """
        return _records(self.history, tuple(Reading(room, key) for room in rooms), key)


def _when(fact: object, held: list[Given]) -> datetime:
    """Return when a fact happened that does not say: a policy, when it begins to count."""
    if isinstance(fact, PolicyPublished):
        return fact.effective_at
    last = (one.at for one in reversed(held) if not isinstance(one.fact, PolicyPublished))
    return next((at + STEP for at in last), START)


def given(
    *facts: object,
    key: str | None = None,
    at: datetime | None = None,
    recorded_at: datetime | None = None,
    request: str | None = None,
) -> Scenario:
    """Begin a scenario with *facts*; none for an empty history. See ``Scenario.given``."""
    return Scenario().given(*facts, key=key, at=at, recorded_at=recorded_at, request=request)


@attrs.frozen
class Decided(Generic[Event]):
    """What came of a decision. Each ``then`` answers the same again, so they can be chained."""

    decision: Decision[Any, Event, ...]
    key: str
    at: datetime
    args: Mapping[str, Any]
    history: tuple[Given, ...]
    facts: tuple[Event, ...]
    error: DomainError | None

    def then(self, *facts: object) -> Decided[Event]:
        """Check that exactly these facts were decided, in this order."""
        __tracebackhide__ = True
        if self.error is not None:
            raise self.error
        if self.facts != facts:
            sides = f"  expected {_shown(facts)}\n  found    {_shown(self.facts)}"
            message = f"{self.decision.name}:\n{sides}"
            raise AssertionError(message)
        return self

    def then_nothing(self) -> Decided[Event]:
        """Check that nothing was to be written: what was asked holds already."""
        __tracebackhide__ = True
        return self.then()

    def then_refused(self, rule: str) -> Decided[Event]:
        """Check that the decision was refused, and by which rule (``not_found`` is one)."""
        __tracebackhide__ = True
        if self.error is None:
            message = f"{self.decision.name}: not refused, it decided {_shown(self.facts)}"
            raise AssertionError(message)
        if (found := self.error.rule) != rule:
            message = f"{self.decision.name}: refused by {found}, not by {rule}: {self.error}"
            raise AssertionError(message)
        return self

    def then_again_nothing(self) -> Decided[Event]:
        """Check that the same decision a second time writes nothing."""
        __tracebackhide__ = True
        if self.error is not None:
            raise self.error
        again = _decide(self.after().history, self.decision, self.key, self.at, self.args)
        return again.then_nothing()

    def after(self) -> Scenario:
        """Return the history with what was decided, to go on from."""
        return Scenario(self.history).given(*self.facts, key=self.key, at=self.at)

    def state(self, decider: Decider[State, Any]) -> State:
        """Return the state of the key after what was decided."""
        return self.after().state(decider, self.key, self.at)


def _decide(
    history: tuple[Given, ...],
    decision: Decision[Any, Event, ...],
    key: str,
    at: datetime,
    args: Mapping[str, Any],
) -> Decided[Event]:
    own = Reading(decision.decider, key)
    readings = (own, *(decision.reads(key, args) if decision.reads else ()))
    records = _records(history, readings, key)
    states = tuple((one, _state(one.decider, one.key, records, at)) for one in readings)
    given_state = Models(key, states[0][1], states) if decision.reads else states[0][1]
    try:
        facts = decision(given_state, at, **args)
    except DomainError as error:
        return Decided(decision, key, at, args, history, (), error)
    return Decided(decision, key, at, args, history, facts, None)


def _state(
    decider: Decider[State, Any], key: str, records: list[Recorded[Any]], at: datetime | None
) -> State:
    boundary = decider.boundary(key)
    return fold(decider, key, [r for r in records if boundary.matches(r.tags, r.type)], at)


def _records(
    history: tuple[Given, ...], readings: tuple[Reading, ...], key: str
) -> list[Recorded[Any]]:
    return [
        _recorded(one, position, readings, key) for position, one in enumerate(history, start=1)
    ]


def _recorded(one: Given, position: int, readings: tuple[Reading, ...], key: str) -> Recorded[Any]:
    entry = Entry.of(type(one.fact))
    tags = (_tag(one, readings, key), *entry.tags_of(one.fact))
    tags = (*tags, f"id:{one.request}") if one.request else tags
    return Recorded.of(
        one.fact,
        position=position,
        occurred_at=one.at,
        recorded_at=one.recorded_at,
        tags=tuple(dict.fromkeys(tags)),
        type=entry.word.name,
        version=entry.word.version,
    )


def _tag(one: Given, readings: tuple[Reading, ...], key: str) -> str:
    """Return the tag of the room that wrote the fact: the first that is read and knows it."""
    if isinstance(one.fact, PolicyPublished):
        return f"policy:{one.fact.kind}"
    deciders = [reading.decider for reading in readings]
    found = next((each for each in deciders if type(one.fact) in each.facts), deciders[0])
    return found.tag(one.key or key)


def _shown(facts: tuple[object, ...]) -> str:
    return ", ".join(repr(fact) for fact in facts) or "nothing"
