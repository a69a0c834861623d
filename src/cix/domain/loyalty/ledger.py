"""The points of one account, folded in place: lots, debt, holds and what became of points.

Private to the loyalty room's fold, which hands it out only inside an ``Account``. Every change of
points is a transfer between two accounts of a double-entry ledger, so it sums to zero; with
``moves`` set each transfer is written down too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import heappop, heappush
from typing import Final, Literal, TypeAlias

import attrs

from cix.domain.loyalty.birthdays import Birthday
from cix.domain.loyalty.days import FAR
from cix.domain.loyalty.lots import Adjustment, Fallen, Hold, Lot, Order, Redemption, spending_key
from cix.domain.loyalty.programme import DEFAULT, Programme
from cix.domain.loyalty.tiers import Floor, InForce, Track, Version, changes_of
from cix.domain.loyalty.values import GivenBack, Part, Taken

Purse: TypeAlias = Literal[
    "issued",
    "pending",
    "available",
    "held",
    "redeemed",
    "expired",
    "clawed_back",
    "written_off",
    "cancelled",
    "gifts",
]
"""The accounts that points move between: the member's three and the programme's."""

TIME_OUT: Final = 1
RIPEN: Final = 2
EXPIRE: Final = 3


Due: TypeAlias = tuple[datetime, int, int, Lot | Hold]
"""When, what kind, in which order, and what falls due."""
_DEFAULTS: Final = InForce(FAR, "", DEFAULT)


@attrs.frozen
class Transfer:
    """Points of one lot went from one purse to another; ``ref`` names the command or hold."""

    at: datetime
    position: int
    lot: str
    source: Purse
    target: Purse
    points: int
    ref: str


@attrs.define(eq=False, weakref_slot=False)
class Ledger:
    """Everything known of one account, changed in place; see ``Account`` for the pure face."""

    key: str
    version: int = 0
    serial: int = 0
    at: str = ""
    position: int = 0
    # what there is
    lots: dict[str, Lot] = attrs.field(factory=dict)
    ripe: dict[str, Lot] = attrs.field(factory=dict)
    unripe: dict[str, Lot] = attrs.field(factory=dict)
    holds: dict[str, Hold] = attrs.field(factory=dict)
    redemptions: dict[str, Redemption] = attrs.field(factory=dict)
    orders: dict[str, Order] = attrs.field(factory=dict)
    adjustments: dict[str, Adjustment] = attrs.field(factory=dict)
    awards: dict[str, str] = attrs.field(factory=dict)
    referrals: list[datetime] = attrs.field(factory=list)
    gifts: list[datetime] = attrs.field(factory=list)
    debts: list[tuple[str, int]] = attrs.field(factory=list)
    floors: list[Floor] = attrs.field(factory=list)
    track: Track = attrs.field(factory=Track)
    # what it comes to
    pending: int = 0
    spendable: int = 0
    held: int = 0
    debt: int = 0
    granted: int = 0
    earned: int = 0
    redeemed: int = 0
    expired: int = 0
    clawed: int = 0
    forgiven: int = 0
    cancelled: int = 0
    given: int = 0
    # who it is
    enrolled: datetime | None = None
    record: str | None = None
    stated: bool = False
    closed: bool = False
    last_activity: datetime | None = None
    dates: list[Birthday] = attrs.field(factory=list)
    birthdays: set[int] = attrs.field(factory=set)
    # what time does
    due: list[Due] = attrs.field(factory=list)
    versions: list[Version] = attrs.field(factory=list)
    changes: tuple[InForce, ...] = ()
    fallen: list[Fallen] = attrs.field(factory=list)
    moves: list[Transfer] | None = None

    # -- reading ---------------------------------------------------------------------
    @property
    def grown(self) -> int:
        """Return all the growth that was ever granted."""
        return self.track.grown

    @property
    def available(self) -> int:
        """Return what can be spent: mature points less debt, never below zero."""
        return max(0, self.spendable - self.debt)

    @property
    def balance(self) -> int:
        """Return mature and held points less debt; it may be negative."""
        return self.spendable + self.held - self.debt

    def earnings(self) -> Iterator[tuple[datetime, int]]:
        """Yield each earning's effective instant and the points it granted."""
        return ((n.earned, n.granted) for n in self.lots.values() if n.source == "earning")

    def in_force(self, at: datetime) -> InForce:
        """Return the programme in force at *at*; before any version, the defaults."""
        for change in reversed(self.changes):
            if change.since <= at:
                return change
        return _DEFAULTS

    def spending_order(self) -> list[Lot]:
        """Return the spendable lots: soonest end first, then earning time, then recording."""
        last = self.last_activity
        return sorted(self.ripe.values(), key=lambda lot: lot.order or spending_key(lot, last))

    def allocate(self, points: int, first: str | None = None) -> tuple[Part, ...]:
        """Return which lots give *points*; the lot *first* gives first, even when pending."""
        parts: list[Part] = []
        lots = self.spending_order() if len(self.ripe) > 1 else list(self.ripe.values())
        if first is not None and (own := self.lots.get(first)) is not None:
            lots = [own, *(lot for lot in lots if lot is not own)]
        for lot in lots:
            if points <= 0:
                break
            if n := min(points, lot.left):
                parts.append(Part(lot.key, n))
                points -= n
        return tuple(parts)

    # -- time ------------------------------------------------------------------------
    @property
    def next_due(self) -> datetime:
        """Return the next instant at which something may fall due (an early look is harmless)."""
        return self.due[0][0] if self.due else FAR

    def advance(self, until: datetime) -> None:
        """Let time decide up to and including *until*: time-outs, maturing, expiry."""
        due = self.due
        while due and due[0][0] <= until:
            at, kind, _, what = heappop(due)
            if isinstance(what, Hold):
                self._time_out(what, at)
            elif kind == RIPEN:
                self._mature(what, at)
            else:
                self._look_at_end(what, at)
            self.version += 1

    def _time_out(self, hold: Hold, at: datetime) -> None:
        if hold.status != "open":
            return
        hold.status = "expired"
        restored, lapsed = self.sort_out(hold.parts, at)
        self.put_back(restored, lapsed, "held", at, hold.name)
        back = GivenBack(restored, (), lapsed)
        self.fallen.append(Fallen(at, "timed_out", hold.name, back=back))

    def _mature(self, lot: Lot, at: datetime) -> None:
        if lot.key not in self.unripe:
            return
        del self.unripe[lot.key]
        self.pending -= lot.left
        self.transfer(at, lot.key, "pending", "available", lot.left, lot.key)
        self.fallen.append(Fallen(at, "matured", lot.key, lot.left))
        self.ripen(lot, at)

    def _look_at_end(self, lot: Lot, at: datetime) -> None:
        end = lot.end(self.last_activity)
        if end is not None and end > at:
            heappush(self.due, (end, EXPIRE, lot.serial, lot))
        elif end is not None:
            self.expire(lot, at)

    def expire(self, lot: Lot, at: datetime) -> None:
        """End *lot*: what is left of it expires."""
        lot.ended = True
        if n := lot.left:
            lot.left = 0
            lot.gone += n
            self.expired += n
            self.spendable -= n
            self.ripe.pop(lot.key, None)
            self.transfer(at, lot.key, "available", "expired", n, lot.key)
            self.fallen.append(Fallen(at, "expired", lot.key, n))

    # -- points come --------------------------------------------------------------------
    def grant(
        self, lot: Lot, at: datetime, source: Purse = "issued", *, counts: bool = True
    ) -> None:
        """Take a new lot and its growth; it pays debt as soon as it is spendable."""
        lots = self.lots
        while lot.key in lots:
            lot.key += "'"
        lots[lot.key] = lot
        self.serial = lot.serial = self.serial + 1
        if counts:
            self.granted += lot.granted
        lot.recorded = at
        if lot.growth:
            self.track.add(lot)
        available = lot.available
        if available is not None and available <= at:
            if self.moves is not None:
                self.transfer(at, lot.key, source, "available", lot.left, self.at)
            self.ripen(lot, at)
            return
        if self.moves is not None:
            self.transfer(at, lot.key, source, "pending", lot.left, self.at)
        self.unripe[lot.key] = lot
        self.pending += lot.left
        if available is not None:
            heappush(self.due, (available, RIPEN, lot.serial, lot))

    def ripen(self, lot: Lot, at: datetime) -> None:
        """Make *lot* spendable: it pays debt, and expires at once when its end has passed."""
        lot.ripe = True
        if left := lot.left:
            self.spendable += left
            self.ripe[lot.key] = lot
            if self.debt:
                self.pay(lot)
        end = lot.expires if lot.rule is None else lot.end(self.last_activity)
        if end is None:
            return
        if end <= at:
            self.expire(lot, at)
        else:
            heappush(self.due, (end, EXPIRE, lot.serial, lot))

    def pay(self, lot: Lot) -> None:
        """Pay debt with what is left of *lot*, the oldest debt first."""
        n = min(lot.left, self.debt)
        self.draw(lot, n)
        self.less_debt(n)

    def less_debt(self, points: int, origin: str | None = None) -> None:
        """Lower the debt, the oldest first, or only that of *origin*."""
        self.debt -= points
        rest: list[tuple[str, int]] = []
        for name, amount in self.debts:
            n = min(points, amount) if origin in {None, name} else 0
            points -= n
            if name in self.adjustments:
                self.adjustments[name].open_debt -= n
            if amount > n:
                rest.append((name, amount - n))
        self.debts = rest

    def settle(self) -> None:
        """Pay debt with whatever is spendable, in spending order."""
        if self.debt and self.ripe:
            for lot in self.spending_order():
                if not self.debt:
                    return
                self.pay(lot)

    # -- points go ----------------------------------------------------------------------
    def draw(self, lot: Lot, points: int) -> int:
        """Take up to *points* out of a lot, pending or spendable; return how many."""
        n = min(points, lot.left)
        lot.left -= n
        if lot.ripe:
            self.spendable -= n
            if not lot.left:
                self.ripe.pop(lot.key, None)
        else:
            self.pending -= n
        return n

    def spend(self, parts: Iterable[Part], target: Purse, at: datetime, ref: str) -> int:
        """Move the *parts* out of their lots into *target*; return how many points it were."""
        total = 0
        for part in parts:
            if (lot := self.lots.get(part.lot)) is not None:
                n = self.draw(lot, part.points)
                total += n
                if self.moves is not None:
                    source: Purse = "available" if lot.ripe else "pending"
                    self.transfer(at, lot.key, source, target, n, ref)
        return total

    def claw(self, taken: Taken, at: datetime, ref: str) -> None:
        """Take points back: from lots, as debt, and write the rest off."""
        self.clawed += self.spend((*taken.pending, *taken.parts), "clawed_back", at, ref)
        self.clawed += taken.debt
        if taken.debt:
            self.debt += taken.debt
            self.debts.append((ref, taken.debt))
            self.transfer(at, "", "available", "clawed_back", taken.debt, ref)
        if taken.forgiven:
            self.forgiven += taken.forgiven
            self.transfer(at, "", "written_off", "clawed_back", taken.forgiven, ref)
        self.settle()

    def await_time_out(self, hold: Hold, at: datetime) -> None:
        """Let *hold* go at *at* unless it has ended by then."""
        heappush(self.due, (at, TIME_OUT, hold.serial, hold))

    # -- points come back -----------------------------------------------------------------
    def sort_out(
        self, parts: Iterable[Part], at: datetime
    ) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
        """Return which *parts* go back to their lots and which lapse as their lot is dead."""
        restored: list[Part] = []
        lapsed: list[Part] = []
        for part in parts:
            (lapsed if self.is_dead(part.lot, at) else restored).append(part)
        return tuple(restored), tuple(lapsed)

    def is_dead(self, key: str, at: datetime) -> bool:
        """Tell whether the lot's end has passed at *at*."""
        lot = self.lots.get(key)
        if lot is None or lot.ended:
            return True
        end = lot.end(self.last_activity)
        return end is not None and end <= at

    def put_back(
        self,
        restored: Iterable[Part],
        lapsed: Iterable[Part],
        source: Purse,
        at: datetime,
        ref: str,
    ) -> int:
        """Put points back into their lots, or let them lapse; then pay debt. Return how many."""
        total = 0
        for part in restored:
            if (lot := self.lots.get(part.lot)) is not None and part.points:
                lot.left += part.points
                self.spendable += part.points
                self.ripe[lot.key] = lot
                total += part.points
                self.transfer(at, lot.key, source, "available", part.points, ref)
        for part in lapsed:
            if (lot := self.lots.get(part.lot)) is not None:
                lot.gone += part.points
            self.expired += part.points
            total += part.points
            self.transfer(at, part.lot, source, "expired", part.points, ref)
        if source == "held":
            self.held -= total
        self.settle()
        return total

    # -- who ------------------------------------------------------------------------------
    def be_active(self, at: datetime) -> None:
        """Note an activity; an earlier one than the last changes nothing."""
        if self.last_activity is None or at > self.last_activity:
            self.last_activity = at

    def enrol(self, since: datetime, *, stated: bool = False) -> None:
        """Enrol the member at *since*; a stated enrolment replaces the first command's."""
        if self.enrolled is None or stated:
            self.enrolled = since
            self.stated = self.stated or stated
            self.track.enrol(since)

    def publish(
        self, effective: datetime, position: int, recorded: datetime, version: str, body: Programme
    ) -> None:
        """Take a version of the programme: in force from its instant, or its recording, on."""
        self.versions.append((effective, position, recorded, version, body))
        self.changes = changes_of(self.versions)
        self.track.publish(self.changes)

    def transfer(
        self, at: datetime, lot: str, source: Purse, target: Purse, points: int, ref: str
    ) -> None:
        """Write a transfer down, when somebody asked for them."""
        if self.moves is not None and points:
            self.moves.append(Transfer(at, self.position, lot, source, target, points, ref))
