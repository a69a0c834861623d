"""Whole lives: whatever comes in whatever order, rows, refolds and the past agree."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import cix
from cix.domain import identity
from cix.errors import RuleBrokenError
from cix.testing import FakeClock
from engine import sample
from engine.conftest import START, host

RECORDS = ("r-1", "r-2", "r-3", "r-4")
NOTES = ("n-1", "n-2", "n-3")
PASSES = ("p-1", "p-2")
VIEWS = ("customers", "desk", "folder", "journal", "passes", "pass_deadlines")
KEYED = {"desk": NOTES, "folder": RECORDS, "passes": PASSES}


class Life(RuleBasedStateMachine):
    """One engine lives; rebuilt, refolded and cut histories must say the same."""

    engine: cix.Engine

    @initialize(page=st.sampled_from([1, 2, 1_000]))
    def begin(self, page: int) -> None:
        self.clock = FakeClock(START)
        self.engine = host("memory://", clock=self.clock, page=page)
        self.merges: list[str] = []
        self.past: list[tuple[Any, int, dict[tuple[str, str], Any]]] = []
        for record in RECORDS[:3]:
            self.engine.do(identity.observe, record)

    @rule(note=st.sampled_from(NOTES), record=st.sampled_from(RECORDS), back=st.integers(0, 5))
    def write(self, note: str, record: str, back: int) -> None:
        at = self.clock() - timedelta(hours=back)
        self.engine.by(at=at).do(sample.write, note, record=record, words=back + 1)

    @rule(note=st.sampled_from(NOTES), shelf=st.sampled_from(["a", "b"]))
    def put_away(self, note: str, shelf: str) -> None:
        try:
            self.engine.do(sample.file, note, shelf=shelf)
        except RuleBrokenError:
            return

    @rule(one=st.sampled_from(PASSES), uses=st.integers(1, 4))
    def buy(self, one: str, uses: int) -> None:
        self.engine.do(sample.buy, one, uses=uses)

    @rule(one=st.sampled_from(PASSES), other=st.sampled_from(PASSES), uses=st.integers(1, 3))
    def give(self, one: str, other: str, uses: int) -> None:
        if one != other:
            try:
                self.engine.do(sample.give, one, to=other, uses=uses)
            except RuleBrokenError:
                return

    @rule(days=st.integers(2, 6))
    def publish(self, days: int) -> None:
        version = f"v{self.engine.core.store.head().position}"
        self.engine.publish("passes", version, {"days": days})

    @rule(a=st.sampled_from(RECORDS[:3]), b=st.sampled_from(RECORDS[:3]))
    def merge(self, a: str, b: str) -> None:
        if a != b:
            name = f"merge-{len(self.merges)}"
            if self.engine.by("x", id=name).do(identity.merge, a, other=b):
                self.merges.append(f"{a} {name}")

    @precondition(lambda self: self.merges)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        record, name = data.draw(st.sampled_from(self.merges)).split()
        self.engine.do(identity.retract, record, fact=name)

    @rule(hours=st.integers(1, 60))
    def wait(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))

    @rule()
    def tick(self) -> None:
        before = self.answers()
        self.engine.tick()
        after = {k: v for k, v in self.answers().items() if k[0] == "passes"}
        assert after == {k: v for k, v in before.items() if k[0] == "passes"}

    @rule()
    def remember(self) -> None:
        now, position = self.clock(), self.engine.core.store.head().position
        self.past.append((now, position, self.answers()))

    def answers(self) -> dict[tuple[str, str], Any]:
        found: dict[tuple[str, str], Any] = {
            (view, key): self.engine.get(view, key) for view, keys in KEYED.items() for key in keys
        }
        found |= {("journal", r): self.engine.lines("journal", r) for r in RECORDS}
        return found

    @invariant()
    def a_live_row_equals_a_fold_of_the_log(self) -> None:
        now, head = self.clock(), self.engine.core.store.head().position
        for (view, key), row in self.answers().items():
            assert self.engine.get(view, key, as_of=now, known_at=head) == row

    @rule()
    def a_rebuild_equals_the_live_rows(self) -> None:
        live = {name: self.engine.digest(name) for name in VIEWS}
        for name in VIEWS[1:]:
            self.engine.rebuild(name)
        assert {name: self.engine.digest(name) for name in VIEWS} == live

    @rule()
    def the_past_answers_what_it_answered_then(self) -> None:
        for now, position, answers in self.past:
            for (view, key), row in answers.items():
                assert self.engine.get(view, key, as_of=now, known_at=position) == row

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            fresh = host("memory://", clock=self.clock, views_url="sqlite://")
            live = {name: self.engine.digest(name) for name in VIEWS}
            assert len(live) == len(VIEWS)
            fresh.close()
            self.engine.close()


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
