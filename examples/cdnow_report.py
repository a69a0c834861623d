"""Run a programme over the CDNOW purchases and write what came of it to a Markdown file.

    python examples/cdnow_report.py cdnow_sample.csv.gz [--out report.md] [--db memory://]

One command: every purchase is decided as in ``cdnow.py``; then the members' cards, what their
points are worth by month, and what a second programme would have made of the same history.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import cix
from cdnow import PROGRAMME, Purchase, purchases, sell
from cix.analysis import loyalty as analyst
from cix.domain import loyalty
from cix.projections import membership

SHOWN: Final = 10
"""So many members are shown by name, those with the most points first."""

SECOND: Final[Mapping[str, Any]] = {
    **PROGRAMME,
    "earn_rate": "2/100",  # twice the points, which last half as long, and higher bars
    "expiry": {"kind": "months", "n": 6, "round_to": "month"},
    "tiers": [
        {"name": "listener", "name_zh": "听众", "at": 0},
        {"name": "collector", "name_zh": "藏家", "at": 150},
        {"name": "maestro", "name_zh": "大师", "at": 600, "multiplier": "5/4"},
    ],
}


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    names = tuple(head)
    yield f"| {' | '.join(names)} |"
    yield f"|{' --- |' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(str(cell) for cell in row)} |"
    yield ""


def report(engine: cix.Engine, bought: list[Purchase]) -> Iterator[str]:
    """Yield the lines of the report, as of the last purchase's day and half-way."""
    end, middle = bought[-1].day, bought[len(bought) // 2].day
    yield f"# A loyalty programme over {len(bought)} purchases\n"
    yield from members(engine, end)
    yield from worth(engine, middle)
    yield from worth(engine, end)
    yield from second(engine, end)


def members(engine: cix.Engine, at: datetime) -> Iterator[str]:
    """Tell of tiers, and of the members with the most points."""
    cards = engine.find(membership, as_of=at, order_by=["-balance", "account"])
    tiers = Counter((card.position, card.tier) for card in cards)
    yield f"## Members as of {at:%Y-%m-%d}\n"
    points = [(tier, n, _sum(cards, tier)) for (_, tier), n in sorted(tiers.items())]
    yield from table(("tier", "members", "points"), points)
    rows = (
        (c.account, c.balance, c.expiring_soon, c.expired, c.growth, c.tier, c.tier_until or "")
        for c in cards[:SHOWN]
    )
    head = ("account", "balance", "expiring in 30 days", "expired", "growth", "tier", "until")
    yield from table(head, rows)


def _sum(cards: Iterable[Any], tier: str) -> int:
    return sum(card.balance for card in cards if card.tier == tier)


def worth(engine: cix.Engine, at: datetime) -> Iterator[str]:
    """Tell what points are outstanding, by the month of their last day."""
    found = analyst.liability(engine, as_of=at)
    yield f"## Outstanding as of {at:%Y-%m-%d}: {found.points} points\n"
    rows = ((one.month, one.points, one.worth) for one in found.months)
    yield from table(("month", "points", "worth in cents"), rows)


def second(engine: cix.Engine, at: datetime) -> Iterator[str]:
    """Tell what the second programme would have made of the same purchases."""
    found = analyst.whatif(engine, loyalty.read(SECOND), as_of=at)
    moved = [one for one in found.members if one.points_moved or one.tier_before != one.tier_after]
    yield "## Under the second programme\n"
    yield f"{len(moved)} of {len(found.members)} members would have other points or another tier.\n"
    yield from table(
        ("tier before", "tier after", "members"),
        ((one.before, one.after, one.members) for one in found.matrix),
    )
    sides = (("before", found.liability_before), ("after", found.liability_after))
    yield from table(
        ("", "points outstanding", "worth in cents"),
        ((name, one.points, one.money) for name, one in sides),
    )
    yield f"Commands it would refuse: {sum(found.refused.values())}."


def main(path: Path, url: str, out: Path) -> None:
    """Take the purchases of *path*, and write the report."""
    bought = purchases(path)
    if not bought:
        print("there are no purchases to report on")
        return
    with cix.open(url, views="worker") as engine:
        new, known = sell(engine, bought)
        engine.work()
        out.write_text("\n".join(report(engine, bought)), "utf-8")
    print(f"{new} purchases decided, {known} known already; {out} written")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--db", default="memory://", metavar="URL")
    parser.add_argument("--out", type=Path, default=Path("cdnow_report.md"))
    given = parser.parse_args()
    main(given.file, given.db, given.out)
