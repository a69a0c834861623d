"""Facts, histories and queries with which the store contract is tried, and the oracle."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias
from uuid import UUID, uuid5

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

from cix.clock import Clock
from cix.eventstore.base import EventStore
from cix.facts import Catalogue, fact, personal, tagged
from cix.records import AppendCondition, Metadata, NewEvent, Query, QueryItem, Recorded

NewStore: TypeAlias = Callable[[Clock], EventStore]
"""Opens a fresh, empty store of CATALOGUE with a clock."""

NOON: Final = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
_IDS: Final = UUID("5d9c1f4e-5f2f-4a57-8a3a-0d0a9f6f2a11")
_serial: Final = itertools.count()


@fact("sample.opened", 1)
class SampleOpened:
    """A fact with each kind of field: plain, listed, personal in two categories, composed."""

    ref: str
    channel: Literal["phone", "mail"] = "phone"
    amount: int = 0
    due: datetime | None = None
    labels: tuple[str, ...] = tagged("label", default=())
    text: str | None = personal("content", default=None)
    caller: str | None = personal("identity", default=None)


@fact("sample.closed", 1)
class SampleClosedOnce:
    """The first version, before the reason was asked for."""

    ref: str


@fact("sample.closed", 2)
class SampleClosed:
    """The present version of its word."""

    ref: str
    reason: str


@fact("sample.noted", 1)
class SampleNoted:
    """A fact of one text."""

    text: str


CATALOGUE: Final = Catalogue(
    (SampleOpened, SampleClosedOnce, SampleClosed, SampleNoted),
    {SampleClosedOnce: lambda old: SampleClosed(old.ref, "unknown")},
)
WORDS: Final = ("sample.opened", "sample.closed", "sample.noted")
FACTS: Final = (SampleOpened("s-1"), SampleClosed("s-1", "done"), SampleNoted("well"))


class MovingClock:
    """A clock that goes on by a second with each look, and may be set back."""

    def __init__(self, now: datetime = NOON) -> None:
        """Begin just before *now*."""
        self.now = now - SECOND

    def __call__(self) -> datetime:
        """Return the next second."""
        self.now += SECOND
        return self.now


def event(
    *tags: str,
    fact: object = SampleOpened("s-1"),
    metadata: Metadata | None = None,
    at: datetime = NOON,
) -> NewEvent:
    """Return a new event with a fresh id."""
    event_id = uuid5(_IDS, str(next(_serial)))
    return NewEvent(fact, tags, at, event_id, metadata or Metadata())


def none_after(query: Query, after: int = 0) -> AppendCondition:
    """Return the condition that nothing of *query* stands after a position."""
    return AppendCondition(query, after)


def positions(records: Sequence[Recorded[Any]]) -> list[int]:
    """Return where the records stand."""
    return [record.position for record in records]


def same(found: object, wanted: object) -> None:
    """Fail the test, showing both, unless *found* is what was *wanted*."""
    if found != wanted:
        raise AssertionError(f"found {found!r}, wanted {wanted!r}")


def holds(promise: object) -> None:
    """Fail the test unless the *promise* is true."""
    if not promise:
        raise AssertionError("the promise does not hold")


# -- the oracle: what a query means, in four lines ----------------------------------------------
def expected(
    log: Sequence[Recorded[Any]],
    query: Query,
    after: int = 0,
    until: int | None = None,
    limit: int | None = None,
) -> list[int]:
    """Return the positions that match, by looking at every event."""
    found = [
        record.position
        for record in log
        if record.position > after
        and (until is None or record.position <= until)
        and (not query.items or any(_meant(item, record) for item in query.items))
    ]
    return found if limit is None else found[:limit]


def _meant(item: QueryItem, record: Recorded[Any]) -> bool:
    of_type = not item.types or record.type in item.types
    return of_type and set(item.tags) <= set(record.tags)


TAGS: Final = ("a:1", "a:2", "b:1", "b:2", "c:漢字", "c:ß", "d:", "never:x")


def queries() -> SearchStrategy[Query]:
    """Return every shape: repeated tags and types, empty items, types alone, no item at all."""
    from hypothesis import strategies as st  # noqa: PLC0415  # only properties need it

    items = st.builds(
        QueryItem,
        st.lists(st.sampled_from(TAGS), max_size=3).map(tuple),
        st.lists(st.sampled_from((*WORDS, "no.such")), max_size=3).map(tuple),
    )
    return st.builds(Query, st.lists(items, max_size=4).map(tuple))


def mixed_history(store: EventStore) -> list[Recorded[Any]]:
    """Fill *store* with 96 events of all types, each with another choice of tags."""
    choices = [tag for n in range(4) for tag in itertools.combinations(TAGS[:-1], n)]
    for n, tags in enumerate(choices[:96]):
        repeated = tags + tags[:1] if n % 5 == 0 else tags
        store.append([event(*repeated, fact=FACTS[n % 3])])
    return store.read()
