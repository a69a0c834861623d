"""The two commands that make up most of any log, decided again without the way round by facts.

What-if over a whole business decides millions of plain earnings and redemptions. Their decisions
are so simple, where no cap cuts and no term is stated, that building the fact only to apply it
costs more than all the rest. The answers are those of the decisions themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from cix.domain.loyalty.again import Accounts
from cix.domain.loyalty.awards import terms_of
from cix.domain.loyalty.checks import MOST
from cix.domain.loyalty.earning import purchase_lines, room
from cix.domain.loyalty.facts import PointsEarned, PointsRedeemed
from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.lots import Lot, Order, Redemption
from cix.domain.loyalty.programme import ONE, Caps, HoldWhen, Programme
from cix.domain.loyalty.room import begin, shown_tier
from cix.domain.loyalty.values import Award

Command = Callable[[Any, str, str, int, datetime, datetime], bool]
"""``(fact, key, name, position, effective, recorded)``: decides and applies, or answers False
when the ordinary way has to be gone, and nothing changed."""


class Quick:
    """Decides plain commands again, in place; *accounts* hold the ledgers."""

    def __init__(self, accounts: Accounts) -> None:
        """Look once at what the programme makes difficult."""
        programme = accounts.programme
        self.accounts = accounts
        self.programme: Programme = programme
        self.version = accounts.version
        self.is_required = programme.enrolment == "required"
        self.has_caps = programme.caps != Caps()
        self.has_bonus = any(tier.multiplier != ONE for tier in programme.tiers)
        self.has_terms = programme.pending != 0 or programme.expiry.kind != "never"
        self.earning_acts = "earn" in programme.activity
        self.buying_acts = self.earning_acts or "purchase" in programme.activity
        self.redeeming_acts = "redeem" in programme.activity

    def commands(self) -> dict[type, Command]:
        """Return how each plain command is decided; not kept here, as that would be a cycle."""
        found: dict[type, Command] = {PointsEarned: self._earn}
        if self.programme.hold_when == HoldWhen():
            found[PointsRedeemed] = self._redeem
        return found

    def _ledger(self, key: str, recorded: datetime) -> Ledger | None:
        """Return the ledger of *key* as of *recorded*; None when its commands are refused."""
        core = self.accounts.ledger(key)
        if core.due and core.due[0][0] <= recorded:
            core.advance(recorded)
        if core.closed or (self.is_required and core.enrolled is None):
            return None
        return core

    def _earn(
        self,
        fact: PointsEarned,
        key: str,
        name: str,
        position: int,
        effective: datetime,
        recorded: datetime,
    ) -> bool:
        core = self._ledger(key, recorded)
        asked, order, programme = fact.asked, fact.order, self.programme
        if core is None or asked.how == "order" or order in core.orders:
            return False
        if asked.pending is not None or asked.expires_at is not None or asked.lines:
            return False
        if asked.how == "points":
            points, growth = asked.points, asked.growth or 0
            lines: tuple[Award, ...] = (Award("points", "spend", points),) if order else ()
        else:
            amount = fact.amount or 0
            growth = programme.growth_rate.floor_of(amount)
            points, multiplier = programme.earn_rate.floor_of(amount), ONE
            if self.has_bonus:
                multiplier = programme.tier(shown_tier(core, recorded)).multiplier
                points += points * (multiplier.num - multiplier.den) // multiplier.den
            lines = purchase_lines(programme, amount, multiplier) if order else ()
        if core.granted + points > MOST or core.track.grown + growth > MOST:
            return False
        if self.has_caps and self._is_capped(core, fact, points, effective):
            return False
        begin(core, name, position, recorded)
        available: datetime | None = max(recorded, effective)
        expires = rule = None
        if self.has_terms:
            terms = terms_of(programme, effective, recorded)
            available, expires, rule = terms.available_at, terms.expires_at, terms.rule
        lot = Lot(
            name,
            points,
            effective,
            available,
            expires,
            position,
            rule,
            "earning",
            self.version,
            growth,
        )
        if self.earning_acts or (order is not None and self.buying_acts):
            core.be_active(effective)
        core.earned += points
        core.grant(lot, recorded)
        if order is not None:
            core.orders[order] = Order(order, lot.key, fact.amount, lines)
        return True

    def _is_capped(
        self, core: Ledger, fact: PointsEarned, points: int, effective: datetime
    ) -> bool:
        is_order = fact.order is not None or fact.asked.how != "points"
        balance = core.balance + core.pending
        most = room(self.programme, core.earnings(), balance, effective, is_order=is_order)
        return most is not None and points > most

    def _redeem(
        self,
        fact: PointsRedeemed,
        key: str,
        name: str,
        position: int,
        _: datetime,
        recorded: datetime,
    ) -> bool:
        core = self._ledger(key, recorded)
        points = fact.asked
        if core is None or fact.how != "exact" or points > core.available:
            return False
        begin(core, name, position, recorded)
        parts = core.allocate(points)
        core.redeemed += core.spend(parts, "redeemed", recorded, name)
        core.redemptions[name] = Redemption(name, points, parts, recorded)
        if self.redeeming_acts:
            core.be_active(recorded)
        return True
