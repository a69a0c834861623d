"""Many at once: processes on one file, threads in one process, a slow reader beside a writer."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgpack
from measuring import Figure
from ours import Cix, given
from workload import CATALOGUE, happenings, new_event

from cix.eventstore import open_store

PROCESSES = 8
THREADS = 32
SLOW = 50_000


def measured(folder: Path, *, quick: bool) -> Iterator[Figure]:
    """Yield the figures, on a real file system: *folder*."""
    yield from processes(folder / "processes.db", 2.0 if quick else 8.0)
    yield threads(folder / "threads.db", 20 if quick else 100)
    yield slow_reader(folder / "slow.db", SLOW // 10 if quick else SLOW)


def processes(file: Path, seconds: float) -> Iterator[Figure]:
    """Let eight processes append to one file as fast as each can."""
    url = f"sqlite:///{file}"
    Cix(url).close()
    command = [sys.executable, __file__, url, str(seconds)]
    running = [
        subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE) for n in range(PROCESSES)
    ]
    took: list[float] = []
    failed = 0
    for one in running:
        out, _ = one.communicate()
        failed += one.returncode != 0
        took += msgpack.unpackb(out) if one.returncode == 0 else []
    worst, middle = max(took, default=0.0), statistics.median(took or [0.0])
    yield Figure(
        f"{PROCESSES} processes on one SQLite file, FULL: worst append", "ms", worst * 1e3,
        worst * 1e3, "<=", 1_000,
        note=f"{len(took):,} appends in {seconds:g} s, p50 {middle * 1e3:.2f} ms",
    )  # fmt: skip
    yield Figure(
        f"{PROCESSES} processes on one SQLite file: appends refused", "processes", failed, failed,
        "<=", 0, note="such as 'database is locked'",
    )  # fmt: skip


def append_for(url: str, seconds: float, number: int) -> None:
    """Append until the time is over; write how long each call took."""
    store = open_store(url, CATALOGUE)
    took: list[float] = []
    until = time.monotonic() + seconds
    for one in happenings(10**9, seed=number, start=number * 10**9):
        began = time.monotonic()
        if began > until:
            break
        store.append([new_event(one)])
        took.append(time.monotonic() - began)
    store.close()
    sys.stdout.buffer.write(msgpack.packb(took))


def threads(file: Path, each: int) -> Figure:
    """Let 32 threads append through one store; a transaction is an fsync of the log file."""
    store = Cix(f"sqlite:///{file}")
    facts = list(happenings(THREADS * each))

    def work(number: int) -> None:
        for one in facts[number * each : (number + 1) * each]:
            store.append(new_event(one), one.customer, 10**9)

    workers = [threading.Thread(target=work, args=(n,)) for n in range(THREADS)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - began
    done = store.store.statistics
    store.close()
    share = done.transactions / done.appends
    return Figure(
        f"{THREADS} threads, FULL: fsyncs a commit", "", share, share, "<=", 0.25,
        note=f"{done.transactions:,} transactions for {done.appends:,} appends, "
        f"{done.appends / seconds:,.0f} appends/s",
    )  # fmt: skip


def slow_reader(file: Path, count: int) -> Figure:
    """Append beside a reader that dawdles over each page; watch the write-ahead log grow."""
    url = f"sqlite:///{file}"
    cix = Cix(url)
    for page in pages(list(happenings(20_000))):
        cix.store.load(given(page))
    over = threading.Event()

    def dawdle() -> None:
        while not over.is_set():
            for page in cix.store.pages(size=500):
                if over.wait(0.05) or not page:
                    return

    reader = threading.Thread(target=dawdle)
    reader.start()
    most, log = 0, f"{file}-wal"
    for n, one in enumerate(happenings(count, seed=9, start=10**6)):
        cix.store.append([new_event(one)])
        if n % 100 == 0:
            most = max(most, os.stat(log).st_size)
    over.set()
    reader.join()
    cix.close()
    megabytes = most / 2**20
    return Figure(
        f"slow catch-up reader beside {count:,} appends: largest WAL", "MB", megabytes, megabytes,
        "<=", 64,
    )  # fmt: skip


def pages(facts: list) -> Iterator[list]:  # type: ignore[type-arg]
    """Cut *facts* into pages."""
    for start in range(0, len(facts), 5_000):
        yield facts[start : start + 5_000]


if __name__ == "__main__":
    append_for(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
