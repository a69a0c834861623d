"""``cix whatif loyalty``, ``cix loyalty``: another programme tried, and what points are worth."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import click

from cix.cli.asof import instant_of, resolved
from cix.cli.base import Session, argument, option
from cix.cli.exits import FINDINGS, OK
from cix.cli.meter import Meter
from cix.cli.opening import opened
from cix.cli.options import command, forms, pass_session, times
from cix.cli.policies import at_line, policy_file
from cix.cli.printing import answer_rows, document, table, words
from cix.cli.words import t
from cix.errors import InvalidArgumentError, InvalidPolicyError

if TYPE_CHECKING:
    from cix.analysis.loyalty import Liability
    from cix.domain.loyalty import Programme
    from cix.domain.loyalty.liability import Outstanding, PeriodReport
    from cix.domain.loyalty.outcomes import MemberOutcome, Report

_VIEW: Final = "membership"
_FILE: Any = click.Path(dir_okay=False)
_SHOWN: Final = 50


@command
@option("--policy", required=True, type=_FILE, help="The programme: a TOML or JSON file.")
@option(
    "--limit",
    type=click.IntRange(min=0),
    default=_SHOWN,
    metavar="N",
    help="Print at most N members who move; JSON holds all. Default: 50.",
)
@times
@forms()
@pass_session
def whatif(
    session: Session, *, policy: str, limit: int, as_of: str | None, known_at: str | None
) -> int:
    """Decide the whole history again under another loyalty programme.

    As if it had been in force from the beginning: every accepted command is decided again from
    what was asked, and what the programme refuses is counted. Prints how members move between
    tiers, whose points differ, and the liability before and after. Writes nothing. Exit code 1
    when anybody moves.
    """
    from cix.analysis import loyalty

    tried, meter = programme_of(Path(policy)), Meter(t("facts"))
    with opened(session, reads=True) as engine:
        then = resolved(engine, _VIEW, as_of, known_at)
        found = loyalty.whatif(engine, tried, progress=meter, **then)
    meter.end()
    moved = [one for one in found.members if _moves(one)]
    if session.form == "table":
        print_whatif(found, moved, limit)
    else:
        document(_plain(found, moved))
    return FINDINGS if moved else OK


def programme_of(path: Path) -> Programme:
    """Read a programme from a file.

    Raises ``InvalidPolicyError`` that names the line, ``ConfigError`` for no JSON.
    """
    from cix.domain import loyalty

    written = policy_file(path, "loyalty")
    try:
        return loyalty.read(written.body)
    except InvalidPolicyError as error:
        raise at_line(error, written) from None


def _moves(one: MemberOutcome) -> bool:
    counts = one.balance_before == one.balance_after and one.pending_before == one.pending_after
    return not counts or one.tier_before != one.tier_after or bool(one.refused)


_SIDES: Final = ("tier", "balance", "pending")


def _member(one: MemberOutcome) -> dict[str, Any]:
    return {**attrs.asdict(one), "points_moved": one.points_moved, "refused": dict(one.refused)}


def _plain(found: Report, moved: Iterable[MemberOutcome]) -> dict[str, Any]:
    return {
        "at": found.at,
        "members": len(found.members),
        "tiers": found.matrix,
        "moved": [_member(one) for one in moved],
        "refused": found.refused,
        "liability_before": _outstanding(found.liability_before),
        "liability_after": _outstanding(found.liability_after),
    }


def _outstanding(found: Outstanding) -> dict[str, Any]:
    from cix.analysis.loyalty import month_lines

    return {
        "points": found.points,
        "debt": found.debt,
        "worth": found.money,
        "months": month_lines(found),
    }


def print_whatif(found: Report, moved: list[MemberOutcome], limit: int) -> None:
    """Print the migration between tiers, the members who move and both liabilities."""
    table(found.matrix, title=t("tiers, before and after"))
    click.echo()
    if moved[:limit]:
        names = [f"{what}_{when}" for what in _SIDES for when in ("before", "after")]
        table([_member(one) for one in moved[:limit]], ["account", *names, "points_moved"])
        click.echo()
    sides = (("before", found.liability_before), ("after", found.liability_after))
    rows = [
        {"": t(when), "points": one.points, "debt": one.debt, "worth": one.money}
        for when, one in sides
    ]
    table(rows, title=t("liability"))
    for rule, count in found.refused.items():
        words(t("refused {count} times: {rule}", count=count, rule=rule))
    words(
        t(
            "{members} members decided again, {moved} would have other points or another tier",
            members=len(found.members),
            moved=len(moved),
        )
    )


# -- what points are worth -------------------------------------------------------------
@command
@option(
    "--period-end",
    multiple=True,
    metavar="INSTANT",
    help="Print the IFRS 15 figures of the periods that end then instead; may be repeated.",
)
@times
@forms()
@pass_session
def liability(
    session: Session, *, period_end: tuple[str, ...], as_of: str | None, known_at: str | None
) -> None:
    """Print what members could still redeem, by the month in which it would expire.

    Points are those available, pending and held; debt stands apart; worth is points times the
    value of one times (1 - breakage), in minor units.
    """
    from cix.analysis import loyalty

    ends = [one for text in period_end if (one := instant_of("--period-end", text))]
    if ends and (as_of or known_at):
        raise InvalidArgumentError(
            "cix loyalty liability", "--period-end", "alone", "--as-of or --known-at too"
        )
    meter = Meter(t("facts"))
    with opened(session, reads=True) as engine:
        if ends:
            periods = loyalty.revenue(engine, sorted(ends), progress=meter)
            meter.end()
            _print_periods(session, periods)
            return
        then = resolved(engine, _VIEW, as_of, known_at)
        found = loyalty.liability(engine, progress=meter, **then)
    meter.end()
    if session.form == "table":
        print_liability(found)
    else:
        document(found)


def print_liability(found: Liability) -> None:
    """Print a line a month and the total."""
    total = {"month": t("total"), "points": found.points, "worth": found.worth}
    table([*(attrs.asdict(one) for one in found.months), total])
    words(
        t(
            "debt of members {debt}; a point is worth {value}, breakage {breakage}",
            debt=found.debt,
            value=found.point_value,
            breakage=found.breakage,
        )
    )


# -- a member's points -----------------------------------------------------------------
@command
@argument("account", "The loyalty account.")
@times
@forms(lines=True)
@pass_session
def statement(session: Session, *, account: str, as_of: str | None, known_at: str | None) -> int:
    """Print the points of a member line by line, with running balances.

    Every transfer has two lines, out of one purse and into another, which sum to zero. What time
    moved stands at its own instant. Debt is a negative balance of the purse available. Exit code
    1 when there is none.
    """
    from cix.analysis import loyalty

    with opened(session, reads=True) as engine:
        then = resolved(engine, _VIEW, as_of, known_at)
        found = loyalty.statement(engine, account, **then)
    answer_rows(session, found)
    return OK if found else FINDINGS


def _print_periods(session: Session, found: Iterable[PeriodReport]) -> None:
    rows = [_period(one) for one in found]
    if session.form == "table":
        table(rows)
    else:
        document(rows)


def _period(one: PeriodReport) -> dict[str, int | datetime]:
    """Return the figures in whole minor units and points: the exact ratios fill screens."""
    from cix.domain.loyalty.liability import half_up

    return {
        "until": one.until,
        "sales": one.sales,
        "allocated": half_up(one.allocated),
        "redeemed": one.redeemed,
        "expected": half_up(one.expected),
        "revenue": one.revenue,
        "goods": one.goods,
        "liability": one.liability,
    }
