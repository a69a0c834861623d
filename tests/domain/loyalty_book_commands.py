"""Earning by the book, and what all commands share: who is refused by what, what it does."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any

from domain import loyalty_book_tiers as tiers
from domain.loyalty_book_days import day_of
from domain.loyalty_book_ledger import (
    NEVER,
    PLAYS,
    Account,
    Body,
    Book,
    Lot,
    Order,
    Play,
    Said,
    check,
    whole,
)
from domain.loyalty_book_orders import lines as order_lines


def play(run: Play) -> Play:
    """Enter a command in the book."""
    PLAYS[run.__name__.rstrip("_")] = run
    return run


def known(book: Book, *keys: str) -> list[Account]:
    """Return the accounts, which a programme may require to be enrolled."""
    accounts = [book.account(key) for key in keys]
    if book.body().get("enrolment", "open") == "required":
        check(all(a.enrolments for a in accounts), "account_not_found")
    return accounts


def opened(*accounts: Account) -> None:
    """Refuse every command on a closed account."""
    check(not any(a.closed for a in accounts), "account_closed")


# -- earning ------------------------------------------------------------------------
def terms(
    book: Book, said: Said, pending: Any, stated: datetime | None, body: Body | None = None
) -> dict[str, Any]:
    """Return when a lot becomes available, and what ends it, by *body* or what is in force."""
    body = book.body() if body is None else body
    pending = body.get("pending", 0) if pending is None else pending
    available = None
    if pending != "action":
        available = max(said.effective + timedelta(days=pending), said.now)
    if stated is not None:
        check(available is None or available < stated, "expires_before_available")
    return {
        "available": available,
        "stated": stated,
        "rule": body.get("expiry", NEVER),
        "zone": body.get("zone", "UTC"),
    }


def room(book: Book, account: Account, said: Said, *, ordered: bool) -> int | None:
    """Return the most an earning may still grant."""
    caps, zone = book.body().get("caps", {}), book.zone()
    day = day_of(said.effective, zone)
    days = [(day_of(at, zone), points) for at, points in account.earnings]
    rooms: list[int] = []
    if ordered and caps.get("order") is not None:
        rooms.append(caps["order"])
    if caps.get("day") is not None:
        rooms.append(caps["day"] - sum(n for d, n in days if d == day))
    if caps.get("month") is not None:
        month = sum(n for d, n in days if (d.year, d.month) == (day.year, day.month))
        rooms.append(caps["month"] - month)
    if caps.get("balance") is not None:
        have = account.pending() + account.ripe() + account.held() - account.debt()
        rooms.append(caps["balance"] - have)
    return max(0, min(rooms)) if rooms else None


def cut(lines: list[tuple[str, int]], most: int | None) -> list[tuple[str, int]]:
    """Cut lines from the end until they come to at most *most*, and never to less than 0."""
    lines = list(lines)
    excess = 0 if most is None else sum(n for _, n in lines) - most
    for i in reversed(range(len(lines))):
        kind, points = lines[i]
        off = max(0, min(points, excess))
        excess -= off
        lines[i] = (kind, points - off)
    short = max(0, -sum(n for _, n in lines))
    for i in reversed(range(len(lines))):
        kind, points = lines[i]
        up = max(0, min(-points, short))
        short -= up
        lines[i] = (kind, points + up)
    return lines


def granted(
    book: Book,
    said: Said,
    account: Account,
    lines: list[tuple[str, int]],
    growth: int,
    amount: int | None,
) -> tuple[str, ...]:
    """Grant award lines: a lot, growth, activity, and an order to return."""
    order = said.args.get("order")
    made = terms(book, said, said.args.get("pending"), said.args.get("expires_at"))
    ordered = order is not None or said.what == "purchase"
    lines = cut(lines, room(book, account, said, ordered=ordered))
    points = sum(n for _, n in lines)
    lot = Lot(said.name, book.place(), points, points, said.effective, **made)
    entry = tiers.Entry(said.turn, said.now, said.effective, growth, growth)
    account.lots.append(lot)
    account.entries[said.name] = entry
    account.earnings.append((said.effective, points))
    account.totals["earned"] += points
    names = book.body().get("activity", ("earn", "redeem"))
    if "earn" in names or ("purchase" in names and order is not None):
        account.acted(said.effective)
    sale = Order(lot, amount, lines, entry, book.body())
    account.sales.append(sale)
    if order is not None:
        account.orders[order] = sale
    return (said.key,)


@play
def earn(book: Book, said: Said) -> tuple[str, ...]:
    account, args = known(book, said.key)[0], said.args
    opened(account)
    order = args.get("order")
    check(order is None or order not in account.orders, "order_already_earned")
    whole(args["points"], 0)
    whole(args.get("growth", 0), 0)
    if args.get("amount") is not None:
        whole(args["amount"], 0)
    lines = list(args.get("lines", ())) or [("spend", args["points"])]
    growth = args.get("growth", 0)
    return granted(book, said, account, lines, growth, args.get("amount"))


@play
def grow(book: Book, said: Said) -> tuple[str, ...]:
    account = known(book, said.key)[0]
    opened(account)
    whole(said.args["growth"], 0)
    return granted(book, said, account, [], said.args["growth"], None)


@play
def purchase(book: Book, said: Said) -> tuple[str, ...]:
    account, args, body = known(book, said.key)[0], said.args, book.body()
    opened(account)
    order = args.get("order")
    check(order is None or order not in account.orders, "order_already_earned")
    whole(args["amount"], 0)
    spend = floor(args["amount"] * Fraction(*body.get("earn_rate", (1, 100))))
    position = book.tier(said.key).position
    ladder = body.get("tiers")
    factor = Fraction(*(ladder[position].get("multiplier", (1, 1)) if ladder else (1, 1)))
    bonus = floor(spend * (factor - 1))
    growth = floor(args["amount"] * Fraction(*body.get("growth_rate", (1, 100))))
    lines = [("spend", spend), ("spend", bonus)]
    return granted(book, said, account, lines, growth, args["amount"])


@play
def earn_order(book: Book, said: Said) -> tuple[str, ...]:
    account, args, body = known(book, said.key)[0], said.args, book.body()
    opened(account)
    check(args["order"] not in account.orders, "order_already_earned")
    amounts = [item[1] for item in args["items"]]
    for amount in amounts:
        whole(amount, 0)
    found = order_lines(body, args["items"], said.effective, args.get("channel", ""))
    growth = args.get("growth")
    if growth is None:
        growth = floor(sum(amounts) * Fraction(*body.get("growth_rate", (1, 100))))
    else:
        whole(growth, 0)
    growth = max(0, growth + sum(points for _, points, also in found if also))
    lines = [(kind, points) for kind, points, _ in found]
    return granted(book, said, account, lines, growth, sum(amounts))


def waiting(account: Account, name: str) -> Lot:
    """Return the lot of an earning that is named."""
    found = [lot for lot in account.lots if lot.key == name]
    check(found, "entry_not_found")
    return found[0]


@play
def activate(book: Book, said: Said) -> tuple[str, ...]:
    account = known(book, said.key)[0]
    lot = waiting(account, said.args["earning"])
    opened(account)
    check(lot.available is None and lot.left > 0, "earn_not_pending")
    lot.available = said.now
    return (said.key,)


@play
def cancel_pending(book: Book, said: Said) -> tuple[str, ...]:
    account = known(book, said.key)[0]
    lot = waiting(account, said.args["earning"])
    opened(account)
    check(not lot.mature and lot.left > 0, "earn_not_pending")
    account.totals["cancelled"] += lot.left
    lot.cancelled += lot.left
    for order in account.orders.values():
        if order.lot is lot:
            order.taken += lot.left
    lot.left = 0
    if said.args["earning"] in account.entries:
        account.entries[said.args["earning"]].left = 0
    return (said.key,)
