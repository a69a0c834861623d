"""Lots of points, what was made of them, and the order in which they are spent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Final, Literal, TypeAlias

import attrs

from cix.domain.loyalty.days import FAR, add_days, local_day, months_end
from cix.domain.loyalty.programme import Expiry
from cix.domain.loyalty.values import Award, GivenBack, LotRule, Part, Share

Source: TypeAlias = Literal["earning", "gift", "adjustment", "grace", "referral", "birthday"]
HoldStatus: TypeAlias = Literal["open", "captured", "released", "expired"]


class Lot:
    """Points granted together, and the growth that came with them; the fold changes it in place.

    ``available`` is None while the lot waits for an action; ``expires`` is None when it never
    ends or lives by ``rule``; ``ended`` stays True once its end has passed, ``gone`` counts what
    expired or lapsed, ``withdrawn`` what was cancelled while pending. Of an earning with
    ``growth``, ``kept`` is what returns left of it; ``recorded`` is when it was granted.
    ``parent`` is the lot it was made of, ``giver`` the account of that one where it is another's.
    ``order`` is where it stands in the spending order, once that cannot change any more.
    """

    __slots__ = (
        "available",
        "earned",
        "ended",
        "expires",
        "giver",
        "gone",
        "granted",
        "growth",
        "index",
        "kept",
        "key",
        "left",
        "order",
        "parent",
        "position",
        "programme",
        "recorded",
        "ripe",
        "rule",
        "serial",
        "source",
        "withdrawn",
    )

    def __init__(  # noqa: PLR0917  # one is made for every earning: by position is quicker
        self,
        key: str,
        points: int,
        earned: datetime,
        available: datetime | None,
        expires: datetime | None,
        position: int,
        rule: LotRule | None = None,
        source: Source = "earning",
        programme: str = "",
        growth: int = 0,
    ) -> None:
        """Make a lot that has all its points left and is not spendable yet."""
        self.key = key
        self.granted = self.left = points
        self.earned = self.recorded = earned
        self.available = available
        self.expires = expires
        self.position = position
        self.rule = rule
        self.source: Source = source
        self.programme = programme
        self.parent = self.giver = ""
        self.index = self.serial = 0
        self.gone = self.withdrawn = 0
        self.growth = self.kept = growth
        self.ripe = self.ended = False
        self.order: tuple[datetime, datetime, int, int] | None = None

    def end(self, last_activity: datetime | None) -> datetime | None:
        """Return the lot's end given the account's last activity; None means never (yet)."""
        rule = self.rule
        if rule is None or rule.expiry.kind != "inactivity" or self.available is None:
            return self.expires
        base = self.available
        if last_activity is not None and last_activity > base:
            base = last_activity
        return lot_end(rule, self.earned, base)


def lot_end(rule: LotRule, earned: datetime, unlock: datetime) -> datetime | None:
    """Return the exclusive end that *rule* gives a lot; None means never.

    The last valid day is the local day of the base plus n days or months, or the fixed date,
    rounded up; the lot ends at the first instant of the local day after it.
    """
    return _end(rule.expiry, local_day(_base(rule.expiry, earned, unlock), rule.zone), rule.zone)


def _base(expiry: Expiry, earned: datetime, unlock: datetime) -> datetime:
    return earned if expiry.base == "earning" and expiry.kind != "inactivity" else unlock


def _end(expiry: Expiry, day: date, zone: str) -> datetime | None:
    match expiry.kind:
        case "never":
            return None
        case "months" | "inactivity":
            return months_end(day, expiry.n, expiry.round_to, zone)
        case "days":
            return months_end(add_days(day, expiry.n), 0, expiry.round_to, zone)
        case "date":
            return months_end(expiry.last_day or day, 0, expiry.round_to, zone)


def spending_key(lot: Lot, last_activity: datetime | None) -> tuple[datetime, datetime, int, int]:
    """Order lots by expiry (never last), then earning time, then recording."""
    if lot.order is not None:
        return lot.order
    if lot.rule is not None:
        return (lot.end(last_activity) or FAR, lot.earned, lot.position, lot.index)
    key = (lot.expires or FAR, lot.earned, lot.position, lot.index)
    if lot.ripe:
        lot.order = key
    return key


def first_parts(parts: Iterable[Part], points: int) -> tuple[Part, ...]:
    """Return the first *points* of an allocation."""
    found: list[Part] = []
    for part in parts:
        if points <= 0:
            break
        found.append(Part(part.lot, min(points, part.points)))
        points -= part.points
    return tuple(found)


def last_parts(parts: tuple[Part, ...], done: int, points: int) -> tuple[Part, ...]:
    """Return *points* of an allocation from its end, *done* of which came back before."""
    found: list[Part] = []
    for part in reversed(parts):
        skip = min(done, part.points)
        done -= skip
        take = min(points, part.points - skip)
        points -= take
        if take:
            found.append(Part(part.lot, take))
    return tuple(found)


@attrs.define
class Hold:
    """Points set aside: their allocation and how the hold ended, if it did."""

    name: str
    points: int
    parts: tuple[Part, ...]
    expires: datetime | None
    status: HoldStatus = "open"
    serial: int = 0


@attrs.define
class Redemption:
    """Points spent, and how many of them came back; ``shares`` when members spent together."""

    name: str
    points: int
    parts: tuple[Part, ...]
    recorded: datetime
    shares: tuple[Share, ...] = ()
    returned: int = 0

    @property
    def total(self) -> int:
        """Return the points spent by all who spent together."""
        return sum(s.points for s in self.shares) if self.shares else self.points

    def kept(self, account: str) -> Iterator[Part]:
        """Yield what of *account* did not come back: what comes back comes from the end."""
        left = max(0, self.total - self.returned)
        for one in self.shares or self.parts:
            n = min(left, one.points)
            left -= n
            if n and (isinstance(one, Part) or one.account == account):
                yield Part(one.lot, n)


@attrs.define
class Order:
    """An order that earned: its lines as granted, what is back, and what was taken for it."""

    name: str
    lot: str
    amount: int | None
    lines: tuple[Award, ...]
    returned: int = 0
    returns: int = 0
    whole: bool = False
    taken: int = 0


@attrs.define
class Adjustment:
    """A correction by hand; ``lot`` of a credit, ``parts`` and ``debt`` of a debit."""

    name: str
    points: int
    parts: tuple[Part, ...] = ()
    debt: int = 0
    lot: str = ""
    open_debt: int = 0
    reversed: bool = False


_NOWHERE: Final = GivenBack()


@attrs.frozen
class Fallen:
    """Something time decided: a lot matured or expired, or a hold timed out."""

    at: datetime
    kind: Literal["matured", "expired", "timed_out"]
    ref: str
    points: int = 0
    back: GivenBack = _NOWHERE
