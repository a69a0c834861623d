"""What if another programme had been in force: decided again from what was asked."""

from __future__ import annotations

from typing import Any

import pytest

from cix.domain import loyalty
from cix.domain.loyalty import referral
from cix.domain.loyalty.facts import BirthdayNoted, BirthdayRewarded, PointsHeld
from cix.domain.loyalty.outcomes import MemberOutcome, Report
from cix.domain.loyalty.values import Part
from cix.domain.loyalty.whatif import whatif
from domain.loyalty_world import DAY, HOUR, TICK, World, on

SMALL = {"tiers": [{"name": "base", "at": 0}, {"name": "top", "at": 1000}]}


def ask(world: World, programme: dict[str, Any]) -> Report:
    return whatif(world.log, loyalty.read(programme), world.now)


def one(report: Report, key: str = "m") -> MemberOutcome:
    return next(m for m in report.members if m.account == key)


def test_purchases_earn_by_the_other_rates_and_tiers() -> None:
    world = World(SMALL)
    world.do(loyalty.purchase, amount=50_000)
    world.do(loyalty.purchase, amount=50_000)
    tiers = [{"name": "b", "at": 0}, {"name": "t", "at": 500, "multiplier": 2}]
    found = one(ask(world, {"tiers": tiers, "earn_rate": [3, 100]}))
    assert (found.tier_before, found.tier_after) == ("top", "t")
    assert (found.balance_before, found.balance_after) == (1000, 1500 + 3000)
    assert found.points_moved == 3500


def test_orders_are_summed_again_from_their_items() -> None:
    world = World({"rules": [{"name": "r", "points": 1, "per": 1}]})
    items = (loyalty.Item("a", 10), loyalty.Item("b", 5))
    world.do(loyalty.earn_order, order="o", items=items)
    rule = {"name": "r", "points": 2, "per": 1, "products": ["b"]}
    assert one(ask(world, {"rules": [rule]})).balance_after == 10


def test_a_command_the_other_programme_refuses_is_skipped_and_counted() -> None:
    world = World()
    world.do(loyalty.purchase, amount=10_000, id="p")
    world.do(loyalty.redeem, id="r", points=80)
    world.do(loyalty.return_redeemed, redemption="r", points=10)
    report = ask(world, {"earn_rate": [1, 200]})
    assert one(report).refused == {"insufficient_points": 1, "redemption_not_found": 1}
    assert report.refused == {"insufficient_points": 1, "redemption_not_found": 1}
    assert one(report).balance_after == 50


def test_up_to_takes_what_the_other_programme_leaves() -> None:
    world = World()
    world.do(loyalty.purchase, amount=10_000)
    world.do(loyalty.redeem_up_to, points=500)
    assert one(ask(world, {"earn_rate": [1, 50]})).balance_after == 0


def test_expiry_holds_and_time_outs_follow_the_other_programme() -> None:
    world = World()
    world.do(loyalty.earn, points=10)
    world.do(loyalty.hold, points=4, ttl=HOUR)
    world.now += 10 * DAY
    found = one(ask(world, {"expiry": {"kind": "days", "n": 2}}))
    assert (found.balance_before, found.balance_after) == (10, 0)


def test_an_end_that_a_command_stated_is_kept() -> None:
    world = World()
    world.do(loyalty.earn, points=10, expires_at=world.now + DAY)
    world.now += 2 * DAY
    assert one(ask(world, {})).balance_after == 0


def test_gifts_and_pools_move_points_between_the_same_members() -> None:
    world = World()
    world.do(loyalty.purchase, "a", amount=10_000)
    world.do(loyalty.gift, "a", to="b", points=60)
    world.do(loyalty.redeem_pooled, "a", id="p", members=("b",), points=50)
    world.do(loyalty.return_pooled, "a", redemption="p", members=("b",), points=20)
    found = ask(world, {"earn_rate": [2, 100]})
    assert (one(found, "a").balance_after, one(found, "b").balance_after) == (110, 60)
    assert found.refused == {}


def test_referral_awards_follow_the_other_policy() -> None:
    world = World({"referral": {"referrer_points": 5, "friend_points": 5, "minimum": 10}})
    world.do(referral.accept, "f", referrer="s")
    world.do(referral.settle, "f", referrer="s", order="o", amount=10)
    more = ask(world, {"referral": {"referrer_points": 9, "friend_points": 8, "minimum": 10}})
    assert (one(more, "s").balance_after, one(more, "f").balance_after) == (9, 8)
    none = ask(world, {"referral": {"minimum": 11}})
    assert one(none, "f").refused == {"below_minimum": 1}


