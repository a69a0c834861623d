"""How each fact changes the ledger: what was decided is applied, nothing is decided again.

Every function here is total: facts that were loaded in an odd order change what can be changed
and leave the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import attrs

from cix.domain.loyalty import facts as f
from cix.domain.loyalty.birthdays import on_file
from cix.domain.loyalty.ledger import Ledger, Purse
from cix.domain.loyalty.lots import Adjustment, Hold, Lot, Order, Redemption, Source
from cix.domain.loyalty.tiers import Floor
from cix.domain.loyalty.values import GivenBack, MovedLot, Part

Taker = Callable[[Ledger, Any, str, datetime, datetime], None]
"""``(ledger, fact, name, effective, recorded)``: the name is the request's id."""
TAKERS: Final[dict[type, Taker]] = {}


def _takes(cls: type) -> Callable[[Taker], Taker]:
    def enter(taker: Taker) -> Taker:
        TAKERS[cls] = taker
        return taker

    return enter


def moved(lot: MovedLot, ledger: Ledger, name: str, index: int, source: Source) -> Lot:
    """Return the lot that *lot* becomes in *ledger*; the first bears the request's name."""
    made = Lot(
        name if index == 0 else f"{name}#{index}",
        lot.points,
        lot.earned_at,
        lot.available_at,
        lot.expires_at,
        ledger.position,
    )
    made.rule, made.source, made.parent, made.index = lot.rule, source, lot.parent, index
    made.programme = lot.programme
    return made


def _give_back(
    ledger: Ledger, back: GivenBack, source: Purse, recorded: datetime, name: str
) -> int:
    total = 0
    for n, lot in enumerate(back.grace):
        ledger.grant(moved(lot, ledger, name, n, "grace"), recorded, source, counts=False)
        total += lot.points
    if source == "held":
        ledger.held -= total
    return total + ledger.put_back(back.restored, back.lapsed, source, recorded, name)


# -- points come -------------------------------------------------------------------
@_takes(f.PointsEarned)
def _earned(
    ledger: Ledger, fact: f.PointsEarned, name: str, effective: datetime, recorded: datetime
) -> None:
    lot = Lot(
        name,
        fact.points,
        effective,
        fact.available_at,
        fact.expires_at,
        ledger.position,
        fact.rule,
        "earning",
        fact.programme,
        fact.growth,
    )
    if fact.activity:
        ledger.be_active(effective)
    ledger.earned += fact.points
    ledger.grant(lot, recorded)
    if fact.order is not None and fact.order not in ledger.orders:
        ledger.orders[fact.order] = Order(fact.order, lot.key, fact.amount, fact.lines)


@_takes(f.PointsActivated)
def _activated(
    ledger: Ledger, fact: f.PointsActivated, name: str, effective: datetime, recorded: datetime
) -> None:
    lot = ledger.unripe.pop(fact.earning, None)
    if lot is None or lot.available is not None:
        return
    lot.available = fact.available_at
    lot.expires = fact.expires_at
    ledger.pending -= lot.left
    ledger.transfer(recorded, lot.key, "pending", "available", lot.left, name)
    ledger.ripen(lot, recorded)


@_takes(f.PendingCancelled)
def _cancelled(
    ledger: Ledger, fact: f.PendingCancelled, name: str, effective: datetime, recorded: datetime
) -> None:
    lot = ledger.unripe.pop(fact.earning, None)
    if lot is None:
        return
    ledger.transfer(recorded, lot.key, "pending", "cancelled", lot.left, name)
    n = ledger.draw(lot, lot.left)
    ledger.cancelled += n
    lot.withdrawn += n
    _cut_growth(ledger, lot.key, 0)
    for order in ledger.orders.values():
        if order.lot == lot.key:
            order.taken += n


def _cut_growth(ledger: Ledger, lot: str, kept: int) -> None:
    entry = ledger.lots.get(lot)
    if entry is not None and entry.kept > kept:
        entry.kept = kept
        ledger.track.reset()


# -- points go ---------------------------------------------------------------------
@_takes(f.PointsRedeemed)
def _redeemed(
    ledger: Ledger, fact: f.PointsRedeemed, name: str, effective: datetime, recorded: datetime
) -> None:
    ledger.redeemed += ledger.spend(fact.parts, "redeemed", recorded, name)
    ledger.redemptions[name] = Redemption(name, fact.points, fact.parts, recorded)
    if fact.activity:
        ledger.be_active(recorded)


