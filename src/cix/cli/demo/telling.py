"""How the demo tells what it found: pages and tables, and what to type next."""

from __future__ import annotations

import shlex
from typing import Any, Final

import click

from cix.cli.cells import shown
from cix.cli.demo.tour import Compared, Tour
from cix.cli.explaining import print_explanation
from cix.cli.printing import page, strong, table
from cix.cli.words import t
from cix.plain import instant_text

_DESK: Final = (
    "ticket", "status", "priority", "channel", "topic", "agent", "waiting_since", "opened_at",
)  # fmt: skip
_CLOCKS: Final = ("ticket", "due_at", "target", "breached_open", "agent", "priority")
_LINES: Final = ("occurred_at", "channel", "summary")


def tell(found: Tour, db: str) -> None:
    """Print the answers for a person."""
    _title(t("Customer 360: everything about {customer}", customer=found.customer))
    page(found.card)
    _title(t("The desk: open tickets, the longest waiting first"))
    table(found.desk, _DESK)
    if found.clocks:
        _title(t("SLA board: due soonest first"))
        table(found.clocks, [one for one in _CLOCKS if hasattr(found.clocks[0], one)])
    if found.membership is not None:
        _title(t("Membership {account}", account=found.account))
        page(found.membership)
        _title(t("Tier ladder (growth value, members)"))
        table(found.ladder)
    _title(t("Timeline: the latest facts of {customer}", customer=found.customer))
    table(found.timeline, _LINES)
    _compared(found.compared)
    _title(t("Try next"))
    for line in commands(found, db):
        click.echo(f"  {line}")


def commands(found: Tour, db: str) -> list[str]:
    """Return the next three commands to type."""
    store = f"--db {shlex.quote(db)}"
    why = found.compared.explanation
    as_of = instant_text(found.compared.as_of)
    return [
        f"cix timeline {found.customer} --last 20 {store}",
        f"cix explain {why.view} {why.key} {why.path} --as-of {as_of} {store}",
        f"cix find queues --where is_open=true --where 'priority in high,urgent' {store}",
    ]


def _compared(found: Compared) -> None:
    why = found.explanation
    _title(t("As of then, and today: {path} of {key}", path=why.path, key=why.key))
    rows: list[dict[str, Any]] = [
        {"as_of": found.as_of, why.path: shown(found.then)},
        {"as_of": why.as_of, why.path: shown(found.now)},
    ]
    table(rows)
    _title(t("Why"))
    print_explanation(why)


def _title(text: str) -> None:
    click.echo()
    click.echo(strong(f"== {text} =="))
