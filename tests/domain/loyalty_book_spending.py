"""Spending, refunds and corrections by the book."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

from domain.loyalty_book_commands import known, opened, play, terms
from domain.loyalty_book_ledger import (
    NEVER,
    Account,
    Adjustment,
    Book,
    Hold,
    Lot,
    RefusedError,
    Said,
    Spend,
    check,
    total,
    whole,
)


# -- spending -----------------------------------------------------------------------
def spent(book: Book, said: Said, account: Account, points: int) -> tuple[str, ...]:
    """Redeem *points*, which are there."""
    account.spends[said.name] = Spend(account.take(account.spendable(), points))
    account.totals["redeemed"] += points
    if points and "redeem" in book.body().get("activity", ("earn", "redeem")):
        account.acted(said.now)
    return (said.key,)


@play
def redeem(book: Book, said: Said) -> tuple[str, ...]:
    account = known(book, said.key)[0]
    opened(account)
    whole(said.args["points"], 1)
    check(said.args["points"] <= account.available(), "insufficient_points")
    return spent(book, said, account, said.args["points"])


@play
def redeem_up_to(book: Book, said: Said) -> tuple[str, ...]:
    account = known(book, said.key)[0]
    opened(account)
    whole(said.args["points"], 1)
    return spent(book, said, account, min(said.args["points"], account.available()))


@play
def checkout(book: Book, said: Said) -> tuple[str, ...]:
    account, rule = known(book, said.key)[0], book.body().get("checkout", {})
    opened(account)
    whole(said.args["points"], 0)
    whole(said.args["total"], 0)
    n = min(said.args["points"], account.available())
    step, value = rule.get("step", 1), rule.get("value", 1)
    if step <= 0 or value <= 0:
        return spent(book, said, account, 0)
    n = min(n, said.args["total"] * rule.get("percent", 100) // 100 // value * step)
    n -= n % step
    return spent(book, said, account, n if n >= rule.get("minimum", 0) else 0)


@play
def hold(book: Book, said: Said) -> tuple[str, ...]:
    account = known(book, said.key)[0]
    opened(account)
    whole(said.args["points"], 1)
    check(said.args["points"] <= account.available(), "insufficient_points")
    ttl = said.args.get("ttl")
    parts = account.take(account.spendable(), said.args["points"])
    account.holds[said.name] = Hold(parts, None if ttl is None else said.now + ttl, said.turn)
    return (said.key,)


def holding(book: Book, said: Said) -> tuple[Account, Hold]:
    account = known(book, said.key)[0]
    found = account.holds.get(said.args["hold"])
    if found is None:
        raise RefusedError("hold_not_found")
    opened(account)
    check(found.status == "open", f"hold_{found.status}")
    return account, found


@play
def capture(book: Book, said: Said) -> tuple[str, ...]:
    account, found = holding(book, said)
    points = said.args.get("points")
    points = found.points() if points is None else points
    whole(points, 0)
    check(points <= found.points(), "exceeds_hold")
    spend = Spend(found.parts)
    back = spend.from_the_end(found.points() - points)
    used: list[tuple[str, Lot, int]] = []
    rest = points
    for who, lot, n in found.parts:
        used.append((who, lot, min(n, rest)))
        rest -= min(n, rest)
    found.status = "captured"
    account.spends[said.name] = Spend(used)
    account.totals["redeemed"] += points
    if points and "redeem" in book.body().get("activity", ("earn", "redeem")):
        account.acted(said.now)
    account.let_go(back, said.now, book, grace=False)
    return (said.key,)


@play
def release(book: Book, said: Said) -> tuple[str, ...]:
    account, found = holding(book, said)
    found.status = "released"
    account.let_go(found.parts, said.now, book, grace=False)
    return (said.key,)


def rest_of(spend: Spend, asked: Any) -> int:
    """Return how many points are to come back."""
    left = spend.points() - spend.returned
    check(left > 0, "already_reversed")
    points = left if asked is None else asked
    whole(points, 1)
    check(points <= left, "exceeds_redeemed")
    return int(points)


@play
def return_redeemed(book: Book, said: Said) -> tuple[str, ...]:
    account = known(book, said.key)[0]
    spend = account.spends.get(said.args["redemption"])
    if spend is None:
        raise RefusedError("redemption_not_found")
    opened(account)
    check(not spend.pooled, "pooled_redemption")
    points = rest_of(spend, said.args.get("points"))
    account.totals["redeemed"] -= points
    account.let_go(spend.from_the_end(points), said.now, book, grace=True)
    return (said.key,)


# -- refunds ------------------------------------------------------------------------
def owe(account: Account, name: str, points: int, limit: int | None) -> int:
    """Put on debt what fits under *limit*; return how much."""
    debt = points if limit is None else max(0, min(points, limit - account.debt()))
    account.debts.append([name, debt])
    return debt


@play
def refund(book: Book, said: Said) -> tuple[str, ...]:
    account, body = known(book, said.key)[0], book.body()
    order = account.orders.get(said.args["order"])
    if order is None:
        raise RefusedError("order_not_found")
    opened(account)
    asked = said.args.get("amount")
    if asked is not None:
        whole(asked, 1)
    check(not order.whole, "exceeds_order")
    if order.amount is None:
        check(asked is None, "exceeds_order")
        share = Fraction(0)
    else:
        rest = order.amount - order.returned
        check(asked is None or asked <= rest, "exceeds_order")
        order.returned += rest if asked is None else asked
        share = 1 - Fraction(order.returned, order.amount) if order.amount else Fraction(0)
    order.whole = share == 0
    keep = order.rules.get("refund_fixed_lines", "keep") == "keep"
    target = 0
    for kind, points in order.lines:
        kept = points if keep and kind == "fixed" and share else floor(points * share)
        target += points - kept
    target = min(target, sum(points for _, points in order.lines))
    take = max(0, max(0, target - order.lot.expired) - order.taken)
    order.entry.left = min(order.entry.left, floor(order.entry.growth * share))
    others = [lot for lot in account.spendable() if lot is not order.lot]
    parts = account.take([order.lot, *others], take)
    rest = take - total(parts)
    limit = 0 if body.get("clawback", "debt") == "clamp" else body.get("debt_limit")
    debt = 0 if limit == 0 else owe(account, said.name, rest, limit)
    order.taken += take
    account.totals["clawed"] += total(parts) + debt
    account.totals["forgiven"] += rest - debt
    return (said.key,)


# -- by hand ------------------------------------------------------------------------
@play
def adjust(book: Book, said: Said) -> tuple[str, ...]:
    account, points = known(book, said.key)[0], said.args["points"]
    opened(account)
    whole(points, -(2**63) + 1)
    check(points != 0, "invalid_amount")
    if points > 0:
        lot = Lot(
            said.name, book.place(), points, points, said.effective,
            **terms(book, said, None, None), source="adjustment",
        )  # fmt: skip
        account.lots.append(lot)
        account.adjustments[said.name] = Adjustment(points, lot, Spend([]), 0)
        return (said.key,)
    short = max(0, -points - account.available())
    if short:
        check(said.args.get("allow_negative", False), "insufficient_points")
        limit = book.body().get("adjustment_debt_limit")
        check(limit is None or account.debt() + short <= limit, "insufficient_points")
    spend = Spend(account.take(account.spendable(), -points))
    account.debts.append([said.name, short])
    account.totals["clawed"] -= points
    account.adjustments[said.name] = Adjustment(points, None, spend, short)
    return (said.key,)


@play
def reverse(book: Book, said: Said) -> tuple[str, ...]:
    account = known(book, said.key)[0]
    found = account.adjustments.get(said.args["adjustment"])
    if found is None:
        raise RefusedError("entry_not_found")
    opened(account)
    check(not found.reversed, "already_reversed")
    found.reversed = True
    if found.lot is not None:
        owed = found.points - found.lot.expired - found.lot.cancelled
        others = [lot for lot in account.spendable() if lot is not found.lot]
        parts = account.take([found.lot, *others], owed)
        short = owed - total(parts)
        check(not short or said.args.get("force", False), "insufficient_points")
        account.debts.append([said.name, short])
        account.totals["clawed"] += owed
        return (said.key,)
    account.totals["clawed"] += found.points
    debt = next(d for d in account.debts if d[0] == said.args["adjustment"])
    paid, debt[1] = found.debt - debt[1], 0
    account.let_go(found.spend.from_the_end(found.spend.points()), said.now, book, grace=True)
    if paid:
        lot = Lot(
            said.name, book.place(), paid, paid, said.now, said.now,
            rule=book.body().get("expiry", NEVER), zone=book.zone(), source="adjustment",
        )  # fmt: skip
        account.lots.append(lot)
    return (said.key,)


@play
def close(book: Book, said: Said) -> tuple[str, ...]:
    account = known(book, said.key)[0]
    opened(account)
    check(account.held() == 0, "has_active_holds")
    account.closed = True
    for lot in account.lots:
        account.totals["cancelled"] += lot.left
        lot.left = 0
    return (said.key,)
