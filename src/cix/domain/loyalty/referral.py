"""Who invited whom, and what that paid: one level, once, never in a circle.

A person's key here is that of the loyalty account. A link is tagged with everybody above and
below it, so each person's history knows the whole line, and two links that would close a circle
together meet in one boundary.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias, assert_never, get_args

import attrs

from cix.domain.decider import BY_RULE, Decider, Models, Reading
from cix.domain.loyalty.awards import lapsed_at_once, terms_of
from cix.domain.loyalty.checks import countable, moment, refuse, rules_of, still_open, whole
from cix.domain.loyalty.checks import existing as existing_account
from cix.domain.loyalty.days import ONE_DAY, day_end, local_day
from cix.domain.loyalty.facts import ReferralRewarded, ReferralTakenBack
from cix.domain.loyalty.programme import Programme
from cix.domain.loyalty.refunds import claw_back
from cix.domain.loyalty.room import DECIDER as ACCOUNTS
from cix.domain.loyalty.room import Account
from cix.domain.loyalty.values import Taken
from cix.errors import NotFoundError
from cix.facts import fact, tagged
from cix.records import Recorded

Refusal: TypeAlias = Literal["self_referral", "already_referred", "cycle", "existing_customer"]
Missed: TypeAlias = Literal["window_closed", "below_minimum"]


# -- facts -----------------------------------------------------------------------
@fact("invitation.sent", 1)
class InvitationSent:
    """A member invited somebody; ``device`` is an opaque id of the device it was sent from."""

    device: str | None = tagged("device", default=None)


@fact("invitation.accepted", 1)
class InvitationAccepted:
    """A friend accepted: linked once. ``above`` is the line from the referrer up."""

    friend: str
    above: tuple[str, ...] = tagged("referral")
    below: tuple[str, ...] = tagged("referral")
    """Everybody whom the friend had invited before, directly or through others."""
    device: str | None = tagged("device", default=None)


@fact("invitation.refused", 1)
class InvitationRefused:
    """An acceptance was refused, for the first reason that held."""

    referrer: str
    reason: Refusal
    device: str | None = tagged("device", default=None)


@fact("referral.missed", 1)
class ReferralMissed:
    """A friend's purchase paid nothing."""

    order: str
    amount: int
    reason: Missed


Event: TypeAlias = (
    InvitationSent
    | InvitationAccepted
    | InvitationRefused
    | ReferralMissed
    | ReferralRewarded
    | ReferralTakenBack
)


# -- state -----------------------------------------------------------------------
@attrs.frozen
class Paid:
    """A purchase that paid, and whether its awards were taken back."""

    order: str
    at: datetime
    amount: int
    referrer_points: int
    friend_points: int
    reason: str
    programme: str
    recorded: datetime
    returned: int = 0
    taken_back: bool = False


@attrs.frozen
class Person:
    """What one person's referrals come to, as a friend and as a referrer."""

    key: str
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    invited: tuple[str, ...] = ()
    accepted_at: datetime | None = None
    answered: bool = False
    devices: tuple[str, ...] = ()
    paid: tuple[Paid, ...] = ()
    missed: tuple[tuple[str, Missed], ...] = ()
    refused: tuple[tuple[str, Refusal], ...] = ()

    @property
    def referrer(self) -> str | None:
        """Return who invited this person, None when nobody did."""
        return self.above[0] if self.above else None


def evolve(person: Person, fact: Event, record: Recorded[Any]) -> Person:
    """Return the person after *fact*. Total: any fact, in any state."""
    match fact:
        case InvitationSent():
            return attrs.evolve(person, devices=_with(person.devices, fact.device))
        case InvitationAccepted():
            return _linked(person, fact, record)
        case InvitationRefused():
            return attrs.evolve(
                person,
                answered=True,
                devices=_with(person.devices, fact.device),
                refused=(*person.refused, (fact.referrer, fact.reason)),
            )
        case ReferralMissed():
            return attrs.evolve(person, missed=(*person.missed, (fact.order, fact.reason)))
        case ReferralRewarded():
            one = Paid(
                fact.order,
                record.occurred_at,
                fact.amount,
                fact.referrer_points,
                fact.friend_points,
                fact.reason,
                fact.programme,
                record.recorded_at,
            )
            return attrs.evolve(person, paid=(*person.paid, one))
        case ReferralTakenBack():
            paid = tuple(
                attrs.evolve(p, returned=fact.returned, taken_back=True)
                if p.order == fact.order
                else p
                for p in person.paid
            )
            return attrs.evolve(person, paid=paid)
        case _:
            assert_never(fact)


