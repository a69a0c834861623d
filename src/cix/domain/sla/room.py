"""The clocks as a room: the same fold for decisions, views, ticks and audits.

The state keeps what it was given and folds it when it is asked: so batches, snapshots and the
order of arrival cannot matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, TypeAlias, cast, get_args

import attrs

from cix.domain import ticket
from cix.domain.decider import Deadline, Decider
from cix.domain.policy import PolicyPublished, parsed
from cix.domain.sla.actions import owed_actions
from cix.domain.sla.clocks import Clocks
from cix.domain.sla.derived import Output, recorded, retracted
from cix.domain.sla.face import History
from cix.domain.sla.facts_in import DERIVED_PLACE, Created, Noted, StatusChanged, in_effect_order
from cix.domain.sla.parsing import KIND
from cix.domain.sla.reading import READS, reading
from cix.domain.sla.timer import Run
from cix.domain.sla.verdict import LAST_US, Timer, listed
from cix.domain.sla.versions import (
    CALENDAR_KIND,
    FROM_THE_FIRST,
    SITE_CALENDAR,
    Book,
    CalendarVersion,
    PolicyVersion,
)
from cix.domain.ticket import Ticket, TicketMerged
from cix.domain.ticket.desk import KIND as DESK_KIND
from cix.records import Recorded, from_us, to_us

Item: TypeAlias = Noted | PolicyVersion | CalendarVersion
_STATUSES: Final[tuple[type[ticket.Entering | TicketMerged], ...]] = (
    *get_args(ticket.Entering),
    TicketMerged,
)
"""The facts by which a ticket comes to rest, or does so no more."""


@attrs.define(eq=False)
class _Memo:
    """What was folded once of a state; made of it alone, so it never has to be compared."""

    history: History | None = None
    clocks: dict[int, Clocks] = attrs.field(factory=dict)


@attrs.frozen
class TicketClocks:
    """Everything the clocks of one ticket are computed from; ``taken_us`` is how far time ran."""

    key: str
    rest: Ticket
    """The ticket as far as its statuses and the desk's policy tell: time may close it."""
    log: tuple[Item, ...] = ()
    taken_us: int = FROM_THE_FIRST
    settled: int = 0
    """How much of the log time had taken in when it last ran."""
    rested: tuple[int, int] = (0, 0)
    """Position and recorded instant of the fact by which it was resolved."""
    is_promised: bool = False
    """Some SLA policy was published; without one there is nothing to fold."""
    _memo: _Memo = attrs.field(factory=_Memo, eq=False, repr=False, init=False)

    @property
    def history(self) -> History:
        """Return the whole history of the ticket."""
        found = self._memo.history
        if found is None:
            found = self._memo.history = self._first(len(self.log))
        return found

    def _first(self, count: int) -> History:
        """Return the history of the first *count* items."""
        log = self.log[:count]
        policies = [one for one in log if isinstance(one, PolicyVersion)]
        calendars = [one for one in log if isinstance(one, CalendarVersion)]
        facts = [one for one in log if isinstance(one, Noted)]
        return History(self.key, facts, policies, calendars, Book.of(policies, calendars))

    def clocks(self, count: int | None = None) -> Clocks:
        """Fold the first *count* items (default: all), time run as far as ``taken_us``."""
        place = len(self.log) if count is None else count
        found = self._memo.clocks.get(place)
        if found is None:
            told = self.history if count is None else self._first(place)
            found = Clocks(told.book or Book.of((), ()))
            found.run(in_effect_order(told.facts))
            if found.life.created_us is not None:
                found.settle(self.taken_us, max(map(_effect_us, self.log[:place])))
            self._memo.clocks[place] = found
        return found

    def timers(self, at: datetime) -> tuple[Timer, ...]:
        """Return every timer instance as it stands at an instant."""
        if not self.is_promised:
            return ()
        at_us = to_us(at)
        moved = advance(self, at)
        if at_us < max(map(_effect_us, moved.log)):
            return moved.history.timers(at_us)
        # Time between what was folded and the instant asked moves a clock only by raising a level.
        if moved is not self and len(moved.log) == len(self.log):
            clocks = self.clocks()
            raised = clocks.next_raise() if clocks.raises else None
            if raised is None or raised.fires_us > at_us:
                return self.history.read(clocks, at_us)
        return moved.history.read(moved.clocks(), at_us)

    def said(self, count: int | None = None) -> dict[str, Output]:
        """Return by key what the clocks said up to ``taken_us``, as far as a tick records it."""
        if not self.is_promised:
            return {}
        told = list(recorded(self.key, self.clocks(count), self.taken_us))
        return {one.key: one for one in sorted(told, key=lambda one: (one.at, one.key))}


def new(key: str) -> TicketClocks:
    """Return the clocks of a ticket of which nothing is known."""
    return TicketClocks(key, Ticket(key))


def _effect_us(item: Item) -> int:
    return item.occurred_us if isinstance(item, Noted) else item.effective_us


