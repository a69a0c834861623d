"""Escalations read as policies: each level makes two clocks out of tokens.

``escalate_<level>`` waits for somebody to be quick enough, ``answer_<level>`` for the level's
answer once the ticket was raised to it. Time itself raises the ticket at the exact instant at
which ``escalate_<level>`` is used up, unless the level says ``auto = false``.
"""

from __future__ import annotations

from collections.abc import Iterator

from cix.domain.sla.policy import Escalation, Level, SlaPolicy, Target


def as_policy(escalation: Escalation) -> SlaPolicy:
    """Return the policy whose targets clock the levels of *escalation*."""
    return SlaPolicy(
        escalation.name,
        escalation.family,
        tuple(_targets(escalation.levels)),
        escalation.when,
        escalation.on_edit,
    )


def _targets(levels: tuple[Level, ...]) -> Iterator[Target]:
    before: Level | None = None
    for one in levels:
        raised = f"escalated:{one.level}"
        begins = ("created",) if before is None else (f"escalated:{before.level}",)
        yield Target(
            f"escalate_{one.level}",
            one.after,
            one.calendar,
            start=one.start or begins,
            stop=(*one.unless, raised),
            raises=one.level if one.auto else None,
            notify=one.notify,
            assign=one.assign,
        )
        if one.answer_within is not None:
            yield Target(
                f"answer_{one.level}",
                one.answer_within,
                one.calendar,
                start=(raised,),
                stop=one.stop,
                repeat=one.repeat > 0,
                raises=one.level if one.repeat else None,
                raises_again=one.repeat,
            )
        before = one
