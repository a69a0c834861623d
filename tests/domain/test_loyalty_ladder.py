"""The ladder at its edges: bars, windows, terms, reviews, returns, versions, floors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cix.domain import loyalty
from cix.domain.loyalty.programme import DEFAULT_TIERS
from domain.loyalty_world import DAY, START, TICK, World, on

LADDER = [
    {"name": "base", "at": 0},
    {"name": "one", "at": 100, "keep": 80},
    {"name": "two", "at": 200, "keep": 150},
    {"name": "three", "at": 400},
]


def world(now: str = "2024-01-15", **programme: Any) -> World:
    return World({"tiers": LADDER, **programme}, now=on(now))


def grow(one: World, growth: int, at: Any, effective: str | None = None) -> None:
    when = None if effective is None else on(effective)
    one.do(loyalty.grow, growth=growth, at=on(at) if isinstance(at, str) else at, effective=when)


def tiers(one: World, at: str) -> tuple[str, str]:
    """Return the tier just before an instant and at it."""
    return one.see(at=on(at) - TICK).tier, one.see(at=on(at)).tier


# -- two tracks ------------------------------------------------------------------------
def test_growth_is_never_spent_given_or_expired_with_the_points() -> None:
    one = world(expiry={"kind": "days", "n": 5})
    one.do(loyalty.earn, points=100, growth=100)
    one.do(loyalty.redeem, points=40)
    one.do(loyalty.gift, to="n", points=40)
    seen = one.see(at=one.now + 30 * DAY)
    assert (seen.available, seen.growth, seen.tier) == (0, 100, "one")
    assert one.see("n").growth == 0


def test_growth_counts_from_its_recording_to_the_microsecond() -> None:
    one = world(pending=30)
    one.do(loyalty.enrol)
    grow(one, 100, "2024-02-01", effective="2024-01-20")
    assert tiers(one, "2024-02-01") == ("base", "one")


# -- the ladder ------------------------------------------------------------------------
def test_the_default_ladder_has_nine_tiers_with_names_in_two_languages() -> None:
    assert [(tier.name, tier.name_zh, tier.at) for tier in DEFAULT_TIERS] == [
        ("bronze", "青铜", 0),
        ("silver", "白银", 500),
        ("gold", "黄金", 2_000),
        ("platinum", "铂金", 5_000),
        ("diamond", "钻石", 10_000),
        ("star", "星耀", 20_000),
        ("master", "大师", 50_000),
        ("grandmaster", "宗师", 100_000),
        ("king", "王者", 200_000),
    ]


@pytest.mark.parametrize("position", range(1, 9))
def test_a_tier_begins_at_its_bar_and_ends_before_the_next(position: int) -> None:
    bar = DEFAULT_TIERS[position].at
    for growth, expected in ((bar - 1, position - 1), (bar, position), (bar + 1, position)):
        one = World()
        one.do(loyalty.grow, growth=growth)
        assert (one.see().position, one.see().tier) == (expected, DEFAULT_TIERS[expected].name)


def test_what_keeps_a_tier_is_its_bar_unless_stated() -> None:
    found = loyalty.read({"tiers": LADDER}).tiers
    assert [tier.bar for tier in found] == [0, 80, 150, 400]


def test_a_floor_may_name_the_tier_in_chinese() -> None:
    one = World()
    one.do(loyalty.set_floor, tier="黄金")
    assert one.see().tier == "gold"


# -- growth shown ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("window", "enrolled", "turn"),
    [
        ("calendar_year", "2023-06-01", "2024-12-31T16:00"),
        ("membership_year", "2024-01-20T03:00", "2025-01-19T16:00"),
        ("membership_year", "2020-02-29T03:00", "2024-02-28T16:00"),
        ("membership_year", "2023-02-28T16:30", "2024-02-29T16:00"),
    ],
)
def test_growth_shown_is_that_of_the_year_which_turns_at_local_midnight(
    window: str, enrolled: str, turn: str
) -> None:
    one = world("2024-01-22", window=window, zone="Asia/Shanghai")
    one.do(loyalty.enrol, since=on(enrolled))
    one.do(loyalty.earn, points=0, growth=90, order="o", amount=90)
    one.do(loyalty.refund, order="o", amount=30)
    assert [one.see(at=at).growth for at in (on(turn) - TICK, on(turn))] == [60, 0]


def test_in_lifetime_all_growth_is_shown_net_of_returns() -> None:
    one = world(window="lifetime")
    one.do(loyalty.earn, points=0, growth=50, order="o", amount=50)
    grow(one, 60, "2030-01-01")
    one.do(loyalty.refund, order="o", amount=20)
    assert (one.see(at=on("2060-01-01")).growth, one.see().tier) == (90, "base")


# -- entries and terms ---------------------------------------------------------------------
def test_an_entry_that_reaches_only_a_lower_tier_changes_nothing() -> None:
    one = world(window_months=1)
    grow(one, 200, "2024-01-15")
    before = one.see().tier_until
    grow(one, 100, "2024-04-15")
    assert (one.see().tier, one.see().tier_until) == ("two", before)


def test_an_entry_no_longer_valid_at_its_recording_does_not_lift() -> None:
    for said, expected in (("2023-02-14T23:59:59", "base"), ("2023-02-15", "one")):
        one = world()
        grow(one, 100, "2024-02-15T12:00", effective=said)
        assert one.see().tier == expected


def test_a_rolling_term_ends_at_local_midnight_after_its_last_day() -> None:
    one = world("2024-01-15T20:00", zone="Asia/Shanghai")
    grow(one, 100, "2024-01-15T20:00")
    assert one.see().tier_until == on("2025-01-16T16:00")
    assert tiers(one, "2025-01-16T16:00") == ("one", "base")


def test_a_late_entry_of_the_year_before_shortens_no_term() -> None:
    one = world(window="calendar_year")
    grow(one, 100, "2024-05-01", effective="2023-12-31")
    assert one.see().tier_until == on("2025-01-01")
    grow(one, 80, "2024-06-01")
    assert one.see().tier_until == on("2026-01-01")
    grow(one, 50, "2024-07-01", effective="2023-12-31")
    assert one.see().tier_until == on("2026-01-01")


@pytest.mark.parametrize(("early", "lifted"), [(TICK, "one"), (timedelta(0), "base")])
def test_an_entry_lifts_in_years_as_long_as_the_term_it_gives_is_not_over(
    early: timedelta, lifted: str
) -> None:
    one = world(window="calendar_year", extension_months=2)
    grow(one, 100, on("2025-03-01") - early, effective="2023-12-31")
    assert one.see().tier == lifted


# -- reviews -------------------------------------------------------------------------------
def test_growth_at_the_instant_of_a_review_counts_for_the_next_one() -> None:
    one = world()
    grow(one, 200, "2024-01-15")
    grow(one, 80, "2025-01-16")
    assert (one.see().tier, one.see().tier_until) == ("one", on("2026-01-16"))
    assert tiers(one, "2026-01-16") == ("one", "one")
    assert tiers(one, "2027-01-16") == ("one", "base")


@pytest.mark.parametrize(("counted", "after"), [(79, "base"), (80, "one")])
def test_a_review_renews_from_keep_on(counted: int, after: str) -> None:
    one = world()
    grow(one, 100, "2024-01-15")
    one.do(loyalty.grow, growth=counted, at=on("2025-01-16") - TICK)
    assert tiers(one, "2025-01-16") == ("one", after)


@pytest.mark.parametrize(("early", "after"), [(TICK, "one"), (timedelta(0), "base")])
def test_the_grace_ends_at_the_first_instant_of_the_day_after_it(
    early: timedelta, after: str
) -> None:
    one = world(grace_days=10)
    grow(one, 100, "2024-01-15")
    end = on("2025-01-26")
    assert (one.see(at=on("2025-01-16") - TICK).in_grace, one.see(at=end - TICK).in_grace) == (
        False,
        True,
    )
    one.do(loyalty.grow, growth=80, at=end - early)
    assert (one.see().tier, one.see().in_grace) == (after, False)
    if early:
        assert one.see().tier_until == on("2026-01-16")


def test_a_fall_to_base_has_no_term_and_one_down_has_a_full_one() -> None:
    one = world()
    grow(one, 400, "2024-01-15")
    found = [one.see(at=on(f"{year}-01-16")) for year in (2025, 2026, 2027)]
    assert [(seen.tier, seen.tier_until) for seen in found] == [
        ("two", on("2026-01-16")),
        ("one", on("2027-01-16")),
        ("base", None),
    ]


def test_what_is_missing_for_the_next_tier_is_never_below_zero() -> None:
    one = world(window_months=36)
    grow(one, 250, "2024-01-15")
    fallen = one.see(at=on("2025-01-16"))
    assert (fallen.tier, fallen.growth, fallen.to_next) == ("one", 250, 0)
    one.do(loyalty.set_floor, tier="two")
    assert one.see().to_next == 150
    one.do(loyalty.set_floor, tier="three")
    assert one.see().to_next is None


# -- returns -------------------------------------------------------------------------------
def test_the_tier_falls_at_the_return_to_what_the_rest_gives_with_that_term() -> None:
    one = world()
    grow(one, 150, "2024-01-20")
    one.do(loyalty.earn, at=on("2024-03-01"), points=0, growth=300, order="o", amount=300)
    one.do(loyalty.refund, at=on("2024-05-01"), order="o", amount=200)
    assert tiers(one, "2024-05-01") == ("three", "two")
    assert one.see().tier_until == on("2025-03-02")
    one.do(loyalty.refund, at=on("2024-06-01"), order="o")
    assert (one.see().tier, one.see().tier_until) == ("one", on("2025-01-21"))
    assert (one.see(at=on("2024-04-01")).tier, one.see(at=on("2024-05-15")).tier) == (
        "three",
        "two",
    )


# -- versions ------------------------------------------------------------------------------
def test_a_version_dated_back_acts_from_its_recording_on() -> None:
    one = world()
    grow(one, 90, "2024-01-15")
    one.now = on("2024-03-10T12:00")
    one.publish({"tiers": [{"name": "base", "at": 0}, {"name": "one", "at": 90}]}, on("2024-02-01"))
    assert tiers(one, "2024-03-10T12:00") == ("base", "one")
    assert one.see().tier_until == on("2025-03-11")


def test_a_version_is_in_force_from_its_instant_to_the_microsecond() -> None:
    one = world()
    one.publish({"tiers": [*LADDER[:3], {"name": "top", "at": 300}]}, START + 20 * DAY)
    grow(one, 300, START + 20 * DAY - TICK)
    assert one.see().tier == "two"
    assert (one.see(at=START + 20 * DAY).tier, one.see(at=START + 20 * DAY).programme) == (
        "top",
        "v2",
    )


def test_a_version_that_lifts_nobody_moves_no_term() -> None:
    one = world()
    grow(one, 100, "2024-01-15")
    one.publish({"tiers": LADDER}, on("2024-06-01"))
    assert one.see(at=on("2024-06-02")).tier_until == on("2025-01-16")


# -- floors --------------------------------------------------------------------------------
def test_a_floor_holds_from_its_first_instant_until_before_its_last() -> None:
    one = world()
    one.do(loyalty.set_floor, tier="two", since=on("2024-02-01"), until=on("2024-03-01"))
    assert (tiers(one, "2024-02-01"), tiers(one, "2024-03-01")) == (
        ("base", "two"),
        ("two", "base"),
    )


@pytest.mark.parametrize(
    ("window", "growth", "floor", "until"),
    [
        ("rolling", 0, None, None),
        ("rolling", 100, None, "2025-01-16"),
        ("calendar_year", 100, None, "2026-01-01"),
        ("lifetime", 100, None, None),
        ("rolling", 100, ("two", None), None),
        ("rolling", 100, ("two", "2024-06-01"), "2024-06-01"),
        ("rolling", 200, ("one", "2024-06-01"), "2025-01-16"),
        ("lifetime", 100, ("two", "2024-06-01"), "2024-06-01"),
    ],
)
def test_until_when_a_tier_is_shown_to_hold(
    window: str, growth: int, floor: tuple[str, str | None] | None, until: str | None
) -> None:
    one = world(window=window)
    grow(one, growth, "2024-01-15")
    if floor is not None:
        name, end = floor
        one.do(loyalty.set_floor, tier=name, until=on(end) if end else None)
    assert one.see().tier_until == (on(until) if until else None)
