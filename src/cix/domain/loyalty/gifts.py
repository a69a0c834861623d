"""Decisions between members: gifts, and pools that spend and take back together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from cix.domain.decider import BY_RULE, Models, Reading
from cix.domain.loyalty.checks import countable, existing, moment, refuse, still_open, whole
from cix.domain.loyalty.facts import Event, PointsGiven, PoolRedeemed, PoolReturned
from cix.domain.loyalty.haste import unhurried
from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.lots import Lot, lot_end, spending_key
from cix.domain.loyalty.room import DECIDER, Account
from cix.domain.loyalty.spending import enough, given_back
from cix.domain.loyalty.values import GivenBack, MovedLot, Part, Share
from cix.errors import NotFoundError


def _receiver(key: str, args: Mapping[str, Any]) -> tuple[Reading, ...]:
    return () if args["to"] == key else (Reading(DECIDER, args["to"]),)


def _moved(lot: Lot, points: int, to: Ledger, now: datetime) -> MovedLot:
    """Return the lot as the receiver gets it: the same earning, availability and end."""
    available = lot.available or now
    rule = lot.rule if lot.rule and lot.rule.expiry.kind == "inactivity" else None
    if rule is not None:
        last = to.last_activity
        clock = available if last is None else max(available, last)
        end = lot_end(rule, lot.earned, clock)
        if end is not None and end <= now:
            because = f"points of {lot.key} would be dead on arrival at {to.key}"
            raise refuse("expires_before_available", to.key, because)
    return MovedLot(lot.key, points, lot.earned, available, lot.expires, rule, lot.programme)


@DECIDER.spanning(_receiver)
def gift(
    models: Models, at: datetime, *, to: str, points: Annotated[int, BY_RULE]
) -> tuple[Event, ...]:
    """Give *points* to another member: per lot used a lot with the same end arrives there.

    Neither earning nor growth nor activity; it pays the receiver's debt first. Refused:
    ``account_not_found``, ``account_closed``, ``self_transfer``, ``invalid_amount``,
    ``insufficient_points``, and ``expires_before_available`` under inactivity.
    """
    giver: Account = models.own
    receiver = giver if to == models.key else models.of(DECIDER, to)
    core, target = existing(giver), existing(receiver)
    still_open(core)
    still_open(target)
    if to == models.key:
        raise refuse("self_transfer", to, "a gift needs two members")
    points = whole(points, 1, models.key)
    countable(target, points)
    enough(core, points)
    parts = core.allocate(points)
    now = moment(giver, at)
    lots = tuple(_moved(core.lots[part.lot], part.points, target, now) for part in parts)
    return (PointsGiven(models.key, to, points, parts, lots),)


# -- pools -------------------------------------------------------------------------
def _members(key: str, args: Mapping[str, Any]) -> tuple[Reading, ...]:
    others = dict.fromkeys(m for m in args["members"] if m != key)
    return tuple(Reading(DECIDER, member) for member in others)


def _pool(models: Models, members: Sequence[str]) -> dict[str, Account]:
    """Return the accounts of the pool: the one that asks first, then the members as named."""
    found: dict[str, Account] = {models.key: models.own}
    for member in members:
        if member not in found:
            found[member] = models.of(DECIDER, member)
    for account in found.values():
        existing(account)
    return found


def pool_shares(cores: Sequence[Ledger], points: int) -> tuple[Share, ...]:
    """Allocate *points* over the spendable lots of all members in one spending order."""
    lots = [
        (*spending_key(lot, core.last_activity), n, core.key, lot)
        for n, core in enumerate(cores)
        for lot in core.ripe.values()
    ]
    lots.sort(key=lambda one: one[:5])
    shares: list[Share] = []
    for *_, owner, lot in lots:
        n = min(points, lot.left)
        if n:
            shares.append(Share(owner, lot.key, n))
            points -= n
    return tuple(shares)


@DECIDER.spanning(_members)
def redeem_pooled(
    models: Models, at: datetime, *, members: tuple[str, ...], points: Annotated[int, BY_RULE]
) -> tuple[Event, ...]:
    """Spend *points* of a pool: the account that asks and the *members* it names.

    Available is the sum over the members; all their lots are spent in one spending order, and it
    is activity for those whose points were used. Refused as ``redeem`` is.
    """
    pool = _pool(models, members)
    cores = [still_open(account.ledger) for account in pool.values()]
    points = whole(points, 1, models.key)
    available = sum(core.available for core in cores)
    if points > available:
        because = f"{points} points wanted, {available} available in the pool"
        raise refuse("insufficient_points", models.key, because)
    shares = pool_shares(cores, points)
    for account in pool.values():
        if any(share.account == account.key for share in shares):
            unhurried(account.ledger, account.programme.hold_when, moment(account, at))
    active = "redeem" in models.own.programme.activity
    return (PoolRedeemed(tuple(pool), points, shares, active),)


def last_shares(shares: tuple[Share, ...], done: int, points: int) -> tuple[Share, ...]:
    """Return *points* of a pool's allocation from its end, *done* of which came back before."""
    found: list[Share] = []
    for share in reversed(shares):
        skip = min(done, share.points)
        done -= skip
        take = min(points, share.points - skip)
        points -= take
        if take:
            found.append(Share(share.account, share.lot, take))
    return tuple(found)


@DECIDER.spanning(_members)
def return_pooled(
    models: Models,
    at: datetime,
    *,
    members: tuple[str, ...],
    redemption: str,
    points: Annotated[int | None, BY_RULE] = None,
) -> tuple[Event, ...]:
    """Give back *points* (default: the rest) of what a pool spent, to each member, from the end.

    Every member whose points come back must be named (``pool_member_missing``); else refused as
    ``return_redeemed`` is.
    """
    pool = _pool(models, members)
    own: Account = models.own
    found = own.ledger.redemptions.get(redemption)
    if found is None or not found.shares:
        raise NotFoundError("redemption", redemption, "redemption_not_found")
    for account in pool.values():
        still_open(account.ledger)
    missing = [s.account for s in found.shares if s.account not in pool]
    if missing:
        raise refuse("pool_member_missing", models.key, f"{missing[0]} spent too; name it")
    rest = found.total - found.returned
    if rest <= 0:
        raise refuse("already_reversed", models.key, f"nothing is left of {redemption}")
    n = rest if points is None else whole(points, 1, models.key)
    if n > rest:
        raise refuse("exceeds_redeemed", models.key, f"{rest} points are left of {redemption}")
    shares = last_shares(found.shares, found.returned, n)
    back = tuple(_back(account, shares, at) for account in pool.values())
    return (PoolReturned(tuple(pool), redemption, n, back, points),)


def _back(account: Account, shares: tuple[Share, ...], at: datetime) -> GivenBack:
    own = tuple(Part(s.lot, s.points) for s in shares if s.account == account.key)
    return given_back(account.ledger, own, moment(account, at))
