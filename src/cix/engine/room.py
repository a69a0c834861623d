"""How a decision is taken: read the boundary, fold, decide, append, and again on a conflict."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from cix.clock import Clock, jitter, new_id
from cix.domain.decider import Decider, Models, Reading, fold, step
from cix.engine.questions import check_name
from cix.engine.stamp import Asked, Outcome, Stamp, event_id
from cix.errors import ConflictError, DuplicateRequestError, InvalidArgumentError
from cix.eventstore.base import EventStore
from cix.eventstore.tags import LONGEST, is_too_long
from cix.facts import Catalogue
from cix.plain import digest, shown
from cix.records import (
    AppendCondition,
    Head,
    Metadata,
    NewEvent,
    Query,
    Recorded,
    from_us,
    to_us,
)

_ATTEMPTS: Final = 200
_LONGEST_PAUSE: Final = 0.05


@attrs.frozen(eq=False)
class Room:
    """Takes decisions on one store."""

    store: EventStore
    catalogue: Catalogue
    clock: Clock
    pause: Callable[[float], None] = time.sleep

    def decide(self, asked: Sequence[Asked], stamp: Stamp) -> Outcome[Any]:
        """Take *asked* one after another at one instant, in one append, all or nothing.

        Raises whatever a rule raises, ``DuplicateRequestError`` for a used id with another body,
        and ``ConflictError`` when others kept writing first for very long.
        """
        body = _digest(asked) if stamp.id is not None else None
        attempt = 0
        while True:
            try:
                return self._attempt(asked, stamp, body)
            except ConflictError:
                attempt += 1
                if attempt >= _ATTEMPTS:
                    raise
                self.pause(jitter() * min(_LONGEST_PAUSE, 0.001 * 2**attempt))

    def _attempt(self, asked: Sequence[Asked], stamp: Stamp, body: str | None) -> Outcome[Any]:
        head = self.store.head()
        readings = _readings(asked)
        names = () if stamp.id is None else names_of(stamp.id, len(asked))
        query = _boundary(readings, names)
        history = self.store.read(query)
        if names and (before := _answered(history, names, body, asked)):
            return before
        after = max(head.position, history[-1].position if history else 0)
        desk = _Desk.sit(self, readings, history, stamp, head)
        due_us = desk.falls_due_us()
        for one, name in zip(asked, names_of(desk.base, len(asked)), strict=True):
            desk.take(one, name)
        if not desk.events:
            return Outcome(request=stamp.id)
        events = desk.sealed(stamp, body)
        condition = AppendCondition(query, after, due_us)
        appended = self.store.append(events, (condition,), recorded_at=stamp.recorded_at)
        return Outcome(
            tuple(event.fact for event in events),
            appended.last,
            duplicate=False,
            request=desk.base,
        )


def _digest(asked: Sequence[Asked]) -> str:
    try:
        return digest([one.body for one in asked])
    except ValueError as error:  # Python writes no integer of so many digits
        what = asked[0].decision.name
        raise InvalidArgumentError(what, "every argument", "plain data", str(error)) from error


def _readings(asked: Sequence[Asked]) -> tuple[Reading, ...]:
    """Return every state the decisions read, each once, their own first."""
    found: dict[tuple[int, str], Reading] = {}
    for one in asked:
        others = one.decision.reads(one.key, one.args) if one.decision.reads else ()
        for reading in others:
            check_name(one.decision.name, f"the key of a {reading.decider.kind}", reading.key)
        for reading in (Reading(one.decision.decider, one.key), *others):
            found.setdefault((id(reading.decider), reading.key), reading)
    return tuple(found.values())


def names_of(request: str, count: int) -> tuple[str, ...]:
    """Return what names the decisions of a request: its id, and from the second on ``id/n``."""
    return (request, *(f"{request}/{n}" for n in range(2, count + 1)))


def _boundary(readings: Sequence[Reading], names: Sequence[str]) -> Query:
    items = [item for r in readings for item in r.decider.boundary(r.key).items]
    for name in names:
        items.extend(Query.tagged(f"id:{name}").items)
    return Query(tuple(dict.fromkeys(items)))


def _answered(
    history: Sequence[Recorded[Any]], names: Sequence[str], body: str | None, asked: Sequence[Asked]
) -> Outcome[Any] | None:
    request, tags = names[0], {f"id:{name}" for name in names}
    made = [record for record in history if not tags.isdisjoint(record.tags)]
    if not made:
        return None
    if any(record.metadata.digest != body for record in made):
        calls = ", ".join(f"{one.decision.name} {one.key}" for one in asked)
        raise DuplicateRequestError(request, calls)
    facts = tuple(record.fact for record in made)
    return Outcome(facts, made[-1].position, duplicate=True, request=request)


@attrs.define(eq=False)
class _Desk:
    """The states at hand while the decisions of one request are taken."""

    room: Room
    states: dict[tuple[int, str], tuple[Reading, Any]]
    at: datetime
    now: datetime
    position: int
    base: str
    stamp: Stamp
    events: list[tuple[object, tuple[str, ...]]] = attrs.field(factory=list)
    _owners: list[tuple[Decider[Any, Any], str]] = attrs.field(factory=list)

    @classmethod
    def sit(
        cls,
        room: Room,
        readings: Sequence[Reading],
        history: Sequence[Recorded[Any]],
        stamp: Stamp,
        head: Head,
    ) -> _Desk:
        """Fold every state that is read: as of ``at``, or as of now in a recorded room."""
        latest = max(head.recorded_us, history[-1].recorded_us if history else 0)
        now = max(stamp.recorded_at or room.clock(), from_us(latest))
        at = stamp.at or now
        desk = cls(room, {}, at, now, head.position, stamp.id or str(new_id()), stamp)
        at_us = to_us(at)
        for reading in readings:
            decider = reading.decider
            mine = decider.boundary(reading.key)
            visible = [
                record
                for record in history
                if (decider.order == "recorded" or record.occurred_us <= at_us)
                and (len(readings) == 1 or mine.matches(record.tags, record.type))
                and record.type in decider.reads_words
            ]
            until = at if decider.order == "occurred" else now
            state = fold(decider, reading.key, visible, until)
            desk.states[id(decider), reading.key] = (reading, state)
        return desk

    def take(self, asked: Asked, name: str) -> None:
        """Take one decision, called *name*, and evolve every state that its facts belong to."""
        decision, decider = asked.decision, asked.decision.decider
        own = self.states[id(decider), asked.key][1]
        if decision.reads is not None:
            own = Models(asked.key, own, tuple(self.states.values()))
        for fact in decision(own, self.at, **asked.args):
            self._enter(decider, asked.key, fact, name)

    def _enter(self, decider: Decider[Any, Any], key: str, fact: object, name: str) -> None:
        entry = self.room.catalogue.entry(type(fact))
        tags = (decider.tag(key), *entry.tags_of(fact))
        tags = tuple(dict.fromkeys((*tags, f"id:{name}", f"id:{self.base}")))
        record: Recorded[Any] = Recorded.of(
            fact,
            position=self.position + len(self.events) + 1,
            occurred_at=self.at,
            recorded_at=self.now,
            tags=tags,
            event_id=event_id(self.base, len(self.events)),
            type=entry.word.name,
            version=entry.word.version,
            metadata=Metadata(self.stamp.actor),
        )
        for place, (reading, state) in self.states.items():
            if reading.decider.boundary(reading.key).matches(tags, entry.word.name):
                self.states[place] = (reading, step(reading.decider, state, record))
        self.events.append((fact, tags))
        self._owners.append((decider, key))

    def sealed(self, stamp: Stamp, body: str | None) -> list[NewEvent]:
        """Return the events with their envelopes; the record's tag follows the key's."""
        metadata = Metadata(stamp.actor, stamp.correlation, stamp.causation, body)
        sealed: list[NewEvent] = []
        for n, ((fact, tags), (decider, key)) in enumerate(
            zip(self.events, self._owners, strict=True)
        ):
            belongs = decider.record_of(self.states[id(decider), key][1])
            record = () if belongs is None else (f"record:{belongs}",)
            whole = tuple(dict.fromkeys((tags[0], *record, *tags[1:])))
            if empty := [tag for tag in whole if tag.endswith(":")]:
                raise InvalidArgumentError(decider.name, "tag", "kind:value", repr(empty[0]))
            if vast := [tag for tag in whole if is_too_long(tag)]:
                most = f"kind:value of at most {LONGEST:,} bytes"
                raise InvalidArgumentError(decider.name, "tag", most, shown(vast[0]))
            sealed.append(NewEvent(fact, whole, self.at, event_id(self.base, n), metadata))
        return sealed

    def falls_due_us(self) -> int | None:
        """Return the first instant at which a state of a recorded room moves by itself."""
        dues = [
            to_us(deadline.due)
            for reading, state in self.states.values()
            if reading.decider.order == "recorded" and reading.decider.moves
            for deadline in reading.decider.deadlines(state)
            if deadline.action is None and deadline.due > self.now
        ]
        return min(dues, default=None)
