"""The clocks as a room: the same fold for decisions, views, ticks and audits.

The state keeps what it was given and folds it when it is asked: so batches, snapshots and the
order of arrival cannot matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, TypeAlias

import attrs

from cix.domain.decider import Deadline, Decider
from cix.domain.policy import PolicyPublished, parsed
from cix.domain.sla.clocks import Clocks
from cix.domain.sla.derived import Output, outputs, retracted
from cix.domain.sla.face import History
from cix.domain.sla.facts_in import Created, Noted, in_effect_order
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
from cix.records import Recorded, from_us, to_us

Item: TypeAlias = Noted | PolicyVersion | CalendarVersion
Memo: TypeAlias = dict[int, Clocks]


@attrs.frozen
class TicketClocks:
    """Everything the clocks of one ticket are computed from; ``taken_us`` is how far time ran."""

    key: str
    log: tuple[Item, ...] = ()
    taken_us: int = FROM_THE_FIRST
    settled: int = 0
    """How much of the log time had taken in when it last ran."""
    _memo: Memo = attrs.field(factory=Memo, eq=False, repr=False, init=False)

    def history(self, count: int | None = None) -> History:
        """Return the history of the ticket, or of its first *count* items."""
        log = self.log[:count]
        return History(
            self.key,
            [one for one in log if isinstance(one, Noted)],
            [one for one in log if isinstance(one, PolicyVersion)],
            [one for one in log if isinstance(one, CalendarVersion)],
        )

    def clocks(self, count: int | None = None) -> Clocks:
        """Fold the first *count* items (default: all), time run as far as ``taken_us``."""
        place = len(self.log) if count is None else count
        found = self._memo.get(place)
        if found is None:
            told = self.history(place)
            found = Clocks(Book.of(told.policies, told.calendars))
            found.run(in_effect_order(told.facts))
            if found.life.created_us is not None:
                found.settle(self.taken_us, max(map(_effect_us, self.log[:place])))
            self._memo[place] = found
        return found

    def timers(self, at: datetime) -> tuple[Timer, ...]:
        """Return every timer instance as it stands at an instant."""
        return self.history().timers(to_us(at))

    def said(self, count: int | None = None) -> dict[str, Output]:
        """Return by key what the clocks said up to ``taken_us``, as far as a tick records it."""
        told = outputs(self.key, self.clocks(count), self.taken_us)
        return {one.key: one for one in told if one.kind in {"warned", "breached", "escalated"}}


def _effect_us(item: Item) -> int:
    return item.occurred_us if isinstance(item, Noted) else item.effective_us


def evolve(state: TicketClocks, fact: object, record: Recorded[Any]) -> TicketClocks:
    """Return the state with one more fact, or version. Total: any fact, in any state."""
    items: tuple[Item, ...] = (
        tuple(_version(fact, record))
        if isinstance(fact, PolicyPublished)
        else reading(state.key, fact, record)
    )
    if not items:
        return state
    return TicketClocks(state.key, (*state.log, *items), state.taken_us, state.settled)


def _version(fact: PolicyPublished, record: Recorded[Any]) -> Iterator[Item]:
    when = (to_us(fact.effective_at), record.recorded_us, record.position)
    if fact.kind == KIND:
        yield PolicyVersion(parsed(KIND, fact.body), fact.version, *when)
    elif fact.kind == CALENDAR_KIND:
        calendar = parsed(CALENDAR_KIND, fact.body)
        name = calendar.name or SITE_CALENDAR
        yield CalendarVersion(name, calendar, fact.version, *when)


def advance(state: TicketClocks, instant: datetime) -> TicketClocks:
    """Let time run up to an instant, inclusive."""
    at_us = to_us(instant)
    if at_us <= state.taken_us:
        return state
    return TicketClocks(state.key, state.log, at_us, len(state.log))


def deadlines(state: TicketClocks) -> tuple[Deadline, ...]:
    """Return the instants at which a clock will warn, breach or raise a level.

    A breach shows at the first instant after the last one in time. What a fact brought to light
    that lies in the past is due at once.
    """
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
    if state.settled < len(state.log):
        before = state.said(state.settled)
        late = [key for key in state.said() if key not in before]
        found.extend((taken + 1, "sla.late", key) for key in sorted(late))
    found.sort()
    return tuple(
        Deadline(kind, from_us(us), ref) for us, kind, ref in found if taken < us <= LAST_US
    )


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
    TicketClocks,
    evolve,
    tuple(READS),
    kind="ticket",
    order="occurred",
    obeys=(KIND, CALENDAR_KIND),
    advance=advance,
    deadlines=deadlines,
    due_first=False,
    fell_due=fell_due,
    owed=retracted,
    record_of=record_of,
)
"""The SLA clocks of a ticket, as the engine, views, ticks and audits use them."""
