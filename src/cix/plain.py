"""How a typed value becomes plain data and back: strictly, and in one form.

Plain data is what JSON holds. The same form is stored, exported, digested and read from the
command line, so a value looks the same wherever a person meets it. Instants are RFC 3339 texts
in UTC, dates ISO texts, durations whole microseconds, tuples lists, sets sorted lists, values
with fields maps. Nothing is coerced on the way back: ``"5"`` is no integer and neither is True.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownLambdaType=false, reportUnnecessaryContains=false
# It takes apart and puts together values of any class: their types are known at run time only.

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from math import inf, isfinite
from typing import Any, Final, TypeVar, cast, get_args, get_origin
from uuid import UUID

import attrs
import cattrs
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn

from cix.errors import NaiveInstantError

T = TypeVar("T")
_MICROSECOND: Final = timedelta(microseconds=1)
_LONGEST: Final = 60


class PlainError(ValueError):
    """A value that is not of the type asked for; callers say where it was found."""

    def __init__(self, expected: str, found: object) -> None:
        """Keep both sides for the caller's own error."""
        super().__init__(f"expected {expected}, found {shown(found)}")
        self.expected = expected
        self.found = shown(found)


def shown(value: object) -> str:
    """Return a short text of *value* with its type, for messages."""
    try:
        text = repr(value)
    except ValueError:  # of more digits than Python writes out
        text = "a number too long to write"
    short = text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
    return f"{short} ({type(value).__name__})"


def instant(value: object) -> datetime:
    """Read an aware instant from a datetime or an RFC 3339 text, in UTC.

    A bare date or a time without an offset raises ``NaiveInstantError``.
    """
    found = value
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            raise PlainError("an instant such as 2024-03-01T10:00:00+08:00", value) from None
        if found.tzinfo is UTC:
            return found
    if not isinstance(found, datetime):
        raise PlainError("an instant such as 2024-03-01T10:00:00+08:00", value)
    if found.utcoffset() is None:
        raise NaiveInstantError("instant", str(value))
    try:
        return found.astimezone(UTC)
    except OverflowError:  # before year 1 or after year 9999, once its offset is taken off
        raise PlainError("an instant such as 2024-03-01T10:00:00+08:00", value) from None


