"""Options that several commands have: the store, the form of the answer, as of when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from cix.cli.base import Command, Option, Session, option
from cix.cli.words import language_of, use

Function = Callable[..., Any]
Decorated = TypeVar("Decorated", bound=Function)

pass_session: Final = click.make_pass_decorator(Session)


def shared_options(*, hidden: bool) -> list[click.Parameter]:
    """Return the options that may stand before and behind every command."""

    def keep(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
        if value is None:
            return
        ctx.ensure_object(Session).flags[param.name or ""] = value
        if param.name == "lang":
            use(language_of(value))

    def one(name: str, says: str, **more: object) -> click.Option:
        settings: dict[str, Any] = {"help": says, "callback": keep, "hidden": hidden, **more}
        return Option([f"--{name}"], expose_value=False, **settings)

    return [
        one("db", "Where the store is: a path (SQLite) or a URL. Default: cix.db"),
        one("config", "The settings file. Default: cix.toml, if it is here."),
        one("lang", "Language of texts.", type=click.Choice(["en", "zh", "zh-CN"]), is_eager=True),
    ]


def command(function: Function) -> Command:
    """Make a command of *function*: its docstring is the help, its answer the exit code."""
    made = click.command(cls=Command)(function)
    made.params.extend(shared_options(hidden=True))
    return made


def forms(*, lines: bool = False) -> Callable[[Function], Function]:
    """Give a command ``--json`` and, where it prints rows, ``--jsonl``."""

    def choose(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:  # noqa: FBT001  # click's form
        if wanted:
            ctx.ensure_object(Session).form = "json" if param.name == "json" else "jsonl"

    def declare(function: Function) -> Function:
        common: dict[str, Any] = {"is_flag": True, "expose_value": False, "callback": choose}
        if lines:
            function = option("--jsonl", help="Print a line of JSON a row.", **common)(function)
        return option("--json", help="Print one JSON document.", **common)(function)

    return declare


def times(function: Function) -> Function:
    """Give a command ``--as-of`` and ``--known-at``."""
    known = option(
        "--known-at",
        metavar="INSTANT|POSITION",
        help="As known then: an instant with an offset, or a position of the log.",
    )
    as_of = option(
        "--as-of", metavar="INSTANT", help="As of then: 2024-03-01T10:00+08:00, with an offset."
    )
    return as_of(known(function))


def stamps(function: Function) -> Function:
    """Give a command ``--actor``, ``--id`` and ``--at``."""
    for decorate in (
        option("--at", metavar="INSTANT", help="When it happened, with an offset. Default: now."),
        option("--id", help="Id of the request: the same id has one effect."),
        option("--actor", help="Who asks. Default: CIX_ACTOR."),
    ):
        function = decorate(function)
    return function
