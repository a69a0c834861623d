"""Invitations, their awards and birthdays at their edges."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cix.domain import loyalty
from cix.domain.loyalty import referral
from cix.domain.loyalty.facts import BirthdayNoted
from domain.loyalty_world import DAY, START, TICK, World, on

ARGS: dict[str, Any] = {"referrer": "sponsor"}


def linked(now: Any = START, zone: str = "UTC", **policy: Any) -> World:
    world = World({"zone": zone, "referral": {"minimum": 2500, **policy}}, now=now)
    world.do(referral.accept, "friend", **ARGS)
    return world


def settle(world: World, order: str, amount: int = 2500, **more: Any) -> Any:
    return world.do(referral.settle, "friend", order=order, amount=amount, **ARGS, **more)


# -- accepting -------------------------------------------------------------------------
def test_there_is_one_level_only_the_direct_referrer_is_paid() -> None:
    world = World({"referral": {"minimum": 0}})
    world.do(referral.accept, "b", referrer="a")
    world.do(referral.accept, "c", referrer="b")
    world.do(referral.settle, "c", referrer="b", order="o", amount=1)
    assert [world.see(key).available for key in ("a", "b", "c")] == [0, 500, 250]
    args: dict[str, Any] = {"referrer": "a", "order": "o", "amount": 1}
    assert world.refused(referral.settle, "c", **args) == "referral_not_found"


def test_a_device_that_a_friend_answered_on_is_the_friends_own() -> None:
    world = World()
    world.do(referral.accept, "friend", referrer="sponsor", device="d-1")
    assert world.do(referral.accept, "x", referrer="friend", device="d-1").reason == "self_referral"
    assert world.do(referral.accept, "y", referrer="sponsor", device="d-1").friend == "y"


def test_no_device_is_no_shared_device() -> None:
    world = World()
    world.do(referral.invite, "sponsor")
    assert world.do(referral.accept, "friend", referrer="sponsor").friend == "friend"


def test_a_refusal_is_recorded_and_the_link_that_stands_stays() -> None:
    world = linked()
    assert world.do(referral.accept, "friend", referrer="other").reason == "already_referred"
    person = world.state("friend", referral.DECIDER)
    assert (person.referrer, person.refused) == ("sponsor", (("other", "already_referred"),))


# -- the window --------------------------------------------------------------------------
@pytest.mark.parametrize(("early", "paid"), [(TICK, True), (timedelta(0), False)])
def test_a_purchase_pays_before_the_end_of_the_nth_local_day_after_accepting(
    early: timedelta, *, paid: bool
) -> None:
    world = linked(on("2024-01-01T20:00"), zone="Asia/Shanghai", window_days=2)
    end = on("2024-01-04T16:00")
    fact = settle(world, "o", at=end - early)
    if paid:
        assert fact.friend_points == 250
    else:
        assert fact.reason == "window_closed"


def test_the_window_is_looked_at_before_the_minimum_and_by_the_purchases_time() -> None:
    world = linked(window_days=1)
    end = START + 2 * DAY
    assert settle(world, "both", 1, at=end).reason == "window_closed"
    assert settle(world, "small", 1, effective=end - TICK).reason == "below_minimum"
    assert settle(world, "late told", effective=end - TICK).friend_points == 250


def test_every_purchase_in_the_window_pays_where_the_policy_says_so() -> None:
    world = linked(every_purchase=True, window_days=1)
    assert settle(world, "a", 2499).reason == "below_minimum"
    assert settle(world, "b").friend_points == settle(world, "c").friend_points == 250
    assert settle(world, "d", at=START + 2 * DAY).reason == "window_closed"
    back = world.do(referral.take_back, "friend", order="b", returned=1, **ARGS)
    assert (back.friend_taken.points, world.see("friend").available) == (250, 250)


# -- the cap -------------------------------------------------------------------------------
def test_the_cap_turns_with_the_local_month_of_the_purchase() -> None:
    world = World({"zone": "Asia/Shanghai", "referral": {"minimum": 0, "cap": 1}}, on("2024-02-05"))
    midnight = on("2024-01-31T16:00")
    reasons: list[str] = []
    for n, said in enumerate((midnight - TICK, midnight, midnight - DAY, midnight + DAY)):
        world.do(referral.accept, f"f{n}", **ARGS)
        fact = world.do(referral.settle, f"f{n}", order="o", amount=1, effective=said, **ARGS)
        assert fact.friend_points == 250
        reasons.append(fact.reason)
    assert reasons == ["", "", "cap_reached", "cap_reached"]
    again = world.do(referral.settle, "f2", order="p", amount=1, at=on("2024-03-05"), **ARGS)
    assert again is None


# -- awards ----------------------------------------------------------------------------------
def test_awards_are_spendable_when_the_return_period_ends() -> None:
    world = linked(return_days=14)
    settle(world, "o")
    ripe = START + 14 * DAY
    for key, points in (("sponsor", 500), ("friend", 250)):
        assert [world.see(key, at=at).available for at in (ripe - TICK, ripe)] == [0, points]


@pytest.mark.parametrize(("returned", "taken"), [(500, False), (501, True), (3000, True)])
def test_awards_are_taken_back_once_what_is_left_is_below_the_minimum(
    returned: int, *, taken: bool
) -> None:
    world = linked(return_days=14)
    settle(world, "o", 3000)
    fact = world.do(referral.take_back, "friend", order="o", returned=returned, **ARGS)
    assert (fact is not None) is taken
    pending = 0 if taken else 250
    assert (world.see("friend").pending, world.see("friend").debt) == (pending, 0)
    assert settle(world, "next") is None


def test_the_defaults_of_a_referral() -> None:
    world = World()
    world.do(referral.accept, "friend", **ARGS)
    assert settle(world, "small", 2499).reason == "below_minimum"
    end = START + 181 * DAY
    fact = settle(world, "o", effective=end - TICK)
    assert (fact.referrer_points, fact.friend_points, fact.available_at) == (500, 250, end - TICK)


# -- birthdays -------------------------------------------------------------------------------
def member(now: str, **date: Any) -> World:
    world = World({"birthday_points": 9}, now=on(now))
    world.do(loyalty.note_birthday, **date)
    return world


def due(world: World) -> Any:
    return min(d.due for d in loyalty.deadlines(world.state("m")) if d.action)


@pytest.mark.parametrize("early", [TICK, timedelta(0)])
def test_a_birthday_is_due_from_the_first_instant_of_the_members_local_day(
    early: timedelta,
) -> None:
    world = member("2024-01-01", month=3, day=10, zone="America/New_York")
    begins = on("2024-03-10T05:00")
    assert due(world) == begins
    world.now = begins - early
    if early:
        assert world.refused(loyalty.celebrate, year=2024) == "birthday_not_due"
    else:
        assert world.do(loyalty.celebrate, year=2024).points == 9


@pytest.mark.parametrize(
    ("zone", "begins"),
    [("Pacific/Kiritimati", "2024-12-31T10:00"), ("Pacific/Honolulu", "2025-01-01T10:00")],
)
def test_the_year_of_a_birthday_is_that_of_the_members_zone(zone: str, begins: str) -> None:
    world = member("2024-12-01", month=1, day=1, zone=zone)
    assert due(world) == on(begins)
    assert world.do(loyalty.celebrate, at=on(begins), year=2025).year == 2025
    assert world.refused(loyalty.celebrate, year=2024) == "birthday_not_due"


@pytest.mark.parametrize(
    ("year", "day"),
    [(2024, "2024-02-29"), (2025, "2025-02-28"), (2028, "2028-02-29"), (2100, "2100-02-28")],
)
def test_the_29th_of_february_is_kept_on_the_28th_in_common_years(year: int, day: str) -> None:
    world = member(f"{year}-01-01", month=2, day=29)
    assert due(world) == on(day)
    world.now = on(day) - TICK
    assert world.refused(loyalty.celebrate, year=year) == "birthday_not_due"
    assert world.do(loyalty.celebrate, at=on(day), year=year).year == year


def test_another_date_on_file_brings_no_second_award_in_its_year() -> None:
    world = member("2024-01-01", month=2, day=29)
    world.do(loyalty.celebrate, at=on("2024-02-29"), year=2024)
    world.do(loyalty.note_birthday, at=on("2024-03-01"), month=12, day=24)
    assert due(world) == on("2025-12-24")
    assert world.do(loyalty.celebrate, at=on("2024-12-24"), year=2024) is None
    assert world.see().earned == 9


def test_the_date_on_file_when_the_day_comes_counts() -> None:
    world = member("2024-01-01", month=3, day=5)
    world.do(loyalty.note_birthday, at=on("2024-03-04"), month=9, day=9)
    world.now = on("2024-03-05")
    assert world.refused(loyalty.celebrate, year=2024) == "birthday_not_due"
    assert world.do(loyalty.celebrate, at=on("2024-09-09"), year=2024).points == 9


def test_a_date_put_on_file_later_changes_no_birthday_that_was_due_before() -> None:
    world = member("2024-01-01", month=3, day=5)
    world.do(loyalty.note_birthday, at=on("2024-03-07"), month=1, day=15)
    assert due(world) == on("2024-03-05")
    assert world.do(loyalty.celebrate, at=on("2024-11-01"), year=2024).points == 9
    assert due(world) == on("2025-01-15")


@pytest.mark.parametrize("points", [0, 500])
def test_a_late_look_grants_what_the_programme_gave_on_the_day(points: int) -> None:
    world = member("2024-01-01", month=3, day=5)
    world.publish({"birthday_points": points}, on("2024-03-06"))
    world.now = on("2024-03-20")
    assert due(world) == on("2024-03-05")
    assert world.do(loyalty.celebrate, year=2024).points == 9


def test_noting_the_same_birthday_again_writes_nothing_and_is_due_as_before() -> None:
    world = member("2024-01-01", month=3, day=5)
    assert world.do(loyalty.note_birthday, at=on("2024-04-01"), month=3, day=5) is None
    assert due(world) == on("2024-03-05")


def test_a_birthday_nobody_looked_at_before_the_year_turned_is_still_due_for_a_year() -> None:
    world = member("2024-12-01", month=12, day=31)
    world.now = on("2025-01-02")
    assert due(world) == on("2024-12-31")
    assert world.do(loyalty.celebrate, year=2024).points == 9
    assert due(world) == on("2025-12-31")
    world.now = on("2027-01-01")
    assert due(world) == on("2026-12-31")
    assert world.refused(loyalty.celebrate, year=2025) == "birthday_not_due"


def test_a_birthday_before_there_was_an_award_is_not_due() -> None:
    world = World({})
    world.do(loyalty.note_birthday, month=3, day=5)
    world.now = on("2024-03-06")
    world.publish({"birthday_points": 9})
    world.now = on("2024-04-01")
    assert due(world) == on("2025-03-05")


def test_an_award_is_pending_and_ends_by_the_programme() -> None:
    world = World({"birthday_points": 9, "pending": 1, "expiry": {"kind": "days", "n": 2}})
    world.do(loyalty.note_birthday, month=1, day=1)
    world.do(loyalty.celebrate, year=2024)
    ripe, end = START + DAY, START + 4 * DAY
    assert [world.see(at=at).available for at in (ripe - TICK, ripe, end - TICK, end)] == [
        0,
        9,
        9,
        0,
    ]


@pytest.mark.parametrize("bad", [("UTC", 2, 30), ("UTC", 0, 0), ("Nowhere/Land", 1, 2)])
def test_what_is_no_birthday_is_none_and_can_be_corrected(bad: tuple[str, int, int]) -> None:
    world = World({"birthday_points": 9})
    world.record(BirthdayNoted(*bad), ("account:m", "id:bad"))
    assert [d for d in loyalty.deadlines(world.state("m")) if d.action] == []
    world.do(loyalty.note_birthday, month=3, day=5)
    assert due(world) == on("2024-03-05")


def test_zones_far_apart_hide_no_birthday_that_has_begun() -> None:
    world = member("2025-06-01", month=1, day=1, zone="Pacific/Kiritimati")
    world.do(loyalty.note_birthday, at=on("2025-12-31T10:10"), month=12, day=31, zone="Etc/GMT+12")
    world.now = on("2025-12-31T10:20")
    assert due(world) == on("2025-12-31T10:00")
    assert world.do(loyalty.celebrate, year=2026).points == 9


def test_a_date_noted_in_the_first_year_there_is_harms_nobody() -> None:
    world = member("0001-01-01T12:00", month=1, day=1, zone="Pacific/Kiritimati")
    assert due(world) >= on("0001-01-01T12:00")
