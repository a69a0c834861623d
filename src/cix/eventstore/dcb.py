"""Both ways across the border to the ``eventsourcing`` library.

``CixRecorder`` is the library's ``DCBRecorder`` on a cix store, so that its applications run on
cix; ``RecorderStore`` is a cix store on any of its recorders. Nothing else in cix imports the
library.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, Self, TypeVar

import msgpack

from cix.clock import Clock, new_id, system_clock
from cix.errors import (
    ConfigError,
    ConflictError,
    CorruptionError,
    EventStoreError,
    MalformedFactError,
    MissingExtraError,
    StoreClosedError,
    StoreUnavailableError,
    UnsupportedByStoreError,
)
from cix.eventstore.base import LoadedEvent, LoadReport
from cix.eventstore.codec import NOT_LIFTED, Codec, Packed, lifted_from
from cix.eventstore.connection import Database
from cix.eventstore.sql import SqlStore
from cix.eventstore.tags import joined, split
from cix.eventstore.writing import overdue, refusal
from cix.facts import Catalogue
from cix.records import (
    EVERYTHING,
    AppendCondition,
    Appended,
    Head,
    NewEvent,
    Query,
    QueryItem,
    Recorded,
    Row,
    from_us,
    to_us,
)

try:
    from eventsourcing.dcb.api import (
        DCBAppendCondition,
        DCBEvent,
        DCBQuery,
        DCBQueryItem,
        DCBReadResponse,
        DCBRecorder,
        DCBSequencedEvent,
        DCBSubscription,
    )
    from eventsourcing.dcb.persistence import DCBInfrastructureFactory
    from eventsourcing.persistence import (
        IntegrityError,
        OperationalError,
        PersistenceError,
        ProgrammingError,
        TrackingRecorder,
    )
except ModuleNotFoundError as missing:
    raise MissingExtraError(
        "eventsourcing", "the package is not installed", "pip install 'cix[eventsourcing]'"
    ) from missing

RecorderT = TypeVar("RecorderT", bound="CixRecorder")

_PAGE: Final = 500
_GLANCE: Final = 0.2
"""Seconds after which a waiting subscription looks whether it was stopped."""
_BEYOND: Final = 2**62
_POLL: Final = 0.05


# -- eventsourcing on cix -----------------------------------------------------------------------
class CixRecorder(DCBRecorder):
    """Stores a foreign application's events in a cix log: type, tags and bytes as they are.

    They get version 0, a new id and the clock's time, and live beside cix's own facts.
    """

    def __init__(self, store: SqlStore, clock: Clock = system_clock) -> None:
        """Record in *store*."""
        self.store = store
        self._clock = clock

    def read(
        self, query: DCBQuery | None = None, *, after: int | None = None, limit: int | None = None
    ) -> DCBReadResponse:
        """Return the matching events after a position; the head is read first."""
        wanted, after = _query(query), after or 0
        try:
            if limit is not None:
                found = self.store.rows(wanted, after, None, limit)
                return _Response(iter(found), found[-1][0] if found else None)
            head = self.store.head().position
        except EventStoreError as error:
            raise OperationalError(str(error)) from error
        return _Response(self._pages(wanted, after, head), head or None)

    def append(
        self, events: Sequence[DCBEvent], condition: DCBAppendCondition | None = None
    ) -> int:
        """Store *events*, unless something matches the condition; return the last position."""
        if not events:
            raise ProgrammingError("an append needs at least one event")
        now = to_us(self._clock())
        foreign = self.store.codec.foreign
        conditions = () if condition is None else (_condition(condition),)
        try:
            packed = tuple(foreign(e.type, e.data, e.tags, new_id(), now) for e in events)
            return self.store.append_packed(packed, conditions).last
        except ConflictError as error:
            raise IntegrityError(str(error)) from error
        except MalformedFactError as error:
            raise ProgrammingError(str(error)) from error
        except EventStoreError as error:
            raise OperationalError(str(error)) from error

    def subscribe(
        self, query: DCBQuery | None = None, *, after: int | None = None
    ) -> CixSubscription[Self]:
        """Return matching events after a position, and go on with those to come."""
        return CixSubscription(self, query, after)

    def _pages(self, query: Query, after: int, head: int) -> Iterator[Any]:
        while page := self.store.rows(query, after, head, _PAGE):
            yield from page
            after = page[-1][0]


class CixSubscription(DCBSubscription[RecorderT]):
    """Follows the log by position: a hint that gets lost delays it by a moment, no more."""

    def __init__(
        self, recorder: RecorderT, query: DCBQuery | None = None, after: int | None = None
    ) -> None:
        """Follow *recorder* behind a position."""
        super().__init__(recorder, query, after)
        self._wanted = _query(query)
        self._rows: Iterator[Any] = iter(())

    def __next__(self) -> DCBSequencedEvent:
        """Return the next matching event, waiting for it; stopping ends the iteration."""
        while not self._has_been_stopped:
            for row in self._rows:
                return _sequenced(row)
            self._rows = iter(self._more())
        raise StopIteration

    def _more(self) -> list[Any]:
        store = self._recorder.store
        if not store.wait(self._last_position, _GLANCE):
            return []
        head = store.head().position
        found = store.rows(self._wanted, self._last_position, head, _PAGE)
        self._last_position = found[-1][0] if len(found) == _PAGE else head
        return found


class CixFactory(DCBInfrastructureFactory[TrackingRecorder]):
    """Lets an application run on cix by its environment.

    ``PERSISTENCE_MODULE=cix.eventstore.dcb`` and ``CIX_URL=sqlite:///...`` or ``postgresql://...``.
    """

    def dcb_recorder(self) -> DCBRecorder:
        """Open the store and return the recorder on it."""
        url = self.env.get("CIX_URL")
        if not url:
            raise ConfigError("CIX_URL", "nothing", "name a store such as sqlite:///events.db")
        self._store = SqlStore(Database(url), Catalogue(()))
        return CixRecorder(self._store)

    def close(self) -> None:
        """Close the store."""
        if hasattr(self, "_store"):
            self._store.close()


class _Response(DCBReadResponse):
    """Stored rows as the library's events, with the head they were read at."""

    def __init__(self, rows: Iterator[Any], head: int | None) -> None:
        self._rows = rows
        self._head = head

    @property
    def head(self) -> int | None:
        return self._head

    def __next__(self) -> DCBSequencedEvent:
        return _sequenced(next(self._rows))


