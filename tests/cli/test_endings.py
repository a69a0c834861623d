"""How a command ends when the store is not as it should be: one line, a code, nothing half."""

from __future__ import annotations

import fcntl
import inspect
import json
import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import attrs
import pytest

from cix import errors
from cix.cli.exits import BROKEN, FINDINGS, UNAVAILABLE, USAGE, exit_of, sentence
from cix.cli.words import use
from cli.calling import Ended, cix, opening

CLASSES = [
    cls
    for _, cls in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cls, errors.CixError) and cls.__module__ == errors.__name__
]
NO_ROOT = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


@pytest.fixture
def store(folder: Path) -> Path:
    """Return a small store."""
    assert cix("apply", "-", given=json.dumps(opening("t-1"))).code == 0
    return folder / "cix.db"


def refused(done: Ended, code: int, *told: str) -> None:
    assert (done.code, done.out) == (code, "")
    assert done.err.count("\n") == 1, done.err
    assert "Traceback" not in done.err
    for words in told:
        assert words in done.err


# -- the table of endings ----------------------------------------------------------
@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_has_an_exit_code(cls: type[errors.CixError]) -> None:
    assert exit_of(cls) in {FINDINGS, USAGE, BROKEN, UNAVAILABLE}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.RuleBrokenError("r", "e", "k"), FINDINGS),
        (errors.NaiveInstantError("a", "b"), USAGE),
        (errors.CorruptionError(1, "a", "b"), BROKEN),
        (errors.MalformedFactError("a", "b", "c"), BROKEN),
        (errors.StoreUnavailableError("a", "b", "c"), UNAVAILABLE),
        (errors.DisconnectedError("a", "b", "c"), UNAVAILABLE),
        (errors.SchemaError("a", "b", "c", "d"), UNAVAILABLE),
        (errors.ConflictError("a", 1, 2), UNAVAILABLE),
        (errors.UnknownViewError("a", ("b",)), USAGE),
        (errors.MissingExtraError("a", "b", "c"), USAGE),
    ],
    ids=lambda one: type(one).__name__,
)
def test_an_error_ends_with_the_code_of_its_kind(error: errors.CixError, code: int) -> None:
    assert exit_of(error) == code


def test_every_error_with_fields_is_told_in_chinese_too() -> None:
    samples = {"int": 7, "tuple[str, ...]": ("one", "two")}
    try:
        use("zh")
        for cls in filter(attrs.has, CLASSES):
            error = cls(*(samples.get(str(field.type), "a-b") for field in attrs.fields(cls)))
            assert any(one in "：；（），" for one in sentence(error)), cls
    finally:
        use("en")


# -- stores that cannot be used ------------------------------------------------------
@pytest.mark.parametrize(
    ("db", "code", "told"),
    [
        ("nowhere/cix.db", 2, "CIX-600 database path: there is no folder"),
        (".", 2, "is a folder"),
        ("oracle://host/db", 2, "CIX-600 url: scheme 'oracle'"),
        ("http://host", 2, "CIX-600 url"),
        ("postgresql://localhost:1/none", 4, "cannot be reached"),
        ("postgresql://ann:secret@localhost:1/none", 4, "postgresql://ann@localhost:1/none"),
    ],
)
def test_a_store_that_cannot_be_opened_is_told(db: str, code: int, told: str) -> None:
    done = cix("do", "ticket.open", "t-1", "--arg", "record=r-1", "--db", db, CIX_TIMEOUT="0.5")
    refused(done, code, told)
    assert "secret" not in done.err


def test_a_database_that_does_not_exist_is_told(pg_url: str) -> None:
    name = pg_url.partition("?")[0].rpartition("/")[2]
    done = cix("projections", "list", "--db", pg_url.replace(name, "gone"))
    refused(done, 4, 'database "gone" does not exist')


def test_a_file_that_is_no_database_is_told(folder: Path) -> None:
    (folder / "notes.txt").write_text("no database, however long this text may be " * 100)
    refused(cix("projections", "list", "--db", "notes.txt"), 4, "CIX-305", "not a SQLite database")


