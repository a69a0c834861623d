"""Replay two real incident logs under five promises each; write verdicts and exact breaches.

    python examples/sla_replay.py bpic2013_incidents.csv.gz italian_helpdesk.csv.gz \
        [--out sla_results.md]

The logs are those of the BPI Challenge 2013 (incidents) and of an Italian help desk (Polato 2017),
both at 4TU.ResearchData; which one a file is, its columns tell. Every case is clocked to the end
of its log by the pure function behind views, ticks and audits: no store, no engine. The same
files give the same results file, byte for byte.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs

from cix.domain.sla import CalendarVersion, Created, Noted, PolicyVersion, StatusChanged, Timer
from cix.domain.sla.face import History
from cix.domain.sla.versions import Book
from cix.records import to_us

Row: TypeAlias = Mapping[str, str]
SECOND_US: Final = 1_000_000
WEEK: Final = ("mon", "tue", "wed", "thu", "fri")
WAITS: Final = ("Wait", "Wait - Customer", "Wait - Implementation", "Wait - User", "Wait - Vendor")


@attrs.frozen
class Source:
    """What is to be known of a log: how a row names its status, what waits, what is resolved."""

    title: str
    column: str
    """A column that only this log has."""
    status: Callable[[Row], str]
    waits: tuple[str, ...]
    resolved: tuple[str, ...]
    zone: str
    holidays: tuple[str, ...]
    """Public holidays of the country from Monday to Friday, in the years of the log."""

    @property
    def calendar(self) -> CalendarVersion:
        """Return the business calendar: 08:00 to 12:00 and 13:00 to 17:00 from Monday to Friday."""
        hours = ["08:00-12:00", "13:00-17:00"]
        weekly = dict.fromkeys(WEEK, hours)
        return CalendarVersion.of(
            {"name": "desk", "zone": self.zone, "weekly": weekly, "holidays": list(self.holidays)}
        )


SOURCES: Final = (
    Source(
        "BPI Challenge 2013, incidents",
        "substatus",
        lambda row: f"{row['status']}/{row['substatus']}",
        tuple(f"Accepted/{name}" for name in WAITS),
        tuple(f"Completed/{name}" for name in ("Cancelled", "Closed", "In Call", "Resolved")),
        "Europe/Stockholm",
        (
            "2010-01-01", "2010-01-06", "2010-04-02", "2010-04-05", "2010-05-13", "2011-01-06",
            "2011-04-22", "2011-04-25", "2011-06-02", "2011-06-06", "2011-12-26", "2012-01-06",
            "2012-04-06", "2012-04-09", "2012-05-01", "2012-05-17",
        ),
    ),
    Source(
        "Italian help desk",
        "activity",
        lambda row: row["activity"],
        ("Wait",),
        ("Resolve ticket", "Closed"),
        "Europe/Rome",
        (
            "2010-01-01", "2010-01-06", "2010-04-05", "2010-06-02", "2010-11-01", "2010-12-08",
            "2011-01-06", "2011-03-17", "2011-04-25", "2011-06-02", "2011-08-15", "2011-11-01",
            "2011-12-08", "2011-12-26", "2012-01-06", "2012-04-09", "2012-04-25", "2012-05-01",
            "2012-08-15", "2012-11-01", "2012-12-25", "2012-12-26", "2013-01-01", "2013-04-01",
            "2013-04-25", "2013-05-01", "2013-08-15", "2013-11-01", "2013-12-25", "2013-12-26",
            "2014-01-01", "2014-01-06",
        ),
    ),
)  # fmt: skip
THREE_DAYS: Final = {"calendar": "always", "seconds": 259_200}
THREE_SHIFTS: Final = {"calendar": "desk", "seconds": 86_400}
TARGETS: Final[Mapping[str, Mapping[str, Any]]] = {
    "72 h, calendar time": THREE_DAYS,
    "72 h, calendar time, waiting pauses": {**THREE_DAYS, "pause_on": True},
    "24 h, business time": THREE_SHIFTS,
    "24 h, business time, waiting pauses": {**THREE_SHIFTS, "pause_on": True},
    "24 h, business time, waiting pauses, reopening restarts": {
        **THREE_SHIFTS, "pause_on": True, "reopen": "restart",
    },
}  # fmt: skip
HEAD: Final = """# SLA clocks over two real logs

Written by one command; the same logs give the same file.

