"""All facts of one key of a view, in one indexed read; and instants as the engine asks them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import attrs

from cix.domain.decider import POLICY_WORD
from cix.eventstore.base import EventStore
from cix.projections.projection import Projection
from cix.records import Query, QueryItem, Recorded, from_us

CUSTOMER = "customer"


@attrs.frozen
class Instant:
    """When a question is asked about: the world's time, and what was recorded by then."""

    as_of: datetime
    known: int
    """Log position up to which facts are known."""


def question(projection: Projection[Any], key: str, records: Sequence[str]) -> Query:
    """Return the query for all facts of *key*; of a customer, under any of its *records*."""
    tags = (
        [f"record:{record}" for record in records]
        if projection.by == CUSTOMER
        else [f"{projection.by}:{key}"]
    )
    decider = projection.decider
    words = decider.words if decider else projection.words
    items = [QueryItem((tag,), words) for tag in tags]
    if decider is not None:
        items.extend(QueryItem((f"policy:{kind}",), (POLICY_WORD,)) for kind in decider.obeys)
    return Query(tuple(items))


def facts_of(
    store: EventStore,
    projection: Projection[Any],
    key: str,
    records_of: Callable[[str], Sequence[str]],
    known: int,
) -> list[Recorded[Any]]:
    """Return the facts of *key* up to position *known*, each once, by position."""
    records = records_of(key) if projection.by == CUSTOMER else ()
    if projection.by == CUSTOMER and not records:
        return []
    return store.read(question(projection, key, records), until=known)


def instant_of_question(
    store: EventStore,
    now: datetime,
    order: str,
    as_of: datetime | None,
    known_at: datetime | int | None,
) -> Instant:
    """Resolve what was asked: nothing given is everything known, now.

    A room folded in recording order knows at *as_of* what was recorded by then, so there
    ``known_at`` defaults to ``as_of``.
    """
    if known_at is None and as_of is not None and order == "recorded":
        known_at = as_of
    head = store.head()
    if known_at is None:
        known = head.position
    elif isinstance(known_at, int):
        known = min(known_at, head.position)
    else:
        known = store.position_at(known_at)
    return Instant(as_of or max(now, from_us(head.recorded_us)), known)
