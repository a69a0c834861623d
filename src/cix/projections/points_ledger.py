"""The double-entry ledger: every fact adds lines that sum to zero.

Each line moves points of one lot into (above zero) or out of a purse: the member's ``pending``,
``available`` and ``held``, and the programme's ``issued``, ``redeemed``, ``expired``,
``clawed_back``, ``written_off``, ``cancelled`` and ``gifts``. What is below zero in ``available``
is debt. A fact of several accounts adds its lines under each of them: those of a member are the
ones whose ``account`` is the key. Points that time moved have lines once a tick recorded it;
``cix loyalty statement`` has them without, and with running balances.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import attrs

from cix.domain.loyalty import facts as f
from cix.domain.loyalty.ledger import Purse
from cix.domain.loyalty.values import GivenBack, MovedLot, Part, Taken
from cix.projections.projection import Projection
from cix.records import Recorded


@attrs.frozen
class LedgerLine:
    """Points of a lot into or out of a purse; ``ref`` is the command's id."""

    account: str
    purse: Purse
    points: int
    lot: str
    ref: str
    what: str
    at: datetime
    """When it took effect: recorded, or for what time did the instant it was due."""


points_ledger = Projection[LedgerLine](
    "points_ledger",
    "account",
    1,
    LedgerLine,
    order="recorded",
    lines=True,
    ignores=frozenset({f.MemberEnrolled, f.FloorSet, f.BirthdayNoted, f.TierChanged}),
)


@attrs.frozen
class _Book:
    """Writes the lines of one fact for one account."""

    account: str
    record: Recorded[Any]

    def move(self, source: Purse, target: Purse, lot: str, points: int) -> Iterator[LedgerLine]:
        """Write both sides of a transfer."""
        if points:
            record, ref = self.record, self.record.command
            sides: tuple[tuple[Purse, int], ...] = ((source, -points), (target, points))
            for purse, n in sides:
                yield LedgerLine(self.account, purse, n, lot, ref, record.type, record.recorded_at)

    def all(self, source: Purse, target: Purse, parts: Iterable[Part]) -> Iterator[LedgerLine]:
        """Write a transfer for each part."""
        for part in parts:
            yield from self.move(source, target, part.lot, part.points)

    def granted(
        self, lot: str, points: int, available_at: datetime | None, source: Purse = "issued"
    ) -> Iterator[LedgerLine]:
        """Write a new lot, pending or available."""
        ripe = available_at is not None and available_at <= self.record.recorded_at
        yield from self.move(source, "available" if ripe else "pending", lot, points)

    def taken(self, taken: Taken) -> Iterator[LedgerLine]:
        """Write a claw-back: from lots, as debt, written off."""
        yield from self.all("pending", "clawed_back", taken.pending)
        yield from self.all("available", "clawed_back", taken.parts)
        yield from self.move("available", "clawed_back", "", taken.debt)
        yield from self.move("written_off", "clawed_back", "", taken.forgiven)

    def back(self, source: Purse, back: GivenBack) -> Iterator[LedgerLine]:
        """Write points that were let go: restored, as new lots, lapsed."""
        yield from self.all(source, "available", back.restored)
        yield from self.lots(source, back.grace)
        yield from self.all(source, "expired", back.lapsed)

    def lots(self, source: Purse, lots: Iterable[MovedLot], start: int = 0) -> Iterator[LedgerLine]:
        """Write lots made of others."""
        for n, lot in enumerate(lots, start):
            yield from self.move(source, "available", self.lot(n), lot.points)

    def lot(self, n: int) -> str:
        """Return the name of the *n*-th lot made of others: the first bears the request's."""
        ref = self.record.command
        return ref if n == 0 else f"{ref}#{n}"


def _own(record: Recorded[Any]) -> _Book:
    return _Book(record.tag("account") or record.key, record)


