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
    recorded = [(one.recorded_us, one.occurred_us) for one in facts]
    recorded += [(edge.recorded_us, edge.at_us) for edge in edges]
    late = [
        told for told, effect in recorded if told > shown and (effect <= shown or run.reaches_back)
    ]
    if not late:
        return shown
    last = max(late)
    me = (run.policy.family, run.target.name, run.ref)
    # Walk back through the record until the fact that the breach cannot do without.
    for told in sorted({told for told, _ in recorded if shown < told <= last}, reverse=True):
        if me not in breached_as_of(told - 1):
            return told
    return shown
