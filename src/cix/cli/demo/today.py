"""The last hours of the demo: decisions taken through the engine, rules asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import attrs

from cix.cli.demo.rehearsal import Intent
from cix.errors import DomainError

if TYPE_CHECKING:
    from cix.engine import Engine
LAST: Final = "end"
"""The id of the last decision ends in this: a demo that has it is whole."""


@attrs.frozen
class Today:
    """What came of today: decisions taken and refused, and the id of somebody new."""

    taken: int
    refused: int
    newcomer: str


def live(engine: Engine, intents: Sequence[Intent], end: datetime, name: str) -> Today:
    """Take today's decisions, then let somebody new walk in at the end."""
    taken = refused = 0
    for n, intent in enumerate(intents, 1):
        stamped = engine.by(intent.actor, id=f"{name}-today-{n}", at=intent.at)
        try:
            stamped.take(intent.decision, intent.key, intent.args)
            taken += 1
        except DomainError:
            refused += 1
    newcomer = engine.by("app", at=end).record("phone", "+8613900000001")
    for n, (id_, decision, key, args) in enumerate(_walk_in(newcomer)):
        at = end + timedelta(seconds=n)
        engine.by("app", id=f"{name}-{id_}", at=at).take(decision, key, args)
    return Today(taken + 3, refused, newcomer)


def _walk_in(record: str) -> list[tuple[str, str, str, dict[str, object]]]:
    said: dict[str, object] = {"record": record, "channel": "phone"}
    wants: dict[str, object] = {
        **said,
        "priority": "high",
        "topic": "delivery",
        "subject": "Where is my order?",
    }
    return [
        ("call", "contact.receive", "k-newcomer", {**said, "kind": "call", "outcome": "answered"}),
        ("ticket", "ticket.open", "t-newcomer", wants),
        (LAST, "ticket.assign", "t-newcomer", {"agent": "lin", "group": "logistics"}),
    ]