```console
$ python examples/sla_replay.py bpic2013_incidents.csv.gz italian_helpdesk.csv.gz \\
    --out examples/sla_results.md
```

Each target is a `resolution`, judged to the last instant of its log. Business time is 08:00 to
12:00 and 13:00 to 17:00 from Monday to Friday, without public holidays. Open instances are neither
breached nor ended. The digest is the SHA-256 over a line `case n breached_at` for each breach, the
instant in microseconds since 1970 UTC, in the order of the cases' names.
"""


def read(path: Path) -> tuple[Source, dict[str, list[Row]]]:
    """Return which log a file is, and its rows by case, in the order of time, then of the file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns = reader.fieldnames or ()
        source = next((one for one in SOURCES if one.column in columns), None)
        if source is None:
            raise SystemExit(f"{path.name} is none of the logs this example knows")
        cases: dict[str, list[Row]] = {}
        for row in reader:
            cases.setdefault(row["case"], []).append(row)
    return source, {
        case: sorted(rows, key=lambda row: int(row["ts"])) for case, rows in cases.items()
    }


def facts(source: Source, rows: Sequence[Row]) -> list[Noted]:
    """Return a case as a clock reads it: the first row creates it, the others change its status."""
    found: list[Noted] = []
    for n, row in enumerate(rows, start=1):
        at, status = int(row["ts"]) * SECOND_US, source.status(row)
        fact = Created(status) if n == 1 else StatusChanged(status)
        found.append(Noted(fact, at, at, n))
    return found


def clocked(
    source: Source, cases: Mapping[str, Sequence[Noted]], keys: Mapping[str, Any]
) -> Iterator[tuple[str, Timer]]:
    """Yield every timer instance of every case at the end of the log."""
    pauses = source.waits if keys.get("pause_on") else ()
    target = {"name": "resolution", **keys, "pause_on": pauses, "resolved": source.resolved}
    policy = {"name": "replay", "family": "replay", "targets": [target]}
    policies, calendars = [PolicyVersion.of({"policy": [policy]})], [source.calendar]
    book = Book.of(policies, calendars)
    end_us = max(held[-1].occurred_us for held in cases.values())
    for case in sorted(cases):
        history = History(case, cases[case], policies, calendars, book)
        for timer in history.timers(end_us):
            yield case, timer


@attrs.frozen
class Totals:
    """What all instances of one target come to."""

    instances: int
    verdicts: Mapping[str, int]
    elapsed_s: int
    digest: str


def totals(timers: Iterator[tuple[str, Timer]]) -> Totals:
    """Sum up the instances; the digest says of each breach which case, instance and instant."""
    verdicts, elapsed_us, instances = Counter[str](), 0, 0
    digest = hashlib.sha256()
    for case, timer in timers:
        instances += 1
        elapsed_us += timer.elapsed_us
        ended = timer.status in {"met", "breached", "cancelled"}
        verdicts[timer.status if ended else "open"] += 1
        if timer.breached_at is not None:
            digest.update(f"{case} {timer.n} {to_us(timer.breached_at)}\n".encode())
    return Totals(instances, verdicts, elapsed_us // SECOND_US, digest.hexdigest())


def lines(path: Path) -> Iterator[str]:
    """Yield the section of one log."""
    source, rows = read(path)
    cases = {case: facts(source, held) for case, held in rows.items()}
    count = sum(len(held) for held in cases.values())
    yield f"\n## {source.title}\n"
    yield f"{len(cases)} cases, {count} rows; zone {source.zone}.\n"
    yield "| target | instances | met | breached | open | elapsed, hours | digest of the breaches |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | --- |"
    for name, keys in TARGETS.items():
        found = totals(clocked(source, cases, keys))
        met, breached, still = (found.verdicts[one] for one in ("met", "breached", "open"))
        hours = found.elapsed_s // 3600
        yield (
            f"| {name} | {found.instances} | {met} | {breached} | {still} | {hours} "
            f"| `{found.digest}` |"
        )


def main(paths: Sequence[Path], out: Path | None) -> None:
    """Write the results file, or print it."""
    text = HEAD + "\n".join(line for path in paths for line in lines(path)) + "\n"
    if out is None:
        print(text, end="")
    else:
        out.write_text(text, "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--out", type=Path, metavar="FILE")
    given = parser.parse_args()
    main(given.files, given.out)
