"""One instance of a clock while its ticket's facts are folded: segments, and when it was used up.

An instance runs in segments ``[a, b)``, each on one calendar. What is frozen once it is known is
the breach: the instants near and far at which the target was used up in the first segment in
which more than the target had elapsed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import attrs

from cix.domain.sla.policy import SlaPolicy, Target
from cix.domain.sla.versions import Bound

Ending: TypeAlias = Literal["stop", "cancel"]
Moment: TypeAlias = Literal["started", "paused", "resumed", "met", "cancelled", "retargeted"]
Labels: TypeAlias = tuple[str | None, str | None, str | None, str | None]
"""Channel, priority, agent and group of the ticket."""


@attrs.frozen
class Cause:
    """The fact that moves a clock: its instant, what names it, and when it was recorded."""

    at_us: int
    ref: str
    """Its log position; of a derived escalation, what it was derived from."""
    recorded_us: int


@attrs.frozen
class Part:
    """A closed running segment ``[start, end)`` with the business time in it, microseconds."""

    start_us: int
    end_us: int
    bound: Bound
    elapsed_us: int
    recorded_us: int
    """When the fact that opened it was recorded."""


@attrs.frozen
class Warned:
    """A warning that was due: its label, its instant, and whether that had passed when known."""

    label: str
    at_us: int
    late: bool


@attrs.define(eq=False)
class Run:
    """One instance; mutable while facts are folded, never handed out."""

    n: int
    target: Target
    policy: SlaPolicy
    version: str
    bound: Bound
    start_us: int
    ref: str
    recorded_us: int
    """When the last fact that set it running, or swapped its target, was recorded."""
    limit_us: int
    since_us: int | None = None
    """Start of the open segment; None while paused or ended."""
    spent_us: int = 0
    parts: list[Part] = attrs.field(factory=list)
    breach: tuple[int, int | None] | None = None
    stopped_us: int | None = None
    ending: Ending | None = None
    moments: list[tuple[Moment, int, str]] = attrs.field(factory=list)
    warned: list[Warned] = attrs.field(factory=list)
    """Warnings that were due under an earlier target."""
    labels: Labels | None = None
    unseen: bool = False
    """Ended before its target held for the ticket; a reopening may still bring it back."""
    reaches_back: bool = False
    """A later fact moved its breach, or its start, to before that fact."""

    # -- running and pausing -----------------------------------------------------------
    def resume(self, cause: Cause) -> None:
        """Open a segment."""
        if self.since_us is None:
            self.since_us = cause.at_us
            self.recorded_us = max(self.recorded_us, cause.recorded_us)
            self.moments.append(("resumed", cause.at_us, cause.ref))

    def pause(self, cause: Cause) -> None:
        """Close the open segment."""
        if self.since_us is not None:
            self.close(cause.at_us)
            self.moments.append(("paused", cause.at_us, cause.ref))

    def close(self, at_us: int) -> None:
        """Close the open segment at an instant, if one is open; see whether it was too long."""
        since = self.since_us
        if since is None:
            return
        self.since_us = None
        if at_us > since:
            elapsed = self.bound.elapsed(since, at_us)
            if self.breach is None and self.spent_us + elapsed > self.limit_us:
                self.breach = self.used_up(since, self.spent_us)
            self.parts.append(Part(since, at_us, self.bound, elapsed, self.recorded_us))
            self.spent_us += elapsed

    def end(self, ending: Ending, cause: Cause, labels: Labels) -> None:
        """Stop or cancel it."""
        self.close(cause.at_us)
        self.ending, self.stopped_us, self.labels = ending, cause.at_us, labels
        if ending == "cancel":
            self.moments.append(("cancelled", cause.at_us, cause.ref))
        elif self.breach is None:
            self.moments.append(("met", cause.at_us, cause.ref))

    def reopen(self, cause: Cause, *, paused: bool) -> None:
        """Go on after a stop; the time in between is neither running nor paused."""
        self.ending = self.stopped_us = self.labels = None
        self.unseen = False
        if paused:
            self.moments.append(("paused", cause.at_us, cause.ref))
        else:
            self.resume(cause)

    # -- what is used up, and when ---------------------------------------------------------
    def used_up(self, since_us: int, before_us: int) -> tuple[int, int | None]:
        """Return the instants near and far at which the target ends in a segment."""
        left = self.limit_us - before_us
        near = self.bound.near(since_us, left)
        return (since_us if near is None else near, self.bound.far(since_us, left))

    def elapsed_us(self, at_us: int) -> int:
        """Return the business time elapsed up to an instant not before its last segment."""
        if self.since_us is None or at_us <= self.since_us:
            return self.spent_us
        return self.spent_us + self.bound.elapsed(self.since_us, at_us)

    def breach_at(self, at_us: int) -> tuple[int, int | None] | None:
        """Return the breach as it shows at an instant: more than the target has elapsed."""
        if self.breach is not None or self.since_us is None:
            return self.breach
        if self.elapsed_us(at_us) <= self.limit_us:
            return None
        return self.used_up(self.since_us, self.spent_us)

    def due(self) -> tuple[int | None, int | None]:
        """Return the instants near and far at which a running instance is used up."""
        if self.since_us is None:
            return (None, None)
        left = self.limit_us - self.spent_us
        return (self.bound.near(self.since_us, left), self.bound.far(self.since_us, left))

    # -- another target ----------------------------------------------------------------------
    def retarget(
        self, target: Target, policy: SlaPolicy, version: str, bound: Bound, cause: Cause
    ) -> None:
        """Swap the target: start, segments and pauses stay, judged as if it had always held.

        A breach earned before stays. Another calendar counts from the change on.
        """
        at = cause.at_us
        self.breach = self.breach_at(at)
        self.warned = list(self.warnings(at - 1))
        if target.limit_us != self.limit_us:
            self.limit_us = target.limit_us
            self._judge_again(at)
            self.recorded_us = max(self.recorded_us, cause.recorded_us)
        self.target, self.policy, self.version = target, policy, version
        self.rebind(bound, at)
        self.moments.append(("retargeted", at, cause.ref))

    def rebind(self, bound: Bound, at_us: int) -> None:
        """Go on by another calendar from an instant on; the open segment is cut there."""
        if not bound.same(self.bound):
            running = self.since_us is not None
            self.close(at_us)
            self.bound = bound
            if running:
                self.since_us = at_us

    def _judge_again(self, at_us: int) -> None:
        if self.breach is not None:
            return
        before = 0
        for part in self.parts:
            if before + part.elapsed_us > self.limit_us:
                left = self.limit_us - before
                near = part.bound.near(part.start_us, left)
                near = part.start_us if near is None else near
                self.breach = (near, part.bound.far(part.start_us, left))
                break
            before += part.elapsed_us
        else:
            self.breach = self.breach_at(at_us)
        self.reaches_back = self.reaches_back or self.breach is not None

    def backdate(self, start_us: int, spans: list[tuple[int, int]], at_us: int) -> None:
        """Let it count from an earlier instant, as known at another.

        *spans* are the times until its present start in which it would have run.
        """
        self.start_us, self.reaches_back, self.breach = start_us, True, None
        first = self.parts[0].start_us if self.parts else self.since_us
        if spans and spans[-1][1] == first:
            joined, _ = spans.pop()
            if self.parts:
                held = self.parts[0]
                elapsed = held.bound.elapsed(joined, held.end_us)
                self.parts[0] = attrs.evolve(held, start_us=joined, elapsed_us=elapsed)
            else:
                self.since_us = joined
        self.parts[:0] = [
            Part(a, b, self.bound, self.bound.elapsed(a, b), self.recorded_us) for a, b in spans
        ]
        self.spent_us = sum(part.elapsed_us for part in self.parts)
        self._judge_again(at_us)

    # -- warnings ------------------------------------------------------------------------------
    def warnings(self, at_us: int) -> Iterator[Warned]:
        """Yield the warnings due up to an instant, those of earlier targets first."""
        yield from self.warned
        held = {one.label for one in self.warned}
        for warn in self.target.warn:
            if warn.label not in held:
                found = self._reached(warn.threshold_us(self.limit_us), at_us)
                if found is not None:
                    instant, recorded = found
                    yield Warned(warn.label, instant, instant < recorded)

    def next_warning(self, label_held: set[str]) -> Iterator[tuple[str, int]]:
        """Yield the labels and instants of the warnings to come while it runs on."""
        if self.since_us is None:
            return
        for warn in self.target.warn:
            left = warn.threshold_us(self.limit_us) - self.spent_us
            if warn.label not in label_held and left >= 0:
                near = self.bound.near(self.since_us, left)
                if near is not None:
                    yield warn.label, near

    def _reached(self, threshold_us: int, at_us: int) -> tuple[int, int] | None:
        """Return when a threshold was reached while running, and when that could be known."""
        before = 0
        for part in self.parts:
            if before + part.elapsed_us >= threshold_us:
                near = part.bound.near(part.start_us, max(threshold_us - before, 0))
                if near is not None and near < part.end_us:
                    return (near, self.recorded_us if self.moved_target else part.recorded_us)
            before += part.elapsed_us
        if self.since_us is not None:
            near = self.bound.near(self.since_us, max(threshold_us - before, 0))
            if near is not None and near <= at_us:
                return (near, self.recorded_us)
        return None

    @property
    def moved_target(self) -> bool:
        """Tell whether its target was ever swapped."""
        return any(moment == "retargeted" for moment, _, _ in self.moments)
