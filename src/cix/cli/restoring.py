"""Exported facts on their way back: into a copy of their own log, or among other facts.

What they asked of other rooms has happened and is in the export too; reactions pass over them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from cix.engine.following import CURSOR

if TYPE_CHECKING:
    from cix.engine import Engine
    from cix.eventstore.base import LoadedEvent

_TRIES: Final = 10


def is_copy(engine: Engine, line: Mapping[str, Any]) -> bool:
    """Tell whether the store is, so far, a copy of the log that *line* was exported from.

    It is when the fact at the line's position is this fact, or when the line comes next.
    """
    position, store = line.get("position"), engine.core.store
    if type(position) is not int or position < 1:
        return False
    held = store.read(after=position - 1, until=position)
    if held:
        return str(held[0].event_id) == line.get("id")
    return store.head().position == position - 1


def as_history(loaded: LoadedEvent) -> LoadedEvent:
    """Mark a fact as loaded: among other facts reactions know it by that."""
    metadata = attrs.evolve(loaded.event.metadata, loaded=True)
    return attrs.evolve(loaded, event=attrs.evolve(loaded.event, metadata=metadata))


def pass_over(engine: Engine) -> None:
    """Let reactions go on behind the head: in a copy everything before has been reacted to."""
    tables, head = engine.core.tables, engine.core.store.head().position
    for _ in range(_TRIES):
        start = tables.cursor(CURSOR)
        if start >= head or tables.move_cursor(CURSOR, start, head):
            return
