"""What the demo asks: one question of each kind, each answered from the facts alone."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from cix.domain.loyalty.programme import DEFAULT_TIERS
from cix.engine import Engine, Explanation

LINES: Final = 8
BEFORE: Final = timedelta(days=120)
"""How far back the answer lies that is compared with today's."""


@attrs.frozen
class Rung:
    """One tier of the ladder: its bar in growth, its members, and whether ours stands there."""

    tier: str
    name_zh: str
    at: int
    members: int
    here: bool


@attrs.frozen
class Compared:
    """An answer as of then, today's, and what changed it."""

    as_of: datetime
    then: Any
    now: Any
    explanation: Explanation


@attrs.frozen
class Tour:
    """The answers: rows of views as they are, None or empty for a view that is not open."""

    customer: str
    card: Any
    desk: list[Any]
    clocks: list[Any]
    account: str | None
    membership: Any
    ladder: list[Rung]
    timeline: list[Any]
    compared: Compared


def tour(engine: Engine, end: datetime) -> Tour:
    """Ask the engine; *end* is the instant at which the made-up history ends."""
    views = engine.projections()
    found: list[Any] = engine.find("customer360", order_by=("-contacts",), limit=40)
    star = max(found, key=lambda card: (len(card.accounts), card.contacts + 5 * card.tickets))
    account = star.accounts[0].name if star.accounts and "membership" in views else None
    member: Any = None if account is None else engine.get("membership", account)
    lines: tuple[Any, ...] = engine.lines("timeline", star.customer)
    return Tour(
        star.customer,
        star,
        engine.find("queues", is_open=True, order_by=("waiting_since", "opened_at"), limit=LINES),
        _clocks(engine) if "sla_timers" in views else [],
        account,
        member,
        [] if member is None else _ladder(engine, member.tier),
        list(lines[-LINES:]),
        _compared(engine, star.customer, account, end - BEFORE),
    )


def _clocks(engine: Engine) -> list[Any]:
    from cix.projections.sla_timers import board

    rows: list[Any] = engine.find("sla_timers", open__gt=0)
    return board(rows)[:LINES]


def _ladder(engine: Engine, tier: str) -> list[Rung]:
    rows: list[Any] = engine.find("membership")
    members = Counter(row.tier for row in rows)
    return [
        Rung(one.name, one.name_zh, one.at, members[one.name], one.name == tier)
        for one in DEFAULT_TIERS
    ]


def _compared(engine: Engine, customer: str, account: str | None, then: datetime) -> Compared:
    """Compare the member's tier, or the customer's tickets, as of then with today's."""
    asked = ("customer360", customer, "tickets")
    if account is not None:
        asked = ("membership", account, "tier")
    why = engine.explain(*asked)
    return Compared(then, engine.explain(*asked, as_of=then).value, why.value, why)
