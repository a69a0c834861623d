"""What somebody waits for: importing cix, the quick start, the command line, one decision."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from measuring import Figure

import cix
from cix.domain import contact, loyalty
from cix.projections import membership

ROOT = Path(__file__).resolve().parent.parent


def measured(url: str, *, quick: bool) -> Iterator[Figure]:
    """Yield the figures; *url* is an empty SQLite file."""
    rounds = 5 if quick else 15
    python = sys.executable
    nothing, _ = run([python, "-c", "pass"], rounds)
    importing, busy = run([python, "-c", "import cix"], rounds)
    yield Figure("import cix", "ms", importing, importing, note=f"{busy:.0f} ms of processor time, "
                 f"{nothing:.0f} ms of it Python's own start")  # fmt: skip
    opened, _ = run([python, "-c", "import cix; cix.open"], rounds)
    yield Figure("import cix and what an engine needs", "ms", opened, opened)
    began, busy = run([python, "examples/quickstart.py"], rounds)
    yield Figure(
        "quick start", "ms", began, began, "<=", 800, note=f"{busy:.0f} ms of processor time"
    )
    helped, busy = run([str(Path(python).with_name("cix")), "--help"], rounds)
    yield Figure(
        "cix --help", "ms", helped, helped, "<=", 200, note=f"{busy:.0f} ms of processor time"
    )
    yield from decisions(url, 200 if quick else 1_000)


def run(command: Sequence[str], rounds: int) -> tuple[float, float]:
    """Return the median wall and processor milliseconds of a command."""
    import resource  # noqa: PLC0415  # not on every system

    wall: list[float] = []
    busy: list[float] = []
    for _ in range(rounds + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)  # fmt: skip
        wall.append(time.perf_counter() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(wall[1:]) * 1e3, statistics.median(busy[1:]) * 1e3


def decisions(url: str, count: int) -> Iterator[Figure]:
    """Take decisions with all standard views inline."""
    with cix.open(url) as engine:
        who = [engine.record("phone", f"+861380000{n:04}") for n in range(50)]
        took: list[float] = []
        for n in range(count):
            began = time.perf_counter()
            engine.do(contact.receive, f"k-{n}", record=who[n % 50], channel="phone", text="late")
            took.append(time.perf_counter() - began)
        engine.do(loyalty.earn, "acc-1", points=129)
        asked: list[float] = []
        for _ in range(count):
            began = time.perf_counter()
            engine.get(membership, "acc-1")
            asked.append(time.perf_counter() - began)
    read = statistics.median(asked) * 1e6
    yield Figure("balance read from the view membership, p50", "us", read, read, "<=", 200)
    middle = statistics.median(took) * 1e3
    yield Figure("do() with all standard views inline, p50", "ms", middle, middle,
                 note=f"{count:,} contacts on SQLite, each a commit of the log and of the views")  # fmt: skip
