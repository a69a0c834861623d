"""Load the incident log of the BPI Challenge 2013 as tickets, then ask about any day in it.

    python examples/bpic2013.py bpic2013_incidents.csv.gz [--db sqlite:///bpic2013.db]

Columns: case, ts (Unix seconds UTC), status, substatus, group, line, resource, impact, product,
country, org. The first row of a case opens a ticket, every other one is a change of status; both
times are the source's. Run it again and nothing is loaded twice.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

import attrs

import cix
from cix.domain.terms import Priority
from cix.domain.ticket import Category, Field, TicketOpened, TicketStatusChanged
from cix.projections import queues, timeline

Row: TypeAlias = Mapping[str, str]

CATEGORIES: Final[Mapping[tuple[str, str], Category]] = {
    ("Queued", "Awaiting Assignment"): "open",
    ("Accepted", "Assigned"): "open",
    ("Accepted", "In Progress"): "open",
    ("Accepted", "Wait"): "pending",
    ("Accepted", "Wait - Customer"): "pending",
    ("Accepted", "Wait - Implementation"): "pending",
    ("Accepted", "Wait - User"): "pending",
    ("Accepted", "Wait - Vendor"): "pending",
    ("Completed", "In Call"): "resolved",
    ("Completed", "Resolved"): "resolved",
    ("Completed", "Closed"): "closed",
    ("Completed", "Cancelled"): "closed",
    ("Unmatched", "Unmatched"): "open",
}
PRIORITIES: Final[Mapping[str, Priority]] = {
    "Low": "low",
    "Medium": "normal",
    "High": "high",
    "Major": "urgent",
}


@attrs.frozen
class Change:
    """One row of the log with its instant and its line in the file, from 2."""

    line: int
    at: datetime
    row: Row


def changes(path: Path) -> list[Change]:
    """Read the log in the order of time; rows of one second stay in the order of the file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        found = [
            Change(line, datetime.fromtimestamp(int(row["ts"]), UTC), row)
            for line, row in enumerate(csv.DictReader(file), start=2)
        ]
    return sorted(found, key=lambda change: change.at)


def status_of(row: Row) -> str:
    """Return the status by its full name, so that each way of waiting is a status of its own."""
    return f"{row['status']}/{row['substatus']}"


def category_of(row: Row) -> Category:
    """Return the category of a row's status; ``KeyError`` for one the log's makers do not name."""
    return CATEGORIES[row["status"], row["substatus"]]


def opened(row: Row) -> TicketOpened:
    """Make the opening of a ticket from the first row of its case."""
    return TicketOpened(
        record=f"r-bpi-{row['case']}",
        priority=PRIORITIES[row["impact"]],
        status=status_of(row),
        category=category_of(row),
        type="incident",
        topic=row["product"],
        department=row["org"],
        group=row["group"],
        agent=f"bpi-{row['resource']}",
        level=int(row["line"]),
        fields=(Field("country", row["country"]),),
    )


def moved(row: Row) -> TicketStatusChanged:
    """Make a change of status from any later row."""
    return TicketStatusChanged(
        status=status_of(row),
        category=category_of(row),
        substatus=row["substatus"],
        group=row["group"],
        level=int(row["line"]),
        agent=f"bpi-{row['resource']}",
    )


def facts(log: list[Change]) -> Iterator[cix.SourceFact]:
    """Yield the facts of the log, each with the id of its line."""
    known: set[str] = set()
    for change in log:
        case = change.row["case"]
        fact = moved(change.row) if case in known else opened(change.row)
        known.add(case)
        yield cix.SourceFact(
            fact,
            key=f"bpi-{case}",
            occurred_at=change.at,
            recorded_at=change.at,
            id=f"bpic2013-{change.line}",
            record=f"r-bpi-{case}",
            actor="bpic2013",
        )


def main(path: Path, url: str) -> None:
    """Load *path* into the store at *url*, then answer a few questions."""
    log = changes(path)
    with cix.open(url) as engine:
        started = time.perf_counter()
        report = engine.load(facts(log))
        took = time.perf_counter() - started
        print(
            f"stored {report.stored} facts, skipped {report.skipped}, lifted {report.lifted}: "
            f"{took:.1f} s with views"
        )
        if log:
            answer(engine, log)


def answer(engine: cix.Engine, log: list[Change]) -> None:
    """Show how the busiest case ended, and how it stood in the middle of its life."""
    case, rows = Counter(change.row["case"] for change in log).most_common(1)[0]
    mine = [change.at for change in log if change.row["case"] == case]
    middle = mine[len(mine) // 2]
    now = engine.get(queues, f"bpi-{case}")
    then = engine.get(queues, f"bpi-{case}", as_of=middle)
    if now is None or then is None:
        raise SystemExit(f"the ticket bpi-{case} is not there")
    print(f"bpi-{case} ({rows} changes): {now.status}, opened {now.reopens + 1} times")
    print(f"  as of {middle:%Y-%m-%d}: {then.status}, level {then.level}, group {then.group}")
    lines = engine.lines(timeline, f"r-bpi-{case}", as_of=middle)
    print(f"  timeline as of then: {len(lines)} lines, the last: {lines[-1].summary}")
    still_open = engine.find(queues, is_open=True)
    print(f"tickets that are neither resolved nor closed: {len(still_open)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--db", default="sqlite:///bpic2013.db", metavar="URL")
    given = parser.parse_args()
    main(given.file, given.db)
