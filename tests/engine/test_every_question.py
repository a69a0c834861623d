"""Any history, asked every way: one key, all keys and the tables give one answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as some

import cix
from cix.domain import identity
from cix.errors import DomainError
from cix.testing import FakeClock
from engine import sample
from engine.conftest import START, host

HOUR: Final = timedelta(hours=1)
RECORDS: Final = ("r-1", "r-2", "r-3")
NOTES: Final = ("n-1", "n-2", "n-3")
PASSES: Final = ("p-1", "p-2")
MADE: Final = (*(f"copy-of-{note}" for note in NOTES), *(f"reminder-{key}" for key in PASSES))
KEYS: Final[Mapping[str, Sequence[str]]] = {
    "desk": (*NOTES, *MADE),
    "folder": (*RECORDS, "r-desk"),
    "journal": (*RECORDS, "r-desk"),
    "passes": PASSES,
    "pass_deadlines": PASSES,
}
STEPS: Final = some.tuples(
    some.sampled_from(
        ["write", "write", "file", "bin", "merge", "split", "buy", "use", "days", "wait", "tick"]
    ),
    some.integers(0, 5),
    some.sampled_from([None, None, -30, -5, 1, 50]),  # hours: late, and ahead of time
)
"""What is done, to which of the keys, and how many hours before or after the present."""


def told(
    engine: cix.Engine, clock: FakeClock, steps: Sequence[tuple[str, int, int | None]]
) -> None:
    """Do what the steps say; what a rule refuses is left out."""
    for record in RECORDS:
        engine.do(identity.observe, record)
    for n, (what, which, hours) in enumerate(steps):
        at = None if hours is None else clock() + hours * HOUR
        try:
            one(engine.by("a", id=f"q{n}", at=at), clock, what, which, n)
        except DomainError:
            continue


def one(engine: cix.Engine, clock: FakeClock, what: str, which: int, n: int) -> None:
    """Take one step."""
    note, record, other = NOTES[which % 3], RECORDS[which % 3], RECORDS[(which + 1) % 3]
    match what:
        case "write":
            engine.do(sample.write, note, record=other, words=which + 1)
        case "file" | "bin":
            engine.do(sample.file, note, shelf=what)
        case "merge":
            engine.do(identity.merge, record, other=other)
        case "split":
            engine.do(identity.retract, record, fact=f"q{n - which}")
        case "buy":
            engine.do(sample.buy, PASSES[which % 2], uses=2)
        case "use":
            engine.do(sample.use, PASSES[which % 2])
        case "days":
            engine.publish("passes", f"v{n}", {"days": which + 1}, effective_at=engine.stamp.at)
        case "wait":
            clock.advance((1, 6, 60, 100, 200, 300)[which] * HOUR)
        case _:
            engine.tick()


def asked(engine: cix.Engine, clock: FakeClock) -> Iterator[dict[str, Any]]:
    """Yield ways to ask: now, and as of and as known at some instants and positions."""
    head, now = engine.core.store.head().position, clock()
    yield {}
    yield {"as_of": now - 20 * HOUR}
    yield {"as_of": now + 20 * HOUR}
    yield {"known_at": head // 2}
    yield {"as_of": START + 3 * HOUR, "known_at": now - 2 * HOUR}


def rows(engine: cix.Engine, view: str, **question: Any) -> dict[str, Any]:
    """Return the rows of a view by key, asked for one by one."""
    column = engine.view(view).columns[0]
    found = [engine.get(view, key, **question) for key in KEYS[view]]
    return {getattr(row, column): row for row in found if row is not None}


@pytest.mark.parametrize("page", [1, 20_000])
@given(steps=some.lists(STEPS, max_size=14))
def test_one_answer_however_it_is_asked_for(
    page: int, steps: list[tuple[str, int, int | None]]
) -> None:
    clock = FakeClock(START)
    with host("memory://", clock=clock, page=page) as engine:
        told(engine, clock, steps)
        head = engine.core.store.head().position
        for view in KEYS.keys() - {"journal"}:
            for question in asked(engine, clock):
                each = rows(engine, view, **question)
                found = engine.find(view, **question)
                assert found == [each[key] for key in sorted(each)], (view, question)
        for view, keys in KEYS.items():
            for key in keys:
                assert engine.get(view, key) == engine.get(view, key, known_at=head), (view, key)


@pytest.mark.parametrize("page", [1, 20_000])
@given(steps=some.lists(STEPS, max_size=14))
def test_rows_that_time_moved_are_those_of_a_rebuild(
    page: int, steps: list[tuple[str, int, int | None]]
) -> None:
    clock = FakeClock(START)
    with host("memory://", clock=clock, page=page) as engine:
        told(engine, clock, steps)
        engine.tick()
        before = {view: engine.digest(view) for view in KEYS}
        for view in KEYS:
            engine.rebuild(view)
        assert {view: engine.digest(view) for view in KEYS} == before
        again = engine.tick()
        assert (again.recorded, again.performed) == (0, 0)
