"""Values that cross floors: a fact in its envelope, what to read, what must not have come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Final, Generic, Protocol, TypeVar, cast
from uuid import UUID

import attrs

from cix.errors import NaiveInstantError

EventT = TypeVar("EventT")
Event_co = TypeVar("Event_co", covariant=True)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_ROW: Final = attrgetter("row")


def to_us(instant: datetime) -> int:
    """Return whole microseconds since 1970 UTC; a naive instant is refused."""
    if instant.tzinfo is None:
        raise NaiveInstantError("instant", instant.isoformat())
    return (instant - EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """Return the UTC instant of whole microseconds since 1970."""
    return EPOCH + microseconds * _MICROSECOND


@attrs.frozen
class Metadata:
    """What the envelope says besides times and tags: who asked, for what, because of what."""

    actor: str | None = None
    correlation: str | None = None
    """Id of the event (or the outside request) that the whole chain began with."""
    causation: str | None = None
    """Id of the event that this one is a reaction to."""
    digest: str | None = None
    """Digest of the request's body: the same id with another body is refused."""
    given_us: int | None = None
    """The recorded time given, or the clock's, where it had to be lifted to the log's."""
    loaded: bool = False
    """True for history that was loaded: reactions pass over it."""


class Reader(Protocol):
    """How a stored row is read; the store's codec is one, ``_Plain`` another."""

    def tags(self, row: Row) -> tuple[str, ...]:
        """Return the tags of *row*, in the order they were written."""
        ...

    def values_of(self, rows: Iterable[Row], kind: str) -> list[list[str]]:
        """Return of each row the values of its tags of *kind*, in the order they were written."""
        ...

    def first_of(self, row: Row, kind: str) -> str | None:
        """Return the value of the first tag of *kind* of *row*, or None."""
        ...

    def metadata(self, row: Row) -> Metadata:
        """Return the metadata of *row*."""
        ...

    def fact(self, row: Row) -> object:
        """Decode the fact of *row*; a ``CodecError`` with its position when it cannot be."""
        ...

    def written(self, row: Row) -> object:
        """Decode the fact of *row* as ``fact`` does, but of the version it was written in."""
        ...


Row = tuple[int, UUID | bytes | str, str, int, int, int, Any, Any, Any, Any]
"""position, id, type, version, occurred and recorded microseconds, tags, data, meta, boxes."""


class Recorded(Generic[Event_co]):
    """A fact in its envelope: where it stands, when it happened, when we learnt of it.

    A slim face over the stored row: each part is read when it is asked for, the fact once.
    """

    __slots__ = ("_fact", "reader", "row")

    def __init__(self, row: Row, reader: Reader) -> None:
        """Lay the face over *row*; nothing is decoded yet."""
        self.row = row
        self.reader = reader
        self._fact: Any = None

    @classmethod
    def of(  # an envelope has that many parts
        cls,
        fact: EventT,
        *,
        position: int = 1,
        occurred_at: datetime,
        recorded_at: datetime | None = None,
        tags: tuple[str, ...] = (),
        metadata: Metadata | None = None,
        event_id: UUID | None = None,
        type: str = "",  # the envelope's own word
        version: int = 1,
    ) -> Recorded[EventT]:
        """Put *fact* in an envelope without a store, for folds and tests."""
        occurred = to_us(occurred_at)
        recorded = occurred if recorded_at is None else to_us(recorded_at)
        row: Row = (
            position,
            event_id or UUID(int=position),
            type,
            version,
            occurred,
            recorded,
            tags,
            fact,
            metadata or Metadata(),
            None,
        )
        return Recorded(row, PLAIN)

    @property
    def position(self) -> int:
        """Place in the log, from 1, without gaps, in commit order."""
        return self.row[0]

    @property
    def event_id(self) -> UUID:
        """Id of the event: uuid5 of the request's id and its number in the answer."""
        found = self.row[1]
        if isinstance(found, UUID):
            return found
        return UUID(bytes=found) if isinstance(found, bytes) else UUID(found)

    @property
    def type(self) -> str:
        """Stored word of the fact, such as ``ticket.opened``."""
        return self.row[2]

    @property
    def version(self) -> int:
        """Stored version of the fact's fields."""
        return self.row[3]

    @property
    def occurred_us(self) -> int:
        """When it happened in the world, microseconds since 1970 UTC."""
        return self.row[4]

    @property
    def recorded_us(self) -> int:
        """When the log took it, microseconds since 1970 UTC; never runs back along positions."""
        return self.row[5]

    @property
    def occurred_at(self) -> datetime:
        """When it happened in the world, UTC."""
        return EPOCH + self.row[4] * _MICROSECOND

    @property
    def recorded_at(self) -> datetime:
        """When the log took it, UTC."""
        return EPOCH + self.row[5] * _MICROSECOND

    @property
    def tags(self) -> tuple[str, ...]:
        """``kind:value`` texts; the first is the key of the room that wrote the fact."""
        return self.reader.tags(self.row)

    @property
    def metadata(self) -> Metadata:
        """Actor, correlation, causation and what else the envelope keeps."""
        return self.reader.metadata(self.row)

    @property
    def fact(self) -> Event_co:
        """The fact itself, of its present version."""
        if self._fact is None:
            self._fact = self.reader.fact(self.row)
        return self._fact  # type: ignore[no-any-return]  # a cast is a call, once a fact

    def posting(self) -> tuple[object, str, int, datetime, datetime]:
        """Return what a ledger writes down: fact, command, position, occurred, recorded instant.

        All of it is read in one go, as a ledger is folded a million times over.
        """
        row, reader = self.row, self.reader
        if self._fact is None:
            self._fact = reader.fact(row)
        recorded = EPOCH + row[5] * _MICROSECOND
        occurred = recorded if row[4] == row[5] else EPOCH + row[4] * _MICROSECOND
        command = reader.first_of(row, "id") or str(self.event_id)
        return self._fact, command, row[0], occurred, recorded

    @property
    def written(self) -> object:
        """The fact as it was written: of ``version``, which may be an old one."""
        return self.reader.written(self.row)

    @property
    def key(self) -> str:
        """Key of the room that wrote the fact: ``t-42`` of the tag ``ticket:t-42``."""
        return self.reader.tags(self.row)[0].partition(":")[2]

    @property
    def request(self) -> str | None:
        """Id of the request that made the fact; the id of a command names what it made."""
        return self.reader.first_of(self.row, "id")

    @property
    def command(self) -> str:
        """Id of the command that made the fact; without one, of the event."""
        return self.reader.first_of(self.row, "id") or str(self.event_id)

    def tag(self, kind: str) -> str | None:
        """Return the value of the first tag of *kind*, or None."""
        return self.reader.first_of(self.row, kind)

    def values_of(self, kind: str) -> list[str]:
        """Return the values of all tags of *kind*, in the order they were written."""
        return self.reader.values_of((self.row,), kind)[0]

    def __eq__(self, other: object) -> bool:
        """Compare the envelopes part by part, and the facts."""
        if not isinstance(other, Recorded):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        """Hash by the event's id."""
        return hash(self.event_id)

    def __repr__(self) -> str:
        """Show the place, the word and the fact."""
        return f"Recorded({self.position}, {self.type!r}, {self.occurred_at.isoformat()})"

    def _parts(self) -> tuple[object, ...]:
        return (
            self.row[0],
            self.event_id,
            *self.row[2:6],
            self.tags,
            self.metadata,
            self.fact,
        )


