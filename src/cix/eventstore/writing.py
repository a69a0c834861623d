"""What a writer of the log is given, what it answers, and the rows it makes of events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol, TypeAlias

import attrs

from cix.errors import ConflictError
from cix.eventstore.base import LoadReport
from cix.eventstore.codec import NOT_LIFTED, Packed, lifted_from
from cix.records import AppendCondition, Appended, Head

LOG: Final = 1
"""Number of the one log of a store; the column stands for the day there are several."""
Outcome: TypeAlias = Appended | ConflictError
_SHOWN: Final = 300
"""Characters of a query in a message: it may have thousands of items."""


@attrs.frozen
class Item:
    """One call of ``append``: all its events or none."""

    events: tuple[Packed, ...]
    conditions: tuple[AppendCondition, ...] = ()
    given_us: int | None = None
    """Recorded time in place of the clock's."""


@attrs.frozen
class Loading:
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


class Rows:
    """The rows of events, table by table, in the order of the columns."""

    __slots__ = ("boxes", "events", "head", "tags")

    def __init__(self, head: Head) -> None:
        """Begin behind *head*."""
        self.head = head
        self.events: list[tuple[Any, ...]] = []
        self.tags: list[tuple[Any, ...]] = []
        self.boxes: list[tuple[Any, ...]] = []

    def add(self, given: Iterable[tuple[Packed, int]]) -> int:
        """Add events, each with the recorded time given; return how many had to be lifted."""
        position, recorded = self.head.position, self.head.recorded_us
        events, tags, lifted = self.events, self.tags, 0
        for event, given_us in given:
            position += 1
            event_id, word, version, occurred, text, hashes, data, meta, kept, boxes = event
            if given_us >= recorded:
                recorded = given_us
            else:
                lifted += 1
                kept = given_us if kept is None else kept
            end = NOT_LIFTED if kept is None else lifted_from(kept)
            events.append(
                (LOG, position, event_id, word, version, occurred, recorded, text, data, meta + end)
            )
            for tag in hashes:
                tags.append((LOG, tag, position, word))
            for category, subject, content in boxes:
                self.boxes.append((LOG, position, category, subject, 0, "", content))
        self.head = Head(position, recorded)
        return lifted


def loaded(
    head: Head, page: Sequence[Loading], fresh: Sequence[Loading]
) -> tuple[Rows, LoadReport]:
    """Return the rows of the *fresh* events of *page*, behind *head*, and what to report."""
    rows = Rows(head)
    lifted = rows.add((loading.event, loading.recorded_us) for loading in fresh)
    rows.tags.sort()  # neighbours in the index come together
    last = rows.head.position
    return rows, LoadReport(len(fresh), len(page) - len(fresh), lifted, last)


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


def id_tag(tags: Sequence[str]) -> str | None:
    """Return the tag of the request's id, by which a load knows what is stored."""
    return next((tag for tag in tags if tag.startswith("id:")), None)


def unknown(page: Sequence[Loading], stored: Iterable[bytes]) -> list[Loading]:
    """Return those of *page* that are not among the *stored* event ids, each once."""
    seen = set(stored)
    fresh: list[Loading] = []
    for one in page:
        if one.named is None or one.event.id not in seen:
            fresh.append(one)
            seen.add(one.event.id)
    return fresh
