"""Plays a past through the rooms' own decisions, in memory, into facts that can be loaded.

A history that is loaded is asked no rule; played here first, it keeps them all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from cix.domain.catalogue import CATALOGUE, REACTIONS, ROOMS
from cix.domain.decider import POLICY_WORD, Decider, Decision, Models, Reading, step
from cix.domain.policy import PolicyPublished
from cix.engine import SourceFact
from cix.engine.stamp import event_id
from cix.errors import DomainError
from cix.records import Metadata, Recorded


@attrs.frozen
class Intent:
    """A decision that somebody takes: dated ``at``, known to the business at ``recorded_at``."""

    recorded_at: datetime
    at: datetime
    decision: str
    key: str
    args: Mapping[str, Any]
    actor: str | None = None


DECISIONS: Mapping[str, Decision[Any, Any, Any]] = {
    decision.name: decision for room in ROOMS for decision in room.decisions.values()
}
_DECIDING = tuple(room for room in ROOMS if room.decisions)
_BY_NAME = {room.name: room for room in ROOMS}


class Rehearsal:
    """The states of every room, as far as the past was played."""

    def __init__(self, name: str) -> None:
        """*name* begins the ids of the requests."""
        self.name = name
        self.played = self.refused = self.position = 0
        self._states: dict[tuple[str, str], Any] = {}
        self._policies: list[Recorded[PolicyPublished]] = []

    def play(self, intents: Iterable[Intent]) -> Iterator[SourceFact]:
        """Take the intents in the order of recording; yield the facts of those not refused."""
        for intent in sorted(intents, key=lambda one: one.recorded_at):
            yield from self._take(intent)

    def _take(self, intent: Intent) -> Iterator[SourceFact]:
        self.played += 1
        request = f"{self.name}-{self.played}"
        decision = DECISIONS[intent.decision]
        try:
            facts = self._decided(decision, intent)
        except DomainError:
            self.refused += 1
            return
        for n, fact in enumerate(facts):
            record = self._enter(decision.decider, intent, request, n, fact)
            yield SourceFact(
                fact,
                intent.key,
                intent.at,
                intent.recorded_at,
                request,
                decision.decider.record_of(self._state(decision.decider, intent.key)),
                intent.actor,
            )
            if (react := REACTIONS.get(type(fact))) is not None:
                for call in react(fact, record):
                    yield from self._take(
                        attrs.evolve(intent, decision=call.decision, key=call.key, args=call.args)
                    )

    def _state(self, decider: Decider[Any, Any], key: str) -> Any:  # noqa: ANN401  # any room's
        held = self._states.get((decider.name, key))
        if held is None:
            held = decider.new(key)
            for record in self._policies:
                if record.fact.kind in decider.obeys:
                    held = step(decider, held, record)
            self._states[decider.name, key] = held
        return held

    def _decided(self, decision: Decision[Any, Any, Any], intent: Intent) -> tuple[object, ...]:
        own = self._advanced(Reading(decision.decider, intent.key), intent)
        if decision.reads is not None:
            readings = (
                Reading(decision.decider, intent.key),
                *decision.reads(intent.key, intent.args),
            )
            others = tuple((one, self._advanced(one, intent)) for one in readings)
            own = Models(intent.key, own, others)
        return decision(own, intent.at, **intent.args)

    def _advanced(self, reading: Reading, intent: Intent) -> Any:  # noqa: ANN401  # any room's
        decider = reading.decider
        until = intent.at if decider.order == "occurred" else intent.recorded_at
        return decider.advance(self._state(decider, reading.key), until)

    def _enter(
        self,
        decider: Decider[Any, Any],
        intent: Intent,
        request: str,
        n: int,
        fact: object,
    ) -> Recorded[Any]:
        """Let every state that the fact belongs to take it."""
        self.position += 1
        entry = CATALOGUE.entry(type(fact))
        tags = dict.fromkeys((decider.tag(intent.key), *entry.tags_of(fact), f"id:{request}"))
        record: Recorded[Any] = Recorded.of(
            fact,
            position=self.position,
            occurred_at=intent.at,
            recorded_at=intent.recorded_at,
            tags=tuple(tags),
            event_id=event_id(request, n),
            type=entry.word.name,
            version=entry.word.version,
            metadata=Metadata(intent.actor),
        )
        if entry.word.name == POLICY_WORD:
            self._publish(record)
        for room in _DECIDING:
            if entry.word.name in room.words:
                for tag in tags:
                    kind, _, key = tag.partition(":")
                    if kind == room.kind:
                        self._states[room.name, key] = step(room, self._state(room, key), record)
        return record

    def _publish(self, record: Recorded[PolicyPublished]) -> None:
        """Let every state that obeys the policy take the new version."""
        self._policies.append(record)
        for (name, key), held in list(self._states.items()):
            room = _BY_NAME[name]
            if record.fact.kind in room.obeys:
                self._states[name, key] = step(room, held, record)
