"""PostgreSQL under many writers: nothing skipped, nothing doubled, seen at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psycopg
from measuring import Figure
from workload import CATALOGUE, happenings, new_event

from cix.errors import ConflictError
from cix.eventstore import open_store
from cix.records import AppendCondition, Query

WRITERS = 8


def measured(url: str, *, quick: bool) -> Iterator[Figure]:
    """Yield the figures on an empty database."""
    each = 50 if quick else 500
    stores = [open_store(url, CATALOGUE) for _ in range(WRITERS)]
    tail = open_store(url, CATALOGUE)
    other = psycopg.connect(url.replace("+psycopg", ""))
    other.execute("CREATE TABLE unrelated (n int)")
    other.commit()
    other.execute("INSERT INTO unrelated VALUES (1)")  # stays open while the others write
    seen: list[int] = []
    late: list[float] = []
    over = threading.Event()

    def follow() -> None:
        at = 0
        while not over.is_set() or at < tail.head().position:
            tail.wait(at, 0.2)
            for record in tail.read(after=at):
                seen.append(record.position)
                late.append(time.time() - record.recorded_us / 1e6)
                at = record.position

    reader = threading.Thread(target=follow)
    reader.start()
    workers = [
        threading.Thread(target=write, args=(store, n, each)) for n, store in enumerate(stores)
    ]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - began
    over.set()
    reader.join()
    other.rollback()
    other.close()
    head = tail.head().position
    for store in (*stores, tail):
        store.close()
    wrong = sum(a != b for a, b in zip(seen, range(1, head + 1), strict=False))
    wrong += abs(len(seen) - head)
    yield Figure(
        f"{WRITERS} PostgreSQL writers and a tailing reader: skipped or doubled", "facts", wrong,
        wrong, "<=", 0,
        note=f"{head:,} facts, conditional and not, {head / seconds:,.0f}/s; "
        "sleeping and rolled-back transactions are in the tests",
    )  # fmt: skip
    worst = max(late, default=0.0)
    yield Figure(
        "an unrelated write transaction left open: until a fact is seen, worst", "ms",
        worst * 1e3, worst * 1e3, "<=", 1_000,
    )  # fmt: skip


def write(store: object, number: int, each: int) -> None:
    """Append with and without a condition; half of the conditions fail."""
    for n, one in enumerate(happenings(each, seed=number, start=number * 10**6)):
        condition = AppendCondition(Query.tagged(f"record:{one.customer}"), 0)
        try:
            store.append([new_event(one)], (condition,) if n % 2 else ())  # type: ignore[attr-defined]
        except ConflictError:
            continue
