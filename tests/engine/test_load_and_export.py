"""History comes in as its source tells it, and goes out so that it comes back the same."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import attrs
import pytest

import cix
from cix.domain.policy import PolicyPublished
from cix.engine.interchange import from_line
from cix.errors import MalformedFactError, UnknownFactError
from cix.facts import fact, personal
from cix.records import NewEvent
from cix.testing import FakeClock
from engine import sample
from engine.conftest import START, Opener, host
from engine.test_views import digests, history

DAY = timedelta(days=1)


def rows(count: int, first: int = 0) -> list[cix.SourceFact]:
    return [
        cix.SourceFact(
            sample.NoteWritten(f"r-{n % 7}", n), f"n-{n % 11}", START + n * DAY, START + n * DAY,
            f"row-{n}", record=f"r-{n % 7}",
        )
        for n in range(first, first + count)
    ]  # fmt: skip


def test_a_load_is_kept_with_both_times_of_its_source(open_host: Opener) -> None:
    engine = open_host()
    report = engine.load(rows(30))
    assert (report.stored, report.skipped, report.lifted, report.last) == (30, 0, 0, 30)
    record = engine.core.store.read()[29]
    assert (record.occurred_at, record.recorded_at) == (START + 29 * DAY, START + 29 * DAY)
    assert record.metadata.loaded


def test_a_broken_load_is_run_again_and_doubles_nothing(open_host: Opener) -> None:
    engine = open_host()
    engine.load(rows(12))
    report = engine.load(rows(30))
    assert (report.stored, report.skipped) == (18, 12)
    assert engine.core.store.head().position == 30


def test_recorded_time_never_runs_back_and_what_was_given_is_kept(open_host: Opener) -> None:
    engine = open_host()
    engine.load(rows(1, first=5))
    report = engine.load(rows(1, first=2))
    assert report.lifted == 1
    record = engine.core.store.read()[1]
    assert record.recorded_at == START + 5 * DAY
    assert record.occurred_at == START + 2 * DAY
    assert record.metadata.given_us is not None


def test_facts_that_share_an_id_come_in_together(open_host: Opener) -> None:
    engine = open_host()
    pair = [
        cix.SourceFact(sample.NoteWritten("r-1", n), "n-1", START, START, "row-1") for n in (1, 2)
    ]
    assert engine.load(pair).stored == 2
    assert engine.load(pair).skipped == 2


def test_a_fact_that_no_room_holds_is_refused_by_name(open_host: Opener) -> None:
    engine = open_host()
    with pytest.raises(MalformedFactError, match=r"pass\.lapsed"):
        engine.load([cix.SourceFact(sample.PassLapsed(1), "p-1", START, START, "x")])


@pytest.mark.parametrize("body", ["ten days", "[]", "{}"])
def test_history_holds_no_policy_that_its_room_cannot_read(engine: cix.Engine, body: str) -> None:
    engine.publish("passes", "v1", {"days": 3})
    (line,) = engine.export()
    bad = PolicyPublished("passes", "v2", START, body)
    with pytest.raises(MalformedFactError, match="body"):
        engine.load([cix.SourceFact(bad, "passes", START, START, "row-1")])
    with pytest.raises(MalformedFactError, match=r"data\.body"):
        from_line(line | {"data": line["data"] | {"body": body}}, sample.CATALOGUE)
    unknown = attrs.evolve(bad, kind="queue")
    assert engine.load([cix.SourceFact(unknown, "queue", START, START, "row-2")]).stored == 1


def test_an_export_rebuilds_an_identical_store(open_host: Opener) -> None:
    clock = FakeClock(START)
    engine = open_host(clock=clock)
    history(engine, clock)
    clock.advance(40 * DAY)
    engine.tick()
    lines = [json.loads(json.dumps(line)) for line in engine.export()]
    with host("memory://", clock=clock) as copy:
        copy.load(from_line(line, sample.CATALOGUE) for line in lines)
        copy.tick()
        assert list(copy.export()) == lines
        assert digests(copy) == digests(engine)
        assert copy.load(from_line(line, sample.CATALOGUE) for line in lines).stored == 0


@fact("note.stamped", 1)
class StampedInGrams:
    grams: int


@fact("note.stamped", 2)
class StampedInKilos:
    kilos: int


@fact("note.stamped", 3)
class NoteStamped:
    kilos: int
    by: str | None = personal("content", default=None)


STAMPED = sample.CATALOGUE.plus(
    [StampedInGrams, StampedInKilos, NoteStamped],
    {
        StampedInGrams: lambda old: StampedInKilos(old.grams // 1000),
        StampedInKilos: lambda old: NoteStamped(old.kilos, "the post"),
    },
)


def test_facts_of_old_versions_go_out_as_they_were_written_and_come_back(
    open_host: Opener,
) -> None:
    engine = open_host(catalogue=STAMPED)
    for n, one in enumerate([StampedInGrams(5_000), StampedInKilos(6), NoteStamped(7, "me")]):
        new = NewEvent(one, ("note:n-1", f"id:x-{n}"), START, UUID(int=n))
        engine.core.store.append([new])
    lines = [json.loads(json.dumps(line)) for line in engine.export()]
    assert [(line["version"], line["data"]) for line in lines] == [
        (1, {"grams": 5_000}),
        (2, {"kilos": 6}),
        (3, {"kilos": 7, "by": "me"}),
    ]
    with host("memory://", catalogue=STAMPED) as copy:
        copy.load(from_line(line, STAMPED) for line in lines)
        assert list(copy.export()) == lines
        lifted = [record.fact for record in copy.core.store.read()]
    assert lifted == [NoteStamped(5, "the post"), NoteStamped(6, "the post"), NoteStamped(7, "me")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"fact": "note.burnt"}, r"note\.burnt"),
        ({"version": 9}, "version 9"),
        ({"data": {"record": "r-1", "words": "3"}}, r"data\.words"),
        ({"data": {"record": "r-1"}}, r"data\.words.*missing"),
        ({"data": {"record": "r-1", "words": 1, "more": 1}}, r"data\.more"),
        ({"occurred_at": "2024-03-01"}, "occurred_at"),
        ({"tags": "note:n-1"}, "tags"),
        ({"tags": []}, "tags.*kind:value"),
        ({"tags": ["note:n-1", "record:"]}, "tags.*'record:'"),
        ({"tags": ["note"]}, "tags.*'note'"),
        ({"surprise": 1}, "surprise.*there are data, fact, id, metadata, occurred_at"),
    ],
)
def test_a_line_that_is_no_such_fact_is_refused_with_the_field(
    engine: cix.Engine, change: dict[str, object], expected: str
) -> None:
    engine.do(sample.write, "n-1", record="r-1", words=3)
    (line,) = engine.export()
    with pytest.raises((UnknownFactError, MalformedFactError), match=expected):
        from_line(line | change, sample.CATALOGUE)


def test_records_are_found_in_a_copy_by_what_they_hold(open_host: Opener) -> None:
    engine = open_host()
    who = engine.record("phone", "+86 138 0000 0000")
    with host("memory://") as copy:
        copy.load(from_line(line, sample.CATALOGUE) for line in engine.export())
        assert copy.record("phone", "13800000000") == who
        assert copy.core.store.head() == engine.core.store.head()


# -- what loaded facts asked of other rooms has happened ------------------------------
def exported(engine: cix.Engine) -> list[dict[str, object]]:
    lines: list[dict[str, object]] = json.loads(json.dumps(list(engine.export())))
    return lines


@pytest.fixture
def refused() -> list[dict[str, object]]:
    """A history in which a reaction came to nothing; in another store it would not."""
    with host("memory://", reactions={}) as source:
        source.do(sample.write, "n-1", record="r-1")
        source.do(sample.file, "n-1", shelf="bin")
        source.do(sample.write, "n-1", record="r-1")
        return exported(source)


def test_nobody_reacts_to_the_facts_of_a_copy_and_the_copy_goes_on_reacting(
    open_host: Opener, refused: list[dict[str, object]]
) -> None:
    copy = open_host()
    copy.load(from_line(line, copy.core.catalogue) for line in refused)
    copy.work()
    assert exported(copy) == refused
    again = copy.load(from_line(line, copy.core.catalogue) for line in refused)
    copy.work()
    assert (again.stored, again.skipped, exported(copy)) == (0, 3, refused)
    copy.do(sample.file, "n-1", shelf="a")
    copy.do(sample.file, "n-1", shelf="bin")
    assert [line["fact"] for line in exported(copy)[3:]] == ["note.filed"] * 2 + ["note.written"]


def test_a_copy_that_was_cut_off_before_reactions_passed_over_it_is_made_whole(
    open_host: Opener, refused: list[dict[str, object]]
) -> None:
    cut = open_host(views="worker")
    loaded = [from_line(line, cut.core.catalogue) for line in refused]
    cut.core.store.load(loaded[:2])
    cut.load(loaded)
    cut.work()
    assert exported(cut) == refused


def test_nobody_reacts_to_exported_facts_among_others(
    open_host: Opener, refused: list[dict[str, object]]
) -> None:
    engine = open_host()
    engine.do(sample.write, "n-9", record="r-9")
    engine.do(sample.file, "n-9", shelf="bin")
    engine.load(from_line(line, engine.core.catalogue) for line in refused)
    engine.work()
    facts = exported(engine)
    assert [line["fact"] for line in facts] == [
        "note.written", "note.filed", "note.written", "note.written", "note.filed", "note.written",
    ]  # fmt: skip
    assert [line["metadata"] for line in facts[3:]] == [{"loaded": True}] * 3


def test_what_was_asked_before_a_load_is_still_reacted_to(
    open_host: Opener, refused: list[dict[str, object]]
) -> None:
    engine = open_host(views="worker")
    engine.do(sample.write, "n-9", record="r-9")
    engine.do(sample.file, "n-9", shelf="bin")
    engine.load(from_line(line, engine.core.catalogue) for line in refused)
    engine.work()
    assert [line["tags"][0] for line in exported(engine)[5:]] == ["note:copy-of-n-9"]  # type: ignore[index]  # tags are a list
