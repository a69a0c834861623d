"""The clocks over real logs of two help desks, against sums made in another way.

The files are no part of the project; where they are not at hand the tests are skipped.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cix.domain.sla import CalendarVersion, Created, Noted, PolicyVersion, StatusChanged
from cix.domain.sla.face import History
from cix.domain.sla.versions import REAL_TIME, Book, bound_to

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "tickets"
SECOND_US = 1_000_000
Log = dict[str, list[tuple[int, str]]]


def log(name: str, read: Callable[[dict[str, str]], str]) -> Log:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{name} is not at hand")
    found: Log = defaultdict(list)
    with gzip.open(path, "rt") as lines:
        for row in csv.DictReader(lines):
            found[row["case"]].append((int(row["ts"]) * SECOND_US, read(row)))
    return found


@cache
def incidents() -> Log:
    return log("bpic2013_incidents.csv.gz", lambda row: f"{row['status']}/{row['substatus']}")


@cache
def helpdesk() -> Log:
    return log("italian_helpdesk.csv.gz", lambda row: row["activity"])


WAITS = ["", " - Customer", " - Implementation", " - User", " - Vendor"]
SOURCES: dict[str, tuple[Callable[[], Log], list[str], list[str], str]] = {
    "incidents": (
        incidents,
        [f"Accepted/Wait{rest}" for rest in WAITS],
        [f"Completed/{how}" for how in ("Cancelled", "Closed", "In Call", "Resolved")],
        "Europe/Stockholm",
    ),
    "helpdesk": (helpdesk, ["Wait"], ["Resolve ticket", "Closed"], "Europe/Rome"),
}
TARGETS: dict[str, dict[str, Any]] = {
    "calendar time": {"calendar": "always"},
    "calendar time with pauses": {"calendar": "always", "pause_on": True},
    "business time": {"calendar": "desk"},
    "business time with pauses": {"calendar": "desk", "pause_on": True},
    "business time, restarted": {"calendar": "desk", "pause_on": True, "reopen": "restart"},
}
LIMIT = 40 * 3600


@pytest.mark.parametrize("source", list(SOURCES))
@pytest.mark.parametrize("kind", list(TARGETS))
def test_every_case_has_the_elapsed_time_and_verdict_of_a_plain_sum(source: str, kind: str) -> None:
    load, waits, done, zone = SOURCES[source]
    cases = load()
    at = max(moves[-1][0] for moves in cases.values())
    days = ("mon", "tue", "wed", "thu", "fri")
    hours = {"zone": zone, "weekly": {day: ["08:00-12:00", "13:00-17:00"] for day in days}}
    desk = CalendarVersion.of(hours)
    keys = {**TARGETS[kind]}
    keys["pause_on"] = waits if keys.get("pause_on") else []
    target = {"name": "resolution", "seconds": LIMIT, "resolved": done, **keys}
    policies = [PolicyVersion.of({"policy": [{"name": "p", "family": "f", "targets": [target]}]})]
    book = Book.of(policies, [desk])
    elapsed = (REAL_TIME if keys["calendar"] == "always" else bound_to(desk)).elapsed
    for case, moves in cases.items():
        facts = [
            Noted(StatusChanged(status) if n else Created(status), when, when, n + 1)
            for n, (when, status) in enumerate(moves)
        ]
        found = History(case, facts, policies, [desk], book).timers(at)
        ordered = sorted(moves, key=lambda move: move[0])
        sums = plain_sums(ordered, at, keys["pause_on"], done, elapsed)
        if keys.get("reopen") != "restart":
            sums = [sum(sums)]
        assert [one.elapsed_us for one in found] == sums
        assert [one.status == "breached" for one in found] == [
            total > LIMIT * SECOND_US for total in sums
        ]


def plain_sums(
    moves: list[tuple[int, str]],
    at: int,
    waits: list[str],
    done: list[str],
    elapsed: Callable[[int, int], int],
) -> list[int]:
    """Add up the time in statuses that count, anew after each reopening."""
    sums = [0]
    inside = False
    for (start, status), (end, _) in zip(moves, [*moves[1:], (at, "")], strict=True):
        if inside and status not in done:
            sums.append(0)
        inside = status in done
        if not inside and status not in waits:
            sums[-1] += elapsed(start, end)
    return sums
