"""How each accepted command is decided again from what its fact says was asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from cix.domain.decider import Models, Reading
from cix.domain.loyalty import facts as f
from cix.domain.loyalty.adjustments import adjust, reverse
from cix.domain.loyalty.awards import (
    activate,
    cancel_pending,
    earn,
    earn_order,
    purchase,
)
from cix.domain.loyalty.birthdays import unrewarded
from cix.domain.loyalty.checks import named, still_open
from cix.domain.loyalty.days import TICK
from cix.domain.loyalty.gifts import gift, redeem_pooled, return_pooled
from cix.domain.loyalty.holds import capture, hold, release
from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.members import birthday_award, celebrate, close
from cix.domain.loyalty.programme import Programme
from cix.domain.loyalty.referral import Person, ReferralMissed, settle, take_back
from cix.domain.loyalty.refunds import refund
from cix.domain.loyalty.room import DECIDER, Account, account_of, begin
from cix.domain.loyalty.spending import checkout, redeem, redeem_up_to, return_redeemed
from cix.domain.loyalty.taking import TAKERS
from cix.domain.loyalty.tiers import InForce
from cix.errors import DomainError, NotFoundError

_BEGINNING: Final = datetime(2, 1, 1, tzinfo=UTC)


class Accounts:
    """The ledgers under the other programme, which is in force from the beginning."""

    def __init__(self, programme: Programme, version: str) -> None:
        """Start with no account."""
        self.programme = programme
        self.version = version
        self.changes = (InForce(_BEGINNING, version, programme),)
        self.ledgers: dict[str, Ledger] = {}
        self.persons: dict[str, Person] = {}
        """The friends who accepted an invitation, with what their purchases paid."""

    def ledger(self, key: str) -> Ledger:
        """Return the ledger of *key*, made when first asked for."""
        core = self.ledgers.get(key)
        if core is None:
            core = self.ledgers[key] = Ledger(key)
            core.changes = self.changes
            core.track.publish(self.changes)
        return core

    def at(self, key: str, now: datetime) -> Account:
        """Return the account of *key* as of *now*."""
        return account_of(self.ledger(key), now)

    def keep_birthdays(self, before: Ledger, until: datetime) -> None:
        """Grant the birthday awards of the account *before* that fell due up to *until*.

        Only where the programme in force gave none: else its facts tell which were granted.
        """
        core = self.ledger(before.key)
        if not core.dates:
            return
        for due, year in unrewarded(core.dates, core.birthdays, core.dates[0].noted, until):
            if due > until or core.closed or before.in_force(due).programme.birthday_points:
                continue
            with suppress(DomainError):
                award = birthday_award(self.at(core.key, due), due, year, due)
                name = f"\x1fbirthday {year}"  # no command has such an id
                begin(core, name, core.position, due)
                TAKERS[type(award)](core, award, name, due, due)


Decided = tuple[Any, ...]
Again = Callable[[Account, datetime, Any], Decided]
AGAIN: Final[dict[type, Again]] = {}


def _decides(cls: type) -> Callable[[Again], Again]:
    def enter(again: Again) -> Again:
        AGAIN[cls] = again
        return again

    return enter


@_decides(f.PointsEarned)
def _earned(account: Account, at: datetime, fact: f.PointsEarned) -> Decided:
    asked = fact.asked
    stated: dict[str, Any] = {"pending": asked.pending, "expires_at": asked.expires_at}
    stated["ref"] = fact.ref
    match asked.how:
        case "purchase":
            amount = fact.amount or 0
            return purchase(account, at, amount=amount, order=fact.order, **stated)
        case "order":
            return earn_order(
                account,
                at,
                order=fact.order or "",
                items=asked.items,
                growth=asked.growth,
                channel=asked.channel,
                **stated,
            )
        case "points":
            return earn(
                account,
                at,
                points=asked.points,
                growth=asked.growth or 0,
                order=fact.order,
                amount=fact.amount,
                lines=asked.lines,
                reason=fact.reason,
                **stated,
            )


@_decides(f.PointsActivated)
def _activated(account: Account, at: datetime, fact: f.PointsActivated) -> Decided:
    return activate(account, at, earning=fact.earning)


@_decides(f.PendingCancelled)
def _cancelled(account: Account, at: datetime, fact: f.PendingCancelled) -> Decided:
    return cancel_pending(account, at, earning=fact.earning)


@_decides(f.PointsRedeemed)
def _redeemed(account: Account, at: datetime, fact: f.PointsRedeemed) -> Decided:
    match fact.how:
        case "exact":
            return redeem(account, at, points=fact.asked)
        case "up_to":
            return redeem_up_to(account, at, points=fact.asked)
        case "checkout":
            return checkout(account, at, points=fact.asked, total=fact.total)


@_decides(f.PointsHeld)
def _held(account: Account, at: datetime, fact: f.PointsHeld) -> Decided:
    now = account.now or at
    ttl = None if fact.expires_at is None else max(fact.expires_at - now, TICK)
    return hold(account, at, points=fact.points, ttl=ttl)


@_decides(f.HoldCaptured)
def _captured(account: Account, at: datetime, fact: f.HoldCaptured) -> Decided:
    return capture(account, at, hold=fact.hold, points=fact.asked)


@_decides(f.HoldReleased)
def _released(account: Account, at: datetime, fact: f.HoldReleased) -> Decided:
    return release(account, at, hold=fact.hold)


@_decides(f.RedemptionReturned)
def _returned(account: Account, at: datetime, fact: f.RedemptionReturned) -> Decided:
    return return_redeemed(account, at, redemption=fact.redemption, points=fact.asked)


@_decides(f.OrderRefunded)
def _refunded(account: Account, at: datetime, fact: f.OrderRefunded) -> Decided:
    return refund(account, at, order=fact.order, amount=fact.asked)


@_decides(f.PointsAdjusted)
def _adjusted(account: Account, at: datetime, fact: f.PointsAdjusted) -> Decided:
    return adjust(
        account,
        at,
        points=fact.points,
        reason=fact.reason,
        actor=fact.actor,
        allow_negative=fact.allow_negative,
    )


@_decides(f.AdjustmentReversed)
def _reversed(account: Account, at: datetime, fact: f.AdjustmentReversed) -> Decided:
    return reverse(account, at, adjustment=fact.adjustment, force=fact.force)


@_decides(f.AccountClosed)
def _closed(account: Account, at: datetime, fact: f.AccountClosed) -> Decided:
    return close(account, at)


@_decides(f.BirthdayRewarded)
def _birthday(account: Account, at: datetime, fact: f.BirthdayRewarded) -> Decided:
    return celebrate(account, at, year=fact.year)


def undated(account: Account, at: datetime, fact: f.BirthdayRewarded) -> Decided:
    """Decide an award again whose date is not on file any more, or never was, as it was told."""
    core = named(account)
    return () if fact.year in core.birthdays else (birthday_award(account, at, fact.year, at),)


def _same(account: Account, at: datetime, fact: Any) -> Decided:  # noqa: ANN401  # two facts with no field in common
    named(account)
    return (fact,)


AGAIN[f.BirthdayNoted] = _same


@_decides(f.FloorSet)
def _floor_set(account: Account, at: datetime, fact: f.FloorSet) -> Decided:
    named(account)
    if fact.tier >= len(account.programme.tiers):
        raise NotFoundError("tier", str(fact.tier), "tier_not_found")
    return (fact,)


@_decides(f.MemberEnrolled)
def _enrolled(account: Account, at: datetime, fact: f.MemberEnrolled) -> Decided:
    """Enrol again: what makes an account exist does not ask that it does."""
    still_open(account.ledger)
    return (fact,)


# -- several accounts ----------------------------------------------------------------
Spanning = Callable[[Accounts, tuple[str, ...], datetime, datetime, Any], Decided]


def _models(accounts: Accounts, keys: tuple[str, ...], now: datetime) -> Models:
    own, *others = (accounts.at(key, now) for key in keys)
    return Models(keys[0], own, tuple((Reading(DECIDER, one.key), one) for one in others))


def _given(
    accounts: Accounts, keys: tuple[str, ...], at: datetime, now: datetime, fact: f.PointsGiven
) -> Decided:
    return gift(_models(accounts, keys, now), at, to=fact.to, points=fact.points)


def _pool_redeemed(
    accounts: Accounts, keys: tuple[str, ...], at: datetime, now: datetime, fact: f.PoolRedeemed
) -> Decided:
    models = _models(accounts, keys, now)
    return redeem_pooled(models, at, members=fact.members, points=fact.points)


def _pool_returned(
    accounts: Accounts, keys: tuple[str, ...], at: datetime, now: datetime, fact: f.PoolReturned
) -> Decided:
    models = _models(accounts, keys, now)
    return return_pooled(
        models, at, members=fact.members, redemption=fact.redemption, points=fact.asked
    )


def _with_both(accounts: Accounts, keys: tuple[str, ...], now: datetime) -> Models:
    """Return the models of a decision on a friend's purchase: the person, then both accounts."""
    friend, referrer = keys
    person = accounts.persons.get(friend, Person(friend))
    if person.referrer is None:  # a history that was loaded may lack the acceptance
        person = attrs.evolve(person, above=(referrer,))
    both = tuple((Reading(DECIDER, key), accounts.at(key, now)) for key in keys)
    return Models(friend, person, both)


def _settled(
    accounts: Accounts,
    keys: tuple[str, ...],
    at: datetime,
    now: datetime,
    fact: f.ReferralRewarded | ReferralMissed,
) -> Decided:
    models = _with_both(accounts, keys, now)
    return settle(models, at, referrer=keys[1], order=fact.order, amount=fact.amount)


def _referral_back(
    accounts: Accounts,
    keys: tuple[str, ...],
    at: datetime,
    now: datetime,
    fact: f.ReferralTakenBack,
) -> Decided:
    models = _with_both(accounts, keys, now)
    return take_back(models, at, referrer=keys[1], order=fact.order, returned=fact.returned)


SPANNING: Final[dict[type, Spanning]] = {
    f.PointsGiven: _given,
    f.PoolRedeemed: _pool_redeemed,
    f.PoolReturned: _pool_returned,
    f.ReferralRewarded: _settled,
    ReferralMissed: _settled,
    f.ReferralTakenBack: _referral_back,
}
