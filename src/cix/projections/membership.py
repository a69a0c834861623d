"""The member's card: balance, lots, growth, tier and what comes next, as of any instant.

One row an account, pictured by the room's own fold, with one child row a lot. Points are whole;
instants are UTC; ends and ``tier_until`` are exclusive.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from cix.domain import loyalty
from cix.domain.loyalty.due import SOON_DAYS
from cix.domain.loyalty.programme import Benefit
from cix.projections.projection import Projection


@attrs.frozen
class MemberCard:
    """A member's points and tier; see ``loyalty.Standing`` for what each figure means."""

    account: str
    balance: int
    """Mature and held points less debt: pending is not in it, it may be negative."""
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
    expiring_soon: int
    """Spendable points whose last valid local day is at most 30 days away."""
    growth: int
    tier: str
    position: int
    """Place on the ladder, the base tier is 0."""
    tier_until: datetime | None
    to_next: int | None
    """Growth missing for the next tier; None at the top."""
    in_grace: bool
    benefits: Mapping[str, Benefit]
    multiplier: str
    programme: str
    """Version in force; empty for the defaults."""
    enrolled_at: datetime | None
    is_closed: bool
    lots: tuple[loyalty.LotRow, ...]

    @classmethod
    def of(cls, account: loyalty.Account, at: datetime) -> MemberCard | None:
        """Picture an account; one that nobody has named has no card."""
        moved = loyalty.advance(account, at)
        if moved.ledger.enrolled is None:
            return None
        seen = loyalty.standing(moved, at)
        same = {f.name: getattr(seen, f.name) for f in attrs.fields(cls) if f.name in _SHOWN}
        return cls(expiring_soon=loyalty.expiring(moved, SOON_DAYS), **same)


_SHOWN = frozenset(field.name for field in attrs.fields(loyalty.Standing))

membership = Projection[MemberCard].of(
    "membership", loyalty.DECIDER, version=1, row=MemberCard, picture=MemberCard.of
)
