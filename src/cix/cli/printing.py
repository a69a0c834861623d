"""How answers are printed: tables and pages for people, JSON for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

import attrs
import click

from cix.cli.base import Session
from cix.cli.cells import fields_of, shown, width
from cix.cli.words import t
from cix.plain import to_plain

_NOTHING: Final[tuple[object, ...]] = (None, "", (), [])


# -- for programs --------------------------------------------------------------
def document(value: object) -> None:
    """Print one JSON document on standard output."""
    click.echo(json.dumps(to_plain(value), ensure_ascii=False, indent=2))


def json_lines(rows: Iterable[object]) -> None:
    """Print each row as a line of JSON on standard output."""
    for row in rows:
        click.echo(json.dumps(to_plain(row), ensure_ascii=False))


# -- for people ----------------------------------------------------------------
def words(text: str = "") -> None:
    """Say something on standard error."""
    click.echo(text, err=True)


def _padded(text: str, size: int, *, right: bool) -> str:
    space = " " * (size - width(text))
    return space + text if right else text + space


def strong(text: str) -> str:
    """Return *text* in bold, unless NO_COLOR asks for plain text."""
    return text if os.environ.get("NO_COLOR") else click.style(text, bold=True)


def table(rows: Sequence[object], columns: Sequence[str] = (), *, title: str = "") -> None:
    """Print rows as a table; ``columns`` names the fields (default: all of the first row)."""
    if title:
        click.echo(strong(title))
    if not rows:
        click.echo(t("(nothing)"))
        return
    held = [fields_of(row) for row in rows]
    names = list(columns or _telling(held))
    numbers = [all(type(row.get(name)) in {int, float} for row in held) for name in names]
    cells = [[shown(row.get(name)) for name in names] for row in held]
    if _is_rich():
        _rich_table(names, numbers, cells)
        return
    sizes = [max(width(line[n]) for line in [names, *cells]) for n in range(len(names))]
    for number, line in enumerate([names, ["-" * size for size in sizes], *cells]):
        parts = [
            _padded(text, size, right=right)
            for text, size, right in zip(line, sizes, numbers, strict=True)
        ]
        text = "  ".join(parts).rstrip()
        click.echo(strong(_fitting(text)) if number == 0 else _fitting(text))


def _telling(held: Sequence[dict[str, Any]]) -> list[str]:
    """Return the columns that say something in at least one row."""
    names = [name for name in held[0] if any(row[name] not in _NOTHING for row in held)]
    return names or list(held[0])


def _fitting(line: str) -> str:
    """Cut a line to the terminal, if it goes to one."""
    if not sys.stdout.isatty() or width(line) <= (room := _columns()):
        return line
    while width(line) > room - 1:
        line = line[:-1]
    return line + "…"


def _columns() -> int:
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 80


def page(row: object, *, title: str = "") -> None:
    """Print one row as a page: a line a field, a table a list of values with fields."""
    if title:
        click.echo(strong(title))
    fields = fields_of(row)
    lists: dict[str, Sequence[object]] = {
        name: value for name, value in fields.items() if _is_list_of_values(value)
    }
    size = max((width(name) for name in fields), default=0)
    for name, value in fields.items():
        if name not in lists:
            click.echo(f"{_padded(name, size, right=False)}  {shown(value)}")
    for name, value in lists.items():
        click.echo()
        table(value, title=name)


def _is_list_of_values(value: object) -> bool:
    """Tell whether *value* is a list of values with fields, which makes a table of its own."""
    held = cast("Sequence[object]", value) if isinstance(value, list | tuple) else ()
    return bool(held) and attrs.has(type(held[0]))


def _is_rich() -> bool:
    """Tell whether to print tables with rich: installed, and somebody looks."""
    if not sys.stdout.isatty():
        return False
    from importlib.util import find_spec

    return find_spec("rich") is not None


def _rich_table(names: Sequence[str], numbers: Sequence[bool], cells: list[list[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    header = "" if os.environ.get("NO_COLOR") else "bold"
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, header_style=header)
    for name, number in zip(names, numbers, strict=True):
        drawn.add_column(name, justify="right" if number else "left")
    for line in cells:
        drawn.add_row(*(Text(cell) for cell in line))
    Console().print(drawn)


# -- whichever was asked for ----------------------------------------------------
def answer_rows(session: Session, rows: Sequence[object], columns: Sequence[str] = ()) -> None:
    """Print rows in the form that was asked for."""
    match session.form:
        case "json":
            document(list(rows))
        case "jsonl":
            json_lines(rows)
        case "table":
            table(rows, columns)


def answer_page(session: Session, row: object) -> None:
    """Print one row in the form that was asked for."""
    match session.form:
        case "json":
            document(row)
        case "jsonl":
            json_lines([row])
        case "table":
            page(row)
