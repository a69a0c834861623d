"""What the engine asks of a store: an append-only log, and tables for the rows of views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, Protocol, TypeAlias

import attrs

from cix.records import EVERYTHING, AppendCondition, Appended, Head, NewEvent, Query, Recorded


@attrs.frozen
class LoadedEvent:
    """History as its source tells it: a new event with the recorded time the source gives."""

    event: NewEvent
    recorded_at: datetime
    position: int | None = None
    """Where it stood in the log that it was exported from."""


@attrs.frozen
class LoadReport:
    """What a page of a load did: ``lifted`` counts recorded times that would have run back."""

    stored: int
    skipped: int
    lifted: int
    last: int
    """Position of the last fact stored, or of the head when nothing was."""


class EventStore(Protocol):
    """An append-only log. Positions start at 1, have no gaps and follow the order of commits."""

    @property
    def url(self) -> str:
        """Where the store is, without a password."""
        ...

    def head(self) -> Head:
        """Return the end of the log."""
        ...

    def append(
        self,
        events: Sequence[NewEvent],
        conditions: Sequence[AppendCondition] = (),
        *,
        recorded_at: datetime | None = None,
    ) -> Appended:
        """Store *events* at one recorded time, all or none, if every condition holds.

        The recorded time is ``max(clock or recorded_at, the head's)``, taken under the lock; what
        was given is kept in the metadata where it had to be lifted. Raises ``ConflictError`` when
        a condition fails, ``StoreUnavailableError`` when nothing could be written,
        ``OutcomeUnknownError`` when even the look-up of the event ids after a lost connection
        failed, ``MalformedFactError`` for a fact that is not of its fields' types.
        """
        ...

    def load(self, events: Sequence[LoadedEvent]) -> LoadReport:
        """Store one page of history in order, skipping events (``id:`` tag and id) known."""
        ...

    def read(
        self,
        query: Query = EVERYTHING,
        *,
        after: int = 0,
        until: int | None = None,
        limit: int | None = None,
    ) -> list[Recorded[Any]]:
        """Return matching facts with ``after < position <= until``, by position."""
        ...

    def pages(
        self,
        query: Query = EVERYTHING,
        *,
        after: int = 0,
        until: int | None = None,
        size: int = 5_000,
    ) -> Iterator[list[Recorded[Any]]]:
        """Yield the same facts in pages, never holding a cursor between them."""
        ...

    def position_at(self, recorded_at: datetime) -> int:
        """Return the last position whose recorded time is not after *recorded_at* (0: none)."""
        ...

    def wait(self, after: int, timeout: float) -> bool:
        """Wait until the head may have moved past *after*, at most *timeout* seconds."""
        ...

    def close(self) -> None:
        """Give back every connection; closing twice is allowed."""
        ...


@attrs.frozen
class Table:
    """The table of one view.

    ``row`` is an attrs class; its first field is the key (a text) unless ``lines``. A field whose
    type is ``tuple[SomeAttrsClass, ...]`` or ``list[SomeAttrsClass]`` becomes a child table. With
    ``lines`` the rows are keyed (key, position, n) and only ever added or removed by key.
    """

    name: str
    version: int
    row: type
    key: str
    """Tag kind of the key, and the name of the key column of a table of lines."""
    lines: bool = False


@attrs.define
class Stored:
    """A row with what the engine must know to apply the next fact to it.

    Both are changed in place while a page is taken: a frozen copy a fact costs as much as the
    fact.
    """

    row: Any
    position: int
    """Position of the last fact applied."""
    occurred_us: int
    """Latest ``occurred_at`` applied: an earlier fact asks for a refold."""
    next_due_us: int | None = None
    """When the row will be out of date by time alone."""


@attrs.frozen
class Line:
    """One row of an append-only view."""

    key: str
    position: int
    n: int
    occurred_us: int
    row: Any


@attrs.frozen
class Parked:
    """A key that a view could not bring up to date, and why."""

    projection: str
    key: str
    position: int
    error: str


@attrs.define
class Change:
    """What one step writes into the table of one view (of one generation)."""

    name: str
    generation: int
    puts: dict[str, Stored] = attrs.field(factory=dict)
    deletes: set[str] = attrs.field(factory=set)
    """Keys whose row (or lines) go; applied before puts and lines."""
    lines: list[Line] = attrs.field(factory=list)
    parked: dict[str, Parked] = attrs.field(factory=dict)
    unparked: set[str] = attrs.field(factory=set)
    awaited: dict[str, int] = attrs.field(factory=dict)
    """Keys that have no row, and the instant (microseconds) at which they may get one."""
    arrived: set[str] = attrs.field(factory=set)
    """Keys that are awaited no longer."""

    def drop(self, key: str) -> bool:
        """Leave *key* out; tell whether anything was to be written for it."""
        lines = [line for line in self.lines if line.key != key]
        had = self.puts.pop(key, None) is not None or len(lines) < len(self.lines)
        self.lines = lines
        return had


@attrs.frozen
class ViewState:
    """How far a view is. ``building`` is a generation beside the live one, if there is one.

    ``shares`` are the positions of its parts where several processes build it, each for its share
    of the keys; ``building_position`` is then the least of them.
    """

    name: str
    version: int
    generation: int
    position: int
    building: int | None = None
    building_position: int = 0
    building_version: int = 0
    parked: int = 0
    shares: tuple[int, ...] = ()


BUILT: Final = "+"
"""Behind a view's name: the generation that is being built; behind it the number of a share."""


def view_of(mark: str) -> str:
    """Return the name of the view that a checkpoint belongs to."""
    return mark.partition(BUILT)[0]


Comparison: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "in", "is null", "is not null"]