def test_a_purchase_that_was_too_small_pays_under_a_lower_minimum_and_uses_the_chance() -> None:
    awards = {"referrer_points": 5, "friend_points": 3}
    world = World({"referral": {**awards, "minimum": 50}})
    world.do(loyalty.enrol, "s")
    world.do(referral.accept, "f", referrer="s")
    world.do(referral.settle, "f", referrer="s", order="small", amount=10)
    world.do(referral.settle, "f", referrer="s", order="large", amount=60)
    same = ask(world, {"referral": {**awards, "minimum": 50}})
    assert [(m.account, m.balance_after, m.refused) for m in same.members] == [
        ("f", 3, {}),
        ("s", 5, {}),
    ]
    lower = {"referral": {"referrer_points": 50, "friend_points": 30, "minimum": 10}}
    assert [m.balance_after for m in ask(world, lower).members] == [30, 50]
    lower["referral"]["every_purchase"] = True
    assert [m.balance_after for m in ask(world, lower).members] == [60, 100]


def test_who_had_no_account_may_be_paid_under_the_other_programme() -> None:
    world = World({"referral": {"minimum": 50}})
    world.do(referral.accept, "f", referrer="s")
    world.do(referral.settle, "f", referrer="s", order="small", amount=10)
    assert ask(world, {"referral": {"minimum": 50}}).members == ()
    paid = ask(world, {"referral": {"referrer_points": 5, "friend_points": 3, "minimum": 1}})
    assert [(m.account, m.balance_before, m.balance_after) for m in paid.members] == [
        ("f", 0, 3),
        ("s", 0, 5),
    ]


def test_a_purchase_after_the_other_window_is_not_paid() -> None:
    awards = {"referrer_points": 5, "friend_points": 3, "minimum": 0}
    world = World({"referral": {**awards, "window_days": 30}})
    world.do(referral.accept, "f", referrer="s")
    late = world.now + 10 * DAY
    world.do(referral.settle, "f", referrer="s", order="o", amount=10, at=late)
    shorter = ask(world, {"referral": {**awards, "window_days": 5}})
    assert one(shorter, "f").refused == {"window_closed": 1}
    assert [m.balance_after for m in shorter.members] == [0, 0]


def test_awards_stay_where_what_is_left_reaches_the_other_minimum() -> None:
    awards = {"referrer_points": 5, "friend_points": 3}
    world = World({"referral": {**awards, "minimum": 50}})
    world.do(referral.accept, "f", referrer="s")
    world.do(referral.settle, "f", referrer="s", order="o", amount=60)
    world.do(referral.take_back, "f", referrer="s", order="o", returned=20)
    kept = ask(world, {"referral": {**awards, "minimum": 30}})
    assert [(m.balance_before, m.balance_after) for m in kept.members] == [(0, 3), (0, 5)]


def test_an_award_without_its_acceptance_is_decided_again() -> None:
    awards = {"referrer_points": 5, "friend_points": 3, "minimum": 0}
    world = World({"referral": awards})
    world.do(referral.accept, "f", referrer="s")
    world.do(referral.settle, "f", referrer="s", order="o", amount=60)
    world.log = [r for r in world.log if not isinstance(r.fact, referral.InvitationAccepted)]
    found = ask(world, {"referral": {**awards, "friend_points": 4}})
    assert [(m.balance_after, m.refused) for m in found.members] == [(4, {}), (5, {})]


def test_the_report_shows_how_tiers_migrate_and_both_liabilities() -> None:
    world = World(SMALL)
    for key, amount in (("a", 100_000), ("b", 60_000), ("c", 1)):
        world.do(loyalty.purchase, key, amount=amount)
    lower = [{"name": "base", "at": 0}, {"name": "top", "at": 600}]
    report = ask(world, {"tiers": lower, "point_value": 2, "breakage": "1/4"})
    assert [(m.before, m.after, m.members) for m in report.matrix] == [
        ("base", "base", 1),
        ("base", "top", 1),
        ("top", "top", 1),
    ]
    assert (report.liability_before.money, report.liability_after.money) == (1600, 2400)


