"""The clocks against the same rules told second by second, and what holds of every clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cix.domain.calendar import Calendar
from cix.domain.sla import (
    CalendarVersion,
    Created,
    FactIn,
    MessageAdded,
    Milestone,
    Noted,
    PolicyVersion,
    PriorityChanged,
    StatusChanged,
    Timer,
    timers,
)
from cix.domain.sla.clocks import Clocks
from cix.domain.sla.derived import outputs
from cix.domain.sla.facts_in import in_effect_order
from cix.domain.sla.versions import Book
from domain.sla_second_by_second import Count, told
from domain.sla_stories import t

HORIZON = 150
WINDOWS = [(10, 40), (45, 60), (90, 130)]
DESK = CalendarVersion.of(
    {
        "zone": "UTC",
        "weekly": {"mon": ["00:00:10-00:00:40", "00:00:45-00:01:00", "00:01:30-00:02:10"]},
    }
)
START = t("0:00")
STATUSES = ("new", "open", "pending", "resolved", "closed")
SECOND = timedelta(seconds=1)

Told = tuple[int, str, str]


def verbs() -> st.SearchStrategy[tuple[str, str]]:
    return st.one_of(
        st.tuples(st.just("enter"), st.sampled_from(STATUSES)),
        st.tuples(st.just("say"), st.sampled_from(("customer", "agent"))),
        st.tuples(st.just("reach"), st.sampled_from(("ring", "answered", "abandoned"))),
    )


@st.composite
def stories(draw: st.DrawFn) -> list[Told]:
    began = draw(st.integers(0, 40))
    moves = draw(st.lists(st.tuples(st.integers(began, HORIZON), verbs()), max_size=14))
    moves.sort(key=lambda move: move[0])
    created = (began, "create", draw(st.sampled_from(STATUSES)))
    return [created, *((second, verb, what) for second, (verb, what) in moves)]


@st.composite
def targets(draw: st.DrawFn) -> dict[str, Any]:
    names = ("first_response", "next_response", "periodic_update", "resolution", "tokens")
    found: dict[str, Any] = {
        "name": draw(st.sampled_from(names)),
        "seconds": draw(st.integers(1, 60)),
        "calendar": draw(st.sampled_from(("always", "desk"))),
        "pause_on": draw(st.lists(st.sampled_from(STATUSES), max_size=2, unique=True)),
    }
    if draw(st.booleans()):
        found["cancel"] = ["abandoned"]
    if found["name"] == "resolution":
        found["reopen"] = draw(st.sampled_from(("resume", "restart", "ignore")))
    if found["name"] == "next_response":
        found["after_first_reply_only"] = draw(st.booleans())
    if found["name"] == "tokens":
        found["start"] = draw(st.sampled_from((["ring"], ["message:customer", "status:pending"])))
        found["stop"] = draw(st.sampled_from((["answered"], ["message:agent", "ring"])))
        found["repeat"] = draw(st.booleans())
    return found


def read(one: Told) -> FactIn:
    _, verb, what = one
    table: dict[str, Any] = {
        "create": Created, "enter": StatusChanged, "say": MessageAdded, "reach": Milestone,
    }  # fmt: skip
    fact: FactIn = table[verb](what)
    return fact


def noted(story: list[Told]) -> list[Noted]:
    return [
        Noted.of(read(one), START + one[0] * SECOND, position=n)
        for n, one in enumerate(story, start=1)
    ]


def promise(target: dict[str, Any]) -> list[PolicyVersion]:
    return [PolicyVersion.of({"policy": [{"name": "p", "family": "f", "targets": [target]}]})]


def shown(story: list[Told], target: dict[str, Any], at: int) -> tuple[Timer, ...]:
    return timers(noted(story), promise(target), [DESK], START + at * SECOND)


def is_open(second: int) -> bool:
    return any(opening <= second < closing for opening, closing in WINDOWS)


def plain(timer: Timer) -> tuple[Any, ...]:
    def second(value: datetime | None) -> int | None:
        return None if value is None else (value - START) // SECOND

    return (
        second(timer.started_at),
        timer.elapsed // SECOND,
        timer.status,
        second(timer.breached_at),
        second(timer.stopped_at),
    )


def plain_count(count: Count) -> tuple[Any, ...]:
    return (count.start, count.elapsed, count.status, count.breached, count.stopped)


@given(stories(), targets(), st.integers(0, HORIZON + 20))
def test_every_clock_agrees_with_the_same_rules_told_second_by_second(
    story: list[Told], target: dict[str, Any], at: int
) -> None:
    visible = [one for one in story if one[0] <= at]
    opens = is_open if target["calendar"] == "desk" else lambda _: True
    expected = told(visible, target, opens, at)
    assert [plain(one) for one in shown(story, target, at)] == [plain_count(c) for c in expected]


@given(stories(), targets(), st.integers(0, HORIZON), st.integers(0, 30))
def test_elapsed_never_decreases_and_a_breach_is_more_than_the_target(
    story: list[Told], target: dict[str, Any], at: int, more: int
) -> None:
    before = {one.ref: one for one in shown(story, target, at)}
    after = {one.ref: one for one in shown(story, target, at + more)}
    for ref, timer in before.items():
        assert after[ref].elapsed >= timer.elapsed
        assert (timer.status == "breached") == (timer.elapsed > timer.allowed)
        assert timer.remaining == timer.allowed - timer.elapsed


@given(stories(), targets(), st.integers(0, HORIZON))
def test_a_due_instant_is_shown_while_it_runs_or_is_breached_and_else_not(
    story: list[Told], target: dict[str, Any], at: int
) -> None:
    for timer in shown(story, target, at):
        assert (timer.due_at is not None) == (timer.status in {"breached", "running"})
        assert (timer.due_if_resumed_now is not None) == (timer.status == "paused")


@given(stories(), targets())
def test_running_paused_and_resolved_spans_make_up_the_life_of_a_clock(
    story: list[Told], target: dict[str, Any]
) -> None:
    at = START + HORIZON * SECOND
    for timer in shown(story, target, HORIZON):
        end = timer.stopped_at or at
        spans = [(s.started_at, s.ended_at or at) for s in timer.segments]
        ordered = [edge for span in spans for edge in span]
        assert ordered == sorted(ordered)
        assert all(timer.started_at <= edge <= end for edge in ordered)
        assert sum((b - a for a, b in spans), timedelta(0)) == timer.elapsed_real


@given(stories(), targets(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter_among_facts_of_different_instants(
    story: list[Told], target: dict[str, Any], shuffle: Random
) -> None:
    seconds = [one[0] for one in story]
    once = [one for one in story if seconds.count(one[0]) == 1 or one[1] == "create"]
    facts = noted(once)
    arrived = list(facts)
    shuffle.shuffle(arrived)
    again = [
        Noted(one.fact, one.occurred_us, one.recorded_us, position)
        for position, one in enumerate(arrived, start=1)
    ]
    at = START + HORIZON * SECOND
    first, second = (timers(f, promise(target), [DESK], at) for f in (facts, again))
    assert [plain(one) for one in first] == [plain(one) for one in second]


@given(stories(), targets(), st.integers(0, 16))
def test_splitting_a_batch_anywhere_gives_the_same_clocks(
    story: list[Told], target: dict[str, Any], cut: int
) -> None:
    book = Book.of(promise(target), [DESK])
    facts = in_effect_order(noted(story))
    until = (facts[-1].occurred_us) + 1
    whole = Clocks(book).run(facts, until)
    parts = Clocks(book).run(facts[:cut]).run(facts[cut:], until)
    assert outputs("t", whole, until) == outputs("t", parts, until)


@given(stories(), targets(), st.sampled_from(WINDOWS))
def test_closing_more_hours_never_makes_anything_due_earlier(
    story: list[Told], target: dict[str, Any], window: tuple[int, int]
) -> None:
    first, last = (f"00:{second // 60:02}:{second % 60:02}" for second in window)
    body = {**DESK.calendar.plain(), "breaks": {"2026-03-02": [f"{first}-{last}"]}}
    closed = CalendarVersion.of(Calendar.parse(body))
    at = START + HORIZON * SECOND
    usual, shorter = (timers(noted(story), promise(target), [c], at) for c in (DESK, closed))
    for before, after in zip(usual, shorter, strict=True):
        if before.due_at is not None and after.due_at is not None:
            assert after.due_at >= before.due_at


@given(stories(), targets(), st.integers(0, HORIZON), st.integers(1, 20))
def test_lengthening_a_pause_never_makes_anything_due_earlier(
    story: list[Told], target: dict[str, Any], at: int, more: int
) -> None:
    target = {**target, "pause_on": ["pending"]}
    began = story[0][0]
    base: list[Told] = [(began, "create", "open")]

    def due(end: int) -> datetime | None:
        facts = [*base, (at, "enter", "pending"), (end, "enter", "open")] if at > began else base
        found = shown([*facts], target, HORIZON * 3)
        return found[0].due_at if found else None

    first, second = due(at + 5), due(at + 5 + more)
    if first is not None and second is not None:
        assert second >= first


@given(stories(), targets(), st.integers(1, 60), st.integers(0, HORIZON))
def test_a_swapped_target_judges_as_if_it_had_always_held_but_for_what_was_earned_before(
    story: list[Told], target: dict[str, Any], seconds: int, at: int
) -> None:
    facts = [one for one in story if one[0] != at]
    if at <= story[0][0]:
        return
    other = {**target, "seconds": seconds}
    both: list[Any] = [
        {"name": "low", "family": "f", "when": {"priority": "low"}, "targets": [target]},
        {"name": "high", "family": "f", "targets": [other]},
    ]
    began = Noted.of(Created(story[0][2], priority="low"), START + story[0][0] * SECOND)
    change = Noted.of(PriorityChanged("high"), START + at * SECOND, position=99)
    told_of = [began, *noted(facts)[1:], change]
    end = START + HORIZON * SECOND
    changed = timers(told_of, [PolicyVersion.of({"policy": both})], [DESK], end)
    before = {one.ref: one for one in shown(facts, target, at)}
    fresh = {one.ref: one for one in shown(facts, other, HORIZON)}
    for timer in changed:
        earlier = before.get(timer.ref)
        if earlier is not None and earlier.status == "breached":
            assert timer.breached_at == earlier.breached_at
        elif timer.stopped_at is not None and timer.stopped_at <= START + at * SECOND:
            assert earlier is not None
            assert plain(timer) == plain(earlier)
        else:
            assert plain(timer) == plain(fresh[timer.ref])
