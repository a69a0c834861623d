"""Ctrl-C and SIGTERM reach real processes: what is done is kept, and the rest can be done."""

from __future__ import annotations

import json
import select
import signal
import subprocess
from pathlib import Path
from typing import IO

import pytest

import cix
from cli.calling import cix as call
from cli.calling import lines, opening, run, start

BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)


def positions(db: str = "cix.db") -> list[str]:
    return [row["tags"][0] for row in call("export", "jsonl", "--db", db).rows]


def until(stream: IO[str], words: str) -> None:
    """Wait until *words* were printed."""
    line = ""
    while words not in line:
        assert select.select([stream], [], [], 30)[0]
        line = stream.readline()
        assert line, f"it ended without {words!r}"


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, err = process.communicate(timeout=30)
    return process.returncode, err


@BOTH
def test_an_apply_that_is_interrupted_says_how_to_go_on(
    folder: Path, number: signal.Signals
) -> None:
    process = start("apply", "-", "--batch", "b", cwd=folder)
    assert process.stdin is not None
    for n in range(3):
        process.stdin.write(json.dumps(opening(f"t-{n}")) + "\n")
    process.stdin.flush()
    with cix.open("sqlite:///cix.db") as engine:
        while engine.core.store.head().position < 3:
            engine.core.store.wait(engine.core.store.head().position, 1)
    process.send_signal(number)
    code, err = ended(process)
    assert code == 5, err
    assert "3 lines · 3 decided" in err
    assert "interrupted: apply - again" in err
    file = lines(folder / "all.jsonl", *(opening(f"t-{n}") for n in range(5)))
    done = call("apply", file, "--batch", "b", "--json").json
    assert (done["duplicates"], done["decided"]) == (3, 2)
    assert len(call("find", "queues", "--jsonl").rows) == 5


@BOTH
def test_a_worker_that_is_stopped_ends_well(folder: Path, number: signal.Signals) -> None:
    call("apply", lines(folder / "a.jsonl", opening("t-1")), CIX_VIEWS="worker")
    process = start("work", "--poll", "0.05", cwd=folder)
    assert process.stderr is not None
    until(process.stderr, "working")
    while call("projections", "list", "--json").json[0]["lag"]:
        assert process.poll() is None
    process.send_signal(number)
    code, err = ended(process)
    assert code == 0, err
    assert call("show", "queues", "t-1").code == 0


def test_two_commands_at_once_both_do_their_work(folder: Path) -> None:
    files = [
        lines(folder / f"{name}.jsonl", *(opening(f"{name}-{n}") for n in range(20)))
        for name in ("a", "b")
    ]
    processes = [start("apply", file, cwd=folder) for file in files]
    assert [ended(process)[0] for process in processes] == [0, 0]
    assert len(positions()) == 40
    assert len(call("find", "queues", "--jsonl").rows) == 40


def test_output_may_be_piped_into_another_command(folder: Path) -> None:
    call("apply", lines(folder / "a.jsonl", *(opening(f"t-{n}") for n in range(3))))
    out = run("export", "jsonl", cwd=folder).out
    done = run("apply", "-", "--db", "copy.db", "--json", cwd=folder, given=out)
    assert (done.code, done.json["loaded"]) == (0, 3)
    assert positions("copy.db") == positions()
