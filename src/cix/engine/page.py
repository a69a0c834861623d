"""Pages of facts on their way into rows: read many at a time, taken a few at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

import attrs

from cix.domain import identity
from cix.engine.groups import CustomerLink
from cix.engine.history import CUSTOMER
from cix.engine.session import Session
from cix.eventstore.base import EventStore
from cix.records import Query, QueryItem, Recorded

TAKEN_AT_ONCE: Final = 250
_FEW, _MANY = 1_000, 20_000
"""Facts read at once, at least and at most."""
_BYTES: Final = 8_000_000
"""What the facts that are read at once may hold about."""
_LOOKED_AT: Final = 16
"""Of so many facts one is looked at, to know how large they are."""


@attrs.frozen
class Page:
    """Facts after ``start`` up to and including position ``end``, by position."""

    IDENTITY: ClassVar[frozenset[str]] = frozenset(identity.IDENTITY_WORDS)
    records: list[Recorded[Any]]
    start: int
    end: int


def pages(store: EventStore, session: Session, start: int, stop: int, size: int) -> Iterator[Page]:
    """Yield what the slots of *session* take up to *stop*, at most *size* facts a page.

    Facts are read many at a time, which is faster, fewer where they are large, and yielded in
    pages small enough for a processor's cache.
    """
    words: set[str] = set()
    for slot in session.slots:
        words.update(slot.projection.words)
        if slot.projection.row is CustomerLink or slot.projection.by == CUSTOMER:
            words.update(Page.IDENTITY)
    query = Query((QueryItem((), tuple(sorted(words))),))
    read, taken = min(size, _FEW), min(size, TAKEN_AT_ONCE)
    while start < stop:
        records = store.read(query, after=start, until=stop, limit=read)
        end = records[-1].position if len(records) == read else stop
        read = min(size, as_many(records))
        while len(records) > taken:
            page, records[:taken] = records[:taken], []  # what was taken is let go
            yield Page(page, start, page[-1].position)
            start = page[-1].position
        yield Page(records, start, end)
        start = end


def as_many(records: Sequence[Recorded[Any]]) -> int:
    """Return how many facts like *records* to read at once."""
    some = records[::_LOOKED_AT]
    held = sum(map(_bytes_of, some))
    return max(_FEW, min(_MANY, _BYTES * len(some) // max(held, 1)))


def _bytes_of(record: Recorded[Any]) -> int:
    """Return the bytes of a stored fact and its boxes; 0 of a fact that is kept as it is."""
    boxes: dict[str, object] = record.row[9] or {}
    parts = (record.row[7], *boxes.values())
    return sum(len(part) for part in parts if isinstance(part, bytes))
