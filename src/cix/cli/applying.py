"""``cix apply``: a file of decisions and exported facts, line by line."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import attrs
import click

from cix.cli import settings
from cix.cli.base import Session, argument, option
from cix.cli.batch import Batch, Stop, Tally
from cix.cli.exits import FINDINGS, OK
from cix.cli.interrupts import resumable
from cix.cli.lines import Names, lines_of
from cix.cli.meter import Meter
from cix.cli.opening import actor_of, opened
from cix.cli.options import command, forms, pass_session
from cix.cli.printing import document, words
from cix.cli.words import t


@command
@argument("file", "A file of JSON lines; - is the standard input.", type=click.Path(dir_okay=False))
@option("--import", "imports", is_flag=True, help="Decisions may say when they were recorded.")
@option("--continue", "goes_on", is_flag=True, help="Go on past lines that are refused.")
@option("--batch", metavar="NAME", help="Name of the batch, for lines without an id.")
@option("--actor", help="Who asks, where a line does not say. Default: CIX_ACTOR.")
@forms()
@pass_session
def apply(
    session: Session,
    file: str,
    *,
    imports: bool,
    goes_on: bool,
    batch: str | None,
    actor: str | None,
) -> int:
    """Apply a file of decisions and facts.

    A line is {"do": DECISION, "key": KEY, "args": {...}} with "id", "actor", "occurred_at" where
    wanted ("recorded_at" with --import), or a fact as cix export writes it.

    It stops at the first line that is refused (exit code 1) or cannot be read (2), and names it.
    Everything before it is kept, and the file may be applied again: a line whose id is known
    changes nothing. Lines without an id get one made of the batch's name (default: the file's
    name), their text, and how often that text came before.
    """
    name = batch if batch is not None else Path(file).name
    code = OK
    with _reading(file) as (stream, size), opened(session, views="worker") as engine:
        keeps = settings.resolve(session.flags)["views"].value == "inline"
        work = Batch(engine, Names(name), actor_of(session, actor), imports, goes_on, words, keeps)
        meter = Meter(t("applied"))
        how = t("apply {file} again; what was done is known by its id", file=file)
        try:
            with resumable(lambda: how):
                work.run(lines_of(stream), lambda done: meter(done, size), Meter(t("views")))
        except Stop as stop:
            code = stop.code
        except BaseException:
            words(summary(work.tally))
            raise
        finally:
            meter.end()
        work.tally.head = engine.core.store.head().position
    _answer(session, work.tally, name)
    return code or (FINDINGS if work.tally.problems else OK)


def _answer(session: Session, tally: Tally, batch: str) -> None:
    if session.form != "table":
        document(tally)
        return
    words(summary(tally))
    if tally.repeated:
        words(
            t(
                "{count} lines without an id were known in batch {batch}; "
                "give --batch another name if they are new",
                count=tally.repeated,
                batch=batch,
            )
        )


@contextmanager
def _reading(file: str) -> Generator[tuple[BinaryIO, int]]:
    """Open the file, with its size in bytes (0: nobody knows)."""
    if file == "-":
        yield sys.stdin.buffer, 0
        return
    path = Path(file)
    with path.open("rb") as stream:
        yield stream, path.stat().st_size


def summary(tally: Tally) -> str:
    """Return in one line what became of the lines, leaving out what did not happen."""
    counts: dict[str, Any] = attrs.asdict(tally, recurse=False)
    parts = [
        t(text, count=f"{counts[name]:,}")
        for name, text in COUNTS.items()
        if counts[name] or name == "lines"
    ]
    return " · ".join(parts)


COUNTS = {
    "lines": "{count} lines",
    "decided": "{count} decided",
    "unchanged": "{count} held already",
    "duplicates": "{count} known by id",
    "loaded": "{count} facts loaded",
    "skipped": "{count} facts known",
    "lifted": "{count} recorded times lifted",
    "refused": "{count} refused",
    "malformed": "{count} not readable",
}
