"""Gifts, pools and members by the book."""

from __future__ import annotations

from domain import loyalty_book_tiers as tiers
from domain.loyalty_book_commands import known, opened, play, terms
from domain.loyalty_book_days import day_of
from domain.loyalty_book_ledger import (
    Account,
    Book,
    Born,
    Lot,
    RefusedError,
    Said,
    Spend,
    check,
    total,
    whole,
)
from domain.loyalty_book_spending import rest_of


# -- several accounts ---------------------------------------------------------------
@play
def gift(book: Book, said: Said) -> tuple[str, ...]:
    to, points = said.args["to"], said.args["points"]
    giver, receiver = known(book, said.key, to)
    opened(giver, receiver)
    check(giver is not receiver, "self_transfer")
    whole(points, 1)
    check(points <= giver.available(), "insufficient_points")
    for _, old, n in giver.take(giver.spendable(), points):
        lot = Lot(
            f"{said.name} {old.turn}", book.place(), n, n, old.earned, old.available,
            old.rule, old.zone, old.stated, "gift", mature=True, made_of=old,
        )  # fmt: skip
        end = receiver.end(lot)
        check(end is None or end > said.now, "expires_before_available")
        receiver.lots.append(lot)
        receiver.pay(lot)
    return (said.key, to)


def pool(book: Book, said: Said) -> list[Account]:
    keys = dict.fromkeys((said.key, *said.args["members"]))
    return known(book, *keys)


@play
def redeem_pooled(book: Book, said: Said) -> tuple[str, ...]:
    members, points = pool(book, said), said.args["points"]
    opened(*members)
    whole(points, 1)
    check(points <= sum(m.available() for m in members), "insufficient_points")
    lots = [(m.order_of(lot), m, lot) for m in members for lot in m.spendable()]
    parts: list[tuple[str, Lot, int]] = []
    for _, member, lot in sorted(lots, key=lambda one: one[0]):
        parts += member.take([lot], points - total(parts))
    for member in members:
        used = sum(n for who, _, n in parts if who == member.key)
        member.totals["redeemed"] += used
        if used and "redeem" in book.body().get("activity", ("earn", "redeem")):
            member.acted(said.now)
    spend = Spend(parts, pooled=True)
    for member in members:
        member.spends[said.name] = spend
    return tuple(m.key for m in members)


@play
def return_pooled(book: Book, said: Said) -> tuple[str, ...]:
    members = pool(book, said)
    spend = book.account(said.key).spends.get(said.args["redemption"])
    if spend is None:
        raise RefusedError("redemption_not_found")
    opened(*members)
    parts = spend.from_the_end(rest_of(spend, said.args.get("points")))
    for member in members:
        own = [part for part in parts if part[0] == member.key]
        member.totals["redeemed"] -= total(own)
        member.let_go(own, said.now, book, grace=True)
    return tuple(m.key for m in members)


# -- members ------------------------------------------------------------------------
@play
def enrol(book: Book, said: Said) -> tuple[str, ...]:
    account = book.account(said.key)
    opened(account)
    since = said.args.get("since") or said.now
    if not account.enrolments or "since" in said.args:
        account.enrolments.append((said.turn, said.now, since))
    return (said.key,)


@play
def set_floor(book: Book, said: Said) -> tuple[str, ...]:
    account, args = known(book, said.key)[0], said.args
    ladder = tiers.names(book.body())
    check(args["tier"] in ladder, "tier_not_found")
    opened(account)
    since, until = args.get("since") or said.now, args.get("until")
    check(until is None or since < until, "invalid_period")
    account.floors.append(tiers.Floor(ladder.index(args["tier"]), since, until))
    return (said.key,)


@play
def note_birthday(book: Book, said: Said) -> tuple[str, ...]:
    account = known(book, said.key)[0]
    opened(account)
    zone = said.args.get("zone") or book.zone()
    month, day = said.args["month"], said.args["day"]
    last = account.born[-1] if account.born else None
    if last is None or (last.month, last.day, last.zone) != (month, day, zone):
        if last is not None:
            last.until = said.now
        account.born.append(Born(month, day, zone, said.now))
    return (said.key,)


@play
def celebrate(book: Book, said: Said) -> tuple[str, ...]:
    account, year = known(book, said.key)[0], said.args["year"]
    opened(account)
    if year in account.birthdays:
        return ()
    begins = account.begins(year)
    if begins is None:
        raise RefusedError("birthday_not_due")
    today = day_of(said.now, account.born[-1].zone)
    check(begins <= said.now and year >= today.year - 1, "birthday_not_due")
    account.birthdays.append(year)
    body = tiers.body_at(book.versions, begins)
    points = body.get("birthday_points", 0)
    made = terms(book, said, None, None, body)
    account.lots.append(Lot(said.name, book.place(), points, points, said.effective, **made))
    account.totals["earned"] += points
    return (said.key,)
