"""Loaded facts on their way in: into a copy of their own log, or among other facts.

What they asked of other rooms has happened and is told by the history too; reactions pass over
them. Among other facts they are marked for that; in a copy, whose bytes are those of the log it
was exported from, the reactions' checkpoint is moved over them.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from cix.engine.following import Reactions
from cix.eventstore.base import EventStore, LoadedEvent, LoadReport


def load_page(
    store: EventStore, reactions: Reactions | None, page: Sequence[LoadedEvent]
) -> LoadReport:
    """Load one page of history that nobody reacts to."""
    if not continues_copy(store, page):
        return store.load([as_history(one) for one in page])
    if reactions is None:
        return store.load(page)
    before, last = (page[0].position or 1) - 1, page[-1].position or 1
    with reactions.waiting_for(before):
        report = store.load(page)
        if holds(store, page[-1]):
            reactions.pass_over(before, last)
    return report


def continues_copy(store: EventStore, page: Sequence[LoadedEvent]) -> bool:
    """Tell whether the store is, so far, a copy of the log that *page* was exported from.

    It is when the last fact of the page that its positions leave room for is the store's own at
    that position, or when the page comes next.
    """
    first, head = page[0].position, store.head().position
    if first is None or [one.position for one in page] != [*range(first, first + len(page))]:
        return False
    shared = min(head, first + len(page) - 1)
    return shared == first - 1 or (shared >= first and holds(store, page[shared - first]))


def holds(store: EventStore, loaded: LoadedEvent) -> bool:
    """Tell whether the store holds a fact where it was exported from."""
    position = loaded.position or 0
    held = store.read(after=position - 1, until=position)
    return bool(held) and held[0].event_id == loaded.event.event_id


def as_history(loaded: LoadedEvent) -> LoadedEvent:
    """Mark a fact as loaded: among other facts reactions know it by that."""
    if loaded.event.metadata.loaded:
        return loaded
    metadata = attrs.evolve(loaded.event.metadata, loaded=True)
    return attrs.evolve(loaded, event=attrs.evolve(loaded.event, metadata=metadata))
