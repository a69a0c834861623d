"""Values as a person reads them: one line each, and how wide they are on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from unicodedata import east_asian_width

import attrs

from cix.cli.words import t
from cix.plain import instant_text


def shown(value: object) -> str:  # noqa: PLR0911  # a line a type
    """Return a value as a person reads it, on one line."""
    match value:
        case None:
            return "-"
        case bool():
            return t("yes") if value else t("no")
        case datetime():
            return instant_text(value)
        case timedelta():
            return span(value)
        case str():
            return " ".join(value.split()) or '""'
        case list() | tuple() | set() | frozenset():
            return ", ".join(_inside(one) for one in _ordered(value)) or "-"  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType]  # each is shown by its own type
        case Mapping():
            return ", ".join(f"{k}={_braced(v)}" for k, v in value.items()) or "-"  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]  # as above
        case _ if attrs.has(type(value)):
            return " ".join(_inside(one) for one in fields_of(value).values())
        case _:
            return str(value)


def _ordered(value: Iterable[Any]) -> Iterable[Any]:
    return sorted(value) if isinstance(value, set | frozenset) else value


def _braced(value: object) -> str:
    inside = _inside(value)
    return f"{{{inside}}}" if isinstance(value, Mapping) else inside


def _inside(value: object) -> str:
    return " ".join(shown(value).split()) if attrs.has(type(value)) else shown(value)


def span(value: timedelta) -> str:
    """Return a duration as days, hours, minutes and seconds, without what is nothing."""
    sign = "-" if value < timedelta() else ""
    left = abs(value)
    parts: list[str] = []
    units = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)))
    for unit, size in units:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    seconds = left.total_seconds()
    if seconds or not parts:
        parts.append(f"{seconds:g}s")
    return sign + " ".join(parts)


def fields_of(row: Any) -> dict[str, Any]:  # noqa: ANN401  # a row of any view
    """Return the fields of a row, or the items of a map, in their order."""
    if isinstance(row, Mapping):
        return dict(cast("Mapping[str, Any]", row))
    cls: type[Any] = row.__class__
    return {field.name: getattr(row, field.name) for field in attrs.fields(cls)}


def width(text: str) -> int:
    """Return how many columns of a terminal *text* takes: Chinese characters take two."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)
