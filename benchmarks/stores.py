"""cix against the raw driver and against the peer, on SQLite and on PostgreSQL, in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import attrs
from measuring import Figure, Times, in_turn, median_call, middle, ratio_of_blocks, timed
from ours import Cix, given
from peer import Peer
from raw import RawPostgres, RawSqlite
from workload import FACTS, a_customer_of, happenings, new_event

PAGE = 20_000
LOADED = 5_000
PEERS = {"SQLite": 20_000, "PostgreSQL": 5_000}
"""Facts that the peer's projection is run over: it takes one transaction each."""


@attrs.frozen
class Sides:
    """The three sides on one database system, each on an empty database of its own."""

    name: str
    cix: Cix
    raw: Any
    peer: Peer
    cpu: bool
    """Whether everything happens in this process, so that processor time tells all."""
    fresh: Callable[[], str]
    """Makes one more empty database; returns its URL."""
    bars: dict[str, float]


def on_sqlite(new: Callable[[], str]) -> Sides:
    """Open the sides on SQLite files."""
    bars = {"append": 5, "bulk": 0.7, "history": 2, "catch-up": 0.6, "runner": 4}
    ours, file, peers = new(), new(), new()
    cix = Cix(ours)
    Cix(file).close()
    return Sides("SQLite", cix, RawSqlite(path(file)), Peer.sqlite(path(peers)), True, new, bars)  # noqa: FBT003  # named in the class


def on_postgres(new: Callable[[], str]) -> Sides:
    """Open the sides on databases of one PostgreSQL server."""
    bars = {"append": 4, "bulk": 0.7, "history": 2, "catch-up": 0.6, "runner": 6}
    ours, plain, peers = new(), new(), new()
    cix = Cix(ours)
    Cix(plain).close()
    return Sides("PostgreSQL", cix, RawPostgres(plain), Peer.postgres(peers), False, new, bars)  # noqa: FBT003  # named in the class


def path(url: str) -> str:
    """Return the file of a SQLite URL."""
    return url.removeprefix("sqlite:///")


def measured(sides: Sides, *, quick: bool) -> Iterator[Figure]:
    """Yield the figures of one database system."""
    facts = list(happenings(FACTS // 4 if quick else FACTS))
    yield bulk(sides, facts)
    yield history(sides, facts)
    yield append(sides, quick=quick)
    yield from catch_up(sides, rounds=3 if quick else 7)
    for side in (sides.cix, sides.raw, sides.peer):
        side.close()


def bulk(sides: Sides, facts: list[Any]) -> Figure:
    """Load the workload in pages, each side its page in turn."""
    times = Times()
    for start in range(0, len(facts), LOADED):
        page = facts[start : start + LOADED]
        events, theirs = given(page), [sides.peer.event(one) for one in page]
        runs = {
            "raw": lambda page=page: sides.raw.load(page),
            "cix": lambda events=events: sides.cix.store.load(events),
            "peer": lambda theirs=theirs: sides.peer.load(theirs),
        }
        for name in runs:
            with timed(times, name):
                runs[name]()
    speed = {name: LOADED / times.median(name) for name in times.wall}
    return Figure(
        f"bulk load with tags, {sides.name}", "facts/s", speed["cix"],
        times.ratio("raw", "cix", cpu=sides.cpu), ">=", sides.bars["bulk"],
        speed["raw"], speed["peer"],
        f"pages of {LOADED:,}; cix/raw wall {times.ratio('raw', 'cix', cpu=False):.2f}",
    )  # fmt: skip


def history(sides: Sides, facts: list[Any]) -> Figure:
    """Load one customer's facts, decode and fold them."""
    who = a_customer_of(40, facts)
    raw, cix, peer = sides.raw.history(who), sides.cix.history(who), sides.peer.history(who)
    if not raw == cix == peer:
        raise SystemExit(f"the sides disagree: {raw}, {cix}, {peer}")
    found = median_call(
        15, 60,
        {
            "raw": lambda _: sides.raw.history(who),
            "cix": lambda _: sides.cix.history(who),
            "peer": lambda _: sides.peer.history(who),
        },
    )  # fmt: skip
    return Figure(
        f"load + decode + fold 40 facts, {sides.name}", "us", us(found, "cix"),
        ratio_of_blocks(found, "cix", "raw"), "<=", sides.bars["history"],
        us(found, "raw"), us(found, "peer"),
    )  # fmt: skip


def append(sides: Sides, *, quick: bool) -> Figure:
    """Append one fact at a time if nothing of its customer came since the head was read."""
    blocks, calls = (5, 100) if quick else (15, 200)
    more = list(happenings(3 * blocks * calls + 10, seed=7, start=10**7))
    events, theirs = [new_event(one) for one in more], [sides.peer.event(one) for one in more]
    after = sides.cix.store.head().position
    done = count(1)
    found = median_call(
        blocks, calls,
        {
            "raw": lambda n: sides.raw.append(more[n], after + n),
            "cix": lambda n: sides.cix.append(events[n], more[n].customer, after + n),
            "peer": lambda _: sides.peer.append(theirs[next(done)]),
        },
    )  # fmt: skip
    return Figure(
        f"conditional append, p50, {sides.name}", "us", us(found, "cix"),
        ratio_of_blocks(found, "cix", "raw"), "<=", sides.bars["append"],
        us(found, "raw"), us(found, "peer"),
    )  # fmt: skip


def catch_up(sides: Sides, rounds: int) -> Iterator[Figure]:
    """Fill a persisted per-customer counter from nothing, exactly once, in batches."""
    numbers = count(1)
    size = sides.cix.store.head().position
    peer = sides.peer.__class__.sqlite(path(sides.fresh())) if sides.cpu else (
        sides.peer.__class__.postgres(sides.fresh())
    )  # fmt: skip
    few = list(happenings(PEERS[sides.name]))
    for start in range(0, len(few), LOADED):
        peer.load([peer.event(one) for one in few[start : start + LOADED]])
    times = in_turn(
        rounds,
        {
            "raw": lambda: sides.raw.catch_up(PAGE),
            "bare": lambda: sides.raw.catch_up(PAGE, objects=False),
            "cix": lambda: sides.cix.catch_up(f"counter{next(numbers)}", PAGE),
        },
        before=sides.raw.begin_counter,
    )
    with timed(times, "peer"):
        peer.catch_up()
    peer.close()
    raw, cix = size / times.median("raw"), size / times.median("cix")
    theirs = len(few) / times.median("peer")
    bare = times.ratio("bare", "cix", cpu=sides.cpu)
    yield Figure(
        f"catch-up of a persisted counter, {sides.name}", "facts/s", cix,
        times.ratio("raw", "cix", cpu=sides.cpu), ">=", sides.bars["catch-up"], raw, theirs,
        f"raw: one transaction for {PAGE:,} facts, cix: for as many as change {PAGE:,} rows at "
        f"most; raw builds the fact objects, as cix does; against a loop that only unpacks the bytes: {bare:.2f}",
    )  # fmt: skip
    yield Figure(
        f"the same against the peer's projection runner, {sides.name}", "times", cix / theirs,
        cix / theirs, ">=", sides.bars["runner"],
        note=f"the peer ran over {len(few):,} facts: one transaction each"
        + ("; it has no subscriptions on SQLite, so its loop was fed from its recorder"
           if sides.cpu else ""),
    )  # fmt: skip


def us(found: dict[str, list[float]], side: str) -> float:
    """Return the middle of a side in microseconds."""
    return (middle(found, side) or 0.0) * 1e6