def _with(known: tuple[str, ...], *more: str | None) -> tuple[str, ...]:
    return (*known, *(one for one in dict.fromkeys(more) if one and one not in known))


def _linked(person: Person, fact: InvitationAccepted, record: Recorded[Any]) -> Person:
    if person.key == fact.friend:
        return attrs.evolve(
            person,
            above=fact.above,
            accepted_at=record.recorded_at,
            answered=True,
            devices=_with(person.devices, fact.device),
        )
    if person.key in fact.above:
        direct = (fact.friend,) if fact.above[0] == person.key else ()
        return attrs.evolve(
            person,
            below=_with(person.below, fact.friend, *fact.below),
            invited=_with(person.invited, *direct),
        )
    return attrs.evolve(person, above=_with(person.above, *fact.above))


DECIDER = Decider("referral", Person, evolve, get_args(Event), order="recorded")


# -- decisions -------------------------------------------------------------------
@DECIDER.decision
def invite(person: Person, at: datetime, *, device: str | None = None) -> tuple[Event, ...]:
    """Invite somebody, from a *device*: an opaque id, by which self-referral is seen."""
    return (InvitationSent(device or None),)


def _both(key: str, args: Mapping[str, Any]) -> tuple[Reading, ...]:
    referrer = args["referrer"]
    own = (Reading(ACCOUNTS, key),)
    return own if referrer == key else (*own, Reading(DECIDER, referrer))


@DECIDER.spanning(_both)
def accept(
    models: Models,
    at: datetime,
    *,
    referrer: str,
    device: str | None = None,
    same_person: bool = False,
    existing: bool = False,
) -> tuple[Event, ...]:
    """Accept the invitation of *referrer*; a refusal is recorded with its first reason.

    ``self_referral`` (same person or device), ``already_referred``, ``cycle``,
    ``existing_customer`` (has an account, is *existing* elsewhere, or answered before).
    """
    friend: Person = models.own
    device = device or None
    if referrer == models.key:
        return (InvitationRefused(referrer, "self_referral", device),)
    sponsor = models.of(DECIDER, referrer)
    member = models.of(ACCOUNTS, models.key).ledger.enrolled is not None
    reasons: tuple[tuple[Refusal, bool], ...] = (
        ("self_referral", same_person or device in sponsor.devices),
        ("already_referred", friend.referrer is not None),
        ("cycle", referrer in friend.below),
        ("existing_customer", member or existing or friend.answered),
    )
    for reason, holds in reasons:
        if holds:
            return (InvitationRefused(referrer, reason, device),)
    above = _with((referrer,), *sponsor.above)
    return (InvitationAccepted(models.key, above, friend.below, device),)


def _accounts(key: str, args: Mapping[str, Any]) -> tuple[Reading, ...]:
    return (Reading(ACCOUNTS, key), Reading(ACCOUNTS, args["referrer"]))


def _linked_to(models: Models, referrer: str) -> Person:
    friend: Person = models.own
    if friend.referrer != referrer:
        raise NotFoundError("referral", f"{referrer} to {models.key}", "referral_not_found")
    return friend