# -- points come -------------------------------------------------------------------
@points_ledger.line(f.PointsEarned)
def earned(fact: f.PointsEarned, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Issue points; what expires at once goes on."""
    book, name = _own(record), record.command
    yield from book.granted(name, fact.points, fact.available_at)
    yield from book.move("available", "expired", name, fact.lapsed)


@points_ledger.line(f.BirthdayRewarded)
def celebrated(fact: f.BirthdayRewarded, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Issue a birthday award; what expires at once goes on."""
    book, name = _own(record), record.command
    yield from book.granted(name, fact.points, fact.available_at)
    yield from book.move("available", "expired", name, fact.lapsed)


@points_ledger.line(f.ReferralRewarded)
def referred(fact: f.ReferralRewarded, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Issue both awards, the referrer's first; what expires at once goes on."""
    name = record.command
    for account, points, lapsed in (
        (fact.referrer, fact.referrer_points, fact.referrer_lapsed),
        (fact.friend, fact.friend_points, fact.friend_lapsed),
    ):
        book = _Book(account, record)
        yield from book.granted(name, points, fact.available_at)
        yield from book.move("available", "expired", name, lapsed)


@points_ledger.line(f.PointsActivated)
def activated(fact: f.PointsActivated, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Make pending points available; what expires at once goes on."""
    book = _own(record)
    yield from book.move("pending", "available", fact.earning, fact.points)
    yield from book.move("available", "expired", fact.earning, fact.lapsed)


@points_ledger.line(f.PendingCancelled)
def cancelled(fact: f.PendingCancelled, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Withdraw pending points."""
    yield from _own(record).move("pending", "cancelled", fact.earning, fact.points)


# -- points go ---------------------------------------------------------------------
@points_ledger.line(f.PointsRedeemed)
def redeemed(fact: f.PointsRedeemed, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Spend points of lots."""
    yield from _own(record).all("available", "redeemed", fact.parts)


@points_ledger.line(f.PointsHeld)
def held(fact: f.PointsHeld, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Set points aside."""
    yield from _own(record).all("available", "held", fact.parts)


@points_ledger.line(f.HoldCaptured)
def captured(fact: f.HoldCaptured, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Spend held points and let the rest go."""
    book = _own(record)
    yield from book.all("held", "redeemed", fact.parts)
    yield from book.back("held", fact.back)


@points_ledger.line(f.HoldReleased)
def released(fact: f.HoldReleased, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Let held points go."""
    yield from _own(record).back("held", fact.back)


@points_ledger.line(f.RedemptionReturned)
def returned(fact: f.RedemptionReturned, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Give spent points back."""
    yield from _own(record).back("redeemed", fact.back)


@points_ledger.line(f.OrderRefunded)
def refunded(fact: f.OrderRefunded, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Take points back for goods that came back."""
    yield from _own(record).taken(fact.taken)


@points_ledger.line(f.AccountClosed)
def closed(fact: f.AccountClosed, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Cancel what was left."""
    book = _own(record)
    yield from book.all("pending", "cancelled", fact.pending)
    yield from book.all("available", "cancelled", fact.cancelled)


# -- between members ---------------------------------------------------------------
@points_ledger.line(f.PointsGiven)
def given(fact: f.PointsGiven, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Move points through the gifts purse."""
    yield from _Book(fact.giver, record).all("available", "gifts", fact.parts)
    yield from _Book(fact.to, record).lots("gifts", fact.lots)


@points_ledger.line(f.PoolRedeemed)
def pooled(fact: f.PoolRedeemed, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Spend points of every member who paid."""
    for share in fact.shares:
        book = _Book(share.account, record)
        yield from book.move("available", "redeemed", share.lot, share.points)


@points_ledger.line(f.PoolReturned)
def unpooled(fact: f.PoolReturned, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Give points back to every member who paid."""
    for member, back in zip(fact.members, fact.back, strict=True):
        yield from _Book(member, record).back("redeemed", back)


@points_ledger.line(f.ReferralTakenBack)
def unreferred(fact: f.ReferralTakenBack, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Take both awards back, the referrer's first."""
    yield from _Book(fact.referrer, record).taken(fact.referrer_taken)
    yield from _Book(fact.friend, record).taken(fact.friend_taken)


# -- by hand -----------------------------------------------------------------------
@points_ledger.line(f.PointsAdjusted)
def adjusted(fact: f.PointsAdjusted, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Issue a credit or take a debit."""
    book, name = _own(record), record.command
    if fact.points > 0:
        yield from book.granted(name, fact.points, fact.available_at)
        yield from book.move("available", "expired", name, fact.lapsed)
    else:
        yield from book.taken(fact.taken)


@points_ledger.line(f.AdjustmentReversed)
def reversed_(fact: f.AdjustmentReversed, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Take a credit, or give a debit back."""
    book = _own(record)
    yield from book.taken(fact.taken)
    yield from book.move("clawed_back", "available", "", fact.cancelled)
    yield from book.back("clawed_back", fact.back)
    if fact.again is not None:
        n = len(fact.back.grace)
        yield from book.lots("clawed_back", (fact.again,), n)
        yield from book.move("available", "expired", book.lot(n), fact.lapsed)


# -- what time decided ---------------------------------------------------------------
def _timely(line: Iterator[LedgerLine], record: Recorded[Any]) -> Iterator[LedgerLine]:
    for one in line:
        yield attrs.evolve(one, at=record.occurred_at, ref=one.lot)


@points_ledger.line(f.PointsMatured)
def matured(fact: f.PointsMatured, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Make points available."""
    lines = _own(record).move("pending", "available", fact.lot, fact.points)
    yield from _timely(lines, record)


@points_ledger.line(f.PointsExpired)
def expired(fact: f.PointsExpired, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Let points expire."""
    lines = _own(record).move("available", "expired", fact.lot, fact.points)
    yield from _timely(lines, record)


@points_ledger.line(f.HoldTimedOut)
def timed_out(fact: f.HoldTimedOut, record: Recorded[Any]) -> Iterator[LedgerLine]:
    """Let held points go by time."""
    for line in _own(record).back("held", fact.back):
        yield attrs.evolve(line, at=record.occurred_at, ref=fact.hold)
