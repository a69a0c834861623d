"""A row class as columns and child tables: rows become columns of values, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, get_args, get_origin

import attrs

from cix.errors import ConfigError
from cix.eventstore.column_types import Column, Values, column_of
from cix.eventstore.drivers import DialectName
from cix.plain import canonical, shown

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


@attrs.frozen(eq=False)
class Child:
    """A field that holds several values with fields: each is a row of a child table."""

    field: str
    layout: Layout
    gather: Callable[[Iterable[Any]], Any]
    """``tuple`` or ``list``, as the field is declared."""


@attrs.frozen(eq=False)
class Layout:
    """The columns and child tables of a row class."""

    row: type
    columns: tuple[Column, ...]
    children: tuple[Child, ...]
    build: Callable[..., Any]
    """Makes a row of the values of all fields, in their order."""
    places: Mapping[str, int]
    """Where among all fields each child's field stands."""

    @property
    def shape(self) -> str:
        """Return what tells two layouts apart, as canonical JSON."""
        return canonical(
            {
                "columns": [[c.name, c.storage.word, c.nullable] for c in self.columns],
                "children": {child.field: child.layout.shape for child in self.children},
            }
        )

    def pack(self, rows: Sequence[Any], dialect: DialectName) -> list[list[Any]]:
        """Return the values of *rows*, column by column, as the database wants them."""
        return [column.written(list(map(column.take, rows)), dialect) for column in self.columns]

    def rows(
        self, values: Sequence[Values], children: Sequence[Values], dialect: DialectName
    ) -> Iterator[Any]:
        """Make rows of the columns read from the database and the values of each child."""
        parts = [
            column.read(found, dialect) for column, found in zip(self.columns, values, strict=True)
        ]
        for child, gathered in zip(self.children, children, strict=True):
            parts.insert(self.places[child.field], gathered)
        return map(self.build, *parts)

    def problem(self, row: object) -> str | None:
        """Return why *row* cannot be stored, or None when nothing is wrong with it."""
        if not isinstance(row, self.row):
            return f"expected a row of {self.row.__name__}, found {shown(row)}"
        for column in self.columns:
            if found := column.problem(getattr(row, column.field)):
                return found
        for child in self.children:
            for value in getattr(row, child.field):
                if found := child.layout.problem(value):
                    return f"{child.field}, {found}"
        return None


def layout_of(row: type, *, nested: bool = False) -> Layout:
    """Lay out the columns of an attrs class; ``ConfigError`` when it cannot be a row.

    Only a top-level row has child tables: *nested* values keep theirs as JSON.
    """
    if not attrs.has(row):
        raise ConfigError("row class", row.__name__, "a row is an attrs class")
    fields = attrs.fields(attrs.resolve_types(row))
    columns: list[Column] = []
    children: list[Child] = []
    places: dict[str, int] = {}
    for place, field in enumerate(fields):
        _check_field(row, field)
        inner = None if nested else _values_of(field.type)
        if inner is None:
            columns.append(column_of(field.name, field.type))
        else:
            layout = layout_of(inner, nested=True)
            gather = get_origin(field.type)
            children.append(Child(field.name, layout, gather or tuple))
            places[field.name] = place
    if not columns:
        raise ConfigError("row class", row.__name__, "a row needs at least one plain column")
    return Layout(row, tuple(columns), tuple(children), _builder(row, fields), places)


def _check_field(row: type, field: attrs.Attribute[Any]) -> None:
    where = f"{row.__name__}.{field.name}"
    if not _NAME.fullmatch(field.name) or not field.init:
        raise ConfigError("row field", where, "use a public a-z0-9_ name and let __init__ take it")
    if field.type is None:
        raise ConfigError("row field", where, "annotate it")


def _values_of(kind: object) -> type | None:
    """Return the attrs class of ``tuple[Class, ...]`` or ``list[Class]``."""
    inner = get_args(kind)
    several = get_origin(kind) is list or (get_origin(kind) is tuple and inner[1:] == (...,))
    return inner[0] if several and attrs.has(inner[0]) else None


def _builder(row: type, fields: Sequence[attrs.Attribute[Any]]) -> Callable[..., Any]:
    if not any(field.kw_only for field in fields):
        return row
    names = [field.alias or field.name for field in fields]

    def build(*values: object) -> object:
        return row(**dict(zip(names, values, strict=True)))

    return build
