"""``cix sla``: the board of open timers, how well promises are kept, how long answers take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, cast, get_args

import click

from cix.cli.asof import resolved
from cix.cli.base import Session, argument, option
from cix.cli.exits import FINDINGS, OK
from cix.cli.opening import opened
from cix.cli.options import command, forms, pass_session, times
from cix.cli.printing import answer_rows, words
from cix.cli.words import t
from cix.domain.sla.attainment import Dimension

if TYPE_CHECKING:
    from cix.analysis.sla import BoardLine
    from cix.domain.sla.kpis import Spread

VIEW: Final = "sla_timers"
_BY: Final = option(
    "--by",
    multiple=True,
    type=click.Choice(get_args(Dimension)),
    help="Group by this; may be repeated.",
)


@command
@option("--limit", type=click.IntRange(min=1), metavar="N", help="Print at most N rows.")
@times
@forms(lines=True)
@pass_session
def board(session: Session, *, limit: int | None, as_of: str | None, known_at: str | None) -> int:
    """Print the open timers: due soonest first, then breached, then paused.

    Exit code 1 when one of them is breached.
    """
    from cix.analysis import sla

    with opened(session, reads=True) as engine:
        then = resolved(engine, VIEW, as_of, known_at)
        lines = sla.board(engine, limit=limit, **then)
    if not lines:
        words(t("no timer is open"))
    answer_rows(session, lines if session.form != "table" else [_told(one) for one in lines])
    return FINDINGS if any(one.state == "breached" for one in lines) else OK


def _told(line: BoardLine) -> dict[str, Any]:
    when = line.breached_at if line.state == "breached" else line.due_at
    return {
        "state": t(line.state),
        "ticket": line.ticket,
        "target": line.target,
        "due_at": when,
        "remaining": timedelta(microseconds=line.remaining_us),
        "due_if_resumed_now": line.due_if_resumed_now,
        "policy": line.policy,
        "priority": line.priority,
        "agent": line.agent or line.group,
    }


@command
@_BY
@times
@forms(lines=True)
@pass_session
def attainment(
    session: Session, *, by: tuple[str, ...], as_of: str | None, known_at: str | None
) -> int:
    """Print how many timers were met, breached and cancelled.

    Met / (met + breached) is the attainment; what was cancelled is counted apart, what is open
    and not breached nowhere. Default: by family and target. A day is the local one of the
    calendar's zone.
    """
    from cix.analysis import sla

    groups = cast("tuple[Dimension, ...]", by or ("family", "target"))
    with opened(session, reads=True) as engine:
        found = sla.attainment(engine, groups, **resolved(engine, VIEW, as_of, known_at))
    rows = [
        {
            **_group(groups, one.group),
            "met": one.met,
            "breached": one.breached,
            "cancelled": one.cancelled,
            "judged": one.kept.denominator,
            "attainment": one.kept.value,
        }
        for one in found
    ]
    return _answered(session, rows)


@command
@argument("target", "Name or kind of a target.", default="first_response")
@_BY
@times
@forms(lines=True)
@pass_session
def response_times(
    session: Session,
    *,
    target: str,
    by: tuple[str, ...],
    as_of: str | None,
    known_at: str | None,
) -> int:
    """Print how long answers took: mean, p50, p90 and p99 in business and calendar time.

    Over stopped timers; percentiles by nearest rank. The mean is total / count.
    """
    from cix.analysis import sla

    groups = cast("tuple[Dimension, ...]", by)
    with opened(session, reads=True) as engine:
        then = resolved(engine, VIEW, as_of, known_at)
        found = sla.answers(engine, target, groups, **then)
    rows = [
        {**_group(groups, one.group), "time": t(name), **_spread(session, spread)}
        for one in found
        for name, spread in (("business", one.business), ("calendar", one.calendar))
    ]
    return _answered(session, rows)


def _group(names: Iterable[str], values: Iterable[str | None]) -> dict[str, Any]:
    return dict(zip(names, values, strict=True))


def _spread(session: Session, found: Spread) -> Mapping[str, Any]:
    total, count = found.mean.numerator, found.mean.denominator
    held = {
        "count": count,
        "total_us": total,
        "mean_us": round(total / count) if count else None,
        "p50_us": found.p50,
        "p90_us": found.p90,
        "p99_us": found.p99,
    }
    if session.form != "table":
        return held
    return {
        name.removesuffix("_us"): timedelta(microseconds=value)
        if name.endswith("_us") and value is not None
        else value
        for name, value in held.items()
    }


def _answered(session: Session, rows: list[dict[str, Any]]) -> int:
    if not rows:
        words(t("no timer has ended yet"))
    answer_rows(session, rows)
    return OK if rows else FINDINGS
