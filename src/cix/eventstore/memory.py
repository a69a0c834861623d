"""The event store in memory: for tests and trials, with everything but a second process."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, cast

from cix.clock import Clock, system_clock
from cix.errors import StoreClosedError
from cix.eventstore.base import LoadedEvent, LoadReport
from cix.eventstore.codec import Codec
from cix.eventstore.planning import Branch, branches, matcher
from cix.eventstore.tags import split
from cix.eventstore.writing import Rows, loaded, overdue, refusal, to_load, unknown
from cix.facts import Catalogue
from cix.records import (
    EVERYTHING,
    AppendCondition,
    Appended,
    Head,
    NewEvent,
    Query,
    Recorded,
    Row,
    from_us,
    to_us,
)

_RECORDED: Final = itemgetter(5)


class MemoryStore:
    """An append-only log in lists; see ``base.EventStore`` for what each method means."""

    url = "memory://"

    def __init__(self, catalogue: Catalogue, clock: Clock = system_clock) -> None:
        """Begin an empty log."""
        self.codec = Codec(catalogue)
        self._clock = clock
        self._head = Head()
        self._rows: list[Row] = []
        self._by_tag: defaultdict[str, list[int]] = defaultdict(list)
        self._moved = threading.Condition(threading.RLock())
        self._closed = False

    def head(self) -> Head:
        """Return the end of the log."""
        with self._open():
            return self._head

    def append(
        self,
        events: Sequence[NewEvent],
        conditions: Sequence[AppendCondition] = (),
        *,
        recorded_at: datetime | None = None,
    ) -> Appended:
        """Store *events* at one recorded time, all or none, if every condition holds."""
        if not events:
            raise ValueError("an append needs at least one event")
        packed = tuple(map(self.codec.encode, events))
        with self._open():
            for condition in conditions:
                if against := self._select(condition.query, condition.after, None, 1):
                    raise refusal(condition, against[0][0])
            rows, first = Rows(self._head), self._head.position + 1
            given = to_us(self._clock() if recorded_at is None else recorded_at)
            if late := overdue(conditions, self._head, given):
                raise refusal(late, self._head.position)
            rows.add((event, given) for event in packed)
            self._enter(rows)
        return Appended(first, rows.head.position, from_us(rows.head.recorded_us))

    def load(self, events: Sequence[LoadedEvent]) -> LoadReport:
        """Store one page of history in order; events that are stored already are skipped."""
        page = to_load(events, self.codec)
        with self._open():
            names = {one.named for one in page if one.named is not None}
            stored = (self._rows[at - 1][1] for name in names for at in self._by_tag.get(name, ()))
            fresh = unknown(page, cast("Iterable[bytes]", stored))
            rows, report = loaded(self._head, page, fresh)
            self._enter(rows)
        return report

    def read(
        self,
        query: Query = EVERYTHING,
        *,
        after: int = 0,
        until: int | None = None,
        limit: int | None = None,
    ) -> list[Recorded[Any]]:
        """Return matching facts with ``after < position <= until``, by position."""
        with self._open():
            rows = self._select(query, after, until, limit)
        return [Recorded(row, self.codec) for row in rows]

    def pages(
        self,
        query: Query = EVERYTHING,
        *,
        after: int = 0,
        until: int | None = None,
        size: int = 5_000,
    ) -> Iterator[list[Recorded[Any]]]:
        """Yield the same facts in pages, as far as the head is now."""
        end = self.head().position
        until = end if until is None else min(until, end)
        while page := self.read(query, after=after, until=until, limit=size):
            yield page
            after = page[-1].position

    def position_at(self, recorded_at: datetime) -> int:
        """Return the last position whose recorded time is not after *recorded_at* (0: none)."""
        with self._open():
            return bisect_right(self._rows, to_us(recorded_at), key=_RECORDED)

    def wait(self, after: int, timeout: float) -> bool:
        """Wait until the head may have moved past *after*, at most *timeout* seconds."""
        deadline = time.monotonic() + timeout
        with self._open():
            while self._head.position <= after:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._moved.wait(left)
                self._check_open()
        return True

    def close(self) -> None:
        """Let go of the log; closing twice is allowed."""
        with self._moved:
            self._closed = True
            self._rows.clear()
            self._by_tag.clear()
            self._moved.notify_all()

    def _open(self) -> threading.Condition:
        self._check_open()
        return self._moved

    def _check_open(self) -> None:
        if self._closed:
            raise StoreClosedError(self.url)

    def _enter(self, rows: Rows) -> None:
        boxes: defaultdict[int, dict[str, bytes]] = defaultdict(dict)
        for _, position, category, _, _, _, content in rows.boxes:
            boxes[position][category] = content
        for _, *row in rows.events:
            position, tags = row[0], row[6]
            self._rows.append((*row, boxes.get(position)))
            for tag in dict.fromkeys(split(tags)):
                self._by_tag[tag].append(position)
        self._head = rows.head
        self._moved.notify_all()

    def _select(self, query: Query, after: int, until: int | None, limit: int | None) -> list[Row]:
        until = self._head.position if until is None else min(until, self._head.position)
        test = matcher(query)
        found: list[Row] = []
        if limit == 0:
            return found
        for position in self._walk(branches(query), max(after, 0), until):
            row = self._rows[position - 1]
            if test is None or test(row[6], row[2]):
                found.append(row)
                if len(found) == limit:
                    break
        return found

    def _walk(self, walked: Sequence[Branch] | None, after: int, until: int) -> Iterable[int]:
        """Return the positions that may match, in order: of each item those of its rarest tag."""
        if walked is None or not all(branch.tags for branch in walked):
            return range(after + 1, until + 1)
        lists: list[list[int]] = []
        for branch in walked:
            found = [self._by_tag.get(tag, []) for tag in (*branch.tags, *branch.others)]
            lists += [min(found, key=len)] if branch.others else found
        parts = [one[bisect_right(one, after) : bisect_right(one, until)] for one in lists]
        return parts[0] if len(parts) == 1 else sorted({p for part in parts for p in part})
