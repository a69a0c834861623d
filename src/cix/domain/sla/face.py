"""The one pure function: facts, versions and an instant in, timer instances out.

Views, ticks, audits and what-ifs all use it, and so may anybody without an engine or a store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import attrs

from cix.domain.sla.clocks import Clocks
from cix.domain.sla.derived import Correction, Output, corrections, outputs
from cix.domain.sla.facts_in import Noted, in_effect_order
from cix.domain.sla.known import Breached, known_us
from cix.domain.sla.verdict import Timer, listed, timer_of
from cix.domain.sla.versions import FROM_THE_FIRST, Book, CalendarVersion, PolicyVersion
from cix.records import to_us


@attrs.frozen
class History:
    """What the clocks of one ticket are computed from: its facts and every published version."""

    ticket: str
    facts: Sequence[Noted]
    policies: Sequence[PolicyVersion] = ()
    calendars: Sequence[CalendarVersion] = ()
    book: Book | None = None
    """The versions put in order, where somebody has done it already."""

    def known_by(self, as_of_us: int) -> History:
        """Return what of it was recorded up to an instant."""
        return History(
            self.ticket,
            [one for one in self.facts if one.recorded_us <= as_of_us],
            [one for one in self.policies if one.recorded_us <= as_of_us],
            [one for one in self.calendars if one.recorded_us <= as_of_us],
        )

    def clocks(self, at_us: int) -> Clocks:
        """Fold what occurred up to an instant, time run up to and including it."""
        book = self.book or Book.of(self.policies, self.calendars)
        seen = (one for one in self.facts if one.occurred_us <= at_us)
        return Clocks(book).run(in_effect_order(seen), at_us)

    def timers(self, at_us: int) -> tuple[Timer, ...]:
        """Return every instance as it stands at an instant."""
        return self.read(self.clocks(at_us), at_us)

    def read(self, clocks: Clocks, at_us: int) -> tuple[Timer, ...]:
        """Return every instance of a fold of this history as it stands at an instant."""
        labels = clocks.life.labels()
        breached_as_of = self._breached_as_of(at_us)
        found: list[Timer] = []
        for _, run in listed(clocks):
            breach = run.breach_at(at_us)
            known = None
            if breach is not None:
                known = known_us(run, breach, self.facts, clocks.book.edges, breached_as_of)
            found.append(timer_of(self.ticket, run, at_us, labels, known))
        return tuple(found)

    def _breached_as_of(self, at_us: int) -> Callable[[int], Breached]:
        folded: dict[int, Breached] = {}

        def breached(as_of_us: int) -> Breached:
            if as_of_us not in folded:
                clocks = self.known_by(as_of_us).clocks(at_us)
                folded[as_of_us] = frozenset(
                    (run.policy.family, run.target.name, run.ref)
                    for _, run in listed(clocks)
                    if run.breach_at(at_us) is not None
                )
            return folded[as_of_us]

        return breached


def history(
    facts: Iterable[Noted],
    policies: Iterable[PolicyVersion],
    calendars: Iterable[CalendarVersion] = (),
    *,
    as_of: datetime | None = None,
    ticket: str = "",
) -> History:
    """Gather what the clocks of one ticket need; with ``as_of`` only what was recorded by then."""
    found = History(ticket, list(facts), list(policies), list(calendars))
    return found if as_of is None else found.known_by(to_us(as_of))


def timers(
    facts: Iterable[Noted],
    policies: Iterable[PolicyVersion],
    calendars: Iterable[CalendarVersion],
    at: datetime,
    as_of: datetime | None = None,
    *,
    ticket: str = "",
) -> tuple[Timer, ...]:
    """Return the timer instances of one ticket as they stand at ``at``.

    ``facts`` and versions may come in any order. Only facts that occurred by ``at`` and versions
    in force by then count; with ``as_of`` only what was recorded by ``as_of``. Instances stand by
    family and target in the order of the policies, then in order of start. A calendar that nobody
    published never opens. Raises ``NaiveInstantError`` for an instant without an offset.
    """
    told = history(facts, policies, calendars, as_of=as_of, ticket=ticket)
    return told.timers(to_us(at))


def said(
    facts: Iterable[Noted],
    policies: Iterable[PolicyVersion],
    calendars: Iterable[CalendarVersion],
    at: datetime,
    as_of: datetime | None = None,
    *,
    ticket: str = "",
) -> tuple[Output, ...]:
    """Return what the clocks of one ticket said up to ``at``, in order; as for ``timers``."""
    told = history(facts, policies, calendars, as_of=as_of, ticket=ticket)
    at_us = to_us(at)
    return outputs(ticket, told.clocks(at_us), at_us)


def corrected_by(
    late: Noted,
    facts: Iterable[Noted],
    policies: Iterable[PolicyVersion],
    calendars: Iterable[CalendarVersion],
    at: datetime,
    *,
    ticket: str = "",
) -> tuple[Correction, ...]:
    """Return what a late fact changes of the verdicts that *facts* without it give at ``at``."""
    held = [one for one in facts if one != late]
    at_us = to_us(at)
    before = history(held, policies, calendars, ticket=ticket).timers(at_us)
    after = history([*held, late], policies, calendars, ticket=ticket).timers(at_us)
    return corrections(before, after, str(late.position))


def as_if_always(versions: Iterable[PolicyVersion]) -> tuple[PolicyVersion, ...]:
    """Return the versions as if they had held, and been known, from the first fact on.

    For a what-if over the whole history; of several the last in order holds.
    """
    return tuple(
        attrs.evolve(one, effective_us=FROM_THE_FIRST, recorded_us=FROM_THE_FIRST)
        for one in versions
    )


def calendars_as_if_always(versions: Iterable[CalendarVersion]) -> tuple[CalendarVersion, ...]:
    """Return the calendar versions as if they had held from the first fact on."""
    return tuple(
        attrs.evolve(one, effective_us=FROM_THE_FIRST, recorded_us=FROM_THE_FIRST)
        for one in versions
    )
