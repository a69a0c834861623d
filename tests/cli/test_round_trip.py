"""An export, applied to an empty store, makes the same store; on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.calling import cix, lines, opening


@pytest.fixture
def history(folder: Path) -> Path:
    """Return a file of decisions that other rooms react to, made by people at different times."""
    said = {"record": "r-1", "channel": "phone", "text": "again", "about": "t-1"}
    met = {"identifiers": [["phone", "+8613800000000"]]}
    return lines(
        folder / "history.jsonl",
        {"do": "identity.observe", "key": "r-1", "args": met, "actor": "app"},
        {"do": "identity.observe", "key": "r-2", "args": {}},
        {"do": "identity.merge", "key": "r-2", "args": {"other": "r-1", "reason": "same"}},
        opening("t-1", id="opened", occurred_at="2024-01-01T00:00:00.000123Z"),
        {"do": "ticket.resolve", "key": "t-1", "args": {}},
        {"do": "contact.receive", "key": "k-1", "args": said},
        {"do": "customer.set_attribute", "key": "r-1",
         "args": {"name": "name", "value": "王芳", "source": "app"}},
        {"do": "loyalty.enrol", "key": "acc-1"},
        {"do": "loyalty.purchase", "key": "acc-1", "args": {"amount": 120_000, "order": "o-1"}},
        {"do": "ticket.note", "key": "t-1", "args": {"text": "call back"}},
    )  # fmt: skip


def digests(db: str) -> dict[str, str]:
    return {row["name"]: row["digest"] for row in cix("digest", "--db", db, "--json").json}


def exported(db: str) -> str:
    done = cix("export", "jsonl", "--db", db)
    assert done.code == 0, done.err
    return done.out


def test_an_export_applied_makes_the_same_store(
    history: Path, store_url: str, new_pg_url: Callable[[], str], folder: Path
) -> None:
    assert cix("apply", history, "--db", store_url).code == 0
    export = folder / "export.jsonl"
    assert cix("export", "jsonl", "--out", export, "--db", store_url).code == 0
    rows = [json.loads(line) for line in export.read_text("utf-8").splitlines()]
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    assert "ticket.reopened" in {row["fact"] for row in rows}
    for copy in ("copy.db", new_pg_url()):
        found = cix("apply", export, "--db", copy, "--json").json
        assert (found["loaded"], found["lifted"], found["skipped"]) == (len(rows), 0, 0)
        assert exported(copy) == export.read_text("utf-8")
        assert digests(copy) == digests(store_url)
        again = cix("apply", export, "--db", copy, "--json").json
        assert (again["loaded"], again["skipped"]) == (0, len(rows))
        assert exported(copy) == export.read_text("utf-8")


@pytest.mark.parametrize("stop", [1, 3, 8, 12])
def test_a_copy_that_stopped_anywhere_is_made_whole(history: Path, folder: Path, stop: int) -> None:
    cix("apply", history, "--db", "one.db")
    whole = exported("one.db")
    rows = whole.splitlines()
    broken = lines(folder / "broken.jsonl", *rows[:stop], '{"fact": ', *rows[stop:])
    assert cix("apply", broken, "--db", "copy.db").code == 2
    assert cix("work", "--once", "--db", "copy.db").code == 0
    assert exported("copy.db").splitlines() == rows[:stop]
    mended = lines(folder / "mended.jsonl", *rows)
    assert cix("apply", mended, "--db", "copy.db").code == 0
    assert exported("copy.db") == whole
    assert digests("copy.db") == digests("one.db")


def test_a_copy_goes_on_reacting(history: Path, folder: Path) -> None:
    cix("apply", history, "--db", "one.db")
    cix("export", "jsonl", "--db", "one.db", "--out", "export.jsonl")
    cix("apply", "export.jsonl", "--db", "copy.db")
    said = ["--arg", "record=r-1", "--arg", "channel=sms", "--arg", "about=t-1"]
    cix("do", "contact.receive", "k-2", *said, "--db", "copy.db")
    rows = cix("export", "jsonl", "--db", "copy.db").rows
    assert [row["fact"] for row in rows[-2:]] == ["contact.received", "ticket.replied"]


def test_a_copy_knows_who_is_who(history: Path) -> None:
    cix("apply", history, "--db", "one.db")
    cix("export", "jsonl", "--db", "one.db", "--out", "export.jsonl")
    cix("apply", "export.jsonl", "--db", "copy.db")
    assert cix("record", "phone", "138 0000 0000", "--db", "copy.db").out == "r-1\n"


def test_exported_facts_among_others_are_history_that_nobody_reacts_to(
    history: Path, folder: Path
) -> None:
    cix("apply", history, "--db", "one.db")
    cix("export", "jsonl", "--db", "one.db", "--out", "export.jsonl")
    own = opening("t-9", "r-9", id="own", occurred_at="2020-01-01T00:00Z",
                  recorded_at="2020-01-01T00:00Z")  # fmt: skip
    cix("apply", lines(folder / "own.jsonl", own), "--import", "--db", "other.db")
    found = cix("apply", "export.jsonl", "--db", "other.db", "--json").json
    rows = cix("export", "jsonl", "--db", "other.db").rows
    assert found["loaded"] == len(rows) - 1
    assert {row["metadata"]["loaded"] for row in rows[1:]} == {True}
    assert [row["recorded_at"] for row in rows[1:]] == [
        row["recorded_at"] for row in cix("export", "jsonl", "--db", "one.db").rows
    ]


def test_facts_and_decisions_may_stand_in_one_file(history: Path, folder: Path) -> None:
    cix("apply", history, "--db", "one.db")
    rows = exported("one.db").splitlines()
    mixed = lines(folder / "mixed.jsonl", *rows, opening("t-5", "r-5"), rows[0], opening("t-6"))
    found = cix("apply", mixed, "--db", "copy.db", "--json").json
    assert (found["loaded"], found["skipped"], found["decided"]) == (len(rows), 1, 2)


def test_an_export_may_begin_behind_a_position(history: Path) -> None:
    cix("apply", history, "--db", "one.db")
    rows = cix("export", "jsonl", "--db", "one.db", "--after", "3").rows
    assert rows[0]["position"] == 4


def test_an_export_that_was_cut_off_goes_on(history: Path, folder: Path) -> None:
    cix("apply", history, "--db", "one.db")
    whole = exported("one.db")
    (folder / "e.jsonl.part").write_text(whole[: len(whole) // 2], "utf-8")
    done = cix("export", "jsonl", "--db", "one.db", "--out", "e.jsonl", "--resume", "--json")
    assert done.json == {"file": "e.jsonl", "position": len(whole.splitlines())}
    assert (folder / "e.jsonl").read_text("utf-8") == whole
    assert not (folder / "e.jsonl.part").exists()


@pytest.mark.parametrize("args", [["--resume"], ["--out", "e.jsonl", "--resume"]])
def test_there_must_be_something_to_go_on_with(history: Path, args: list[str]) -> None:
    cix("apply", history)
    done = cix("export", "jsonl", *args)
    assert done.code == 2
    assert "CIX-600" in done.err


def test_an_export_that_cannot_be_written_is_told(history: Path) -> None:
    cix("apply", history)
    done = cix("export", "jsonl", "--out", "nowhere/e.jsonl")
    assert done.code == 2
    assert "nowhere/e.jsonl" in done.err
