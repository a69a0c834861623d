#!/usr/bin/env python3
"""Write the reference pages that come from the code: commands, facts, errors.

With ``--check`` only say which are out of date (exit code 1).
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import attrs
import click

from cix import errors
from cix.cli import main as cix
from cix.cli.base import Argument, Group
from cix.cli.exits import MEANINGS, exit_of
from cix.cli.words import paragraphs, use
from cix.domain.catalogue import CATALOGUE, DERIVED, ROOMS
from cix.facts import Entry
from cix.plain import type_text

HERE = Path(__file__).resolve().parent / "reference"
NOTE = "<!-- made by docs/generate.py: change the code, not this page -->"


# -- commands --------------------------------------------------------------------
def commands_page() -> str:
    """Return the page of every command with its arguments and options."""
    use("en")
    return "\n".join([*_intro(), *_commands(cix, "cix")]).rstrip() + "\n"


def _intro() -> Iterator[str]:
    yield from ("# Command line", "", NOTE, "")
    for text in paragraphs(cix.help or "")[:-1]:
        yield from (text, "")
    yield from ("## Exit codes", "", "| code | meaning |", "| --- | --- |")
    for code, meaning in MEANINGS.items():
        yield f"| {code} | {meaning} |"
    yield from ("", "## Options of every command", "", *_options(cix))


def _commands(command: click.Command, path: str) -> Iterator[str]:
    if isinstance(command, Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from _commands(found, f"{path} {name}")
        return
    words = " ".join(
        param.make_metavar(click.Context(command))
        for param in command.params
        if isinstance(param, Argument)
    )
    yield from (f"## {path}", "", "```text", f"{path} [OPTIONS] {words}".rstrip(), "```", "")
    for text in paragraphs(inspect.cleandoc(command.help or "")):
        yield from (text, "")
    yield from _arguments(command)
    yield from _options(command)


def _arguments(command: click.Command) -> Iterator[str]:
    found = [param for param in command.params if isinstance(param, Argument)]
    if found:
        yield from ("| argument | meaning |", "| --- | --- |")
        for param in found:
            yield f"| `{param.make_metavar(click.Context(command))}` | {_cell(param.says)} |"
        yield ""


def _options(command: click.Command) -> Iterator[str]:
    context = click.Context(command)
    records = [
        record
        for param in command.params
        if not isinstance(param, Argument)
        and (record := param.get_help_record(context)) is not None
    ]
    if records:
        yield from ("| option | meaning |", "| --- | --- |")
        for names, meaning in records:
            yield f"| `{_cell(names)}` | {_cell(meaning)} |"
        yield ""


# -- facts -------------------------------------------------------------------------
def facts_page() -> str:
    """Return the page of every fact with its fields, room by room."""
    lines = ["# Facts", "", NOTE, "", *_FACTS_INTRO]
    seen: set[type] = set()
    for room in ROOMS:
        mine = [cls for cls in room.facts if cls not in seen]
        seen.update(mine)
        if mine:
            order = "when they happened" if room.order == "occurred" else "when they were recorded"
            obeys = f" It obeys the policies {', '.join(room.obeys)}." if room.obeys else ""
            lines += [f"## {room.name}", ""]
            lines += [f"Kept under `{room.kind}:KEY`, folded in the order {order}.{obeys}", ""]
            lines += [line for cls in mine for line in _fact(CATALOGUE.entry(cls))]
    lines += ["## What time decides", "", *_DERIVED_INTRO]
    lines += [line for cls in DERIVED for line in _fact(CATALOGUE.entry(cls))]
    return "\n".join(lines).rstrip() + "\n"


_FACTS_INTRO = (
    "Each fact is stored under its word and version. Times, actor, id and tags are the envelope's.",
    "A field that is *personal* is kept in a box of its category beside the event; one that is a",
    "*tag* makes the fact findable under `kind:value`.",
    "",
)
_DERIVED_INTRO = (
    "A tick records these. They stand outside every room's history, so they change no answer.",
    "",
)


def _fact(entry: Entry) -> Iterator[str]:
    yield from (f"### {entry.word.name} {entry.word.version}", "")
    yield from (_flat(inspect.getdoc(entry.cls) or ""), "")
    personal = {field.name: name for name, fields in entry.boxes for field in fields}
    tags = dict(entry.tags)
    fields = _in_order(entry)
    if fields:
        yield from ("| field | type | default | |", "| --- | --- | --- | --- |")
    for field in fields:
        marks = [f"personal: {personal[field.name]}"] if field.name in personal else []
        marks += [f"tag `{tags[field.name]}:`"] if field.name in tags else []
        kind, default = _kind(field.type), _default(field.default)
        yield f"| `{field.name}` | {kind} | {default} | {', '.join(marks)} |"
    if fields:
        yield ""


def _in_order(entry: Entry) -> list[attrs.Attribute[Any]]:
    known = {field.name: field for field in entry.plain}
    known |= {field.name: field for _, fields in entry.boxes for field in fields}
    return [known[field.name] for field in attrs.fields(entry.cls)]


def _default(value: object) -> str:
    if value is attrs.NOTHING:
        return "required"
    return "" if value in (None, (), "") else f"`{_cell(repr(value))}`"


def _kind(kind: Any) -> str:  # noqa: ANN401  # a type, or what stands for one
    """Return a type as a reader of JSON meets it."""
    inner = [one for one in get_args(kind) if one is not ...]
    if get_origin(kind) in {list, tuple} and inner:
        return "list of " + ", ".join(dict.fromkeys(map(_kind, inner)))
    return _cell(type_text(kind))


# -- errors --------------------------------------------------------------------------
def errors_page() -> str:
    """Return the page of every error: its code, what it means, what it says."""
    lines = ["# Errors", "", NOTE, "", *_ERRORS_INTRO, "```text", *_tree(), "```", ""]
    for cls in _classes():
        lines += [f"## {cls.code} {cls.__name__}", "", _flat(inspect.getdoc(cls) or ""), ""]
        if attrs.has(cls):
            fields = ", ".join(f"`{field.name}`" for field in attrs.fields(cls))
            lines += [f"Fields: {fields}.", ""]
        again = " It may pass: try again." if cls.retryable else ""
        lines += [f"On the command line: exit code {exit_of(cls)}.{again}", ""]
    return "\n".join(lines).rstrip() + "\n"


_ERRORS_INTRO = (
    "Whatever cix raises on purpose is a `CixError`. Each class has a stable code, says what was",
    "found, where, and what to do, and can be pickled. A driver's exception never leaves the",
    "store: it is the `__cause__`. The command line prints the code and the sentence, or, with",
    "`--json`, the fields as one JSON document, on standard error.",
    "",
)


def _tree() -> list[str]:
    drawn = inspect.cleandoc(errors.__doc__ or "").split("\n\n")[1]
    return inspect.cleandoc(drawn).splitlines()


def _classes() -> list[type[errors.CixError]]:
    found = [
        cls
        for _, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, errors.CixError) and cls.__module__ == errors.__name__
    ]
    return sorted(found, key=lambda cls: cls.code)


# -- pages ---------------------------------------------------------------------------
def _flat(text: str) -> str:
    """Return a docstring as Markdown: paragraphs on one line each, code in single marks."""
    return "\n\n".join(paragraphs(text)).replace("``", "`")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": commands_page,
    "facts.md": facts_page,
    "errors.md": errors_page,
}


def main() -> int:
    """Write the pages, or only look; return the exit code."""
    stale = [name for name, page in PAGES.items() if _text(name) != page()]
    if "--check" in sys.argv[1:]:
        sys.stdout.writelines(f"out of date: {name}\n" for name in stale)
        return 1 if stale else 0
    HERE.mkdir(exist_ok=True)
    for name in stale:
        (HERE / name).write_text(PAGES[name](), "utf-8")
    return 0


def _text(name: str) -> str:
    page = HERE / name
    return page.read_text("utf-8") if page.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
