"""When a breach could be known: not before its last moment in time had passed and been told.

``known_at`` is the later of ``due_latest`` and the recorded instant of the last recorded fact
(late fact, change, version) without which the breach would not show: cut the record just before
that fact, and the instance is not breached; cut it anywhere later, and it is. Ordinary facts are
recorded before the due instant, or take effect behind it and move nothing; so a second fold is
run only for what came late or reaches back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from cix.domain.sla.facts_in import Noted
from cix.domain.sla.timer import Run
from cix.domain.sla.versions import Edge

Breached: TypeAlias = frozenset[tuple[str, str, str]]
"""Family, target and ref of the instances that are breached."""


def known_us(
    run: Run,
    breach: tuple[int, int | None],
    facts: Sequence[Noted],
    edges: Iterable[Edge],
    breached_as_of: Callable[[int], Breached],
) -> int:
    """Return when a breach could be known, in microseconds.

    ``breached_as_of(recorded_us)`` folds what was recorded up to an instant, and answers which
    instances are breached by it.
    """
    near, far = breach
    shown = near if far is None else far
    told = {
        one.recorded_us
        for one in facts
        if one.recorded_us > shown and (one.occurred_us <= shown or run.reaches_back)
    }
    told |= {
        edge.recorded_us
        for edge in edges
        if edge.recorded_us > shown and (edge.at_us <= shown or run.reaches_back)
    }
    later = sorted(told)
    me = (run.policy.family, run.target.name, run.ref)
    known = shown
    # Walk back from now: the breach shows as of each of these until the one it cannot do without.
    for n in range(len(later) - 1, -1, -1):
        before = later[n - 1] if n else shown
        if me not in breached_as_of(before):
            known = later[n]
            break
    return known