def evolve(state: TicketClocks, fact: object, record: Recorded[Any]) -> TicketClocks:
    """Return the state with one more fact, or version. Total: any fact, in any state."""
    rest, rested, is_promised = state.rest, state.rested, state.is_promised
    items: tuple[Item, ...]
    if isinstance(fact, PolicyPublished):
        items = tuple(_version(fact, record))
        is_promised = is_promised or fact.kind == KIND
        if fact.kind == DESK_KIND:
            rest = ticket.evolve(rest, fact, record)
            rested = (rested[0], max(rested[1], record.recorded_us))
    else:
        items = reading(state.key, fact, record)
        if isinstance(fact, _STATUSES):
            rest = ticket.evolve(rest, cast("ticket.Event", fact), record)
            if rest.resolved_at != state.rest.resolved_at:
                rested = (record.position, max(rested[1], record.recorded_us))
    if not items and rest is state.rest:
        return state
    log = (*state.log, *items)
    return TicketClocks(state.key, rest, log, state.taken_us, state.settled, rested, is_promised)


def _version(fact: PolicyPublished, record: Recorded[Any]) -> Iterator[Item]:
    when = (to_us(fact.effective_at), record.recorded_us, record.position)
    if fact.kind == KIND:
        yield PolicyVersion(parsed(KIND, fact.body), fact.version, *when)
    elif fact.kind == CALENDAR_KIND:
        calendar = parsed(CALENDAR_KIND, fact.body)
        name = calendar.name or SITE_CALENDAR
        yield CalendarVersion(name, calendar, fact.version, *when)


def advance(state: TicketClocks, instant: datetime) -> TicketClocks:
    """Let time run up to an instant, inclusive; it may close the ticket on its way."""
    at_us = to_us(instant)
    if at_us <= state.taken_us:
        return state
    log, rest, rested = state.log, state.rest, state.rested
    closes = ticket.closes_at(rest)
    if closes is not None and closes <= instant:
        position, recorded_us = rested
        closed = StatusChanged("closed")
        ref = f"{position}~closed"
        log = (*log, Noted(closed, to_us(closes), recorded_us, DERIVED_PLACE, ref))
        rest = ticket.advance(rest, instant)
    settled = len(log)
    return TicketClocks(state.key, rest, log, at_us, settled, rested, state.is_promised)


def deadlines(state: TicketClocks) -> tuple[Deadline, ...]:
    """Return the instants at which a clock will warn, breach or raise a level.

    A breach shows at the first instant after the last one in time. What a fact brought to light
    that lies in the past is due at once. Where time closes the ticket, clocks may start or stop.
    """
    if not state.is_promised:
        return ()
    taken = state.taken_us
    clocks = state.clocks()
    found: list[tuple[int, str, str]] = []
    for slot, run in listed(clocks):
        ref = f"{run.policy.family}/{slot}/{run.ref}"
        found.extend((us, kind, ref) for us, kind in _upcoming(run, taken))
    raised = clocks.next_raise()
    if raised is not None:
        run = raised.run
        found.append(
            (raised.fires_us, "sla.escalated", f"{run.policy.family}/{run.target.name}/{run.ref}")
        )
    closes = ticket.closes_at(state.rest)
    if closes is not None:
        found.append((to_us(closes), "sla.closed", str(state.rested[0])))
    if state.settled < len(state.log) and (now := state.said()):
        before = state.said(state.settled)
        late = [key for key in now if key not in before]
        found.extend((taken + 1, "sla.late", key) for key in sorted(late))
    found.sort()
    moves = (Deadline(kind, from_us(us), ref) for us, kind, ref in found if taken < us <= LAST_US)
    return (*moves, *owed_actions(state.key, clocks, state.rest))


def _upcoming(run: Run, taken_us: int) -> Iterator[tuple[int, str]]:
    if run.since_us is None:
        return
    told = {one.label for one in run.warnings(taken_us)}
    for _, us in run.next_warning(told):
        yield us, "sla.warned"
    raised_in_time = run.target.raises is not None and not run.target.raises_again
    if not raised_in_time and run.breach_at(taken_us) is None:
        _, far = run.due()
        if far is not None:
            yield far + 1, "sla.breached"


def fell_due(before: TicketClocks, after: TicketClocks) -> tuple[object, ...]:
    """Return the facts that record what an advance decided; each names its exact instant."""
    held = before.said(before.settled)
    told = (one for key, one in after.said().items() if key not in held)
    return tuple(fact for one in told if (fact := one.fact()) is not None)


def record_of(state: TicketClocks) -> str | None:
    """Return the record the ticket belongs to."""
    facts = (one.fact for one in state.log if isinstance(one, Noted))
    return next((one.requester for one in facts if isinstance(one, Created)), None)


CLOCKS: Final[Decider[TicketClocks, Any]] = Decider(
    "sla",
    new,
    evolve,
    tuple(READS),
    kind="ticket",
    order="occurred",
    obeys=(KIND, CALENDAR_KIND, DESK_KIND),
    advance=advance,
    deadlines=deadlines,
    due_first=False,
    fell_due=fell_due,
    owed=retracted,
    record_of=record_of,
)
"""The SLA clocks of a ticket, as the engine, views, ticks and audits use them."""
