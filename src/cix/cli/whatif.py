"""``cix whatif``: other policies tried on the whole history; nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cix.cli.asof import resolved
from cix.cli.base import Session, option
from cix.cli.exits import FINDINGS, OK, USAGE
from cix.cli.opening import opened
from cix.cli.options import command, forms, pass_session, times
from cix.cli.policies import at_line, policy_file
from cix.cli.printing import document, table, words
from cix.cli.words import t
from cix.errors import InvalidPolicyError

if TYPE_CHECKING:
    from cix.analysis.sla_whatif import SlaWhatIf
    from cix.domain.sla import CalendarVersion, PolicyVersion

_FILE: Any = click.Path(dir_okay=False)


@command
@option("--policy", type=_FILE, help="SLA policies: a TOML or JSON file.")
@option("--calendar", multiple=True, type=_FILE, help="A calendar; may be repeated.")
@times
@forms()
@pass_session
def sla(
    session: Session,
    *,
    policy: str | None,
    calendar: tuple[str, ...],
    as_of: str | None,
    known_at: str | None,
) -> int:
    """Judge every ticket again under other SLA policies or calendars.

    As if they had held from the first fact on. Prints the verdicts of each target before and
    after, and the timers whose verdict is another. Writes nothing. Exit code 1 when any is.
    """
    from cix.analysis.sla_whatif import whatif

    if policy is None and not calendar:
        words(t("give --policy or --calendar"))
        return USAGE
    tried = [] if policy is None else [_policy(Path(policy))]
    hours = [_calendar(Path(one)) for one in calendar]
    with opened(session, reads=True) as engine:
        then = resolved(engine, "sla_timers", as_of, known_at)
        found = whatif(engine, tried, hours, **then)
    if session.form == "table":
        print_whatif(found)
    else:
        document(found)
    return FINDINGS if found.moved else OK


def _policy(path: Path) -> PolicyVersion:
    from cix.domain.sla import PolicyVersion

    written = policy_file(path, "sla")
    try:
        return PolicyVersion.of(written.body, "tried")
    except InvalidPolicyError as error:
        raise at_line(error, written) from None


def _calendar(path: Path) -> CalendarVersion:
    from cix.domain.sla import CalendarVersion

    written = policy_file(path, "calendar")
    try:
        return CalendarVersion.of(written.body, "tried")
    except InvalidPolicyError as error:
        raise at_line(error, written) from None


def print_whatif(found: SlaWhatIf) -> None:
    """Print totals before and after, and what moved."""
    rows: list[dict[str, Any]] = []
    for one in found.targets:
        for when, verdicts in (("before", one.before), ("after", one.after)):
            rows.append(
                {
                    "family": one.family,
                    "target": one.target,
                    "": t(when),
                    "met": verdicts.met,
                    "breached": verdicts.breached,
                    "cancelled": verdicts.cancelled,
                    "open": verdicts.open,
                }
            )
    table(rows)
    if found.moved:
        click.echo()
        table(found.moved)
    words(
        t(
            "{tickets} tickets judged again, {moved} timers have another verdict",
            tickets=found.tickets,
            moved=len(found.moved),
        )
    )
