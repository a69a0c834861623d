"""The last hours of the demo: decisions taken through the engine, rules asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cix.cli.demo.rehearsal import Intent
from cix.errors import DomainError

if TYPE_CHECKING:
    from cix.engine import Engine
LAST: Final = "end"
"""The id of the last decision ends in this: a demo that has it is whole."""


def live(engine: Engine, intents: Sequence[Intent], end: datetime, name: str) -> None:
    """Take today's decisions, then let somebody new walk in at the end; what a rule refuses stays.

    Every decision has an id: taken again it has one effect.
    """
    for n, intent in enumerate(intents, 1):
        stamped = engine.by(intent.actor, id=f"{name}-today-{n}", at=intent.at)
        with suppress(DomainError):
            stamped.take(intent.decision, intent.key, intent.args)
    for n, (id_, decision, key, args) in enumerate(_NEWCOMER):
        at = end + timedelta(seconds=n)
        engine.by("app", id=f"{name}-{id_}", at=at).take(decision, key, args)


_SAID: Final = {"record": "r-newcomer", "channel": "phone"}
_WANTS: Final = {"priority": "high", "topic": "delivery", "subject": "Where is my order?"}
_NEWCOMER: Final[tuple[tuple[str, str, str, Mapping[str, object]], ...]] = (
    ("seen", "identity.observe", "r-newcomer", {"identifiers": [("phone", "+8613900000001")]}),
    ("call", "contact.receive", "k-newcomer", {**_SAID, "kind": "call", "outcome": "answered"}),
    ("ticket", "ticket.open", "t-newcomer", {**_SAID, **_WANTS}),
    (LAST, "ticket.assign", "t-newcomer", {"agent": "lin", "group": "logistics"}),
)
