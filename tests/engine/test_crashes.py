"""A process that is killed loses nothing it acknowledged and leaves nothing half done."""

from __future__ import annotations

import os
import random
import select
import signal
from collections.abc import Callable
from typing import Any

import pytest

import cix
from cix.errors import StoreUnavailableError, ViewsBehindError
from engine import sample
from engine.conftest import START, Opener, host

KILLS = int(os.environ.get("CIX_KILLS", "20"))


def decide(engine: cix.Engine, say: Callable[[int], None]) -> None:
    """Write notes for ever, telling each that was acknowledged."""
    n = engine.core.store.head().position + 1_000  # the desk parks a note of 666 words
    while True:
        n += 1
        engine.by("child", id=f"w-{n}").do(sample.write, f"n-{n % 9}", record="r-1", words=n)
        say(n)


def catch_up(engine: cix.Engine, say: Callable[[int], None]) -> None:
    engine.work()


def rebuild(engine: cix.Engine, say: Callable[[int], None]) -> None:
    engine.work()
    for name in ("desk", "folder", "journal", "passes"):
        engine.rebuild(name)


def rebuild_in_shares(engine: cix.Engine, say: Callable[[int], None]) -> None:
    engine.work()
    for name in ("desk", "folder", "journal", "passes"):
        engine.rebuild(name, workers=2)


def killed(
    work: Callable[[cix.Engine, Callable[[int], None]], None],
    after: tuple[int, float],
    url: str,
    **options: Any,
) -> set[int]:
    """Do *work* in a child and kill it; return what it acknowledged.

    *after* is how many acknowledgements to wait for, and how many milliseconds from then.
    """
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with host(url, **options) as engine:
                os.write(theirs, b"0\n")
                work(engine, lambda n: os.write(theirs, f"{n}\n".encode()) and None)
        finally:
            os._exit(0)
    os.close(theirs)
    count, milliseconds = after
    said = b""
    while said.count(b"\n") <= count and (more := os.read(ours, 65_536)):
        said += more
    select.select([], [], [], milliseconds / 1000)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(ours, 65_536):
        said += more
    os.close(ours)
    return {int(line) for line in said.split()} - {0}


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
        after = (draw.randint(0, 9), draw.uniform(0, 9))
        acknowledged |= killed(decide, after, sqlite_url)
        with host(sqlite_url) as engine:
            records = engine.core.store.read()
            assert [record.position for record in records] == list(range(1, len(records) + 1))
            assert acknowledged <= {record.fact.words for record in records}
            engine.work()
    assert acknowledged
    with host(sqlite_url) as engine:
        consistent(engine)


@pytest.mark.parametrize("work", [catch_up, rebuild, rebuild_in_shares])
def test_kills_while_rows_are_written_leave_them_true(
    sqlite_url: str, work: Callable[[cix.Engine, Callable[[int], None]], None]
) -> None:
    draw = random.Random(2)  # noqa: S311  # instants of kills
    with host(sqlite_url, views="worker") as engine:
        engine.load(
            cix.SourceFact(
                sample.NoteWritten(f"r-{n % 5}", n), f"n-{n % 9}", START, START, f"row-{n}"
            )
            for n in range(600)
        )
    for _ in range(KILLS):
        killed(work, (0, draw.uniform(0, 60)), sqlite_url, views="worker", page=2)
    with host(sqlite_url) as engine:
        engine.work()
        assert {state.position for state in engine.projections().values()} == {600}
        consistent(engine)


def test_what_is_recorded_is_said_to_be_when_the_views_cannot_follow(
    open_host: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_host()
    engine.do(sample.write, "n-1", record="r-1")
    tables = engine.core.tables

    def full(*_: object, **__: object) -> bool:
        raise StoreUnavailableError("sqlite:///x", "the disk is full", "make room")

    with monkeypatch.context() as broken:
        broken.setattr(tables, "commit", full)
        with pytest.raises(ViewsBehindError, match=r"recorded at position 2.*disk is full") as told:
            engine.by(id="q").do(sample.write, "n-1", record="r-1")
    assert told.value.position == engine.core.store.head().position == 2
    assert engine.by(id="q").do(sample.write, "n-1", record="r-1").duplicate
    card = engine.get(sample.desk, "n-1")
    assert card is not None
    assert card.words == 2


def test_a_record_whose_making_was_cut_off_is_made_by_who_asks_next(
    open_host: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_host()

    def full(*_: object, **__: object) -> bool:
        raise StoreUnavailableError("sqlite:///x", "the disk is full", "make room")

    with monkeypatch.context() as broken:
        broken.setattr(type(engine.core.store), "append", full)
        with pytest.raises(StoreUnavailableError):
            engine.record("phone", "+8613800000000")
    who = open_host().record("phone", "138 0000 0000")
    assert engine.record("phone", "+8613800000000") == who
    assert [fact.tags[0] for fact in engine.core.store.read()] == [f"record:{who}"]
