"""A child that is forked while a thread of its parent is at work goes on by itself."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Callable

import pytest

import cix
from cix.domain.decider import Call
from cix.garbage import collected_later
from cix.projections.projection import Projection
from cix.records import Recorded
from engine import sample
from engine.conftest import Opener

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with fork")


class Halt:
    """A place where the parent's thread stands until it is let go; a child passes it by."""

    def __init__(self) -> None:
        self.parent = os.getpid()
        self.reached, self.let_go = threading.Event(), threading.Event()

    def __call__(self) -> None:
        if os.getpid() == self.parent:
            self.reached.set()
            assert self.let_go.wait(60)

    def around(self, work: Callable[[], object], child: Callable[[], None]) -> int | None:
        """Fork *child* while a thread stands here in the middle of *work*; return its exit code."""
        thread = threading.Thread(target=work)
        thread.start()
        assert self.reached.wait(60)
        process = multiprocessing.get_context("fork").Process(target=child)
        process.start()
        process.join(20)
        if process.is_alive():
            process.kill()
        self.let_go.set()
        thread.join()
        process.join()
        return process.exitcode


@pytest.fixture
def halt() -> Halt:
    return Halt()


def test_a_child_reacts_though_its_parent_was_reacting(open_host: Opener, halt: Halt) -> None:
    def on_filed(happened: sample.NoteFiled, record: Recorded[object]) -> tuple[Call, ...]:
        halt()
        return sample.on_filed(happened, record)  # type: ignore[arg-type]  # of a filed note

    engine = open_host(reactions={sample.NoteFiled: on_filed})
    for key in ("n-1", "n-2"):
        engine.do(sample.write, key, record="r-1")

    def child() -> None:
        engine.do(sample.file, "n-2", shelf="bin")
        assert engine.get(sample.desk, "copy-of-n-2") is not None

    assert halt.around(lambda: engine.do(sample.file, "n-1", shelf="bin"), child) == 0
    assert [row.words for row in copies(engine)] == [3, 3]


def copies(engine: cix.Engine) -> list[sample.DeskCard]:
    return engine.find(sample.desk, note__among=["copy-of-n-1", "copy-of-n-2"])


def test_a_child_brings_views_up_to_date_though_its_parent_was_at_it(
    open_host: Opener, halt: Halt
) -> None:
    slow = Projection("slow", "note", 1, sample.DeskCard, new_row=sample.DeskCard)

    @slow.on(sample.NoteWritten)
    def written(card: sample.DeskCard, happened: sample.NoteWritten, _: object) -> None:
        if happened.words == 2:
            halt()
        card.words += happened.words

    engine = open_host(projections=(slow,))
    engine.do(sample.write, "n-1", record="r-1", words=1)

    def child() -> None:
        engine.do(sample.write, "n-1", record="r-1", words=4)
        found = engine.get(slow, "n-1")
        assert found is not None
        assert found.words == 7

    assert halt.around(lambda: engine.do(sample.write, "n-1", record="r-1", words=2), child) == 0
    live = engine.digest(slow)
    engine.rebuild(slow)
    assert engine.digest(slow) == live


def test_the_collector_is_at_work_in_a_child_though_a_thread_of_its_parent_put_it_off(
    halt: Halt,
) -> None:
    def long_fold() -> None:
        with collected_later():
            halt()

    def child() -> None:
        assert gc.isenabled()

    assert halt.around(long_fold, child) == 0
    assert gc.isenabled()
