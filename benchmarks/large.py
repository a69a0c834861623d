"""A million facts: the rebuild of ``customer360`` and the reads by a hot tag."""

from __future__ import annotations

import random
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgpack
from measuring import Figure, in_turn, median_call, middle, ratio_of_blocks
from workload import CHANNELS, SEED, skewed

import cix
from cix.domain import ticket
from cix.domain.catalogue import CATALOGUE
from cix.domain.contact import ContactReceived, ContactSent
from cix.domain.customer import AttributeSet, PreferenceSet
from cix.engine import Engine
from cix.engine.processes import fitting
from cix.eventstore import open_store
from cix.eventstore.base import LoadedEvent
from cix.projections import customer360
from cix.records import Metadata, NewEvent, Query

FACTS = 1_000_000
PAGE = 5_000
START = datetime(2023, 1, 1, tzinfo=UTC)
BY = Metadata("bench", loaded=True)
LEVEL = {"new": "open", "open": "pending", "pending": "open"}


def history(count: int) -> Iterator[LoadedEvent]:
    """Yield a history of the standard rooms: contacts, tickets, profiles."""
    dice, tickets = random.Random(SEED), dict[str, list[str]]()
    for n in range(count):
        record = f"r-{skewed(dice):05}"
        chance = dice.random()
        at = START + timedelta(seconds=11 * n)
        key, fact = happened(dice, chance, n, record, tickets)
        kind = CATALOGUE_KINDS[type(fact)]
        marks = CATALOGUE.entry(type(fact)).tags_of(fact)
        tags = tuple(dict.fromkeys((f"{kind}:{key}", f"record:{record}", *marks)))
        if kind == "contact":
            tags = (*tags, f"channel:{fact.channel}")
        event = NewEvent(fact, (*tags, f"id:h-{n}"), at, new_uuid(n), BY)
        yield LoadedEvent(event, at)


CATALOGUE_KINDS: dict[type, str] = {
    ContactReceived: "contact",
    ContactSent: "contact",
    AttributeSet: "customer",
    PreferenceSet: "customer",
    ticket.TicketOpened: "ticket",
    ticket.TicketStatusChanged: "ticket",
    ticket.TicketResolved: "ticket",
    ticket.TicketReplied: "ticket",
}


def new_uuid(n: int) -> Any:
    """Return the id of the fact with that number."""
    from uuid import UUID  # noqa: PLC0415  # used here only

    return UUID(int=n + 1)


def happened(
    dice: random.Random, chance: float, n: int, record: str, tickets: dict[str, list[str]]
) -> tuple[str, Any]:
    """Draw what happened to a customer, and whose fact it is."""
    open_ = tickets.setdefault(record, [])
    if chance < 0.45 or (0.68 <= chance < 0.92 and not open_):
        channel: Any = dice.choice(CHANNELS[:4])
        return f"k-{n}", ContactReceived(record, channel, vendor="mail", content_type="text")
    if chance < 0.60:
        channel = dice.choice(CHANNELS[:4])
        return f"k-{n}", ContactSent(record, channel, agent=f"a-{n % 50}")
    if chance < 0.68:
        open_.append(f"t-{n}")
        return f"t-{n}", ticket.TicketOpened(record, "email", topic="parcel")
    if chance < 0.76:
        return open_[0], ticket.TicketReplied("agent", agent="a-1", level=1)
    if chance < 0.84:
        return open_[0], ticket.TicketStatusChanged("working", "open", agent="a-2")
    if chance < 0.92:
        return open_.pop(0), ticket.TicketResolved("a-1", "replaced")
    if chance < 0.96:
        return record, AttributeSet(dice.choice(("city", "name")), "shop", f"value {n}")
    return record, PreferenceSet("language", dice.choice(("zh", "en")), "shop")


def fill(url: str, count: int) -> None:
    """Load the history."""
    store = open_store(url, CATALOGUE)
    page: list[LoadedEvent] = []
    for one in history(count):
        page.append(one)
        if len(page) == 20_000:
            store.load(page)
            page = []
    if page:
        store.load(page)
    store.close()


def engine_on(url: str) -> Engine:
    """Open an engine with ``customer360`` as its one view."""
    return cix.open(url, projections=(customer360,), reactions={}, views="worker")


