"""The ledger by the book: everything said so far, played again from the start for each question."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from domain import loyalty_book_tiers as tiers
from domain.loyalty_book_days import (
    after,
    day_of,
    first_instant,
    last_day_of,
    plus_months,
    rounded_up,
)

Body = Mapping[str, Any]
Play = Callable[["Book", "Said"], tuple[str, ...]]
NEVER: Body = {"kind": "never"}
PLAYS: dict[str, Play] = {}
"""What each command does; the pages of commands enter them."""


class RefusedError(Exception):
    """A command the book refuses: ``args[0]`` is the rule."""


def check(holds: object, rule: str) -> None:
    """Refuse by *rule* unless *holds*."""
    if not holds:
        raise RefusedError(rule)


def whole(value: object, least: int) -> None:
    """Refuse what is no whole number in range."""
    good = isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**63
    check(good, "invalid_amount")


@dataclass(eq=False)
class Lot:
    """Points granted at once. ``available`` is None while they wait for an action."""

    key: str
    turn: tuple[int, int]
    granted: int
    left: int
    earned: datetime
    available: datetime | None
    rule: Body = field(default_factory=lambda: NEVER)
    zone: str = "UTC"
    stated: datetime | None = None
    source: str = "earn"
    mature: bool = False
    dead: bool = False
    expired: int = 0
    cancelled: int = 0
    made_of: Lot | None = None

    def origin(self) -> Lot:
        """Return the lot in which its points were granted."""
        return self if self.made_of is None else self.made_of.origin()


@dataclass
class Spend:
    """What a redemption, a capture or a debit took of which lots, and what came back."""

    parts: list[tuple[str, Lot, int]]
    """Whose, which lot, how many points."""
    returned: int = 0
    pooled: bool = False

    def points(self) -> int:
        return sum(n for _, _, n in self.parts)

    def from_the_end(self, points: int) -> list[tuple[str, Lot, int]]:
        """Return the next *points* to undo: the last unit spent first."""
        units = [(who, lot) for who, lot, n in self.parts for _ in range(n)]
        units = units[: len(units) - self.returned][::-1][:points]
        self.returned += points
        found: list[tuple[str, Lot, int]] = []
        for who, lot in units:
            if found and found[-1][:2] == (who, lot):
                found[-1] = (who, lot, found[-1][2] + 1)
            else:
                found.append((who, lot, 1))
        return found


@dataclass
class Hold:
    parts: list[tuple[str, Lot, int]]
    ends: datetime | None
    turn: int
    status: str = "open"

    def points(self) -> int:
        return sum(n for _, _, n in self.parts) if self.status == "open" else 0


@dataclass
class Order:
    lot: Lot
    amount: int | None
    lines: list[tuple[str, int]]
    entry: tiers.Entry
    rules: Body
    returned: int = 0
    whole: bool = False
    taken: int = 0


@dataclass
class Adjustment:
    points: int
    lot: Lot | None
    spend: Spend
    debt: int
    reversed: bool = False


@dataclass
class Born:
    """A date on file: from when, until when."""

    month: int
    day: int
    zone: str
    since: datetime
    until: datetime | None = None

    def begins(self, year: int) -> datetime | None:
        """Return when the birthday of *year* begins, None if another date was on file then."""
        leap = (self.month, self.day) == (2, 29) and year % 4
        kept = date(year, 2, 28) if leap else date(year, self.month, self.day)
        if kept < day_of(self.since, self.zone):
            return None
        at = max(first_instant(kept, self.zone), self.since)
        return at if self.until is None or at < self.until else None


@dataclass
class Account:
    """One account as the commands played so far leave it."""

    key: str
    lots: list[Lot] = field(default_factory=list)
    debts: list[list[Any]] = field(default_factory=list)
    """(what made it, how much of it is open), oldest first."""
    holds: dict[str, Hold] = field(default_factory=dict)
    spends: dict[str, Spend] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    sales: list[Order] = field(default_factory=list)
    """Every purchase that earned, with or without an order to return."""
    earnings: list[tuple[datetime, int]] = field(default_factory=list)
    entries: dict[str, tiers.Entry] = field(default_factory=dict)
    adjustments: dict[str, Adjustment] = field(default_factory=dict)
    floors: list[tiers.Floor] = field(default_factory=list)
    enrolments: list[tuple[int, datetime, datetime]] = field(default_factory=list)
    born: list[Born] = field(default_factory=list)
    birthdays: list[int] = field(default_factory=list)
    fell: list[tuple[datetime, str, int]] = field(default_factory=list)
    """What time did by itself: when, what, with how many points."""
    active: datetime | None = None
    closed: bool = False
    totals: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("earned", "redeemed", "expired", "clawed", "forgiven", "cancelled"), 0
        )
    )

    # -- what there is ---------------------------------------------------------------
    def begins(self, year: int) -> datetime | None:
        """Return when the birthday of *year* begins, by the date on file then."""
        return min((at for one in self.born if (at := one.begins(year))), default=None)

    def end(self, lot: Lot) -> datetime | None:
        """Return the exclusive end of *lot* as things stand."""
        if lot.stated is not None:
            return lot.stated
        kind = lot.rule["kind"]
        if kind == "never" or lot.available is None:
            return None
        n, to = lot.rule.get("n", 0), lot.rule.get("round_to", "day")
        base = lot.earned if lot.rule.get("base", "unlock") == "earning" else lot.available
        if kind == "inactivity":
            if not lot.mature:
                return None
            base = max(lot.available, self.active or lot.available)
        if kind == "date":
            day = lot.rule["last_day"]
        elif kind == "days":
            day = day_of(base, lot.zone) + timedelta(days=n)
        else:
            day = plus_months(day_of(base, lot.zone), n)
        return after(rounded_up(day, to), lot.zone)

    def order_of(self, lot: Lot) -> tuple[Any, ...]:
        """Return the place of *lot* in spending order."""
        end = self.end(lot)
        return (end is None, end or lot.earned, lot.earned, lot.turn)

    def in_order(self, lots: list[Lot]) -> list[Lot]:
        return sorted(lots, key=self.order_of)

    def spendable(self) -> list[Lot]:
        return self.in_order([lot for lot in self.lots if lot.mature and lot.left > 0])

    def enrolled(self) -> datetime | None:
        return self.enrolments[-1][2] if self.enrolments else None

    def debt(self) -> int:
        return sum(open_ for _, open_ in self.debts)

    def ripe(self) -> int:
        return sum(lot.left for lot in self.lots if lot.mature)

    def pending(self) -> int:
        return sum(lot.left for lot in self.lots if not lot.mature)

    def held(self) -> int:
        return sum(hold.points() for hold in self.holds.values())

    def available(self) -> int:
        return max(0, self.ripe() - self.debt())

    # -- time ------------------------------------------------------------------------
    def due(self) -> Iterator[tuple[datetime, int, Any, Any]]:
        """Name what time does next: time-outs, then maturing, then expiry."""
        for hold in self.holds.values():
            if hold.status == "open" and hold.ends is not None:
                yield hold.ends, 0, hold.turn, hold
        for lot in self.lots:
            if not lot.mature and lot.available is not None:
                yield lot.available, 1, lot.turn, lot
            end = self.end(lot)
            if lot.mature and not lot.dead and end is not None:
                yield end, 2, lot.turn, lot

    def note(self, at: datetime, what: str, points: int) -> None:
        if points:
            self.fell.append((at, what, points))

    def until(self, at: datetime, book: Book) -> None:
        """Let time do what it does up to and including *at*."""
        while dues := sorted((d for d in self.due() if d[0] <= at), key=lambda d: d[:3]):
            when, kind, _, what = dues[0]
            if kind == 0:
                self.note(when, "timed out", what.points())
                what.status = "expired"
                self.let_go(what.parts, when, book, grace=False)
            elif kind == 1:
                self.note(when, "matured", what.left)
                what.mature = True
                self.pay(what)
            else:
                self.note(max(when, what.available), "expired", what.left)
                what.dead = True
                self.lapse(what, what.left)
                what.left = 0

    def lapse(self, lot: Lot, points: int) -> None:
        lot.expired += points
        self.totals["expired"] += points

    def pay(self, lot: Lot) -> None:
        """Pay debt, the oldest first, with what became spendable in *lot*."""
        for debt in self.debts:
            paid = min(debt[1], lot.left)
            debt[1] -= paid
            lot.left -= paid

    def let_go(
        self, parts: list[tuple[str, Lot, int]], at: datetime, book: Book, *, grace: bool
    ) -> None:
        """Give points back to their lots; those of dead lots lapse, or come back for a while."""
        body, zone = book.body(), book.zone()
        days = body.get("restore_grace_days", 0) if grace else 0
        alive: list[tuple[Lot, int]] = []
        for _, lot, points in parts:
            end = self.end(lot)
            if not lot.dead and (end is None or at < end):
                alive.append((lot, points))
            elif days:
                last = after(day_of(at, zone) + timedelta(days=days), zone)
                new = Lot("", book.place(), points, points, lot.earned, at, stated=last)
                new.mature, new.made_of = True, lot
                self.lots.append(new)
                self.pay(new)
            else:
                self.lapse(lot, points)
        for lot, points in alive:
            lot.left += points
        for lot in self.spendable():
            self.pay(lot)

    def take(self, lots: list[Lot], points: int) -> list[tuple[str, Lot, int]]:
        """Take up to *points* of *lots*, first to last."""
        parts: list[tuple[str, Lot, int]] = []
        for lot in lots:
            n = min(points, lot.left)
            if n:
                lot.left -= n
                points -= n
                parts.append((self.key, lot, n))
        return parts

    def acted(self, at: datetime) -> None:
        self.active = max(at, self.active or at)


def total(parts: list[tuple[str, Lot, int]]) -> int:
    """Return the points of *parts*."""
    return sum(n for _, _, n in parts)


@dataclass
class Said:
    """A command as it was given: recorded now, effective then."""

    turn: int
    now: datetime
    effective: datetime
    name: str
    what: str
    key: str
    args: Mapping[str, Any]


class Book:
    """Plays what was said; ``ask`` looks at what comes out."""

    def __init__(self, versions: list[tiers.Version], said: list[Said], until: datetime) -> None:
        self.published = [v for v in versions if v.recorded <= until]
        self.versions = self.published
        self.accounts: dict[str, Account] = {}
        self.people: dict[str, Any] = {}
        self.now = until
        self.said: Said | None = None
        self.places = 0
        for one in said:
            if one.now <= until:
                self.play(one)
        self.advance(until)

    # -- the world -------------------------------------------------------------------
    def account(self, key: str) -> Account:
        return self.accounts.setdefault(key, Account(key))

    def body(self) -> Body:
        return tiers.body_at(self.versions, self.now)

    def zone(self) -> str:
        return str(self.body().get("zone", "UTC"))

    def place(self) -> tuple[int, int]:
        """Return the place of a lot in recording order."""
        self.places += 1
        return (self.said.turn if self.said else -1, self.places)

    def advance(self, at: datetime) -> None:
        self.now = at
        for account in self.accounts.values():
            account.until(at, self)

    def play(self, one: Said) -> None:
        """Play a command, or raise RefusedError; what a refusal left behind is thrown away."""
        self.versions = [v for v in self.published if v.turn < one.turn]
        self.advance(one.now)
        self.said = one
        touched = PLAYS[one.what](self, one)
        for key in touched:
            account = self.account(key)
            if not account.enrolments:
                account.enrolments.append((one.turn, one.now, one.now))
        fell = {key: list(account.fell) for key, account in self.accounts.items()}
        self.advance(one.now)
        for key, account in self.accounts.items():
            account.fell = fell[key]  # what a command does at once is its own fact's to tell
        self.versions = self.published

    # -- questions -------------------------------------------------------------------
    def member(self, key: str) -> tiers.Member:
        account = self.account(key)
        entries = sorted(account.entries.values(), key=lambda e: e.turn)
        return tiers.Member(self.versions, entries, account.floors, account.enrolled())

    def tier(self, key: str) -> tiers.Seen:
        return tiers.seen(self.member(key), self.now)

    def ask(self, key: str) -> dict[str, Any]:
        """Return everything the picture of an account shows."""
        account, body = self.account(key), self.body()
        tier = self.tier(key)
        lots = account.in_order([lot for lot in account.lots if lot.left > 0])
        found: dict[str, Any] = {
            "pending": account.pending(),
            "held": account.held(),
            "available": account.available(),
            "balance": account.ripe() + account.held() - account.debt(),
            "debt": account.debt(),
            **account.totals,
            "growth": tier.growth,
            "position": tier.position,
            "tier": tiers.names(body)[tier.position],
            "tier_until": tier.until,
            "to_next": tier.to_next,
            "in_grace": tier.in_grace,
            "is_closed": account.closed,
            "enrolled_at": account.enrolled(),
            "lots": [
                (lot.left, lot.earned, lot.available, account.end(lot), not lot.mature)
                for lot in lots
            ],
        }
        for days in (0, 1, 30, 400):
            found[f"expiring({days})"] = self.expiring(account, days)
        return found

    def expiring(self, account: Account, days: int) -> int:
        zone = self.zone()
        last = day_of(self.now, zone) + timedelta(days=days)
        ends = [(lot, account.end(lot)) for lot in account.spendable()]
        return sum(lot.left for lot, end in ends if end and last_day_of(end, zone) <= last)
