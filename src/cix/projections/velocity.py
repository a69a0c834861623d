"""How fast points move: what a shop looks at before it asks for a hold instead of a redemption.

Counts of facts only; which count is too many is the shop's policy.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

import attrs

from cix.domain import loyalty
from cix.domain.loyalty import facts as f
from cix.projections.projection import Projection
from cix.records import Recorded


@attrs.define
class OrderReturns:
    """How often goods of one order came back."""

    order: str
    returns: int = 0


@attrs.define
class Hour:
    """What was redeemed in one hour of UTC, which begins at ``since``."""

    since: datetime
    redemptions: int = 0
    points: int = 0


@attrs.define
class VelocityCard:
    """How fast one account's points move."""

    account: str
    gifts_received: int = 0
    points_received: int = 0
    returns: int = 0
    orders: list[OrderReturns] = attrs.field(factory=list)
    hours: list[Hour] = attrs.field(factory=list)


_TAKEN = (f.OrderRefunded, f.PointsGiven, f.PointsRedeemed, f.HoldCaptured, f.PoolRedeemed)

velocity = Projection[VelocityCard](
    "velocity",
    "account",
    1,
    VelocityCard,
    order="recorded",
    new_row=VelocityCard,
    ignores=frozenset((*get_args(loyalty.Event), *get_args(loyalty.Derived))) - set(_TAKEN),
)


@velocity.on(f.OrderRefunded)
def refunded(card: VelocityCard, fact: f.OrderRefunded, record: Recorded[Any]) -> None:
    """Count a return of an order."""
    card.returns += 1
    for one in card.orders:
        if one.order == fact.order:
            one.returns += 1
            return
    card.orders.append(OrderReturns(fact.order, 1))


@velocity.on(f.PointsGiven)
def given(card: VelocityCard, fact: f.PointsGiven, record: Recorded[Any]) -> None:
    """Count a gift on the receiver's side."""
    if card.account == fact.to:
        card.gifts_received += 1
        card.points_received += fact.points


@velocity.on(f.PointsRedeemed)
def redeemed(card: VelocityCard, fact: f.PointsRedeemed, record: Recorded[Any]) -> None:
    """Count a redemption in its hour."""
    _count(card, record.recorded_at, fact.points)


@velocity.on(f.HoldCaptured)
def captured(card: VelocityCard, fact: f.HoldCaptured, record: Recorded[Any]) -> None:
    """Count a capture in its hour."""
    _count(card, record.recorded_at, fact.points)


@velocity.on(f.PoolRedeemed)
def pooled(card: VelocityCard, fact: f.PoolRedeemed, record: Recorded[Any]) -> None:
    """Count the account's share of a pool's redemption."""
    points = sum(share.points for share in fact.shares if share.account == card.account)
    _count(card, record.recorded_at, points)


def _count(card: VelocityCard, at: datetime, points: int) -> None:
    if not points:
        return
    since = at.replace(minute=0, second=0, microsecond=0)
    if not card.hours or card.hours[-1].since != since:
        card.hours.append(Hour(since))
    card.hours[-1].redemptions += 1
    card.hours[-1].points += points
