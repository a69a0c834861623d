"""Referral: linked once, paid once, taken back when the purchase is."""

from __future__ import annotations

from typing import Any

import pytest

from cix.domain import loyalty
from cix.domain.loyalty import referral
from cix.domain.loyalty.facts import PointsEarned, ReferralRewarded
from cix.domain.loyalty.values import Asked
from domain.loyalty_world import DAY, START, Anything, World, on

POLICY = {"referrer_points": 500, "friend_points": 250, "minimum": 2500, "window_days": 180}


def linked(**policy: Anything) -> World:
    world = World({"referral": {**POLICY, **policy}})
    world.do(referral.accept, "friend", referrer="sponsor")
    return world


def settle(world: World, amount: int, order: str = "o", **more: Anything) -> Anything:
    return world.do(
        referral.settle, "friend", referrer="sponsor", order=order, amount=amount, **more
    )


def reason(world: World, friend: str, referrer: str, **args: Anything) -> str:
    return str(world.do(referral.accept, friend, referrer=referrer, **args).reason)


# -- accepting ---------------------------------------------------------------------
def test_accepting_an_invitation_links_once() -> None:
    world = linked()
    assert world.state("friend", referral.DECIDER).referrer == "sponsor"
    assert world.state("sponsor", referral.DECIDER).invited == ("friend",)
    assert reason(world, "friend", "other") == "already_referred"
    assert world.state("friend", referral.DECIDER).referrer == "sponsor"


def test_nobody_refers_himself_neither_by_person_nor_by_device() -> None:
    world = World()
    world.do(referral.invite, "sponsor", device="d-1")
    assert reason(world, "sponsor", "sponsor") == "self_referral"
    assert reason(world, "a", "sponsor", same_person=True) == "self_referral"
    assert reason(world, "b", "sponsor", device="d-1") == "self_referral"


def test_a_circle_is_refused_directly_and_through_others() -> None:
    world = World()
    world.do(referral.accept, "b", referrer="a")
    world.do(referral.accept, "c", referrer="b")
    world.do(referral.accept, "d", referrer="c")
    assert reason(world, "a", "b") == "cycle"
    assert reason(world, "a", "d") == "cycle"
    assert [r for _, r in world.state("a", referral.DECIDER).refused] == ["cycle", "cycle"]


def test_a_circle_is_seen_through_a_referrer_who_was_linked_later() -> None:
    world = World()
    world.do(referral.accept, "b", referrer="a")
    world.do(referral.accept, "a", referrer="z")
    assert world.state("b", referral.DECIDER).above == ("a", "z")
    assert world.state("z", referral.DECIDER).below == ("a", "b")
    assert reason(world, "z", "b") == "cycle"


def test_an_existing_customer_is_refused() -> None:
    world = World()
    world.do(loyalty.enrol, "registered")
    world.do(loyalty.purchase, "bought", amount=1)
    assert reason(world, "registered", "sponsor") == "existing_customer"
    assert reason(world, "bought", "sponsor") == "existing_customer"
    assert reason(world, "known", "sponsor", existing=True) == "existing_customer"


def test_who_answered_an_invitation_before_is_an_existing_customer() -> None:
    world = World()
    assert reason(world, "friend", "sponsor", same_person=True) == "self_referral"
    assert reason(world, "friend", "other") == "existing_customer"


def test_the_first_reason_that_holds_is_recorded() -> None:
    world = World()
    world.do(referral.accept, "b", referrer="a")
    world.do(referral.accept, "c", referrer="b")
    assert reason(world, "b", "c", same_person=True) == "self_referral"
    assert reason(world, "b", "c") == "already_referred"
    world.do(loyalty.enrol, "a")
    assert reason(world, "a", "c") == "cycle"


# -- paying ------------------------------------------------------------------------
def test_the_first_purchase_that_meets_the_minimum_pays_both_sides() -> None:
    world = linked()
    fact = settle(world, 2500)
    assert (fact.referrer_points, fact.friend_points, fact.reason) == (500, 250, "")
    assert (world.see("sponsor").available, world.see("friend").available) == (500, 250)
    assert settle(world, 2500, "second") is None


def test_a_purchase_below_the_minimum_does_not_use_up_the_chance() -> None:
    world = linked()
    assert settle(world, 2499, "small").reason == "below_minimum"
    assert settle(world, 2500, "big").friend_points == 250


def test_the_window_ends_with_the_nth_local_day_after_accepting() -> None:
    world = linked(window_days=2)
    end = START + 3 * DAY
    assert settle(world, 9999, "late", at=end).reason == "window_closed"
    assert settle(world, 1, "late and small").reason == "window_closed"
    assert settle(world, 9999, effective=end - DAY).friend_points == 250


def test_a_policy_may_pay_every_purchase() -> None:
    world = linked(every_purchase=True)
    settle(world, 2500, "one")
    settle(world, 2500, "two")
    assert settle(world, 2500, "two") is None
    assert world.see("sponsor").available == 1000


