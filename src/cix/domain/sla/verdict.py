"""What a clock shows at an instant: status, elapsed, due, breach, remaining.

Judged by elapsed time: in time up to the target, breached when more than the target has elapsed.
So an answer after the closing instant at which the target was used up, and before the next
opening, is still in time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

import attrs

from cix.domain.sla.clocks import Clocks
from cix.domain.sla.policy import Kind
from cix.domain.sla.timer import Ending, Labels, Moment, Part, Run, Warned
from cix.records import EPOCH

Status: TypeAlias = Literal["breached", "cancelled", "met", "paused", "running"]

_MICROSECOND: Final = timedelta(microseconds=1)
LAST_US: Final = (datetime.max.replace(tzinfo=UTC) - EPOCH) // _MICROSECOND
"""The last instant a calendar date can name."""


@attrs.frozen
class Segment:
    """A running segment ``[started_at, ended_at)`` on one calendar; open ones end at None."""

    started_at: datetime
    ended_at: datetime | None
    calendar: str
    calendar_version: str
    elapsed: timedelta
    """Business time of the segment, up to the instant asked."""


@attrs.frozen
class Warning:
    """A warning that was due at ``at``; late when that had passed when it was first known."""

    threshold: str
    at: datetime
    late: bool


@attrs.frozen
class Moved:
    """What happened to an instance, when, and the log position of the fact that did it."""

    what: Moment
    at: datetime
    because: str


@attrs.frozen
class Timer:
    """One timer instance as it stands at an instant. Instants are UTC, durations exact.

    ``status`` is the first that holds of breached (more than the target has elapsed, still open
    or not), cancelled, met, paused, running. A breach earned before a stop, a pause or a cancel
    stays the status.
    """

    ticket: str
    family: str
    policy: str
    policy_version: str
    target: str
    kind: Kind
    n: int
    """1, 2, ... in order of start."""
    ref: str
    """Log position of the fact that started it, or what the escalation was derived from."""
    status: Status
    allowed: timedelta
    """The promised time."""
    calendar: str
    calendar_version: str
    zone: str | None
    """Time zone of the calendar, None for calendar time."""
    started_at: datetime
    stopped_at: datetime | None
    """The stop or the cancel; None while open, and again after a resuming reopen."""
    ending: Ending | None
    running: bool
    """A segment is open, breached or not."""
    elapsed: timedelta
    """Business time of all running segments."""
    elapsed_real: timedelta
    """The same segments in calendar time."""
    remaining: timedelta
    """The promised time less the elapsed; negative after a breach."""
    due_at: datetime | None
    """Running: when the target is used up (a closing instant when it ends there); breached: the
    breach instant, for good; else None."""
    due_latest: datetime | None
    """The last instant in time: the next opening where ``due_at`` is a closing."""
    due_if_resumed_now: datetime | None
    """Only while paused and not breached."""
    breached_at: datetime | None
    known_at: datetime | None
    """When the system could know of the breach."""
    warnings: tuple[Warning, ...]
    segments: tuple[Segment, ...]
    moved: tuple[Moved, ...]
    """Starts, pauses, resumes, stops and changes, in the order in which they took effect."""
    channel: str | None
    priority: str | None
    agent: str | None
    group: str | None

    @property
    def key(self) -> str:
        """Return ``ticket/family/target/ref``: what its outputs are keyed by."""
        return f"{self.ticket}/{self.family}/{self.target}/{self.ref}"

    @property
    def elapsed_us(self) -> int:
        """Return the business time of all running segments in microseconds."""
        return self.elapsed // _MICROSECOND

    @property
    def elapsed_real_us(self) -> int:
        """Return the calendar time of the same segments in microseconds."""
        return self.elapsed_real // _MICROSECOND

    @property
    def is_open(self) -> bool:
        """Tell whether it has neither stopped nor been cancelled."""
        return self.ending is None


def listed(clocks: Clocks) -> list[tuple[str, Run]]:
    """Return the instances that count, each with its target's name: by family and target as the
    policies name them, then in order of start. Renumbers them.
    """  # noqa: D205  # one sentence
    found: list[tuple[str, Run]] = []
    for slot in clocks.slots:
        n = 0
        for run in slot.runs:
            if not run.unseen:
                n += 1
                run.n = n
                found.append((slot.name, run))
    return found


def timer_of(
    ticket: str, run: Run, at_us: int, labels: Labels, known_us: int | None = None
) -> Timer:
    """Return what an instance shows at an instant, microseconds since 1970."""
    elapsed = run.elapsed_us(at_us)
    breach = run.breach_at(at_us)
    status = _status(run, breached=breach is not None)
    near, far = run.due() if breach is None else breach
    remaining = run.limit_us - elapsed
    resumed = run.bound.near(at_us, remaining) if status == "paused" else None
    channel, priority, agent, group = run.labels or labels
    return Timer(
        ticket,
        run.policy.family,
        run.policy.name,
        run.version,
        run.target.name,
        run.target.kind,
        run.n,
        run.ref,
        status,
        timedelta(0, 0, run.limit_us),
        run.bound.name,
        run.bound.version,
        run.bound.zone,
        _at(run.start_us),
        None if run.stopped_us is None else _at(run.stopped_us),
        run.ending,
        run.since_us is not None,
        timedelta(0, 0, elapsed),
        timedelta(0, 0, real_us(run, at_us)),
        timedelta(0, 0, remaining),
        _within(near),
        _within(far),
        _within(resumed),
        None if breach is None else _at(breach[0]),
        None if known_us is None else _at(known_us),
        tuple(_warning(one) for one in run.warnings(at_us)),
        tuple(_segments(run, at_us)),
        tuple(Moved(what, _at(us), ref) for what, us, ref in run.moments),
        channel,
        priority,
        agent,
        group,
    )


def real_us(run: Run, at_us: int) -> int:
    """Return the calendar time of an instance's running segments, in microseconds."""
    closed = sum(part.end_us - part.start_us for part in run.parts)
    return closed if run.since_us is None else closed + max(at_us - run.since_us, 0)


def _status(run: Run, *, breached: bool) -> Status:
    if breached:
        return "breached"
    if run.ending is not None:
        return "cancelled" if run.ending == "cancel" else "met"
    return "paused" if run.since_us is None else "running"


def _segments(run: Run, at_us: int) -> list[Segment]:
    found = [_segment(part) for part in run.parts]
    if run.since_us is not None:
        elapsed = timedelta(0, 0, run.elapsed_us(at_us) - run.spent_us)
        bound = run.bound
        found.append(Segment(_at(run.since_us), None, bound.name, bound.version, elapsed))
    return found


def _segment(part: Part) -> Segment:
    bound, elapsed = part.bound, timedelta(0, 0, part.elapsed_us)
    return Segment(_at(part.start_us), _at(part.end_us), bound.name, bound.version, elapsed)


def _warning(one: Warned) -> Warning:
    return Warning(one.label, _at(one.at_us), one.late)


def _within(us: int | None) -> datetime | None:
    """Return an instant to come; None for one beyond the year 9999."""
    return None if us is None or us > LAST_US else _at(us)


def _at(us: int) -> datetime:
    return EPOCH + timedelta(0, 0, us)
