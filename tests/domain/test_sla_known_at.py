"""When a breach could be known, against a search through every instant of the record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cix.domain.sla import (
    Created,
    FactIn,
    MergedFrom,
    MessageAdded,
    Noted,
    PolicyVersion,
    PriorityChanged,
    StatusChanged,
    Timer,
    timers,
)
from domain.sla_stories import policy, t, target

START = t("0:00")
SECOND = timedelta(seconds=1)
START_US = int(START.timestamp()) * 1_000_000
HORIZON = 120

FACTS: list[FactIn] = [
    StatusChanged("open"),
    StatusChanged("pending"),
    StatusChanged("resolved"),
    MessageAdded("customer"),
    MessageAdded("agent"),
    PriorityChanged("low"),
    PriorityChanged("high"),
    MergedFrom("t-2", START_US - 20_000_000),
]


@st.composite
def records(draw: st.DrawFn) -> list[Noted]:
    """Draw facts of which many were recorded late; the record goes by the position."""
    moves = draw(
        st.lists(
            st.tuples(st.integers(1, 60), st.integers(0, 60), st.sampled_from(FACTS)), max_size=8
        )
    )
    moves.sort(key=lambda move: move[0] + move[1])
    created = Noted.of(Created("open", priority="low"), START, START + draw(LATE) * SECOND)
    return [
        created,
        *(
            Noted.of(fact, START + at * SECOND, START + (at + late) * SECOND, position)
            for position, (at, late, fact) in enumerate(moves, start=2)
        ),
    ]


LATE = st.integers(0, 30)


@st.composite
def versions(draw: st.DrawFn) -> list[PolicyVersion]:
    """Draw one or two versions of policies, the second perhaps published late."""

    def body() -> dict[str, Any]:
        names = st.sampled_from(("resolution", "next_response", "first_response"))
        name, pauses = draw(names), draw(st.sampled_from(([], ["pending"])))
        keys = {"pause_on": pauses, "on_change": draw(st.sampled_from(("retroactive", "restart")))}
        low, high = (target(name, draw(st.integers(1, 40)), **keys) for _ in range(2))
        edit = draw(st.sampled_from(("keep", "recompute")))
        return {
            "policy": [
                policy(low, name="low", when={"priority": "low"}, on_edit=edit),
                policy(high, name="high", on_edit=edit),
            ]
        }

    first = PolicyVersion.of(body(), "1")
    if draw(st.booleans()):
        return [first]
    effective = START + draw(st.integers(-5, 40)) * SECOND
    recorded = effective + draw(st.integers(0, 40)) * SECOND
    return [first, PolicyVersion.of(body(), "2", effective, recorded, position=90)]


def breached(found: tuple[Timer, ...]) -> set[tuple[str, str]]:
    return {(one.target, one.ref) for one in found if one.status == "breached"}


@given(records(), versions())
def test_a_breach_is_known_from_the_first_record_on_since_when_it_has_always_shown(
    facts: list[Noted], policies: list[PolicyVersion]
) -> None:
    at = START + HORIZON * SECOND
    instants = sorted(
        {START + (one.recorded_us - START_US) // 1_000_000 * SECOND for one in facts}
        | {START + (p.recorded_us - START_US) // 1_000_000 * SECOND for p in policies[1:]}
    )
    shown_by: list[tuple[datetime, set[tuple[str, str]]]] = [
        (known, breached(timers(facts, policies, [], at, known))) for known in instants
    ]
    for timer in timers(facts, policies, [], at):
        if timer.status != "breached":
            assert timer.known_at is None
            continue
        since = at
        for known, shown in reversed(shown_by):
            if (timer.target, timer.ref) not in shown:
                break
            since = known
        latest = timer.due_latest
        assert latest is not None
        assert timer.known_at == max(latest, since)