@_takes(f.PointsHeld)
def _held(
    ledger: Ledger, fact: f.PointsHeld, name: str, effective: datetime, recorded: datetime
) -> None:
    ledger.held += ledger.spend(fact.parts, "held", recorded, name)
    ledger.serial += 1
    hold = Hold(name, fact.points, fact.parts, fact.expires_at, serial=ledger.serial)
    ledger.holds[name] = hold
    if fact.expires_at is not None:
        ledger.await_time_out(hold, fact.expires_at)


@_takes(f.HoldCaptured)
def _captured(
    ledger: Ledger, fact: f.HoldCaptured, name: str, effective: datetime, recorded: datetime
) -> None:
    hold = ledger.holds.get(fact.hold)
    if hold is None or hold.status != "open":
        return
    hold.status = "captured"
    ledger.held -= fact.points
    ledger.redeemed += fact.points
    for part in fact.parts:
        ledger.transfer(recorded, part.lot, "held", "redeemed", part.points, name)
    ledger.redemptions[name] = Redemption(name, fact.points, fact.parts, recorded)
    if fact.activity:
        ledger.be_active(recorded)
    _give_back(ledger, fact.back, "held", recorded, name)


@_takes(f.HoldReleased)
def _released(
    ledger: Ledger, fact: f.HoldReleased, name: str, effective: datetime, recorded: datetime
) -> None:
    hold = ledger.holds.get(fact.hold)
    if hold is None or hold.status != "open":
        return
    hold.status = "released"
    _give_back(ledger, fact.back, "held", recorded, name)


@_takes(f.RedemptionReturned)
def _returned(
    ledger: Ledger, fact: f.RedemptionReturned, name: str, effective: datetime, recorded: datetime
) -> None:
    redemption = ledger.redemptions.get(fact.redemption)
    if redemption is None:
        return
    redemption.returned += fact.points
    ledger.redeemed -= _give_back(ledger, fact.back, "redeemed", recorded, name)


@_takes(f.OrderRefunded)
def _refunded(
    ledger: Ledger, fact: f.OrderRefunded, name: str, effective: datetime, recorded: datetime
) -> None:
    order = ledger.orders.get(fact.order)
    if order is None:
        return
    order.returned, order.whole = fact.returned, fact.whole
    order.returns += 1
    order.taken += fact.taken.points + fact.taken.forgiven
    _cut_growth(ledger, order.lot, fact.growth)
    ledger.claw(fact.taken, recorded, name)


# -- between members ---------------------------------------------------------------
@_takes(f.PointsGiven)
def _given(
    ledger: Ledger, fact: f.PointsGiven, name: str, effective: datetime, recorded: datetime
) -> None:
    if ledger.key != fact.to:
        ledger.given += ledger.spend(fact.parts, "gifts", recorded, name)
        return
    ledger.gifts.append(recorded)
    for n, lot in enumerate(fact.lots):
        made = moved(lot, ledger, name, n, "gift")
        made.giver = fact.giver
        ledger.grant(made, recorded, "gifts")


@_takes(f.PoolRedeemed)
def _pool_redeemed(
    ledger: Ledger, fact: f.PoolRedeemed, name: str, effective: datetime, recorded: datetime
) -> None:
    own = tuple(Part(s.lot, s.points) for s in fact.shares if s.account == ledger.key)
    points = ledger.spend(own, "redeemed", recorded, name)
    ledger.redeemed += points
    ledger.redemptions[name] = Redemption(name, points, own, recorded, fact.shares)
    if fact.activity and points:
        ledger.be_active(recorded)


@_takes(f.PoolReturned)
def _pool_returned(
    ledger: Ledger, fact: f.PoolReturned, name: str, effective: datetime, recorded: datetime
) -> None:
    if (redemption := ledger.redemptions.get(fact.redemption)) is not None:
        redemption.returned += fact.points
        for member, back in zip(fact.members, fact.back, strict=False):
            if member == ledger.key:
                ledger.redeemed -= _give_back(ledger, back, "redeemed", recorded, name)


