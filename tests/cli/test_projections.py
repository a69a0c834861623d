"""``cix projections``, ``digest``, ``tick``, ``work``: views kept up to date and built anew."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

import cix
from cix.cli.working import Worker
from cix.domain import ticket
from cli.calling import cix as call
from cli.calling import lines, opening


@pytest.fixture(autouse=True)
def store(folder: Path) -> Path:
    """Return a store with three tickets."""
    file = lines(folder / "a.jsonl", *(opening(f"t-{n}", f"r-{n}") for n in range(3)))
    assert call("apply", file).code == 0
    return folder / "cix.db"


def state(name: str) -> dict[str, object]:
    rows = call("projections", "list", "--jsonl").rows
    return next(row for row in rows if row["name"] == name)


def digests() -> str:
    return call("digest", "--json").out


def test_the_list_tells_how_far_each_view_is() -> None:
    assert state("queues") == {
        "name": "queues", "version": 1, "position": 3, "lag": 0, "parked": 0, "building": None,
        "last_error": None,
    }  # fmt: skip


def test_a_rebuild_changes_nothing() -> None:
    before = digests()
    done = call("projections", "rebuild", "queues", "customer360", "--json")
    assert done.code == 0
    assert [(row["name"], row["position"]) for row in done.json] == [
        ("queues", 3),
        ("customer360", 3),
    ]
    assert call("projections", "rebuild", "--all").code == 0
    assert call("projections", "rebuild", "--all", "--workers", 2).code == 0
    assert digests() == before


def test_a_rebuild_names_its_views() -> None:
    assert call("projections", "rebuild").code == 2
    assert call("projections", "rebuild", "nothing").code == 2
    assert call("projections", "rebuild", "queues", "--workers", 0).code == 2


def test_an_interrupted_build_is_told_and_goes_on_or_begins_anew() -> None:
    for resume in ([], ["--resume"]):
        with cix.open("sqlite:///cix.db") as engine:
            engine.core.tables.begin_build("queues", 1)
        assert state("queues")["building"] == 0
        assert call("projections", "rebuild", "queues", *resume).code == 0
        assert state("queues")["building"] is None


def test_a_key_that_cannot_be_built_is_parked_told_and_retried(store: Path) -> None:
    before = digests()
    with closing(sqlite3.connect(store)) as database:
        [kept] = database.execute("SELECT data FROM event WHERE position = 2").fetchone()
        database.execute("UPDATE event SET data = x'00' WHERE position = 2")
        database.commit()
    done = call("projections", "rebuild", "queues", "--json")
    assert (done.code, done.json[0]["parked"]) == (1, 1)
    assert "parked view=queues key=t-1" in done.err
    assert "MalformedFactError" in str(state("queues")["last_error"])
    still = call("projections", "retry", "queues", "--json")
    assert still.code == 1
    assert [(row["key"], row["projection"]) for row in still.json] == [("t-1", "queues")]
    with closing(sqlite3.connect(store)) as database:
        database.execute("UPDATE event SET data = ? WHERE position = 2", (kept,))
        database.commit()
    mended = call("projections", "retry")
    assert (mended.code, mended.out) == (0, "(nothing)\n")
    assert mended.err == "0 keys are parked\n"
    assert digests() == before


def test_a_digest_may_be_asked_of_some_views() -> None:
    rows = call("digest", "queues", "--jsonl").rows
    assert [row["name"] for row in rows] == ["queues"]
    assert len(rows[0]["digest"]) == 64


# -- time ------------------------------------------------------------------------
def test_a_tick_records_what_time_decided_once(folder: Path) -> None:
    (folder / "desk.toml").write_text("close_after_s = 3600\n")
    since = ["--effective-at", "2024-01-01T00:00Z"]
    assert call("policy", "publish", "desk", "1", "desk.toml", *since).code == 0
    call("do", "ticket.resolve", "t-1")
    before = call("tick", "--json").json
    assert before["recorded"] == 0
    later = ["tick", "--now", "2999-01-01T00:00Z", "--json"]
    assert call(*later).json["recorded"] == 1
    assert call(*later).json["recorded"] == 0
    assert call("export", "jsonl").rows[-1]["fact"] == "ticket.auto_closed"
    assert call("tick", "--now", "tomorrow").code == 2


# -- a worker -----------------------------------------------------------------------
def test_one_round_brings_the_views_to_the_head() -> None:
    call("do", "ticket.open", "t-9", "--arg", "record=r-9", CIX_VIEWS="worker")
    assert state("queues")["lag"] == 1
    assert call("work", "--once", "--json").json == {"position": 4}
    assert state("queues")["lag"] == 0


def test_a_worker_follows_the_log_until_it_is_stopped() -> None:
    stopped = threading.Event()
    with (
        cix.open("sqlite:///cix.db", views="worker") as engine,
        cix.open("sqlite:///cix.db", views="worker") as writer,
    ):
        worker = Worker(engine, stopped, poll=0.02, tick_every=0.04)
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            made = writer.do(ticket.open, "t-9", record="r-9")
            while writer.get("queues", "t-9") is None:
                assert thread.is_alive()
                writer.core.store.wait(made.position, 0.01)
        finally:
            stopped.set()
            thread.join(10)
        assert not thread.is_alive()
        assert worker.position == made.position


def test_a_worker_waits_for_a_store_that_is_locked_and_goes_on(store: Path) -> None:
    stopped = threading.Event()
    with cix.open("sqlite:///cix.db", views="worker", timeout=0.1) as engine:
        made = engine.do(ticket.open, "t-9", record="r-9")
        worker = Worker(engine, stopped, poll=0.02)
        thread = threading.Thread(target=worker.run)
        with closing(sqlite3.connect(store)) as other:
            other.execute("BEGIN IMMEDIATE")
            thread.start()
            while worker.pause == worker.poll:  # it grows with every failure
                assert thread.is_alive()
                stopped.wait(0.01)
            assert worker.position == 0
        while worker.position < made.position:
            assert thread.is_alive()
            stopped.wait(0.01)
        stopped.set()
        thread.join(10)
        assert engine.get("queues", "t-9") is not None


def test_a_worker_stops_between_pages() -> None:
    stopped = threading.Event()
    stopped.set()
    with cix.open("sqlite:///cix.db", views="worker", page=1) as engine:
        for n in range(5):
            engine.do(ticket.open, f"t-1{n}", record="r-9")
        worker = Worker(engine, stopped, poll=0.02)
        worker.step()
        assert 3 <= worker.position < engine.core.store.head().position


def test_a_worker_makes_the_store_it_is_told_to_follow(folder: Path) -> None:
    assert call("work", "--once", "--db", "new.db").code == 0
    assert json.loads(call("migrate", "--check", "--db", "new.db", "--json").out)
