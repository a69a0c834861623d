"""What an engine is asked with is checked at the door: typed errors, nothing written."""

from __future__ import annotations

import contextlib
import sqlite3
from base64 import b85encode
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from hashlib import sha512
from pathlib import Path
from typing import Any

import pytest

import cix
from cix.domain.decider import Call, Decider
from cix.errors import (
    ConfigError,
    InvalidArgumentError,
    MalformedFactError,
    NaiveInstantError,
    UnknownViewError,
)
from cix.eventstore.tags import LONGEST
from cix.projections.projection import Projection
from engine import sample
from engine.conftest import START, Opener, host

HALF = "\ud800"  # half of a character: no text that can be stored
VAST = "x" * 2_048  # with its kind before it too long for a tag
LISTED: Any = [1]
Ask = Callable[[Any], object]
"""Callers without a type checker."""

REFUSED: list[tuple[str, Ask, str]] = [
    ("an actor that is no text", lambda e: e.by(5), "by: actor"),
    ("an empty actor", lambda e: e.by(""), "by: actor"),
    ("an actor with half a character", lambda e: e.by(HALF), "by: actor"),
    ("an id with a NUL", lambda e: e.by(id="a\0"), "by: id"),
    ("an id with half a character", lambda e: e.by(id=HALF), "by: id"),
    ("a blank id", lambda e: e.by(id=" "), "by: id"),
    ("a key with a NUL", lambda e: e.do(sample.write, "n\0", record="r-1"), "note.write: key"),
    ("a key with half", lambda e: e.do(sample.write, HALF, record="r-1"), "note.write: key"),
    ("an argument twice", lambda e: e.do(sample.write, "n-1", "r-1", record="r-2"), "record .*tw"),
    ("no arguments at all", lambda e: e.take("note.write", "n-1", None), "take: args"),
    ("arguments in a list", lambda e: e.take("note.write", "n-1", ["r-1"]), "take: args"),
    ("a name that is no text", lambda e: e.take(5, "n-1", {}), "do: decision"),
    (
        "calls without arguments",
        lambda e: e.do_all([Call("note.write", "n-1", LISTED)]),
        "do_all: args",
    ),
    ("an order that is none", lambda e: e.find("desk", order_by=5), "find desk: order_by"),
    ("an order by numbers", lambda e: e.find("desk", order_by=[1]), "find desk: order_by"),
    (
        "a lack that is no yes or no",
        lambda e: e.find("desk", shelf__missing="no"),
        "shelf__missing",
    ),
    ("a vast key", lambda e: e.do(sample.write, VAST, record="r-1"), "note: tag .*at most 2,048"),
    (
        "a vast record",
        lambda e: e.do(sample.write, "n-1", record=VAST),
        "note: tag .*at most 2,048",
    ),
    ("a vast kind", lambda e: e.record(VAST, "5"), "record: kind"),
    ("calls that are none", lambda e: e.do_all(["note.write"]), "do_all: calls"),
    ("calls that are nothing", lambda e: e.do_all(None), "do_all: calls"),
    ("a number as identifier", lambda e: e.record("phone", 5), "record: value"),
    ("an identifier of no kind", lambda e: e.record("", "5"), "record: kind"),
    ("an identifier with half", lambda e: e.record("app", HALF), "record: value"),
    ("a view's key with half", lambda e: e.get("desk", HALF), "desk: key"),
    ("a view's key that is none", lambda e: e.explain("desk", 5, "words"), "desk: key"),
    ("a path that is none", lambda e: e.explain("desk", "n-1", 5), "explain: path"),
    ("an instant no calendar has", lambda e: e.by(at="0001-01-01T00:00:00+08:00"), "at must be"),
    ("a position as a text", lambda e: e.get("desk", "n-1", known_at="5"), "known_at"),
]


@pytest.mark.parametrize(
    ("ask", "says"), [one[1:] for one in REFUSED], ids=[n for n, _, _ in REFUSED]
)
def test_what_means_nothing_is_refused_by_name(engine: cix.Engine, ask: Ask, says: str) -> None:
    with pytest.raises(InvalidArgumentError, match=says):
        ask(engine)
    assert engine.core.store.head().position == 0