# -- by hand -----------------------------------------------------------------------
@_takes(f.PointsAdjusted)
def _adjusted(
    ledger: Ledger, fact: f.PointsAdjusted, name: str, effective: datetime, recorded: datetime
) -> None:
    taken = fact.taken
    made = Adjustment(name, fact.points, taken.parts, taken.debt, open_debt=taken.debt)
    ledger.adjustments[name] = made
    if fact.points < 0:
        ledger.claw(taken, recorded, name)
        return
    lot = Lot(name, fact.points, effective, fact.available_at, fact.expires_at, ledger.position)
    lot.rule, lot.source, lot.programme = fact.rule, "adjustment", fact.programme
    ledger.grant(lot, recorded)
    made.lot = lot.key


@_takes(f.AdjustmentReversed)
def _reversed(
    ledger: Ledger, fact: f.AdjustmentReversed, name: str, effective: datetime, recorded: datetime
) -> None:
    adjustment = ledger.adjustments.get(fact.adjustment)
    if adjustment is None:
        return
    adjustment.reversed = True
    if adjustment.points > 0:
        ledger.claw(fact.taken, recorded, name)
        return
    if fact.cancelled:
        ledger.less_debt(fact.cancelled, adjustment.name)
        ledger.transfer(recorded, "", "clawed_back", "available", fact.cancelled, name)
    points = _give_back(ledger, fact.back, "clawed_back", recorded, name)
    if fact.again is not None:
        lot = moved(fact.again, ledger, name, len(fact.back.grace), "adjustment")
        ledger.grant(lot, recorded, "clawed_back", counts=False)
        points += fact.again.points
    ledger.clawed -= points + fact.cancelled


# -- the member --------------------------------------------------------------------
@_takes(f.MemberEnrolled)
def _enrolled(
    ledger: Ledger, fact: f.MemberEnrolled, name: str, effective: datetime, recorded: datetime
) -> None:
    ledger.enrol(fact.since, stated=True)
    if fact.record is not None:
        ledger.record = fact.record


@_takes(f.AccountClosed)
def _closed(
    ledger: Ledger, fact: f.AccountClosed, name: str, effective: datetime, recorded: datetime
) -> None:
    ledger.cancelled += ledger.spend((*fact.cancelled, *fact.pending), "cancelled", recorded, name)
    ledger.unripe.clear()
    ledger.closed = True


@_takes(f.FloorSet)
def _floor_set(
    ledger: Ledger, fact: f.FloorSet, name: str, effective: datetime, recorded: datetime
) -> None:
    ledger.floors.append(Floor(fact.tier, fact.since, fact.until))


@_takes(f.BirthdayNoted)
def _birthday_noted(
    ledger: Ledger, fact: f.BirthdayNoted, name: str, effective: datetime, recorded: datetime
) -> None:
    dates = ledger.dates
    if dates and dates[-1].replaced is None:
        dates[-1] = attrs.evolve(dates[-1], replaced=recorded)
    if fact.month is not None and fact.day is not None:
        date = on_file(fact.month, fact.day, fact.zone, recorded)
        dates += [] if date is None else [date]


@_takes(f.BirthdayRewarded)
def _birthday_rewarded(
    ledger: Ledger, fact: f.BirthdayRewarded, name: str, effective: datetime, recorded: datetime
) -> None:
    ledger.birthdays.add(fact.year)
    _award(ledger, fact, name, fact.points, effective, recorded)


@_takes(f.ReferralRewarded)
def _referral_rewarded(
    ledger: Ledger, fact: f.ReferralRewarded, name: str, effective: datetime, recorded: datetime
) -> None:
    points = fact.friend_points
    if ledger.key == fact.referrer:
        points = fact.referrer_points
        if points:
            ledger.referrals.append(effective)
    lot = _award(ledger, fact, name, points, effective, recorded)
    ledger.awards[f"{fact.friend}/{fact.order}"] = lot.key


def _award(
    ledger: Ledger,
    fact: f.BirthdayRewarded | f.ReferralRewarded,
    name: str,
    points: int,
    effective: datetime,
    recorded: datetime,
) -> Lot:
    lot = Lot(name, points, effective, fact.available_at, fact.expires_at, ledger.position)
    lot.source = "birthday" if isinstance(fact, f.BirthdayRewarded) else "referral"
    lot.rule, lot.programme = fact.rule, fact.programme
    ledger.earned += points
    ledger.grant(lot, recorded)
    return lot


@_takes(f.ReferralTakenBack)
def _referral_taken_back(
    ledger: Ledger, fact: f.ReferralTakenBack, name: str, effective: datetime, recorded: datetime
) -> None:
    taken = fact.referrer_taken if ledger.key == fact.referrer else fact.friend_taken
    ledger.claw(taken, recorded, name)
