"""Deadlines: when a room's state will move by itself, or something is to be done."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import attrs

from cix.domain.decider import Decider
from cix.projections.projection import Projection


@attrs.define
class Upcoming:
    """One deadline of a key."""

    kind: str
    due: datetime
    ref: str
    performs: str | None
    """Name of the decision that is to be taken then; None where time itself decides."""


@attrs.define
class DeadlineCard:
    """What is coming up for one key of a room; no row when nothing is."""

    key: str
    room: str
    next_due: datetime
    upcoming: tuple[Upcoming, ...]


VERSION: Final = 1


def deadlines(decider: Decider[Any, Any]) -> Projection[DeadlineCard]:
    """Return the view ``<room>_deadlines`` of a room whose state names deadlines."""

    def picture(state: Any, _: datetime) -> DeadlineCard | None:  # noqa: ANN401  # any room's
        found = sorted(decider.deadlines(state), key=lambda one: (one.due, one.kind, one.ref))
        if not found:
            return None
        upcoming = tuple(
            Upcoming(one.kind, one.due, one.ref, one.action.decision if one.action else None)
            for one in found
        )
        return DeadlineCard(getattr(state, "key", ""), decider.name, found[0].due, upcoming)

    name = f"{decider.name}_deadlines"
    return Projection[DeadlineCard].of(
        name, decider, version=VERSION, row=DeadlineCard, picture=picture
    )
