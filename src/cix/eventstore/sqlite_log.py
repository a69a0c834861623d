"""Writing to the log on SQLite: statements one by one under the file's lock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cix.clock import Clock
from cix.eventstore.base import LoadReport
from cix.eventstore.connection import Connection, Database
from cix.eventstore.reading import Reading
from cix.eventstore.writing import (
    LOG,
    Item,
    Loading,
    Outcome,
    Rows,
    loaded,
    overdue,
    refusal,
    unknown,
)
from cix.records import Appended, from_us, to_us

_EVENT: Final = "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_TAG: Final = "INSERT INTO event_tag VALUES (?, ?, ?, ?)"
_BOX: Final = "INSERT INTO box VALUES (?, ?, ?, ?, ?, ?, ?)"
_MOVE: Final = f"UPDATE head SET position = ?, recorded_at = ? WHERE log = {LOG}"


class SqliteLog:
    """The writer of a SQLite log."""

    def __init__(self, database: Database, reading: Reading, clock: Clock) -> None:
        """Write to *database*; *clock* is read under the lock."""
        self._database = database
        self._reading = reading
        self._clock = clock

    def append(self, items: Sequence[Item]) -> list[Outcome]:
        """Judge and store *items* in order, in one transaction."""
        outcomes: list[Outcome] = []
        with self._database.writing() as connection:
            head = self._reading.head(connection)
            for item in items:
                rows = Rows(head)
                if item.conditions and (
                    hit := self._reading.first_match(connection, item.conditions, head.position)
                ):
                    outcomes.append(refusal(*hit))
                    continue
                given = self._given(item)
                if late := overdue(item.conditions, head, given):
                    outcomes.append(refusal(late, head.position))
                    continue
                rows.add((event, given) for event in item.events)
                self._insert(connection, rows)
                first, head = head.position + 1, rows.head
                outcomes.append(Appended(first, head.position, from_us(head.recorded_us)))
            connection.execute(_MOVE, (head.position, head.recorded_us))
        return outcomes

    def load(self, page: Sequence[Loading]) -> LoadReport:
        """Store the events of *page* that are not known, in one transaction."""
        with self._database.writing() as connection:
            found = connection.execute(*self._reading.naming(page)).fetchall()
            fresh = unknown(page, self._reading.ids_at(connection, found))
            rows, report = loaded(self._reading.head(connection), page, fresh)
            self._insert(connection, rows)
            connection.execute(_MOVE, (rows.head.position, rows.head.recorded_us))
        return report

    def look_up(self, ids: frozenset[bytes], behind: int) -> dict[bytes, tuple[int, int]]:
        """Return position and recorded time of those of *ids* that stand behind a position."""
        with self._database.writing() as connection:
            return self._reading.behind(connection, ids, behind)

    def _given(self, item: Item) -> int:
        return to_us(self._clock()) if item.given_us is None else item.given_us

    def _insert(self, connection: Connection, rows: Rows) -> None:
        cursor = connection.cursor()
        cursor.executemany(_EVENT, rows.events)
        cursor.executemany(_TAG, rows.tags)
        if rows.boxes:
            cursor.executemany(_BOX, rows.boxes)
        cursor.close()
