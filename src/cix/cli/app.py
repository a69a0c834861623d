"""The front door: options that every command shares, and how every ending is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn, cast

import click

from cix.cli import exits
from cix.cli.base import Group, Option, Session
from cix.cli.options import shared_options
from cix.cli.table import COMMANDS
from cix.cli.words import language_around, t, use
from cix.errors import CixError, ConfigError

_HELP = """
Everything that happens between a business and its customers, as facts that only grow.

Decisions go in, facts are kept, views come out, as of any instant. The options below may stand
before the command or behind it. Data goes to the standard output, words and progress to the
standard error.

Exit codes: 0 ok, 1 findings, 2 usage, 3 integrity broken, 4 store unreachable or locked,
5 interrupted and resumable.
"""


class Root(Group):
    """The group of all commands; turns every error into one line and an exit code."""

    def main(  # type: ignore[override]  # it never answers: it exits
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: object
    ) -> NoReturn:
        """Run a command and exit with its code."""
        session = Session()
        _speak()
        try:
            code = self.answer(args, prog_name, extra | {"obj": session})
        except BaseException as error:  # noqa: BLE001  # every ending is told here, or raised again
            code = _told(error, session)
        sys.exit(code if isinstance(code, int) else exits.OK)

    def answer(
        self, args: Sequence[str] | None, prog_name: str | None, extra: dict[str, Any]
    ) -> object:
        """Run a command and return what it answers; its errors are raised."""
        run = cast("Callable[..., object]", super().main)
        return run(args, prog_name, **(extra | {"standalone_mode": False}))


def _speak() -> None:
    """Choose the language before anything is parsed; a bad setting is told when it is used."""
    use(language_around(os.environ))
    if os.environ.get("CIX_CONFIG") or os.path.exists("cix.toml"):  # noqa: PTH110  # pathlib is slow to load
        from cix.cli import settings

        with suppress(ConfigError):
            use(settings.resolve({})["lang"].value)


def _told(error: BaseException, session: Session) -> int:  # noqa: PLR0911  # an ending a line
    """Tell of *error* on standard error; return the exit code."""
    match error:
        case CixError():
            _say_error(error, session)
            return exits.exit_of(error)
        case exits.Interrupted():
            _say(exits.interrupted_line(error))
            return exits.INTERRUPTED
        case click.Abort() | KeyboardInterrupt():
            _say(t("interrupted"))
            return exits.INTERRUPTED
        case click.UsageError():
            _say(usage_line(error))
            return exits.USAGE
        case click.ClickException():
            _say(error.format_message())
            return exits.USAGE
        case BrokenPipeError():
            _close_quietly()
            return exits.OK
        case OSError():
            where = str(error.filename or error.errno)
            refused = ConfigError(where, str(error.strerror), "name another file")
            _say_error(refused, session)
            return exits.USAGE
        case Exception():
            return _bug(error)
        case _:
            raise error


def _bug(error: Exception) -> int:
    if os.environ.get("CIX_DEBUG"):
        import traceback

        traceback.print_exception(error)
    name = type(error).__name__
    _say(t("unforeseen {name}: {error}; CIX_DEBUG=1 shows where", name=name, error=error))
    return exits.BUG


def usage_line(error: click.UsageError) -> str:
    """Say what is wrong with a command's words, and where its help is."""
    hint = "" if error.ctx is None else f"; {error.ctx.command_path} --help"
    match error:
        case click.NoSuchOption(option_name=name):
            near = error.possibilities
            more = f" ({t('did you mean {near}?', near=near[0])})" if near else ""
            text = t("no such option: {name}", name=name) + more
        case click.MissingParameter(param=click.Parameter() as param):
            text = t("missing: {name}", name=param.get_error_hint(error.ctx or _nowhere(param)))
        case click.BadParameter(param=click.Parameter() as param, message=message):
            name = param.get_error_hint(error.ctx or _nowhere(param))
            text = t("{name} cannot be used: {message}", name=name, message=t(message))
        case _:
            text = t(error.format_message())
    return text.rstrip(".") + hint


def _nowhere(param: click.Parameter) -> click.Context:
    return click.Context(click.Command(param.name))


def _say(line: str) -> None:
    click.echo(f"cix: {line}", err=True)


def _say_error(error: CixError, session: Session) -> None:
    if session.form == "table":
        _say(exits.line_of(error))
    else:
        import json

        document = json.dumps(exits.document_of(error), ensure_ascii=False)
        click.echo(document, err=True)


def _close_quietly() -> None:
    """Nobody reads any more: let nothing complain when the interpreter flushes."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001  # click's form
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"cix {version('cix')}")
        ctx.exit()


def _nothing() -> None:
    """The group itself does nothing: its options were kept when they were read."""


main = Root(
    COMMANDS,
    name="cix",
    callback=_nothing,
    help=_HELP,
    params=[
        *shared_options(hidden=False),
        Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_version,
            help="Show the version and exit.",
        ),
    ],
)
