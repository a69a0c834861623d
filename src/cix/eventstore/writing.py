"""What a writer of the log is given, what it answers, and the rows it makes of events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import attrs

from cix.errors import ConflictError
from cix.eventstore.base import LoadedEvent, LoadReport
from cix.eventstore.codec import NOT_LIFTED, Codec, Packed, lifted_from
from cix.eventstore.tags import SEPARATOR
from cix.records import AppendCondition, Appended, Head, to_us

LOG: Final = 1
"""Number of the one log of a store; the column stands for the day there are several."""
Outcome: TypeAlias = Appended | ConflictError
_HASH: Final = itemgetter(1)
_ID: Final = f"{SEPARATOR}id:"
_SHOWN: Final = 300
"""Characters of a query in a message: it may have thousands of items."""


@attrs.frozen
class Item:
    """One call of ``append``: all its events or none."""

    events: tuple[Packed, ...]
    conditions: tuple[AppendCondition, ...] = ()
    given_us: int | None = None
    """Recorded time in place of the clock's."""


class Loading(NamedTuple):
    """One event of a load, with the recorded time its source gives."""

    event: Packed
    recorded_us: int
    named: str | None
    """Its ``id:`` tag."""


class Writer(Protocol):
    """Writes to the log, under the lock on its head."""

    def append(self, items: Sequence[Item]) -> list[Outcome]:
        """Judge and store *items* in order, in one transaction.

        A refused item leaves the others be; a failure leaves nothing.
        """
        ...

    def load(self, page: Sequence[Loading]) -> LoadReport:
        """Store the events of *page* that are not known, in one transaction."""
        ...

    def look_up(self, ids: frozenset[bytes], behind: int) -> dict[bytes, tuple[int, int]]:
        """Return position and recorded time of those of *ids* that stand behind a position.

        Waits until no other writer is inside the log.
        """
        ...


class Placing:
    """Gives events their positions and recorded times, behind a head that moves on with them."""

    __slots__ = ("head", "lifted")

    def __init__(self, head: Head) -> None:
        """Begin behind *head*."""
        self.head = head
        self.lifted = 0
        """How many recorded times would have run back."""

    def place(
        self, given: Iterable[tuple[Packed, int]]
    ) -> Iterator[tuple[Packed, int, int, bytes]]:
        """Yield each event, given with a recorded time, with position, recorded time and meta."""
        position, recorded = self.head.position, self.head.recorded_us
        for event, given_us in given:
            position += 1
            kept = event.given_us
            if given_us >= recorded:
                recorded = given_us
            else:
                self.lifted += 1
                kept = given_us if kept is None else kept
            end = NOT_LIFTED if kept is None else lifted_from(kept)
            yield event, position, recorded, event.meta + end
        self.head = Head(position, recorded)

    def report(self, page: Sequence[Loading], stored: int) -> LoadReport:
        """Return what the load of *page* did, *stored* of whose events were placed."""
        return LoadReport(stored, len(page) - stored, self.lifted, self.head.position)


class Rows(Placing):
    """The rows of events, table by table, in the order of the columns."""

    __slots__ = ("boxes", "events", "tags")

    def __init__(self, head: Head) -> None:
        """Begin behind *head*."""
        super().__init__(head)
        self.events: list[tuple[Any, ...]] = []
        self.tags: list[tuple[Any, ...]] = []
        self.boxes: list[tuple[Any, ...]] = []

    def add(self, given: Iterable[tuple[Packed, int]]) -> None:
        """Add events, each with the recorded time given."""
        events, tags = self.events, self.tags
        for event, position, recorded, meta in self.place(given):
            event_id, word, version, occurred, text, hashes, data, _, _, boxes = event
            events.append(
                (LOG, position, event_id, word, version, occurred, recorded, text, data, meta)
            )
            for tag in hashes:
                tags.append((LOG, tag, position, word))
            for category, subject, content in boxes:
                self.boxes.append((LOG, position, category, subject, 0, "", content))


def loaded(
    head: Head, page: Sequence[Loading], fresh: Sequence[Loading]
) -> tuple[Rows, LoadReport]:
    """Return the rows of the *fresh* events of *page*, behind *head*, and what to report."""
    rows = Rows(head)
    rows.add(each[:2] for each in fresh)
    rows.tags.sort(key=_HASH)  # neighbours in the index come together
    return rows, rows.report(page, len(fresh))


def overdue(
    conditions: Iterable[AppendCondition], head: Head, given_us: int
) -> AppendCondition | None:
    """Return the condition that the recorded time is too late for, if there is one."""
    recorded = max(given_us, head.recorded_us)
    late = (c for c in conditions if c.before_us is not None and c.before_us <= recorded)
    return next(late, None)


def refusal(condition: AppendCondition, found: int) -> ConflictError:
    """Return the error of an append whose *condition* something at *found* stands against."""
    query = str(condition.query)
    if len(query) > _SHOWN:
        query = query[: _SHOWN - 3] + "..."
    return ConflictError(query, condition.after, found)


def id_tag(tags: str) -> str | None:
    """Return the tag of the request's id in the stored text: a load knows by it what is stored."""
    start = tags.find(_ID) + 1
    return tags[start : tags.index(SEPARATOR, start)] if start else None


def to_load(events: Sequence[LoadedEvent], codec: Codec) -> list[Loading]:
    """Encode a page of history."""
    page: list[Loading] = []
    for one in events:
        packed = codec.encode(one.event)
        page.append(Loading(packed, to_us(one.recorded_at), id_tag(packed.tags)))
    return page


def unknown(page: Sequence[Loading], stored: Iterable[bytes]) -> list[Loading]:
    """Return those of *page* that are not among the *stored* event ids, each once."""
    seen = set(stored)
    fresh: list[Loading] = []
    for one in page:
        if one.named is None or one.event.id not in seen:
            fresh.append(one)
            seen.add(one.event.id)
    return fresh
