"""The whole made-up history: what can be loaded, and the last decisions, still to be taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import attrs

from cix.cli.demo.dice import Dice
from cix.cli.demo.lives import Life
from cix.cli.demo.people import person
from cix.cli.demo.policies import policies
from cix.cli.demo.rehearsal import Intent, Rehearsal
from cix.cli.demo.tickets import ticket_intents
from cix.engine import SourceFact

YEAR: Final = timedelta(days=365)
FIRST: Final = 1_001
"""Number of the first customer."""


def name_of(customers: int, seed: int) -> str:
    """Return the begin of the ids of the demo's requests: it tells two demos apart."""
    return f"demo.{seed}.{customers}"


@attrs.frozen
class History:
    """A year of a business: the past as facts, and today as decisions still to be taken."""

    past: list[SourceFact]
    today: list[Intent]
    refused: int
    """Decisions of the past that a rule refused; they left nothing."""


def history(customers: int, seed: int, end: datetime, *, today: int) -> History:
    """Make the year before *end* of so many *customers*; the last *today* decisions stay open."""
    start = end - YEAR
    intents = [*_published(start, end), *_lived(customers, seed, start, end)]
    intents = sorted((one for one in intents if one.recorded_at < end), key=lambda i: i.recorded_at)
    cut = max(len(intents) - today, 0)
    rehearsal = Rehearsal(name_of(customers, seed))
    past = list(rehearsal.play(intents[:cut]))
    return History(past, intents[cut:], rehearsal.refused)


def _published(start: datetime, end: datetime) -> Iterator[Intent]:
    for kind, version, body, effective_at in policies(start, end):
        args = {"version": version, "body": body}
        yield Intent(effective_at, effective_at, "policy.publish", kind, args, "head office")


def _lived(customers: int, seed: int, start: datetime, end: datetime) -> Iterator[Intent]:
    for number in range(FIRST, FIRST + customers):
        dice = Dice(seed, str(number))
        life = Life(person(dice, number, start, end), dice, end)
        yield from life.intents()
        yield from ticket_intents(life)