def _sequenced(row: Row) -> DCBSequencedEvent:
    return DCBSequencedEvent(DCBEvent(row[2], row[7], list(split(row[6]))), row[0])


def _query(query: DCBQuery | None) -> Query:
    items = query.items if query else ()
    return Query(tuple(QueryItem(tuple(item.tags), tuple(item.types)) for item in items))


def _condition(condition: DCBAppendCondition) -> AppendCondition:
    return AppendCondition(_query(condition.fail_if_events_match), condition.after or 0)


# -- cix on eventsourcing -----------------------------------------------------------------------
class RecorderStore:
    """A cix event store on any ``DCBRecorder``; see ``base.EventStore`` for the methods.

    Such a recorder keeps type, tags and bytes only, so the envelope travels in the bytes.
    Recorded times are monotone for one process; loading history is refused.
    """

    def __init__(
        self, recorder: DCBRecorder, catalogue: Catalogue, clock: Clock = system_clock
    ) -> None:
        """Keep facts of *catalogue* in *recorder*."""
        self.url = f"eventsourcing:{type(recorder).__name__}"
        self.codec = Codec(catalogue)
        self._recorder = recorder
        self._clock = clock
        self._closed = False
        self._moved = threading.Condition(threading.RLock())

    def head(self) -> Head:
        """Return the end of the log."""
        position = self._response(EVERYTHING, _BEYOND, None).head or 0
        last = self._rows(EVERYTHING, position - 1, None, 1) if position else []
        return Head(position, last[0][5]) if last else Head(position)

    def append(
        self,
        events: Sequence[NewEvent],
        conditions: Sequence[AppendCondition] = (),
        *,
        recorded_at: datetime | None = None,
    ) -> Appended:
        """Store *events* at one recorded time, all or none, if every condition holds.

        A recorder judges one condition behind one position; so what was asked is judged by
        reading as far as the head, and the recorder is asked about what came after that.
        """
        if not events:
            raise ValueError("an append needs at least one event")
        packed = tuple(map(self.codec.encode, events))
        with self._moved:
            while True:
                head = self.head()
                for condition in conditions:
                    if rows := self._rows(condition.query, condition.after, None, 1):
                        raise refusal(condition, rows[0][0])
                given = to_us(self._clock() if recorded_at is None else recorded_at)
                if late := overdue(conditions, head, given):
                    raise refusal(late, head.position)
                recorded = max(given, head.recorded_us)
                sent = [_enveloped(one, recorded, given) for one in packed]
                if last := self._append(sent, _behind(conditions, head.position)):
                    self._moved.notify_all()
                    return Appended(last - len(sent) + 1, last, from_us(recorded))

    def load(self, events: Sequence[LoadedEvent]) -> LoadReport:
        """Refuse: such a recorder cannot keep the recorded times of history in order."""
        raise UnsupportedByStoreError(
            self.url, f"load {len(events)} facts", "open sqlite:///... or postgresql://..."
        )

    def read(
        self,
        query: Query = EVERYTHING,
        *,
        after: int = 0,
        until: int | None = None,
        limit: int | None = None,
    ) -> list[Recorded[Any]]:
        """Return matching facts with ``after < position <= until``, by position."""
        return [Recorded(row, self.codec) for row in self._rows(query, after, until, limit)]

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
        wanted, found, high = to_us(recorded_at), 0, self.head().position
        low = 0
        while low < high:
            middle = (low + high) // 2
            row = self._rows(EVERYTHING, middle, None, 1)[0]
            if row[5] <= wanted:
                found = low = row[0]
            else:
                high = middle
        return found

    def wait(self, after: int, timeout: float) -> bool:
        """Wait until the head may have moved past *after*, at most *timeout* seconds."""
        deadline = time.monotonic() + timeout
        with self._moved:
            while self.head().position <= after:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._moved.wait(min(left, _POLL))
        return True

    def close(self) -> None:
        """Stop using the recorder, which stays its owner's to close."""
        self._closed = True

    def _append(self, events: list[DCBEvent], condition: DCBAppendCondition | None) -> int:
        """Store *events*; 0 when something matches the condition."""
        try:
            return self._recorder.append(events, condition)
        except IntegrityError:
            return 0
        except PersistenceError as error:
            raise self._unavailable(error) from error

    def _response(self, query: Query, after: int, limit: int | None) -> DCBReadResponse:
        if self._closed:
            raise StoreClosedError(self.url)
        try:
            return self._recorder.read(_dcb_query((query,)), after=after or None, limit=limit)
        except PersistenceError as error:
            raise self._unavailable(error) from error

    def _rows(self, query: Query, after: int, until: int | None, limit: int | None) -> list[Row]:
        found: list[Row] = []
        for one in self._response(query, max(after, 0), limit):
            if until is not None and one.position > until:
                break
            found.append(_row(one))
        return found

    def _unavailable(self, error: PersistenceError) -> StoreUnavailableError:
        return StoreUnavailableError(self.url, str(error), "see what its recorder needs")


