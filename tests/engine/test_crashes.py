"""A process that is killed loses nothing it acknowledged and leaves nothing half done."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import cix
from engine import sample
from engine.conftest import START, host

KILLS = int(os.environ.get("CIX_KILLS", "12"))
CHILD = """
import sys
sys.path.insert(0, {tests!r})
from engine import sample
from engine.conftest import host, START
from cix.domain import identity
import cix
url, work, page = sys.argv[1], sys.argv[2], int(sys.argv[3])
engine = host(url, page=page, views="inline" if work == "do" else "worker")
print("ready", flush=True)
n = engine.core.store.head().position
while True:
    if work == "do":
        n += 1
        engine.by("child", id=f"w-{{n}}").do(sample.write, f"n-{{n % 9}}", record="r-1", words=n)
        print(n, flush=True)
    elif work == "catch-up":
        engine.work()
        print("worked", flush=True)
        break
    else:
        engine.work()
        for name in ("desk", "folder", "journal"):
            engine.rebuild(name)
        print("worked", flush=True)
        break
"""


def killed(url: str, work: str, after: float, page: int = 3) -> list[int]:
    """Run a child, kill it *after* some milliseconds of work; return what it acknowledged."""
    code = CHILD.format(tests=str(Path(__file__).parent.parent))
    child = subprocess.Popen(
        [sys.executable, "-c", code, url, work, str(page)],
        stdout=subprocess.PIPE,
        text=True,
    )
    if child.stdout is None:
        pytest.fail("the child has no output")
    assert child.stdout.readline().strip() == "ready"
    select.select([], [], [], after / 1000)
    child.send_signal(signal.SIGKILL)
    out, _ = child.communicate()
    return [int(line) for line in out.split() if line.isdigit()]


def consistent(engine: cix.Engine) -> None:
    """Assert that the live rows are those of a rebuild."""
    live = {name: engine.digest(name) for name in ("desk", "folder", "journal", "passes")}
    for name in live:
        engine.rebuild(name)
    assert {name: engine.digest(name) for name in live} == live


def test_kills_while_deciding_lose_nothing_that_was_acknowledged(sqlite_url: str) -> None:
    draw = random.Random(1)  # noqa: S311  # instants of kills
    acknowledged: set[int] = set()
    for _ in range(KILLS):
        acknowledged.update(killed(sqlite_url, "do", draw.uniform(0, 40)))
        with host(sqlite_url) as engine:
            records = engine.core.store.read()
            assert [record.position for record in records] == list(range(1, len(records) + 1))
            written = {record.fact.words for record in records}
            assert acknowledged <= written
            engine.work()
    assert acknowledged
    with host(sqlite_url) as engine:
        consistent(engine)


@pytest.mark.parametrize("work", ["catch-up", "rebuild"])
def test_kills_while_rows_are_written_leave_them_true(sqlite_url: str, work: str) -> None:
    draw = random.Random(2)  # noqa: S311  # instants of kills
    with host(sqlite_url, views="worker") as engine:
        engine.load(
            cix.SourceFact(
                sample.NoteWritten(f"r-{n % 5}", n), f"n-{n % 9}", START, START, f"row-{n}"
            )
            for n in range(600)
        )
    for _ in range(KILLS):
        killed(sqlite_url, work, draw.uniform(0, 60), page=2)
    with host(sqlite_url) as engine:
        engine.work()
        assert {state.position for state in engine.projections().values()} == {600}
        consistent(engine)
