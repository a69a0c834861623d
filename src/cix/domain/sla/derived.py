"""What the clocks say as they move: outputs with keys that make saying them twice harmless.

An output's key is ``ticket/family/target/ref/kind/which``: *ref* is the log position of the fact
that started the instance (its number would change with a late fact), *which* tells repeats
apart: a warning's threshold, the causing fact's position for pauses, resumes, stops and changes.
Nothing said is rewritten: where a late fact changes a verdict, a correction says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, TypeAlias

import attrs

from cix.domain.sla.clocks import Clocks
from cix.domain.sla.timer import Run
from cix.domain.sla.verdict import Timer, listed
from cix.facts import fact
from cix.plain import instant_text
from cix.records import from_us

Kind: TypeAlias = Literal[
    "started", "paused", "resumed", "warned", "breached", "met", "cancelled", "retargeted",
    "escalated",
]  # fmt: skip


# -- facts that a tick records ---------------------------------------------------------
@fact("sla.warned", 1, derived=True)
class SlaWarned:
    """A clock reached a warning's threshold."""

    family: str
    target: str
    ref: str
    policy: str
    policy_version: str
    threshold: str
    at: datetime
    late: bool


@fact("sla.breached", 1, derived=True)
class SlaBreached:
    """More than the promised time had elapsed; ``at`` is the exact due instant."""

    family: str
    target: str
    ref: str
    policy: str
    policy_version: str
    at: datetime


@fact("sla.escalated", 1, derived=True)
class SlaEscalated:
    """Time raised the ticket to a support level at the exact due instant."""

    family: str
    target: str
    ref: str
    policy: str
    policy_version: str
    level: int
    at: datetime


@fact("sla.corrected", 1, derived=True)
class SlaCorrected:
    """A late fact changed what was said of an instance; nothing said is rewritten."""

    family: str
    target: str
    ref: str
    was: str
    now: str
    because: str
    """Log position of the fact that came late."""


Derived: TypeAlias = SlaWarned | SlaBreached | SlaEscalated | SlaCorrected


# -- outputs -----------------------------------------------------------------------------
@attrs.frozen
class Output:
    """One thing the clocks say; ``at`` is the instant at which it happened, UTC."""

    kind: Kind
    ticket: str
    family: str
    target: str
    ref: str
    which: str
    at: datetime
    policy: str
    policy_version: str
    late: bool = False
    level: int | None = None

    @property
    def key(self) -> str:
        """Return what tells this output from every other, however often it is derived."""
        return f"{self.ticket}/{self.family}/{self.target}/{self.ref}/{self.kind}/{self.which}"

    def fact(self) -> Derived | None:
        """Return the fact by which a tick records it; None for what is only shown."""
        head = (self.family, self.target, self.ref, self.policy, self.policy_version)
        if self.kind == "warned":
            return SlaWarned(*head, self.which, self.at, self.late)
        if self.kind == "breached":
            return SlaBreached(*head, self.at)
        if self.kind == "escalated" and self.level is not None:
            return SlaEscalated(*head, self.level, self.at)
        return None


def outputs(ticket: str, clocks: Clocks, at_us: int) -> tuple[Output, ...]:
    """Return everything the clocks said up to an instant, in order of happening."""
    found = [*recorded(ticket, clocks, at_us)]
    for _, run in listed(clocks):
        for moment, us, ref in run.moments:
            which = "" if moment in {"started", "cancelled"} else ref
            found.append(_said(ticket, run, moment, us, which))
    return tuple(sorted(found, key=lambda one: (one.at, one.key)))


def recorded(ticket: str, clocks: Clocks, at_us: int) -> Iterator[Output]:
    """Yield what a tick records of it: warnings, breaches and escalations, in no order."""
    for _, run in listed(clocks):
        for one in run.warnings(at_us):
            yield _said(ticket, run, "warned", one.at_us, one.label, late=one.late)
        breach = run.breach_at(at_us)
        if breach is not None:
            yield _said(ticket, run, "breached", breach[0])
    yield from _raised(ticket, clocks)


