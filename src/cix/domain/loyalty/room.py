"""The loyalty room: an account's state, its fold and what time does to it.

The fold keeps one mutable ledger and hands out thin accounts that point into it. An account that
is no longer the newest rebuilds its own ledger from the facts it has seen, so an old state stays
as true as it was, and the ordinary case (each state used once) costs no copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, get_args

from cix.domain.decider import Deadline, Decider
from cix.domain.loyalty.due import upcoming
from cix.domain.loyalty.facts import (
    Derived,
    Event,
    HoldTimedOut,
    PointsExpired,
    PointsMatured,
    TierChanged,
)
from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.lots import Fallen
from cix.domain.loyalty.programme import DEFAULT, Programme
from cix.domain.loyalty.reading import KIND
from cix.domain.loyalty.taking import TAKERS
from cix.domain.loyalty.tiers import floor_at
from cix.domain.policy import PolicyPublished, parsed
from cix.records import Recorded


class Account:
    """A loyalty account as of an instant: ``now``, None before the first one.

    ``ledger`` is read, never changed, by whoever holds an account.
    """

    __slots__ = ("_core", "_journal", "_records", "_version", "fallen", "key", "now")

    def __init__(
        self,
        key: str,
        core: Ledger,
        journal: list[Recorded[Any]],
        now: datetime | None,
        records: int,
    ) -> None:
        """Point into *core* as it is now."""
        self.key = key
        self.now = now
        self.fallen = len(core.fallen)
        self._core = core
        self._journal = journal
        self._version = core.version
        self._records = records

    @property
    def ledger(self) -> Ledger:
        """Return the ledger of exactly this state."""
        if self._core.version != self._version:
            self._rebuild()
        return self._core

    @property
    def programme(self) -> Programme:
        """Return the programme in force now."""
        return self.ledger.in_force(self.now).programme if self.now else DEFAULT

    @property
    def tier(self) -> int:
        """Return the position of the tier shown now, floors included."""
        return shown_tier(self.ledger, self.now) if self.now else 0

    def _rebuild(self) -> None:
        self._journal = self._journal[: self._records]
        core = replay(self.key, self._journal)
        if self.now is not None:
            core.advance(self.now)
        self._core, self._version = core, core.version

    def taken(self, records: Iterable[Recorded[Any]]) -> Account:
        """Return the account after *records*; the ledger moves on in place."""
        core = self.ledger
        journal, known, now = self._journal, self._records, self.now
        for record in records:
            recorded = take(core, record)
            if now is None or recorded > now:
                now = recorded
            journal.append(record)
            known += 1
        return Account(self.key, core, journal, now, known)

    def moved(self, instant: datetime) -> Account:
        """Return the account at *instant*, after what fell due up to and including it."""
        now = self.now
        if now is not None and instant < now:
            return self
        core = self.ledger
        if core.due and core.due[0][0] <= instant:
            core.advance(instant)
        elif instant == now:
            return self
        return Account(self.key, core, self._journal, instant, self._records)

    def as_of(self, instant: datetime) -> Account:
        """Return the account as of any *instant*: what was recorded by then, run up to then."""
        if self.now is None or instant >= self.now:
            return self.moved(instant)
        known = [r for r in self._journal[: self._records] if r.recorded_at <= instant]
        account = Account(self.key, replay(self.key, known), known, None, len(known))
        return account.moved(instant)

    def __repr__(self) -> str:
        """Show the key and the instant."""
        return f"Account({self.key!r}, now={self.now})"


def new(key: str) -> Account:
    """Return the account that nobody has named yet."""
    return Account(key, Ledger(key), [], None, 0)


def account_of(core: Ledger, now: datetime) -> Account:
    """Return an account over a ledger of one's own, as of *now*; it cannot outlive changes."""
    if core.due and core.due[0][0] <= now:
        core.advance(now)
    return Account(core.key, core, [], now, 0)


