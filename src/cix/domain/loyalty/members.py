"""Decisions about the member: enrol, close, a tier's floor, the birthday."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from cix.domain.decider import BY_RULE
from cix.domain.loyalty.awards import lapsed_at_once, terms_of
from cix.domain.loyalty.birthdays import begun, on_file
from cix.domain.loyalty.checks import countable, existing, moment, named, refuse, still_open
from cix.domain.loyalty.facts import (
    AccountClosed,
    BirthdayNoted,
    BirthdayRewarded,
    Event,
    FloorSet,
    MemberEnrolled,
)
from cix.domain.loyalty.room import DECIDER, Account
from cix.domain.loyalty.values import Part
from cix.errors import NotFoundError
from cix.plain import shown


@DECIDER.decision
def enrol(
    account: Account, at: datetime, *, since: datetime | None = None, record: str | None = None
) -> tuple[Event, ...]:
    """Enrol the member, *since* an instant (default: now), which replaces an earlier one.

    *record* is the channel record the account belongs to. What is known already writes nothing.
    """
    core = still_open(account.ledger)
    known = core.enrolled is not None and since in {None, core.enrolled}
    if known and record in {None, core.record}:
        return ()
    return (MemberEnrolled(since or core.enrolled or moment(account, at), record),)


@DECIDER.decision
def close(account: Account, at: datetime) -> tuple[Event, ...]:
    """Close the account: what is left, pending too, is cancelled; debt stays on record.

    Refused: ``account_closed``, and ``has_active_holds`` while a hold is open.
    """
    core = named(account)
    if any(h.status == "open" for h in core.holds.values()):
        raise refuse("has_active_holds", account.key, "a hold is open; capture or release it")
    mature, pending = (
        tuple(Part(lot.key, lot.left) for lot in lots.values() if lot.left)
        for lots in (core.ripe, core.unripe)
    )
    return (AccountClosed(mature, pending),)


@DECIDER.decision
def set_floor(
    account: Account,
    at: datetime,
    *,
    tier: str,
    since: datetime | None = None,
    until: datetime | None = None,
    reason: str = "",
) -> tuple[Event, ...]:
    """Give the member at least *tier* in [since, until): a manual or matched tier.

    Refused: ``account_closed``, ``tier_not_found``, ``invalid_period``.
    """
    core = existing(account)
    position = account.programme.position(tier)
    if position is None:
        raise NotFoundError("tier", tier, "tier_not_found")
    still_open(core)
    begins = since or moment(account, at)
    if until is not None and until <= begins:
        raise refuse("invalid_period", account.key, "a floor ends after it begins")
    return (FloorSet(position, begins, until, reason),)


@DECIDER.decision
def note_birthday(
    account: Account,
    at: datetime,
    *,
    month: Annotated[int, BY_RULE],
    day: Annotated[int, BY_RULE],
    zone: str | None = None,
) -> tuple[Event, ...]:
    """Put the birthday on file, in the member's *zone* (default: the programme's)."""
    core = named(account)
    if bool in {type(month), type(day)}:
        raise refuse("invalid_birthday", account.key, "a month and a day are numbers")
    where = zone or account.programme.zone
    if on_file(month, day, where, at) is None:
        because = f"month {shown(month)} has no day {shown(day)}, or there is no zone {where}"
        raise refuse("invalid_birthday", account.key, because)
    kept = next((one for one in core.dates if one.replaced is None), None)
    if kept is not None and (kept.month, kept.day, kept.zone) == (month, day, where):
        return ()
    return (BirthdayNoted(where, month, day),)


@DECIDER.decision
def celebrate(account: Account, at: datetime, *, year: int) -> tuple[Event, ...]:
    """Grant the birthday award of a local calendar *year*, once, when its day has come.

    It may be granted until the end of the next year, for a tick that comes late: by the date on
    file and the programme in force when the day began. A second one writes nothing. Refused:
    ``account_closed``, ``birthday_not_due``.
    """
    core, key = named(account), account.key
    now = moment(account, at)
    if year in core.birthdays:
        return ()
    due = begun(core.dates, core.birthdays, now).get(year)
    if due is None:
        raise refuse("birthday_not_due", key, f"no birthday of {year} is due")
    return (birthday_award(account, at, year, due),)


def birthday_award(account: Account, at: datetime, year: int, due: datetime) -> BirthdayRewarded:
    """Return the award of *year*, granted *at*, by the programme in force when it was *due*."""
    core, now = account.ledger, moment(account, at)
    change = core.in_force(due)
    points = change.programme.birthday_points
    countable(core, points)
    terms = terms_of(change.programme, at, now, key=account.key)
    return BirthdayRewarded(
        year,
        points,
        terms.available_at,
        terms.expires_at,
        terms.rule,
        lapsed_at_once(core, terms, points, now),
        change.version,
    )
