"""A small world to try the loyalty rules in: one log, a clock in hand, no store and no engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from cix.domain import loyalty
from cix.domain.decider import Decider, Decision, Models, fold
from cix.domain.policy import PolicyPublished
from cix.errors import DomainError
from cix.facts import Entry
from cix.records import Recorded

Anything: TypeAlias = Any
"""A fact, a state or an argument of any room: what it is, the test says."""
START = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


def on(text: str) -> datetime:
    """Read an instant; a bare date is its first instant in UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class World:
    """Decides on what was recorded, and records what was decided."""

    def __init__(self, programme: Mapping[str, Any] | None = None, now: datetime = START) -> None:
        self.log: list[Recorded[Any]] = []
        self.now = now
        self.count = 0
        if programme is not None:
            self.publish(programme)

    def publish(
        self, programme: Mapping[str, Any], effective: datetime | None = None, version: str = ""
    ) -> None:
        """Publish a version, in force from *effective* (default: now) on."""
        plain = loyalty.read(programme).plain()
        body = json.dumps(plain, sort_keys=True)
        name = version or f"v{sum(isinstance(r.fact, PolicyPublished) for r in self.log) + 1}"
        fact = PolicyPublished("loyalty", name, effective or self.now, body)
        self.record(fact, ("policy:loyalty",))

    def record(
        self, fact: Anything, tags: tuple[str, ...], effective: datetime | None = None
    ) -> None:
        """Append a fact as it is."""
        self.log.append(
            Recorded.of(
                fact,
                position=len(self.log) + 1,
                occurred_at=effective or self.now,
                recorded_at=self.now,
                tags=tags,
            )
        )

    def history(
        self, key: str, decider: Decider[Any, Any] = loyalty.DECIDER
    ) -> list[Recorded[Any]]:
        """Return the facts of *key* and the published versions."""
        own = decider.tag(key)
        policies = {f"policy:{kind}" for kind in decider.obeys}
        return [r for r in self.log if own in r.tags or policies & set(r.tags)]

    def state(
        self, key: str, decider: Decider[Any, Any] = loyalty.DECIDER, at: datetime | None = None
    ) -> Anything:
        """Return the state of *key* as of *at* (default: now): what was recorded by then."""
        instant = at or self.now
        known = [r for r in self.history(key, decider) if r.recorded_at <= instant]
        return fold(decider, key, known, instant)

    def do(
        self,
        decision: Decision[Any, Any, Any],
        key: str = "m",
        id: str | None = None,
        at: datetime | None = None,
        effective: datetime | None = None,
        **args: Anything,
    ) -> Anything:
        """Move the clock to *at*, decide, record; return the (last) fact, None for nothing."""
        if at is not None:
            assert at >= self.now, "the clock runs forward"
            self.now = at
        self.count += 1
        name = id or f"c{self.count}"
        state: Any = self.state(key, decision.decider)
        if decision.reads is not None:
            others = tuple((r, self.state(r.key, r.decider)) for r in decision.reads(key, args))
            state = Models(key, state, others)
        facts = decision(state, effective or self.now, **args)
        for fact in facts:
            tags = (decision.decider.tag(key), *Entry.of(type(fact)).tags_of(fact), f"id:{name}")
            self.record(fact, tuple(dict.fromkeys(tags)), effective)
        return facts[-1] if facts else None

    def refused(self, decision: Decision[Any, Any, Any], *keys: Anything, **args: Anything) -> str:
        """Return the rule that refuses the command; nothing is recorded."""
        before = len(self.log)
        try:
            self.do(decision, *keys, **args)
        except DomainError as error:
            assert len(self.log) == before
            return str(error.rule)
        raise AssertionError(f"{decision.name} was not refused")

    def see(self, key: str = "m", at: datetime | None = None) -> loyalty.Standing:
        """Return the account's picture as of *at*; looking ahead is allowed."""
        instant = at or self.now
        return loyalty.standing(self.state(key, at=instant), instant)

    def left(self, key: str = "m", at: datetime | None = None) -> dict[str, int]:
        """Return what is left of each lot, in spending order."""
        return {lot.lot: lot.left for lot in self.see(key, at).lots}
