"""Referral by the book: who is linked, who is paid, what is taken back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from domain.loyalty_book_commands import known, opened, play
from domain.loyalty_book_days import after, day_of
from domain.loyalty_book_ledger import (
    NEVER,
    Account,
    Book,
    Lot,
    RefusedError,
    Said,
    check,
    total,
    whole,
)
from domain.loyalty_book_spending import owe

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULTS = {
    "referrer_points": 500,
    "friend_points": 250,
    "minimum": 2500,
    "window_days": 180,
    "return_days": 0,
}


@dataclass
class Paid:
    order: str
    amount: int
    at: datetime
    friend: int
    sponsor: int
    reason: str
    lots: list[Lot]
    minimum: int
    taken_back: bool = False


@dataclass
class Person:
    """What is recorded of one person's invitations."""

    referrer: str | None = None
    accepted: datetime | None = None
    answered: bool = False
    devices: list[str] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)
    missed: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def person(book: Book, key: str) -> Person:
    """Return what is recorded of *key*."""
    found: Person = book.people.setdefault(key, Person())
    return found


def policy(book: Book) -> Mapping[str, Any]:
    """Return what an invitation is worth now."""
    return {**DEFAULTS, **book.body().get("referral", {})}


def line_above(book: Book, key: str | None) -> list[str]:
    """Return *key* and everybody above."""
    return [] if key is None else [key, *line_above(book, person(book, key).referrer)]


@play
def invite(book: Book, said: Said) -> tuple[str, ...]:
    person(book, said.key).devices.append(said.args["device"])
    return ()


@play
def accept(book: Book, said: Said) -> tuple[str, ...]:
    friend, referrer = person(book, said.key), said.args["referrer"]
    device = said.args.get("device")
    same = referrer == said.key or device in person(book, referrer).devices
    for reason, holds in (
        ("self_referral", same or said.args.get("same_person", False)),
        ("already_referred", friend.referrer is not None),
        ("cycle", said.key in line_above(book, referrer)),
        ("existing_customer", bool(book.account(said.key).enrolments) or friend.answered),
    ):
        if holds:
            friend.devices += [device] if device else []
            friend.refused.append((referrer, reason))
            friend.answered = True
            return ()
    friend.referrer, friend.accepted, friend.answered = referrer, said.now, True
    if device:
        friend.devices.append(device)
    return ()


def award(book: Book, said: Said, account: Account, points: int) -> list[Lot]:
    """Grant an award, pending until the return period ends."""
    if not points:
        return []
    days = timedelta(days=policy(book)["return_days"])
    available = max(said.effective + days, said.now)
    lot = Lot(
        said.name, book.place(), points, points, said.effective, available,
        book.body().get("expiry", NEVER), book.zone(), source="referral",
    )  # fmt: skip
    account.lots.append(lot)
    account.totals["earned"] += points
    return [lot]


@play
def settle(book: Book, said: Said) -> tuple[str, ...]:
    friend, referrer = person(book, said.key), said.args["referrer"]
    check(friend.referrer == referrer, "referral_not_found")
    own, sponsor = known(book, said.key, referrer)
    opened(own)
    order, amount, rule = said.args["order"], said.args["amount"], policy(book)
    whole(amount, 0)
    if order in [p.order for p in friend.paid] + [name for name, _ in friend.missed]:
        return ()
    if friend.paid and not rule.get("every_purchase", False):
        return ()
    assert friend.accepted is not None
    last = day_of(friend.accepted, book.zone()) + timedelta(days=rule["window_days"])
    if said.effective >= after(last, book.zone()):
        friend.missed.append((order, "window_closed"))
        return ()
    if amount < rule["minimum"]:
        friend.missed.append((order, "below_minimum"))
        return ()
    month = day_of(said.effective, book.zone()).replace(day=1)
    before = [
        one
        for other in book.people.values()
        if other.referrer == referrer
        for one in other.paid
        if one.sponsor and day_of(one.at, book.zone()).replace(day=1) == month
    ]
    reason = ""
    if sponsor.closed:
        reason = "account_closed"
    elif rule.get("cap") is not None and len(before) >= rule["cap"]:
        reason = "cap_reached"
    for_sponsor = 0 if reason else rule["referrer_points"]
    for_friend = rule["friend_points"]
    lots = award(book, said, sponsor, for_sponsor) + award(book, said, own, for_friend)
    least = rule["minimum"]
    paid = Paid(order, amount, said.effective, for_friend, for_sponsor, reason, lots, least)
    friend.paid.append(paid)
    return (said.key, referrer)


@play
def take_back(book: Book, said: Said) -> tuple[str, ...]:
    friend, referrer = person(book, said.key), said.args["referrer"]
    check(friend.referrer == referrer, "referral_not_found")
    found = next((p for p in friend.paid if p.order == said.args["order"]), None)
    if found is None:
        raise RefusedError("order_not_found")
    back = said.args["returned"]
    whole(back, 1)
    check(back <= found.amount, "exceeds_order")
    left = found.amount - back
    if found.taken_back or (left > 0 and left >= found.minimum):
        return ()
    found.taken_back = True
    for key in (referrer, said.key):
        account = book.account(key)
        for lot in found.lots:
            if lot in account.lots and not account.closed:
                take(book, said, account, lot)
    return (said.key, referrer)


def take(book: Book, said: Said, account: Account, lot: Lot) -> None:
    """Take an award back: its own lot, other lots, debt, and the rest is written off."""
    body, owed = book.body(), lot.granted - lot.expired - lot.cancelled
    others = [one for one in account.spendable() if one is not lot]
    parts = account.take([lot, *others], owed)
    clamp = body.get("clawback", "debt") == "clamp"
    debt = owe(account, said.name, owed - total(parts), 0 if clamp else body.get("debt_limit"))
    account.totals["clawed"] += total(parts) + debt
    account.totals["forgiven"] += owed - total(parts) - debt
