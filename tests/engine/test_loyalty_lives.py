"""Loyalty through the engine: a member's life, ticks, as-of answers, refusals, what-if."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

import cix
from cix.analysis import loyalty as analyst
from cix.domain import loyalty
from cix.errors import CixError, InvalidArgumentError
from cix.projections import customer360, membership, points_ledger, velocity
from cix.projections.membership import MemberCard
from cix.testing import FakeClock
from engine.conftest import START

DAY = timedelta(days=1)
PROGRAMME = {
    "expiry": {"kind": "days", "n": 30},
    "tiers": [
        {"name": "base", "at": 0},
        {"name": "gold", "at": 100, "multiplier": "2/1"},
    ],
}
Opener = Callable[..., "Shop"]


class Shop:
    """An engine, its clock, and what is asked of it."""

    def __init__(self, url: str, programme: dict[str, Any] | None = None) -> None:
        self.clock = FakeClock(START)
        self.engine = cix.open(url, clock=self.clock)
        self.engine.publish("loyalty", "v1", programme or PROGRAMME)

    def till(self, request: str) -> cix.Engine:
        """Return the engine for one request."""
        return self.engine.by("till", id=request)

    def card(self, account: str = "acc-1", **then: Any) -> MemberCard:
        found = self.engine.get(membership, account, **then)
        assert found is not None
        return found

    def told(self, word: str) -> list[tuple[datetime, dict[str, Any]]]:
        """Return the recorded facts of a kind, each with the instant it happened at."""
        found = [line for line in self.engine.export() if line["fact"] == word]
        return [(datetime.fromisoformat(line["occurred_at"]), line["data"]) for line in found]

    def head(self) -> int:
        return self.engine.core.store.head().position


@pytest.fixture
def shop_of() -> Iterator[Opener]:
    """Open shops; all are closed at the end."""
    opened: list[Shop] = []

    def opener(url: str = "memory://", programme: dict[str, Any] | None = None) -> Shop:
        opened.append(Shop(url, programme))
        return opened[-1]

    yield opener
    for one in opened:
        one.engine.close()


@pytest.fixture
def shop(shop_of: Opener) -> Shop:
    return shop_of()


def a_life(shop: Shop) -> list[datetime]:
    """Let a member earn, spend, hold, return, refund and give; return the days it happened on."""
    days: list[datetime] = []

    def next_day(n: int = 1) -> None:
        days.append(shop.clock.now)
        shop.clock.advance(days=n)

    shop.till("enrol").do(loyalty.enrol, "acc-1")
    shop.till("buy-1").do(loyalty.purchase, "acc-1", amount=20_000, order="o-1")
    next_day()
    shop.till("buy-2").do(loyalty.purchase, "acc-1", amount=1_000, order="o-2")
    shop.till("spend").do(loyalty.redeem, "acc-1", points=50)
    next_day()
    shop.till("hold").do(loyalty.hold, "acc-1", points=40, ttl=5 * DAY)
    next_day()
    shop.till("take").do(loyalty.capture, "acc-1", hold="hold", points=10)
    next_day()
    shop.till("back").do(loyalty.return_redeemed, "acc-1", redemption="spend", points=20)
    next_day()
    shop.till("refund").do(loyalty.refund, "acc-1", order="o-1", amount=10_000)
    next_day()
    shop.till("gift").do(loyalty.gift, "acc-1", to="acc-2", points=15)
    next_day(40)
    shop.till("late").do(loyalty.earn, "acc-1", points=7)
    next_day()
    return days


# -- a life ------------------------------------------------------------------------
def test_a_member_earns_spends_holds_returns_and_gives(shop_of: Opener, store_url: str) -> None:
    shop = shop_of(store_url)
    days = a_life(shop)
    seen = [shop.card(as_of=day) for day in days]
    assert [(c.balance, c.held, c.tier) for c in seen] == [
        (200, 0, "gold"),
        (170, 0, "gold"),
        (170, 40, "gold"),
        (160, 0, "gold"),
        (180, 0, "gold"),
        (80, 0, "gold"),
        (65, 0, "gold"),
        (7, 0, "gold"),
    ]
    assert shop.card("acc-2", as_of=days[6]).balance == 15
    assert shop.card("acc-2").balance == 0
    moved = shop.engine.get(velocity, "acc-2")
    assert moved is not None
    assert (moved.gifts_received, moved.points_received) == (1, 15)


def test_a_member_enrolled_with_a_record_is_found_on_the_customers_page(shop: Shop) -> None:
    who = shop.engine.record("phone", "+8613800000000")
    shop.engine.do(loyalty.enrol, "acc-1", record=who)
    page = shop.engine.get(customer360, who)
    assert page is not None
    assert [one.name for one in page.accounts] == ["acc-1"]


def test_a_command_told_twice_answers_the_first_time_whatever_happened_since(shop: Shop) -> None:
    shop.engine.do(loyalty.earn, "acc-1", points=10)
    first = shop.till("r").do(loyalty.redeem, "acc-1", points=10)
    again = shop.till("r").do(loyalty.redeem, "acc-1", points=10)
    assert (again.facts, again.duplicate) == (first.facts, True)
    assert shop.card().balance == 0


# -- time decides, a tick records ----------------------------------------------------
def test_a_tick_records_expiry_at_its_exact_instant_and_changes_no_answer(
    shop_of: Opener, store_url: str
) -> None:
    shop = shop_of(store_url)
    shop.till("e").do(loyalty.earn, "acc-1", points=10)
    shop.clock.advance(days=90)
    before, was = shop.card(), shop.card(as_of=START + 31 * DAY)
    assert (before.balance, before.expired) == (0, 10)
    shop.engine.tick()
    end = datetime.fromisoformat("2024-04-01T00:00:00+00:00")
    assert shop.told("points.expired") == [(end, {"lot": "e", "points": 10})]
    assert shop.engine.tick().recorded == 0
    assert (shop.card(), shop.card(as_of=START + 31 * DAY)) == (before, was)
    tick = timedelta(microseconds=1)
    assert [shop.card(as_of=at).balance for at in (end - tick, end)] == [10, 0]
    lines = shop.engine.lines(points_ledger, "acc-1")
    assert [(one.purse, one.points) for one in lines][-2:] == [("available", -10), ("expired", 10)]


def test_a_hold_that_nobody_captured_in_time_is_over_without_a_tick(shop: Shop) -> None:
    shop.engine.do(loyalty.earn, "acc-1", points=10)
    shop.till("h").do(loyalty.hold, "acc-1", points=10, ttl=DAY)
    shop.clock.advance(days=1)
    assert shop.card().available == 10
    with pytest.raises(CixError, match="hold_expired"):
        shop.engine.do(loyalty.capture, "acc-1", hold="h")
    shop.engine.tick()
    assert [at for at, _ in shop.told("hold.timed_out")] == [START + DAY]


# -- as of then ----------------------------------------------------------------------
def test_every_answer_as_of_a_day_is_that_of_the_history_cut_at_that_day(
    shop_of: Opener,
) -> None:
    shop = shop_of()
    days = a_life(shop)
    shop.engine.tick()
    whole = list(shop.engine.core.store.read())
    for day in [*days, days[0] + 25 * DAY, days[-1] - DAY]:
        cut = cix.open("memory://", clock=FakeClock(day))
        cut.core.store.load([loaded(one) for one in whole if one.recorded_at <= day])
        cut.work()
        for account in ("acc-1", "acc-2"):
            assert cut.get(membership, account) == shop.engine.get(membership, account, as_of=day)
        assert analyst.liability(cut) == analyst.liability(shop.engine, as_of=day)
        cut.close()


def loaded(record: Any) -> Any:
    """Return a recorded fact as history to load."""
    from cix.eventstore.base import LoadedEvent
    from cix.records import NewEvent

    event = NewEvent(record.fact, record.tags, record.occurred_at, record.event_id, record.metadata)
    return LoadedEvent(event, record.recorded_at)


# -- refusals ------------------------------------------------------------------------
REFUSED: dict[str, tuple[Any, str, dict[str, Any], str]] = {
    "a float": (loyalty.earn, "acc-1", {"points": 1.5}, "invalid_amount"),
    "a bool": (loyalty.redeem, "acc-1", {"points": True}, "invalid_amount"),
    "a text": (loyalty.earn, "acc-1", {"points": "7"}, "invalid_amount"),
    "negative points": (loyalty.earn, "acc-1", {"points": -1}, "invalid_amount"),
    "a negative amount": (loyalty.purchase, "acc-1", {"amount": -1}, "invalid_amount"),
    "too many": (loyalty.earn, "acc-1", {"points": 2**63}, "invalid_amount"),
    "nothing to spend": (loyalty.redeem, "acc-1", {"points": 0}, "invalid_amount"),
    "more than there is": (loyalty.redeem, "acc-1", {"points": 101}, "insufficient_points"),
    "a float refund": (loyalty.refund, "acc-1", {"order": "o", "amount": 1.0}, "invalid_amount"),
    "over-refund": (loyalty.refund, "acc-1", {"order": "o", "amount": 10_001}, "exceeds_order"),
    "no such order": (loyalty.refund, "acc-1", {"order": "x"}, "order_not_found"),
    "above the hold": (loyalty.capture, "acc-1", {"hold": "h", "points": 11}, "exceeds_hold"),
    "no such hold": (loyalty.capture, "acc-1", {"hold": "x"}, "hold_not_found"),
    "to oneself": (loyalty.gift, "acc-1", {"to": "acc-1", "points": 1}, "self_transfer"),
    "a stranger earns": (loyalty.earn, "acc-9", {"points": 1}, "account_not_found"),
    "a stranger spends": (loyalty.redeem, "acc-9", {"points": 1}, "account_not_found"),
    "a gift to a stranger": (loyalty.gift, "acc-1", {"to": "x", "points": 1}, "account_not_found"),
    "no reason": (
        loyalty.adjust, "acc-1", {"points": 1, "reason": " ", "actor": "a"}, "reason_required"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", list(REFUSED))
def test_what_cannot_be_meant_is_refused_by_a_rule_and_nothing_is_written(
    shop_of: Opener, case: str
) -> None:
    decision, key, args, rule = REFUSED[case]
    shop = stocked(shop_of())
    before = shop.head()
    with pytest.raises(CixError) as refused:
        shop.till("free").do(decision, key, **args)
    assert getattr(refused.value, "rule", None) == rule
    assert shop.head() == before
    assert shop.till("free").do(loyalty.earn, "acc-1", points=1).duplicate is False


def stocked(shop: Shop) -> Shop:
    """Put 100 points of an order before the shop, 10 of them held, enrolment required."""
    shop.engine.publish("loyalty", "v2", PROGRAMME | {"enrolment": "required"})
    shop.engine.do(loyalty.enrol, "acc-1")
    shop.engine.do(loyalty.purchase, "acc-1", amount=10_000, order="o")
    shop.till("h").do(loyalty.hold, "acc-1", points=10)
    return shop


def test_an_argument_of_another_type_is_refused_at_the_door(shop: Shop) -> None:
    before = shop.head()
    with pytest.raises(InvalidArgumentError, match="allow_negative"):
        shop.engine.take(
            "loyalty.adjust",
            "acc-1",
            {"points": 1, "reason": "r", "actor": "a", "allow_negative": 1},
        )
    assert shop.head() == before


@pytest.mark.parametrize(
    ("key", "points"), [("acc-1", 11), ("acc-2", 10)], ids=["other points", "other account"]
)
def test_the_same_id_with_another_body_is_a_conflict_of_ids(
    shop: Shop, key: str, points: int
) -> None:
    shop.till("e").do(loyalty.earn, "acc-1", points=10)
    before = shop.head()
    with pytest.raises(CixError) as refused:
        shop.till("e").do(loyalty.earn, key, points=points)
    assert getattr(refused.value, "rule", None) == "idempotency_conflict"
    assert shop.head() == before


def test_a_batch_is_all_or_nothing(shop: Shop) -> None:
    from cix.domain.decider import Call

    before = shop.head()
    calls = [
        Call("loyalty.earn", "acc-1", {"points": 10}),
        Call("loyalty.redeem", "acc-1", {"points": 11}),
    ]
    with pytest.raises(CixError, match="insufficient_points"):
        shop.engine.do_all(calls)
    assert shop.head() == before


# -- what-if -------------------------------------------------------------------------
def test_what_if_moves_members_and_writes_nothing(shop_of: Opener, store_url: str) -> None:
    shop = shop_of(store_url)
    a_life(shop)
    before, digest = shop.head(), shop.engine.digest(membership)
    other = loyalty.read(PROGRAMME | {"earn_rate": "1/50", "growth_rate": "1/1000"})
    found = analyst.whatif(shop.engine, other)
    assert [(m.before, m.after, m.members) for m in found.matrix] == [
        ("base", "base", 1),
        ("gold", "base", 1),
    ]
    assert found.members[0].earned_after > found.members[0].earned_before
    assert (shop.head(), shop.engine.digest(membership)) == (before, digest)


def test_what_if_under_the_same_programme_moves_nobody(shop: Shop) -> None:
    days = a_life(shop)
    for at in (None, days[3]):
        found = analyst.whatif(shop.engine, loyalty.read(PROGRAMME), as_of=at)
        assert not found.refused
        assert [m.points_moved for m in found.members] == [0] * len(found.members)
        assert found.liability_before == found.liability_after


def test_what_if_enrols_members_again_where_enrolment_is_required(shop_of: Opener) -> None:
    shop = stocked(shop_of())
    found = analyst.whatif(shop.engine, loyalty.read(PROGRAMME | {"enrolment": "required"}))
    assert not found.refused
    assert [(m.account, m.balance_after) for m in found.members] == [("acc-1", 100)]
