"""How the type of a field becomes a column, and how values pass between the two.

| in the row class | SQLite | PostgreSQL |
| --- | --- | --- |
| text, a ``NewType`` or ``Literal`` of texts | TEXT | TEXT COLLATE "C" |
| integer | BIGINT | BIGINT |
| bool | BOOLEAN (0 and 1) | BOOLEAN |
| float (never NaN) | DOUBLE PRECISION | DOUBLE PRECISION |
| aware instant | TEXT, ``2024-03-01T02:00:00.000000Z`` | TIMESTAMPTZ |
| date | TEXT, ``2024-03-01`` | DATE |
| duration ``waited`` | BIGINT microseconds ``waited_us`` | the same |
| UUID | TEXT | TEXT COLLATE "C" |
| tuple or list of attrs values | a child table | a child table |
| anything else | TEXT, canonical JSON | the same |

A field that may be None is a column that may be NULL; every other column is NOT NULL.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from types import NoneType
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args, get_origin
from uuid import UUID

import attrs
from cattrs.errors import StructureHandlerNotFoundError

from cix.errors import CixError, ConfigError, NaiveInstantError
from cix.eventstore.drivers import DialectName
from cix.plain import PlainError, canonical, is_plain, reader, type_text

Convert: TypeAlias = Callable[[Any], Any]
Values: TypeAlias = Sequence[Any]
"""The values of one column."""

_MICROSECOND: Final = timedelta(microseconds=1)
_BIGINT: Final = range(-(2**63), 2**63)
_UNIONS: Final = frozenset({"typing.Union", "<class 'types.UnionType'>"})


_ENCODE: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
"""Writes what is plain already as ``canonical`` would, in half the time."""
_DECODE: Final = json.JSONDecoder().raw_decode


def _tuple(values: list[object]) -> tuple[object, ...]:
    return tuple(values)


def _same(values: object) -> object:
    return values


_MAPS: Final = frozenset({dict, Mapping})
_FLAT: Final[Mapping[Any, Convert]] = {tuple: _tuple, list: _same, **dict.fromkeys(_MAPS, _same)}
"""What becomes of decoded JSON whose items are plain data."""


@attrs.frozen(eq=False)
class Storage:
    """How values of one Python type stand in a column; a missing converter means: as they are."""

    word: str
    sqlite: str
    postgresql: str
    write: Mapping[DialectName, Convert] = attrs.field(factory=dict[DialectName, Convert])
    read: Mapping[DialectName, Convert] = attrs.field(factory=dict[DialectName, Convert])
    suffix: str = ""
    """What the column's name has behind the field's."""
    select: str = "{}"
    """The PostgreSQL expression that reads the column, whatever the session's time zone is."""


@attrs.frozen(eq=False)
class Column:
    """One field of a row class and the column that keeps it."""

    field: str
    name: str
    kind: Any
    storage: Storage
    nullable: bool
    take: Callable[[Any], Any]
    """Reads the field off a row."""

    def written(self, values: list[Any], dialect: DialectName) -> list[Any]:
        """Return *values* of the field as the database wants them."""
        convert = self.storage.write.get(dialect)
        return self._converted(convert, values) if convert else values

    def read(self, values: Values, dialect: DialectName) -> Values:
        """Return *values* of the database as the field wants them."""
        convert = self.storage.read.get(dialect)
        return self._converted(convert, values) if convert else values

    def problem(self, value: object) -> str | None:
        """Return why *value* cannot stand in this column, or None when it can."""
        if value is None:
            return None if self.nullable else f"{self.field} must not be None"
        try:
            kept = reader(self.kind)(value)
            write = self.storage.write.get("sqlite")  # the stricter of the two
            _check_storable(write(kept) if write else kept)
        except (CixError, PlainError, UnicodeEncodeError) as error:
            return f"{self.field}: {error}"
        return None

    def _converted(self, convert: Convert, values: Values) -> list[Any]:
        if self.nullable:
            return [None if value is None else convert(value) for value in values]
        return list(map(convert, values))


def column_of(field: str, kind: object, name: str = "") -> Column:
    """Return the column of a *field* of type *kind*, called *name* or as the field is.

    ``ConfigError`` for a type whose values could not be told apart when they are read back.
    """
    try:
        reader(kind)
    except StructureHandlerNotFoundError as error:
        raise ConfigError(
            "row field", f"{field}: {type_text(kind)}", "use a type that JSON can hold"
        ) from error
    storage, nullable = _storage(kind)
    return Column(field, name or field + storage.suffix, kind, storage, nullable, attrgetter(field))


