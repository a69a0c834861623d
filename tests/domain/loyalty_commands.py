"""Every loyalty command with arguments that a stocked account accepts, and with bad ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import attrs

from cix.domain import loyalty
from cix.domain.decider import Decision
from cix.domain.loyalty import referral
from domain.loyalty_world import DAY, START, Anything, World

BY: Final = {"reason": "goodwill", "actor": "agent:7"}
HUGE: Final = 10**6
NOT_AMOUNTS: Final = (True, 1.0, "7", -1, 2**63)
"""What no amount may be: a bool, a float, a text, a wrong sign, a value out of range."""
PROGRAMME: Final[dict[str, Any]] = {
    "referral": {"minimum": 10, "referrer_points": 5, "friend_points": 5},
    "birthday_points": 9,
}
Args = dict[str, Any]


@attrs.frozen
class Command:
    """A command: fine arguments, its amounts, and arguments by which each check refuses it.

    The arguments of an earlier check are bad for every later one too, so that the order shows.
    """

    decision: Decision[Any, Any, Any]
    fine: Args
    amounts: tuple[str, ...] = ()
    least: int = 0
    unknown: tuple[Args, str] | None = None
    state: tuple[Args, str] | None = None
    limit: tuple[Args, str] | None = None
    key: str = "m"


ENDED: Final = {"expires_at": START - DAY}
TOO_MUCH: Final = "insufficient_points"
COMMANDS: Final[dict[str, Command]] = {
    "earn": Command(
        loyalty.earn,
        {"points": 5},
        ("points", "growth", "amount", "pending"),
        state=({"points": -1, "order": "o", **ENDED}, "order_already_earned"),
        limit=({"points": 1, **ENDED}, "expires_before_available"),
    ),
    "grow": Command(loyalty.grow, {"growth": 5}, ("growth",)),
    "purchase": Command(
        loyalty.purchase,
        {"amount": 500},
        ("amount", "pending"),
        state=({"amount": -1, "order": "o", **ENDED}, "order_already_earned"),
        limit=({"amount": 1, **ENDED}, "expires_before_available"),
    ),
    "earn_order": Command(
        loyalty.earn_order,
        {"order": "new", "items": (loyalty.Item("a", 5),)},
        ("growth", "pending"),
        state=({"order": "o", "items": (loyalty.Item("a", -1),)}, "order_already_earned"),
        limit=(
            {"order": "new", "items": (loyalty.Item("a", 5),), **ENDED},
            "expires_before_available",
        ),
    ),
    "activate": Command(
        loyalty.activate,
        {"earning": "waits"},
        unknown=({"earning": "x"}, "entry_not_found"),
        state=({"earning": "e"}, "earn_not_pending"),
    ),
    "cancel_pending": Command(
        loyalty.cancel_pending,
        {"earning": "waits"},
        unknown=({"earning": "x"}, "entry_not_found"),
        state=({"earning": "e"}, "earn_not_pending"),
    ),
    "redeem": Command(
        loyalty.redeem, {"points": 5}, ("points",), 1, limit=({"points": HUGE}, TOO_MUCH)
    ),
    "redeem_up_to": Command(loyalty.redeem_up_to, {"points": 5}, ("points",), 1),
    "checkout": Command(loyalty.checkout, {"points": 5, "total": 500}, ("points", "total")),
    "return_redeemed": Command(
        loyalty.return_redeemed,
        {"redemption": "r", "points": 2},
        ("points",),
        1,
        unknown=({"redemption": "x", "points": -1}, "redemption_not_found"),
        state=({"redemption": "undone", "points": -1}, "already_reversed"),
        limit=({"redemption": "r", "points": 11}, "exceeds_redeemed"),
    ),
    "hold": Command(
        loyalty.hold, {"points": 5}, ("points",), 1, limit=({"points": HUGE}, TOO_MUCH)
    ),
    "capture": Command(
        loyalty.capture,
        {"hold": "h", "points": 2},
        ("points",),
        unknown=({"hold": "x", "points": -1}, "hold_not_found"),
        state=({"hold": "over", "points": -1}, "hold_released"),
        limit=({"hold": "h", "points": 6}, "exceeds_hold"),
    ),
    "release": Command(
        loyalty.release,
        {"hold": "h"},
        unknown=({"hold": "x"}, "hold_not_found"),
        state=({"hold": "over"}, "hold_released"),
    ),
    "refund": Command(
        loyalty.refund,
        {"order": "o", "amount": 5},
        ("amount",),
        1,
        unknown=({"order": "x", "amount": -1}, "order_not_found"),
        limit=({"order": "o", "amount": 1001}, "exceeds_order"),
    ),
    "gift": Command(
        loyalty.gift,
        {"to": "n", "points": 5},
        ("points",),
        1,
        unknown=({"to": "ghost", "points": -1}, "account_not_found"),
        state=({"to": "m", "points": -1}, "self_transfer"),
        limit=({"to": "n", "points": HUGE}, TOO_MUCH),
    ),
    "redeem_pooled": Command(
        loyalty.redeem_pooled,
        {"members": ("n",), "points": 5},
        ("points",),
        1,
        unknown=({"members": ("ghost",), "points": -1}, "account_not_found"),
        state=({"members": ("shut",), "points": -1}, "account_closed"),
        limit=({"members": ("n",), "points": HUGE}, TOO_MUCH),
    ),
    "return_pooled": Command(
        loyalty.return_pooled,
        {"members": ("n",), "redemption": "pool", "points": 2},
        ("points",),
        1,
        unknown=({"members": ("n",), "redemption": "x", "points": -1}, "redemption_not_found"),
        state=({"members": ("n",), "redemption": "pooled", "points": -1}, "already_reversed"),
        limit=({"members": ("n",), "redemption": "pool", "points": 5}, "exceeds_redeemed"),
    ),
    "adjust": Command(
        loyalty.adjust, {"points": 5, **BY}, limit=({"points": -HUGE, **BY}, TOO_MUCH)
    ),
    "reverse": Command(
        loyalty.reverse,
        {"adjustment": "c"},
        unknown=({"adjustment": "x"}, "entry_not_found"),
        state=({"adjustment": "back"}, "already_reversed"),
    ),
    "set_floor": Command(
        loyalty.set_floor,
        {"tier": "gold"},
        unknown=({"tier": "moon", "until": START - DAY}, "tier_not_found"),
        limit=({"tier": "gold", "until": START - DAY}, "invalid_period"),
    ),
    "note_birthday": Command(
        loyalty.note_birthday,
        {"month": 5, "day": 1},
        limit=({"month": 2, "day": 30}, "invalid_birthday"),
    ),
    "celebrate": Command(
        loyalty.celebrate, {"year": 2024}, limit=({"year": 2025}, "birthday_not_due")
    ),
    "close": Command(loyalty.close, {}, key="n"),
    "settle": Command(
        referral.settle,
        {"referrer": "m", "order": "first", "amount": 10},
        ("amount",),
        unknown=({"referrer": "x", "order": "first", "amount": -1}, "referral_not_found"),
        key="friend",
    ),
    "take_back": Command(
        referral.take_back,
        {"referrer": "m", "order": "paid", "returned": 5},
        ("returned",),
        1,
        unknown=({"referrer": "m", "order": "x", "returned": -1}, "order_not_found"),
        limit=({"referrer": "m", "order": "paid", "returned": 11}, "exceeds_order"),
        key="pal",
    ),
}


def stock(do: Anything) -> None:
    """Give by ``do(id, decision, key, **args)`` whatever the fine commands need."""
    for friend in ("friend", "pal"):
        do("", referral.accept, friend, referrer="m")
    for key in ("m", "n", "shut", "friend", "pal"):
        do("", loyalty.enrol, key)
    do("", loyalty.close, "shut")
    do("e", loyalty.earn, "m", points=100, growth=7, order="o", amount=1000)
    do("n1", loyalty.earn, "n", points=50)
    do("waits", loyalty.earn, "m", points=8, pending="action")
    do("r", loyalty.redeem, "m", points=10)
    do("undone", loyalty.redeem, "m", points=3)
    do("", loyalty.return_redeemed, "m", redemption="undone")
    do("h", loyalty.hold, "m", points=5)
    do("over", loyalty.hold, "m", points=5)
    do("", loyalty.release, "m", hold="over")
    do("c", loyalty.adjust, "m", points=6, **BY)
    do("back", loyalty.adjust, "m", points=6, **BY)
    do("", loyalty.reverse, "m", adjustment="back")
    do("pool", loyalty.redeem_pooled, "m", members=("n",), points=4)
    do("pooled", loyalty.redeem_pooled, "m", members=("n",), points=4)
    do("", loyalty.return_pooled, "m", members=("n",), redemption="pooled")
    do("", loyalty.note_birthday, "m", month=1, day=1)
    do("", referral.settle, "pal", referrer="m", order="paid", amount=10)


def stocked(**programme: Anything) -> World:
    """Return a world in which every fine command is accepted."""
    world = World({**PROGRAMME, **programme})
    stock(lambda id, decision, key, **args: world.do(decision, key, id=id or None, **args))
    world.now += timedelta(hours=1)
    return world
