"""Facts as JSON lines and back: what ``export`` writes and ``apply`` reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

import attrs

from cix.domain.policy import unreadable
from cix.errors import MalformedFactError, NaiveInstantError, UnknownFactError
from cix.eventstore.base import LoadedEvent
from cix.facts import Catalogue, Entry
from cix.plain import PlainError, instant, instant_text, reader, to_plain
from cix.records import Metadata, NewEvent, Recorded

_ENVELOPE: Final = ("fact", "version", "data", "tags", "id", "occurred_at", "recorded_at")


def to_line(record: Recorded[Any]) -> dict[str, Any]:
    """Write a recorded fact with its whole envelope as plain data, in its stored version."""
    metadata = {
        field.name: value
        for field in attrs.fields(Metadata)
        if (value := getattr(record.metadata, field.name)) != field.default
    }
    fact: Any = record.written
    line: dict[str, Any] = {
        "fact": record.type,
        "version": record.version,
        "position": record.position,
        "id": str(record.event_id),
        "occurred_at": instant_text(record.occurred_at),
        "recorded_at": instant_text(record.recorded_at),
        "tags": list(record.tags),
        "data": {name: to_plain(getattr(fact, name)) for name in _names(type(fact))},
    }
    return line | ({"metadata": metadata} if metadata else {})


def _names(cls: Any) -> list[str]:
    return [field.name for field in attrs.fields(cls)]


def from_line(line: Mapping[str, Any], catalogue: Catalogue) -> LoadedEvent:
    """Read a line that ``to_line`` wrote.

    Raises ``UnknownFactError`` for a word the catalogue does not hold and ``MalformedFactError``
    for a field that is missing, unknown or of another type.
    """
    word, version = line.get("fact"), line.get("version", 1)
    entry = catalogue.entries.get((str(word), version if type(version) is int else 0))
    if entry is None:
        raise UnknownFactError(str(word), version if type(version) is int else 0, 0)
    known = {*_ENVELOPE, "position", "metadata"}
    for name in line:
        if name not in known:
            there = ", ".join(sorted(known))
            raise MalformedFactError(str(word), name, f"there is no such field; there are {there}")
    recorded_at = _part(line, "recorded_at", datetime, str(word))
    metadata = _part({"metadata": {}, **line}, "metadata", Metadata, str(word))
    event = NewEvent(
        fact_from(entry, line.get("data", {})),
        _tags(_part(line, "tags", tuple[str, ...], str(word)), str(word)),
        _part(line, "occurred_at", datetime, str(word)),
        _part(line, "id", UUID, str(word)),
        metadata,
    )
    position = _part({"position": None, **line}, "position", int | None, str(word))
    return LoadedEvent(event, recorded_at, position)


def _part(line: Mapping[str, Any], name: str, kind: Any, word: str) -> Any:
    if name not in line:
        raise MalformedFactError(word, name, "it is missing")
    try:
        return instant(line[name]) if kind is datetime else reader(kind)(line[name])
    except (PlainError, NaiveInstantError) as error:
        raise MalformedFactError(word, name, str(error)) from error


def _tags(tags: tuple[str, ...], word: str) -> tuple[str, ...]:
    """Refuse tags that say whose the fact is to nobody: none at all, or half of one."""
    for tag in tags or ("",):
        kind, _, value = tag.partition(":")
        if not kind or not value:
            problem = f"expected kind:value, that of the key first, found {tag!r}"
            raise MalformedFactError(word, "tags", problem)
    return tags


def fact_from(entry: Entry, data: object) -> object:
    """Read a fact from a map of its fields; ``MalformedFactError`` names the field."""
    word = entry.word.name
    if not isinstance(data, Mapping):
        raise MalformedFactError(word, "data", f"expected a map of fields, found {data!r}")
    given = cast("Mapping[str, Any]", data)
    fields = {f.name: f for f in (*entry.plain, *(f for _, box in entry.boxes for f in box))}
    for name in given:
        if name not in fields:
            raise MalformedFactError(word, f"data.{name}", f"no such field; {', '.join(fields)}")
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in given:
            if field.default is attrs.NOTHING:
                raise MalformedFactError(word, f"data.{name}", "it is missing")
            continue
        try:
            kind: Any = field.type
            values[name] = reader(kind)(given[name])
        except (PlainError, NaiveInstantError) as error:
            raise MalformedFactError(word, f"data.{name}", str(error)) from error
    fact: object = entry.cls(**values)
    if problem := unreadable(fact):
        raise MalformedFactError(word, "data.body", problem)
    return fact
