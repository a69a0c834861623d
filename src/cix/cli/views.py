"""``cix projections`` and ``cix digest``: how far the views are, and building them anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cix.cli.base import Session, argument, option
from cix.cli.exits import FINDINGS, OK
from cix.cli.interrupts import resumable
from cix.cli.meter import Meter
from cix.cli.opening import opened
from cix.cli.options import command, forms, pass_session
from cix.cli.printing import answer_rows, words
from cix.cli.words import t
from cix.errors import ConfigError

if TYPE_CHECKING:
    from cix.engine import Engine
    from cix.eventstore.base import ViewState


@command
@forms(lines=True)
@pass_session
def list_(session: Session) -> None:
    """Print how far each view is.

    The version of its rows, its position and lag in the log, how many keys are parked, the
    position of a build under way, and the last error.
    """
    with opened(session, reads=True) as engine:
        head = engine.core.store.head().position
        errors = {one.projection: one.error for one in engine.parked()}
        states = engine.projections()
        rows = [_line(state, head, errors.get(name)) for name, state in sorted(states.items())]
    answer_rows(session, rows)


def _line(state: ViewState, head: int, error: str | None) -> dict[str, Any]:
    return {
        "name": state.name,
        "version": state.version,
        "position": state.position,
        "lag": head - state.position,
        "parked": state.parked,
        "building": None if state.building is None else state.building_position,
        "last_error": error,
    }


@command
@argument("names", "Names of views.", nargs=-1)
@option("--all", "every", is_flag=True, help="Build every view.")
@option("--resume", is_flag=True, help="Go on with a build that was interrupted.")
@option("--workers", type=click.IntRange(min=1), metavar="N",
        help="Processes that share the work. Default: one a processor on a long log.")  # fmt: skip
@forms(lines=True)
@pass_session
def rebuild(
    session: Session, names: tuple[str, ...], *, every: bool, resume: bool, workers: int | None
) -> int:
    """Build the rows of views anew.

    They are built from the log beside the live rows, which stay readable, and swapped in at the
    end. On a long log several processes each fold a share of the keys. Interrupted, --resume
    goes on where the build stopped. Exit code 1 when keys are parked.
    """
    if not names and not every:
        raise ConfigError("projections rebuild", "no view is named", "name views, or say --all")
    with opened(session, reads=True) as engine:
        chosen = list(names) if names else sorted(engine.projections())
        for name in chosen:
            engine.view(name)
        rows = [_rebuilt(engine, name, workers, resume=resume) for name in chosen]
    answer_rows(session, rows)
    return FINDINGS if any(row["parked"] for row in rows) else OK


def _rebuilt(engine: Engine, name: str, workers: int | None, *, resume: bool) -> dict[str, Any]:
    if not resume and engine.projections()[name].building is not None:
        engine.core.tables.abandon_build(name)
    meter = Meter(name)
    how = t("cix projections rebuild {name} --resume goes on", name=name)
    with resumable(lambda: how):
        try:
            state = engine.rebuild(name, workers=workers, progress=meter)
        finally:
            meter.end()
    return {
        "name": name,
        "version": state.version,
        "position": state.position,
        "parked": state.parked,
    }


@command
@argument("name", "Name of a view; default: every view.", required=False)
@forms(lines=True)
@pass_session
def retry(session: Session, name: str | None) -> int:
    """Try the parked keys again.

    Prints those that are parked still; exit code 1 when there are any.
    """
    with opened(session, reads=True) as engine:
        left = engine.retry_parked(name)
        rows = engine.parked(name)
    words(t("{count} keys are parked", count=left))
    answer_rows(session, rows)
    return FINDINGS if rows else OK


@command
@argument("names", "Names of views; default: every view.", nargs=-1)
@forms(lines=True)
@pass_session
def digest(session: Session, names: tuple[str, ...]) -> None:
    """Print a digest over all rows of each view.

    Equal rows give equal digests, on any database and after any rebuild.
    """
    with opened(session, reads=True) as engine:
        chosen = names or tuple(sorted(engine.projections()))
        rows = [{"name": name, "digest": engine.digest(name)} for name in chosen]
    answer_rows(session, rows)