def test_a_key_and_a_record_may_be_as_long_as_a_tag(open_host: Opener) -> None:
    noise = b85encode(b"".join(sha512(bytes([n])).digest() for n in range(32))).decode()
    key, record = noise[: LONGEST - len("note:")], noise[: LONGEST - len("record:")]
    engine = open_host()
    engine.do(sample.write, key, record=record, words=5)
    engine.do(sample.write, "n-1", record="r-1", words=2)
    engine.by(at=START + timedelta(days=1)).do(sample.write, record, record=record)
    assert engine.find(sample.desk, note=key)[0].words == 5
    assert len(engine.lines(sample.journal, record)) == 1
    live = engine.digest(sample.desk)
    engine.rebuild(sample.desk)
    assert (engine.digest(sample.desk), engine.parked()) == (live, [])


def test_a_load_refuses_what_names_nothing(engine: cix.Engine) -> None:
    good = {
        "fact": sample.NoteWritten("r-1", 1),
        "key": "n-1",
        "occurred_at": START,
        "recorded_at": START,
        "id": "row-1",
    }
    wrong: list[dict[str, Any]] = [
        *({"key": one} for one in ("", None, 5, HALF)),
        *({"id": one} for one in ("", " ", None, 5)),
        *({"record": one} for one in ("", 5)),
        *({"actor": one} for one in ("", 5)),
        {"occurred_at": "yesterday"},
        {"recorded_at": None},
        {"fact": "note.written"},
        {"key": VAST},
    ]
    for change in wrong:
        with pytest.raises(MalformedFactError):
            engine.load([cix.SourceFact(**(good | change))])
    with pytest.raises(NaiveInstantError, match=r"note\.written: recorded_at"):
        engine.load([cix.SourceFact(**(good | {"recorded_at": START.replace(tzinfo=None)}))])
    assert engine.core.store.head().position == 0


def test_there_may_be_more_rows_asked_for_than_any_database_counts(open_host: Opener) -> None:
    engine = open_host()
    engine.do(sample.write, "n-1", record="r-1")
    assert len(engine.find(sample.desk, limit=2**64)) == 1


@pytest.mark.parametrize("view", [None, 5, sample.NOTE])
def test_what_is_no_view_is_told_with_those_that_are(engine: Any, view: object) -> None:
    with pytest.raises(UnknownViewError, match="there are customers, desk"):
        engine.get(view, "n-1")


def test_no_decision_at_all_is_none(engine: cix.Engine) -> None:
    assert not engine.by(id="q").do_all([])
    assert engine.by(id="q").do_all([Call("note.write", "n-1", {"record": "r-1"})])


URLS: list[tuple[Any, str]] = [
    (None, "None .*sqlite:///"),
    (5, "5 .*sqlite:///"),
    (b"crm.db", "bytes.*sqlite:///"),
    ("crm.db", r"'crm.db' is no URL; write sqlite:///crm.db"),
    (":memory:", "memory://"),
    ("memory://elsewhere", "memory://"),
    ("sqlite:///crm.db?mode=ro", "mode"),
    ("mysql://host/crm", "mysql"),
    ("postgresql+asyncpg://host/crm", "asyncpg"),
]


@pytest.mark.parametrize(("url", "says"), URLS, ids=str)
def test_what_is_no_url_of_a_store_is_refused_with_what_to_write(
    url: Any, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=says):
        cix.open(url)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"timeout": "5"}, "timeout"),
        ({"timeout": -1}, "timeout"),
        ({"durability": "none"}, "durability.*full"),
        ({"pool_size": 0}, "pool_size"),
        ({"page": 0}, "page"),
        ({"page": "many"}, "page"),
        ({"views": "later"}, "inline"),
        ({"colour": "red"}, "there are durability"),
    ],
    ids=str,
)
def test_an_option_that_cannot_be_meant_is_refused_before_anything_is_made(
    options: dict[str, Any], says: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=says):
        cix.open(tmp_path / "crm.db", **options)
    assert list(tmp_path.iterdir()) == []


def view(name: str = "pages", **fields: Any) -> Projection[Any]:
    return Projection(name, "note", **({"version": 1, "row": sample.DeskCard} | fields))


