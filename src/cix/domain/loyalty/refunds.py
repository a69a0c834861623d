"""Claw-back: what a return of goods takes, from which lots, as debt, or not at all."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from cix.domain.decider import BY_RULE
from cix.domain.loyalty.checks import existing, refuse, rules_of, still_open, takeable, whole
from cix.domain.loyalty.facts import Event, OrderRefunded
from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.lots import Order
from cix.domain.loyalty.programme import Programme
from cix.domain.loyalty.room import DECIDER, Account
from cix.domain.loyalty.values import Award, Part, Taken
from cix.errors import NotFoundError


def kept_of(line: Award, amount: int, returned: int, programme: Programme) -> int:
    """Return what is kept of a line: floor(points x (A - R) / A); fixed lines whole until R = A."""
    if returned >= amount:
        return 0
    if line.kind == "fixed" and programme.refund_fixed_lines == "keep":
        return line.points
    return line.points * (amount - returned) // amount


def claw_back(core: Ledger, programme: Programme, lot: str, points: int) -> Taken:
    """Return how *points* are taken: own lot, other lots in spending order, debt, written off."""
    pending, parts = gathered(core, lot, points)
    rest = points - sum(part.points for part in (*pending, *parts))
    takeable(core, points)
    debt = 0
    if programme.clawback == "debt":
        limit = programme.debt_limit
        debt = rest if limit is None else min(rest, max(0, limit - core.debt))
    return Taken(parts, debt, rest - debt, pending)


def gathered(core: Ledger, lot: str, points: int) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Return the parts that lots can give, those of the own *lot* first: pending and mature."""
    parts = core.allocate(points, lot)
    pending = tuple(part for part in parts if not core.lots[part.lot].ripe)
    return pending, parts[len(pending) :]


def _returned(order: Order, amount: int | None, key: str) -> tuple[int, bool]:
    """Return the money returned so far, this return included, and whether that is all."""
    total = order.amount or 0
    rest = total - order.returned
    if amount is not None:
        amount = whole(amount, 1, key, "amount")
    if order.whole or (amount is not None and amount > rest):
        raise refuse("exceeds_order", key, f"{0 if order.whole else rest} is left of {order.name}")
    back = order.returned + (rest if amount is None else amount)
    return back, back >= total


@DECIDER.decision
def refund(
    account: Account,
    at: datetime,
    *,
    order: str,
    amount: Annotated[int | None, BY_RULE] = None,
) -> tuple[Event, ...]:
    """Take back what a return of *amount* (default: the rest) of an order makes undeserved.

    What is kept of its lines goes by the rules recorded with the order, how it is taken by those in
    force now. The fact says which lots gave, what became debt and what was written off. Refused:
    ``order_not_found``, ``account_closed``, ``invalid_amount``, ``exceeds_order``.
    """
    core = existing(account)
    found = core.orders.get(order)
    if found is None:
        raise NotFoundError("order", order, "order_not_found")
    still_open(core)
    returned, is_whole = _returned(found, amount, account.key)
    lot, total = core.lots[found.lot], found.amount or 0
    programme = rules_of(core, lot.programme, lot.recorded)
    granted = sum(line.points for line in found.lines)
    kept = sum(kept_of(line, total, returned, programme) for line in found.lines)
    target = granted - max(0, kept)  # of a line below zero less than nothing may be kept
    owed = max(0, target - lot.gone)
    taken = claw_back(core, account.programme, found.lot, max(0, owed - found.taken))
    growth = 0 if is_whole else lot.growth * (total - returned) // total
    return (OrderRefunded(order, returned, is_whole, taken, growth, amount),)
