"""A parked key keeps what it last had, however often it is tried, until it can be folded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

import cix
from cix.domain import identity
from cix.projections.projection import Projection
from cix.records import Recorded
from cix.testing import FakeClock
from engine import sample
from engine.conftest import Opener


@attrs.define
class Page:
    words: int


class Printer:
    """Prints pages, until it is broken."""

    def __init__(self) -> None:
        self.broken = True

    def view(self, name: str, by: str) -> Projection[Page]:
        pages = Projection(name, by, 1, Page, lines=True)

        @pages.line(sample.NoteWritten)
        def printed(
            happened: sample.NoteWritten, _: Recorded[sample.NoteWritten]
        ) -> Iterable[Page]:
            if self.broken and happened.words == 666:
                message = "it does not print 666"
                raise ValueError(message)
            yield Page(happened.words)

        return pages


@pytest.fixture
def printer() -> Printer:
    return Printer()


def test_lines_stay_when_a_parked_key_is_tried_in_vain(open_host: Opener, printer: Printer) -> None:
    pages = printer.view("pages", "note")
    engine = open_host(projections=(pages,))
    for words in (1, 2, 666, 4):
        engine.do(sample.write, "n-1", record="r-1", words=words)
    assert engine.lines(pages, "n-1") == (Page(1), Page(2))
    assert engine.retry_parked() == 1
    assert engine.lines(pages, "n-1") == (Page(1), Page(2))
    printer.broken = False
    assert engine.retry_parked() == 0
    assert engine.lines(pages, "n-1") == (Page(1), Page(2), Page(666), Page(4))


def test_lines_stay_when_a_merge_brings_a_fact_that_cannot_be_taken(
    open_host: Opener, printer: Printer
) -> None:
    pages = printer.view("pages", "customer")
    engine = open_host(projections=(pages,))
    for record in ("r-1", "r-2"):
        engine.do(identity.observe, record)
    engine.do(sample.write, "n-1", record="r-1", words=1)
    engine.do(sample.write, "n-2", record="r-2", words=666)
    engine.do(identity.merge, "r-1", other="r-2")
    assert {one.key for one in engine.parked()} == {"r-1", "r-2"}
    assert engine.lines(pages, "r-2") == (Page(1),)
    printer.broken = False
    assert engine.retry_parked() == 0
    assert engine.lines(pages, "r-2") == (Page(1), Page(666))


def test_what_a_page_took_before_it_parked_a_key_waits_with_it(
    open_host: Opener, printer: Printer
) -> None:
    pages = printer.view("pages", "note")
    engine = open_host(projections=(pages,), views="worker")
    engine.do(sample.write, "n-1", record="r-1", words=1)
    engine.work()
    for words in (2, 666):
        engine.do(sample.write, "n-1", record="r-1", words=words)
    engine.work()
    assert stored(engine, pages) == [Page(1)]
    printer.broken = False
    assert engine.retry_parked() == 0
    assert stored(engine, pages) == [Page(1), Page(2), Page(666)]


def stored(engine: cix.Engine, view: Projection[Page]) -> list[Page]:
    return [line.row for line in engine.core.views.stored_lines(view.name, "n-1")]


def test_a_tick_sees_to_the_others_and_later_to_a_key_that_could_not_be_folded(
    open_host: Opener, clock: FakeClock, printer: Printer
) -> None:
    def evolve(one: sample.Pass, happened: Any, record: Recorded[object]) -> sample.Pass:
        if printer.broken and one.key == "p-2" and isinstance(happened, sample.PassUsed):
            message = "nobody folds this"
            raise ValueError(message)
        return sample.evolve_pass(one, happened, record)

    room = attrs.evolve(sample.PASS, evolve=evolve)
    view = Projection.of("passes", room, version=1, row=sample.PassCard, picture=sample.picture)
    engine = open_host(clock=clock, rooms=(room, sample.NOTE), projections=(view,))
    printer.broken = False
    for key in ("p-1", "p-2", "p-3"):
        engine.do(sample.buy, key, uses=5)
    engine.do(sample.use, "p-2")
    printer.broken = True
    clock.advance(timedelta(days=11))
    assert engine.tick().recorded == 2
    assert engine.tick().recorded == 0
    assert [one.key for one in engine.parked()] == ["p-2"]
    printer.broken = False
    assert engine.tick().recorded == 1
    assert engine.retry_parked() == 0
    assert engine.find(view, left__gt=0) == []


@pytest.mark.parametrize("fails", ["fold", "picture"])
def test_what_came_while_a_key_was_parked_is_not_forgotten_later(
    open_host: Opener, printer: Printer, fails: str
) -> None:
    def evolve(one: sample.Pass, happened: Any, record: Recorded[object]) -> sample.Pass:
        if printer.broken and fails == "fold" and isinstance(happened, sample.PassUsed):
            message = "nobody folds this"
            raise ValueError(message)
        return sample.evolve_pass(one, happened, record)

    def picture(one: sample.Pass, at: datetime) -> sample.PassCard | None:
        if printer.broken and fails == "picture":
            message = "nobody pictures this"
            raise ValueError(message)
        return sample.picture(one, at)

    room = attrs.evolve(sample.PASS, evolve=evolve)
    view = Projection.of("passes", room, version=1, row=sample.PassCard, picture=picture)
    engine = open_host(rooms=(sample.PASS, sample.NOTE), projections=(view,), views="worker")
    printer.broken = False
    engine.do(sample.buy, "p-1", uses=9)
    engine.work()
    printer.broken = True
    for _ in range(2):
        engine.do(sample.use, "p-1")
        engine.work()
    assert [one.key for one in engine.parked()] == ["p-1"]
    printer.broken = False
    assert engine.retry_parked() == 0
    engine.do(sample.use, "p-1")
    engine.work()
    live = engine.core.views.stored("passes", "p-1")
    engine.rebuild("passes")
    assert live == engine.core.views.stored("passes", "p-1")
