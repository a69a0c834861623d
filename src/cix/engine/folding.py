"""From the facts of one key to its row: the one way, for live rows, refolds and the past."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import attrs

from cix.domain.decider import (
    Decider,
    Order,
    due_from,
    fold,
    in_order,
    instant_of,
    settle,
    step,
)
from cix.eventstore.base import Line, Stored
from cix.projections.projection import Projection
from cix.records import EPOCH, Recorded, to_us


def parted(
    order: Order, records: Iterable[Recorded[Any]], as_of_us: int
) -> tuple[list[Recorded[Any]], int | None]:
    """Part what is visible as of an instant from what is not yet; say when the next comes."""
    seen: list[Recorded[Any]] = []
    later: list[int] = []
    for record in records:
        effect = record.occurred_us if order == "occurred" else record.recorded_us
        if effect <= as_of_us:
            seen.append(record)
        else:
            later.append(effect)
    return seen, min(later, default=None)


@attrs.frozen
class Folded:
    """A room's state after its last fact, not yet moved by time."""

    state: Any
    position: int = 0
    effect: datetime = EPOCH

    def after(self, decider: Decider[Any, Any], record: Recorded[Any]) -> Folded:
        """Take the next fact in order."""
        state = step(decider, self.state, record)
        effect = instant_of(decider.order, record)
        return Folded(state, max(self.position, record.position), effect)

    def takes(self, decider: Decider[Any, Any], record: Recorded[Any]) -> bool:
        """Tell whether *record* can simply be applied: it does not come late."""
        return decider.order == "recorded" or record.occurred_at >= self.effect


def folded(decider: Decider[Any, Any], key: str, seen: Sequence[Recorded[Any]]) -> Folded:
    """Fold visible facts from the beginning."""
    state = fold(decider, key, seen)
    position = max((record.position for record in seen), default=0)
    effect = max((instant_of(decider.order, record) for record in seen), default=EPOCH)
    return Folded(state, position, effect)


def pictured(
    projection: Projection[Any], found: Folded, until: datetime, later_us: int | None = None
) -> Stored | None:
    """Return the row of a room's state, moved over every due instant up to *until*.

    The row is as of the last instant that moved it, so it does not tell when anybody looked.
    """
    decider = projection.decider
    if decider is None or projection.picture is None or not found.position:
        return None
    state, instant = found.state, found.effect
    dues: list[int] = [] if later_us is None else [later_us]
    if decider.moves:
        state, moved = settle(decider, state, due_from(decider, found.effect), until)
        instant = max(instant, moved)
    dues.extend(to_us(deadline.due) for deadline in decider.deadlines(state))
    row = projection.picture(state, instant)
    if row is None:
        return no_row_yet(min(dues, default=None))
    return Stored(row, found.position, to_us(found.effect), min(dues, default=None))


def no_row_yet(due_us: int | None) -> Stored | None:
    """Return what stands for a key without a row: when it may get one; None when never."""
    return None if due_us is None else Stored(None, 0, 0, due_us)


def pictured_at(
    projection: Projection[Any], key: str, seen: Sequence[Recorded[Any]], at: datetime
) -> Any | None:
    """Return the row of *key* as of the instant *at*, time run up to and including it."""
    decider = projection.decider
    if decider is None or projection.picture is None:
        return None
    return projection.picture(fold(decider, key, seen, at), at)


def handled(projection: Projection[Any], key: str, seen: Sequence[Recorded[Any]]) -> Stored | None:
    """Fold visible facts into a row by the projection's handlers."""
    if projection.new_row is None or not seen:
        return None
    row = projection.new_row(key)
    for record in in_order(projection.order, seen):
        if handler := projection.handlers.get(record.type):
            handler(row, record.fact, record)
    return Stored(
        row, max(r.position for r in seen), max(r.occurred_us for r in seen), next_due_us=None
    )


def refolded(
    projection: Projection[Any],
    key: str,
    records: Sequence[Recorded[Any]],
    *,
    now_us: int,
    until: datetime,
) -> Stored | None:
    """Fold a key from all its facts as the live row of *now*, moved by time to *until*."""
    seen, later = parted(projection.order, records, now_us)
    if projection.decider is not None:
        own = [r for r in seen if r.type in projection.decider.words]
        return (
            pictured(projection, folded(projection.decider, key, seen), until, later)
            if own
            else no_row_yet(later)
        )
    stored = handled(projection, key, seen)
    if stored is None:
        return no_row_yet(later)
    if later is None:
        return stored
    return attrs.evolve(stored, next_due_us=later)


def lines_of(projection: Projection[Any], key: str, records: Iterable[Recorded[Any]]) -> list[Line]:
    """Return the lines that *records* add under *key*."""
    return [
        Line(key, record.position, n, record.occurred_us, row)
        for record in records
        if (handler := projection.line_handlers.get(record.type))
        for n, row in enumerate(handler(record.fact, record))
    ]


def in_reading_order(projection: Projection[Any], lines: Iterable[Line]) -> list[Line]:
    """Order lines as the room orders facts."""
    if projection.order == "occurred":
        return sorted(lines, key=lambda line: (line.occurred_us, line.position, line.n))
    return sorted(lines, key=lambda line: (line.position, line.n))
