"""How fast the SLA clocks are; prints one JSON line a figure.

Made-up incident logs of the size of a year at a large desk: about nine status changes each,
waiting and reopening now and then. The clocks fold them one after another, in memory. Then an
engine on SQLite holds 10,000 open timers, and a tick has nothing to do.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import cix
from cix.domain.sla import CalendarVersion, Created, Noted, PolicyVersion, StatusChanged
from cix.domain.sla.clocks import Clocks
from cix.domain.sla.face import History
from cix.domain.sla.facts_in import in_effect_order
from cix.domain.sla.versions import Book
from cix.domain.ticket import TicketOpened
from cix.projections import sla_timers
from cix.testing import START, FakeClock

TICKETS, FACTS = 7_554, 65_533
OPEN = 10_000
START_US = 1_262_304_000_000_000
HOUR_US = 3_600_000_000
STATUSES = ("open", "open", "working", "pending", "resolved", "working")
HOURS = ["08:00-12:00", "13:00-17:00"]
DESK = CalendarVersion.of(
    {
        "name": "desk",
        "zone": "Europe/Stockholm",
        "weekly": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), HOURS),
    }
)
TARGETS: dict[str, dict[str, Any]] = {
    "calendar time": {"calendar": "always"},
    "calendar time, pauses": {"calendar": "always", "pause_on": ["pending"]},
    "business time": {"calendar": "desk"},
    "business time, pauses": {"calendar": "desk", "pause_on": ["pending"]},
    "business time, pauses, restart": {
        "calendar": "desk", "pause_on": ["pending"], "reopen": "restart",
    },
}  # fmt: skip


def logs() -> list[list[Noted]]:
    """Make the incident logs, the same every time."""
    chance = random.Random(2013)
    made: list[list[Noted]] = []
    left, position = FACTS, 0
    for n in range(TICKETS):
        size = (
            left - (TICKETS - n - 1)
            if n == TICKETS - 1
            else min(max(2, int(chance.expovariate(1 / 8.7))), left - (TICKETS - n - 1))
        )
        left -= size
        at = START_US + chance.randrange(700 * 24) * HOUR_US
        facts: list[Noted] = []
        for step in range(size):
            position += 1
            fact = StatusChanged(chance.choice(STATUSES)) if step else Created("open")
            facts.append(Noted(fact, at, at, position))
            at += chance.randrange(1, 30 * HOUR_US)
        made.append(facts)
    return made


def timed(work: Callable[[], object], times: int = 3) -> float:
    """Return the best of some runs, in seconds."""
    best = float("inf")
    for _ in range(times):
        began = perf_counter()
        work()
        best = min(best, perf_counter() - began)
    return best


def figure(name: str, value: float, unit: str, bar: float | None) -> None:
    """Print one figure."""
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "bar": bar}))


def ticks(folder: str) -> None:
    """Load 10,000 tickets with one timer each; tick when nothing is due, and after one fact."""
    clock = FakeClock()
    target = {"name": "resolution", "seconds": 864_000, "calendar": "always", "warn": [0.5]}
    body = {"policy": [{"name": "p", "family": "f", "targets": [target]}]}
    with cix.open(f"sqlite:///{Path(folder) / 'bench.db'}", clock=clock) as engine:
        engine.publish("sla", "1", body)
        engine.load(
            cix.SourceFact(TicketOpened(f"r-{n}"), f"t-{n}", START, START, f"l-{n}", f"r-{n}")
            for n in range(OPEN)
        )
        open_now = sum(row.open for row in engine.find(sla_timers, limit=10))
        if open_now != 10:
            raise SystemExit(f"{open_now} of 10 tickets have an open timer")

        began = perf_counter()
        engine.tick()
        figure(f"sla: the first tick, which looks at all {OPEN}", perf_counter() - began, "s", None)

        def tick() -> None:
            clock.advance(timedelta(minutes=1))
            done = engine.tick()
            if done.recorded or done.moved:
                raise SystemExit("something was due")

        figure(f"sla: a tick over {OPEN} open timers, nothing due", timed(tick, 5), "s", 0.1)
        began = perf_counter()
        engine.find(sla_timers, open__gt=0, order_by=["due_at"], limit=50)
        figure(f"sla: the 50 of {OPEN} that are due first", perf_counter() - began, "s", None)


def main() -> None:
    """Fold every log under each target, and read the verdicts; then tick."""
    every = logs()
    at = max(facts[-1].occurred_us for facts in every)
    for name, keys in TARGETS.items():
        target = {"name": "resolution", "seconds": 259_200, **keys}
        body = {"policy": [{"name": "p", "family": "f", "targets": [target]}]}
        versions = [PolicyVersion.of(body)]
        book = Book.of(versions, [DESK])

        def fold(book: Book = book) -> None:
            for facts in every:
                Clocks(book).run(in_effect_order(facts), at)

        def read(book: Book = book, versions: list[PolicyVersion] = versions) -> None:
            for n, facts in enumerate(every):
                History(str(n), facts, versions, [DESK], book).timers(at)

        figure(f"sla: {FACTS} facts, {name}", timed(fold), "s", 1.5)
        figure(f"sla: the same, with every verdict read, {name}", timed(read, 1), "s", None)
    with TemporaryDirectory() as folder:
        ticks(folder)


if __name__ == "__main__":
    main()
