"""Versions of a programme: tiers may be renamed and appended, never removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import cix
from cix.domain import loyalty
from cix.errors import InvalidPolicyError
from cix.projections import membership
from cix.testing import FakeClock
from domain.loyalty_world import DAY, START, TICK, World


def ladder(*names: str, step: int = 100) -> dict[str, Any]:
    return {"tiers": [{"name": name, "at": n * step} for n, name in enumerate(names)]}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def engine(clock: FakeClock) -> Iterator[cix.Engine]:
    with cix.open("memory://", clock=clock) as opened:
        opened.publish("loyalty", "v1", ladder("base", "silver", "gold"))
        yield opened


def refused(engine: cix.Engine, version: str, *names: str, **more: Any) -> str:
    before = engine.core.store.head().position
    with pytest.raises(InvalidPolicyError) as caught:
        engine.publish("loyalty", version, ladder(*names), **more)
    assert engine.core.store.head().position == before
    assert (caught.value.kind, caught.value.where) == ("loyalty", "tiers")
    return caught.value.problem


def test_a_version_may_rename_and_append_tiers(engine: cix.Engine) -> None:
    engine.do(loyalty.grow, "m", growth=200)
    engine.publish("loyalty", "v2", ladder("bronze", "silver", "golden", "king"))
    found = engine.get(membership, "m")
    assert found is not None
    assert (found.tier, found.position, found.to_next) == ("golden", 2, 100)


def test_a_version_that_removes_tiers_is_refused_naming_them(engine: cix.Engine) -> None:
    problem = refused(engine, "v2", "base", "gold")
    assert problem == "it lacks 1 of 3 tiers (silver) of version v1"
    assert refused(engine, "v2", "one") == (
        "it lacks 2 of 3 tiers (base, silver, gold) of version v1"
    )


def test_the_first_version_may_have_any_ladder() -> None:
    with cix.open("memory://", clock=FakeClock(START)) as engine:
        assert engine.publish("loyalty", "v1", ladder("only"))


def test_a_version_may_not_have_more_tiers_than_the_one_that_follows_it(
    engine: cix.Engine,
) -> None:
    engine.publish("loyalty", "later", ladder("a", "b", "c"), effective_at=START + 9 * DAY)
    problem = refused(engine, "v2", "a", "b", "c", "d", effective_at=START + DAY)
    assert problem == ("version later, which follows, lacks 1 of 4 tiers (d) of version v2")
    assert engine.publish("loyalty", "v2", ladder("x", "y", "z"), effective_at=START + DAY)


def test_a_version_that_was_never_in_force_binds_nobody(
    engine: cix.Engine, clock: FakeClock
) -> None:
    then = START + 9 * DAY
    engine.publish("loyalty", "mistake", ladder("a", "b", "c", "d"), effective_at=then)
    assert engine.publish("loyalty", "mended", ladder("a", "b", "c"), effective_at=then)
    clock.set(then)
    assert engine.publish("loyalty", "now", ladder("a", "b", "c"))


def test_a_version_in_force_binds_one_that_is_dated_back(
    engine: cix.Engine, clock: FakeClock
) -> None:
    engine.publish("loyalty", "v2", ladder("a", "b", "c", "d"), effective_at=START + DAY)
    clock.set(START + DAY)
    assert refused(engine, "v3", "a", "b", "c", effective_at=START + DAY).endswith("version v2")
    clock.set(START + 2 * DAY)
    refused(engine, "v3", "a", "b", "c", effective_at=START + DAY + TICK)
    assert engine.publish("loyalty", "too late", ladder("a"), effective_at=START)


def test_the_fold_is_total_where_a_loaded_version_removed_a_tier() -> None:
    world = World(ladder("base", "silver", "gold"))
    world.do(loyalty.grow, growth=200)
    world.publish(ladder("base", "silver"))
    assert (world.see().tier, world.see().position, world.see().to_next) == ("silver", 1, None)
    world.publish(ladder("base", "silver", "gold"))
    assert world.see().tier == "gold"


def test_another_programme_with_fewer_tiers_can_still_be_tried(engine: cix.Engine) -> None:
    from cix.analysis import loyalty as analyst

    engine.do(loyalty.purchase, "m", amount=50_000)
    (found,) = analyst.whatif(engine, loyalty.read(ladder("all"))).members
    assert (found.tier_before, found.tier_after) == ("gold", "all")
