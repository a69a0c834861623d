"""Writing to the log on PostgreSQL: one call of a server-side function is one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from cix.clock import Clock
from cix.eventstore.base import LoadReport
from cix.eventstore.codec import Packed
from cix.eventstore.connection import Database
from cix.eventstore.copying import Copying
from cix.eventstore.postgres_function import NAME
from cix.eventstore.reading import Reading
from cix.eventstore.writing import LOG, Item, Loading, Outcome, refusal, unknown
from cix.records import Appended, Head, QueryItem, from_us, to_us

_CALL: Final = f"SELECT {NAME}({LOG}, %s::jsonb)"
_LOCK: Final = f"SELECT position, recorded_at FROM head WHERE log = {LOG} FOR UPDATE"
_MOVE: Final = f"UPDATE head SET position = %s, recorded_at = %s WHERE log = {LOG}"
_ANY: Final = (QueryItem(),)


class PostgresLog:
    """The writer of a PostgreSQL log."""

    def __init__(
        self,
        database: Database,
        reading: Reading,
        clock: Clock,
        hashes: Callable[[tuple[str, ...]], tuple[int, ...]],
    ) -> None:
        """Write to *database*; *clock* is read before the call; tags are found by *hashes*."""
        self._database = database
        self._reading = reading
        self._clock = clock
        self._hashes = hashes

    def append(self, items: Sequence[Item]) -> list[Outcome]:
        """Judge and store *items* in order, in one transaction and one round trip."""
        now = to_us(self._clock())
        batch = json.dumps([self._item(item, now) for item in items])

        def call() -> list[int]:
            with self._database.reading() as connection:
                return cast("tuple[list[int]]", connection.execute(_CALL, (batch,)).fetchone())[0]

        answers = self._database.retrying(call)
        return [_outcome(item, *answers[3 * i : 3 * i + 3]) for i, item in enumerate(items)]

    def load(self, page: Sequence[Loading]) -> LoadReport:
        """Store the events of *page* that are not known, in one transaction, by COPY."""
        return self._database.retrying(lambda: self._load(page))

    def look_up(self, ids: frozenset[bytes], behind: int) -> dict[bytes, tuple[int, int]]:
        """Return position and recorded time of those of *ids* that stand behind a position."""
        with self._database.writing() as connection:
            connection.execute(_LOCK).fetchone()
            return self._reading.behind(connection, ids, behind)

    def _load(self, page: Sequence[Loading]) -> LoadReport:
        fresh, naming = unknown(page, ()), self._reading.naming(page)
        with self._database.writing() as connection:
            head = Head(*(connection.execute(_LOCK).fetchone() or (0, 0)))
            with cast("Any", connection).pipeline():  # psycopg's own: the server looks meanwhile
                asked = connection.execute(*naming)
                rows = _copying(head, fresh)
                found = asked.fetchall()
            if found:
                fresh = unknown(page, self._reading.ids_at(connection, found))
                rows = _copying(head, fresh)
            if fresh:
                rows.send(connection)
                connection.execute(_MOVE, (rows.head.position, rows.head.recorded_us))
        return rows.report(page, len(fresh))

    def _item(self, item: Item, now: int) -> dict[str, Any]:
        return {
            "k": now if item.given_us is None else item.given_us,
            "c": [
                [
                    one.after,
                    [self._query(query) for query in one.query.items or _ANY],
                    one.before_us,
                ]
                for one in item.conditions
            ],
            "e": [_event(event) for event in item.events],
            "b": any(event.boxes for event in item.events),
        }

    def _query(self, item: QueryItem) -> list[Any]:
        tags = tuple(dict.fromkeys(item.tags))
        return [self._hashes(tags), tags, item.types]


def _event(event: Packed) -> list[Any]:
    return [
        event.id.hex(),
        event.type,
        event.version,
        event.occurred_us,
        event.tags,
        event.data.hex(),
        event.meta.hex(),
        event.given_us,
        event.hashes,
        [(category, subject, content.hex()) for category, subject, content in event.boxes],
    ]


def _outcome(item: Item, first: int, second: int, third: int) -> Outcome:
    if first:
        return Appended(first, second, from_us(third))
    return refusal(item.conditions[second], third)


def _copying(head: Head, fresh: Sequence[Loading]) -> Copying:
    rows = Copying(head)
    rows.add(each[:2] for each in fresh)
    return rows
