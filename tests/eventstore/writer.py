"""Processes that write to a store, for tests that run several or kill one.

``python writer.py URL NAME COUNT SHAPE PROCESSES``: each process appends COUNT times (0: until
killed) and prints a line ``ack FIRST LAST`` for each append that was acknowledged, ``refused``
for each conflict, in the end ``worst`` and the longest append in seconds.

SHAPE: ``single`` events of a boundary of their own, ``batch`` of five, ``threads`` (eight that form
groups), ``race`` for boundaries that all writers share, ``load`` for pages of history.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import count as counting
from uuid import uuid4

from cix.errors import ConflictError
from cix.eventstore.base import EventStore, LoadedEvent
from cix.eventstore.opening import open_store
from cix.records import NewEvent, Query
from cix.testing.sample_log import CATALOGUE, FACTS, NOON, none_after

_PRINTING = threading.Lock()
WORST: deque[float] = deque(maxlen=100_000)


def new(*tags: str) -> NewEvent:
    """Return an event whose id no other process draws."""
    return NewEvent(FACTS[0], tags, NOON, uuid4())


def say(line: str) -> None:
    """Print a line at once, whole."""
    with _PRINTING:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def append(store: EventStore, boundary: str, events: list[NewEvent]) -> None:
    """Append under the condition that nobody used the boundary, and say what came of it."""
    started = time.monotonic()
    try:
        done = store.append(events, [none_after(Query.tagged(boundary))])
    except ConflictError:
        say(f"refused {boundary}")
    else:
        say(f"ack {done.first} {done.last}")
    WORST.append(time.monotonic() - started)


def single(store: EventStore, name: str, n: int) -> None:
    """Write one event of its own boundary."""
    append(store, f"id:{name}-{n}", [new(f"id:{name}-{n}", "all:x")])


def batch(store: EventStore, name: str, n: int) -> None:
    """Write five events at once."""
    append(store, f"id:{name}-{n}", [new(f"id:{name}-{n}", "all:x") for _ in range(5)])


def race(store: EventStore, name: str, n: int) -> None:
    """Write one event of a boundary that every writer wants."""
    append(store, f"race:{n}", [new(f"race:{n}", f"by:{name}")])


def load(store: EventStore, name: str, n: int) -> None:
    """Load a page of twenty events."""
    page = [LoadedEvent(new(f"id:{name}-{n}", "all:x"), NOON) for _ in range(20)]
    report = store.load(page)
    say(f"ack {report.last - 19} {report.last}")


SHAPES: dict[str, Callable[[EventStore, str, int], None]] = {
    "single": single,
    "batch": batch,
    "threads": batch,
    "race": race,
    "load": load,
}


def write(url: str, name: str, count: int, shape: str) -> None:
    """Open the store and write."""
    store = open_store(url, CATALOGUE, timeout=20)
    say("ready")
    numbers = iter(range(count)) if count else counting()

    def run() -> None:
        for n in numbers:
            SHAPES[shape](store, name, n)

    threads = [threading.Thread(target=run) for _ in range(8 if shape == "threads" else 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    say(f"worst {max(WORST, default=0):.3f}")


def main() -> None:
    """Write as the command line says, in several processes when it says so."""
    url, name, count, shape, processes = sys.argv[1:]
    children: list[int] = []
    for k in range(int(processes)):
        pid = os.fork()
        if pid == 0:
            write(url, f"{name}{k}", int(count), shape)
            os._exit(0)
        children.append(pid)
    sys.exit(max(os.waitpid(pid, 0)[1] for pid in children))


if __name__ == "__main__":
    main()
