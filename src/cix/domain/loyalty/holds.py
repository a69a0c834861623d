"""Decisions on holds: set points aside, then capture or let go, exactly once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from cix.domain.decider import BY_RULE
from cix.domain.loyalty.checks import (
    LONGEST,
    existing,
    moment,
    named,
    refuse,
    still_open,
    whole,
)
from cix.domain.loyalty.facts import Event, HoldCaptured, HoldReleased, PointsHeld
from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.lots import Hold, first_parts
from cix.domain.loyalty.room import DECIDER, Account
from cix.domain.loyalty.spending import enough
from cix.domain.loyalty.values import GivenBack, Part
from cix.errors import NotFoundError


@DECIDER.decision
def hold(
    account: Account,
    at: datetime,
    *,
    points: Annotated[int, BY_RULE],
    ttl: timedelta | None = None,
) -> tuple[Event, ...]:
    """Set *points* aside, allocated now; with a *ttl* the hold ends that long from now.

    Refused: ``account_closed``, ``invalid_amount``, ``insufficient_points``.
    """
    core = named(account)
    points = whole(points, 1, account.key)
    if ttl is not None and not timedelta(0) < ttl <= LONGEST:
        because = f"a hold lasts longer than no time and at most {LONGEST.days} days"
        raise refuse("invalid_amount", account.key, because)
    enough(core, points)
    until = None if ttl is None else moment(account, at) + ttl
    return (PointsHeld(points, core.allocate(points), until),)


def _open_hold(account: Account, name: str) -> tuple[Ledger, Hold]:
    core = existing(account)
    found = core.holds.get(name)
    if found is None:
        raise NotFoundError("hold", name, "hold_not_found")
    still_open(core)
    if found.status != "open":
        raise refuse(f"hold_{found.status}", account.key, f"hold {name} was {found.status}")
    return core, found


def _rest(parts: tuple[Part, ...], used: int) -> tuple[Part, ...]:
    found: list[Part] = []
    for part in parts:
        skip = min(used, part.points)
        used -= skip
        if part.points > skip:
            found.append(Part(part.lot, part.points - skip))
    return tuple(found)


@DECIDER.decision
def capture(
    account: Account,
    at: datetime,
    *,
    hold: str,
    points: Annotated[int | None, BY_RULE] = None,
) -> tuple[Event, ...]:
    """Redeem *points* (default: all, 0 allowed) of a hold, its soonest part, and free the rest.

    Refused: ``hold_not_found``, ``account_closed``, ``hold_captured``, ``hold_released``,
    ``hold_expired``, ``invalid_amount``, ``exceeds_hold``.
    """
    core, found = _open_hold(account, hold)
    n = found.points if points is None else whole(points, 0, account.key)
    if n > found.points:
        raise refuse("exceeds_hold", account.key, f"{found.points} points are held by {hold}")
    restored, lapsed = core.sort_out(_rest(found.parts, n), moment(account, at))
    return (
        HoldCaptured(
            hold=hold,
            points=n,
            parts=first_parts(found.parts, n),
            back=GivenBack(restored, (), lapsed),
            asked=points,
            activity=n > 0 and "redeem" in account.programme.activity,
        ),
    )


@DECIDER.decision
def release(account: Account, at: datetime, *, hold: str) -> tuple[Event, ...]:
    """Let a hold go: points return to their lots and pay debt, those of dead lots lapse."""
    core, found = _open_hold(account, hold)
    restored, lapsed = core.sort_out(found.parts, moment(account, at))
    return (HoldReleased(hold, GivenBack(restored, (), lapsed)),)
