"""What every clock of a ticket needs to know of it: status, fields, who has answered."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

import attrs

from cix.domain.sla.facts_in import (
    Assigned,
    Created,
    FactIn,
    FieldsChanged,
    MergedInto,
    MessageAdded,
    PriorityChanged,
    StatusChanged,
    Tokens,
    Value,
)
from cix.domain.sla.timer import Labels

_NOTHING: Final[Tokens] = ()


@attrs.frozen
class Step:
    """What one fact means to the clocks.

    ``entered`` and ``left`` are the statuses of a change (None: no change, or the creation), and
    ``changed`` says that a field a rule may name has another value now.
    """

    tokens: Tokens = ()
    entered: str | None = None
    left: str | None = None
    changed: bool = False


_STILL: Final = Step()


@attrs.define(eq=False)
class Life:
    """The ticket as far as its facts were folded; mutable while they are."""

    created_us: int | None = None
    status: str | None = None
    fields: dict[str, Value] = attrs.field(factory=dict)
    first_agent_us: int | None = None
    """The first message of an agent in the ticket's life."""
    gone: bool = False
    """It was merged away: nothing moves its clocks any more."""
    path: list[tuple[int, str]] = attrs.field(factory=list)
    """Every status it entered, and when."""

    def take(self, fact: FactIn, at_us: int) -> Step:
        """Take one fact; answer what it means to the clocks."""
        handle = _TAKES.get(type(fact))
        if handle is None:
            return Step(fact.tokens)
        found: Step = handle(self, fact, at_us)
        return found

    def labels(self) -> Labels:
        """Return what a report groups by, as it is now."""
        return (self._text("channel"), self._text("priority"), self._text("agent"),
                self._text("group"))  # fmt: skip

    def _text(self, name: str) -> str | None:
        found = self.fields.get(name)
        return None if found is None else str(found)

    def set(self, fields: tuple[tuple[str, Value], ...]) -> bool:
        """Set fields; tell whether any has another value now."""
        changed = False
        for name, value in fields:
            if self.fields.get(name) != value:
                self.fields[name] = value
                changed = True
        return changed

    def running_between(
        self, start_us: int, end_us: int, pauses: frozenset[str]
    ) -> list[tuple[int, int]]:
        """Return the spans in ``[start, end)`` with a status outside *pauses*.

        Before the ticket began there was no status, so nothing paused.
        """
        spans: list[tuple[int, int]] = []
        changes = [(start_us, ""), *self.path, (end_us, "")]
        for (a, status), (b, _) in pairwise(changes):
            first, last = max(a, start_us), min(b, end_us)
            if first >= last or status in pauses:
                continue
            if spans and spans[-1][1] == first:
                spans[-1] = (spans[-1][0], last)
            else:
                spans.append((first, last))
        return spans


def _created(life: Life, fact: Created, at_us: int) -> Step:
    if life.created_us is not None:
        return _STILL
    life.created_us, life.status = at_us, fact.status
    life.path.append((at_us, fact.status))
    life.set(fact.values)
    return Step(fact.tokens, fact.status, None, changed=True)


def _entered(life: Life, fact: StatusChanged, at_us: int) -> Step:
    changed = bool(fact.fields) and life.set(fact.fields)
    left = life.status
    if fact.to == left:
        return Step(changed=True) if changed else _STILL
    life.status = fact.to
    life.path.append((at_us, fact.to))
    return Step(fact.tokens, fact.to, left, changed)


def _said(life: Life, fact: MessageAdded, at_us: int) -> Step:
    if not fact.counts:
        return _STILL
    if fact.by == "agent" and life.first_agent_us is None:
        life.first_agent_us = at_us
    return Step(fact.tokens)


def _changed(life: Life, fact: FieldsChanged | PriorityChanged | Assigned, _: int) -> Step:
    return Step(fact.tokens, changed=life.set(fact.fields))


def _merged(life: Life, _fact: MergedInto, _: int) -> Step:
    life.gone = True
    return _STILL


_TAKES: Final[dict[type, Callable[[Life, Any, int], Step]]] = {
    Created: _created,
    StatusChanged: _entered,
    MessageAdded: _said,
    FieldsChanged: _changed,
    PriorityChanged: _changed,
    Assigned: _changed,
    MergedInto: _merged,
}
