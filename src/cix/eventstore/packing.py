"""One msgpack array of typed fields, checked strictly in both directions.

What is empty at the end of the array is not written: None where the field may be None, else no
text, no items, zero, false. What is empty follows from the field's type and never from its
default, so that a default can change and a stored fact cannot.

A value class in a field is such an array in the array. Most fields are plain data already (texts,
whole numbers, truth values). Their types are checked once a combination: a tuple of types that was
found good is remembered.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import (
    Any,
    Final,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)

import attrs
import msgpack

from cix.facts import Entry, fact_fields, maker
from cix.plain import PlainError, instant, reader, to_plain, type_text

Made = TypeVar("Made")
_AS_IT_IS: Final = frozenset({int, str, bool, type(None)})
_UNIONS: Final = frozenset({Union, types.UnionType})
_EMPTIES: Final[Mapping[object, object]] = {str: "", int: 0, bool: False}
_NEVER: Final = object()
"""Equal to no value: a field that is never empty."""
_unpack: Final = msgpack.unpackb


class FieldError(PlainError):
    """A value that is not of its field's type."""

    def __init__(self, field: str, error: PlainError) -> None:
        """Keep the field's name beside what was expected and found."""
        ValueError.__init__(self, str(error))
        self.field = field
        self.expected = error.expected
        self.found = error.found


class Plain(NamedTuple):
    """Which exact types, and of these which values (None: any), are stored as they are."""

    types: frozenset[type]
    values: Mapping[object, object] | None
    """Each value by itself: what was read gives way to the one that everybody shares."""


def plain_types(kind: Any) -> Plain | None:  # noqa: ANN401  # a type form, which has no type
    """Return what values of *kind* look like when they are stored as they are, else None."""
    kind = _bare(kind)
    if kind in _AS_IT_IS:
        return Plain(frozenset({kind}), None)
    if get_origin(kind) is Literal:
        values = {one: one for one in get_args(kind)}
        return Plain(frozenset(map(type, values)), values)
    if get_origin(kind) not in _UNIONS:
        return None
    parts = [plain_types(one) for one in get_args(kind)]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    listed = [part.values for part in known if part.values is not None]
    free = [t for part in known if part.values is None for t in part.types]
    found = frozenset(t for part in known for t in part.types)
    if not listed or any(t is not type(None) for t in free):
        return Plain(found, None)
    values = {one: one for several in listed for one in several}
    return Plain(found, {None: None, **values} if free else values)


class Form(NamedTuple):
    """How a value that is no plain data is stored as such, and read again."""

    read: Callable[[object], Any]
    write: Callable[[Any], object]


class Plan(NamedTuple):
    """What is left to do for values of a combination of types that was found good."""

    listed: tuple[tuple[int, Mapping[object, object]], ...]
    """Fields of which only some values are good."""
    read: tuple[tuple[int, Callable[[object], Any]], ...]
    """Fields that are stored in another form, and what reads them."""
    forms: tuple[tuple[int, Form], ...]
    """The same fields with both ways."""


