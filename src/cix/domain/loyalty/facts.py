"""What can happen to a loyalty account.

Every fact stores the decision with its outcome (which lots gave how much, the award lines, the
end of a lot) and what was asked, so a replay applies it again and a what-if decides it again.
Points are whole, money is whole minor units, instants are UTC. The effective instant of an
earning is the envelope's ``occurred_at``; the id of the request names what a fact made.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from cix.domain.loyalty.values import Asked, Award, GivenBack, LotRule, MovedLot, Part, Share, Taken
from cix.facts import fact, personal, tagged


# -- facts -----------------------------------------------------------------------
@fact("member.enrolled", 1)
class MemberEnrolled:
    """An account is a member's since an instant, which may lie in the past.

    ``record`` is the channel record the account belongs to, where that is known.
    """

    since: datetime
    record: str | None = tagged("record", default=None)


@fact("points.earned", 1)
class PointsEarned:
    """Points were granted in one lot, named by the request; growth counts from now on.

    ``available_at`` is None while the lot waits for an action, ``expires_at`` None when it never
    ends, waits, or lives by a rule. ``programme`` is the version that decided.
    """

    points: int
    lines: tuple[Award, ...]
    growth: int
    available_at: datetime | None
    expires_at: datetime | None
    asked: Asked
    rule: LotRule | None = None
    order: str | None = None
    amount: int | None = None
    activity: bool = True
    lapsed: int = 0
    """Points that expired at once, as the lot's end had passed when they were recorded."""
    programme: str = ""
    reason: str = ""
    ref: str = ""


@fact("points.activated", 1)
class PointsActivated:
    """A lot that waited for an action can be spent from now on."""

    earning: str
    points: int
    available_at: datetime
    expires_at: datetime | None
    lapsed: int = 0
    """Points that expired at once, as in an earning."""


@fact("points.pending_cancelled", 1)
class PendingCancelled:
    """What was left of a lot that was not mature was withdrawn, with the rest of its growth."""

    earning: str
    points: int


@fact("points.redeemed", 1)
class PointsRedeemed:
    """Points were spent: which lots gave how much. ``value`` is money at checkout, else 0."""

    points: int
    parts: tuple[Part, ...]
    asked: int
    how: Literal["exact", "up_to", "checkout"] = "exact"
    total: int = 0
    value: int = 0
    activity: bool = True
    reason: str = ""


@fact("points.held", 1)
class PointsHeld:
    """Points were set aside for a later capture; None never times out."""

    points: int
    parts: tuple[Part, ...]
    expires_at: datetime | None = None


@fact("hold.captured", 1)
class HoldCaptured:
    """A hold became a redemption of ``points``, its soonest part; the rest was let go."""

    hold: str
    points: int
    parts: tuple[Part, ...]
    back: GivenBack
    asked: int | None = None
    activity: bool = True


@fact("hold.released", 1)
class HoldReleased:
    """A hold was let go."""

    hold: str
    back: GivenBack


@fact("redemption.returned", 1)
class RedemptionReturned:
    """Spent points came back, from the end of the redemption's allocation."""

    redemption: str
    points: int
    back: GivenBack
    asked: int | None = None


@fact("order.refunded", 1)
class OrderRefunded:
    """Goods came back: the points and the growth of their order were taken in proportion.

    ``returned`` is the money returned so far, this return included; ``growth`` what is left of
    the order's growth.
    """

    order: str
    returned: int
    whole: bool
    taken: Taken
    growth: int
    asked: int | None = None


@fact("points.given", 1)
class PointsGiven:
    """Points went from one member to another; both accounts hold this one fact."""

    giver: str
    to: str = tagged("account")
    points: int
    parts: tuple[Part, ...]
    lots: tuple[MovedLot, ...]


@fact("pool.redeemed", 1)
class PoolRedeemed:
    """Members spent together: one spending order over the lots of all of them."""

    members: tuple[str, ...] = tagged("account")
    points: int
    shares: tuple[Share, ...]
    activity: bool = True


@fact("pool.returned", 1)
class PoolReturned:
    """What was spent together came back to each member, from the end."""

    members: tuple[str, ...] = tagged("account")
    redemption: str
    points: int
    back: tuple[GivenBack, ...]
    """One for each of ``members``, in that order."""
    asked: int | None = None


