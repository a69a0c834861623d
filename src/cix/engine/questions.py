"""What a caller may ask with: instants, positions and conditions, checked and read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias, cast

from cix.errors import ConfigError, InvalidArgumentError, NaiveInstantError
from cix.eventstore.base import Where
from cix.plain import PlainError, instant, shown
from cix.projections.projection import Projection

When: TypeAlias = datetime | str | None
Known: TypeAlias = datetime | str | int | None
_FILTER: Final = re.compile(r"^(?P<name>\w+?)(?:__(?P<how>ne|lt|le|gt|ge|among|missing))?$")
_HOW: Final[Mapping[str | None, str]] = {
    None: "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "among": "in",
}  # fmt: skip


def instant_of(name: str, value: When) -> datetime | None:
    """Read an instant that may be left out; the error names the argument."""
    if value is None:
        return None
    try:
        return instant(value)
    except NaiveInstantError as error:
        raise NaiveInstantError(name, error.found) from None
    except PlainError as error:
        raise InvalidArgumentError("engine", name, error.expected, error.found) from None


def known_of(value: Known) -> datetime | int | None:
    """Read what was known: an instant, or a position of the log."""
    if isinstance(value, bool):
        raise InvalidArgumentError("engine", "known_at", "an instant or a position", repr(value))
    return value if isinstance(value, int) else instant_of("known_at", value)


def check_key(projection: Projection[Any], key: object) -> None:
    """Refuse a key that is no text, or an empty one."""
    if type(key) is not str or not key:
        raise InvalidArgumentError(projection.name, "key", "a text that is not empty", shown(key))


def check_columns(projection: Projection[Any], names: Iterable[str]) -> None:
    """Refuse names that are no columns of the view, with those that are."""
    known = projection.columns
    for name in names:
        if name.removeprefix("-") not in known:
            raise ConfigError(
                projection.name, f"no column {name!r}", f"there are {', '.join(known)}"
            )


def condition(projection: Projection[Any], name: str, value: Any) -> Where:
    """Read a condition such as ``opened_at__lt=...`` on a column of the view."""
    found = _FILTER.match(name)
    column = found["name"] if found else name
    how = found["how"] if found else None
    check_columns(projection, (column,))
    if how == "missing":
        return Where(column, "is null" if value else "is not null")
    if value is None:
        return Where(column, "is null" if how is None else "is not null")
    return Where(column, cast("Any", _HOW[how]), value)