class Part:
    """The fields of a fact that are stored together: the plain ones, or one category's."""

    __slots__ = (
        "_empty",
        "_fields",
        "_get",
        "_listing",
        "_nullable",
        "_plain",
        "_plans",
        "empty",
        "optional",
    )

    def __init__(self, fields: Sequence[attrs.Attribute[Any]], *, box: bool = False) -> None:
        """Look at the fields' types once; a *box* may be missing when all of them may be empty.

        A field that may be None is empty when it is, another tuple when it has nothing in it.
        """
        self._fields = tuple(fields)
        self._get = _getter([field.name for field in fields])
        self._plain = tuple(plain_types(field.type) for field in fields)
        self._plans: dict[tuple[type, ...], Plan] = {}
        self._nullable = tuple(_takes_none(field.type) for field in fields)
        self._empty = tuple([_empty_of(field.type) for field in fields])
        tuples = [get_origin(_bare(field.type)) is tuple for field in fields]
        self.empty = tuple([_empty_in_box(field.type) for field in fields])
        self.optional = box and all(a or b for a, b in zip(self._nullable, tuples, strict=True))
        self._listing = self.making(self._list)

    def write(self, fact: object) -> bytes | None:
        """Return the bytes of the fields of *fact*, None when they may be missing and are empty.

        Raises ``PlainError`` for a value that is not of its field's type.
        """
        if self.optional and self._get(fact) == self.empty:
            return None
        values = self.values(fact)
        try:
            return msgpack.packb(values)
        except (TypeError, ValueError, OverflowError) as error:
            raise self._unpackable(values, error) from error

    def values(self, fact: object) -> list[object]:
        """Return the fields of *fact* as they are stored, without what is empty at the end."""
        values = self._get(fact)
        plan = self._plans.get(tuple(map(type, values))) or self._learn(values)
        for i, allowed in plan.listed:
            if values[i] not in allowed:
                raise self._wrong(i, values[i])
        end, empty = len(values), self._empty
        while end and values[end - 1] == empty[end - 1]:
            end -= 1
        values = list(values[:end])
        for i, form in plan.forms:
            if i < end:
                values[i] = self._written(i, form, values[i])
        return values

    def read(self, content: bytes | None) -> list[Any]:
        """Return the values of the fields; any exception means that the bytes are not theirs."""
        if content is not None:
            return self._listing(content, None)
        if not self.optional:
            raise ValueError("a box is missing")
        return [*self.empty]

    def making(
        self,
        make: Callable[..., Made],
        unpack: Callable[[Any], list[Any]] = _unpack,
        boxed: Callable[[Any, Any], Made] | None = None,
    ) -> Callable[..., Made]:
        """Return the function from bytes to ``make(*values)``: one call a fact, nothing looked up.

        Any exception means that the bytes are not those of the fields. *make* knows what is empty
        at the end, where fewer values are stored. *unpack* tells what stands for bytes. Where
        there are boxes, which the function is given behind the bytes, *boxed* does it all.
        """
        plan_of, learn, wrong = self._plans.get, self._learn, self._wrong

        def read(content: Any, boxes: object = None) -> Made:  # noqa: ANN401  # whatever *unpack* takes
            if boxes and boxed is not None:
                return boxed(content, boxes)
            values = unpack(content)
            plan = plan_of(tuple(map(type, values))) if type(values) is list else None
            listed, convert, _ = plan or learn(values)
            i = 0
            try:
                for i, allowed in listed:
                    values[i] = allowed[values[i]]
            except KeyError:
                raise wrong(i, values[i]) from None
            if convert:
                values = [*values]  # who writes has this read what is to be stored
                for i, reading in convert:
                    values[i] = reading(values[i])
            return make(*values)

        return read

    def _list(self, *values: object) -> list[object]:
        return [*values, *self._empty[len(values) :]]

    def _learn(self, values: Sequence[object]) -> Plan:
        """Plan for the types of *values* when they are good ones, else say which is not."""
        if not isinstance(values, list | tuple) or len(values) > len(self._fields):
            raise ValueError(f"expected an array of {len(self._fields)} values at most")
        if _NEVER in self._empty[len(values) :]:
            raise ValueError(f"expected a value of {self._fields[len(values)].name}")
        listed: list[tuple[int, Mapping[object, object]]] = []
        forms: list[tuple[int, Form]] = []
        for i, (plain, value) in enumerate(zip(self._plain, values, strict=False)):
            if plain is None:
                if value is not None or not self._nullable[i]:
                    forms.append((i, _form(self._fields[i].type)))
            elif type(value) not in plain.types:
                raise self._wrong(i, value)
            elif plain.values is not None:
                listed.append((i, plain.values))
        read = tuple([(i, form.read) for i, form in forms])
        plan = self._plans[tuple(map(type, values))] = Plan(tuple(listed), read, tuple(forms))
        return plan

    def _wrong(self, i: int, value: object) -> FieldError:
        field = self._fields[i]
        return FieldError(field.name, PlainError(type_text(field.type), value))

    def _written(self, i: int, form: Form, value: object) -> object:
        """Return plain data that is read back as *value*, and as nothing else."""
        try:
            plain = form.write(value)
            again = form.read(plain)
        except Exception as error:
            raise self._wrong(i, value) from error
        if again != value:
            raise self._wrong(i, value)
        return plain

    def _unpackable(self, values: Sequence[object], error: Exception) -> FieldError:
        for i, value in enumerate(values):
            try:
                msgpack.packb(value)
            except (TypeError, ValueError, OverflowError):
                return self._wrong(i, value)
        return FieldError("all", PlainError(str(error), values))


