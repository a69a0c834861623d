"""A search over the rows of a view as SQL: known columns, bound values, one order everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cix.errors import CixError, InvalidArgumentError
from cix.eventstore.base import Where
from cix.eventstore.column_types import Column, column_of
from cix.eventstore.view_rows import RowTable
from cix.eventstore.view_schema import beside
from cix.plain import PlainError, reader, shown

_COMPARED: Final[Mapping[str, str]] = {
    "=": "{0} = ?",
    "!=": "({0} <> ? OR {0} IS NULL)",
    "<": "{0} < ?",
    "<=": "{0} <= ?",
    ">": "{0} > ?",
    ">=": "{0} >= ?",
}
_ON_NULL: Final[Mapping[str, str]] = {
    "=": "{0} IS NULL",
    "!=": "{0} IS NOT NULL",
    "is null": "{0} IS NULL",
    "is not null": "{0} IS NOT NULL",
}
_ORDERED: Final = frozenset({"<", "<=", ">", ">="})
_MOST_VALUES: Final = 10_000
"""Values of one ``in``; the databases take some 30,000 parameters a statement."""
_MOST_ROWS: Final = 2**63 - 1


def search(
    table: RowTable, where: Sequence[Where], order_by: Sequence[str], limit: int | None
) -> tuple[str, list[Any]]:
    """Return what stands behind ``SELECT ... FROM`` with ``?`` marks, and the parameters.

    A value is compared as Python would: ``!=`` finds empty columns too, ``= None`` finds only
    those; ``<`` and its like never do. Texts compare by code point. Empty columns come last,
    ascending and descending. Raises ``InvalidArgumentError`` for anything that is no search.
    """
    columns = _columns(table)
    conditions: list[str] = []
    parameters: list[Any] = []
    for each in where:
        column = _named(table, columns, each.column, "where")
        condition, values = _condition(table, column, each)
        conditions.append(condition)
        parameters += values
    tail = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    tail += f"ORDER BY {_order(table, columns, order_by)}"
    if limit is not None:
        if type(limit) is not int or limit < 0:
            raise _refused(table, "limit", "a number of rows from 0", limit)
        tail += " LIMIT ?"
        parameters.append(min(limit, _MOST_ROWS))
    return tail, parameters


def _columns(table: RowTable) -> dict[str, Column]:
    """Return what may be named in a search: columns by their own and their field's name."""
    columns: dict[str, Column] = {}
    if table.view.lines:
        kinds = (("_key", str), ("_position", int), ("_n", int))
        names = beside(table.layout, (table.view.key, "position", "n"))
        for name, (column, kind) in zip(names, kinds, strict=True):
            columns[name] = column_of(name, kind, column)
    for each in table.layout.columns:
        columns[each.name] = columns[each.field] = each
    return columns


def _named(table: RowTable, columns: Mapping[str, Column], name: str, argument: str) -> Column:
    if name not in columns:
        raise _refused(table, argument, "one of the columns " + ", ".join(sorted(columns)), name)
    return columns[name]


def _order(table: RowTable, columns: Mapping[str, Column], order_by: Sequence[str]) -> str:
    order: list[str] = []
    for asked in order_by:
        column = _named(table, columns, asked.removeprefix("-"), "order_by")
        way = "DESC" if asked.startswith("-") else "ASC"
        order.append(f'"{column.name}" {way} NULLS LAST')
    return ", ".join([*order, table.order])


def _condition(table: RowTable, column: Column, where: Where) -> tuple[str, list[Any]]:
    comparison, name = str(where.comparison), f'"{column.name}"'
    if comparison == "in":
        return _among(table, column, where.value)
    if comparison in _ON_NULL and (where.value is None or comparison not in _COMPARED):
        return _ON_NULL[comparison].format(name), []
    if comparison not in _COMPARED:
        known = ", ".join(dict.fromkeys([*_COMPARED, "in", *_ON_NULL]))
        raise _refused(table, "where", f"one of {known}", comparison)
    if comparison in _ORDERED and (where.value is None or column.storage.word == "json"):
        raise _refused(table, "where", f"= or != on {column.field}", where)
    return _COMPARED[comparison].format(name), [_bound(table, column, where.value)]


def _among(table: RowTable, column: Column, asked: object) -> tuple[str, list[Any]]:
    if not isinstance(asked, list | tuple | set | frozenset):
        raise _refused(table, "where", f"several values for {column.field}", asked)
    found: list[object] = list(asked)  # pyright: ignore[reportUnknownArgumentType]  # each is looked at below
    if len(found) > _MOST_VALUES:
        most = f"at most {_MOST_VALUES} values for {column.field}"
        raise _refused(table, "where", most, len(found))
    values = [_bound(table, column, value) for value in found if value is not None]
    name = f'"{column.name}"'
    condition = f"{name} IN ({', '.join('?' * len(values))})" if values else "1 = 0"
    return (f"({condition} OR {name} IS NULL)" if None in found else condition), values


def _bound(table: RowTable, column: Column, value: object) -> object:
    """Return *value* as its column keeps it."""
    try:
        kept = reader(column.kind)(value)
    except (PlainError, CixError) as error:
        raise _refused(table, "where", f"{column.field} = {error}", value) from error
    if problem := column.problem(kept):
        raise _refused(table, "where", problem, value)
    return column.written([kept], table.dialect)[0]


def _refused(table: RowTable, argument: str, expected: str, found: object) -> InvalidArgumentError:
    return InvalidArgumentError(f"find {table.view.name}", argument, expected, shown(found))
