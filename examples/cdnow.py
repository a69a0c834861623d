"""Run a loyalty programme over the CDNOW purchases of 1997-98, as if the till had been cix's.

    python examples/cdnow.py cdnow_sample.csv.gz [--db sqlite:///cdnow.db]

Columns: customer, master_id, date, quantity, cents. Every purchase is a *decision*, taken on the
account as it stood that day; so caps, tiers and expiry follow the programme that was in force.
The recorded time is the day of the purchase: load it before any younger history. Run it again
and every request is answered from the record.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs

import cix
from cix.domain import loyalty
from cix.projections import membership

PROGRAMME: Final[Mapping[str, Any]] = {
    "enrolment": "required",
    "earn_rate": "1/100",  # a point and a growth point for each dollar; amounts are cents
    "growth_rate": "1/100",
    "expiry": {"kind": "months", "n": 12, "round_to": "month"},
    "window": "rolling",
    "window_months": 12,
    "tiers": [
        {"name": "listener", "name_zh": "听众", "at": 0},
        {"name": "collector", "name_zh": "藏家", "at": 100, "multiplier": "5/4"},
        {"name": "maestro", "name_zh": "大师", "at": 400, "multiplier": "3/2"},
    ],
}


@attrs.frozen
class Purchase:
    """One row: who bought for how many cents on which day, and its line in the file, from 2."""

    line: int
    customer: str
    day: datetime
    cents: int


def purchases(path: Path) -> list[Purchase]:
    """Read the purchases in the order of time; those of one day stay in the order of the file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        found = [
            Purchase(
                line,
                row["customer"],
                datetime.fromisoformat(row["date"]).replace(tzinfo=UTC),
                int(row["cents"]),
            )
            for line, row in enumerate(csv.DictReader(file), start=2)
        ]
    return sorted(found, key=lambda one: one.day)


def sell(engine: cix.Engine, bought: list[Purchase]) -> tuple[int, int]:
    """Take every purchase through the till; return how many were new and how many known."""
    if bought:
        first = bought[0].day
        at_first = engine.by("cdnow", at=first, recorded_at=first)
        at_first.publish("loyalty", "cdnow-1", PROGRAMME, effective_at=first)
    new = known = 0
    members: set[str] = set()
    for one in bought:
        account = f"cd-{one.customer}"
        if one.customer not in members:
            members.add(one.customer)
            till(engine, f"cdnow-enrol-{one.customer}", one).do(loyalty.enrol, account)
        answer = till(engine, f"cdnow-{one.line}", one).do(
            loyalty.purchase, account, amount=one.cents, order=f"cdnow-{one.line}"
        )
        known += answer.duplicate
        new += not answer.duplicate
    return new, known


def till(engine: cix.Engine, request: str, one: Purchase) -> cix.Engine:
    """Return the engine stamped with the day of a purchase."""
    return engine.by("cdnow", id=request, at=one.day, recorded_at=one.day)


def main(path: Path, url: str) -> None:
    """Take the purchases of *path* into the store at *url*, then answer a few questions."""
    bought = purchases(path)
    with cix.open(url, views="worker") as engine:
        started = time.perf_counter()
        new, known = sell(engine, bought)
        decided = time.perf_counter()
        engine.work()
        caught_up = time.perf_counter()
        print(f"{new} purchases decided, {known} known already: {decided - started:.1f} s")
        print(f"views caught up: {caught_up - decided:.1f} s")
        if bought:
            answer(engine, bought)


def answer(engine: cix.Engine, bought: list[Purchase]) -> None:
    """Show the account with the most purchases, at the end of the log and half-way."""
    count: dict[str, int] = {}
    for one in bought:
        count[one.customer] = count.get(one.customer, 0) + 1
    customer = max(sorted(count), key=lambda name: count[name])
    account, middle = f"cd-{customer}", bought[len(bought) // 2].day
    for when in (middle, bought[-1].day):
        card = engine.get(membership, account, as_of=when)
        if card is None:
            print(f"{account} as of {when:%Y-%m-%d}: no member yet")
        else:
            print(
                f"{account} as of {when:%Y-%m-%d}: {card.balance} points, "
                f"{card.growth} growth, {card.tier}"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--db", default="sqlite:///cdnow.db", metavar="URL")
    given = parser.parse_args()
    main(given.file, given.db)
