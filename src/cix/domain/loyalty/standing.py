"""An account as of an instant, pictured: balance, lots, growth, tier and what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from cix.domain.loyalty.days import FAR, last_day_before, local_day
from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.lots import Lot, Source, spending_key
from cix.domain.loyalty.programme import Benefit, Programme
from cix.domain.loyalty.room import Account, shown_tier
from cix.domain.loyalty.tiers import floor_at
from cix.domain.loyalty.windows import growth_at


@attrs.frozen
class LotRow:
    """A lot with points left; the part under a hold is not in ``left``. Ends are exclusive."""

    lot: str
    granted: int
    left: int
    earned_at: datetime
    available_at: datetime | None
    expires_at: datetime | None
    source: Source
    parent: str
    pending: bool


@attrs.frozen
class Standing:
    """What is true of an account at ``at``: points, growth and tier.

    ``balance`` has no pending points in it and may be negative. ``tier_until`` is exclusive;
    ``to_next`` is None at the top.
    """

    account: str
    at: datetime
    balance: int
    available: int
    pending: int
    held: int
    debt: int
    earned: int
    redeemed: int
    expired: int
    clawed: int
    forgiven: int
    cancelled: int
    growth: int
    tier: str
    position: int
    tier_until: datetime | None
    to_next: int | None
    in_grace: bool
    benefits: Mapping[str, Benefit]
    multiplier: str
    programme: str
    enrolled_at: datetime | None
    is_closed: bool
    lots: tuple[LotRow, ...]


def lot_rows(core: Ledger) -> tuple[LotRow, ...]:
    """Return the lots with points left in spending order, pending ones too."""
    last = core.last_activity
    lots = [lot for lot in (*core.ripe.values(), *core.unripe.values()) if lot.left]
    lots.sort(key=lambda lot: _shown_order(lot, last))
    return tuple(_row(lot, last) for lot in lots)


def _shown_order(lot: Lot, last_activity: datetime | None) -> tuple[datetime, datetime, int, int]:
    """Return the place in spending order; what waits under a living clock has no end yet."""
    if lot.ripe or lot.rule is None:
        return spending_key(lot, last_activity)
    return (lot.expires or FAR, lot.earned, lot.position, lot.index)


def _row(lot: Lot, last_activity: datetime | None) -> LotRow:
    living = lot.ripe or lot.rule is None
    return LotRow(
        lot.key,
        lot.granted,
        lot.left,
        lot.earned,
        lot.available,
        lot.end(last_activity) if living else lot.expires,
        lot.source,
        lot.parent,
        not lot.ripe,
    )


def expiring(account: Account, days: int) -> int:
    """Return the spendable points whose last valid local day is at most *days* after today's."""
    core, now = account.ledger, account.now
    if now is None:
        return 0
    zone = account.programme.zone
    today = local_day(now, zone)
    total = 0
    for lot in core.ripe.values():
        end = lot.end(core.last_activity)
        if end is not None and (last_day_before(end, zone) - today).days <= days:
            total += lot.left
    return total


@attrs.frozen
class TierShown:
    """The tier shown, until when, and whether it is kept in grace only."""

    position: int
    until: datetime | None
    in_grace: bool


def tier_shown(core: Ledger, at: datetime) -> TierShown:
    """Return the tier at *at*; a floor decides where it is above the earned tier."""
    position = shown_tier(core, at)
    track = core.track
    floor = floor_at(core.floors, at)
    if floor is not None and floor.tier > track.tier:
        return TierShown(position, floor.until, in_grace=False)
    until = track.review_at if position else None
    return TierShown(position, until, in_grace=track.grace_end is not None)


def standing(account: Account, at: datetime) -> Standing:
    """Return the account as of *at*, which is not before the account's own instant."""
    account = account.moved(at)
    core = account.ledger
    change = core.in_force(at)
    programme = change.programme
    shown = tier_shown(core, at)
    tier = programme.tier(shown.position)
    growth = growth_at(core.track.entries, at, programme, core.enrolled)
    return Standing(
        account=account.key,
        at=at,
        balance=core.balance,
        available=core.available,
        pending=core.pending,
        held=core.held,
        debt=core.debt,
        earned=core.earned,
        redeemed=core.redeemed,
        expired=core.expired,
        clawed=core.clawed,
        forgiven=core.forgiven,
        cancelled=core.cancelled,
        growth=growth,
        tier=tier.name,
        position=shown.position,
        tier_until=shown.until,
        to_next=to_next(programme, shown.position, growth),
        in_grace=shown.in_grace,
        benefits=tier.benefits,
        multiplier=f"{tier.multiplier.num}/{tier.multiplier.den}",
        programme=change.version,
        enrolled_at=core.enrolled,
        is_closed=core.closed,
        lots=lot_rows(core),
    )


def to_next(programme: Programme, position: int, growth: int) -> int | None:
    """Return the growth missing for the tier above the one shown; None at the top."""
    if position + 1 >= len(programme.tiers):
        return None
    return max(0, programme.tiers[position + 1].at - growth)
