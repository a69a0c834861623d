"""Where points came from and where they went: the double-entry transfers behind an account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import attrs

from cix.domain.decider import in_order
from cix.domain.loyalty.ledger import Ledger, Purse, Transfer
from cix.domain.loyalty.lots import Lot, Source
from cix.domain.loyalty.room import replay
from cix.records import Recorded

_MEMBER: Final[tuple[Purse, ...]] = ("pending", "available", "held")


@attrs.frozen
class Line:
    """One side of a transfer: points into (above zero) or out of a purse, and what is in it then.

    ``balance`` is that of ``purse`` after the line; of ``available`` it may be negative: debt.
    ``position`` is that of the fact, or of the one before where time moved the points.
    """

    at: datetime
    position: int
    lot: str
    purse: Purse
    points: int
    balance: int
    ref: str


@attrs.frozen
class LotTrace:
    """One lot: where it came from, under which version, and every transfer of its points.

    ``origin`` is the chain of lots it was made of, nearest first, as far as this account knows.
    """

    account: str
    lot: str
    source: Source
    programme: str
    granted: int
    left: int
    earned_at: datetime
    available_at: datetime | None
    expires_at: datetime | None
    position: int
    origin: tuple[str, ...]
    transfers: tuple[Transfer, ...]


def _replayed(key: str, records: Iterable[Recorded[Any]], until: datetime | None) -> Ledger:
    ordered = in_order("recorded", records)
    if until is not None:
        ordered = [one for one in ordered if one.recorded_at <= until]
    core = replay(key, ordered, moves=True)
    if until is not None:
        core.advance(until)
    return core


def transfers(
    key: str, records: Iterable[Recorded[Any]], until: datetime | None = None
) -> tuple[Transfer, ...]:
    """Return every transfer of an account, with those that time made up to *until*."""
    return tuple(_replayed(key, records, until).moves or ())


def statement(
    key: str, records: Iterable[Recorded[Any]], until: datetime | None = None
) -> tuple[Line, ...]:
    """Return the account's double-entry lines with running balances; each pair sums to zero."""
    balances: dict[Purse, int] = {}
    lines: list[Line] = []
    for one in transfers(key, records, until):
        sides: tuple[tuple[Purse, int], ...] = (
            (one.source, -one.points),
            (one.target, one.points),
        )
        for purse, points in sides:
            balances[purse] = balances.get(purse, 0) + points
            line = Line(one.at, one.position, one.lot, purse, points, balances[purse], one.ref)
            lines.append(line)
    return tuple(lines)


def trace(
    key: str, records: Iterable[Recorded[Any]], lot: str, until: datetime | None = None
) -> LotTrace | None:
    """Tell where the points of *lot* came from and where they went; None when there is no lot."""
    core = _replayed(key, records, until)
    found = core.lots.get(lot)
    if found is None:
        return None
    return _traced(core, found, tuple(one for one in core.moves or () if one.lot == lot))


def traces(
    key: str, records: Iterable[Recorded[Any]], until: datetime | None = None
) -> tuple[LotTrace, ...]:
    """Tell the same of every lot that the account ever had, in the order they were made."""
    core = _replayed(key, records, until)
    by_lot: dict[str, list[Transfer]] = {}
    for one in core.moves or ():
        by_lot.setdefault(one.lot, []).append(one)
    return tuple(_traced(core, lot, tuple(by_lot.get(lot.key, ()))) for lot in core.lots.values())


def _traced(core: Ledger, found: Lot, moves: tuple[Transfer, ...]) -> LotTrace:
    origin: list[str] = []
    parent = found.parent
    while parent and parent not in origin:
        origin.append(parent)
        parent = core.lots[parent].parent if parent in core.lots else ""
    return LotTrace(
        core.key,
        found.key,
        found.source,
        found.programme,
        found.granted,
        found.left,
        found.earned,
        found.available,
        found.end(core.last_activity) if found.ripe else found.expires,
        found.position,
        tuple(origin),
        moves,
    )


def member_balance(lines: Iterable[Line]) -> int:
    """Return available and held points less debt by the *lines*: the balance of the view."""
    return sum(line.points for line in lines if line.purse in _MEMBER[1:])