@pytest.mark.parametrize(
    ("views", "says"),
    [
        ([view("customers", new_row=sample.DeskCard)], "'customers'; another view has it"),
        ([sample.desk, view("desk", lines=True)], "'desk'; another view has it"),
        ([view()], "pages: nothing makes its rows"),
        ([view(version=0, lines=True)], "pages: version 0"),
        ([view(version="1", lines=True)], "pages: version '1'"),
    ],
)
def test_views_that_cannot_be_meant_are_refused(
    views: list[Projection[Any]], says: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=says):
        host(f"sqlite:///{tmp_path / 'crm.db'}", projections=views)


def test_two_rooms_of_one_name_are_refused_and_one_room_twice_is_one() -> None:
    other = Decider("note", sample.Note, sample.evolve_note, (sample.NoteFiled,))
    with pytest.raises(ConfigError, match="'note'; another room has it"):
        host("memory://", rooms=(*sample.ROOMS, other))
    host("memory://", rooms=(*sample.ROOMS, sample.NOTE)).close()


def test_a_tick_needs_an_instant_with_an_offset(engine: cix.Engine) -> None:
    with pytest.raises(NaiveInstantError, match="now: 2024-03-01"):
        engine.tick("2024-03-01")
    with pytest.raises(InvalidArgumentError, match="now must be an instant"):
        engine.tick(timedelta(1))  # type: ignore[arg-type]  # a caller without a type checker


class Nowhere(tzinfo):
    """A zone without an offset: such a time is as naive as one without a zone."""

    def utcoffset(self, _: datetime | None) -> None:
        return None


def test_a_zone_without_an_offset_is_none(engine: cix.Engine) -> None:
    with pytest.raises(NaiveInstantError, match="at: 2024-03-01"):
        engine.by(at=datetime(2024, 3, 1, tzinfo=Nowhere()))


def test_everything_asked_of_a_closed_engine_says_so() -> None:
    engine = host("memory://")
    engine.do(sample.write, "n-1", record="r-1")
    engine.close()
    engine.close()
    asks: list[Callable[[], object]] = [
        lambda: engine.do(sample.write, "n-1", record="r-1"),
        lambda: engine.get("desk", "n-1"),
        lambda: engine.find("desk"),
        lambda: engine.lines("journal", "r-1"),
        lambda: engine.explain("desk", "n-1"),
        lambda: list(engine.export()),
        engine.tick,
        engine.work,
        engine.projections,
    ]
    for ask in asks:
        with pytest.raises(cix.CixError, match=r"(memory|sqlite).* is closed; open it again"):
            ask()


@pytest.mark.parametrize("name", ["100%.db", "a?b.db", "what#.db", "会员 卡.db", ":x:.db"])
def test_a_path_may_be_any_file_name(name: str, tmp_path: Path) -> None:
    with cix.open(tmp_path / name) as engine:
        engine.record("phone", "+8613800000000")
    assert name in {one.name for one in tmp_path.iterdir()}


def test_an_engine_that_could_not_be_opened_leaves_no_connection(tmp_path: Path) -> None:
    place = tmp_path / "crm.db"
    with contextlib.closing(sqlite3.connect(place)) as other:
        other.execute("CREATE TABLE queues (x)")
    with pytest.raises(ConfigError, match="a table of that name"):
        cix.open(place)
    with contextlib.closing(sqlite3.connect(place)) as other:
        assert other.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)


def test_the_keys_of_others_are_keys_too(engine: cix.Engine) -> None:
    engine.do(sample.buy, "p-1", uses=5)
    for blank in ("", " ", "a\0"):
        with pytest.raises(InvalidArgumentError, match="the key of a pass"):
            engine.do(sample.give, "p-1", to=blank, uses=1)
    assert engine.core.store.head().position == 1


def test_what_cannot_be_written_is_told_before_its_digest_is_taken(engine: cix.Engine) -> None:
    with pytest.raises(InvalidArgumentError, match="digits"):
        engine.by(id="q").do(sample.buy, "p-1", uses=10**5_000)
    engine.do(sample.write, "n-1", record="r-1")
    with pytest.raises(MalformedFactError):
        engine.by(id="q").do(sample.file, "n-1", shelf="\ud800")
    assert engine.core.store.head().position == 1