class Bare:
    """The bare loop: the same columns of the same rows, msgpack, the fact objects."""

    def __init__(self, path: str) -> None:
        """Prepare how each class is made of its values."""
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA cache_size = -8000")
        self.words = customer360.words
        marks = ", ".join("?" * len(self.words))
        self.select = (
            "SELECT position, id, type, version, occurred_at, recorded_at, tags, data, meta "
            f"FROM event WHERE log = 1 AND position > ? AND type IN ({marks}) "
            "ORDER BY position LIMIT ?"
        )
        self.made = {
            one.word.name: (one.cls, [(c, [f.default for f in fields]) for c, fields in one.boxes])
            for one in CATALOGUE.current()
        }

    def run(self) -> int:
        """Make every fact that the view takes; return how many there were."""
        after, count, execute, unpack = 0, 0, self.db.execute, msgpack.unpackb
        while found := execute(self.select, (after, *self.words, PAGE)).fetchall():
            boxes: dict[int, dict[str, bytes]] = {}
            span = (found[0][0], found[-1][0])
            for position, category, content in execute(
                "SELECT position, category, bytes FROM box "
                "WHERE log = 1 AND position BETWEEN ? AND ?", span,
            ):  # fmt: skip
                boxes.setdefault(position, {})[category] = content
            for row in found:
                cls, parts = self.made[row[2]]
                values = unpack(row[7])
                if parts and row[0] in boxes:
                    own = boxes[row[0]]
                    for category, defaults in parts:
                        content = own.get(category)
                        values += unpack(content[1:]) if content else defaults
                cls(*values)
            count += len(found)
            after = found[-1][0]
        return count

    def close(self) -> None:
        """Give the connection back."""
        self.db.close()


def measured(url: str, *, quick: bool) -> Iterator[Figure]:
    """Yield the figures of a large SQLite file."""
    count = FACTS // 10 if quick else FACTS
    fill(url, count)
    yield from rebuild(url, count)
    yield memory(url, count)
    yield hot_tag(url, count)


def rebuild(url: str, count: int) -> Iterator[Figure]:
    """Rebuild ``customer360`` beside its live rows, as it is by default and in one process."""
    bare = Bare(url.removeprefix("sqlite:///"))
    with engine_on(url) as engine:
        engine.work()
        seen: list[int] = []
        times = in_turn(
            3,
            {
                "bare": lambda: seen.append(bare.run()),
                "cix": lambda: engine.rebuild(customer360),
                "alone": lambda: engine.rebuild(customer360, workers=1),
            },
        )
    bare.close()
    taken = seen[0]
    yield Figure(
        f"rebuild of customer360 over {count:,} facts", "facts/s", count / times.median("cix"),
        times.ratio("bare", "cix", cpu=False), ">=", 0.5, count / times.median("bare"), None,
        f"raw: the bare loop, which selects the same columns of the {taken:,} rows the view takes, "
        f"decodes them and builds the facts; by the wall clock: {fitting()} processes build, the "
        "loop is one",
    )  # fmt: skip

    yield Figure(
        "the same in one process", "facts/s", count / times.median("alone"),
        times.ratio("bare", "alone", cpu=True), raw=count / times.median("bare"),
        note=f"{times.ratio('bare', 'alone', cpu=True):.2f} of the bare loop by the processor's time",
    )  # fmt: skip


def memory(url: str, count: int) -> Figure:
    """Rebuild in a process of its own: over everything, and over a tenth of the history."""
    few = count // 10
    small = url.replace(".db", "-small.db")
    fill(small, few)
    with engine_on(small) as engine:
        engine.work()  # a rebuild goes as far as the live rows
    least, most = peak_of_rebuild(small), peak_of_rebuild(url)
    return Figure(
        f"peak memory of a rebuild over {count:,} facts", "MB", most, most / least, "<=", 1.5,
        note=f"of the largest process; judged: times the {least:.0f} MB of {few:,} facts "
        "of as many customers",
    )  # fmt: skip


def peak_of_rebuild(url: str) -> float:
    """Return the most memory in MB that a process held which rebuilt the view."""
    out = subprocess.run([sys.executable, __file__, url], check=True, stdout=subprocess.PIPE)
    return float(out.stdout)


def hot_tag(url: str, count: int) -> Figure:
    """Read by a customer's tag, and by a hot tag and the customer's, in both orders."""
    store = open_store(url, CATALOGUE)
    who, hot = f"record:r-{skewed(random.Random(3)):05}", "channel:sms"
    one, two, three = Query.tagged(who), Query.tagged(hot, who), Query.tagged(who, hot)
    found = median_call(
        9, 30,
        {
            "one": lambda _: store.read(one),
            "hot first": lambda _: store.read(two),
            "hot last": lambda _: store.read(three),
        },
    )  # fmt: skip
    worst = max(("hot first", "hot last"), key=lambda side: middle(found, side) or 0.0)
    size, hits = len(store.read(one)), len(store.read(two))
    store.close()
    return Figure(
        f"hot tag and customer's tag among {count:,} facts", "us", (middle(found, worst) or 0) * 1e6,
        ratio_of_blocks(found, worst, "one"), "<=", 20, (middle(found, "one") or 0) * 1e6, None,
        f"raw: the customer's tag alone ({size} facts, {hits} of them with the hot tag); "
        "the slower of both orders",
    )  # fmt: skip


if __name__ == "__main__":
    with engine_on(sys.argv[1]) as rebuilding:
        rebuilding.rebuild(customer360)
    most = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(most / 1024)
