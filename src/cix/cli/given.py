"""Texts of the command line as typed values: arguments of decisions, conditions of searches."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, get_args, get_origin
from uuid import UUID

import attrs

from cix.errors import ConfigError, NaiveInstantError
from cix.facts import fact_fields
from cix.plain import PlainError, reader

_TEXTS: Final = frozenset({str, datetime, date, UUID})
_CONDITION: Final = re.compile(
    r"^\s*(?P<column>\w+)\s*(?P<how>!=|<=|>=|=|<|>|\bin\b|\bis\b)\s*(?P<value>.*?)\s*$", re.DOTALL
)
_ENDINGS: Final = {
    "=": "", "!=": "__ne", "<": "__lt", "<=": "__le", ">": "__gt", ">=": "__ge",
    "in": "__among", "is": "__missing",
}  # fmt: skip
_FORMS: Final = "status=open, points>=100, agent is missing, priority in high,urgent"


def takes_text(kind: Any) -> bool:  # noqa: ANN401  # a type, or what stands for one
    """Tell whether a bare text can be a value of *kind*."""
    kind = getattr(kind, "__value__", kind)
    if hasattr(kind, "__supertype__"):
        return takes_text(kind.__supertype__)
    if get_origin(kind) is Annotated:
        return takes_text(get_args(kind)[0])
    if str(get_origin(kind)) == "typing.Literal":
        return all(isinstance(one, str) for one in get_args(kind))
    if get_origin(kind) is not None:
        return _is_union(kind) and any(takes_text(one) for one in get_args(kind))
    return kind in _TEXTS


def _is_union(kind: object) -> bool:
    return str(get_origin(kind)) in {"typing.Union", "<class 'types.UnionType'>"}


def _words_beside(kind: Any) -> tuple[str, ...] | None:  # noqa: ANN401  # as above
    """Return the words of ``Literal["action"] | int``; None for what takes any text, or none."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    members = [one for one in get_args(kind) if one is not type(None)] if _is_union(kind) else []
    texts = [one for one in members if takes_text(one)]
    if len(texts) == len(members) or any(get_origin(one) is not Literal for one in texts):
        return None
    return tuple(word for one in texts for word in get_args(one))


def plain_value(kind: object, text: str) -> Any:  # noqa: ANN401  # plain data of any type
    """Return the plain data that *text* stands for where a value of *kind* is wanted.

    A text where a text will do, else JSON; what is no JSON stays a text, and is refused by name
    when it is read. Where certain words will do beside other values, only these are texts.
    """
    words = _words_beside(kind)
    if kind is not None and (takes_text(kind) if words is None else text in words):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    """Return ``name=value`` texts as a dict; ``ConfigError`` for one without a name, or twice."""
    found: dict[str, str] = {}
    for one in given:
        name, mark, value = one.partition("=")
        if not mark or not name.strip():
            raise ConfigError(option, repr(one), "write name=value")
        if name.strip() in found:
            raise ConfigError(option, repr(one), "give each name once")
        found[name.strip()] = value
    return found


def conditions(row: type, given: tuple[str, ...]) -> dict[str, Any]:
    """Return the conditions of ``--where`` as ``engine.find`` takes them.

    Raises ``ConfigError`` for a condition that cannot be read, or of another type.
    """
    kinds = {field.name: field.type for field in fact_fields(row)}
    return dict(_condition(kinds, one) for one in given)


def _condition(kinds: dict[str, Any], text: str) -> tuple[str, Any]:
    found = _CONDITION.match(text)
    if found is None:
        raise ConfigError("--where", repr(text), f"write {_FORMS}")
    column, how, value = found["column"], found["how"], found["value"]
    name = column + _ENDINGS[how]
    if how == "is":
        if value not in {"missing", "present"}:
            raise ConfigError("--where", repr(text), "write is missing, or is present")
        return name, value == "missing"
    kind = kinds.get(column)
    if kind is None:
        return name, value  # the search itself says which columns there are
    if how == "in":
        return name, tuple(_typed(kind, one.strip(), text) for one in value.split(","))
    return name, _typed(kind, value, text)


def _typed(kind: object, value: str, where: str) -> Any:  # noqa: ANN401  # a value of that type
    try:
        return reader(kind)(plain_value(kind, value))
    except NaiveInstantError as error:
        raise NaiveInstantError(f"--where {where}", error.found) from None
    except PlainError as error:
        raise ConfigError("--where", f"{where}: {error.found}", f"give {error.expected}") from None


def columns_of(row: type) -> tuple[str, ...]:
    """Return the fields of a row whose values fit in a cell: no lists of values with fields."""
    names: list[str] = []
    for field in fact_fields(row):
        inner = get_args(field.type)
        if not (get_origin(field.type) in {list, tuple} and inner and attrs.has(inner[0])):
            names.append(field.name)
    return tuple(names)