@attrs.frozen
class Where:
    """One condition of a search over rows, on a column of the view."""

    column: str
    comparison: Comparison
    value: Any = None


class ViewStore(Protocol):
    """Tables of rows with checkpoints; every write is one transaction with its checkpoint."""

    is_shared: bool
    """Whether other processes see the same tables."""

    def prepare(self, tables: Sequence[Table]) -> None:
        """Create what is missing for *tables*; reads first, writes nothing when up to date."""
        ...

    def states(self) -> Mapping[str, ViewState]:
        """Return how far each prepared view is."""
        ...

    def load(self, name: str, keys: Iterable[str], generation: int) -> dict[str, Stored]:
        """Return the stored rows of *keys* (those that exist); not for lines."""
        ...

    def lines(self, name: str, keys: Sequence[str], generation: int) -> list[Line]:
        """Return the lines of *keys*, by (position, n)."""
        ...

    def commit(
        self, changes: Sequence[Change], *, expected: Mapping[str, int], position: int
    ) -> bool:
        """Write *changes* and move the views of *expected* from those positions to *position*.

        ``expected`` maps view names (``name`` for the live generation, ``name+`` for the one being
        built, ``name+2`` for the share number 2 of it) to the checkpoint that was read. False, and
        nothing written, when any differs: somebody else was faster.
        """
        ...

    def begin_build(self, name: str, version: int) -> ViewState:
        """Create an empty table beside the live one, or return the build that is under way."""
        ...

    def abandon_build(self, name: str) -> None:
        """Drop the table beside."""
        ...

    def share_build(self, name: str, count: int) -> ViewState:
        """Give a build that has not begun *count* shares, each with a checkpoint of its own."""
        ...

    def join_build(self, name: str) -> ViewState:
        """Make one build again of shares that stand at one position."""
        ...

    def swap(self, name: str) -> ViewState:
        """Make the built table the live one: SQL view and checkpoint in one transaction."""
        ...

    def find(
        self,
        name: str,
        where: Sequence[Where] = (),
        *,
        order_by: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[Stored]:
        """Return live rows, ordered as asked (``-column`` descending), then by key."""
        ...

    def keys(self, name: str, generation: int, *, after: str = "", limit: int = 1_000) -> list[str]:
        """Return keys in order, a page at a time."""
        ...

    def due(self, name: str, until_us: int, limit: int | None = None) -> list[str]:
        """Return the keys of live rows with ``next_due`` not after *until_us*, soonest first.

        Awaited keys, which have no row yet, are among them.
        """
        ...

    def parked(self, name: str | None = None) -> list[Parked]:
        """Return the parked keys, of one view or of all."""
        ...

    def awaited(self, name: str) -> set[str]:
        """Return the keys of a view (``name+``: of its build) that may get a row with time."""
        ...

    def digest(self, name: str) -> str:
        """Return a SHA-256 over all live rows (children and lines included) in key order.

        Equal rows give equal digests on every database.
        """
        ...

    def identify(self, kind: str, value_hash: bytes, offered: str) -> str:
        """Return the id kept for a blind-index entry, storing *offered* if there is none."""
        ...

    def learn(self, entries: Sequence[tuple[str, bytes, str]]) -> None:
        """Keep (kind, value hash, id) of each entry, in one transaction; the first id stays."""
        ...

    def cursor(self, name: str) -> int:
        """Return the checkpoint of a follower that keeps no rows (0 at first)."""
        ...

    def move_cursor(self, name: str, expected: int, position: int) -> bool:
        """Move a follower's checkpoint if it is still *expected*."""
        ...

    def close(self) -> None:
        """Give back every connection."""
        ...
