"""The two commands that make up most of any log, decided again without the way round by facts.

What-if over a whole business decides millions of plain earnings and redemptions. Their decisions
are so simple, where no cap and no stated term is involved, that building the fact only to apply
it costs more than all the rest. The answers are those of the decisions themselves.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cix.domain.loyalty.again import Accounts
from cix.domain.loyalty.awards import terms_of
from cix.domain.loyalty.checks import MOST
from cix.domain.loyalty.earning import purchase_lines
from cix.domain.loyalty.facts import PointsEarned, PointsRedeemed
from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.lots import Lot, Order, Redemption
from cix.domain.loyalty.programme import ONE, Caps, Programme
from cix.domain.loyalty.room import begin, shown_tier
from cix.domain.loyalty.taking import put_in
from cix.domain.loyalty.values import Award


class Quick:
    """Decides plain commands again, in place; *accounts* hold the ledgers."""

    def __init__(self, accounts: Accounts) -> None:
        """Look once at what the programme makes difficult."""
        programme = accounts.programme
        self.accounts = accounts
        self.programme: Programme = programme
        self.version = accounts.version
        self.usable = programme.caps == Caps() and programme.enrolment == "open"
        self.has_bonus = any(tier.multiplier != ONE for tier in programme.tiers)
        self.has_terms = programme.pending != 0 or programme.expiry.kind != "never"
        self.earning_acts = "earn" in programme.activity
        self.buying_acts = self.earning_acts or "purchase" in programme.activity
        self.redeeming_acts = "redeem" in programme.activity

    def take(
        self,
        fact: Any,  # noqa: ANN401  # any room's fact; two classes are taken
        key: str,
        name: str,
        position: int,
        effective: datetime,
        recorded: datetime,
    ) -> bool:
        """Decide and apply; False when the ordinary way has to be gone, and nothing changed."""
        if not self.usable:
            return False
        core = self.accounts.ledger(key)
        if core.due and core.due[0][0] <= recorded:
            core.advance(recorded)
        if core.closed:
            return False
        if type(fact) is PointsEarned:
            return self._earn(core, fact, name, position, effective, recorded)
        if type(fact) is PointsRedeemed:
            return self._redeem(core, fact, name, position, recorded)
        return False

    def _earn(
        self,
        core: Ledger,
        fact: PointsEarned,
        name: str,
        position: int,
        effective: datetime,
        recorded: datetime,
    ) -> bool:
        asked, order, programme = fact.asked, fact.order, self.programme
        if asked.pending is not None or asked.expires_at is not None or asked.lines:
            return False
        if asked.how == "order" or (order is not None and order in core.orders):
            return False
        if asked.how == "points":
            points, growth = asked.points, asked.growth or 0
            lines: tuple[Award, ...] = (Award("points", "spend", points),) if order else ()
        else:
            amount = fact.amount or 0
            multiplier = ONE
            if self.has_bonus:
                multiplier = programme.tier(shown_tier(core, recorded)).multiplier
            growth = programme.growth_rate.floor_of(amount)
            spend = programme.earn_rate.floor_of(amount)
            points = spend + spend * (multiplier.num - multiplier.den) // multiplier.den
            lines = purchase_lines(programme, amount, multiplier) if order else ()
        if core.granted + points > MOST or growth > MOST:
            return False
        begin(core, name, position, recorded)
        available = max(recorded, effective)
        lot = Lot(name, points, effective, available, None, position=position)
        if self.has_terms:
            terms = terms_of(programme, effective, recorded)
            lot.available, lot.expires, lot.rule = (
                terms.available_at,
                terms.expires_at,
                terms.rule,
            )
        lot.programme = self.version
        if self.earning_acts or (order is not None and self.buying_acts):
            core.be_active(effective)
        if order is not None:
            core.orders[order] = Order(order, name, fact.amount, lines)
        put_in(core, lot, growth, recorded)
        return True

    def _redeem(
        self, core: Ledger, fact: PointsRedeemed, name: str, position: int, recorded: datetime
    ) -> bool:
        points = fact.asked
        if fact.how != "exact" or points > core.available:
            return False
        begin(core, name, position, recorded)
        parts = core.allocate(points)
        core.redeemed += core.spend(parts, "redeemed", recorded, name)
        core.redemptions[name] = Redemption(name, points, parts)
        if self.redeeming_acts:
            core.be_active(recorded)
        return True
