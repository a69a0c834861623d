"""Why a value is what it is: the steps of the fold that changed it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import attrs

from cix.domain.decider import Decider, due_from, in_order, instant_of, settle, step
from cix.domain.policy import published
from cix.errors import ConfigError
from cix.plain import to_plain
from cix.projections.projection import Projection
from cix.records import EPOCH, Recorded


@attrs.frozen
class Cause:
    """One step in which a value changed: the fact, or time itself, and both values."""

    at: datetime
    recorded_at: datetime | None
    position: int | None
    """Position of the fact; None when time alone changed the value."""
    fact: str
    event_id: str | None
    actor: str | None
    request: str | None
    before: Any
    after: Any


@attrs.frozen
class Explanation:
    """Why a value is what it is: the causes in order, and the policy versions in force."""

    view: str
    key: str
    path: str
    value: Any
    as_of: datetime
    known: int
    causes: tuple[Cause, ...]
    policies: tuple[tuple[str, str], ...]
    """(kind, version) of each policy in force at ``as_of``."""


def value_at(row: Any, path: str) -> Any:
    """Return the value at a dotted path of fields, list places and map keys of *row*.

    Raises ``ConfigError`` when the path leads nowhere in this row's class.
    """
    value: Any = row
    for part in path.split(".") if path else []:
        value = None if value is None else _part(value, part)
    return value


def _part(value: Any, part: str) -> Any:
    cls: Any = value.__class__
    if attrs.has(cls):
        names = [field.name for field in attrs.fields(cls)]
        if part not in names:
            raise ConfigError("path", f"no field {part!r}", f"there are {', '.join(names)}")
        return getattr(value, part)
    for read in (str, int):  # a map may have either keys
        with suppress(LookupError, TypeError, ValueError):
            return value[read(part)]
    return None


def _cause(at: datetime, record: Recorded[Any] | None, before: Any, after: Any) -> Cause:
    if record is None:
        return Cause(at, None, None, "time", None, None, None, before, after)
    return Cause(
        at,
        record.recorded_at,
        record.position,
        record.type,
        str(record.event_id),
        record.metadata.actor,
        record.request,
        before,
        after,
    )


def row_causes(
    projection: Projection[Any], key: str, seen: Sequence[Recorded[Any]], path: str
) -> list[Cause]:
    """Return the facts that changed the value at *path* of a row filled by handlers."""
    if projection.new_row is None:
        raise ConfigError(projection.name, "a view of lines", "its lines are the explanation")
    row = projection.new_row(key)
    causes: list[Cause] = []
    for record in in_order(projection.order, seen):
        before = _frozen(value_at(row, path))
        projection.handlers[record.type](row, record.fact, record)
        after = _frozen(value_at(row, path))
        if before != after:
            causes.append(_cause(record.occurred_at, record, before, after))
    return causes


def _frozen(value: Any) -> Any:
    """Keep a value as it is now: rows are changed in place."""
    return to_plain(value)


def room_causes(
    projection: Projection[Any],
    decider: Decider[Any, Any],
    key: str,
    seen: Sequence[Recorded[Any]],
    path: str,
    until: datetime,
) -> list[Cause]:
    """Return the facts, and the passing of time, that changed a room's pictured value.

    What time changed is dated at the instant at which it fell due.
    """
    picture = projection.picture
    causes: list[Cause] = []

    def look(state: Any, at: datetime) -> Any:
        row = None if picture is None else picture(state, at)
        return None if row is None else value_at(row, path)

    state, moved = decider.new(key), EPOCH
    value = look(state, EPOCH)

    def note(at: datetime, record: Recorded[Any] | None, found: Any) -> None:  # a value of any view
        nonlocal value
        if found != value:
            causes.append(_cause(at, record, value, found))
            value = found

    def fell_due(due: datetime, _: object, after: object) -> None:
        note(due, None, look(after, due))

    for record in in_order(decider.order, seen):
        at = instant_of(decider.order, record)
        before = due_from(decider, at)
        state, moved = settle(decider, state, moved, before, fell_due)
        note(before, None, look(decider.advance(state, before), before))
        state, moved = step(decider, state, record), before
        note(at, record, look(state, at))
    state, _ = settle(decider, state, moved, until, fell_due)
    note(until, None, look(decider.advance(state, until), until))
    return causes


def in_force(
    decider: Decider[Any, Any] | None, seen: Sequence[Recorded[Any]], at: datetime
) -> tuple[tuple[str, str], ...]:
    """Return (kind, version) of the policies in force at *at* among the facts seen."""
    found: list[tuple[str, str]] = []
    for kind in decider.obeys if decider else ():
        held = [
            published(record.fact, record)
            for record in seen
            if record.type == "policy.published" and record.fact.kind == kind
        ]
        live = [one for one in held if one.effective_at <= at]
        if live:
            best = max(live, key=lambda one: (one.effective_at, one.position))
            found.append((kind, best.version))
    return tuple(found)