def _storage(kind: object) -> tuple[Storage, bool]:
    """Return how values of *kind* are kept, and whether None is one of them."""
    bare = getattr(kind, "__value__", kind)  # the type behind an alias, then behind a NewType
    bare = getattr(bare, "__supertype__", bare)
    if bare is not kind:
        return _storage(bare)
    inner = get_args(kind)
    if get_origin(kind) is Annotated:
        return _storage(inner[0])
    if get_origin(kind) is Literal:
        return _one_of([(_STORAGES.get(type(each)), each is None) for each in inner], kind)
    if str(get_origin(kind)) in _UNIONS:
        return _one_of([(None, True) if i is NoneType else _storage(i) for i in inner], kind)
    return _STORAGES.get(kind) or _json(kind), kind is Any


def _one_of(found: Iterable[tuple[Storage | None, bool]], kind: object) -> tuple[Storage, bool]:
    parts = list(found)
    storages = [storage for storage, null in parts if storage is not None or not null]
    alike = len({id(storage) for storage in storages}) == 1
    storage = storages[0] if alike else None
    return storage or _json(kind), any(null for _, null in parts)


def _json(kind: object) -> Storage:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in _MAPS and _storage(inner[0])[0].word != "text":
        raise ConfigError("row field", type_text(kind), "a map in a row has texts for keys")
    structure: Convert = reader(kind)
    write: Convert = canonical
    ragged = origin is not tuple or inner[1:] == (...,)
    if origin in _FLAT and ragged and all(is_plain(each) for each in inner if each is not ...):
        structure, write = _FLAT[origin], _ENCODE  # nothing inside is to be converted

    def read(text: str) -> object:
        return structure(_DECODE(text)[0])

    return Storage("json", "TEXT", _C_TEXT, write=_both(write), read=_both(read))


def _both(convert: Convert) -> Mapping[DialectName, Convert]:
    return {"sqlite": convert, "postgresql": convert}


def _text(value: str) -> str:
    if "\0" in value:
        raise PlainError("a text without NUL characters", value)
    return value


def _finite(value: float) -> float:
    if math.isnan(value):
        raise PlainError("a number", value)
    return value + 0.0  # SQLite keeps no negative zero


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise NaiveInstantError("instant", value.isoformat())
    return value


def _instant_text(value: datetime) -> str:
    """Write an instant so that texts sort as instants do: UTC, always six decimals."""
    in_utc = value if value.tzinfo is UTC else _aware(value).astimezone(UTC)
    return in_utc.isoformat(timespec="microseconds")[:-6] + "Z"


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC)


def _microseconds(value: timedelta) -> int:
    return value // _MICROSECOND


def _duration(microseconds: int) -> timedelta:
    return timedelta(microseconds=microseconds)


def _check_storable(value: object) -> None:
    if isinstance(value, str):
        value.encode()
    if isinstance(value, int) and value not in _BIGINT:
        raise PlainError("an integer of at most 64 bits", value)


_C_TEXT: Final = 'TEXT COLLATE "C"'
_STORAGES: Final[Mapping[Any, Storage]] = {
    # PostgreSQL refuses a NUL itself
    str: Storage("text", "TEXT", _C_TEXT, write={"sqlite": _text}),
    int: Storage("integer", "BIGINT", "BIGINT"),
    bool: Storage("bool", "BOOLEAN", "BOOLEAN", read={"sqlite": bool}),
    float: Storage("float", "DOUBLE PRECISION", "DOUBLE PRECISION", write=_both(_finite)),
    datetime: Storage(
        "instant",
        "TEXT",
        "TIMESTAMPTZ",
        write={"sqlite": _instant_text, "postgresql": _aware},
        read={"sqlite": datetime.fromisoformat, "postgresql": _in_utc},
        select="({} AT TIME ZONE 'UTC')",
    ),
    date: Storage(
        "date",
        "TEXT",
        "DATE",
        write={"sqlite": date.isoformat},
        read={"sqlite": date.fromisoformat},
    ),
    timedelta: Storage(
        "duration",
        "BIGINT",
        "BIGINT",
        write=_both(_microseconds),
        read=_both(_duration),
        suffix="_us",
    ),
    UUID: Storage("uuid", "TEXT", _C_TEXT, write=_both(str), read=_both(UUID)),
}
