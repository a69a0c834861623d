"""Answers as of any instant, as known at any other, and why a value is what it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

import cix
from cix.domain import identity
from cix.errors import ConfigError, NaiveInstantError, UnknownViewError
from cix.testing import FakeClock
from engine import sample
from engine.conftest import START, Opener
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
