"""How fast an account's points moved: when a redemption has to be a hold first.

Counted in the account's own history, so the answer is that of the instant of the decision and no
two tills can be told differently.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from cix.domain.loyalty.checks import refuse
from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.programme import HoldWhen

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
_NEVER: Final = HoldWhen()


def redemptions(core: Ledger, now: datetime) -> int:
    """Return how many redemptions and captures of points were recorded in (now - 1 h, now]."""
    latest = takewhile(lambda one: one.recorded > now - HOUR, reversed(core.redemptions.values()))
    return sum(1 for one in latest if one.points)


def gifts(core: Ledger, now: datetime) -> int:
    """Return how many gifts were received in (now - 24 h, now]."""
    return sum(1 for at in core.gifts if at > now - DAY)


def returns(core: Ledger) -> int:
    """Return how often goods of one order came back: of the order with most returns."""
    return max((order.returns for order in core.orders.values()), default=0)


def unhurried(core: Ledger, rule: HoldWhen, now: datetime) -> None:
    """Refuse a redemption that *rule* wants held first: ``hold_required``."""
    if rule == _NEVER:
        return
    counts = (
        ("redemptions in an hour", rule.redemptions_per_hour, redemptions(core, now)),
        ("gifts received in a day", rule.gifts_per_day, gifts(core, now)),
        ("returns of one order", rule.returns_per_order, returns(core)),
    )
    for what, most, count in counts:
        if most is not None and count >= most:
            because = f"{count} {what}; hold the points, look, then capture"
            raise refuse("hold_required", core.key, because)
