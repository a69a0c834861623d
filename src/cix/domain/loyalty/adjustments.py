"""Decisions by hand: adjust the balance for a reason, and reverse that once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from cix.domain.decider import BY_RULE
from cix.domain.loyalty.awards import lapsed_at_once, terms_of
from cix.domain.loyalty.checks import (
    MOST,
    countable,
    existing,
    moment,
    named,
    refuse,
    still_open,
    takeable,
    whole,
)
from cix.domain.loyalty.facts import AdjustmentReversed, Event, PointsAdjusted
from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.lots import Adjustment, last_parts
from cix.domain.loyalty.refunds import gathered
from cix.domain.loyalty.room import DECIDER, Account
from cix.domain.loyalty.spending import given_back
from cix.domain.loyalty.values import MovedLot, Taken
from cix.errors import NotFoundError


@DECIDER.decision
def adjust(
    account: Account,
    at: datetime,
    *,
    points: Annotated[int, BY_RULE],
    reason: str,
    actor: str,
    allow_negative: bool = False,
) -> tuple[Event, ...]:
    """Credit (above zero) or debit (below zero) points by hand; not 0.

    A credit is a lot of the programme's pending and expiry, effective *at*, but no earning. A
    debit takes spendable lots in order; what they do not cover is refused
    (``insufficient_points``) unless *allow_negative*, and then if the debt would pass its limit.
    Also refused: ``reason_required``, ``actor_required``, ``account_closed``, ``invalid_amount``.
    """
    core, key = named(account), account.key
    if not reason.strip():
        raise refuse("reason_required", key, "an adjustment says why")
    if not actor.strip():
        raise refuse("actor_required", key, "an adjustment says who")
    if whole(points, -MOST, key) == 0:
        raise refuse("invalid_amount", key, "an adjustment is not 0")
    now = moment(account, at)
    change = core.in_force(now)
    if points < 0:
        taken = _debit(core, -points, allow_negative, change.programme.adjustment_debt_limit)
        return (
            PointsAdjusted(
                points,
                reason,
                actor,
                taken,
                allow_negative=allow_negative,
                programme=change.version,
            ),
        )
    countable(core, points)
    terms = terms_of(change.programme, at, now, key=key)
    return (
        PointsAdjusted(
            points,
            reason,
            actor,
            available_at=terms.available_at,
            expires_at=terms.expires_at,
            rule=terms.rule,
            lapsed=lapsed_at_once(core, terms, points, now),
            programme=change.version,
        ),
    )


def _debit(core: Ledger, points: int, allow_negative: bool, limit: int | None) -> Taken:  # noqa: FBT001  # the command's own switch
    parts = core.allocate(points)
    debt = points - sum(part.points for part in parts)
    if debt and not allow_negative:
        because = f"{points} points wanted, {core.available} available"
        raise refuse("insufficient_points", core.key, because)
    takeable(core, points)
    if debt and limit is not None and core.debt + debt > limit:
        raise refuse("insufficient_points", core.key, f"the debt would pass {limit}")
    return Taken(parts, debt)


@DECIDER.decision
def reverse(
    account: Account, at: datetime, *, adjustment: str, force: bool = False
) -> tuple[Event, ...]:
    """Undo an adjustment, once.

    A credit is taken like a claw-back, less what expired of it; lots that do not cover it refuse
    (``insufficient_points``) unless *force*, then debt without limit. A debit's points go back to
    their lots from the end, its open debt is cancelled, debt paid since comes back as a new lot.
    Also refused: ``entry_not_found``, ``account_closed``, ``already_reversed``.
    """
    core = existing(account)
    found = core.adjustments.get(adjustment)
    if found is None:
        raise NotFoundError("adjustment", adjustment, "entry_not_found")
    still_open(core)
    if found.reversed:
        raise refuse("already_reversed", account.key, f"{adjustment} was reversed before")
    if found.points > 0:
        return (AdjustmentReversed(adjustment, _uncredit(core, found, force), force=force),)
    return (_undebit(account, core, found, moment(account, at)),)


def _uncredit(core: Ledger, found: Adjustment, force: bool) -> Taken:  # noqa: FBT001  # the command's own switch
    lot = core.lots[found.lot]
    owed = max(0, found.points - lot.gone - lot.withdrawn)
    takeable(core, owed)
    pending, parts = gathered(core, found.lot, owed)
    debt = owed - sum(part.points for part in (*pending, *parts))
    if debt and not force:
        because = f"{owed} points are to be taken, {owed - debt} are there"
        raise refuse("insufficient_points", core.key, because)
    return Taken(parts, debt, pending=pending)


def _undebit(
    account: Account, core: Ledger, found: Adjustment, now: datetime
) -> AdjustmentReversed:
    points = sum(part.points for part in found.parts)
    back = given_back(core, last_parts(found.parts, 0, points), now)
    again, lapsed = None, 0
    if paid := found.debt - found.open_debt:
        terms = terms_of(account.programme, now, now, pending=0, key=core.key)
        version = core.in_force(now).version
        again = MovedLot("", paid, now, now, terms.expires_at, terms.rule, version)
        restored, grace, _ = back.counts()
        earlier = found.open_debt + restored + grace
        lapsed = lapsed_at_once(core, terms, paid, now, settled=earlier)
    return AdjustmentReversed(
        found.name, back=back, cancelled=found.open_debt, again=again, lapsed=lapsed
    )
