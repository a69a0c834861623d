"""Every benchmark in one run, and what it showed as Markdown.

    python -m benchmarks [name ...] [--quick] [--out benchmarks/RESULTS.md]

Names: sqlite postgresql large contention writers starting, and those of the scripts beside that
print JSON lines: calendar sla loyalty. Databases stand in memory-backed files where there are
any (else the disk would be measured), but for what is about the disk.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "tests" / "house"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

import contention  # noqa: E402
import large  # noqa: E402
import postgres_writers  # noqa: E402
import starting  # noqa: E402
import stores  # noqa: E402
from measuring import Figure, rounded  # noqa: E402

STORES = ("sqlite", "postgresql", "large", "contention", "writers", "starting")
SCRIPTS = ("calendar", "sla", "loyalty")
SETTINGS = "max_connections = 200\nshared_buffers = 256MB\ntimezone = 'UTC'\n"
MEMORY = Path("/dev/shm")


class Place:
    """Where the databases of a run stand."""

    def __init__(self, stack: ExitStack) -> None:
        """Make folders that go with the run."""
        self.numbers = count(1)
        self.memory = self._folder(stack, str(MEMORY) if MEMORY.is_dir() else None)
        self.disk = self._folder(stack, None)
        self.server: Any = None

    def _folder(self, stack: ExitStack, where: str | None) -> Path:
        made = Path(tempfile.mkdtemp(prefix="cix-", dir=where))
        stack.callback(shutil.rmtree, made, ignore_errors=True)
        return made

    def _server_folder(self) -> Path:
        made = self.memory / "pg"
        made.mkdir()
        made.chmod(0o755)
        self.memory.chmod(0o755)  # the server runs as another user
        return made / "data"

    def sqlite(self) -> str:
        """Return the URL of a file that is not there yet."""
        return f"sqlite:///{self.memory}/{next(self.numbers)}.db"

    def postgresql(self) -> str:
        """Return the URL of an empty database, on a server of our own with durable settings."""
        import postgres  # noqa: PLC0415  # only where it is asked for

        if self.server is None:
            dsn = os.environ.get(postgres.CHOSEN) or postgres.start(
                self._server_folder(), owner=os.getpid(), settings=SETTINGS
            )
            self.server = postgres.Databases(dsn, f"bench_{os.getpid()}")
        return str(self.server.create())


def measured(name: str, place: Place, *, quick: bool) -> Iterator[Figure]:
    """Yield the figures of one group."""
    if name == "sqlite":
        yield from stores.measured(stores.on_sqlite(place.sqlite), quick=quick)
    elif name == "postgresql":
        yield from stores.measured(stores.on_postgres(place.postgresql), quick=quick)
    elif name == "large":
        yield from large.measured(place.sqlite(), quick=quick)
    elif name == "contention":
        yield from contention.measured(place.disk, quick=quick)
    elif name == "writers":
        yield from postgres_writers.measured(place.postgresql(), quick=quick)
    elif name == "starting":
        yield from starting.measured(place.sqlite(), quick=quick)
    else:
        yield from told(HERE / f"{name}_bench.py")


def told(script: Path) -> Iterator[Figure]:
    """Yield what a script tells in JSON lines; nothing where there is no such script."""
    if not script.exists():
        return
    out = subprocess.run(
        [sys.executable, str(script)], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    for line in out.splitlines():
        if line.startswith("{"):
            one = json.loads(line)
            yield Figure(one["name"], one["unit"], one["value"], one["value"], *barred(one["bar"]))


def barred(bar: float | str | None) -> tuple[str, float | None]:
    """Read a bar: a number is the most it may be, ``>= 250000`` and the like say it."""
    if isinstance(bar, str):
        found = re.match(r"(<=|>=)\s*([0-9_.,]+)", bar)
        return (found[1], float(re.sub("[_,]", "", found[2]))) if found else ("<=", None)
    return "<=", bar


# -- the page ----------------------------------------------------------------------
def machine() -> list[str]:
    """Return what must be known of the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    packages = ", ".join(
        f"{name} {version(name)}"
        for name in ("eventsourcing", "SQLAlchemy", "psycopg", "msgpack", "attrs")
    )
    return [
        f"- {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, "
        f"{memory:.0f} GB; load over 1, 5, 15 minutes at the end: {load}",
        f"- {platform.python_implementation()} {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {packages}",
        "- databases on " + ("a RAM disk" if MEMORY.is_dir() else "the disk")
        + ", `contention` on the disk; SQLite WAL with synchronous=FULL, PostgreSQL with "
        "fsync and synchronous_commit on",
    ]  # fmt: skip


def page(groups: Sequence[tuple[str, list[Figure]]], *, quick: bool, seconds: float) -> str:
    """Return the results as Markdown."""
    lines = [
        "# What the benchmarks showed",
        "",
        "Written by `python3 dev.py bench`" + (", the quick run" if quick else "")
        + f", in {seconds / 60:.0f} minutes.",
        "",
        *machine(),
        "",
        "*raw* is plain sqlite3 or psycopg doing the same rows and the same condition, *peer* is "
        "eventsourcing. All sides run in turn, round by round; *ratio* is the median of the rounds' "
        "own ratios, of processor time where everything happens in one process. The workload: "
        "20,000 customers of skewed activity, 200,000 facts, seeded.",
    ]  # fmt: skip
    for name, figures in groups:
        if not figures:
            continue
        lines += [
            "", f"## {name}", "",
            "| what | unit | cix | raw | peer | judged | bar | holds |",
            "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |",
            *map(row, figures),
        ]  # fmt: skip
        notes = [f"- {one.what}: {one.note}" for one in figures if one.note]
        lines += ["", *notes] if notes else []
    failed = [one.what for _, figures in groups for one in figures if one.holds is False]
    lines += ["", "## Bars that do not hold", ""]
    lines += [f"- {one}" for one in failed] or ["None."]
    return "\n".join(lines) + "\n"


def row(one: Figure) -> str:
    """Return one row of the table."""
    bar = "" if one.bar is None else f"{one.sense} {rounded(one.bar)}"
    verdict = {True: "yes", False: "**no**", None: ""}[one.holds]
    judged = "" if one.bar is None else rounded(one.judged)
    cells = (
        one.what, one.unit, rounded(one.cix), rounded(one.raw), rounded(one.peer), judged, bar,
        verdict,
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def main() -> int:
    """Run what is asked for, print each figure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join((*STORES, *SCRIPTS)))
    parser.add_argument("--quick", action="store_true", help="smaller sizes, fewer rounds")
    parser.add_argument("--out", type=Path, help="file to write (all groups: RESULTS.md)")
    given = parser.parse_args()
    names = given.names or [*STORES, *SCRIPTS]
    if unknown := sorted({*names} - {*STORES, *SCRIPTS}):
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    out = given.out or (HERE / "RESULTS.md" if not given.names and not given.quick else None)
    began = time.monotonic()
    groups: list[tuple[str, list[Figure]]] = []
    with ExitStack() as stack:
        place = Place(stack)
        for name in names:
            groups.append((name, []))
            for one in measured(name, place, quick=given.quick):
                groups[-1][1].append(one)
                print(row(one), flush=True)
    if out is not None:
        out.write_text(page(groups, quick=given.quick, seconds=time.monotonic() - began), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