def test_versions_of_the_history_count_before_and_not_after() -> None:
    world = World({"earn_rate": 1})
    world.do(loyalty.purchase, amount=10)
    world.publish({"earn_rate": 2})
    world.do(loyalty.purchase, amount=10)
    found = one(ask(world, {"earn_rate": 5}))
    assert (found.balance_before, found.balance_after) == (30, 100)


def test_records_after_the_instant_asked_are_left_out_and_progress_is_told() -> None:
    world = World()
    world.do(loyalty.purchase, amount=1000)
    then = world.now
    world.do(loyalty.purchase, at=on("2024-06-01"), amount=1000)
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        told.append((done, total))

    report = whatif(world.log, loyalty.Programme(), then, progress=progress, every=1)
    assert (one(report).balance_after, told) == (10, [(1, 1)])


def test_everything_by_hand_is_done_again() -> None:
    world = World({"birthday_points": 50})
    by = {"reason": "r", "actor": "a"}
    world.do(loyalty.enrol, since=on("2023-05-05"))
    world.do(loyalty.note_birthday, month=1, day=1)
    world.do(loyalty.celebrate, year=2024)
    world.do(loyalty.earn, id="w", points=10, pending="action")
    world.do(loyalty.activate, earning="w")
    world.do(loyalty.earn, id="x", points=10, pending=9)
    world.do(loyalty.cancel_pending, earning="x")
    world.do(loyalty.adjust, id="c", points=10, **by)
    world.do(loyalty.reverse, adjustment="c")
    world.do(loyalty.hold, id="h", points=3)
    world.do(loyalty.capture, hold="h", points=1)
    world.do(loyalty.hold, id="i", points=3)
    world.do(loyalty.release, hold="i")
    world.do(loyalty.checkout, points=5, total=100)
    world.do(loyalty.purchase, amount=100, order="o")
    world.do(loyalty.refund, order="o")
    world.do(loyalty.set_floor, tier="gold")
    found = ask(world, {"birthday_points": 70})
    assert found.refused == {}
    assert (one(found).points_moved, one(found).tier_after) == (20, "gold")
    world.do(loyalty.close)
    assert one(ask(world, {"birthday_points": 70})).balance_after == 0


def test_a_floor_on_a_tier_that_the_other_ladder_has_not_is_refused() -> None:
    world = World()
    world.do(loyalty.purchase, amount=10)
    world.do(loyalty.set_floor, tier="gold")
    found = one(ask(world, {"tiers": [{"name": "base", "at": 0}, {"name": "top", "at": 600}]}))
    assert (found.tier_before, found.tier_after) == ("gold", "base")
    assert found.refused == {"tier_not_found": 1}


def test_birthdays_are_kept_where_the_programme_in_force_kept_none() -> None:
    world = World(now=on("2024-01-01"))
    world.do(loyalty.enrol)
    world.do(loyalty.note_birthday, month=2, day=29, zone="Asia/Shanghai")
    world.now = on("2026-02-27T16:00") - TICK  # the 28th has not begun in Shanghai
    found = one(ask(world, {"birthday_points": 70}))
    assert (found.balance_before, found.balance_after, found.earned_after) == (0, 140, 140)
    world.now += TICK
    assert one(ask(world, {"birthday_points": 70})).balance_after == 210
    assert one(ask(world, {"birthday_points": 0})).balance_after == 0


def test_a_birthday_s_points_are_there_for_what_was_asked_after_it() -> None:
    world = World(now=on("2024-01-01"))
    world.do(loyalty.enrol)
    world.do(loyalty.note_birthday, month=3, day=1)
    world.now = on("2024-03-02")
    world.do(loyalty.earn, points=10)
    world.do(loyalty.redeem_up_to, points=60)
    other = {"birthday_points": 70, "expiry": {"kind": "days", "n": 30}}
    found = one(ask(world, other))
    assert (found.balance_before, found.balance_after) == (0, 20)
    world.now = on("2024-04-01")  # what is left of the birthday's ends, the earning's not yet
    assert one(ask(world, other)).balance_after == 10