def take(core: Ledger, record: Recorded[Any]) -> datetime:
    """Change *core* by a fact, after what fell due before it; return when it was recorded."""
    fact, name, position, effective, recorded = record.posting()
    taker = TAKERS.get(type(fact))
    if taker is not None:
        begin(core, name, position, recorded)
        taker(core, fact, name, effective, recorded)
        return recorded
    core.version += 1
    if isinstance(fact, PolicyPublished) and fact.kind == KIND:
        body = parsed(KIND, fact.body)
        core.publish(fact.effective_at, position, recorded, fact.version, body)
    return recorded


def begin(core: Ledger, name: str, position: int, recorded: datetime) -> None:
    """Let what fell due before a command happen, and make *core* ready to take its fact."""
    if core.due and core.due[0][0] <= recorded:
        core.advance(recorded)
    core.version += 1
    core.position = position
    core.at = name
    if core.enrolled is None:
        core.enrol(recorded)


def replay(key: str, records: Iterable[Recorded[Any]], *, moves: bool = False) -> Ledger:
    """Fold *records*, in recording order, into a ledger of one's own; may note transfers."""
    core = Ledger(key)
    if moves:
        core.moves = []
    for record in records:
        take(core, record)
    return core


def evolve(account: Account, fact: Event | PolicyPublished, record: Recorded[Any]) -> Account:
    """Return the account after the *fact* in *record*. Total: any fact, in any state."""
    return account.taken((record,))


def through(account: Account, records: Iterable[Recorded[Any]]) -> Account:
    """Return the account after *records*, in recording order: what a step for each would give."""
    return account.taken(records)


def advance(account: Account, instant: datetime) -> Account:
    """Return the account at *instant*: time-outs, maturing and expiry up to it have happened."""
    return account.moved(instant)


# -- time --------------------------------------------------------------------------
def shown_tier(core: Ledger, at: datetime) -> int:
    """Return the position of the tier at *at*: the earned one or the floor, if higher."""
    core.track.run(at)
    return _shown(core, core.track.tier, at)


def _shown(core: Ledger, earned: int, at: datetime) -> int:
    floor = floor_at(core.floors, at) if core.floors else None
    top = len(core.in_force(at).programme.tiers) - 1
    return min(max(earned, floor.tier if floor else 0), top)


def deadlines(account: Account) -> tuple[Deadline, ...]:
    """Return the next instants at which the account's picture moves, or it is to be acted on."""
    return () if account.now is None else upcoming(account.ledger, account.now)


_ONE: Final = timedelta(microseconds=1)


def fell_due(before: Account, after: Account) -> tuple[Derived, ...]:
    """Return what time decided between two states of one account."""
    core = after.ledger
    found: list[Derived] = [_derived(one) for one in core.fallen[before.fallen : after.fallen]]
    if after.now is not None:
        found += _tier_changes(core, before.now or after.now - _ONE, after.now)
    return tuple(found)


def _derived(one: Fallen) -> Derived:
    match one.kind:
        case "matured":
            return PointsMatured(one.ref, one.points)
        case "expired":
            return PointsExpired(one.ref, one.points)
        case "timed_out":
            return HoldTimedOut(one.ref, one.back)


def _tier_changes(core: Ledger, since: datetime, until: datetime) -> list[TierChanged]:
    """Return how the tier shown moved in (since, until]: by reviews, versions and floors."""
    core.track.run(until)
    moves = [m for m in core.track.moves if since < m.at <= until]
    edges = {m.at: str(m.reason) for m in moves}
    for floor in core.floors:
        for edge in (floor.since, floor.until):
            if edge is not None and since < edge <= until:
                edges.setdefault(edge, "floor")
    found: list[TierChanged] = []
    for at in sorted(edges):
        was = _shown(core, core.track.tier_at(at - _ONE), at - _ONE)
        now = _shown(core, core.track.tier_at(at), at)
        if was != now:
            name = core.in_force(at).programme.tier(now).name
            found.append(TierChanged(was, now, name, edges[at]))
    return found


def record_of(account: Account) -> str | None:
    """Return the channel record that the account belongs to, None when nobody said."""
    return account.ledger.record


DECIDER = Decider(
    "loyalty",
    new,
    evolve,
    get_args(Event),
    kind="account",
    order="recorded",
    obeys=(KIND,),
    advance=advance,
    through=through,
    deadlines=deadlines,
    due_first=True,
    fell_due=fell_due,
    record_of=record_of,
)
