"""Loyalty for the analyst: other programmes tried, what points are worth, where each one went.

Everything here only reads. Points are whole, money is whole minor units, instants are UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any, Final, TypeAlias

import attrs

from cix.analysis.shares import shared_out
from cix.domain import loyalty
from cix.domain.decider import POLICY_WORD, in_order
from cix.domain.loyalty.facts import PointsEarned, PointsGiven
from cix.domain.loyalty.ledger import Purse, Transfer
from cix.domain.loyalty.liability import Outstanding, PeriodReport, Tally, half_up, report
from cix.domain.loyalty.lots import Source
from cix.domain.loyalty.outcomes import Report
from cix.domain.loyalty.programme import Programme
from cix.domain.loyalty.room import replay
from cix.domain.loyalty.trace import Line, LotTrace, trace, traces
from cix.domain.loyalty.trace import statement as lines_of
from cix.domain.loyalty.values import Award
from cix.domain.loyalty.whatif import SHARED, united
from cix.engine import Engine
from cix.engine.history import Instant, facts_of
from cix.engine.processes import fitting
from cix.errors import ConfigError, NotFoundError
from cix.facts import word_of
from cix.garbage import collected_later
from cix.projections.membership import membership
from cix.records import Query, QueryItem, Recorded, to_us

Known: TypeAlias = datetime | int | None
Progress: TypeAlias = Callable[[int, int], None]
"""Told how far the log was read, and how long it is, in positions."""
NEVER: Final = "never"
_WORTH_SPLITTING: Final = 50_000
"""A log of so many positions takes longer to decide than a process takes to start."""
_SHARED: Final = tuple(sorted(word_of(cls).name for cls in SHARED))
_WORDS: Final = tuple(dict.fromkeys((*loyalty.DECIDER.words, *_SHARED, POLICY_WORD)))


def _instant(engine: Engine, as_of: datetime | None, known_at: Known) -> Instant:
    return engine.core.reading.instant(engine.view(membership), as_of, known_at)


def _log(engine: Engine, at: Instant, progress: Progress | None) -> Iterator[Recorded[Any]]:
    """Yield every fact of loyalty, and every policy, that was recorded by then."""
    query, last_us = Query((QueryItem((), _WORDS),)), to_us(at.as_of)
    for page in engine.core.store.pages(query, until=at.known):
        for record in page:
            if record.recorded_us <= last_us:
                yield record
        if progress is not None:
            progress(page[-1].position, at.known)


# -- another programme -----------------------------------------------------------------
def whatif(
    engine: Engine,
    programme: Programme,
    *,
    as_of: datetime | None = None,
    known_at: Known = None,
    progress: Progress | None = None,
    processes: int | None = None,
) -> Report:
    """Decide the whole history again under *programme*, in force from the beginning.

    Every accepted command is decided again from what was asked; what the programme refuses is
    skipped and counted. Nothing is written. A long log is decided in several *processes*
    (default: as many as fit the machine); the report is the same for any number.
    """
    at = _instant(engine, as_of, known_at)
    if processes is not None and processes < 1:
        raise ConfigError("processes", f"{processes} is too few", "give at least 1")
    if processes is None:
        processes = fitting() if at.known >= _WORTH_SPLITTING else 1
    shared = Query((QueryItem((), _SHARED),))
    pages = engine.core.store.pages(shared, until=at.known)
    groups = united(record for page in pages for record in page)

    return shared_out(
        lambda: _log(engine, at, None),
        at.known,
        groups,
        programme,
        at.as_of,
        processes=processes,
        progress=progress,
    )


# -- what points are worth -------------------------------------------------------------
@attrs.frozen
class MonthLine:
    """Outstanding points whose last valid day lies in ``month`` (``YYYY-MM`` or ``never``).

    ``worth`` is rounded half up by itself, so the lines may differ from the total by their
    rounding.
    """

    month: str
    points: int
    worth: int


@attrs.frozen
class Liability:
    """What members could still redeem at ``at``, by the month in which it would expire.

    ``points`` are available, pending and held ones; ``debt`` stands apart; ``worth`` is points x
    value x (1 - breakage).
    """

    at: datetime
    programme: str
    point_value: str
    breakage: str
    points: int
    debt: int
    worth: int
    months: tuple[MonthLine, ...]


def month_lines(found: Outstanding) -> tuple[MonthLine, ...]:
    """Return a line a month, and one of what never expires."""
    rate = found.worth / found.points if found.points else Fraction(0)
    months = {**found.months, **({NEVER: found.never} if found.never else {})}
    return tuple(MonthLine(month, n, half_up(n * rate)) for month, n in months.items())


def liability(
    engine: Engine,
    *,
    as_of: datetime | None = None,
    known_at: Known = None,
    progress: Progress | None = None,
) -> Liability:
    """Return what is outstanding now or as of then, under the programme in force."""
    at = _instant(engine, as_of, known_at)
    with collected_later():
        policies, histories = _histories(_log(engine, at, progress))
        change = replay("", policies).in_force(at.as_of)
        tally = Tally(change.programme)
        while histories:
            key, history = histories.popitem()
            ledger = replay(key, in_order("recorded", [*policies, *history]))
            ledger.advance(at.as_of)
            tally.add(ledger)
    programme, found = change.programme, tally.outstanding()
    value, breakage = programme.point_value, programme.breakage
    return Liability(
        at.as_of,
        change.version,
        f"{value.num}/{value.den}",
        f"{breakage.num}/{breakage.den}",
        found.points,
        found.debt,
        found.money,
        month_lines(found),
    )


def _histories(
    records: Iterable[Recorded[Any]],
) -> tuple[list[Recorded[Any]], dict[str, list[Recorded[Any]]]]:
    """Return the policies, and the records of each account, in log order."""
    policies: list[Recorded[Any]] = []
    histories: dict[str, list[Recorded[Any]]] = {}
    for record in records:
        if record.type == POLICY_WORD:
            policies.append(record)
        for key in dict.fromkeys(record.values_of(loyalty.DECIDER.kind)):
            histories.setdefault(key, []).append(record)
    return policies, histories


def revenue(
    engine: Engine, ends: Sequence[datetime], *, progress: Progress | None = None
) -> tuple[PeriodReport, ...]:
    """Return the IFRS 15 figures of the periods that end (inclusive) at *ends*, by instant.

    The price of each purchase is allocated to goods and points by relative stand-alone prices, as
    estimated at the sale; revenue follows the points redeemed, as estimated at each end.
    """
    if not ends:
        return ()
    at = _instant(engine, max(ends), None)
    policies, histories = _histories(_log(engine, at, progress))
    whole = {key: [*policies, *records] for key, records in histories.items()}
    return report(whole, sorted(set(ends)))


# -- where points came from, and where they went -----------------------------------------
def statement(
    engine: Engine, account: str, *, as_of: datetime | None = None, known_at: Known = None
) -> tuple[Line, ...]:
    """Return the double-entry lines of an account with running balances, oldest first.

    What time moved stands at its own instant, whether a tick has recorded it or not.
    """
    at = _instant(engine, as_of, known_at)
    return lines_of(account, _history(engine, account, at), at.as_of)


@attrs.frozen
class CameFrom:
    """One step back: the lot, the fact that made it, and the version and rules that decided."""

    account: str
    lot: str
    source: Source
    points: int
    fact: str
    at: datetime
    position: int
    actor: str | None
    programme: str
    order: str | None
    rules: tuple[Award, ...]


@attrs.frozen
class WentTo:
    """Points of the lot that moved; ``position`` is None where time moved them."""

    at: datetime
    position: int | None
    fact: str
    actor: str | None
    ref: str
    source: Purse
    target: Purse
    points: int
    to: str | None
    """The member who was given them."""


@attrs.frozen
class LotExplained:
    """One lot of an account: its way here, nearest first, and everything that became of it.

    ``paid_debt`` are points that paid what the account owed when they became spendable.
    """

    account: str
    lot: str
    source: Source
    programme: str
    granted: int
    left: int
    paid_debt: int
    earned_at: datetime
    available_at: datetime | None
    expires_at: datetime | None
    came_from: tuple[CameFrom, ...]
    went_to: tuple[WentTo, ...]
    as_of: datetime
    known: int


def explain_points(
    engine: Engine,
    account: str,
    lot: str | None = None,
    *,
    as_of: datetime | None = None,
    known_at: Known = None,
) -> tuple[LotExplained, ...]:
    """Tell of *lot* (default: every lot the account ever had) where its points came and went.

    Raises ``NotFoundError`` (``lot_not_found``) for a lot that the account does not have.
    """
    at = _instant(engine, as_of, known_at)
    records = _history(engine, account, at)
    found = traces(account, records, at.as_of)
    if lot is not None:
        found = tuple(one for one in found if one.lot == lot)
        if not found:
            raise NotFoundError("lot", f"{account} {lot}", "lot_not_found")
    return tuple(_explained(engine, one, records, at) for one in found)


def _history(engine: Engine, account: str, at: Instant) -> list[Recorded[Any]]:
    view = engine.view(membership)
    return facts_of(engine.core.store, view, account, lambda key: (key,), at.known)


def _explained(
    engine: Engine, one: LotTrace, records: Sequence[Recorded[Any]], at: Instant
) -> LotExplained:
    by_position = {record.position: record for record in records}
    entered = sum(move.points for move in one.transfers if move.target == "available")
    gone = sum(move.points for move in one.transfers if move.source == "available")
    pending = any(move.target == "pending" for move in one.transfers) and not entered
    return LotExplained(
        one.account,
        one.lot,
        one.source,
        one.programme,
        one.granted,
        one.left,
        0 if pending else entered - gone - one.left,
        one.earned_at,
        one.available_at,
        one.expires_at,
        tuple(_came(engine, one, by_position, at)),
        tuple(_went(move, by_position) for move in one.transfers if move.source not in _OUTSIDE),
        at.as_of,
        at.known,
    )


_OUTSIDE: Final[tuple[Purse, ...]] = ("issued", "gifts")


def _came(
    engine: Engine, one: LotTrace, records: Mapping[int, Recorded[Any]], at: Instant
) -> Iterator[CameFrom]:
    """Yield the lot and those it was made of; a gift is followed into the giver's account."""
    seen: set[tuple[str, str]] = set()
    found: LotTrace | None = one
    while found is not None and (found.account, found.lot) not in seen:
        seen.add((found.account, found.lot))
        record = records[found.position]
        fact = record.fact
        earned = fact if isinstance(fact, PointsEarned) else None
        yield CameFrom(
            found.account,
            found.lot,
            found.source,
            found.granted,
            record.type,
            record.recorded_at,
            record.position,
            record.metadata.actor,
            found.programme,
            earned.order if earned else None,
            earned.lines if earned else (),
        )
        if not found.origin:
            return
        giver = fact.giver if isinstance(fact, PointsGiven) else found.account
        history = _history(engine, giver, at)
        records = {each.position: each for each in history}
        found = trace(giver, history, found.origin[0], at.as_of)


def _went(move: Transfer, records: Mapping[int, Recorded[Any]]) -> WentTo:
    record = records.get(move.position)
    name = None if record is None else record.command
    if record is None or name != move.ref or record.recorded_at != move.at:
        return WentTo(
            move.at, None, "", None, move.ref, move.source, move.target, move.points, None
        )
    to = record.fact.to if isinstance(record.fact, PointsGiven) else None
    return WentTo(
        move.at,
        record.position,
        record.type,
        record.metadata.actor,
        move.ref,
        move.source,
        move.target,
        move.points,
        to,
    )
