"""Business time: how long one question takes on a warm index, and how long the index takes.

Prints one JSON line a figure: {"name", "value", "unit", "bar"}; a bar is the most it may be,
null where there is none. Each figure is the best of several rounds, so that a busy machine
does not speak for the code.
"""

from __future__ import annotations

import json
import random
import timeit
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cix.domain.calendar import ALWAYS, Calendar, Hours

ROUNDS = 7
QUESTIONS = 20_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


def desk(zone: str) -> Calendar:
    """Return two windows a weekday with a year's holidays, shifts, breaks and a later version."""
    return Calendar.parse(
        {
            "zone": zone,
            "weekly": {day: ["09:00-12:00", "13:00-18:00"] for day in WEEKDAYS},
            "versions": [
                {
                    "from": "2026-07-01",
                    "weekly": {day: ["08:30-12:00", "13:30-18:00"] for day in WEEKDAYS},
                }
            ],
            "holidays": [f"2026-{month:02}-{day:02}" for month in (1, 5, 10) for day in (1, 2, 3)],
            "shifts": {"2026-02-14": ["09:00-18:00"], "2026-10-10": ["09:00-18:00"]},
            "breaks": {"2026-04-15": ["15:00-16:00"]},
        }
    )


def best(ask: Callable[[], object], number: int) -> float:
    """Return the seconds of one call in the best round."""
    return min(timeit.repeat(ask, number=number, repeat=ROUNDS)) / number


def warm(name: str, calendar: Calendar) -> None:
    """Measure questions at random instants of two years."""
    dice = random.Random(7)
    first = datetime(2026, 1, 1, tzinfo=UTC)
    at = [first + timedelta(seconds=dice.randrange(2 * 365 * 86_400)) for _ in range(QUESTIONS)]
    pairs = list(zip(at, reversed(at), strict=True))
    tasks = [(start, timedelta(seconds=dice.randrange(1, 80 * 3_600))) for start in at]
    marks = [(at - EPOCH) // timedelta(microseconds=1) for at in at]
    ticks = list(zip(marks, reversed(marks), strict=True))
    hours = calendar.hours

    def each(ask: Callable[[], object]) -> float:
        return best(ask, 1) / QUESTIONS * 1e6

    spare = each(lambda: [None for _ in pairs])
    figures = {
        "elapsed": each(lambda: [calendar.elapsed(a, b) for a, b in pairs]),
        "add": each(lambda: [calendar.add(a, n) for a, n in tasks]),
        "add far": each(lambda: [calendar.add(a, n, far=True) for a, n in tasks]),
        "elapsed in integers": each(lambda: [hours.elapsed_us(a, b) for a, b in ticks]),
        "add in integers": each(lambda: [hours.add_us(a, 72_000_000_000) for a in marks]),
    }
    for question, value in figures.items():
        told(f"{question}, warm, {name}", value - spare, "us", 5)


def cold(name: str, calendar: Calendar) -> None:
    """Measure the index of two calendar years from nothing, and what lies decades away."""
    schedule = calendar.hours.schedule
    first, last = (datetime(year, 1, 1, tzinfo=UTC) - EPOCH for year in (2026, 2028))
    a, b = (at // timedelta(microseconds=1) for at in (first, last))
    decades = 30 * 2_000 * 3_600_000_000
    told(
        f"index of two calendar years, {name}",
        best(lambda: Hours(schedule).elapsed_us(a, b), 1) * 1e3, "ms", 20,
    )  # fmt: skip
    told(
        f"add thirty years of work, cold, {name}",
        best(lambda: Hours(schedule).add_us(a, decades), 1) * 1e3, "ms", None,
    )  # fmt: skip


def told(name: str, value: float, unit: str, bar: float | None) -> None:
    """Print one figure."""
    print(json.dumps({"name": name, "value": round(value, 2), "unit": unit, "bar": bar}))


def main() -> None:
    """Measure a zone without changes of clocks, one with them, and calendar time."""
    for name in ("Asia/Shanghai", "America/New_York"):
        calendar = desk(name)
        cold(name, calendar)
        warm(name, calendar)
    warm("always", ALWAYS)


if __name__ == "__main__":
    main()
