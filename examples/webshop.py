"""A web shop: a published programme, orders that earn, a checkout that pays, a return.

    python examples/webshop.py [--db URL]

Shows that a message that comes twice has one effect, that a rule refuses without a trace, and
that nobody need run a job for points to expire.
"""

from __future__ import annotations

import argparse
import tomllib
from datetime import UTC, datetime

import cix
from cix.domain import loyalty
from cix.domain.loyalty import Item
from cix.domain.loyalty.facts import PointsEarned, PointsRedeemed
from cix.projections import membership
from cix.testing import FakeClock

PROGRAMME = """
zone = "Asia/Shanghai"
earn_rate = "1/100"                 # one point for each yuan; amounts are fen
growth_rate = "1/100"
expiry = { kind = "months", n = 12, round_to = "month" }
checkout = { percent = 50, step = 100, value = 100 }

[[rules]]
name = "spend"
per = 100
points = 1

[[rules]]
name = "welcome"
kind = "fixed"
points = 50
ends = 2024-04-01T00:00:00+08:00

[[tiers]]
name = "member"
name_zh = "会员"
at = 0

[[tiers]]
name = "gold"
name_zh = "黄金"
at = 500
multiplier = "3/2"
"""
BOUGHT = datetime(2024, 3, 1, 10, tzinfo=UTC)


def main(url: str) -> None:
    """Run the shop for a year on the store at *url*."""
    clock = FakeClock(BOUGHT)
    with cix.open(url, clock=clock) as engine:
        engine.publish("loyalty", "2024-1", tomllib.loads(PROGRAMME))
        shop = engine.by("shop")
        shop.do(loyalty.enrol, "acc-9")

        basket = (
            Item("kettle", 39_900),
            Item("tea", 9_900),
            Item("carriage", 1_000, delivery=True),
        )
        paid = engine.by("shop", id="order-1001")
        first = paid.do(loyalty.earn_order, "acc-9", order="1001", items=basket)
        again = paid.do(loyalty.earn_order, "acc-9", order="1001", items=basket)
        for fact in first.facts:
            if isinstance(fact, PointsEarned):
                print("earned", [(line.rule, line.points) for line in fact.lines])
        print("told twice, stored once:", again.duplicate)

        clock.advance(days=5)
        spent = engine.by("shop", id="pay-1002")
        answer = spent.do(loyalty.checkout, "acc-9", points=350, total=60_000)
        for paid_with in answer.facts:
            if isinstance(paid_with, PointsRedeemed):
                print(f"{paid_with.points} points paid {paid_with.value} fen")
        show(engine, "after the checkout")

        try:
            shop.do(loyalty.redeem, "acc-9", points=10_000)
        except cix.DomainError as refused:
            print("refused:", refused)

        clock.advance(days=2)
        back = engine.by("shop", id="return-1001")
        back.do(loyalty.refund, "acc-9", order="1001", amount=9_900)
        show(engine, "after the return")
        clock.advance(days=400)
        show(engine, "a year later, nothing was run")
        print("tick recorded", engine.tick().recorded, "facts, then", engine.tick().recorded)


def show(engine: cix.Engine, when: str) -> None:
    """Print the account as it stands."""
    card = engine.get(membership, "acc-9")
    if card is not None:
        print(f"{when}: balance {card.balance}, debt {card.debt}, tier {card.tier}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", default="memory://", metavar="URL")
    main(parser.parse_args().db)
