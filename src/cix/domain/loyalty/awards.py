"""Decisions by which points come: earn, purchase, an order's sum, activate, cancel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import attrs

from cix.domain.decider import BY_RULE
from cix.domain.loyalty.checks import (
    LONGEST,
    MOST,
    countable,
    moment,
    named,
    refuse,
    still_open,
    whole,
)
from cix.domain.loyalty.checks import existing as existing_account
from cix.domain.loyalty.days import later
from cix.domain.loyalty.earning import cut, order_sum, purchase_lines, room
from cix.domain.loyalty.facts import Event, PendingCancelled, PointsActivated, PointsEarned
from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.lots import Lot, lot_end
from cix.domain.loyalty.programme import Pending, Programme
from cix.domain.loyalty.room import DECIDER, Account
from cix.domain.loyalty.values import Asked, Award, Item, LotRule
from cix.errors import NotFoundError


@attrs.frozen
class Terms:
    """From when on a new lot can be spent, and until when; ``rule`` where that is still open."""

    available_at: datetime | None
    expires_at: datetime | None
    rule: LotRule | None


def terms_of(
    programme: Programme,
    effective: datetime,
    recorded: datetime,
    *,
    pending: Pending | None = None,
    expires_at: datetime | None = None,
    key: str = "",
) -> Terms:
    """Return the terms of a lot granted now: available at max(effective + n days, recorded).

    A stated end is exclusive and must be later than availability, else it is refused
    (``expires_before_available``). A lot that waits for an action has no end yet.
    """
    days = programme.pending if pending is None else pending
    available: datetime | None = None
    if days != "action":
        available = max(later(effective, timedelta(days=int(days))), recorded) if days else recorded
        available = max(available, effective)
    if expires_at is not None:
        if available is not None and expires_at <= available:
            because = f"ends {expires_at.isoformat()}, available {available.isoformat()}"
            raise refuse("expires_before_available", key, because)
        return Terms(available, expires_at, None)
    if programme.expiry.kind == "never":
        return Terms(available, None, None)
    rule = LotRule(programme.expiry, programme.zone)
    if available is None or programme.expiry.kind == "inactivity":
        return Terms(available, None, rule)
    return Terms(available, lot_end(rule, effective, available), None)


def lapsed_at_once(
    core: Ledger, terms: Terms, points: int, now: datetime, *, settled: int = 0
) -> int:
    """Return how many *points* expire as they are granted: what is left after they paid debt.

    *settled* is how much debt the same decision has ended before.
    """
    available, end = terms.available_at, terms.expires_at
    if available is None or available > now or end is None or end > now:
        return 0
    return max(0, points - max(0, core.debt - settled))


def _pending(value: object, key: str) -> Pending | None:
    if value is None:
        return None
    if value == "action":
        return "action"
    days = whole(value, 0, key, "pending days")
    if days > LONGEST.days:
        raise refuse("invalid_amount", key, f"pending for more than {LONGEST.days} days")
    return days


def _granted(
    account: Account, at: datetime, core: Ledger, lines: tuple[Award, ...], fact: dict[str, Any]
) -> PointsEarned:
    """Cut *lines* to the caps and grant what is left."""
    now, key = moment(account, at), account.key
    change = core.in_force(now)
    programme, asked = change.programme, fact["asked"]
    order = fact.get("order")
    most = room(
        programme,
        core.earnings(),
        core.balance + core.pending,
        at,
        is_order=order is not None or asked.how != "points",
    )
    lines = cut(lines, most)
    points = sum(line.points for line in lines)
    countable(core, points, fact["growth"])
    terms = terms_of(
        programme, at, now, pending=asked.pending, expires_at=asked.expires_at, key=key
    )
    active = programme.activity
    return PointsEarned(
        points=points,
        lines=lines,
        available_at=terms.available_at,
        expires_at=terms.expires_at,
        rule=terms.rule,
        activity="earn" in active or ("purchase" in active and order is not None),
        lapsed=lapsed_at_once(core, terms, points, now),
        programme=change.version,
        **fact,
    )


def _new_order(core: Ledger, order: str | None) -> None:
    if order is not None and order in core.orders:
        raise refuse("order_already_earned", core.key, f"order {order} has its earning")


@DECIDER.decision
def earn(  # noqa: PLR0913  # what a shop may say of an earning
    account: Account,
    at: datetime,
    *,
    points: Annotated[int, BY_RULE],
    growth: Annotated[int, BY_RULE] = 0,
    order: str | None = None,
    amount: Annotated[int | None, BY_RULE] = None,
    lines: tuple[Award, ...] = (),
    pending: Annotated[Pending | None, BY_RULE] = None,
    expires_at: datetime | None = None,
    reason: str = "",
    ref: str = "",
) -> tuple[Event, ...]:
    """Grant *points* and *growth*, effective *at*; 0 is accepted.

    ``lines`` says how the points are made up (they must come to *points*); ``pending`` overrides
    the programme's days or is ``action``; ``expires_at`` states the end. Refused:
    ``account_closed``, ``order_already_earned``, ``invalid_amount``, ``expires_before_available``.
    """
    core = named(account)
    _new_order(core, order)
    key = account.key
    points = whole(points, 0, key)
    growth = whole(growth, 0, key, "growth")
    if amount is not None:
        amount = whole(amount, 0, key, "amount")
    given = lines or (Award("points", "spend", points),)
    if sum(whole(line.points, -MOST, key) for line in given) != points:
        raise refuse("invalid_amount", key, "the lines do not come to the points")
    asked = Asked(
        "points", points, growth, _pending(pending, key), expires_at, tuple(given) if lines else ()
    )
    fact = {
        "growth": growth,
        "asked": asked,
        "order": order,
        "amount": amount,
        "reason": reason,
        "ref": ref,
    }
    return (_granted(account, at, core, given, fact),)


@DECIDER.decision
def grow(
    account: Account, at: datetime, *, growth: Annotated[int, BY_RULE], reason: str = ""
) -> tuple[Event, ...]:
    """Grant growth alone, effective *at*: an earning of no points."""
    core = named(account)
    growth = whole(growth, 0, account.key, "growth")
    asked = Asked("points", 0, growth)
    fact = {"growth": growth, "asked": asked, "reason": reason}
    return (_granted(account, at, core, (Award("points", "spend", 0),), fact),)


@DECIDER.decision
def purchase(
    account: Account,
    at: datetime,
    *,
    amount: Annotated[int, BY_RULE],
    order: str | None = None,
    pending: Annotated[Pending | None, BY_RULE] = None,
    expires_at: datetime | None = None,
    reason: str = "",
    ref: str = "",
) -> tuple[Event, ...]:
    """Earn on an *amount* paid, effective *at*, at the programme's rates.

    floor(amount x earn rate), a bonus line floor(that x (multiplier - 1)) by the tier held just
    before, floors included, and growth floor(amount x growth rate).
    """
    core = named(account)
    _new_order(core, order)
    key = account.key
    amount = whole(amount, 0, key, "amount")
    programme = core.in_force(moment(account, at)).programme
    multiplier = programme.tier(account.tier).multiplier
    lines = purchase_lines(programme, amount, multiplier)
    growth = whole(programme.growth_rate.floor_of(amount), 0, key, "growth")
    fact = {
        "growth": growth,
        "asked": Asked("purchase", amount, None, _pending(pending, key), expires_at),
        "order": order,
        "amount": amount,
        "reason": reason,
        "ref": ref,
    }
    return (_granted(account, at, core, lines, fact),)


@DECIDER.decision
def earn_order(
    account: Account,
    at: datetime,
    *,
    order: str,
    items: tuple[Item, ...],
    growth: Annotated[int | None, BY_RULE] = None,
    channel: str = "",
    pending: Annotated[Pending | None, BY_RULE] = None,
    expires_at: datetime | None = None,
    ref: str = "",
) -> tuple[Event, ...]:
    """Earn on an order's *items* by the programme's rules, effective *at*.

    Growth is floor(order total x growth rate) unless stated, plus what rules marked ``growth``
    give. A refund counts against the order's total.
    """
    core = named(account)
    _new_order(core, order)
    key = account.key
    total = order_total(items, key)
    programme = core.in_force(moment(account, at)).programme
    found = order_sum(programme, items, at, channel)
    stated = None if growth is None else whole(growth, 0, key, "growth")
    base = programme.growth_rate.floor_of(total) if stated is None else stated
    fact = {
        "growth": whole(max(0, base + found.growth), 0, key, "growth"),
        "asked": Asked(
            "order", total, stated, _pending(pending, key), expires_at, (), items, channel
        ),
        "order": order,
        "amount": total,
        "ref": ref,
    }
    return (_granted(account, at, core, found.lines, fact),)


def order_total(items: Sequence[Item], key: str) -> int:
    """Return the total over all items, each a whole amount of at least 0."""
    return whole(sum(whole(item.amount, 0, key, "amount") for item in items), 0, key, "amount")


def _pending_lot(account: Account, earning: str) -> tuple[Ledger, Lot]:
    core = existing_account(account)
    lot = core.lots.get(earning)
    if lot is None:
        raise NotFoundError("earning", earning, "entry_not_found")
    still_open(core)
    if lot.key not in core.unripe or not lot.left:
        raise refuse("earn_not_pending", account.key, f"{earning} is mature or empty")
    return core, lot


@DECIDER.decision
def activate(account: Account, at: datetime, *, earning: str) -> tuple[Event, ...]:
    """Make a lot that waits for an action spendable now; its end is fixed by its own rule.

    Refused: ``entry_not_found``, ``account_closed``, ``earn_not_pending``.
    """
    core, lot = _pending_lot(account, earning)
    if lot.available is not None:
        raise refuse("earn_not_pending", account.key, f"{earning} does not wait for an action")
    now = moment(account, at)
    expires = lot.expires
    if lot.rule is not None and lot.rule.expiry.kind != "inactivity":
        expires = lot_end(lot.rule, lot.earned, now)
    lapsed = lapsed_at_once(core, Terms(now, expires, None), lot.left, now)
    return (PointsActivated(earning, lot.left, now, expires, lapsed),)


@DECIDER.decision
def cancel_pending(account: Account, at: datetime, *, earning: str) -> tuple[Event, ...]:
    """Withdraw what is left of a lot that is not mature, and the rest of its growth.

    Refused: ``entry_not_found``, ``account_closed``, ``earn_not_pending``.
    """
    _, lot = _pending_lot(account, earning)
    return (PendingCancelled(earning, lot.left),)
