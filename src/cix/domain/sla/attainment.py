"""How well promises are kept: met, breached, cancelled; and how long people wait for an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol, TypeAlias

import attrs

from cix.domain.calendar.zones import load_zone
from cix.domain.sla.kpis import Ratio, Spread, spread
from cix.domain.sla.verdict import Timer

Dimension: TypeAlias = Literal[
    "family", "target", "policy", "channel", "priority", "agent", "group", "day"
]


class Judged(Protocol):
    """What is asked of a timer, or of its row in a view; durations in microseconds."""

    @property
    def family(self) -> str:
        """Return the policy's family."""
        ...

    @property
    def target(self) -> str:
        """Return the target's name."""
        ...

    @property
    def policy(self) -> str:
        """Return the policy's name."""
        ...

    @property
    def kind(self) -> str:
        """Return the target's kind."""
        ...

    @property
    def status(self) -> str:
        """Return the verdict, or running or paused."""
        ...

    @property
    def ending(self) -> str | None:
        """Return ``stop`` or ``cancel``; None while open."""
        ...

    @property
    def zone(self) -> str | None:
        """Return the calendar's time zone; None for calendar time."""
        ...

    @property
    def breached_at(self) -> datetime | None:
        """Return the breach instant."""
        ...

    @property
    def stopped_at(self) -> datetime | None:
        """Return the instant of the stop or the cancel."""
        ...

    @property
    def elapsed_us(self) -> int:
        """Return the business time of all segments."""
        ...

    @property
    def elapsed_real_us(self) -> int:
        """Return the calendar time of the same segments."""
        ...

    @property
    def channel(self) -> str | None:
        """Return the ticket's channel."""
        ...

    @property
    def priority(self) -> str | None:
        """Return the ticket's priority."""
        ...

    @property
    def agent(self) -> str | None:
        """Return the ticket's agent."""
        ...

    @property
    def group(self) -> str | None:
        """Return the ticket's group."""
        ...


def local_day(timer: Judged) -> str | None:
    """Return the local date of the verdict: of the breach, else of the stop.

    In the zone of the timer's calendar, in UTC for calendar time; None for an open timer that is
    not breached.
    """
    when = timer.breached_at or timer.stopped_at
    if when is None:
        return None
    return (
        (when if timer.zone is None else when.astimezone(load_zone(timer.zone))).date().isoformat()
    )


_DIMENSIONS: Final[dict[Dimension, Callable[[Judged], str | None]]] = {
    "family": lambda timer: timer.family,
    "target": lambda timer: timer.target,
    "policy": lambda timer: timer.policy,
    "channel": lambda timer: timer.channel,
    "priority": lambda timer: timer.priority,
    "agent": lambda timer: timer.agent,
    "group": lambda timer: timer.group,
    "day": local_day,
}


@attrs.frozen
class Attainment:
    """Verdicts of one group of instances; open ones that are not breached count nowhere."""

    group: tuple[str | None, ...]
    met: int
    breached: int
    cancelled: int

    @property
    def kept(self) -> Ratio:
        """Return met / (met + breached); what was cancelled is counted apart."""
        return Ratio(self.met, self.met + self.breached)


def attainment(timers: Iterable[Judged], by: Sequence[Dimension] = ()) -> tuple[Attainment, ...]:
    """Count verdicts per instance in groups by the dimensions asked, in order of the groups."""
    counts: dict[tuple[str | None, ...], dict[str, int]] = {}
    for timer in timers:
        if timer.status in {"met", "breached", "cancelled"}:
            group = tuple(_DIMENSIONS[one](timer) for one in by)
            held = counts.setdefault(group, {"met": 0, "breached": 0, "cancelled": 0})
            held[timer.status] += 1
    return tuple(Attainment(group, **counts[group]) for group in sorted(counts, key=_in_order))


def _in_order(group: tuple[str | None, ...]) -> tuple[tuple[bool, str], ...]:
    return tuple((one is None, one or "") for one in group)


@attrs.frozen
class ResponseTimes:
    """How long answers took: over stopped instances of a target, in both kinds of time."""

    group: tuple[str | None, ...]
    business: Spread
    calendar: Spread


def response_times(
    timers: Iterable[Judged], target: str = "first_response", by: Sequence[Dimension] = ()
) -> tuple[ResponseTimes, ...]:
    """Return mean, p50, p90 and p99 of the elapsed time of stopped instances, in microseconds.

    Business time is that of each instance's calendar; calendar time is the real length of the
    same running segments. *target* is a target's name or kind.
    """
    held: dict[tuple[str | None, ...], list[Judged]] = {}
    for timer in timers:
        if timer.ending == "stop" and target in {timer.target, timer.kind}:
            held.setdefault(tuple(_DIMENSIONS[one](timer) for one in by), []).append(timer)
    return tuple(
        ResponseTimes(
            group,
            spread([timer.elapsed_us for timer in held[group]]),
            spread([timer.elapsed_real_us for timer in held[group]]),
        )
        for group in sorted(held, key=_in_order)
    )


@attrs.frozen
class TargetSummary:
    """One target of one ticket: instances, breaches, the longest elapsed of the stopped ones."""

    family: str
    target: str
    instances: int
    breaches: int
    longest: timedelta | None


def per_target(timers: Iterable[Timer]) -> tuple[TargetSummary, ...]:
    """Sum up the instances of one ticket target by target, in the order they are given."""
    held: dict[tuple[str, str], list[Timer]] = {}
    for timer in timers:
        held.setdefault((timer.family, timer.target), []).append(timer)
    return tuple(
        TargetSummary(
            family,
            target,
            len(group),
            sum(1 for timer in group if timer.status == "breached"),
            max((timer.elapsed for timer in group if timer.ending == "stop"), default=None),
        )
        for (family, target), group in held.items()
    )


def soonest(timers: Iterable[Timer]) -> Timer | None:
    """Return the open, unbreached timer that is due first: the promise to keep next."""
    running = [timer for timer in timers if timer.status == "running" and timer.due_at is not None]
    return min(running, key=lambda timer: (timer.due_at, timer.key), default=None)
