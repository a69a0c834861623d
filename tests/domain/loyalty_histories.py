"""Histories of loyalty commands at random, and what must hold of a ledger after every fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import attrs
from hypothesis import strategies as st

from cix.domain import loyalty
from cix.domain.decider import Decider, Decision
from cix.domain.loyalty import referral
from cix.domain.loyalty.ledger import Ledger
from cix.errors import DomainError
from domain.loyalty_world import START, Anything, World

MEMBERS = ("a", "b", "c")
PROGRAMMES: dict[str, dict[str, Any]] = {
    "days": {
        "pending": 2,
        "expiry": {"kind": "days", "n": 5},
        "restore_grace_days": 2,
        "caps": {"day": 150, "balance": 300},
    },
    "clamped": {"expiry": {"kind": "days", "n": 9}, "clawback": "clamp", "pending": "action"},
    "limited": {
        "expiry": {"kind": "months", "n": 1, "base": "earning"},
        "pending": 1,
        "debt_limit": 40,
        "refund_fixed_lines": "proportional",
        "referral": {"minimum": 20, "cap": 1, "return_days": 3},
    },
    "inactive": {"expiry": {"kind": "inactivity", "n": 1}, "restore_grace_days": 3},
}


class Live(World):
    """The same world, with states that move on as facts come instead of being folded anew."""

    def __init__(self, programme: dict[str, Any]) -> None:
        super().__init__(programme)
        self.accounts: dict[str, loyalty.Account] = {}
        for key in MEMBERS:
            account = loyalty.new(key)
            account.ledger.moves = []
            for one in self.log:
                account = loyalty.evolve(account, one.fact, one)
            self.accounts[key] = account

    def state(
        self, key: str, decider: Decider[Any, Any] = loyalty.DECIDER, at: Anything = None
    ) -> Anything:
        if decider is not loyalty.DECIDER:
            return super().state(key, decider, at)
        account = self.accounts[key] = loyalty.advance(self.accounts[key], self.now)
        return account

    def record(self, fact: Anything, tags: tuple[str, ...], effective: Anything = None) -> None:
        super().record(fact, tags, effective)
        for key, account in getattr(self, "accounts", {}).items():
            if f"account:{key}" in tags:
                moved = loyalty.advance(account, self.now)
                self.accounts[key] = loyalty.evolve(moved, fact, self.log[-1])
                check(self.accounts[key].ledger)


@attrs.frozen
class Play:
    """One command about to be given: who, by how much, which of what there is."""

    world: World
    key: str
    n: int
    i: int

    @property
    def core(self) -> Ledger:
        found: Ledger = self.world.state(self.key).ledger
        return found

    def pick(self, names: Iterable[str]) -> str:
        """Return one of *names*, or a name of nothing."""
        known = list(names)
        return known[self.i % len(known)] if known else "nothing"

    def do(self, decision: Decision[Any, Any, Any], **args: object) -> object:
        return self.world.do(decision, self.key, **args)

    def earn(self, **args: object) -> object:
        return self.do(loyalty.earn, points=self.n, **args)

    def order(self) -> object:
        lines = (loyalty.Award("s", "spend", self.n), loyalty.Award("f", "fixed", 7))
        return self.do(
            loyalty.earn,
            points=self.n + 7,
            growth=self.n,
            order=f"o{len(self.core.orders)}",
            amount=self.n * 3,
            lines=lines,
        )

    def refund(self, amount: int | None) -> object:
        return self.do(loyalty.refund, order=self.pick(self.core.orders), amount=amount)

    def give_back(self, points: int | None) -> object:
        found = self.pick(self.core.redemptions)
        return self.do(loyalty.return_redeemed, redemption=found, points=points)

    def capture(self, points: int | None) -> object:
        return self.do(loyalty.capture, hold=self.pick(self.core.holds), points=points)

    def adjust(self, points: int, **args: object) -> object:
        return self.do(loyalty.adjust, points=points, reason="r", actor="a", **args)

    def reverse(self, **args: object) -> object:
        return self.do(loyalty.reverse, adjustment=self.pick(self.core.adjustments), **args)

    def gift(self) -> object:
        to = MEMBERS[(MEMBERS.index(self.key) + 1 + self.i % 2) % 3]
        return self.do(loyalty.gift, to=to, points=self.n)

    def pool_back(self) -> object:
        return self.do(
            loyalty.return_pooled,
            members=MEMBERS,
            redemption=self.pick(self.core.redemptions),
            points=self.n if self.i % 2 else None,
        )

    def settle(self) -> object:
        if self.world.state("c", referral.DECIDER).referrer is None:
            self.world.do(referral.accept, "c", referrer="a")
        args: dict[str, Any] = {"referrer": "a", "order": f"x{self.i}", "amount": self.n}
        return self.world.do(referral.settle, "c", **args)

    def take_back(self) -> object:
        args: dict[str, Any] = {"referrer": "a", "order": f"x{self.i}", "returned": self.n}
        return self.world.do(referral.take_back, "c", **args)

    def days(self, n: int) -> timedelta:
        return timedelta(days=n)


PLAYERS: dict[str, Callable[[Play], object]] = {
    "earn": lambda p: p.earn(growth=p.n * 9),
    "order": Play.order,
    "pending": lambda p: p.earn(pending=p.i),
    "stated": lambda p: p.earn(expires_at=p.world.now + p.days(p.i), pending=0),
    "purchase": lambda p: p.do(loyalty.purchase, amount=p.n * 100, order=f"p{p.world.count}"),
    "late": lambda p: p.world.do(
        loyalty.earn, p.key, effective=p.world.now - p.days(7 * p.i), points=p.n
    ),
    "redeem": lambda p: p.do(loyalty.redeem, points=p.n),
    "up_to": lambda p: p.do(loyalty.redeem_up_to, points=p.n),
    "hold": lambda p: p.do(loyalty.hold, points=p.n),
    "ttl": lambda p: p.do(loyalty.hold, points=p.n, ttl=timedelta(hours=24 * p.i + 1)),
    "capture": lambda p: p.capture(None),
    "part": lambda p: p.capture(p.n),
    "release": lambda p: p.do(loyalty.release, hold=p.pick(p.core.holds)),
    "return": lambda p: p.give_back(None),
    "part_return": lambda p: p.give_back(p.n),
    "refund": lambda p: p.refund(None),
    "part_refund": lambda p: p.refund(p.n),
    "gift": Play.gift,
    "pool": lambda p: p.do(loyalty.redeem_pooled, members=MEMBERS, points=p.n),
    "pool_back": Play.pool_back,
    "credit": lambda p: p.adjust(p.n),
    "debit": lambda p: p.adjust(-p.n),
    "negative": lambda p: p.adjust(-p.n, allow_negative=True),
    "reverse": lambda p: p.reverse(),
    "force": lambda p: p.reverse(force=True),
    "activate": lambda p: p.do(loyalty.activate, earning=p.pick(p.core.lots)),
    "cancel": lambda p: p.do(loyalty.cancel_pending, earning=p.pick(p.core.lots)),
    "settle": Play.settle,
    "take_back": Play.take_back,
    "tick": lambda p: p.core,
    "close": lambda p: p.do(loyalty.close) if p.n > 100 else None,
}


Command = tuple[str, int, int, int, int]
"""What, who, by how much (points), which of what there is, hours since the last command."""
commands = st.tuples(
    st.sampled_from(list(PLAYERS)),
    st.integers(0, 2),
    st.integers(1, 120),
    st.integers(0, 5),
    st.sampled_from([0, 0, 1, 30, 100, 400]),
)
histories = st.lists(commands, min_size=3, max_size=25)


def play(world: World, command: Command) -> bool:
    """Give one command; True when it was accepted."""
    what, who, points, which, hours = command
    world.now += timedelta(hours=hours)
    try:
        PLAYERS[what](Play(world, MEMBERS[who], points, which))
    except DomainError:
        return False
    return True


def played(programme: str, history: list[Command]) -> Live:
    """Play a whole history from the start."""
    world = Live(PROGRAMMES[programme])
    world.now = START
    for command in history:
        play(world, command)
    return world


def check(core: Ledger) -> None:
    """Assert what must hold of a ledger after every fact."""
    assert min(core.available, core.pending, core.held, core.debt) >= 0
    assert all(0 <= lot.left <= lot.granted for lot in core.lots.values())
    left = sum(lot.left for lot in core.lots.values())
    if core.debt:
        assert core.spendable == 0
    assert core.granted == (
        left
        + core.held
        + core.redeemed
        + core.expired
        + (core.clawed - core.debt)
        + core.cancelled
        + core.given
    )
    assert core.spendable == sum(lot.left for lot in core.ripe.values())
    assert core.pending == sum(lot.left for lot in core.unripe.values())
    assert left == core.spendable + core.pending
    ends = [lot for lot in core.ripe.values() if lot.end(core.last_activity) is not None]
    assert core.due or not ends
    open_holds = [h for h in core.holds.values() if h.status == "open"]
    assert core.held == sum(h.points for h in open_holds)
    assert core.debt == sum(amount for _, amount in core.debts)
    assert core.balance == core.spendable + core.held - core.debt
    _check_moves(core)


def _check_moves(core: Ledger) -> None:
    if core.moves is None:
        return
    purses: dict[str, int] = {}
    for move in core.moves:
        assert move.points > 0
        purses[move.source] = purses.get(move.source, 0) - move.points
        purses[move.target] = purses.get(move.target, 0) + move.points
    assert sum(purses.values()) == 0
    assert purses.get("pending", 0) == core.pending
    assert purses.get("available", 0) == core.spendable - core.debt
    assert purses.get("held", 0) == core.held
    assert purses.get("redeemed", 0) == core.redeemed
    assert purses.get("expired", 0) == core.expired
    assert purses.get("clawed_back", 0) == core.clawed + core.forgiven
    assert purses.get("written_off", 0) == -core.forgiven
    assert purses.get("cancelled", 0) == core.cancelled
