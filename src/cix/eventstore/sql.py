"""The event store on a SQL database: SQLite and PostgreSQL, one design.

A lock on the head row makes positions gap-free and commit-ordered; conditions are judged under
it. Calls of ``append`` of one process share transactions.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any, Final
from uuid import UUID

import attrs

from cix.clock import Clock, system_clock
from cix.errors import (
    CixError,
    ConflictError,
    CorruptionError,
    DisconnectedError,
    OutcomeUnknownError,
    StoreUnavailableError,
    UnreachableError,
)
from cix.eventstore import schema
from cix.eventstore.base import LoadedEvent, LoadReport
from cix.eventstore.codec import Codec, Packed
from cix.eventstore.combining import Combiner
from cix.eventstore.connection import Database
from cix.eventstore.failures import in_doubt
from cix.eventstore.forking import renew_in_child
from cix.eventstore.postgres_function import FUNCTIONS
from cix.eventstore.postgres_log import PostgresLog
from cix.eventstore.reading import Reading, Rows
from cix.eventstore.sqlite_log import SqliteLog
from cix.eventstore.tags import TagHash, tag64
from cix.eventstore.writing import Item, Outcome, Writer, to_load
from cix.facts import Catalogue
from cix.records import (
    EVERYTHING,
    AppendCondition,
    Appended,
    Head,
    NewEvent,
    Query,
    Recorded,
    from_us,
    to_us,
)

_TRIES: Final = 3
"""How often a transaction is begun again when the connection breaks and it was not stored."""
_GROUP: Final = 2_000
"""Events at most in one transaction of several calls."""


@attrs.define
class Statistics:
    """What a store has done since it was opened."""

    appends: int = 0
    """Calls of ``append`` that were judged."""
    transactions: int = 0
    """Transactions begun for them; fewer than calls when groups form."""
    conflicts: int = 0
    """Calls refused by a condition."""
    looked_up: int = 0
    """Transactions whose outcome had to be looked up after a lost connection."""


class SqlStore:
    """An append-only log in a SQL database; see ``base.EventStore`` for what each method means.

    Threads may share it. *poll* is the longest time, in seconds, after which a waiting reader
    looks whether another process has written.
    """

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        clock: Clock = system_clock,
        *,
        tag_hash: TagHash = tag64,
        poll: float = 0.05,
    ) -> None:
        """Open the log, creating its tables where there are none."""
        self.database = database
        self.statistics = Statistics()
        self.codec = Codec(catalogue, tag_hash)
        self._reading = Reading(database, self.codec)
        self._clock = clock
        self._poll = poll
        self._listen()
        renew_in_child(self, SqlStore._listen)
        sqlite = database.dialect == "sqlite"
        schema.ensure(database, () if sqlite else FUNCTIONS)
        self._writer: Writer = (
            SqliteLog(database, self._reading, clock)
            if sqlite
            else PostgresLog(database, self._reading, clock, self.codec.hashes)
        )
        self._combiner = Combiner[Item, Appended](
            self._write,
            weight=lambda item: len(item.events),
            most=_GROUP,
            interrupted=lambda item: self._unknown([item]),
        )
        self._seen = self._checked_head()

    @property
    def url(self) -> str:
        """Where the store is, without a password."""
        return self.database.url

    def head(self) -> Head:
        """Return the end of the log."""
        head = self.database.ask(self._reading.head)
        self._seen = max(self._seen, head.position)
        return head

    def append(
        self,
        events: Sequence[NewEvent],
        conditions: Sequence[AppendCondition] = (),
        *,
        recorded_at: datetime | None = None,
    ) -> Appended:
        """Store *events* at one recorded time, all or none, if every condition holds."""
        packed = tuple(map(self.codec.encode, events))
        given = None if recorded_at is None else to_us(recorded_at)
        return self.append_packed(packed, conditions, given)

    def append_packed(
        self,
        events: tuple[Packed, ...],
        conditions: Sequence[AppendCondition] = (),
        given_us: int | None = None,
    ) -> Appended:
        """Store events that are encoded already, as ``append`` does."""
        if not events:
            raise ValueError("an append needs at least one event")
        return self._combiner.do(Item(events, tuple(conditions), given_us))

    def load(self, events: Sequence[LoadedEvent]) -> LoadReport:
        """Store one page of history in order; events that are stored already are skipped."""
        page = to_load(events, self.codec)
        try:
            report = self._writer.load(page)
        except DisconnectedError as error:
            if any(one.named is None for one in page):
                ids = tuple(str(one.event.event_id) for one in events)
                raise OutcomeUnknownError(self.url, ids) from error
            report = self._writer.load(page)  # what was stored is skipped now
        self._hint(report.last)
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
        rows = self.rows(query, after, until, limit)
        return list(map(Recorded, rows, repeat(self.codec)))

    def rows(
        self, query: Query, after: int = 0, until: int | None = None, limit: int | None = None
    ) -> Rows:
        """Return what ``read`` returns as stored rows."""
        return self.database.ask(
            lambda connection: self._reading.rows(connection, query, after, until, limit)
        )

    def pages(
        self,
        query: Query = EVERYTHING,
        *,
        after: int = 0,
        until: int | None = None,
        size: int = 5_000,
    ) -> Iterator[list[Recorded[Any]]]:
        """Yield the same facts in pages, as far as the head is now, never holding a cursor."""
        end = self.head().position
        until = end if until is None else min(until, end)
        while page := self.read(query, after=after, until=until, limit=size):
            yield page
            after = page[-1].position

    def position_at(self, recorded_at: datetime) -> int:
        """Return the last position whose recorded time is not after *recorded_at* (0: none)."""
        until = to_us(recorded_at)
        return self.database.ask(lambda connection: self._reading.position_at(connection, until))

    def wait(self, after: int, timeout: float) -> bool:
        """Wait until the head may have moved past *after*, at most *timeout* seconds."""
        deadline = time.monotonic() + timeout
        while self._seen <= after and self.head().position <= after:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._moved:
                if self._seen <= after:
                    self._moved.wait(min(left, self._poll))
        return True

    def close(self) -> None:
        """Give back every connection; closing twice is allowed."""
        self.database.close()
        with self._moved:
            self._moved.notify_all()

    def _listen(self) -> None:
        self._moved = threading.Condition()

    def _hint(self, position: int) -> None:
        """Wake those who wait for the head to move."""
        with self._moved:
            self._seen = max(self._seen, position)
            self._moved.notify_all()

    def _checked_head(self) -> int:
        head, last = self.database.ask(self._reading.ends)
        if head != last:
            raise CorruptionError(head, f"the last event at {head}", f"it at {last}")
        return head

    def _write(self, items: Sequence[Item]) -> list[Appended | Exception]:
        """Store a group; when it fails as a whole, each call on its own."""
        outcomes: list[Appended | Exception]
        try:
            outcomes = [*self._attempt(items)]
        except CixError as error:
            outcomes = [error] if len(items) == 1 else self._one_by_one(items, error)
        appended = [one.last for one in outcomes if isinstance(one, Appended)]
        self.statistics.appends += len(items)
        self.statistics.conflicts += sum(isinstance(one, ConflictError) for one in outcomes)
        if appended:
            self._hint(max(appended))
        return outcomes

    def _one_by_one(self, items: Sequence[Item], error: CixError) -> list[Appended | Exception]:
        """Try each call alone; those that would wait beyond the timeout share the error."""
        outcomes: list[Appended | Exception] = []
        deadline = time.monotonic() + self.database.timeout
        for item in items:
            if time.monotonic() > deadline:
                outcomes.append(error)
                continue
            try:
                outcomes += self._attempt([item])
            except CixError as alone:
                error = alone
                outcomes.append(alone)
        return outcomes

    def _attempt(self, items: Sequence[Item]) -> Sequence[Outcome]:
        """Store *items* in one transaction, knowing in the end whether they are stored."""
        seen, tries_left = self._seen, _TRIES
        while True:
            self.statistics.transactions += 1
            tries_left -= 1
            try:
                return self.database.patiently(lambda: self._writer.append(items), UnreachableError)
            except StoreUnavailableError as error:
                if not in_doubt(error):
                    raise
                if found := self._look_up(items, seen, error):
                    return [self._settled(item, found) for item in items]
                if not tries_left:
                    raise

    def _settled(self, item: Item, found: dict[bytes, tuple[int, int]]) -> Outcome:
        """Answer for an item of a transaction that was stored: here, or refused and so again."""
        if item.events[0].id not in found:
            return self._attempt([item])[0]
        first, recorded = found[item.events[0].id]
        return Appended(first, first + len(item.events) - 1, from_us(recorded))

    def _look_up(
        self, items: Sequence[Item], seen: int, error: StoreUnavailableError
    ) -> dict[bytes, tuple[int, int]]:
        """Find out after a lost connection what was stored behind the head that was seen."""
        self.statistics.looked_up += 1
        firsts = frozenset(item.events[0].id for item in items)
        try:
            return self.database.patiently(
                lambda: self._writer.look_up(firsts, seen), DisconnectedError, UnreachableError
            )
        except StoreUnavailableError:
            raise self._unknown(items) from error

    def _unknown(self, items: Sequence[Item]) -> OutcomeUnknownError:
        ids = tuple(str(UUID(bytes=event.id)) for item in items for event in item.events)
        return OutcomeUnknownError(self.url, ids)
