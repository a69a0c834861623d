"""Pages of facts on their way into rows: read many at a time, taken a few at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

import attrs

from cix.domain import identity
from cix.engine.groups import CustomerLink
from cix.engine.history import CUSTOMER
from cix.engine.session import Session
from cix.eventstore.base import EventStore
from cix.records import Query, QueryItem, Recorded

READ_AT_ONCE: Final = 20_000
TAKEN_AT_ONCE: Final = 250


@attrs.frozen
class Page:
    """Facts after ``start`` up to and including position ``end``, by position."""

    IDENTITY: ClassVar[frozenset[str]] = frozenset(identity.IDENTITY_WORDS)
    records: list[Recorded[Any]]
    start: int
    end: int


def pages(store: EventStore, session: Session, start: int, stop: int, size: int) -> Iterator[Page]:
    """Yield what the slots of *session* take up to *stop*, at most *size* facts a page.

    Facts are read many at a time, which is faster, and yielded in pages small enough for a
    processor's cache.
    """
    words: set[str] = set()
    for slot in session.slots:
        words.update(slot.projection.words)
        if slot.projection.row is CustomerLink or slot.projection.by == CUSTOMER:
            words.update(Page.IDENTITY)
    query = Query((QueryItem((), tuple(sorted(words))),))
    read, taken = min(size, READ_AT_ONCE), min(size, TAKEN_AT_ONCE)
    while start < stop:
        records = store.read(query, after=start, until=stop, limit=read)
        end = records[-1].position if len(records) == read else stop
        while len(records) > taken:
            page, records[:taken] = records[:taken], []  # what was taken is let go
            yield Page(page, start, page[-1].position)
            start = page[-1].position
        yield Page(records, start, end)
        start = end