def test_a_database_of_somebody_else_is_told(folder: Path) -> None:
    with closing(sqlite3.connect("other.db")) as other:
        other.execute("CREATE TABLE head (name TEXT)")
    refused(cix("projections", "list", "--db", "other.db"), 4, "CIX-305", "of something else")


def test_a_store_of_a_newer_cix_is_refused_and_left_alone(store: Path) -> None:
    change(store, "UPDATE schema_version SET version = version + 1 WHERE name = 'eventstore'")
    before = store.read_bytes()
    refused(cix("find", "queues"), 4, "CIX-305", "upgrade cix")
    refused(cix("migrate"), 4, "CIX-305", "upgrade cix")
    refused(cix("migrate", "--check"), 4, "CIX-305", "upgrade cix")
    assert store.read_bytes() == before


def test_a_store_that_somebody_else_writes_to_is_told(store: Path) -> None:
    with Path(f"{store}-lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fcntl.lockf(lock, fcntl.LOCK_EX)
        words = ["do", "ticket.open", "t-2", "--arg", "record=r-1"]
        with closing(sqlite3.connect(store)) as other:
            other.execute("BEGIN IMMEDIATE")
            done = cix(*words, CIX_TIMEOUT="0.2")
    refused(done, 4, "CIX-302", "write lock")
    assert len(cix("export", "jsonl").rows) == 1


@NO_ROOT
def test_a_file_that_is_read_only_is_told(store: Path) -> None:
    store.chmod(stat.S_IREAD)
    refused(cix("do", "ticket.open", "t-2", "--arg", "record=r-1"), 4, "read-only")


def test_bytes_that_are_not_what_was_written_end_with_3(store: Path) -> None:
    change(store, "UPDATE event SET data = x'00ff' WHERE position = 1")
    refused(cix("export", "jsonl"), 3, "CIX-402", "position 1")


def test_a_log_that_lost_its_end_ends_with_3(store: Path) -> None:
    change(store, "DELETE FROM event WHERE position = 1")
    refused(cix("find", "queues"), 3, "CIX-304 position 1")


def change(store: Path, statement: str) -> None:
    with closing(sqlite3.connect(store)) as database:
        database.execute(statement)
        database.commit()


# -- migrate -----------------------------------------------------------------------
def test_a_store_that_is_not_there_is_not_up_to_date_and_not_made_by_looking(
    folder: Path,
) -> None:
    done = cix("migrate", "--check", "--json")
    assert done.code == 1
    assert {part["found"] for part in done.json} == {None}
    assert not (folder / "cix.db").exists()


def test_an_empty_database_is_told_apart_from_one_with_tables(
    new_pg_url: Callable[[], str],
) -> None:
    url = new_pg_url()
    assert cix("migrate", "--check", "--db", url).code == 1
    assert cix("migrate", "--db", url).code == 0
    done = cix("migrate", "--check", "--db", url, "--json")
    assert done.code == 0
    assert all(part["found"] == part["needed"] for part in done.json)


def test_rows_of_another_version_are_found_and_built_anew(store: Path) -> None:
    change(store, "UPDATE view_state SET version = 0 WHERE name = 'queues'")
    done = cix("migrate", "--check", "--json")
    assert done.code == 1
    assert [part["part"] for part in done.json if part["found"] != part["needed"]] == ["queues"]
    assert "1 parts are not up to date" in done.err
    assert cix("migrate").code == 0
    assert cix("migrate", "--check").code == 0
    assert cix("show", "queues", "t-1").code == 0


# -- what nobody foresaw --------------------------------------------------------------
def test_a_bug_is_one_line_and_its_place_on_demand(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> str:
        raise RuntimeError("a gear broke")

    monkeypatch.setattr("cix.cli.printing.to_plain", broken)
    refused(cix("facts", "--json"), 70, "unforeseen RuntimeError: a gear broke; CIX_DEBUG=1")
    assert "Traceback" in cix("facts", "--json", CIX_DEBUG="1").err
