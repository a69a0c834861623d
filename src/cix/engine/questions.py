"""What a caller may ask with: instants, positions and conditions, checked and read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeAlias, cast

from cix.domain.decider import Call
from cix.errors import ConfigError, InvalidArgumentError, NaiveInstantError
from cix.eventstore.base import Where
from cix.eventstore.column_types import Column
from cix.eventstore.row_types import layout_of
from cix.plain import PlainError, instant, reader, shown
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


def is_name(value: object) -> bool:
    """Tell whether *value* can name something: a text, not blank, that every store can hold."""
    if type(value) is not str or not value.strip() or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a character
        return False
    return True


def check_name(where: str, argument: str, value: object) -> None:
    """Refuse what cannot be a key, an id or an actor."""
    if not is_name(value):
        raise InvalidArgumentError(where, argument, "a text that is not empty", shown(value))


def check_path(path: object) -> None:
    """Refuse a path to a value that is no text."""
    if type(path) is not str:
        raise InvalidArgumentError("explain", "path", "a text such as tier", shown(path))


def check_args(args: object, where: str = "take") -> None:
    """Refuse arguments that have no names."""
    if not isinstance(args, Mapping):
        raise InvalidArgumentError(where, "args", "a map of arguments", shown(args))


def check_calls(calls: object) -> None:
    """Refuse what is no list of calls."""
    several = cast("list[object]", calls)
    if not isinstance(calls, list | tuple) or not all(isinstance(one, Call) for one in several):
        raise InvalidArgumentError("do_all", "calls", "a list of Call", shown(several))
    for one in cast("list[Call]", several):
        check_args(one.args, "do_all")


def check_limit(projection: Projection[Any], limit: object) -> None:
    """Refuse a number of rows that is none."""
    if limit is not None and (type(limit) is not int or limit < 0):
        where = f"find {projection.name}"
        raise InvalidArgumentError(where, "limit", "a number of rows from 0", shown(limit))


def check_columns(projection: Projection[Any], names: Iterable[str]) -> None:
    """Refuse names that are no fields of the view's rows, with those that are."""
    known = projection.columns
    for name in names:
        if name not in known:
            raise ConfigError(
                projection.name, f"no column {name!r}", f"there are {', '.join(known)}"
            )


@cache
def _columns(row: Any) -> Mapping[str, Column]:
    """Return the columns of a view of rows by the names of their fields."""
    return {column.field: column for column in layout_of(row).columns}


def check_order(projection: Projection[Any], names: object) -> None:
    """Refuse to order by what is no column of the view, or has no order."""
    several = cast("list[object]", names)
    if not isinstance(names, Sequence) or not all(type(one) is str for one in several):
        where = f"find {projection.name}"
        raise InvalidArgumentError(where, "order_by", "names of columns", shown(several))
    for name in cast("list[str]", several):
        _ordered(projection, _column(projection, name.removeprefix("-")))


def _column(projection: Projection[Any], name: str) -> Column:
    row: Any = projection.row
    columns = _columns(row)
    if name not in columns:
        known = ", ".join(columns)
        raise ConfigError(projection.name, f"no column {name!r}", f"there are {known}")
    return columns[name]


def _ordered(projection: Projection[Any], column: Column) -> None:
    if column.storage.word == "json":
        raise InvalidArgumentError(
            f"find {projection.name}", column.field, "compared with = or != only", "an order"
        )


def condition(projection: Projection[Any], name: str, value: Any) -> Where:
    """Read a condition such as ``opened_at__lt=...`` on a column of the view.

    The value is read into the column's type, so that rows in tables and rows in memory are
    compared alike.
    """
    found = _FILTER.match(name)
    how = found["how"] if found else None
    column = _column(projection, found["name"] if found else name)
    where, field = f"find {projection.name}", column.field
    if how == "missing":
        if type(value) is not bool:
            raise InvalidArgumentError(where, name, "True or False", shown(value))
        return Where(field, "is null" if value else "is not null")
    if how == "among":
        if not isinstance(value, list | tuple | set | frozenset):
            raise InvalidArgumentError(where, name, "a list of values", shown(value))
        several = cast("Iterable[object]", value)
        return Where(field, "in", [_value(where, column, one) for one in several])
    if value is None and how not in {None, "ne"}:
        raise InvalidArgumentError(where, name, "a value to compare with", "None")
    if how not in {None, "ne"}:
        _ordered(projection, column)
    if value is None:
        return Where(field, "is null" if how is None else "is not null")
    return Where(field, cast("Any", _HOW[how]), _value(where, column, value))


def _value(where: str, column: Column, value: object) -> object:
    if value is None:
        return None
    try:
        return reader(column.kind)(value)
    except NaiveInstantError as error:
        raise NaiveInstantError(f"{where}: {column.field}", error.found) from None
    except PlainError as error:
        raise InvalidArgumentError(where, column.field, error.expected, error.found) from error
