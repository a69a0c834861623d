"""Decisions by which points go for a purchase, and come back: redeem, checkout, return."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from cix.domain.decider import BY_RULE
from cix.domain.loyalty.checks import existing, moment, named, refuse, still_open, whole
from cix.domain.loyalty.days import ONE_DAY, day_end, local_day
from cix.domain.loyalty.facts import Event, PointsRedeemed, RedemptionReturned
from cix.domain.loyalty.haste import unhurried
from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.lots import last_parts
from cix.domain.loyalty.programme import Checkout
from cix.domain.loyalty.room import DECIDER, Account
from cix.domain.loyalty.values import GivenBack, MovedLot, Part
from cix.errors import NotFoundError


def spent(
    account: Account,
    core: Ledger,
    points: int,
    asked: int,
    how: Literal["exact", "up_to", "checkout"],
    *,
    total: int = 0,
    value: int = 0,
    reason: str = "",
) -> PointsRedeemed:
    """Return the redemption of *points*, allocated over the lots in spending order."""
    active = points > 0 and "redeem" in account.programme.activity
    return PointsRedeemed(points, core.allocate(points), asked, how, total, value, active, reason)


@DECIDER.decision
def redeem(
    account: Account, at: datetime, *, points: Annotated[int, BY_RULE], reason: str = ""
) -> tuple[Event, ...]:
    """Spend exactly *points*, or nothing.

    Refused: ``account_closed``, ``invalid_amount``, ``insufficient_points``, and ``hold_required``
    where the programme asks for a hold of points that move this fast.
    """
    core = named(account)
    points = whole(points, 1, account.key)
    enough(core, points)
    unhurried(core, account.programme.hold_when, moment(account, at))
    return (spent(account, core, points, points, "exact", reason=reason),)


@DECIDER.decision
def redeem_up_to(
    account: Account, at: datetime, *, points: Annotated[int, BY_RULE], reason: str = ""
) -> tuple[Event, ...]:
    """Spend min(points, available); the fact says how much, which may be 0."""
    core = named(account)
    points = whole(points, 1, account.key)
    n = min(points, core.available)
    if n:
        unhurried(core, account.programme.hold_when, moment(account, at))
    return (spent(account, core, n, points, "up_to", reason=reason),)


@DECIDER.decision
def checkout(
    account: Account,
    at: datetime,
    *,
    points: Annotated[int, BY_RULE],
    total: Annotated[int, BY_RULE],
    reason: str = "",
) -> tuple[Event, ...]:
    """Pay part of an order's *total* with up to *points*, by the programme's checkout rule."""
    core = named(account)
    points = whole(points, 0, account.key)
    total = whole(total, 0, account.key, "total")
    n, value = checkout_sum(account.programme.checkout, points, core.available, total)
    if n:
        unhurried(core, account.programme.hold_when, moment(account, at))
    return (spent(account, core, n, points, "checkout", total=total, value=value, reason=reason),)


def checkout_sum(rule: Checkout, requested: int, available: int, total: int) -> tuple[int, int]:
    """Return the points that pay and the money they are worth.

    min(requested, available), at most floor(floor(total x percent / 100) / value of a step) x
    step, rounded down to whole steps; below the minimum, or with a step or value <= 0, none.
    """
    if rule.step <= 0 or rule.value <= 0:
        return 0, 0
    most = total * rule.percent // 100 // rule.value * rule.step
    steps = min(requested, available, most) // rule.step
    points = steps * rule.step
    return (0, 0) if points <= 0 or points < rule.minimum else (points, steps * rule.value)


def enough(core: Ledger, points: int) -> None:
    """Refuse what the account cannot pay: ``insufficient_points``."""
    if points > core.available:
        because = f"{points} points wanted, {core.available} available"
        raise refuse("insufficient_points", core.key, because)


def given_back(core: Ledger, parts: tuple[Part, ...], now: datetime) -> GivenBack:
    """Return where spent *parts* go: to their lots, or as grace lots, or they lapse."""
    restored, lapsed = core.sort_out(parts, now)
    change = core.in_force(now)
    days, zone = change.programme.restore_grace_days, change.programme.zone
    if not days:
        return GivenBack(restored, (), lapsed)
    end = day_end(local_day(now, zone) + ONE_DAY * days, zone)
    grace: list[MovedLot] = []
    for part in lapsed:
        earned = core.lots[part.lot].earned if part.lot in core.lots else now
        grace.append(MovedLot(part.lot, part.points, earned, now, end, programme=change.version))
    return GivenBack(restored, tuple(grace))


@DECIDER.decision
def return_redeemed(
    account: Account,
    at: datetime,
    *,
    redemption: str,
    points: Annotated[int | None, BY_RULE] = None,
) -> tuple[Event, ...]:
    """Give back *points* (default: the rest) of a redemption or capture, from its end.

    Points go to their own lots with their own end and pay debt first; those of a dead lot lapse,
    or come back for the programme's grace days. Refused: ``redemption_not_found``,
    ``account_closed``, ``already_reversed``, ``invalid_amount``, ``exceeds_redeemed``.
    """
    core = existing(account)
    found = core.redemptions.get(redemption)
    if found is None:
        raise NotFoundError("redemption", redemption, "redemption_not_found")
    still_open(core)
    key, rest = account.key, found.points - found.returned
    if found.shares:
        raise refuse("pooled_redemption", key, f"{redemption} was spent by a pool")
    if rest <= 0:
        raise refuse("already_reversed", key, f"nothing is left of {redemption}")
    n = rest if points is None else whole(points, 1, key)
    if n > rest:
        raise refuse("exceeds_redeemed", key, f"{rest} points are left of {redemption}")
    parts = last_parts(found.parts, found.returned, n)
    back = given_back(core, parts, moment(account, at))
    return (RedemptionReturned(redemption, n, back, points),)