def instant_text(value: datetime) -> str:
    """Write an instant as RFC 3339 text in UTC, with microseconds only where there are any."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _exactly(cls: type[T], name: str) -> Callable[[object, object], T]:
    def check(value: object, _: object) -> T:
        if type(value) is not cls:
            raise PlainError(name, value)
        return value

    return check


def _number(value: object, _: object) -> float:
    if type(value) not in {int, float}:
        raise PlainError("a number", value)
    try:
        number = float(value)  # type: ignore[arg-type]  # the type was just looked at
    except OverflowError:
        number = inf
    if not isfinite(number):
        raise PlainError("a number", value)
    return number


def _date(value: object, _: object) -> date:
    if isinstance(value, datetime) or not isinstance(value, date | str):
        raise PlainError("a date such as 2024-03-01", value)
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise PlainError("a date such as 2024-03-01", value) from None


def _duration(value: object, _: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if type(value) is not int:
        raise PlainError("a duration in whole microseconds", value)
    return timedelta(microseconds=value)


def _uuid(value: object, _: object) -> UUID:
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value)  # type: ignore[arg-type]  # what is no text fails just below
    except (ValueError, AttributeError, TypeError):
        raise PlainError("a UUID", value) from None


def _sequence(kind: Any, converter: cattrs.Converter) -> Callable[[object, object], object]:
    """Structure a tuple: cattrs would take any iterable, a text among them."""
    inner = get_args(kind)
    ragged = len(inner) == 2 and inner[1] is ...  # noqa: PLR2004  # (type, ...)
    hook = converter.get_structure_hook(inner[0]) if ragged else None
    hooks = () if ragged else tuple(converter.get_structure_hook(one) for one in inner)

    def read(value: object, _: object) -> object:
        if not isinstance(value, list | tuple):
            raise PlainError("a list", value)
        items = cast("list[object]", value)
        if hook is not None:
            return tuple(hook(one, inner[0]) for one in items)
        if len(items) != len(hooks):
            raise PlainError(f"a list of {len(hooks)}", items)
        return tuple(h(one, k) for h, one, k in zip(hooks, items, inner, strict=True))

    return read


def _is_mixed(kind: Any) -> bool:
    """Tell whether *kind* is a union of several types none of which has fields."""
    arms = [one for one in get_args(kind) if one is not type(None)]
    union = str(get_origin(kind)) in {"typing.Union", "<class 'types.UnionType'>"}
    return (
        union
        and len(arms) > 1
        and not any(isinstance(one, type) and attrs.has(one) for one in arms)
    )


def _either(kind: Any, converter: cattrs.Converter) -> Callable[[object, object], object]:
    """Structure a mixed union: the first type that takes the value, strictly, has it."""
    arms = [one for one in get_args(kind) if one is not type(None)]
    hooks = [(converter.get_structure_hook(one), one) for one in arms]
    nothing = len(arms) < len(get_args(kind))

    def read(value: object, _: object) -> object:
        if value is None and nothing:
            return None
        for hook, arm in hooks:
            try:
                return hook(value, arm)
            except Exception:  # noqa: BLE001, S112  # each arm refuses in its own way
                continue
        raise PlainError(type_text(kind), value)

    return read


def _set(kind: Any, converter: cattrs.Converter) -> Callable[[object, object], object]:
    """Structure a frozenset from a list of its members: a text is no such list."""
    (inner,) = get_args(kind)
    hook = converter.get_structure_hook(inner)

    def read(value: object, _: object) -> object:
        if not isinstance(value, list | tuple | frozenset):
            raise PlainError("a list", value)
        return frozenset(hook(one, inner) for one in value)

    return read


def _value_class(cls: Any, converter: cattrs.Converter) -> Callable[[object, object], object]:
    read = make_dict_structure_fn(
        cls, converter, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=False
    )

    def structure(value: object, kind: object) -> object:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise PlainError(f"a map of {cls.__name__}", value)
        try:
            return read(value, kind)
        except ForbiddenExtraKeysError as error:
            extra = ", ".join(sorted(error.extra_fields))
            raise PlainError(f"a map of {cls.__name__} without {extra}", value) from None
        except KeyError as error:
            raise PlainError(f"a map of {cls.__name__} with {error}", value) from None

    return structure


_SETS: Final[tuple[object, ...]] = (frozenset, set)


def _origin(kind: Any) -> object:
    """Return the class behind ``tuple[str, ...]`` and the like, or *kind* itself."""
    return cast("object", get_origin(kind)) or kind


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=False)
    simple: tuple[tuple[Any, str], ...] = ((int, "an integer"), (str, "a text"), (bool, "a bool"))
    for cls, name in simple:
        converter.register_structure_hook(cls, _exactly(cls, name))
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(datetime, lambda value, _: instant(value))
    converter.register_structure_hook(date, _date)
    converter.register_structure_hook(timedelta, _duration)
    converter.register_structure_hook(UUID, _uuid)
    factories: Any = converter.register_structure_hook_factory
    factories(lambda kind: _origin(kind) is tuple and bool(get_args(kind)), _sequence)
    factories(_is_mixed, _either)
    factories(lambda kind: _origin(kind) is frozenset and bool(get_args(kind)), _set)
    factories(attrs.has, _value_class)
    converter.register_unstructure_hook(datetime, instant_text)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(timedelta, lambda value: value // _MICROSECOND)
    converter.register_unstructure_hook(UUID, str)
    hooks: Any = converter.register_unstructure_hook_func
    hooks(lambda kind: _origin(kind) in _SETS, sorted)
    hooks(
        lambda kind: _origin(kind) is tuple,
        lambda value: [converter.unstructure(one) for one in value],
    )
    return converter


_CONVERTER: Final = _converter()
_AS_IT_IS: Final = frozenset({int, str, bool, float, type(None)})


@cache
def reader(kind: Any) -> Callable[[object], Any]:
    """Return the function that reads a value of *kind* from plain data, or checks one."""
    hook = _CONVERTER.get_structure_hook(kind)

    def read(value: object) -> Any:
        try:
            return hook(value, kind)
        except (PlainError, NaiveInstantError):
            raise
        except Exception as error:
            raise PlainError(type_text(kind), value) from error

    return read


@cache
def is_plain(kind: Any) -> bool:
    """Tell whether values of *kind* are plain data already and need no writing."""
    kind = getattr(kind, "__value__", kind)
    if hasattr(kind, "__supertype__"):
        return is_plain(kind.__supertype__)
    if kind in _AS_IT_IS:
        return True
    origin, inner = get_origin(kind), get_args(kind)
    if origin is not None and str(origin) == "typing.Literal":
        return all(type(one) in _AS_IT_IS for one in inner)
    union = str(origin) in {"typing.Union", "<class 'types.UnionType'>"}
    return union and all(is_plain(one) for one in inner)


def from_plain(kind: type[T], value: object) -> T:
    """Read a value of *kind*; ``PlainError`` or ``NaiveInstantError`` when it is none."""
    hashable: Any = kind
    found: T = reader(hashable)(value)
    return found


def to_plain(value: object) -> Any:
    """Write *value* as plain data."""
    if type(value) in _AS_IT_IS:
        return value
    if isinstance(value, enum.Enum):
        return to_plain(value.value)
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value)
        return {str(name): to_plain(one) for name, one in pairs.items()}
    return _CONVERTER.unstructure(value)


def canonical(value: object) -> str:
    """Write plain data as the one JSON text of it: sorted keys, no spaces, no escapes."""
    return json.dumps(to_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical text, in hex."""
    return sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


_WORDS: Final[dict[object, str]] = {
    type(None): "nothing",
    str: "a text",
    int: "an integer",
    bool: "true or false",
    float: "a number",
    datetime: "an instant",
    date: "a date",
    timedelta: "a duration in whole microseconds",
}


def type_text(kind: object) -> str:
    """Return a type as a person would write it."""
    if kind in _WORDS:
        return _WORDS[kind]
    inner = get_args(kind)
    origin = str(get_origin(kind))
    if origin == "typing.Literal":
        return "one of " + ", ".join(repr(one) for one in inner)
    if origin in {"typing.Union", "<class 'types.UnionType'>"}:
        return " or ".join(type_text(one) for one in inner)
    return getattr(kind, "__name__", str(kind).replace("typing.", ""))