@DECIDER.spanning(_accounts)
def settle(
    models: Models,
    at: datetime,
    *,
    referrer: str,
    order: str,
    amount: Annotated[int, BY_RULE],
) -> tuple[Event, ...]:
    """Pay both sides for the friend's purchase, effective *at*, referrer first.

    The first purchase of at least the minimum pays, if it lies before the end of the n-th local
    day after accepting; otherwise it is recorded as ``window_closed`` or ``below_minimum``. Where
    the chance is used, or the order is known, nothing is written. A cap per referrer and local
    month stops the referrer's award (``cap_reached``) only.
    """
    friend = _linked_to(models, referrer)
    own, sponsor = models.of(ACCOUNTS, models.key), models.of(ACCOUNTS, referrer)
    for account in (own, sponsor):
        existing_account(account)
    still_open(own.ledger)
    amount = whole(amount, 0, models.key, "amount")
    programme = own.programme
    policy = programme.referral
    known = {p.order for p in friend.paid} | {name for name, _ in friend.missed}
    if order in known or (friend.paid and not policy.every_purchase):
        return ()
    if missed := _missed(friend, programme, amount, at):
        return (ReferralMissed(order, amount, missed),)
    reason = stopped(sponsor, programme, at)
    countable(own.ledger, policy.friend_points)
    countable(sponsor.ledger, policy.referrer_points)
    now = moment(own, at)
    terms = terms_of(programme, at, now, pending=policy.return_days, key=models.key)
    referrers = 0 if reason else policy.referrer_points
    return (
        ReferralRewarded(
            friend=models.key,
            referrer=referrer,
            order=order,
            amount=amount,
            friend_points=policy.friend_points,
            referrer_points=referrers,
            reason=reason,
            available_at=terms.available_at or at,
            expires_at=terms.expires_at,
            rule=terms.rule,
            friend_lapsed=lapsed_at_once(own.ledger, terms, policy.friend_points, now),
            referrer_lapsed=lapsed_at_once(sponsor.ledger, terms, referrers, now),
            programme=own.ledger.in_force(now).version,
        ),
    )


def _missed(friend: Person, programme: Programme, amount: int, at: datetime) -> Missed | None:
    policy, zone = programme.referral, programme.zone
    accepted = friend.accepted_at or at
    last = local_day(accepted, zone) + ONE_DAY * policy.window_days
    if at >= day_end(last, zone):
        return "window_closed"
    return "below_minimum" if amount < policy.minimum else None


def stopped(sponsor: Account, programme: Programme, at: datetime) -> str:
    """Return why the referrer is not paid: ``account_closed``, ``cap_reached``, or nothing."""
    if sponsor.ledger.closed:
        return "account_closed"
    cap = programme.referral.cap
    if cap is None:
        return ""
    day = local_day(at, programme.zone)
    days = [local_day(when, programme.zone) for when in sponsor.ledger.referrals]
    paid = sum((d.year, d.month) == (day.year, day.month) for d in days)
    return "cap_reached" if paid >= cap else ""


@DECIDER.spanning(_accounts)
def take_back(
    models: Models,
    at: datetime,
    *,
    referrer: str,
    order: str,
    returned: Annotated[int, BY_RULE],
) -> tuple[Event, ...]:
    """Tell that *returned* of a purchase's money is back in all; take the awards if it must be.

    When what is left is below the minimum by which they were paid, or nothing is left, both awards
    made are taken back, referrer first; the chance stays used. Otherwise, or a second time, nothing
    is written.
    """
    friend = _linked_to(models, referrer)
    found = next((p for p in friend.paid if p.order == order), None)
    if found is None:
        raise NotFoundError("order", order, "order_not_found")
    returned = whole(returned, 1, models.key, "returned")
    if returned > found.amount:
        raise refuse("exceeds_order", models.key, f"{order} was {found.amount}")
    own, sponsor = models.of(ACCOUNTS, models.key), models.of(ACCOUNTS, referrer)
    left = found.amount - returned
    minimum = rules_of(own.ledger, found.programme, found.recorded).referral.minimum
    if found.taken_back or (left >= minimum and left):
        return ()
    name = f"{models.key}/{order}"
    return (
        ReferralTakenBack(
            friend=models.key,
            referrer=referrer,
            order=order,
            returned=returned,
            referrer_taken=award_taken(sponsor, name),
            friend_taken=award_taken(own, name),
        ),
    )


def award_taken(account: Account, name: str) -> Taken:
    """Return what taking an award back takes: what is left to take of its lot, then the rest."""
    core = account.ledger
    lot = core.lots.get(core.awards.get(name, ""))
    if lot is None or core.closed:
        return Taken()
    owed = max(0, lot.granted - lot.gone - lot.withdrawn)
    return claw_back(core, account.programme, lot.key, owed)
