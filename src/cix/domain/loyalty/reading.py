"""How plain data becomes a typed policy value, with the path of whatever is wrong.

Used for programmes that come from TOML, JSON or Python. Floats are refused everywhere: a rate is
a ratio of integers, written ``"3/2"``, ``"1.5"``, a whole number, or two integers.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, Literal, NoReturn, Union, cast, get_args, get_origin, get_type_hints

import attrs

from cix.errors import InvalidPolicyError, NaiveInstantError
from cix.plain import PlainError, reader, shown, type_text

KIND: Final = "loyalty"
_PAIR: Final = 2
_MOST: Final = 2**63 - 1


def wrong(path: str, problem: str, hint: str = "") -> NoReturn:
    """Refuse the value at *path*."""
    raise InvalidPolicyError(KIND, path or "the programme", problem, hint)


@attrs.frozen
class Ratio:
    """An exact rate: ``num`` for every ``den``; never a float."""

    num: int = 1
    den: int = 1

    def floor_of(self, amount: int) -> int:
        """Return floor(amount x num / den)."""
        return amount * self.num // self.den

    @property
    def exact(self) -> Fraction:
        """Return the rate as a fraction."""
        return Fraction(self.num, self.den)


def _ratio(value: object, path: str) -> Ratio:
    found = shown(value)
    if type(value) is int:
        return _positive(value, 1, path)
    if isinstance(value, str):
        return _written(value, path)
    if isinstance(value, Mapping):
        table = cast("Mapping[str, object]", value)
        for names in (("points", "per"), ("num", "den")):
            if set(table) == set(names):
                return _positive(table[names[0]], table[names[1]], path)
    if isinstance(value, list | tuple):
        pair = cast("Sequence[object]", value)
        if len(pair) == _PAIR:
            return _positive(pair[0], pair[1], path)
    wrong(path, f"expected a ratio, found {found}", 'write "3/2", 2 or [3, 2]')


def _written(value: str, path: str) -> Ratio:
    hint = 'write "3/2", "1.5", 2 or [3, 2]'
    if "e" in value.lower():  # it may be too long to be written out
        wrong(path, f"{shown(value)} is a power of ten", hint)
    try:
        found = Fraction(value)
    except (ValueError, ZeroDivisionError):
        wrong(path, f"{shown(value)} is no ratio", hint)
    return _positive(found.numerator, found.denominator, path)


def _positive(num: object, den: object, path: str) -> Ratio:
    if type(num) is not int or type(den) is not int or num < 0 or den < 1:
        wrong(
            path,
            f"{shown(num)} for {shown(den)} is no rate",
            "both are whole, the second above zero",
        )
    if max(num, den) > _MOST:
        wrong(path, "is a rate of numbers too large", "both are at most 2^63 - 1")
    return Ratio(num, den)


def _record(kind: Any, value: object, path: str) -> object:  # noqa: ANN401  # a type of any sort
    if isinstance(value, kind):
        return value
    if not isinstance(value, Mapping):
        wrong(path, f"expected a table, found {shown(value)}")
    table = cast("Mapping[str, object]", value)
    hints = get_type_hints(kind)
    known = {f.name: f for f in attrs.fields(kind)}
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, 1)
            hint = f"did you mean {near[0]}" if near else f"there are {', '.join(sorted(known))}"
            wrong(_under(path, str(name)), "there is no such setting", hint)
    found = {
        name: read_value(hints[name], table[name], _under(path, name))
        for name in known
        if name in table
    }
    missing = [n for n, f in known.items() if n not in found and f.default is attrs.NOTHING]
    if missing:
        wrong(_under(path, missing[0]), "is missing")
    return kind(**found)


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _several(kind: Any, value: object, path: str) -> object:  # noqa: ANN401  # a type of any sort
    if not isinstance(value, list | tuple):
        wrong(path, f"expected a list, found {shown(value)}")
    inner = get_args(kind)[0]
    several = cast("Sequence[object]", value)
    return tuple(read_value(inner, one, f"{path}[{n}]") for n, one in enumerate(several))


def _either(kind: Any, value: object, path: str) -> object:  # noqa: ANN401  # a type of any sort
    options = get_args(kind)
    if value is None and type(None) in options:
        return None
    rest = [one for one in options if one is not type(None)]
    if len(rest) == 1:
        return read_value(rest[0], value, path)
    for one in rest:
        try:
            return read_value(one, value, path)
        except InvalidPolicyError:
            continue
    wrong(path, f"expected {type_text(kind)}, found {shown(value)}")


def _choice(kind: Any, value: object, path: str) -> object:  # noqa: ANN401  # a type of any sort
    options = get_args(kind)
    if type(value) is str and value in options:
        return value
    wrong(path, f"{shown(value)} is not one of {', '.join(options)}")


def _table(kind: Any, value: object, path: str) -> object:  # noqa: ANN401  # a type of any sort
    if not isinstance(value, Mapping):
        wrong(path, f"expected a table, found {shown(value)}")
    inner = get_args(kind)[1]
    table = cast("Mapping[str, object]", value)
    return {k: read_value(inner, table[k], _under(path, k)) for k in sorted(table)}


_BY_ORIGIN: Final[dict[Any, Callable[[Any, object, str], object]]] = {
    tuple: _several,
    Literal: _choice,
    Union: _either,
    types.UnionType: _either,
    Mapping: _table,
}


def read_value(kind: Any, value: object, path: str) -> Any:  # noqa: ANN401  # a type of any sort
    """Read *value* as *kind*; ``InvalidPolicyError`` names the path of what is wrong."""
    if kind is Ratio:
        return value if isinstance(value, Ratio) else _ratio(value, path)
    if attrs.has(kind):
        return _record(kind, value, path)
    if by_origin := _BY_ORIGIN.get(get_origin(kind)):
        return by_origin(kind, value, path)
    try:
        return reader(kind)(value)
    except (PlainError, NaiveInstantError) as error:
        wrong(path, str(error))
