"""Programmes drawn at random, over all options of ledger, tiers, rules and referral."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from domain.loyalty_book_days import DAY

MEMBERS = ("a", "b", "c")
HOUR = timedelta(hours=1)
ZONES = (
    "UTC",
    "America/New_York",
    "Asia/Shanghai",
    "Pacific/Apia",
    "America/Havana",
    "Asia/Kathmandu",
)
STARTS = (
    "2024-01-30T22:00",
    "2024-02-28T05:00",
    "2011-12-28T09:00",
    "2024-03-08T12:00",
    "2024-11-01T03:59",
    "2023-12-30T00:00",
)
Body = dict[str, Any]


def maybe(rng: Random, body: Body, key: str, values: tuple[Any, ...]) -> None:
    """Say *key* in half of the programmes."""
    if rng.random() < 0.5:
        body[key] = rng.choice(values)


def expiry(rng: Random) -> Body:
    """Draw an expiry rule."""
    kind = rng.choice(("never", "days", "months", "date", "inactivity"))
    found: Body = {"kind": kind}
    if kind in {"days", "months"}:
        found["n"] = rng.choice((0, 1, 2, 5, 9))
        maybe(rng, found, "base", ("unlock", "earning"))
    if kind == "inactivity":
        found["n"] = rng.choice((1, 2))
    if kind == "date":
        start = datetime.fromisoformat(rng.choice(STARTS)).date()
        found["last_day"] = start + rng.choice((1, 20, 60)) * DAY
    if kind != "never":
        maybe(rng, found, "round_to", ("day", "month", "quarter", "half_year", "year"))
    return found


def ladder(rng: Random, size: int | None = None) -> list[Body]:
    """Draw the tiers."""
    found: list[Body] = [{"name": "t0", "at": 0}]
    for i in range(1, size or rng.choice((2, 3, 4))):
        at = found[-1]["at"] + rng.choice((10, 30, 50))
        tier: Body = {"name": f"t{i}", "at": at}
        if rng.random() < 0.4:
            tier["keep"] = at - rng.choice((0, 5, 10))
        if rng.random() < 0.4:
            tier["multiplier"] = rng.choice(([3, 2], [2, 1], [11, 10]))
        found.append(tier)
    return found


def programme(rng: Random) -> Body:
    """Draw a programme over all options of the ledger and the tiers."""
    body: Body = {"zone": rng.choice(ZONES), "tiers": ladder(rng)}
    body["window"] = rng.choice(
        ("rolling", "rolling", "calendar_year", "membership_year", "lifetime")
    )
    maybe(rng, body, "pending", (0, 1, 2, 14, "action"))
    if rng.random() < 0.8:
        body["expiry"] = expiry(rng)
    activities = ([], ["earn"], ["redeem"], ["purchase"], ["purchase", "redeem"])
    maybe(rng, body, "activity", activities)
    maybe(rng, body, "earn_rate", ([1, 1], [1, 3]))
    maybe(rng, body, "growth_rate", ([1, 1], [2, 3]))
    maybe(rng, body, "clawback", ("debt", "clamp"))
    maybe(rng, body, "debt_limit", (0, 10, 40))
    maybe(rng, body, "adjustment_debt_limit", (0, 10, 40))
    maybe(rng, body, "refund_fixed_lines", ("keep", "proportional"))
    maybe(rng, body, "restore_grace_days", (0, 1, 3))
    maybe(rng, body, "birthday_points", (5, 50))
    maybe(rng, body, "window_months", (1, 2, 12))
    maybe(rng, body, "term_months", (1, 2, 3, 12))
    maybe(rng, body, "extension_months", (1, 2, 3, 12, 15))
    maybe(rng, body, "downgrade", ("one_down", "to_qualified", "to_base"))
    maybe(rng, body, "grace_days", (1, 5, 20, 45))
    if rng.random() < 0.05:
        body["enrolment"] = "required"
    if rng.random() < 0.5:
        body["rules"] = rules(rng, datetime.fromisoformat(rng.choice(STARTS)).replace(tzinfo=UTC))
        maybe(rng, body, "stacking", ("additive", "multiplicative", "highest"))
        maybe(rng, body, "rounding", ("down", "half_up", "up"))
    if rng.random() < 0.3:
        body["caps"] = caps = {}
        for key, values in (
            ("order", (20, 60)),
            ("day", (50, 90)),
            ("month", (80, 150)),
            ("balance", (60, 120)),
        ):
            maybe(rng, caps, key, values)
    if rng.random() < 0.7:
        body["referral"] = {"referrer_points": 20, "friend_points": 7, "minimum": 10}
        maybe(rng, body["referral"], "window_days", (0, 1, 9))
        maybe(rng, body["referral"], "return_days", (1, 5))
        maybe(rng, body["referral"], "cap", (0, 1, 2))
        maybe(rng, body["referral"], "every_purchase", (True,))
    if rng.random() < 0.3:
        rule = body["checkout"] = {}
        maybe(rng, rule, "percent", (10, 50, 100))
        maybe(rng, rule, "step", (1, 5, 10))
        maybe(rng, rule, "value", (1, 3))
        maybe(rng, rule, "minimum", (0, 7, 20))
    return body


def rules(rng: Random, start: datetime) -> list[Body]:
    """Draw earning rules."""
    found: list[Body] = []
    for n in range(rng.randint(1, 5)):
        kind = rng.choice(("spend", "spend", "fixed", "multiplier", "multiplier"))
        rule: Body = {"name": f"r{n}", "kind": kind}
        if kind == "multiplier":
            rule["factor"] = rng.choice(([2, 1], [3, 2], [11, 10], [1, 2], [1, 3], [0, 1]))
        else:
            rule["points"] = rng.choice((1, 3, 7))
        if kind == "spend":
            rule["per"] = rng.choice((1, 3, 10))
        for key, values in (
            ("products", (["p"], ["p", "q"])),
            ("excluded_products", (["p"], ["q"])),
            ("labels", (["x"], ["x", "y"])),
            ("excluded_labels", (["x"], ["y"])),
            ("exclude_delivery", (True,)),
            ("channels", (["web"],)),
            ("starts", (start, start + HOUR)),
            ("ends", (start + 2 * HOUR, start + 9 * DAY)),
            ("minimum", (10, 30)),
            ("last", (True,)),
            ("stackable", (False,)),
            ("priority", (1, 2)),
            ("growth", (True,)),
        ):
            if rng.random() < 0.2:
                rule[key] = rng.choice(values)
        found.append(rule)
    return found


def items(rng: Random) -> tuple[tuple[str, int, tuple[str, ...], bool], ...]:
    """Draw the items of an order."""
    return tuple(
        (
            rng.choice(("p", "q", "r")),
            rng.choice((0, 1, 7, 10, 33)),
            rng.choice(((), ("x",), ("y",), ("x", "y"))),
            rng.random() < 0.2,
        )
        for _ in range(rng.randint(0, 4))
    )


def revised(rng: Random, body: Body, *, last: bool) -> Body:
    """Draw a version after *body*: other options and bars, the same window, no tier fewer."""
    other = programme(rng)
    size = len(body["tiers"])
    size = max(size, len(other["tiers"])) if last else size
    kept = {"window": body["window"]} if rng.random() < 0.8 else {}
    return {**other, **kept, "tiers": ladder(rng, size)}
