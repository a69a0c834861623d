"""The clocks of each ticket as rows: what is due next, what is late, what waits.

One row a ticket with one child row a timer instance; both are as of the instant asked, since the
clocks are computed from the facts. Attainment and response times are queries over the same timers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from cix.domain.sla.attainment import Attainment, Dimension, ResponseTimes, attainment, soonest
from cix.domain.sla.attainment import response_times as times
from cix.domain.sla.room import CLOCKS, TicketClocks
from cix.domain.sla.verdict import Timer
from cix.projections.projection import Projection

_MICROSECOND: Final = timedelta(microseconds=1)


@attrs.frozen
class TimerRow:
    """One timer instance. Durations in microseconds, instants UTC."""

    family: str
    target: str
    n: int
    policy: str
    policy_version: str
    kind: str
    ref: str
    status: str
    calendar: str
    calendar_version: str
    allowed_us: int
    elapsed_us: int
    elapsed_real_us: int
    remaining_us: int
    started_at: datetime
    due_at: datetime | None
    due_latest: datetime | None
    due_if_resumed_now: datetime | None
    breached_at: datetime | None
    known_at: datetime | None
    stopped_at: datetime | None
    ending: str | None
    is_running: bool
    warned: str
    """Thresholds whose warning was due, separated by spaces."""
    zone: str | None
    """Time zone of the calendar; None for calendar time."""
    channel: str | None
    priority: str | None
    agent: str | None
    group: str | None
    """Of the ticket at the end of the instance, or now."""

    @classmethod
    def of(cls, timer: Timer) -> TimerRow:
        """Picture one instance."""
        return cls(
            timer.family,
            timer.target,
            timer.n,
            timer.policy,
            timer.policy_version,
            timer.kind,
            timer.ref,
            timer.status,
            timer.calendar,
            timer.calendar_version,
            timer.allowed // _MICROSECOND,
            timer.elapsed_us,
            timer.elapsed_real_us,
            timer.remaining // _MICROSECOND,
            timer.started_at,
            timer.due_at,
            timer.due_latest,
            timer.due_if_resumed_now,
            timer.breached_at,
            timer.known_at,
            timer.stopped_at,
            timer.ending,
            timer.running,
            " ".join(one.threshold for one in timer.warnings),
            timer.zone,
            *_labels(timer),
        )


@attrs.frozen
class TicketTimers:
    """A ticket on the SLA board: the promise to keep next, and every instance."""

    ticket: str
    due_at: datetime | None
    """The soonest due instant among running, unbreached instances."""
    due_target: str | None
    is_paused: bool
    """Something is open and nothing of it runs."""
    breached: int
    """Instances that are breached, open or not."""
    breached_open: int
    first_breach_at: datetime | None
    open: int
    channel: str | None
    priority: str | None
    agent: str | None
    group: str | None
    timers: tuple[TimerRow, ...] = ()

    @classmethod
    def of(cls, ticket: str, timers: tuple[Timer, ...]) -> TicketTimers:
        """Picture the clocks of one ticket."""
        following, late = soonest(timers), [one for one in timers if one.status == "breached"]
        running = [one for one in timers if one.is_open]
        last = timers[-1]
        return cls(
            ticket,
            None if following is None else following.due_at,
            None if following is None else following.target,
            bool(running) and not any(one.running for one in running),
            len(late),
            sum(1 for one in late if one.is_open),
            min((one.breached_at for one in late if one.breached_at), default=None),
            len(running),
            *_labels(running[-1] if running else last),
            tuple(TimerRow.of(one) for one in timers),
        )


def _labels(timer: Timer) -> tuple[str | None, str | None, str | None, str | None]:
    return (timer.channel, timer.priority, timer.agent, timer.group)


def picture(state: TicketClocks, instant: datetime) -> TicketTimers | None:
    """Return the row of a ticket at an instant; None while no promise was ever made."""
    timers = state.timers(instant)
    return TicketTimers.of(state.key, timers) if timers else None


def _drifts(row: TicketTimers) -> bool:
    """Tell whether anything is open: its elapsed and remaining time move on."""
    return row.open > 0


sla_timers: Final[Projection[TicketTimers]] = Projection[TicketTimers].of(
    "sla_timers", CLOCKS, version=1, row=TicketTimers, picture=picture, drifts=_drifts
)
"""The SLA board: every ticket with its clocks."""


def sla_attainment(
    rows: Iterable[TicketTimers], by: Sequence[Dimension] = ("family", "target")
) -> tuple[Attainment, ...]:
    """Count met, breached and cancelled instances in groups by the dimensions asked."""
    return attainment((timer for row in rows for timer in row.timers), by)


def response_times(
    rows: Iterable[TicketTimers],
    target: str = "first_response",
    by: Sequence[Dimension] = (),
) -> tuple[ResponseTimes, ...]:
    """Return how long answers took, in business and calendar time, microseconds."""
    return times((timer for row in rows for timer in row.timers), target, by)


def board(rows: Iterable[TicketTimers]) -> list[TicketTimers]:
    """Return the rows with something open: due soonest first, then late, then paused."""
    return sorted((row for row in rows if row.open), key=_in_order)


def _in_order(row: TicketTimers) -> tuple[int, str, str]:
    when = row.due_at or row.first_breach_at
    place = 0 if row.due_at else 1 if row.breached_open else 2
    return (place, "" if when is None else when.isoformat(timespec="microseconds"), row.ticket)