def test_birthdays_the_programme_in_force_rewarded_are_those_of_its_facts() -> None:
    world = World({"birthday_points": 50}, now=on("2024-01-01"))
    world.do(loyalty.enrol)
    world.do(loyalty.note_birthday, month=3, day=1)
    world.now = on("2024-03-05")
    assert one(ask(world, {"birthday_points": 70})).balance_after == 0  # nobody looked yet
    world.do(loyalty.celebrate, year=2024)
    assert one(ask(world, {"birthday_points": 70})).balance_after == 70
    world.publish({"birthday_points": 0})
    world.now = on("2025-03-05")
    found = one(ask(world, {"birthday_points": 70}))
    assert (found.balance_before, found.balance_after) == (50, 140)


def test_a_closed_account_has_no_more_birthdays() -> None:
    world = World(now=on("2024-01-01"))
    world.do(loyalty.enrol)
    world.do(loyalty.note_birthday, month=3, day=1)
    world.do(loyalty.close)
    world.now = on("2025-03-05")
    assert one(ask(world, {"birthday_points": 70})).earned_after == 0


def test_points_that_would_wait_are_points_all_the_same() -> None:
    world = World({"pending": 30})
    world.do(loyalty.purchase, amount=10_000)
    found = one(ask(world, {"pending": 30, "earn_rate": [1, 50]}))
    assert (found.balance_after, found.pending_before, found.pending_after) == (0, 100, 200)
    assert found.points_moved == 100
    waiting = one(ask(world, {"pending": 0}))
    assert (waiting.balance_after, waiting.points_moved) == (100, 0)


def test_an_award_is_not_granted_to_somebody_who_could_put_no_birthday_on_file() -> None:
    world = World({"birthday_points": 9})
    world.do(loyalty.note_birthday, month=3, day=5)
    world.do(loyalty.celebrate, at=on("2024-03-05"), year=2024)
    world.do(loyalty.enrol)
    found = one(ask(world, {"birthday_points": 9, "enrolment": "required"}))
    assert (found.balance_before, found.balance_after) == (9, 0)


def test_a_hold_that_was_lifted_over_its_own_end_by_a_load_is_no_refusal() -> None:
    world = World()
    world.do(loyalty.earn, points=10)
    ended = PointsHeld(5, (Part("c1", 5),), on("2024-01-02"))
    world.now = on("2024-01-03")
    world.record(ended, ("account:m", "id:h"))
    assert one(ask(world, {})).refused == {}


def test_a_refusal_of_somebody_who_has_no_account_is_counted_too() -> None:
    world = World({"referral": {"minimum": 100}})
    world.do(referral.accept, "friend", referrer="sponsor")
    world.do(referral.settle, "friend", referrer="sponsor", order="o", amount=10)
    report = ask(world, {"enrolment": "required", "referral": {"minimum": 1}})
    assert report.refused == {"account_not_found": 1}
    assert one(report, "friend").refused == {"account_not_found": 1}


@pytest.mark.parametrize("date", ["erased", "never told"])
def test_an_award_whose_date_was_erased_or_never_told_is_decided_as_it_was_told(
    date: str,
) -> None:
    world = World({"birthday_points": 100})
    if date == "erased":
        world.record(BirthdayNoted("UTC", None, None), ("account:m", "id:n"))
    told = BirthdayRewarded(2024, 100, world.now, None, None, 0, "v1")
    world.record(told, ("account:m", "id:z"))
    world.do(loyalty.redeem, points=60)
    found = one(ask(world, {"birthday_points": 70}))
    assert (found.balance_before, found.balance_after, found.refused) == (40, 10, {})


def test_no_command_takes_the_birthday_s_lot_for_its_own() -> None:
    world = World()
    world.do(loyalty.note_birthday, month=3, day=1)
    world.now = on("2024-03-02")
    world.do(loyalty.earn, points=10, pending="action", id="birthday 2024")
    world.do(loyalty.activate, earning="birthday 2024")
    found = one(ask(world, {"birthday_points": 5}))
    assert (found.balance_after, found.pending_after, found.refused) == (15, 0, {})


@pytest.mark.parametrize("at", ["9999-06-01", "9999-12-31T23:59:59.999999"])
def test_birthdays_end_with_the_calendar(at: str) -> None:
    world = World(now=on("9990-01-01"))
    world.do(loyalty.note_birthday, month=1, day=1, zone="Pacific/Kiritimati")
    world.now = on(at)
    assert one(ask(world, {"birthday_points": 5})).balance_after == 50
