"""SLA clocks for people: the board, how well promises are kept, why a clock shows what it shows.

Everything here only reads: rows of the view ``sla_timers``, and the facts behind one ticket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, TypeAlias

import attrs

from cix.domain.decider import fold
from cix.domain.sla import CLOCKS, Timer
from cix.domain.sla.attainment import Attainment, Dimension, ResponseTimes
from cix.domain.sla.room import TicketClocks
from cix.domain.sla.telling import Behind
from cix.engine import Engine
from cix.engine.folding import parted
from cix.engine.history import facts_of
from cix.errors import NotFoundError
from cix.projections.sla_timers import (
    TicketTimers,
    TimerRow,
    response_times,
    sla_attainment,
    sla_timers,
)
from cix.records import Recorded, to_us

Known: TypeAlias = datetime | int | None
State: TypeAlias = Literal["due", "breached", "paused"]
_PLACES: Final[Mapping[State, int]] = {"due": 0, "breached": 1, "paused": 2}


# -- the board -------------------------------------------------------------------------
@attrs.frozen
class BoardLine:
    """One open timer. Instants are UTC, durations whole microseconds."""

    state: State
    ticket: str
    target: str
    n: int
    due_at: datetime | None
    remaining_us: int
    """The promised time less the elapsed; negative after a breach."""
    due_if_resumed_now: datetime | None
    """Only while paused."""
    breached_at: datetime | None
    known_at: datetime | None
    """Since when the breach could be known."""
    family: str
    policy: str
    policy_version: str
    calendar: str
    priority: str | None
    channel: str | None
    agent: str | None
    group: str | None


def board(
    engine: Engine,
    *,
    limit: int | None = None,
    as_of: datetime | None = None,
    known_at: Known = None,
) -> list[BoardLine]:
    """Return the open timers: due soonest first, then breached, then paused.

    With a *limit* the first so many. As of an instant every ticket is folded from the log.
    """
    rows = engine.find(sla_timers, as_of=as_of, known_at=known_at, open__gt=0)
    return _lines(rows)[:limit]


def _lines(rows: Sequence[TicketTimers]) -> list[BoardLine]:
    found = [_line(row.ticket, one) for row in rows for one in row.timers if one.ending is None]
    return sorted(found, key=_order)


def _line(ticket: str, one: TimerRow) -> BoardLine:
    late = one.status == "breached"
    state: State = "breached" if late else "due" if one.is_running else "paused"
    return BoardLine(
        state,
        ticket,
        one.target,
        one.n,
        None if late else one.due_at,
        one.remaining_us,
        one.due_if_resumed_now,
        one.breached_at,
        one.known_at,
        one.family,
        one.policy,
        one.policy_version,
        one.calendar,
        one.priority,
        one.channel,
        one.agent,
        one.group,
    )


def _order(line: BoardLine) -> tuple[int, bool, int, str, str, int]:
    when = line.due_at or line.breached_at
    place = line.remaining_us if when is None else to_us(when)
    return (_PLACES[line.state], when is None, place, line.ticket, line.target, line.n)


# -- how well promises are kept ----------------------------------------------------------
def attainment(
    engine: Engine,
    by: Sequence[Dimension] = ("family", "target"),
    *,
    as_of: datetime | None = None,
    known_at: Known = None,
) -> tuple[Attainment, ...]:
    """Count met, breached and cancelled timer instances in groups by the dimensions asked."""
    return sla_attainment(engine.find(sla_timers, as_of=as_of, known_at=known_at), by)


def answers(
    engine: Engine,
    target: str = "first_response",
    by: Sequence[Dimension] = (),
    *,
    as_of: datetime | None = None,
    known_at: Known = None,
) -> tuple[ResponseTimes, ...]:
    """Return how long stopped instances of *target* took, business and calendar microseconds."""
    return response_times(engine.find(sla_timers, as_of=as_of, known_at=known_at), target, by)


# -- why a clock shows what it shows -------------------------------------------------------
@attrs.frozen
class TimerExplained:
    """A timer instance with the facts behind its moves; ``as_of`` and ``known`` say of when."""

    timer: Timer
    behind: tuple[Behind, ...]
    as_of: datetime
    known: int


def clocks_of(
    engine: Engine, ticket: str, *, as_of: datetime | None = None, known_at: Known = None
) -> tuple[TicketClocks, list[Recorded[object]], datetime, int]:
    """Return the clocks of a ticket, its visible facts, and what of when that is."""
    view = engine.view(sla_timers)
    at = engine.core.reading.instant(view, as_of, known_at)
    facts = facts_of(engine.core.store, view, ticket, lambda key: (key,), at.known)
    seen, _ = parted(CLOCKS.order, facts, to_us(at.as_of))
    return fold(CLOCKS, ticket, seen, at.as_of), seen, at.as_of, at.known


def explain_timers(
    engine: Engine,
    ticket: str,
    target: str | None = None,
    *,
    as_of: datetime | None = None,
    known_at: Known = None,
) -> tuple[TimerExplained, ...]:
    """Return every instance of *target* (default: of all) on a ticket, with the facts behind.

    Raises ``NotFoundError`` for a target that the ticket has no instance of.
    """
    state, seen, when, known = clocks_of(engine, ticket, as_of=as_of, known_at=known_at)
    every = state.timers(when)
    found = [one for one in every if target in {None, one.target, one.kind}]
    if target is not None and not found:
        raise NotFoundError("timer", f"{ticket} {target}")
    by_position = {str(record.position): record for record in seen}
    return tuple(
        TimerExplained(one, tuple(_behind(one, by_position)), when, known) for one in found
    )


def _behind(timer: Timer, records: Mapping[str, Recorded[object]]) -> list[Behind]:
    names = dict.fromkeys((timer.ref, *(moved.because for moved in timer.moved)))
    return [_fact(name, records.get(name)) for name in names]


def _fact(name: str, record: Recorded[object] | None) -> Behind:
    if record is None:
        return Behind(name)
    return Behind(name, record.type, record.occurred_at, record.recorded_at, record.metadata.actor)
