"""``cix explain``: the facts, the policy versions and the passing of time behind a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cix.cli.asof import resolved
from cix.cli.base import Session, argument, option
from cix.cli.cells import shown
from cix.cli.clocks import explain_target, is_target
from cix.cli.exits import FINDINGS, OK, USAGE
from cix.cli.opening import opened
from cix.cli.options import command, forms, pass_session, times
from cix.cli.points import explain_points, is_points
from cix.cli.printing import document, table, words
from cix.cli.words import t
from cix.plain import instant_text

if TYPE_CHECKING:
    from cix.engine import Cause, Explanation


@command
@argument("view", "Name of a view: cix projections list.")
@argument("key", "Key of the row; of a customer's view any record of the customer.")
@argument("path", "Field of the row, such as status or tags.0; default: the whole row.", default="")
@option("--lot", metavar="LOT", help="Of membership points: tell of this lot only.")
@times
@forms()
@pass_session
def explain(
    session: Session,
    *,
    view: str,
    key: str,
    path: str,
    lot: str | None,
    as_of: str | None,
    known_at: str | None,
) -> int:
    """Say why a value is what it is.

    Prints the facts that changed it, each with the value before and after it, and the versions of
    the policies in force. Exit code 1 when no fact speaks of the key.

    Of sla_timers the field may be a target, such as first_response: then the clock is told, with
    its policy and calendar versions, when it ran and paused, and the facts behind.

    Of membership the field may be points: then every lot is told, and with --lot where its points
    came from, under which version and rules, and where they went.
    """
    if lot is not None and not is_points(view, path):
        words(t("--lot goes with: cix explain membership ACCOUNT points"))
        return USAGE
    with opened(session, reads=True) as engine:
        then = resolved(engine, view, as_of, known_at)
        if is_target(view, path, engine.view(view)):
            return explain_target(session, engine, key, path, then)
        if is_points(view, path):
            return explain_points(session, engine, key, lot, then)
        found = engine.explain(view, key, path, **then)
    if session.form == "table":
        print_explanation(found)
    else:
        document(found)
    if not found.causes:
        words(t("{view} holds nothing for {key}", view=view, key=key))
    return OK if found.causes else FINDINGS


def print_explanation(found: Explanation) -> None:
    """Print an explanation for a person: the value, what made it, the policies in force."""
    place = ".".join((found.view, found.key, *((found.path,) if found.path else ())))
    instant = instant_text(found.as_of)
    at = t("as of {instant}, position {known}", instant=instant, known=found.known)
    click.echo(f"{place} = {shown(found.value)}  ({at})")
    if found.causes:
        table([_line(cause, whole=not found.path) for cause in found.causes])
    for kind, version in found.policies:
        click.echo(t("policy {kind}: version {version} in force", kind=kind, version=version))


def _line(cause: Cause, *, whole: bool) -> dict[str, Any]:
    line = {
        "at": cause.at,
        "position": cause.position,
        "fact": t("(time)") if cause.position is None else cause.fact,
        "actor": cause.actor,
    }
    return line if whole else {**line, "before": cause.before, "after": cause.after}