def _form(kind: Any) -> Form:  # noqa: ANN401  # a type form, which has no type
    """Return how values of *kind* are stored: an attrs value as an array of its fields."""
    bare = _bare(kind)
    if get_origin(bare) in _UNIONS:
        arms = [one for one in get_args(bare) if one is not type(None)]
        if len(arms) == 1:  # of what may be None only what is not is read
            return _form(arms[0])
    if _is_value_class(bare):
        return _nested(bare)
    inner = get_args(bare)
    if get_origin(bare) is tuple and inner[1:] == (...,) and _is_value_class(_bare(inner[0])):
        return _several(_nested(_bare(inner[0])))
    return Form(_reader(kind), to_plain)


def _several(one: Form) -> Form:
    """Return how a tuple of such values is stored."""

    def read(found: object) -> object:
        if not isinstance(found, list):
            raise PlainError("a list", found)
        return tuple(map(one.read, cast("list[object]", found)))

    def write(value: tuple[object, ...]) -> object:
        return list(map(one.write, value))

    return Form(read, write)


def _is_value_class(kind: object) -> bool:
    return (
        isinstance(kind, type)
        and attrs.has(kind)
        and not any(field.kw_only or not field.init for field in attrs.fields(kind))
    )


@cache
def _nested(cls: type) -> Form:
    fields = fact_fields(cls)
    part = Part(fields)
    make = maker(cls, {field.name: _empty_of(field.type) for field in fields})
    return Form(part.making(make, _as_it_is), part.values)


def _as_it_is(found: list[Any]) -> list[Any]:
    return found


def _reader(kind: Any) -> Callable[[object], Any]:  # noqa: ANN401  # a type form, which has no type
    """Return what reads a stored value of *kind*: tuples of plain values in one look."""
    if _bare(kind) is datetime:
        return instant
    whole, inner = reader(kind), get_args(_bare(kind))
    ragged = get_origin(_bare(kind)) is tuple and inner[1:] == (...,)
    plain = plain_types(inner[0]) if ragged else None
    if plain is None or plain.values is not None:
        return whole
    types = plain.types

    def read(found: object) -> Any:  # noqa: ANN401  # a value of *kind*
        if isinstance(found, list):
            if not found:
                return ()
            items = cast("list[object]", found)
            if types.issuperset(map(type, items)):
                return tuple(items)
            return whole(items)
        return whole(found)

    return read


def builder(entry: Entry) -> Callable[..., object]:
    """Return the function that builds a fact from its plain fields, then those of its boxes.

    Values that are not given at the end are empty.
    """
    empty = {field.name: _empty_of(field.type) for field in entry.plain}
    for _, fields in entry.boxes:
        empty |= {field.name: _empty_in_box(field.type) for field in fields}
    return maker(entry.cls, empty)


def _getter(names: Sequence[str]) -> Callable[[object], Any]:
    """Return a function from a fact to a tuple of its fields' values."""
    if not names:
        return lambda _: ()
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda fact: (get(fact),)


def _empty_of(kind: object) -> object:
    """Return the value of *kind* that is not written at the end of an array."""
    if _takes_none(kind):
        return None
    bare = _bare(kind)
    ragged = get_origin(bare) is tuple and get_args(bare)[1:] == (...,)
    return () if ragged else _EMPTIES.get(bare, _NEVER)


def _empty_in_box(kind: object) -> object:
    """Return the value of *kind* that stands for what is not in a box."""
    return None if _takes_none(kind) else ()


def _takes_none(kind: object) -> bool:
    kind = _bare(kind)
    if get_origin(kind) in _UNIONS:
        return any(_takes_none(one) for one in get_args(kind))
    return kind is type(None)


def _bare(kind: Any) -> Any:  # noqa: ANN401  # a type form, which has no type
    """Return the type behind aliases, ``NewType`` and ``Annotated``."""
    for wrapper in ("__value__", "__supertype__", "__origin__"):
        while hasattr(kind, wrapper) and (wrapper != "__origin__" or hasattr(kind, "__metadata__")):
            kind = getattr(kind, wrapper)
    return kind
