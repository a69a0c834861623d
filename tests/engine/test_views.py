"""Rows are a cache of a fold: however they came about, they say what the log says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import attrs
import pytest

import cix
from cix.domain import identity
from cix.errors import ProjectionError
from cix.eventstore.base import Change, Parked
from cix.facts import word_of
from cix.projections.projection import Projection
from cix.testing import FakeClock
from engine import sample
from engine.conftest import START, Opener, host
from engine.sample import DeskCard, Folder, PassCard

DAY = timedelta(days=1)


def test_a_row_is_there_when_the_decision_returns(open_host: Opener) -> None:
    engine = open_host()
    engine.do(sample.write, "n-1", record="r-1", words=3)
    assert engine.get(sample.desk, "n-1") == DeskCard("n-1", 3, None, START)
    assert engine.get("desk", "nobody") is None


def test_a_late_fact_folds_its_key_again(open_host: Opener) -> None:
    engine = open_host()
    engine.do(sample.write, "n-1", record="r-1", words=3)
    engine.do(sample.file, "n-1", shelf="a")
    engine.by(at=START - timedelta(days=1)).do(sample.write, "n-1", record="r-1", words=4)
    assert engine.get(sample.desk, "n-1") == DeskCard("n-1", 7, "a after 7", START)


def test_a_fact_of_tomorrow_counts_from_tomorrow(open_host: Opener) -> None:
    clock = FakeClock(START)
    engine = open_host(clock=clock)
    engine.do(sample.write, "n-1", record="r-1", words=3)
    engine.by(at=START + timedelta(days=1)).do(sample.write, "n-1", record="r-1", words=4)
    card = engine.get(sample.desk, "n-1")
    assert card is not None
    assert card.words == 3
    clock.advance(timedelta(days=1))
    card = engine.get(sample.desk, "n-1")
    assert card is not None
    assert card.words == 7
    engine.tick()
    assert [row.words for row in engine.find(sample.desk)] == [7]


def seen(engine: cix.Engine, *records: str) -> None:
    for record in records:
        engine.do(identity.observe, record)


def test_a_merge_joins_two_histories_and_an_undo_parts_them_exactly(open_host: Opener) -> None:
    engine = open_host()
    seen(engine, "r-1", "r-2")
    engine.do(sample.write, "n-1", record="r-1", words=1)
    engine.by(at=START - timedelta(days=1)).do(sample.write, "n-2", record="r-2", words=2)
    before = [engine.get(sample.folder, r) for r in ("r-1", "r-2")]
    engine.by("agent", id="merge-1").do(identity.merge, "r-1", other="r-2", reason="same person")
    together = Folder("r-1", 2, ["n-2:2", "n-1:1"])
    assert engine.get(sample.folder, "r-1") == together
    assert engine.get(sample.folder, "r-2") == together
    assert [line.about for line in engine.lines(sample.journal, "r-2")] == ["n-2", "n-1"]
    engine.do(identity.retract, "r-1", fact="merge-1", reason="two people")
    assert [engine.get(sample.folder, r) for r in ("r-1", "r-2")] == before
    assert [line.about for line in engine.lines(sample.journal, "r-2")] == ["n-2"]


def test_a_fact_after_a_merge_is_counted_once(open_host: Opener) -> None:
    engine = open_host()
    seen(engine, "r-1", "r-2", "r-3")
    engine.do(identity.merge, "r-2", other="r-3")
    engine.do(identity.merge, "r-1", other="r-2")
    engine.do(sample.write, "n-1", record="r-3", words=1)
    assert engine.get(sample.folder, "r-2") == Folder("r-1", 1, ["n-1:1"])
    assert [(row.record, row.customer) for row in engine.find("customers")] == [
        ("r-1", "r-1"),
        ("r-2", "r-1"),
        ("r-3", "r-1"),
    ]


def test_a_handler_that_raises_parks_its_key_and_others_go_on(open_host: Opener) -> None:
    engine = open_host()
    engine.do(sample.write, "bad", record="r-1", words=1)
    engine.do(sample.write, "bad", record="r-1", words=666)
    engine.do(sample.write, "good", record="r-1", words=2)
    (parked,) = engine.parked()
    assert (parked.projection, parked.key, parked.position) == ("desk", "bad", 2)
    assert "cannot take 666" in parked.error
    assert engine.get(sample.desk, "good") == DeskCard("good", 2, None, START)
    assert engine.projections()["desk"].parked == 1
    assert engine.retry_parked() == 1


def test_a_parked_key_comes_back_when_its_handler_is_mended(open_host: Opener) -> None:
    broken = open_host()
    broken.do(sample.write, "bad", record="r-1", words=666)
    broken.do(sample.file, "bad", shelf="a")
    mended = attrs.evolve(sample.desk)

    @mended.on(sample.NoteWritten)
    def written(card: DeskCard, happened: sample.NoteWritten, record: object) -> None:
        card.words += happened.words

    @mended.on(sample.NoteFiled)
    def filed(card: DeskCard, happened: sample.NoteFiled, record: object) -> None:
        card.shelf = happened.shelf

    engine = open_host(projections=(mended,))
    assert engine.retry_parked() == 0
    assert engine.get(mended, "bad") == DeskCard("bad", 666, "a")


def history(engine: cix.Engine, clock: FakeClock) -> None:
    """A little of everything: late facts, merges both ways, policies, passing time."""
    seen(engine, "r-1", "r-2", "r-3")
    for n in range(1, 8):
        engine.do(sample.write, f"n-{n % 3}", record=f"r-{n % 3 + 1}", words=n)
        clock.advance(timedelta(hours=1))
    engine.do(identity.merge, "r-2", other="r-1")
    engine.by(at=START).do(sample.write, "n-1", record="r-2", words=50)
    engine.by("x", id="m2").do(identity.merge, "r-2", other="r-3")
    engine.publish("passes", "v1", {"days": 3})
    engine.do(sample.buy, "p-1", uses=5)
    engine.do(sample.buy, "p-2", uses=5)
    clock.advance(timedelta(days=2))
    engine.do(sample.give, "p-1", to="p-2", uses=2)
    engine.do(identity.retract, "r-3", fact="m2")
    engine.publish("passes", "v2", {"days": 30})
    engine.do(sample.buy, "p-2", uses=1)
    engine.do(sample.file, "n-2", shelf="bin")


def digests(engine: cix.Engine) -> dict[str, str]:
    return {name: engine.digest(name) for name in sorted(engine.projections())}


def test_a_rebuild_equals_the_live_rows_and_stores_agree(open_host: Opener) -> None:
    clock = FakeClock(START)
    engine = open_host(clock=clock)
    history(engine, clock)
    live = digests(engine)
    for name in ("desk", "folder", "journal", "passes", "pass_deadlines"):
        engine.rebuild(name)
    assert digests(engine) == live
    with host("memory://", clock=FakeClock(START)) as other:
        history(other, other.core.clock)  # type: ignore[arg-type]  # the fake clock just given
        assert digests(other) == live


@pytest.mark.parametrize("page", [1, 2, 3, 7, 1_000])
def test_the_size_of_a_page_changes_no_row(store_url: str, page: int) -> None:
    clock = FakeClock(START)
    with host(store_url, clock=clock) as engine:
        history(engine, clock)
        live = digests(engine)
    with host(store_url, clock=clock, page=page, views_url="sqlite://") as other:
        other.work()
        assert digests(other) == live


def test_a_view_of_another_version_is_built_anew_and_read_from_the_log_meanwhile(
    open_host: Opener,
) -> None:
    engine = open_host()
    engine.do(sample.write, "n-1", record="r-1", words=3)
    second = attrs.evolve(sample.desk, version=2)
    for cls, name in ((sample.NoteWritten, "written"), (sample.NoteFiled, "filed")):
        second.on(cls)(getattr(sample, name))
    newer = open_host(projections=(second,), views="worker")
    assert newer.core.views.is_stale("desk")
    assert newer.get(second, "n-1") == DeskCard("n-1", 3, None, START)
    newer.work()
    assert newer.projections()["desk"].version == 2
    assert newer.get(second, "n-1") == DeskCard("n-1", 3, None, START)


def test_a_policy_moves_every_row_it_reaches(open_host: Opener) -> None:
    engine = open_host()
    engine.do(sample.buy, "p-1", uses=5)
    engine.publish("passes", "v1", {"days": 3})
    assert engine.get(sample.passes, "p-1") == PassCard("p-1", 5, 0, 3)


def test_with_workers_a_row_waits_for_the_work(open_host: Opener) -> None:
    engine = open_host(views="worker")
    engine.do(sample.write, "n-1", record="r-1", words=3)
    assert engine.get(sample.desk, "n-1") is None
    assert engine.work() == 1
    assert engine.get(sample.desk, "n-1") == DeskCard("n-1", 3, None, START)


def test_engines_on_one_store_take_turns_and_apply_nothing_twice(open_host: Opener) -> None:
    one, two = open_host(), open_host()
    for n in range(6):
        (one, two)[n % 2].do(sample.write, "n-1", record="r-1", words=1)
    for engine in (one, two):
        card = engine.get(sample.desk, "n-1")
        assert card is not None
        assert card.words == 6


def test_a_rebuild_that_was_interrupted_goes_on_where_it_stood(open_host: Opener) -> None:
    clock = FakeClock(START)
    engine = open_host(clock=clock, page=2)
    history(engine, clock)
    for n in range(80):
        engine.do(sample.write, f"n-{n}", record=f"r-{n}")
    live = engine.digest(sample.folder)
    seen: list[int] = []

    def interrupted(position: int, goal: int) -> None:
        seen.append(position)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.rebuild(sample.folder, progress=interrupted)
    assert engine.digest(sample.folder) == live
    assert seen[0] < engine.core.store.head().position
    again = open_host(clock=clock, page=2)
    again.rebuild(sample.folder, progress=lambda position, _: seen.append(position))
    assert seen == sorted(set(seen))
    assert again.digest(sample.folder) == live


def test_a_row_that_no_table_can_hold_parks_its_key_and_others_go_on(open_host: Opener) -> None:
    engine = open_host(views="worker")
    for _ in range(2):
        engine.do(sample.write, "vast", record="r-1", words=2**62)
    engine.do(sample.write, "good", record="r-1", words=2)
    assert engine.work() == 3
    assert [one.key for one in engine.parked()] == ["vast"]
    assert engine.get(sample.desk, "good") == DeskCard("good", 2, None, START)


def test_a_key_that_another_process_mended_misses_no_fact(open_host: Opener) -> None:
    one = open_host()
    one.do(sample.write, "bad", record="r-1", words=1)
    parked = {"bad": Parked("desk", "bad", 1, "as if it had failed")}
    change = Change("desk", one.projections()["desk"].generation, parked=parked)
    assert one.core.tables.commit([change], expected={"desk": 1}, position=1)
    two = open_host()
    two.do(sample.write, "other", record="r-1", words=1)
    assert two.projections()["desk"].parked == 1
    assert one.retry_parked() == 0
    two.do(sample.write, "bad", record="r-1", words=10)
    assert two.get(sample.desk, "bad") == DeskCard("bad", 11, None, START)


# -- facts of the future ----------------------------------------------------------
def test_a_key_with_only_future_facts_gets_its_row_when_their_time_comes(
    open_host: Opener, clock: FakeClock
) -> None:
    engine = open_host(clock=clock)
    engine.by(at=START + DAY).do(sample.write, "n-1", record="r-1")
    assert engine.find(sample.desk) == engine.find(sample.folder) == []
    clock.advance(DAY)
    assert [row.note for row in engine.find(sample.desk)] == ["n-1"]
    assert engine.core.tables.find("desk") == []
    assert engine.tick().moved == 2
    assert [stored.row.note for stored in engine.core.tables.find("desk")] == ["n-1"]
    assert engine.tick().moved == 0
    digest = engine.digest(sample.desk)
    engine.rebuild(sample.desk)
    assert engine.digest(sample.desk) == digest


def test_a_future_fact_is_not_lost_when_others_come_after_its_time(
    open_host: Opener, clock: FakeClock
) -> None:
    engine = open_host(clock=clock)
    engine.by(at=START + DAY).do(sample.write, "n-1", record="r-1", words=1)
    clock.advance(2 * DAY)
    engine.do(sample.write, "n-1", record="r-1", words=10)
    card = engine.get(sample.desk, "n-1")
    assert card is not None
    assert card.words == 11
    assert engine.find(sample.desk) == [card]


def test_a_future_fact_waits_through_a_rebuild_and_for_another_engine(
    open_host: Opener, clock: FakeClock
) -> None:
    engine = open_host(clock=clock)
    engine.by(at=START + DAY).do(sample.write, "n-1", record="r-1")
    engine.rebuild(sample.desk)
    clock.advance(DAY)
    other = open_host(clock=clock)
    assert [row.note for row in other.find(sample.desk)] == ["n-1"]
    assert other.tick().moved == 2
    assert other.tick().moved == 0
    engine.do(sample.write, "n-1", record="r-1")
    assert [row.words for row in engine.find(sample.desk)] == [2]


def test_a_future_fact_of_a_room_that_is_pictured_waits_too(
    open_host: Opener, clock: FakeClock
) -> None:
    pictured = Projection.of(
        "notes", sample.NOTE, version=1, row=DeskCard, picture=lambda note, _: DeskCard(note.key)
    )
    engine = open_host(clock=clock, projections=(pictured,))
    engine.by(at=START + DAY).do(sample.write, "n-1", record="r-1")
    assert engine.find(pictured) == []
    clock.advance(DAY)
    assert engine.find(pictured) == [DeskCard("n-1")]
    assert engine.tick().moved == 1
    assert [stored.row for stored in engine.core.tables.find("notes")] == [DeskCard("n-1")]


def test_a_key_that_cannot_be_folded_is_a_typed_error_that_names_it(open_host: Opener) -> None:
    engine = open_host()
    engine.do(sample.write, "n-1", record="r-1", words=666)
    asks: list[Callable[[], object]] = [
        lambda: engine.get(sample.desk, "n-1"),
        lambda: engine.get(sample.desk, "n-1", known_at=1),
        lambda: engine.find(sample.desk, known_at=1),
        lambda: engine.explain(sample.desk, "n-1", "words"),
    ]
    for ask in asks:
        with pytest.raises(ProjectionError, match=r"desk at position 1 \(n-1\): ValueError: this"):
            ask()
    assert engine.find(sample.desk) == []


def test_rows_of_another_version_are_not_found_but_folded_from_the_log(open_host: Opener) -> None:
    newer = attrs.evolve(sample.desk, version=2)
    newer.handlers[word_of(sample.NoteWritten).name] = lambda card, _, __: setattr(card, "words", 7)
    open_host().do(sample.write, "n-1", record="r-1")
    reader = open_host(projections=(newer,), views="worker")
    assert reader.get(newer, "n-1") == DeskCard("n-1", 7)
    assert reader.find(newer) == [DeskCard("n-1", 7)]


def test_a_build_that_goes_on_remembers_what_it_parked(open_host: Opener) -> None:
    class StoppedError(Exception):
        """The process ends here."""

    def stop(done: int, _: int) -> None:
        if done >= 3:
            raise StoppedError

    engine = open_host(page=1)
    for words in (1, 666, 3, 4):
        engine.do(sample.write, "n-1", record="r-1", words=words)
    before = engine.digest(sample.desk)
    with pytest.raises(StoppedError):
        engine.rebuild(sample.desk, progress=stop)
    state = open_host(page=1).rebuild(sample.desk)
    assert (state.building, state.parked) == (None, 1)
    assert engine.digest(sample.desk) == before
    assert engine.find(sample.desk) == [DeskCard("n-1", 1, None, START)]