@fact("points.adjusted", 1)
class PointsAdjusted:
    """Somebody corrected the balance: above zero a credit in a lot, below zero a debit."""

    points: int
    reason: str
    actor: str
    taken: Taken = Taken()
    available_at: datetime | None = None
    expires_at: datetime | None = None
    rule: LotRule | None = None
    allow_negative: bool = False
    lapsed: int = 0
    """Points of a credit that expired at once, as in an earning."""
    programme: str = ""


@fact("adjustment.reversed", 1)
class AdjustmentReversed:
    """An adjustment was undone: a credit was taken, or a debit's points came back.

    Of a debit, ``cancelled`` is its open debt and ``again`` the new lot of debt paid since.
    """

    adjustment: str
    taken: Taken = Taken()
    back: GivenBack = GivenBack()
    cancelled: int = 0
    again: MovedLot | None = None
    force: bool = False
    lapsed: int = 0
    """Points of ``again`` that expired at once, as in an earning."""


@fact("account.closed", 1)
class AccountClosed:
    """The account was closed; what was left, of mature and of pending lots, was cancelled."""

    cancelled: tuple[Part, ...]
    pending: tuple[Part, ...]


@fact("tier.floor_set", 1)
class FloorSet:
    """A tier, by position, is the least the member has in [since, until); None is open."""

    tier: int
    since: datetime
    until: datetime | None = None
    reason: str = ""


@fact("birthday.noted", 1)
class BirthdayNoted:
    """A birthday (no year) was put on file; ``zone`` is the member's."""

    zone: str
    month: int | None = personal("identity", default=None)
    day: int | None = personal("identity", default=None)


@fact("birthday.rewarded", 1)
class BirthdayRewarded:
    """The birthday award of one local calendar year was granted."""

    year: int
    points: int
    available_at: datetime | None
    expires_at: datetime | None
    rule: LotRule | None = None
    lapsed: int = 0
    """Points that expired at once, as in an earning."""
    programme: str = ""


@fact("referral.rewarded", 1)
class ReferralRewarded:
    """A friend's purchase paid the referrer first, then the friend; 0 when a cap stopped it."""

    friend: str = tagged("account")
    referrer: str = tagged("account")
    order: str
    amount: int
    friend_points: int
    referrer_points: int
    reason: str
    available_at: datetime
    expires_at: datetime | None
    rule: LotRule | None = None
    friend_lapsed: int = 0
    """The friend's points that expired at once, as in an earning."""
    referrer_lapsed: int = 0
    programme: str = ""


@fact("referral.taken_back", 1)
class ReferralTakenBack:
    """Returns brought the purchase below the minimum: both awards were taken, referrer first."""

    friend: str = tagged("account")
    referrer: str = tagged("account")
    order: str
    returned: int
    referrer_taken: Taken
    friend_taken: Taken


Event: TypeAlias = (
    MemberEnrolled
    | PointsEarned
    | PointsActivated
    | PendingCancelled
    | PointsRedeemed
    | PointsHeld
    | HoldCaptured
    | HoldReleased
    | RedemptionReturned
    | OrderRefunded
    | PointsGiven
    | PoolRedeemed
    | PoolReturned
    | PointsAdjusted
    | AdjustmentReversed
    | AccountClosed
    | FloorSet
    | BirthdayNoted
    | BirthdayRewarded
    | ReferralRewarded
    | ReferralTakenBack
)


# -- what time decided -----------------------------------------------------------
@fact("points.matured", 1, derived=True)
class PointsMatured:
    """A pending lot became spendable."""

    lot: str
    points: int


@fact("points.expired", 1, derived=True)
class PointsExpired:
    """What was left of a lot at its end expired."""

    lot: str
    points: int


@fact("hold.timed_out", 1, derived=True)
class HoldTimedOut:
    """A hold was let go by time."""

    hold: str
    back: GivenBack


@fact("tier.changed", 1, derived=True)
class TierChanged:
    """A review, a version of the programme or a floor moved the tier shown, by position."""

    before: int
    after: int
    name: str
    reason: str


Derived: TypeAlias = PointsMatured | PointsExpired | HoldTimedOut | TierChanged
