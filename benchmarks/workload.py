"""The one workload: 20,000 customers of skewed activity, 200,000 facts, the same every time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias, get_args
from uuid import UUID

import attrs

from cix.domain.decider import Decider
from cix.facts import Catalogue, fact, tagged
from cix.projections.projection import Projection
from cix.records import Metadata, NewEvent, Recorded, to_us

CUSTOMERS = 20_000
FACTS = 200_000
SEED = 20240301
START = datetime(2024, 1, 1, tzinfo=UTC)
CHANNELS = ("sms", "email", "phone", "chat", "wechat")
TOPICS = ("parcel", "invoice", "return", "advice", "complaint")


@fact("visit.logged", 1)
class VisitLogged:
    """A customer came by."""

    customer: str = tagged("record")
    channel: str = tagged("channel")
    topic: str
    seconds: int


@fact("order.paid", 1)
class OrderPaid:
    """A customer paid an order."""

    customer: str = tagged("record")
    cents: int
    order: str


Event: TypeAlias = VisitLogged | OrderPaid


@attrs.frozen
class Account:
    """What is known of one customer."""

    key: str
    visits: int = 0
    seconds: int = 0
    cents: int = 0


def evolve(account: Account, happened: Event, record: Recorded[Event] | None) -> Account:
    """Take the next fact."""
    match happened:
        case VisitLogged():
            return Account(
                account.key, account.visits + 1, account.seconds + happened.seconds, account.cents
            )
        case OrderPaid():
            return Account(
                account.key, account.visits, account.seconds, account.cents + happened.cents
            )


ACCOUNTS = Decider("account", Account, evolve, get_args(Event))
CATALOGUE = Catalogue(get_args(Event))


@attrs.define
class Counter:
    """The persisted per-customer counter."""

    customer: str
    visits: int = 0
    seconds: int = 0
    cents: int = 0


def counter(name: str) -> Projection[Counter]:
    """Return the counter as a view of that name: each round of a measurement fills a new one."""
    view = Projection(name, "customer", 1, Counter, order="recorded", new_row=Counter)

    @view.on(VisitLogged)
    def visited(row: Counter, happened: VisitLogged, record: Recorded[Any]) -> None:
        row.visits += 1
        row.seconds += happened.seconds

    @view.on(OrderPaid)
    def paid(row: Counter, happened: OrderPaid, record: Recorded[Any]) -> None:
        row.cents += happened.cents

    return view


class Happened(NamedTuple):
    """One fact as plain values, before any store sees it."""

    number: int
    id: bytes
    customer: str
    word: str
    values: tuple[Any, ...]
    at: datetime
    at_us: int
    tags: tuple[str, ...]
    """What the engine would give: key, record, what the fact marks, request."""


def skewed(dice: random.Random) -> int:
    """Draw a customer: a few come all the time, most hardly ever."""
    return int(CUSTOMERS * dice.random() ** 2.5)


def happenings(count: int = FACTS, seed: int = SEED, start: int = 0) -> Iterator[Happened]:
    """Yield the workload."""
    dice = random.Random(seed)
    for n in range(start, start + count):
        customer = f"r-{skewed(dice):05}"
        marked: tuple[str, ...] = ()
        if dice.random() < 0.7:
            word, channel, topic = "visit.logged", dice.choice(CHANNELS), dice.choice(TOPICS)
            values: tuple[Any, ...] = (customer, channel, topic, dice.randrange(900))
            marked = (f"channel:{channel}",)
        else:
            word, values = "order.paid", (customer, dice.randrange(50_000), f"o-{n}")
        tags = (f"account:{customer}", f"record:{customer}", *marked, f"id:w-{n}")
        at = START + timedelta(seconds=17 * n)
        id_ = (n + 1).to_bytes(16)
        yield Happened(n, id_, customer, word, values, at, to_us(at), tags)


CLASSES = {"visit.logged": VisitLogged, "order.paid": OrderPaid}
NOBODY = Metadata("bench", loaded=True)


def new_event(one: Happened) -> NewEvent:
    """Return the fact with its envelope."""
    made = CLASSES[one.word](*one.values)
    return NewEvent(made, one.tags, one.at, UUID(bytes=one.id), NOBODY)


def a_customer_of(size: int, given: list[Happened]) -> str:
    """Return the first customer that has exactly *size* facts, or the nearest above."""
    counts: dict[str, int] = {}
    for one in given:
        counts[one.customer] = counts.get(one.customer, 0) + 1
    return min((abs(n - size), customer) for customer, n in counts.items())[1]
