"""Facts on their way into views: each once, in order, few at a time, no more at hand than fit."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

import cix
from cix.engine.groups import Groups
from cix.engine.page import TAKEN_AT_ONCE, as_many, pages
from cix.engine.session import Session, Slot
from cix.projections.projection import Projection
from cix.records import Query, QueryItem, Recorded
from engine import sample
from engine.conftest import START, Opener

NOTES = 2 * TAKEN_AT_ONCE + 10


def note(n: int, text: str | None = None) -> cix.SourceFact:
    return cix.SourceFact(sample.NoteWritten(f"r-{n}", 1, text), f"n-{n}", START, START, f"l-{n}")


def written(engine: cix.Engine, count: int, text: str | None = None) -> None:
    engine.load(note(n, text) for n in range(count))


@pytest.mark.parametrize("size", [1, 7, TAKEN_AT_ONCE, 10_000])
def test_every_fact_is_yielded_once_in_order(open_host: Opener, size: int) -> None:
    engine = open_host()
    written(engine, NOTES)
    engine.do(sample.buy, "p-1", uses=3)  # the desk takes no passes
    stop = engine.core.store.head().position
    session = Session((Slot(sample.desk, 1, 0),), 0, Groups(), stop)
    found = list(pages(engine.core.store, session, 0, stop, size))
    assert [r.key for page in found for r in page.records] == [f"n-{n}" for n in range(NOTES)]
    assert max(len(page.records) for page in found) == min(size, TAKEN_AT_ONCE)
    assert [page.start for page in found] == [0, *(page.end for page in found[:-1])]
    assert found[-1].end == stop
    for page in found:
        assert all(page.start < r.position <= page.end for r in page.records)


def test_of_large_facts_fewer_are_read_at_once(open_host: Opener) -> None:
    engine = open_host()
    written(engine, 40)
    small = engine.core.store.read(Query((QueryItem((), ("note.written",)),)))
    assert as_many(small) == 20_000
    engine.load(note(n, "x" * 4_000) for n in range(1_000, 1_040))
    large = engine.core.store.read(Query((QueryItem((), ("note.written",)),)), after=40)
    assert 1_500 < as_many(large) <= 2_000  # of 4 kB each, in about 8 MB
    engine.load(note(n, "x" * 40_000) for n in range(2_000, 2_016))
    huge = engine.core.store.read(Query((QueryItem((), ("note.written",)),)), after=80)
    assert as_many(huge) == 1_000


def test_a_key_whose_facts_come_late_is_folded_again_once_a_step(open_host: Opener) -> None:
    told: list[str] = []

    @attrs.define
    class Shelf:
        note: str
        words: int = 0

    shelves = Projection("shelves", "note", 1, Shelf, new_row=Shelf)

    @shelves.on(sample.NoteWritten)
    def counted(row: Shelf, fact: sample.NoteWritten, record: Recorded[sample.NoteWritten]) -> None:
        row.words += fact.words
        told.append(record.key)

    engine = open_host(projections=(shelves,), views="worker")
    engine.load(
        cix.SourceFact(
            sample.NoteWritten("r-1", 1), "n-1", START - timedelta(minutes=n), START, f"l-{n}"
        )
        for n in range(NOTES)
    )
    engine.work()
    found = engine.get(shelves, "n-1")
    assert found is not None
    assert found.words == NOTES
    assert len(told) <= NOTES + TAKEN_AT_ONCE
