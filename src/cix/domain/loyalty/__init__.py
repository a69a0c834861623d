"""Loyalty: a ledger of points that never lies, growth beside it, and the tiers it earns.

One account is one history. Facts store each decision with its outcome; time matures lots, times
holds out, expires points and reviews tiers by itself, and a tick only records that it did.
Pages of the room: ``programme`` (the published rules), ``facts``, ``ledger`` and ``taking`` (the
fold), ``tiers``, the decisions below, ``standing`` (the picture), ``trace``, ``liability``,
``whatif`` and ``referral``.
"""

from cix.domain.loyalty import facts, liability, referral, trace, whatif
from cix.domain.loyalty.adjustments import adjust, reverse
from cix.domain.loyalty.awards import activate, cancel_pending, earn, earn_order, grow, purchase
from cix.domain.loyalty.earning import order_sum
from cix.domain.loyalty.facts import Derived, Event
from cix.domain.loyalty.gifts import gift, redeem_pooled, return_pooled
from cix.domain.loyalty.holds import capture, hold, release
from cix.domain.loyalty.members import celebrate, close, enrol, note_birthday, set_floor
from cix.domain.loyalty.programme import Programme, Tier, read
from cix.domain.loyalty.reading import Ratio
from cix.domain.loyalty.refunds import refund
from cix.domain.loyalty.room import DECIDER, Account, advance, deadlines, evolve, fell_due, new
from cix.domain.loyalty.spending import (
    checkout,
    checkout_sum,
    redeem,
    redeem_up_to,
    return_redeemed,
)
from cix.domain.loyalty.standing import LotRow, Standing, expiring, standing
from cix.domain.loyalty.values import Award, Item

__all__ = [
    "DECIDER",
    "Account",
    "Award",
    "Derived",
    "Event",
    "Item",
    "LotRow",
    "Programme",
    "Ratio",
    "Standing",
    "Tier",
    "activate",
    "adjust",
    "advance",
    "cancel_pending",
    "capture",
    "celebrate",
    "checkout",
    "checkout_sum",
    "close",
    "deadlines",
    "earn",
    "earn_order",
    "enrol",
    "evolve",
    "expiring",
    "facts",
    "fell_due",
    "gift",
    "grow",
    "hold",
    "liability",
    "new",
    "note_birthday",
    "order_sum",
    "purchase",
    "read",
    "redeem",
    "redeem_pooled",
    "redeem_up_to",
    "referral",
    "refund",
    "release",
    "return_pooled",
    "return_redeemed",
    "reverse",
    "set_floor",
    "standing",
    "trace",
    "whatif",
]