def _said(  # an output has that many sides
    ticket: str, run: Run, kind: Kind, us: int, which: str = "", *, late: bool = False
) -> Output:
    policy, target = run.policy, run.target.name
    return Output(
        kind, ticket, policy.family, target, run.ref, which, from_us(us), policy.name, run.version,
        late,
    )  # fmt: skip


def _raised(ticket: str, clocks: Clocks) -> Iterator[Output]:
    for one in clocks.raised:
        run = one.run
        at, target = from_us(one.at_us), run.target.name
        yield Output(
            "escalated", ticket, run.policy.family, target, run.ref, str(one.level), at,
            run.policy.name, run.version, level=one.level,
        )  # fmt: skip


# -- corrections ---------------------------------------------------------------------------
@attrs.frozen
class Correction:
    """What was said of an instance, what holds now, and the fact that made the difference."""

    ticket: str
    family: str
    target: str
    ref: str
    was: str
    now: str
    because: str

    @property
    def key(self) -> str:
        """Return the key of the output ``corrected``."""
        head = f"{self.ticket}/{self.family}/{self.target}/{self.ref}"
        return f"{head}/corrected/{self.because}"

    def fact(self) -> SlaCorrected:
        """Return the fact by which it is recorded."""
        return SlaCorrected(self.family, self.target, self.ref, self.was, self.now, self.because)


def corrections(
    before: Iterable[Timer], after: Iterable[Timer], because: str, *, dues: bool = False
) -> tuple[Correction, ...]:
    """Compare what was known with what is known: verdicts that changed or were taken back.

    A timer that was open had no verdict yet. With ``dues`` the due instants of open timers are
    compared too: a rebuild under other time-zone rules moves none of them in silence.
    """
    now = {timer.key: timer for timer in after}
    found: list[Correction] = []
    for timer in before:
        was, other = _said_of(timer, dues=dues), now.get(timer.key)
        becomes = "never started" if other is None else _said_of(other, dues=dues)
        if was not in {"open", becomes}:
            found.append(
                Correction(
                    timer.ticket, timer.family, timer.target, timer.ref, was, becomes, because
                )
            )
    return tuple(found)


def retracted(
    recorded: Iterable[Derived], present: Iterable[Derived], because: str
) -> tuple[SlaCorrected, ...]:
    """Return the corrections owed for facts that a tick recorded and that hold no more.

    ``recorded`` are the facts in the log, ``present`` those that the facts known today give. A
    correction already recorded is not owed again.
    """
    now = {_place(one): one for one in present if not isinstance(one, SlaCorrected)}
    held = [one for one in recorded if not isinstance(one, SlaCorrected)]
    told = {one for one in recorded if isinstance(one, SlaCorrected)}
    # What stands last at a place is what was said last of it.
    last = {_place(one): one for one in held}
    owed: list[SlaCorrected] = []
    for place, one in last.items():
        other = now.get(place)
        was, becomes = _words(one), "retracted" if other is None else _words(other)
        if was != becomes:
            owed.append(SlaCorrected(one.family, one.target, one.ref, was, becomes, because))
    known = {(one.family, one.target, one.ref, one.was, one.now) for one in told}
    return tuple(
        one for one in owed if (one.family, one.target, one.ref, one.was, one.now) not in known
    )


def _place(one: SlaWarned | SlaBreached | SlaEscalated) -> tuple[str, str, str, str, str]:
    which = one.threshold if isinstance(one, SlaWarned) else ""
    return (type(one).__name__, one.family, one.target, one.ref, which)


def _words(one: SlaWarned | SlaBreached | SlaEscalated) -> str:
    if isinstance(one, SlaWarned):
        return f"warned of {one.threshold} at {instant_text(one.at)}"
    if isinstance(one, SlaBreached):
        return f"breached at {instant_text(one.at)}"
    return f"escalated to {one.level} at {instant_text(one.at)}"


def _said_of(timer: Timer, *, dues: bool) -> str:
    if timer.breached_at is not None:
        return f"breached at {instant_text(timer.breached_at)}"
    if timer.ending is not None:
        return timer.status
    if dues and timer.due_at is not None:
        return f"due at {instant_text(timer.due_at)}"
    return "open"