def _enveloped(event: Packed, recorded_us: int, given_us: int) -> DCBEvent:
    kept = event.given_us
    if kept is None and given_us < recorded_us:
        kept = given_us
    meta = event.meta + (NOT_LIFTED if kept is None else lifted_from(kept))
    boxes = [list(box) for box in event.boxes]
    envelope = [event.id, event.version, event.occurred_us, recorded_us, event.data, meta, boxes]
    return DCBEvent(event.type, msgpack.packb(envelope), list(split(event.tags)))


def _row(one: DCBSequencedEvent) -> Row:
    event, position = one.event, one.position
    try:
        event_id, version, occurred, recorded, data, meta, boxes = msgpack.unpackb(event.data)
        found = {category: content for category, _, content in boxes} or None
    except (ValueError, TypeError) as error:
        raise CorruptionError(position, "an envelope of cix", "foreign bytes") from error
    text = joined(event.tags)
    return position, event_id, event.type, version, occurred, recorded, text, data, meta, found


def _behind(conditions: Sequence[AppendCondition], head: int) -> DCBAppendCondition | None:
    """Return the one condition that nothing asked for came after *head*."""
    if not conditions:
        return None
    return DCBAppendCondition(_dcb_query([one.query for one in conditions]), head or None)


def _dcb_query(queries: Sequence[Query]) -> DCBQuery:
    if not all(query.items for query in queries):
        return DCBQuery()
    items = [item for query in queries for item in query.items]
    return DCBQuery(
        [DCBQueryItem(list(item.types), list(dict.fromkeys(item.tags))) for item in items]
    )
