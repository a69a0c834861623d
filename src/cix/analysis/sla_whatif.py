"""Other SLA policies, or another calendar, tried on the whole history; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import attrs

from cix.analysis.sla import Known, clocks_of
from cix.domain.sla import (
    CalendarVersion,
    PolicyVersion,
    Timer,
    as_if_always,
    calendars_as_if_always,
    timers,
)
from cix.engine import Engine
from cix.projections import queues


@attrs.frozen
class Verdicts:
    """How many instances of a target there are, by verdict."""

    met: int = 0
    breached: int = 0
    cancelled: int = 0
    open: int = 0
    """Running or paused, and not breached."""

    def plus(self, timer: Timer) -> Verdicts:
        """Count one more."""
        name = timer.status if timer.status in {"met", "breached", "cancelled"} else "open"
        return attrs.evolve(self, **{name: getattr(self, name) + 1})


@attrs.frozen
class TargetBeforeAfter:
    """One target's verdicts under the policies as they were, and under those that are tried."""

    family: str
    target: str
    before: Verdicts
    after: Verdicts


@attrs.frozen
class Moved:
    """A ticket's instance whose verdict is another; None where there is no such instance."""

    ticket: str
    family: str
    target: str
    n: int
    before: str | None
    after: str | None
    breached_before: datetime | None
    breached_after: datetime | None


@attrs.frozen
class SlaWhatIf:
    """What other policies would have made of the whole history."""

    tickets: int
    targets: tuple[TargetBeforeAfter, ...]
    moved: tuple[Moved, ...]


def whatif(
    engine: Engine,
    policies: Sequence[PolicyVersion] = (),
    calendars: Sequence[CalendarVersion] = (),
    *,
    as_of: datetime | None = None,
    known_at: Known = None,
) -> SlaWhatIf:
    """Judge every ticket again, as if *policies* and *calendars* had held from its first fact.

    Without policies those that were published go on to hold as they did; so does every calendar
    that none of *calendars* is named like.
    """
    tried = as_if_always(policies)
    hours = calendars_as_if_always(calendars)
    names = {one.name for one in hours}
    before: dict[tuple[str, str], Verdicts] = {}
    after: dict[tuple[str, str], Verdicts] = {}
    moved: list[Moved] = []
    count = 0
    for ticket in _tickets(engine):
        state, _, when, _ = clocks_of(engine, ticket, as_of=as_of, known_at=known_at)
        held = state.history
        if not held.facts:
            continue
        count += 1
        kept = [one for one in held.calendars if one.name not in names]
        was = state.timers(when)
        now = timers(held.facts, tried or held.policies, (*kept, *hours), when, ticket=ticket)
        _count(before, was)
        _count(after, now)
        moved.extend(_moved(ticket, was, now))
    places = dict.fromkeys((*before, *after))
    targets = tuple(
        TargetBeforeAfter(*place, before.get(place, Verdicts()), after.get(place, Verdicts()))
        for place in sorted(places)
    )
    return SlaWhatIf(count, targets, tuple(moved))


def _tickets(engine: Engine) -> list[str]:
    return [row.ticket for row in engine.find(queues, order_by=["ticket"])]


def _count(totals: dict[tuple[str, str], Verdicts], found: Iterable[Timer]) -> None:
    for one in found:
        place = (one.family, one.target)
        totals[place] = totals.get(place, Verdicts()).plus(one)


def _moved(ticket: str, was: Iterable[Timer], now: Iterable[Timer]) -> Iterator[Moved]:
    old = {(one.family, one.target, one.n): one for one in was}
    new = {(one.family, one.target, one.n): one for one in now}
    for place in sorted({**old, **new}):
        one, other = old.get(place), new.get(place)
        said, says = _verdict(one), _verdict(other)
        if said != says:
            yield Moved(
                ticket,
                *place,
                said[0],
                says[0],
                said[1],
                says[1],
            )


def _verdict(one: Timer | None) -> tuple[str | None, datetime | None]:
    return (None, None) if one is None else (one.status, one.breached_at)
