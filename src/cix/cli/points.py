"""Points told in words: where each lot came from, under which version, and where it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from cix.cli.asof import Then
from cix.cli.base import Session
from cix.cli.exits import FINDINGS, OK
from cix.cli.printing import document, table, words
from cix.cli.words import t
from cix.plain import instant_text

if TYPE_CHECKING:
    from cix.analysis.loyalty import CameFrom, LotExplained, WentTo
    from cix.engine import Engine

VIEW: Final = "membership"
POINTS: Final = "points"


def is_points(view: str, path: str) -> bool:
    """Tell whether the lots of an account are asked for, and no field of its row."""
    return (view, path) == (VIEW, POINTS)


def explain_points(
    session: Session, engine: Engine, account: str, lot: str | None, then: Then
) -> int:
    """Explain one lot, or every lot, of an account.

    Raises ``NotFoundError`` where the account has no such lot.
    """
    from cix.analysis import loyalty

    found = loyalty.explain_points(engine, account, lot, **then)
    if session.form != "table":
        document(list(found))
    elif lot is None and found:
        table(found, _LOTS)
        words(t("--lot KEY tells where the points of one came from and where they went"))
    else:
        for one in found:
            print_lot(one)
    if not found:
        words(t("{account} has no points", account=account))
    return OK if found else FINDINGS


_LOTS: Final = ("lot", "source", "programme", "granted", "left", "available_at", "expires_at")


def print_lot(found: LotExplained) -> None:
    """Print the way of one lot's points: from where, by which rules, to where."""
    instant = instant_text(found.as_of)
    at = t("as of {instant}, position {known}", instant=instant, known=found.known)
    counts = t("{granted} granted, {left} left", granted=found.granted, left=found.left)
    click.echo(f"{found.account}.{found.lot}: {counts}  ({at})")
    if found.paid_debt:
        click.echo(t("{points} paid debt", points=found.paid_debt))
    table([_origin(one) for one in found.came_from], title=t("came from"))
    table([_going(one) for one in found.went_to], title=t("went to"))


def _origin(one: CameFrom) -> dict[str, Any]:
    return {
        "at": one.at,
        "position": one.position,
        "fact": one.fact,
        "account": one.account,
        "lot": one.lot,
        "points": one.points,
        "programme": one.programme,
        "rules": ", ".join(f"{line.rule} {line.points}" for line in one.rules),
        "order": one.order or "",
        "actor": one.actor or "",
    }


def _going(one: WentTo) -> dict[str, Any]:
    return {
        "at": one.at,
        "position": one.position,
        "fact": t("(time)") if one.position is None else one.fact,
        "from": one.source,
        "to": one.target if one.to is None else f"{one.target}: {one.to}",
        "points": one.points,
        "ref": one.ref,
        "actor": one.actor or "",
    }
