"""Tiers: instant upgrade, protected term, reviews, grace, returns, versions, floors."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cix.domain import loyalty
from cix.domain.loyalty.days import add_months, day_end, window_end
from domain.loyalty_world import DAY, START, TICK, Anything, World, on

LADDER = [
    {"name": "base", "at": 0},
    {"name": "one", "at": 100, "keep": 80},
    {"name": "two", "at": 200, "keep": 150},
    {"name": "three", "at": 400},
]


def world(now: str = "2024-01-15", **programme: Anything) -> World:
    return World({"tiers": LADDER, **programme}, now=on(now))


def grow(one: World, growth: int, at: str, effective: str | None = None) -> None:
    when = None if effective is None else on(effective)
    one.do(loyalty.grow, growth=growth, at=on(at), effective=when)


def tier(one: World, at: str) -> str:
    return one.see(at=on(at)).tier


# -- entries -----------------------------------------------------------------------
def test_a_tier_holds_from_its_bar_to_the_next() -> None:
    one = world()
    grow(one, 99, "2024-01-15")
    assert (one.see().tier, one.see().to_next) == ("base", 1)
    grow(one, 1, "2024-01-15")
    assert (one.see().tier, one.see().to_next) == ("one", 100)
    grow(one, 99, "2024-01-15")
    assert one.see().tier == "one"
    grow(one, 1, "2024-01-15")
    assert one.see().tier == "two"


def test_an_entry_lifts_any_number_of_steps_at_once() -> None:
    one = world()
    grow(one, 400, "2024-01-15")
    assert (one.see().tier, one.see().to_next) == ("three", None)


def test_growth_counts_while_its_points_are_pending() -> None:
    one = world(pending=30)
    one.do(loyalty.earn, points=5, growth=100)
    assert (one.see().tier, one.see().pending) == ("one", 5)


def test_a_late_entry_counts_from_its_recording_on() -> None:
    one = world()
    grow(one, 100, "2024-03-01", effective="2024-01-16")
    assert tier(one, "2024-02-29") == "base"
    assert tier(one, "2024-03-01") == "one"


def test_growth_shown_leaves_with_its_window_and_never_by_itself_the_tier() -> None:
    one = world()
    grow(one, 100, "2024-01-15")
    grow(one, 80, "2024-06-15")
    end = on("2025-01-16")
    assert (one.see(at=end - TICK).growth, one.see(at=end).growth) == (180, 80)
    assert one.see(at=end).tier == "one"


def test_where_clocks_go_back_over_midnight_the_later_entry_may_leave_the_window_first() -> None:
    one = world("2010-11-01", zone="America/St_Johns")
    grow(one, 1, "2010-11-07T02:30:30")  # half a minute into the 7th, local time
    grow(one, 60, "2010-11-07T02:31:30")  # the 6th again
    grow(one, 50, "2011-11-07T12:00")
    assert (one.see().growth, one.see().tier) == (51, "base")


def test_a_window_holds_an_entry_as_long_as_a_lot_of_the_same_months_is_valid() -> None:
    one = World(
        {"tiers": LADDER, "expiry": {"kind": "months", "n": 12}}, now=on("2024-02-29T10:00")
    )
    one.do(loyalty.earn, points=5, growth=5)
    end = one.see().lots[0].expires_at
    assert end is not None
    assert (one.see(at=end - TICK).growth, one.see(at=end).growth) == (5, 0)


# -- rolling terms and reviews -----------------------------------------------------
def test_a_rolling_term_lasts_through_the_local_day_some_months_after_the_recorded_day() -> None:
    one = world(now="2024-02-29T10:00")
    grow(one, 100, "2024-02-29T10:00", effective="2024-01-05")
    assert one.see().tier_until == on("2025-03-01")


def test_a_higher_tier_starts_a_new_term() -> None:
    one = world()
    grow(one, 100, "2024-01-15")
    grow(one, 100, "2024-06-15")
    assert (one.see().tier, one.see().tier_until) == ("two", on("2025-06-16"))


def test_in_rolling_windows_reaching_keep_waits_for_the_review() -> None:
    one = world()
    grow(one, 100, "2024-01-15")
    grow(one, 80, "2024-06-15")
    assert one.see().tier_until == on("2025-01-16")
    assert one.see(at=on("2025-01-16")).tier_until == on("2026-01-16")


def test_the_entry_that_began_the_term_does_not_count_for_keeping() -> None:
    one = world()
    grow(one, 199, "2024-01-15")
    assert tier(one, "2025-01-15") == "one"
    assert tier(one, "2025-01-16") == "base"


def test_an_entry_recorded_in_the_same_instant_after_the_beginning_counts() -> None:
    one = world()
    grow(one, 100, "2024-01-15")
    grow(one, 80, "2024-01-15")
    assert tier(one, "2025-01-16") == "one"


def test_growth_recorded_in_the_term_counts_whatever_the_window_sum_is() -> None:
    one = world(window_months=1)
    grow(one, 100, "2024-01-15")
    grow(one, 40, "2024-02-20", effective="2023-01-01")
    grow(one, 40, "2024-06-15")
    assert one.see(at=on("2025-01-16")).growth == 0
    assert tier(one, "2025-01-16") == "one"


def test_an_entry_at_the_instant_of_a_review_comes_after_it() -> None:
    one = world()
    grow(one, 100, "2024-01-15")
    grow(one, 80, "2025-01-16")
    assert one.see().tier == "base"
    one = world()
    grow(one, 100, "2024-01-15")
    one.do(loyalty.grow, growth=80, at=on("2025-01-16") - TICK)
    assert tier(one, "2025-01-16") == "one"


def test_a_renewal_counts_from_the_last_valid_day_and_begins_a_new_count() -> None:
    one = world()
    grow(one, 100, "2024-01-31")
    grow(one, 80, "2024-06-15")
    assert one.see(at=on("2025-02-01")).tier_until == on("2026-02-01")
    assert tier(one, "2026-02-01") == "base"


@pytest.mark.parametrize(
    ("downgrade", "counted", "expected"),
    [
        ("one_down", 0, "two"),
        ("one_down", 399, "two"),
        ("to_base", 399, "base"),
        ("to_qualified", 0, "base"),
        ("to_qualified", 79, "base"),
        ("to_qualified", 80, "one"),
        ("to_qualified", 150, "two"),
        ("to_qualified", 400, "three"),
    ],
)
def test_a_review_that_fails_goes_down_as_the_programme_says(
    downgrade: str, counted: int, expected: str
) -> None:
    one = world(downgrade=downgrade)
    grow(one, 400, "2024-01-15")
    grow(one, counted, "2024-06-15")
    assert tier(one, "2025-01-16") == expected


def test_a_fall_begins_a_term_from_the_day_before_the_review() -> None:
    one = world()
    grow(one, 200, "2024-01-15")
    seen = one.see(at=on("2025-01-16"))
    assert (seen.tier, seen.tier_until) == ("one", on("2026-01-16"))
    assert (tier(one, "2026-01-16"), one.see(at=on("2026-01-16")).tier_until) == ("base", None)


def test_the_window_sum_does_not_stop_a_fall_and_the_next_entry_may_lift_again() -> None:
    one = world(window_months=36)
    grow(one, 100, "2024-01-15")
    assert (tier(one, "2025-01-16"), one.see(at=on("2025-01-16")).growth) == ("base", 100)
    grow(one, 1, "2025-01-17")
    assert one.see().tier == "one"


# -- grace -------------------------------------------------------------------------
def test_in_grace_the_tier_is_kept_for_some_local_days_after_the_term() -> None:
    one = world(grace_days=10)
    grow(one, 100, "2024-01-15")
    seen = one.see(at=on("2025-01-16"))
    assert (seen.tier, seen.in_grace, seen.tier_until) == ("one", True, on("2025-01-26"))
    assert tier(one, "2025-01-25T23:59:59") == "one"
    after = one.see(at=on("2025-01-26"))
    assert (after.tier, after.in_grace) == ("base", False)


def test_an_entry_that_reaches_keep_in_grace_renews_from_the_old_last_valid_day() -> None:
    one = world(grace_days=10)
    grow(one, 100, "2024-01-15")
    grow(one, 50, "2024-06-15")
    grow(one, 30, "2025-01-20")
    seen = one.see()
    assert (seen.tier, seen.in_grace, seen.tier_until) == ("one", False, on("2026-01-16"))
    assert one.see(at=on("2026-01-16")).in_grace


def test_the_entry_that_ended_the_grace_begins_the_next_count_after_itself() -> None:
    one = world(grace_days=10)
    grow(one, 100, "2024-01-15")
    grow(one, 80, "2025-01-20")
    grow(one, 79, "2025-06-20")
    assert one.see(at=on("2026-01-16")).in_grace


def test_a_fall_after_grace_begins_its_term_at_the_end_of_the_grace() -> None:
    one = world(grace_days=10)
    grow(one, 200, "2024-01-15")
    assert one.see(at=on("2025-01-26")).tier_until == on("2026-01-26")


# -- years -------------------------------------------------------------------------
def test_in_calendar_years_the_tier_lasts_through_the_end_of_the_next_year() -> None:
    one = world(window="calendar_year")
    grow(one, 100, "2024-05-01")
    assert one.see().tier_until == on("2026-01-01")
    assert tier(one, "2026-01-01") == "base"


def test_an_extension_moves_the_end_of_every_term() -> None:
    one = world(window="calendar_year", extension_months=2)
    grow(one, 100, "2024-05-01")
    assert one.see().tier_until == on("2026-03-01")


def test_the_year_of_an_entry_is_that_of_its_effective_day() -> None:
    one = world(window="calendar_year")
    grow(one, 60, "2024-12-20")
    grow(one, 60, "2025-01-10")
    assert (one.see().tier, one.see().growth) == ("base", 60)
    grow(one, 40, "2025-01-11", effective="2024-12-31")
    assert (one.see().tier, one.see().tier_until) == ("one", on("2026-01-01"))


def test_years_turn_at_local_midnight() -> None:
    one = world(window="calendar_year", zone="Asia/Shanghai")
    one.do(loyalty.grow, growth=100, at=on("2024-12-31T16:00"))
    assert one.see().tier_until == on("2026-12-31T16:00")


def test_an_entry_whose_term_is_over_already_lifts_nobody() -> None:
    one = world(window="calendar_year")
    grow(one, 100, "2024-05-01", effective="2022-12-31")
    assert one.see().tier == "base"
    grow(one, 100, "2024-05-02", effective="2023-12-31")
    assert (one.see().tier, one.see().tier_until) == ("one", on("2025-01-01"))


def test_an_entry_that_reaches_keep_in_its_year_extends_the_term_at_once() -> None:
    one = world(window="calendar_year")
    grow(one, 100, "2024-05-01")
    grow(one, 79, "2025-05-01")
    assert one.see().tier_until == on("2026-01-01")
    grow(one, 1, "2025-05-02")
    assert one.see().tier_until == on("2027-01-01")


def test_a_year_review_renews_by_a_running_year_that_reached_a_lowered_keep() -> None:
    one = world(window="calendar_year", extension_months=3)
    grow(one, 200, "2024-05-01")
    grow(one, 120, "2026-02-01")
    lower = [dict(LADDER[0]), dict(LADDER[1]), {"name": "two", "at": 200, "keep": 120}]
    one.now = on("2026-02-02")
    one.publish({"tiers": lower, "window": "calendar_year", "extension_months": 3})
    seen = one.see(at=on("2026-04-01"))
    assert (seen.tier, seen.tier_until) == ("two", on("2028-04-01"))


@pytest.mark.parametrize(
    ("downgrade", "finished", "running", "expected", "until"),
    [
        ("one_down", 0, 0, "two", "2027-04-01"),
        ("one_down", 160, 0, "two", "2027-04-01"),
        ("one_down", 0, 160, "two", "2028-04-01"),
        ("to_qualified", 90, 80, "one", "2027-04-01"),
        ("to_qualified", 85, 85, "one", "2028-04-01"),
        ("to_qualified", 10, 160, "two", "2028-04-01"),
        ("to_base", 160, 160, "base", None),
    ],
)
def test_a_year_review_that_fails_goes_down_by_the_better_year(
    downgrade: str, finished: int, running: int, expected: str, until: str | None
) -> None:
    one = world(window="calendar_year", extension_months=3, downgrade=downgrade)
    grow(one, 400, "2024-05-01")
    grow(one, finished, "2025-05-01")
    grow(one, running, "2026-02-01")
    seen = one.see(at=on("2026-04-01"))
    assert (seen.tier, seen.tier_until) == (expected, on(until) if until else None)


def test_years_have_no_grace() -> None:
    one = world(window="calendar_year", grace_days=30)
    grow(one, 100, "2024-05-01")
    assert tier(one, "2026-01-01") == "base"


def test_membership_years_begin_on_the_enrolment_day_clamped() -> None:
    one = world(window="membership_year", now="2024-03-01")
    one.do(loyalty.enrol, since=on("2024-02-29"))
    grow(one, 60, "2025-02-27")
    grow(one, 60, "2025-02-28")
    assert one.see().tier == "base"
    grow(one, 40, "2025-03-01")
    assert (one.see().tier, one.see().tier_until) == ("one", on("2027-02-28"))


def test_a_membership_year_runs_from_the_first_command_unless_enrolment_is_stated() -> None:
    one = world(window="membership_year", now="2024-05-10")
    grow(one, 100, "2024-05-10")
    assert one.see().tier_until == on("2026-05-10")


def test_in_lifetime_all_growth_counts_and_there_is_no_term() -> None:
    one = world(window="lifetime")
    grow(one, 60, "2024-02-01")
    grow(one, 60, "2034-02-01")
    seen = one.see(at=on("2044-01-01"))
    assert (seen.tier, seen.tier_until, seen.growth) == ("one", None, 120)


# -- returns -----------------------------------------------------------------------
def test_an_upgrade_bought_with_returned_growth_is_as_if_it_had_not_happened() -> None:
    one = world()
    grow(one, 100, "2024-01-15")
    one.do(loyalty.earn, at=on("2024-06-01"), points=0, growth=100, order="o", amount=100)
    assert one.see().tier == "two"
    one.do(loyalty.refund, at=on("2024-07-01"), order="o")
    assert (one.see().tier, one.see().tier_until) == ("one", on("2025-01-16"))
    assert (tier(one, "2024-06-15"), tier(one, "2024-07-01")) == ("two", "one")


def test_a_part_return_keeps_an_upgrade_that_the_rest_still_reaches() -> None:
    one = world()
    one.do(loyalty.earn, points=0, growth=200, order="o", amount=200)
    one.do(loyalty.refund, order="o", amount=99)
    assert (one.see().tier, one.see().growth) == ("one", 101)


def test_a_return_can_undo_a_renewal() -> None:
    one = world()
    grow(one, 100, "2024-01-15")
    one.do(loyalty.earn, at=on("2024-06-01"), points=0, growth=80, order="o", amount=80)
    one.do(loyalty.refund, at=on("2025-02-01"), order="o")
    assert (tier(one, "2025-01-31"), one.see().tier) == ("one", "base")


# -- versions ----------------------------------------------------------------------
def test_lowered_bars_lift_at_the_versions_first_instant_and_start_a_term() -> None:
    one = world()
    grow(one, 90, "2024-01-15")
    one.publish(
        {"tiers": [{"name": "base", "at": 0}, {"name": "one", "at": 90}]}, on("2024-03-10T12:00")
    )
    assert tier(one, "2024-03-10T11:59:59") == "base"
    seen = one.see(at=on("2024-03-10T12:00"))
    assert (seen.tier, seen.tier_until) == ("one", on("2025-03-11"))


def test_raised_bars_act_at_the_next_review() -> None:
    one = world()
    grow(one, 100, "2024-01-15")
    grow(one, 90, "2024-02-15")
    one.publish({"tiers": [{"name": "base", "at": 0}, {"name": "one", "at": 1000}]})
    assert tier(one, "2025-01-15") == "one"
    assert tier(one, "2025-01-16") == "base"


def test_a_version_that_lowers_no_bar_lifts_nobody_who_fell() -> None:
    one = world("2023-12-01", window_months=24, term_months=2)
    grow(one, 120, "2023-12-01")
    assert tier(one, "2024-02-02") == "base"
    one.publish({"tiers": LADDER, "window_months": 24, "pending": 3}, on("2024-02-03"))
    assert tier(one, "2024-02-03") == "base"
    lower = [{"name": "base", "at": 0}, {"name": "one", "at": 100}, {"name": "two", "at": 120}]
    one.publish({"tiers": lower, "window_months": 24}, on("2024-02-04"))
    assert tier(one, "2024-02-04") == "two"


def test_a_lowered_bar_lifts_whoever_fell_below_it_as_far_as_the_window_s_sum_reaches() -> None:
    one = world("2023-12-01", window_months=24, term_months=2)
    grow(one, 220, "2023-12-01")
    assert tier(one, "2024-04-02") == "base"  # from two to one, and from one to base
    lower = [dict(LADDER[0]), {"name": "one", "at": 90, "keep": 80}, *LADDER[2:]]
    one.publish({"tiers": lower, "window_months": 24}, on("2024-04-03"))
    assert tier(one, "2024-04-03") == "two"


def test_a_bar_lowered_below_the_present_tier_lifts_nobody() -> None:
    one = world("2023-12-01", window_months=24, term_months=2)
    grow(one, 220, "2023-12-01")
    assert tier(one, "2024-02-02") == "one"
    lower = [dict(LADDER[0]), {"name": "one", "at": 90, "keep": 80}, *LADDER[2:]]
    one.publish({"tiers": lower, "window_months": 24}, on("2024-02-03"))
    assert tier(one, "2024-02-03") == "one"


def test_a_version_at_the_instant_of_a_review_comes_first() -> None:
    one = world()
    grow(one, 100, "2024-01-15")
    grow(one, 50, "2024-02-15")
    lower = [{"name": "base", "at": 0}, {"name": "one", "at": 100, "keep": 50}]
    one.publish({"tiers": lower}, on("2025-01-16"))
    assert tier(one, "2025-01-16") == "one"


def test_entries_at_or_after_a_version_count_for_the_term_it_started() -> None:
    one = world()
    grow(one, 90, "2024-01-15")
    lower = [{"name": "base", "at": 0}, {"name": "one", "at": 90, "keep": 50}]
    one.publish({"tiers": lower}, on("2024-03-10"))
    grow(one, 50, "2024-03-10")
    assert tier(one, "2025-03-11") == "one"


def test_the_version_in_force_is_the_latest_effective_one_recorded_by_then() -> None:
    one = world()
    one.publish({"tiers": LADDER, "earn_rate": 2}, on("2024-03-01"), "march")
    one.publish({"tiers": LADDER, "earn_rate": 3}, on("2024-02-01"), "february")
    assert one.see(at=on("2024-02-15")).programme == "february"
    assert one.see(at=on("2024-03-01")).programme == "march"
    one.now = on("2024-05-01")
    one.publish({"tiers": LADDER}, on("2024-01-20"), "too late")
    assert one.see(at=on("2024-06-01")).programme == "march"


def test_a_tier_is_its_position_so_a_version_may_rename_and_append() -> None:
    one = world()
    grow(one, 200, "2024-01-15")
    names = [{"name": n, "at": at} for n, at in (("a", 0), ("b", 100), ("c", 200), ("d", 900))]
    one.publish({"tiers": names})
    assert one.see().tier == "c"


def test_before_any_version_the_defaults_are_in_force() -> None:
    one = World()
    one.do(loyalty.purchase, amount=50_000)
    seen = one.see()
    assert (seen.available, seen.growth, seen.tier) == (500, 500, "silver")
    assert seen.lots[0].expires_at is None
    assert [t.name for t in loyalty.Programme().tiers][-1] == "king"
    assert loyalty.Programme().tiers[-1].name_zh == "王者"


# -- floors ------------------------------------------------------------------------
def test_a_floor_holds_in_its_half_open_period_as_a_minimum() -> None:
    one = world()
    one.do(loyalty.set_floor, tier="two", since=on("2024-02-01"), until=on("2024-03-01"))
    assert [tier(one, d) for d in ("2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01")] == [
        "base",
        "two",
        "two",
        "base",
    ]
    seen = one.see(at=on("2024-02-01"))
    assert (seen.tier_until, seen.to_next) == (on("2024-03-01"), 400)


def test_a_floor_is_never_a_ceiling() -> None:
    one = world()
    one.do(loyalty.set_floor, tier="one")
    grow(one, 200, "2024-01-15")
    assert (one.see().tier, one.see().tier_until) == ("two", on("2025-01-16"))


def test_the_highest_floor_counts_and_the_later_end_on_a_tie() -> None:
    one = world()
    one.do(loyalty.set_floor, tier="one")
    one.do(loyalty.set_floor, tier="two", until=on("2024-03-01"))
    one.do(loyalty.set_floor, tier="two", until=on("2024-04-01"))
    assert one.see().tier_until == on("2024-04-01")
    after = one.see(at=on("2024-04-01"))
    assert (after.tier, after.tier_until) == ("one", None)


def test_the_earned_term_runs_on_under_a_floor() -> None:
    one = world()
    grow(one, 100, "2024-01-15")
    one.do(loyalty.set_floor, tier="two", until=on("2024-06-01"))
    assert one.see().tier_until == on("2024-06-01")
    assert one.see(at=on("2024-06-01")).tier_until == on("2025-01-16")


def test_a_floor_names_a_tier_and_ends_after_it_begins() -> None:
    one = world()
    assert one.refused(loyalty.set_floor, tier="moon") == "tier_not_found"
    assert one.refused(loyalty.set_floor, tier="one", until=one.now) == "invalid_period"


def test_benefits_are_read_as_of_the_moment_asked() -> None:
    tiers = [{"name": "a", "at": 0}, {"name": "b", "at": 10, "benefits": {"support_hours": 4}}]
    one = World({"tiers": tiers})
    one.do(loyalty.grow, growth=10, at=START + DAY)
    assert one.see(at=START).benefits == {}
    assert one.see().benefits == {"support_hours": 4}


# -- against a plain reading of the rules --------------------------------------------
def plainly(entries: list[tuple[datetime, int]], until: datetime, grace: int) -> int:
    """Replay rolling tiers the slow way: every sum anew, no heap, no cache."""
    bars = [(int(str(t["at"])), int(str(t.get("keep", t["at"])))) for t in LADDER]
    position, last, begun, in_grace, done = 0, None, 0, False, 0
    queue = list(entries)
    while True:
        day = None if last is None else last + timedelta(days=grace if in_grace else 0)
        review = None if day is None else day_end(day, "UTC")
        nxt = queue[0][0] if queue else None
        if review is not None and review <= until and (nxt is None or review <= nxt):
            assert last is not None
            assert day is not None
            count = sum(g for _, g in entries[begun:done])
            if not in_grace and count >= bars[position][1]:
                last, begun = add_months(last, 12), done
            elif not in_grace and grace:
                in_grace = True
            else:
                position -= 1
                last = add_months(day, 12) if position else None
                begun, in_grace = done, False
        elif nxt is not None and nxt <= until:
            queue.pop(0)
            done += 1
            held = sum(g for at, g in entries[:done] if window_end(at, 12, "UTC") > nxt)
            best = max(n for n, (bar, _) in enumerate(bars) if bar <= held)
            if best > position:
                position, last = best, add_months(nxt.date(), 12)
                begun, in_grace = done, False
            elif in_grace and last and sum(g for _, g in entries[begun:done]) >= bars[position][1]:
                last, begun, in_grace = add_months(last, 12), done, False
        else:
            return position


entries_of = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 220)), max_size=14)


@given(entries_of, st.integers(0, 60), st.lists(st.integers(0, 2500), max_size=4))
def test_the_replay_agrees_with_a_plain_reading_and_ticks_change_no_answer(
    gaps: list[tuple[int, int]], grace: int, ticks: list[int]
) -> None:
    one = world(grace_days=grace)
    entries: list[tuple[datetime, int]] = []
    at = one.now
    for gap, growth in gaps:
        at += timedelta(days=gap)
        entries.append((at, growth))
        one.do(loyalty.grow, growth=growth, at=at)
    account = loyalty.new("m")
    for record in one.log:
        account = loyalty.evolve(loyalty.advance(account, record.recorded_at), record.fact, record)
        assert account.tier == plainly(entries[: record.position - 1], record.recorded_at, grace)
    for days in sorted(ticks):
        later = max(at, on("2024-01-15") + timedelta(days=days))
        account = loyalty.advance(account, later)
        expected = plainly(entries, later, grace)
        assert account.tier == expected
        assert one.see(at=later).position == expected
