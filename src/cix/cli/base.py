"""Commands, groups, options and arguments that help in the reader's language.

A group knows its commands from a table of module and name, so nothing is imported before a
command is asked for; its help is written from the table alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from inspect import cleandoc
from typing import Any, Literal, NamedTuple, TypeAlias, cast

import click

from cix.cli.words import help_text, t

Form: TypeAlias = Literal["table", "json", "jsonl"]


class Session:
    """What one call of the command line was told before its command ran."""

    def __init__(self) -> None:
        """Begin with no flags, and tables for people."""
        self.flags: dict[str, Any] = {}
        self.form: Form = "table"


class Entry(NamedTuple):
    """Where a command is (``module:name``; empty for a group) and what it does, in a line."""

    target: str
    says: str


class Option(click.Option):
    """An option that helps in the reader's language."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option and its translated help."""
        english = self.help
        self.help = None if english is None else t(english)
        try:
            return super().get_help_record(ctx)
        finally:
            self.help = english


class Argument(click.Argument):
    """An argument that says what it is."""

    def __init__(
        self,
        decls: Sequence[str],
        *,
        says: str,
        **settings: Any,  # noqa: ANN401  # click's own, each with its own type
    ) -> None:
        """Take what click takes, and the help text *says*."""
        super().__init__(decls, **settings)
        self.says = says


def option(*decls: str, **settings: object) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare an option of a command."""
    return click.option(*decls, cls=Option, **settings)


def argument(
    name: str, says: str, **settings: object
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare an argument of a command with its help text."""
    return click.argument(name, cls=Argument, says=says, **settings)


class _Helping(click.Command):
    """Writes usage, help, arguments and options in the reader's language."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, t("Usage: "))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's form
        """Write what the command does."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(help_text(cleandoc(self.help or "")))

    def format_arguments(
        self,
        ctx: click.Context,  # click's form
        formatter: click.HelpFormatter,  # click's form
    ) -> None:
        """Write nothing: the arguments stand before the options."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the arguments, then the options."""
        own = [one for one in self.get_params(ctx) if isinstance(one, Argument)]
        if own:
            with formatter.section(t("Arguments")):
                formatter.write_dl([(one.make_metavar(ctx), t(one.says)) for one in own])
        rest = [one for one in self.get_params(ctx) if not isinstance(one, click.Argument)]
        records = [record for one in rest if (record := one.get_help_record(ctx)) is not None]
        with formatter.section(t("Options")):
            formatter.write_dl(records)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return ``--help`` with its text in the reader's language."""
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = t("Show this message and exit.")
        return found


class Command(_Helping):
    """One command; what its function returns is the exit code (None: 0)."""


class Group(_Helping, click.Group):
    """A group of the commands that a table names, in the table's order."""

    def __init__(
        self,
        table: Mapping[str, Entry],
        path: str = "",
        **settings: Any,  # noqa: ANN401  # click's own, each with its own type
    ) -> None:
        """Show the entries of *table* that stand below *path*."""
        super().__init__(**settings)
        self.table, self.path = table, path

    def _full(self, name: str) -> str:
        return f"{self.path} {name}".strip()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without a command, show what there is."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's form
        """Return the names below this group, in the table's order."""
        depth = len(self.path.split())
        names = [full.split() for full in self.table]
        return [n[depth] for n in names if n[:depth] == self.path.split() and len(n) == depth + 1]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's form
        """Import and return the command of that name."""
        entry = self.table.get(self._full(cmd_name))
        if entry is None:
            return None
        if not entry.target:
            return Group(self.table, self._full(cmd_name), name=cmd_name, help=entry.says)
        module, _, name = entry.target.partition(":")
        return cast("click.Command", getattr(import_module(module), name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands from the table."""
        names = self.list_commands(ctx)
        rows = [(name, t(self.table[self._full(name)].says)) for name in names]
        with formatter.section(t("Commands")):
            formatter.write_dl(rows)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a name that is close is suggested."""
        name = args[0]
        if not name.startswith("-") and self._full(name) not in self.table:
            from difflib import get_close_matches

            near = get_close_matches(name, self.list_commands(ctx), n=1)
            hint = t("did you mean {near}?", near=near[0]) if near else ""
            ctx.fail(f"{t('no such command: {name}', name=name)} {hint}".strip())
        return super().resolve_command(ctx, args)