def test_a_cap_stops_the_referrers_award_of_that_month_and_spares_the_friends() -> None:
    world = World({"referral": {**POLICY, "cap": 1}})
    for friend in ("a", "b", "c"):
        world.do(referral.accept, friend, referrer="sponsor")
    args: dict[str, Any] = {"referrer": "sponsor", "amount": 2500}
    world.do(referral.settle, "a", order="1", **args)
    fact = world.do(referral.settle, "b", order="2", **args)
    assert (fact.referrer_points, fact.friend_points, fact.reason) == (0, 250, "cap_reached")
    assert world.do(referral.settle, "b", order="3", **args) is None
    fact = world.do(referral.settle, "c", at=on("2024-02-01"), order="4", **args)
    assert fact.referrer_points == 500


def test_awards_are_pending_until_the_return_period_ends() -> None:
    world = linked(return_days=14)
    settle(world, 2500)
    assert (world.see("sponsor").pending, world.see("friend").pending) == (500, 250)
    ripe = world.see("sponsor", at=START + 14 * DAY)
    assert (ripe.pending, ripe.available) == (0, 500)


def test_one_fact_is_in_both_accounts_and_in_the_referral() -> None:
    world = linked()
    settle(world, 2500)
    last = world.log[-1]
    assert world.history("friend")[-1] is last
    assert world.history("sponsor")[-1] is last
    assert world.history("friend", referral.DECIDER)[-1] is last


def test_a_closed_friend_s_purchases_are_no_purchases() -> None:
    world = linked()
    world.do(loyalty.close, "friend")
    args = {"referrer": "sponsor", "order": "o", "amount": 2500}
    assert world.refused(referral.settle, "friend", **args) == "account_closed"


def test_a_device_of_a_refused_answer_is_the_answerer_s_too() -> None:
    world = World()
    world.do(loyalty.enrol, "sponsor")
    world.do(referral.accept, "sponsor", referrer="x", device="phone")
    fact = world.do(referral.accept, "friend", referrer="sponsor", device="phone")
    assert fact.reason == "self_referral"


def test_a_closed_referrer_is_not_paid() -> None:
    world = linked()
    world.do(loyalty.close, "sponsor")
    fact = settle(world, 2500)
    assert (fact.referrer_points, fact.friend_points, fact.reason) == (0, 250, "account_closed")


# -- taking back -------------------------------------------------------------------
def take_back(world: World, returned: int, **more: Anything) -> Anything:
    return world.do(
        referral.take_back, "friend", referrer="sponsor", order="o", returned=returned, **more
    )


def test_returns_below_the_minimum_take_both_awards_back_and_the_chance_stays_used() -> None:
    world = linked()
    settle(world, 3000)
    assert take_back(world, 500) is None
    fact = take_back(world, 501)
    assert (fact.referrer_taken.points, fact.friend_taken.points) == (500, 250)
    assert (world.see("sponsor").available, world.see("friend").available) == (0, 0)
    assert take_back(world, 3000) is None
    assert settle(world, 9999, "again") is None


def test_a_whole_return_takes_the_awards_back_whatever_the_minimum() -> None:
    world = linked(minimum=0)
    settle(world, 3000)
    assert take_back(world, 2999) is None
    assert take_back(world, 3000).friend_taken.points == 250


def test_an_award_that_was_spent_becomes_debt() -> None:
    world = linked()
    settle(world, 3000)
    world.do(loyalty.redeem, "friend", points=200)
    take_back(world, 3000)
    assert (world.see("friend").debt, world.see("sponsor").clawed) == (200, 500)


@pytest.mark.parametrize(("minimum", "back", "taken"), [(5000, 100, None), (100, 1000, 250)])
def test_the_minimum_of_a_take_back_is_the_one_by_which_the_awards_were_made(
    minimum: int, back: int, taken: int | None
) -> None:
    world = linked()  # 2500
    settle(world, 3000)
    world.publish({"referral": {**POLICY, "minimum": minimum}})
    fact = take_back(world, back)
    assert (fact and fact.friend_taken.points) == taken


def test_only_awards_made_are_taken_back() -> None:
    world = linked(cap=0)
    settle(world, 3000)
    fact = take_back(world, 3000)
    assert (fact.referrer_taken.points, fact.friend_taken.points) == (0, 250)


def test_who_is_not_linked_or_did_not_buy_is_not_found() -> None:
    world = linked()
    args: dict[str, Any] = {"order": "o", "amount": 2500}
    refused = world.refused(referral.settle, "friend", referrer="nobody", **args)
    assert refused == "referral_not_found"
    args = {"referrer": "sponsor", "order": "o", "returned": 1}
    assert world.refused(referral.take_back, "friend", **args) == "order_not_found"
    settle(world, 2500)
    args["returned"] = 2501
    assert world.refused(referral.take_back, "friend", **args) == "exceeds_order"


@pytest.mark.parametrize("bad", [True, 1.5, -1])
def test_amounts_of_referrals_are_whole(bad: Anything) -> None:
    world = linked()
    args: dict[str, Any] = {"referrer": "sponsor", "order": "o", "amount": bad}
    assert world.refused(referral.settle, "friend", **args) == "invalid_amount"


def test_an_award_is_taken_from_its_own_lot_whatever_else_bears_its_name() -> None:
    world = linked()
    earned = PointsEarned(1000, (), 0, START, None, Asked("points"))
    world.record(earned, ("account:friend", "id:row"))
    award = ReferralRewarded("friend", "sponsor", "o", 3000, 250, 0, "", START, None)
    world.record(award, ("referral:friend", "account:friend", "account:sponsor", "id:row"))
    assert take_back(world, 3000).friend_taken.points == 250
