"""How fast loyalty is: folding a ledger, reading a card, what-if over many members.

Run it: ``python benchmarks/loyalty_bench.py``; each figure is one JSON line with its bar.
"""

from __future__ import annotations

import gc
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter, process_time
from typing import Any

from cix.analysis.shares import shared_out
from cix.domain import loyalty
from cix.domain.decider import fold
from cix.domain.loyalty.facts import PointsEarned, PointsRedeemed
from cix.domain.loyalty.values import Asked, Award, Part
from cix.domain.loyalty.whatif import united
from cix.engine.processes import fitting
from cix.projections.membership import MemberCard
from cix.records import Recorded

START = datetime(2024, 1, 1, tzinfo=UTC)
ENTRIES = 20


def shown(name: str, value: float, unit: str, bar: str) -> None:
    """Print one figure."""
    print(json.dumps({"name": name, "value": round(value, 1), "unit": unit, "bar": bar}))


def best_of(times: int, run: Callable[[], Any], clock: Callable[[], float] = process_time) -> float:
    """Return the least seconds that *run* took; of processor time where it is one thread."""
    found: list[float] = []
    for _ in range(times):
        began = clock()
        run()
        found.append(clock() - began)
    return min(found)


def history(key: str, entries: int, first: int, dice: random.Random) -> list[Recorded[Any]]:
    """Make an account's history: purchases, and a redemption of the last one every fifth time."""
    records: list[Recorded[Any]] = []
    at = START + timedelta(minutes=dice.randrange(60 * 24 * 30))
    for n in range(entries):
        at += timedelta(hours=dice.randrange(1, 24 * 30))
        if n % 5 == 4:
            fact: Any = PointsRedeemed(5, (Part(f"{key}-{n - 1}", 5),), 5)
        else:
            points = dice.randrange(10, 400)
            lines = (Award("purchase", "spend", points),)
            asked = Asked("purchase", points * 100)
            fact = PointsEarned(points, lines, points, at, None, asked, amount=points * 100)
        tags = (f"account:{key}", f"id:{key}-{n}")
        records.append(Recorded.of(fact, position=first + n, occurred_at=at, tags=tags))
    return records


def main() -> None:
    """Print every figure."""
    dice = random.Random(1)
    members = {f"m{n}": history(f"m{n}", ENTRIES, n * ENTRIES + 1, dice) for n in range(2_500)}
    facts = len(members) * ENTRIES

    def each() -> None:
        for key, records in members.items():
            fold(loyalty.DECIDER, key, records)

    shown("ledger fold, 20 facts an account", facts / best_of(5, each), "facts/s", ">= 250000")
    long = history("long", 50_000, 1, dice)
    seconds = best_of(3, lambda: fold(loyalty.DECIDER, "long", long))
    shown("ledger fold, one account", len(long) / seconds, "facts/s", ">= 250000")

    now = START + timedelta(days=900)
    states = [fold(loyalty.DECIDER, key, records, now) for key, records in members.items()]
    seconds = best_of(3, lambda: [MemberCard.of(state, now) for state in states])
    shown("picture of a card", seconds / len(states) * 1e6, "us", "<= 200")

    other = loyalty.read({"earn_rate": [1, 50], "tiers": [{"name": "a", "at": 0}]})
    processes = fitting()
    compared = [tried(other, now, first, dice, processes) for first in range(0, 100_000, 10_000)]
    name = "what-if, 100000 members of 20 entries"
    shown(f"{name}, {processes} processes by the wall clock", sum(compared), "s", "<= 10")
    seconds = 10 * tried(other, now, 0, dice, 1, process_time)
    shown(f"{name}, one process (of a tenth)", seconds, "s of processor", "none")


def tried(
    other: loyalty.Programme,
    now: datetime,
    first: int,
    dice: random.Random,
    processes: int,
    clock: Callable[[], float] = perf_counter,
) -> float:
    """Return the least seconds that what-if took over 10,000 members, as the analyst's does it."""
    log = [
        record
        for n in range(first, first + 10_000)
        for record in history(f"w{n}", ENTRIES, n * ENTRIES + 1, dice)
    ]
    gc.collect()
    gc.freeze()  # a log that is read from a store is not at hand for the collector to walk over
    took = best_of(
        3,
        lambda: shared_out(lambda: log, len(log), united(log), other, now, processes=processes),
        clock,
    )
    gc.unfreeze()
    return took


if __name__ == "__main__":
    main()
