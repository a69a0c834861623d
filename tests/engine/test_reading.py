"""Answers as of any instant, as known at any other, and why a value is what it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

import cix
from cix.domain import identity
from cix.engine.audit import value_at
from cix.errors import ConfigError, InvalidArgumentError, NaiveInstantError, UnknownViewError
from cix.projections.projection import Projection
from cix.testing import FakeClock
from engine import sample
from engine.conftest import START, Opener, host
from engine.sample import DeskCard, Folder, PassCard

DAY = timedelta(days=1)


@pytest.fixture
def told(open_host: Opener, clock: FakeClock) -> cix.Engine:
    """n-1 is written on day 0 and day 2; on day 3 we learn that it was on day 1 too."""
    engine = open_host(clock=clock)
    engine.do(sample.write, "n-1", record="r-1", words=1)
    clock.advance(2 * DAY)
    engine.do(sample.write, "n-1", record="r-1", words=100)
    clock.advance(DAY)
    engine.by(at=START + DAY).do(sample.write, "n-1", record="r-1", words=10)
    return engine


@pytest.mark.parametrize(
    ("as_of", "known_at", "words"),
    [
        (0, None, 1),
        (1, None, 11),
        (2, None, 111),
        (1, 2, 1),
        (2, 2, 101),
        (3, 2, 101),
        (2, 3, 111),
        (None, 2, 101),
    ],
)
def test_valid_time_and_recorded_time_are_asked_apart(
    told: cix.Engine, as_of: int | None, known_at: int | None, words: int
) -> None:
    card = told.get(
        sample.desk,
        "n-1",
        as_of=None if as_of is None else START + as_of * DAY,
        known_at=None if known_at is None else START + known_at * DAY,
    )
    assert card is not None
    assert card.words == words


def test_what_was_known_can_be_named_by_a_position(told: cix.Engine) -> None:
    assert [told.get(sample.desk, "n-1", known_at=n) for n in range(4)] == [
        None,
        DeskCard("n-1", 1, None, START),
        DeskCard("n-1", 101, None, START + 2 * DAY),
        DeskCard("n-1", 111, None, START + 2 * DAY),
    ]


def test_before_anything_happened_there_is_no_row(told: cix.Engine) -> None:
    assert told.get(sample.desk, "n-1", as_of=START - DAY) is None
    assert told.lines(sample.journal, "r-1", as_of=START - DAY) == ()


def test_an_as_of_question_needs_an_offset(told: cix.Engine) -> None:
    with pytest.raises(NaiveInstantError, match="as_of: 2024-03-01"):
        told.get(sample.desk, "n-1", as_of="2024-03-01")


def test_in_a_recorded_room_as_of_means_recorded_by_then(
    open_host: Opener, clock: FakeClock
) -> None:
    engine = open_host(clock=clock)
    engine.do(sample.buy, "p-1", uses=5)
    clock.advance(2 * DAY)
    engine.by(at=START).do(sample.use, "p-1", uses=1)
    assert engine.get(sample.passes, "p-1", as_of=START + DAY) == PassCard("p-1", 5, 0, 10)
    assert engine.get(sample.passes, "p-1", as_of=START + 2 * DAY) == PassCard("p-1", 4, 0, 10)
    assert engine.get(sample.passes, "p-1", as_of=START + 10 * DAY) == PassCard("p-1", 0, 4, 10)


def test_time_moves_a_row_without_a_job(open_host: Opener, clock: FakeClock) -> None:
    engine = open_host(clock=clock)
    engine.do(sample.buy, "p-1", uses=5)
    clock.advance(10 * DAY - timedelta(microseconds=1))
    assert engine.get(sample.passes, "p-1") == PassCard("p-1", 5, 0, 10)
    clock.advance(timedelta(microseconds=1))
    assert engine.get(sample.passes, "p-1") == PassCard("p-1", 0, 5, 10)
    assert engine.find(sample.passes, left=0) == [PassCard("p-1", 0, 5, 10)]
    assert engine.find(sample.passes, left__gt=0) == []


def test_a_customer_as_of_then_is_the_group_of_then(open_host: Opener, clock: FakeClock) -> None:
    engine = open_host(clock=clock)
    for record in ("r-1", "r-2"):
        engine.do(identity.observe, record)
        engine.do(sample.write, f"of-{record}", record=record)
    clock.advance(DAY)
    engine.by("agent", id="m").do(identity.merge, "r-2", other="r-1")
    clock.advance(DAY)
    engine.do(identity.retract, "r-1", fact="m")
    apart = Folder("r-2", 1, ["of-r-2:1"])
    together = Folder("r-1", 2, ["of-r-1:1", "of-r-2:1"])
    assert engine.get(sample.folder, "r-2", as_of=START) == apart
    assert engine.get(sample.folder, "r-2", as_of=START + DAY) == together
    assert engine.get(sample.folder, "r-2", as_of=START + 2 * DAY) == apart
    assert engine.get(sample.folder, "r-2", known_at=START + DAY) == together
    assert len(engine.lines(sample.journal, "r-2", as_of=START + DAY)) == 2
    assert engine.find(sample.folder, as_of=START + DAY) == [together]


def test_rows_are_found_by_conditions_and_ordered(open_host: Opener) -> None:
    engine = open_host()
    for n, words in (("n-1", 3), ("n-2", 1), ("n-3", 2)):
        engine.do(sample.write, n, record="r-1", words=words)
    engine.do(sample.file, "n-2", shelf="a")

    def names(**where: object) -> list[str]:
        return [row.note for row in engine.find(sample.desk, order_by=("-words",), **where)]

    assert names() == ["n-1", "n-3", "n-2"]
    assert names(limit=1) == ["n-1"]
    assert names(words__ge=2) == ["n-1", "n-3"]
    assert names(words__among=[1, 3]) == ["n-1", "n-2"]
    assert names(shelf=None) == ["n-1", "n-3"]
    assert names(shelf__missing=False) == ["n-2"]
    assert names(last_at__lt=START) == []


def test_a_question_about_nothing_is_answered_with_what_there_is(engine: cix.Engine) -> None:
    with pytest.raises(UnknownViewError, match="desk, folder, journal"):
        engine.get("desks", "n-1")
    with pytest.raises(ConfigError, match="no column 'word'"):
        engine.find(sample.desk, word=3)
    with pytest.raises(ConfigError, match="lines"):
        engine.find(sample.journal)


def test_a_value_is_explained_by_the_facts_that_changed_it(told: cix.Engine) -> None:
    told.by("agent:7", id="put-away").do(sample.file, "n-1", shelf="a")
    why = told.explain(sample.desk, "n-1", "words")
    assert [(c.position, c.fact, c.before, c.after) for c in why.causes] == [
        (1, "note.written", 0, 1),
        (3, "note.written", 1, 11),
        (2, "note.written", 11, 111),
    ]
    (cause,) = told.explain(sample.desk, "n-1", "shelf").causes
    assert (cause.actor, cause.request, cause.after) == ("agent:7", "put-away", "a after 111")
    with pytest.raises(ConfigError, match="no field 'wrods'"):
        told.explain(sample.desk, "n-1", "wrods")


def test_passing_time_and_the_policy_in_force_are_part_of_the_explanation(
    open_host: Opener, clock: FakeClock
) -> None:
    engine = open_host(clock=clock)
    engine.publish("passes", "2024-short", {"days": 3})
    engine.do(sample.buy, "p-1", uses=5)
    clock.advance(4 * DAY)
    why = engine.explain(sample.passes, "p-1", "left")
    assert why.value == 0
    assert [(c.fact, c.before, c.after) for c in why.causes] == [
        ("pass.bought", 0, 5),
        ("time", 5, 0),
    ]
    assert why.policies == (("passes", "2024-short"),)


def test_a_policy_of_next_month_counts_from_next_month(open_host: Opener, clock: FakeClock) -> None:
    engine = open_host(clock=clock)
    engine.publish("passes", "v1", {"days": 3})
    engine.publish("passes", "v2", {"days": 7}, effective_at=START + 30 * DAY)
    why = engine.explain(sample.passes, "p-1", "days")
    assert why.policies == (("passes", "v1"),)


def test_a_key_that_has_no_row_any_more_is_found_as_of_when_it_had(
    open_host: Opener, clock: FakeClock
) -> None:
    engine = open_host(clock=clock)
    engine.do(sample.buy, "p-1", uses=1)
    clock.advance(DAY)
    engine.do(sample.use, "p-1")
    assert engine.find("pass_deadlines") == []
    assert [row.key for row in engine.find("pass_deadlines", as_of=START)] == ["p-1"]
    assert [row.key for row in engine.find("pass_deadlines", known_at=1)] == ["p-1"]


def test_a_key_whose_first_fact_is_still_to_come_is_found_as_of_then(
    open_host: Opener, clock: FakeClock
) -> None:
    engine = open_host(clock=clock)
    engine.by(at=START + DAY).do(sample.write, "n-1", record="r-1")
    assert engine.find(sample.desk, as_of=START) == []
    assert engine.find(sample.desk, as_of=START + DAY) == [DeskCard("n-1", 1, None, START + DAY)]
    assert engine.find(sample.folder, as_of=START + DAY) == [Folder("r-1", 1, ["n-1:1"])]


def test_customers_of_then_are_found_in_the_groups_of_then(
    open_host: Opener, clock: FakeClock
) -> None:
    engine = open_host(clock=clock)
    for record in ("r-1", "r-2", "r-3"):
        engine.do(identity.observe, record)
        engine.do(sample.write, f"of-{record}", record=record)
    clock.advance(DAY)
    engine.do(identity.merge, "r-2", other="r-1")
    clock.advance(DAY)
    engine.do(identity.merge, "r-3", other="r-1")

    def found(**asked: object) -> list[tuple[str, int]]:
        rows = engine.find(sample.folder, order_by="customer", **asked)  # type: ignore[arg-type]  # instants and positions by name
        return [(row.customer, row.notes) for row in rows]

    assert found(as_of=START) == [("r-1", 1), ("r-2", 1), ("r-3", 1)]
    assert found(as_of=START + DAY) == found(known_at=7) == [("r-1", 2), ("r-3", 1)]
    assert found(as_of=START + 2 * DAY) == [("r-1", 3)]
    assert found(as_of=START, known_at=3) == [("r-1", 1)]
    assert found(as_of=START - DAY) == []


def test_what_is_found_as_of_an_instant_agrees_with_each_key_as_of_it(
    open_host: Opener, clock: FakeClock
) -> None:
    engine = open_host(clock=clock)
    for n in range(3):
        engine.by(at=START + (2 - n) * DAY).do(sample.write, f"n-{n}", record="r-1")
    engine.by(at=START + 3 * DAY).do(sample.file, "n-1", shelf="a")
    for day in range(-1, 5):
        asked = START + day * DAY
        each = [engine.get(sample.desk, f"n-{n}", as_of=asked) for n in range(3)]
        assert engine.find(sample.desk, as_of=asked) == [row for row in each if row]


# -- conditions mean the same now, as of then, and on rows that time has moved --------------
@attrs.define
class Sheet:
    note: str
    shelf: str | None
    words: int
    at: datetime | None
    kinds: tuple[str, ...] = ()


def sheet(note: sample.Note, at: datetime) -> Sheet | None:
    when = None if note.shelf is None else START + note.words * DAY
    return Sheet(note.key, note.shelf, note.words, when, ("a", "b"))


SHEETS = Projection.of("sheets", sample.NOTE, version=1, row=Sheet, picture=sheet)
ASKED: list[dict[str, Any]] = [
    {"shelf": "a"},
    {"shelf": None},
    {"shelf__ne": "a"},
    {"shelf__ne": None},
    {"shelf__among": ["a", None]},
    {"shelf__among": {"b"}},
    {"shelf__among": []},
    {"shelf__missing": True},
    {"words__ge": 2},
    {"at__lt": "2024-03-03T12:00:00+00:00"},
    {"at__ge": START + 2 * DAY, "shelf__ne": "b"},
    {"kinds": ["a", "b"]},
    {"kinds__ne": ("a",)},
    {"limit": 2},
    {"limit": 0},
    {"order_by": ("-shelf", "words")},
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_a_search_finds_the_same_now_as_of_now_and_where_time_moved_the_rows(
    open_host: Opener, clock: FakeClock, asked: dict[str, Any]
) -> None:
    engine = open_host(clock=clock, projections=(SHEETS,))
    for n, shelf in enumerate(["a", "b", None, "ab"], 1):
        engine.do(sample.write, f"n-{n}", record="r-1", words=n)
        if shelf:
            engine.do(sample.file, f"n-{n}", shelf=shelf)
        engine.by(at=START + DAY).do(sample.write, f"n-{n}", record="r-1", words=0)
    found = engine.find(SHEETS, **asked)
    assert engine.find(SHEETS, as_of=START, **asked) == found
    clock.advance(DAY)
    assert engine.find(SHEETS, **asked) == found


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"words": "3"}, r"find sheets: words must be an integer, found '3' \(str\)"),
        ({"words": True}, "words must be an integer"),
        ({"at__lt": 5}, "at must be an instant such as"),
        ({"at__lt": None}, "at__lt must be a value to compare with"),
        ({"shelf__among": "ab"}, "shelf__among must be a list of values"),
        ({"shelf__among": None}, "shelf__among must be a list of values"),
        ({"kinds__lt": ("a",)}, "kinds must be compared with = or != only"),
        ({"order_by": "kinds"}, "kinds must be compared with = or != only"),
        ({"limit": -1}, "limit must be a number of rows from 0"),
        ({"limit": True}, "limit must be a number of rows from 0"),
        ({"limit": "1"}, "limit must be a number of rows from 0"),
    ],
    ids=str,
)
def test_a_search_that_means_nothing_is_refused_now_and_as_of_then(
    asked: dict[str, Any], says: str
) -> None:
    with host("memory://", projections=(SHEETS,)) as engine:
        engine.do(sample.write, "n-1", record="r-1")
        for instant in (None, START):
            with pytest.raises(InvalidArgumentError, match=says):
                engine.find(SHEETS, as_of=instant, **asked)


def test_an_instant_needs_an_offset_in_a_condition_too(engine: cix.Engine) -> None:
    with pytest.raises(NaiveInstantError, match="last_at: 2024-03-01T10:00"):
        engine.find(sample.desk, last_at__lt="2024-03-01T10:00")


# -- a clock that is behind the log's ------------------------------------------------
def test_what_is_recorded_is_there_though_the_readers_clock_is_behind(
    open_host: Opener,
) -> None:
    ahead, behind = FakeClock(START + DAY), FakeClock(START)
    writer, reader = open_host(clock=ahead), open_host(clock=behind)
    writer.do(sample.write, "n-1", record="r-1")
    writer.do(sample.buy, "p-1", uses=5)
    reader.do(sample.write, "n-2", record="r-1")
    for engine in (writer, reader):
        assert [row.note for row in engine.find(sample.desk)] == ["n-1", "n-2"]
        for view, key in ((sample.desk, "n-2"), (sample.folder, "r-1"), (sample.passes, "p-1")):
            assert engine.get(view, key) == engine.get(view, key, known_at=3) is not None
        assert len(engine.lines(sample.journal, "r-1")) == 2
    assert reader.core.tables.awaited("desk") == set()


def test_a_history_loaded_from_ahead_of_the_clock_is_seen_moved_and_rebuilt_alike(
    open_host: Opener, clock: FakeClock
) -> None:
    engine = open_host(clock=clock)
    late = START + 20 * DAY
    engine.load([cix.SourceFact(sample.PassBought(3), "p-1", START, START, "row-1")])
    engine.load(
        [cix.SourceFact(sample.NoteWritten("r-1", 3), "n-1", late, late, "row-2", record="r-1")]
    )
    assert engine.find(sample.passes) == [PassCard("p-1", 0, 3, 10)]
    assert engine.get(sample.passes, "p-1") == PassCard("p-1", 0, 3, 10)
    assert engine.get(sample.desk, "n-1") == DeskCard("n-1", 3, None, late)
    ticked = engine.tick()
    assert ticked.recorded == 1
    before = engine.digest(sample.passes), engine.digest(sample.desk)
    engine.rebuild(sample.passes)
    engine.rebuild(sample.desk)
    assert (engine.digest(sample.passes), engine.digest(sample.desk)) == before
    assert engine.core.tables.find("passes")[0].row == PassCard("p-1", 0, 3, 10)


@attrs.define
class Shelf:
    by_code: dict[str, int]
    by_year: dict[int, str]
    rows: list[str]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("by_code.007", 7),
        ("by_code.9", None),
        ("by_year.2024", "a"),
        ("rows.1", "y"),
        ("rows.2", None),
        ("rows.²", None),
        ("rows.last", None),
        ("by_code.007.more", None),
    ],
)
def test_a_path_leads_through_maps_by_their_keys_and_through_lists_by_place(
    path: str, value: object
) -> None:
    assert value_at(Shelf({"007": 7}, {2024: "a"}, ["x", "y"]), path) == value
