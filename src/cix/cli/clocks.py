"""An SLA clock told in words: what was promised, when it ran, which facts moved it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from cix.cli.asof import Then
from cix.cli.base import Session
from cix.cli.exits import OK
from cix.cli.printing import document
from cix.cli.words import ENGLISH, language, t
from cix.plain import instant_text
from cix.projections.projection import Projection

if TYPE_CHECKING:
    from cix.analysis.sla import TimerExplained
    from cix.engine import Engine

VIEW: Final = "sla_timers"


def is_target(view: str, path: str, projection: Projection[object]) -> bool:
    """Tell whether *path* names a target of the SLA clocks, and no field of the row."""
    return view == VIEW and path != "" and path.partition(".")[0] not in projection.columns


def explain_target(session: Session, engine: Engine, ticket: str, target: str, then: Then) -> int:
    """Explain every timer of *target* on a ticket.

    Raises ``NotFoundError`` where there is none.
    """
    from cix.analysis.sla import explain_timers

    found = explain_timers(engine, ticket, target, **then)
    if session.form != "table":
        document([one.timer for one in found] if session.form == "jsonl" else list(found))
        return OK
    for n, one in enumerate(found):
        if n:
            click.echo()
        print_timer(one)
    return OK


def print_timer(found: TimerExplained) -> None:
    """Print one timer in the language that is spoken now."""
    from cix.domain.sla.telling import Language, tell

    spoken: Language = "en" if language() == ENGLISH else "zh-CN"
    instant = instant_text(found.as_of)
    head, *lines = tell(found.timer, spoken, found.behind)
    at = t("as of {instant}, position {known}", instant=instant, known=found.known)
    click.echo(f"{head}  ({at})")
    for line in lines:
        click.echo(f"  {line}")
