"""Who invited whom, and what came of it: one row a person, pictured by the referral room."""

from __future__ import annotations

from datetime import datetime

import attrs

from cix.domain.loyalty import referral
from cix.projections.projection import Projection


@attrs.frozen
class PaidRow:
    """A purchase of a friend that paid. Points are whole, money is minor units."""

    order: str
    at: datetime
    amount: int
    referrer_points: int
    friend_points: int
    reason: str
    """Why the referrer was not paid, such as ``cap_reached``; else empty."""
    taken_back: bool


@attrs.frozen
class MissedRow:
    """A purchase of a friend that paid nothing, and why."""

    order: str
    reason: str


@attrs.frozen
class RefusedRow:
    """An acceptance that was refused, and the first reason that held."""

    referrer: str
    reason: str


@attrs.frozen
class ReferralCard:
    """One person as a friend and as a referrer; the key is that of the loyalty account.

    ``paid`` holds the person's own purchases as a friend.
    """

    account: str
    referrer: str | None
    accepted_at: datetime | None
    invited: tuple[str, ...]
    invited_count: int
    below_count: int
    """Everybody whom this person invited, directly or through others."""
    device_count: int
    paid: tuple[PaidRow, ...]
    missed: tuple[MissedRow, ...]
    refused: tuple[RefusedRow, ...]

    @classmethod
    def of(cls, person: referral.Person, _: datetime) -> ReferralCard:
        """Picture a person."""
        return cls(
            person.key,
            person.referrer,
            person.accepted_at,
            person.invited,
            len(person.invited),
            len(person.below),
            len(person.devices),
            tuple(
                PaidRow(
                    p.order,
                    p.at,
                    p.amount,
                    p.referrer_points,
                    p.friend_points,
                    p.reason,
                    p.taken_back,
                )
                for p in person.paid
            ),
            tuple(MissedRow(order, reason) for order, reason in person.missed),
            tuple(RefusedRow(referrer, reason) for referrer, reason in person.refused),
        )


referrals = Projection[ReferralCard].of(
    "referrals", referral.DECIDER, version=1, row=ReferralCard, picture=ReferralCard.of
)
