"""All instances of one target on one ticket: what starts, pauses, stops, reopens them.

Within one fact: first the pause or resume by the new status, then cancel, then stop, then start.
A start while an instance is open, and a stop while none is, do nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from cix.domain.sla.facts_in import MergedFrom, SplitFrom
from cix.domain.sla.life import Life, Step
from cix.domain.sla.policy import SlaPolicy, Target
from cix.domain.sla.timer import Cause, Run
from cix.domain.sla.versions import Bound


@attrs.define(eq=False)
class Slot:
    """One target's place in a ticket; ``target`` is None while no policy in force has it."""

    family: str
    name: str
    target: Target | None
    policy: SlaPolicy
    version: str
    calendar: Callable[[str], Bound]
    """The calendar of a name in force now."""
    runs: list[Run] = attrs.field(factory=list)
    open: Run | None = None
    superseded: list[Run] = attrs.field(factory=list)
    """Breached and still unanswered, while a later instance counts the level raised again."""
    retargeted_while_ended: bool = False

    # -- one fact --------------------------------------------------------------------------
    def take(self, life: Life, step: Step, cause: Cause) -> None:
        """Let one fact move the instances."""
        run = self.open
        if run is not None:
            if step.entered is not None:
                self._pause_or_resume(run, step.entered, cause)
            self._end(run, life, step, cause)
        elif step.entered is not None and step.left is not None and self.runs:
            self._reopen(life, step.entered, step.left, cause)
        for late in tuple(self.superseded):
            self._end(late, life, step, cause)
        if self.open is None and self.target is not None and step.tokens:
            self._start_by(self.target, life, step, cause)

    def _pause_or_resume(self, run: Run, entered: str, cause: Cause) -> None:
        if entered in run.target.pauses:
            run.pause(cause)
        else:
            run.resume(cause)

    def _end(self, run: Run, life: Life, step: Step, cause: Cause) -> None:
        target, tokens = run.target, step.tokens
        if target.cancels and not target.cancels.isdisjoint(tokens):
            self._ended(run, "cancel", life, cause)
        elif self._stops(target, step) or not target.stops.isdisjoint(tokens):
            self._ended(run, "stop", life, cause)

    def _stops(self, target: Target, step: Step) -> bool:
        if step.entered not in target.stop_states:
            return False
        return target.kind != "resolution" or step.left not in target.inside

    def _ended(self, run: Run, how: str, life: Life, cause: Cause) -> None:
        run.end("cancel" if how == "cancel" else "stop", cause, life.labels())
        if run is self.open:
            self.open = None
        else:
            self.superseded.remove(run)

    # -- starts ------------------------------------------------------------------------------
    def _start_by(self, target: Target, life: Life, step: Step, cause: Cause) -> None:
        if target.starts.isdisjoint(step.tokens):
            return
        if target.kind == "tokens" and self.runs and not target.repeat:
            return
        if target.after_first_reply_only and life.first_agent_us is None:
            return
        run = self.start(target, life, cause)
        if target.kind == "resolution" and step.entered in target.stop_states:
            self._ended(run, "stop", life, cause)

    def start(self, target: Target, life: Life, cause: Cause) -> Run:
        """Start the next instance, paused where the ticket's status pauses it."""
        run = self.begun(target, cause)
        if life.status not in target.pauses:
            run.since_us = cause.at_us
        else:
            run.moments.append(("paused", cause.at_us, cause.ref))
        return run

    def begun(self, target: Target, cause: Cause) -> Run:
        """Add the next instance, neither running nor paused yet."""
        ref = cause.ref
        if any(one.ref == ref for one in self.runs):
            ref = f"{ref}+{len(self.runs)}"
        run = Run(
            len(self.runs) + 1,
            target,
            self.policy,
            self.version,
            self.calendar(target.calendar),
            cause.at_us,
            ref,
            cause.recorded_us,
            target.limit_us,
        )
        run.moments.append(("started", cause.at_us, cause.ref))
        self.runs.append(run)
        self.open = run
        return run

    # -- reopening -----------------------------------------------------------------------------
    def _reopen(self, life: Life, entered: str, left: str, cause: Cause) -> None:
        """A status change from inside ``resolved`` to outside it."""
        last = self.runs[-1]
        target = last.target
        if target.kind != "resolution" or left not in target.inside or entered in target.inside:
            return
        if target.reopen == "restart" and self.target is not None:
            self.start(self.target, life, cause)
        elif target.reopen == "resume" and last.ending == "stop" and self.target is not None:
            last.reopen(cause, paused=entered in target.pauses)
            self.open = last
            if self.retargeted_while_ended:
                self.retargeted_while_ended = False
                self.swap(self.target, life, cause)

    # -- another target ----------------------------------------------------------------------
    def swap(self, target: Target, life: Life, cause: Cause) -> None:
        """Let the open instance go on under another target, by that target's ``on_change``."""
        run = self.open
        if run is None or target.on_change == "forward":
            return
        if target.on_change == "restart":
            self.cancel(life, cause)
            self.start(target, life, cause)
            return
        keeps = run.target.calendar == target.calendar and self.policy.on_edit == "keep"
        bound = run.bound if keeps else self.calendar(target.calendar)
        if run.target == target and bound.same(run.bound):
            run.policy, run.version = self.policy, self.version
            return
        run.retarget(target, self.policy, self.version, bound, cause)
        if life.status in target.pauses:
            run.pause(cause)
        else:
            run.resume(cause)

    def edited(self, name: str, bound: Bound, cause: Cause) -> None:
        """Take a new version of a calendar: as ``on_edit`` of the instance's policy says."""
        run = self.open
        if run is not None and run.target.calendar == name and run.policy.on_edit == "recompute":
            run.rebind(bound, cause.at_us)

    def cancel(self, life: Life, cause: Cause) -> None:
        """End the count of everything open."""
        for run in (*self.superseded, *((self.open,) if self.open else ())):
            self._ended(run, "cancel", life, cause)

    # -- merge and split ---------------------------------------------------------------------
    def merged(self, life: Life, fact: MergedFrom, cause: Cause) -> None:
        """Count from the oldest customer message still unanswered on either ticket."""
        oldest, target = fact.unanswered_us, self.target
        if oldest is None or target is None or target.kind != "next_response":
            return
        first = life.first_agent_us
        if target.after_first_reply_only and (first is None or oldest < first):
            return
        run = self.open
        if run is None:
            run = self.start(target, life, cause)
        if oldest < run.start_us:
            spans = life.running_between(oldest, run.start_us, run.target.pauses)
            run.recorded_us = max(run.recorded_us, cause.recorded_us)
            run.backdate(oldest, spans, cause.at_us)

    def split(self, life: Life, fact: SplitFrom, cause: Cause) -> None:
        """Begin a ticket that was split off: its copied messages answer nothing."""
        target = self.target
        if target is None:
            return
        waits = target.kind == "next_response" and fact.unanswered_us is not None
        if waits and self.open is None and not target.after_first_reply_only:
            self.start(target, life, cause)
        run, first = self.open, fact.first_us
        if run is None or first is None or not self.policy.from_message:
            return
        if first < run.start_us and run.start_us == life.created_us:
            running = [(first, run.start_us)] if run.since_us is not None else []
            run.backdate(first, running, cause.at_us)