def occurrence(record: Recorded[Any]) -> tuple[int, int]:
    """Return what orders facts as they occurred: the instant, then the position."""
    return record.row[4], record.row[0]


class _Plain:
    """Reads rows that hold the values themselves."""

    def tags(self, row: Row) -> tuple[str, ...]:
        found: tuple[str, ...] = row[6]
        return found

    def values_of(self, rows: Iterable[Row], kind: str) -> list[list[str]]:
        prefix = kind + ":"
        cut = len(prefix)
        return [[tag[cut:] for tag in row[6] if tag.startswith(prefix)] for row in rows]

    def first_of(self, row: Row, kind: str) -> str | None:
        prefix = kind + ":"
        for tag in row[6]:
            value: str = tag.removeprefix(prefix)
            if value != tag:
                return value
        return None

    def metadata(self, row: Row) -> Metadata:
        return cast("Metadata", row[8])

    def fact(self, row: Row) -> object:
        return row[7]

    def written(self, row: Row) -> object:
        return row[7]


PLAIN: Final[Reader] = _Plain()


def values_of(kind: str, records: Sequence[Recorded[Any]]) -> list[list[str]]:
    """Return of each of *records*, all of one store, the values of its tags of *kind*."""
    if not records:
        return []
    return records[0].reader.values_of(rows_of(records), kind)


def rows_of(records: Iterable[Recorded[Any]]) -> list[Row]:
    """Return the stored rows of *records*."""
    return list(map(_ROW, records))


@attrs.frozen
class QueryItem:
    """Facts that carry *all* of the tags and are *one* of the types; empty means any."""

    tags: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


@attrs.frozen
class Query:
    """Facts that match any of the items; no item at all means every fact."""

    items: tuple[QueryItem, ...] = ()

    @classmethod
    def tagged(cls, *tags: str, types: Sequence[str] = ()) -> Query:
        """Return the query of facts with all of *tags* and one of *types*."""
        return cls((QueryItem(tags, tuple(types)),))

    def __or__(self, other: Query) -> Query:
        """Return the query that matches what either matches."""
        if not self.items or not other.items:
            return Query()
        return Query(tuple(dict.fromkeys((*self.items, *other.items))))

    def matches(self, tags: Sequence[str], word: str) -> bool:
        """Tell whether a fact of *word* with *tags* is meant."""
        return not self.items or any(
            (not item.types or word in item.types) and all(t in tags for t in item.tags)
            for item in self.items
        )

    def __str__(self) -> str:
        """Show the items as a person would write them."""
        shown = [
            " and ".join(item.tags) + (f" of {'|'.join(item.types)}" if item.types else "")
            for item in self.items
        ]
        return " or ".join(shown) or "everything"


EVERYTHING: Final = Query()


@attrs.frozen
class AppendCondition:
    """Append only if nothing that matches *query* stands after position *after*.

    With ``before_us`` the recorded time given to the events must also be before that instant
    (microseconds since 1970): what was decided stands on nothing having fallen due.
    """

    query: Query
    after: int = 0
    before_us: int | None = None


@attrs.frozen
class NewEvent:
    """A fact on its way into the log; the store adds position and recorded time."""

    fact: object
    tags: tuple[str, ...]
    occurred_at: datetime
    event_id: UUID
    metadata: Metadata = attrs.field(factory=Metadata)


@attrs.frozen
class Head:
    """The end of the log: its last position (0 when empty) and that fact's recorded time."""

    position: int = 0
    recorded_us: int = 0


@attrs.frozen
class Appended:
    """Where an append was stored."""

    first: int
    last: int
    recorded_at: datetime
