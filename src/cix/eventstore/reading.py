"""Reads of the log: exact answers from index walks, the rarest tag first."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from cix.eventstore.codec import Codec
from cix.eventstore.connection import Connection, Cursor, Database
from cix.eventstore.planning import Branch, branches, matcher
from cix.eventstore.statements import END, Statement, Statements
from cix.eventstore.writing import LOG, Loading
from cix.records import AppendCondition, Head, Query

T = TypeVar("T")
Rows: TypeAlias = list[tuple[Any, ...]]

_HEAD: Final = f"SELECT position, recorded_at FROM head WHERE log = {LOG}"
_ENDS: Final = (
    f"SELECT position, (SELECT max(e.position) FROM event e WHERE e.log = {LOG}) "
    f"FROM head WHERE log = {LOG}"
)
_AT: Final = f"""
WITH RECURSIVE span(low, high) AS (
    SELECT CAST(0 AS BIGINT), position FROM head WHERE log = {LOG}
    UNION ALL
    SELECT
        CASE WHEN e.recorded_at <= ? THEN e.position ELSE low END,
        CASE WHEN e.recorded_at <= ? THEN high ELSE e.position - 1 END
    FROM span JOIN event e ON e.log = {LOG} AND e.position = (low + high + 1) / 2
    WHERE low < high
)
SELECT low FROM span WHERE low = high
"""
_IDS: Final = (
    "SELECT id, position, recorded_at FROM event "
    f"WHERE log = {LOG} AND position > ? ORDER BY position LIMIT ?"
)
_PAGE: Final = 5_000
NO_TAG: Final = "\0"
"""A text that is no tag."""
_AT_ONCE: Final = 64
"""Branches in one statement: databases bound the parts of a UNION."""
_COUNTED: Final = 64
"""Index entries counted of each tag at first, to find the rarest."""
_MORE: Final = 16
_FEW: Final = 24
_DENSE: Final = 4
"""Of more rows than a few that stand so close, all boxes between them are read."""


class Reading:
    """Answers queries on a connection that the caller lends, inside a transaction or not."""

    def __init__(self, database: Database, codec: Codec) -> None:
        """Read the log in *database*, whose rows *codec* understands."""
        self._codec = codec
        self._statements = Statements(database, codec.hash)
        self._at = database.statement(_AT)
        self._ids = database.statement(_IDS)

    def head(self, connection: Connection) -> Head:
        """Return the end of the log."""
        found = connection.execute(_HEAD).fetchone()
        return Head(*found) if found else Head()

    def ends(self, connection: Connection) -> tuple[int, int]:
        """Return the head's position and that of the last event, which must be equal."""
        found = connection.execute(_ENDS).fetchone()
        return (found[0], found[1] or 0) if found else (0, -1)

    def position_at(self, connection: Connection, recorded_us: int) -> int:
        """Return the last position whose recorded time is not after *recorded_us*."""
        found = connection.execute(self._at, (recorded_us, recorded_us)).fetchone()
        return int(found[0]) if found else 0

    def rows(
        self,
        connection: Connection,
        query: Query,
        after: int = 0,
        until: int | None = None,
        limit: int | None = None,
    ) -> Rows:
        """Return the matching rows with ``after < position <= until``, by position."""
        until = END if until is None else until
        found: Rows = []
        if after >= until or limit == 0:
            return found
        walked = self._driven(connection, branches(query), after)
        test = matcher(query) if _may_find_too_much(walked) else None
        while True:
            wanted = None if limit is None else limit - len(found)
            rows = self._fetch(connection, walked, after, until, wanted)
            found += rows if test is None else [row for row in rows if test(row[6], row[2])]
            if wanted is None or len(rows) < wanted or len(found) == limit:
                return self._with_boxes(connection, found)
            after = rows[-1][0]

    def first_match(
        self, connection: Connection, conditions: Sequence[AppendCondition], head: int
    ) -> tuple[AppendCondition, int] | None:
        """Return the first condition that something stands against, and where; None: all hold."""
        asked: list[tuple[Branch, int]] = []
        for condition in conditions:
            if condition.after >= head:
                continue
            walked = branches(condition.query)
            if walked is None:
                return condition, condition.after + 1
            asked += [(branch, condition.after) for branch in walked]
        if all(self._holds(connection, part) for part in _parts(asked)):
            return None
        for condition in conditions:
            if rows := self.rows(connection, condition.query, condition.after, limit=1):
                return condition, rows[0][0]
        return None

    def naming(self, page: Sequence[Loading]) -> Statement:
        """Return the statement that finds the positions of events with the ids of *page*."""
        names = tuple(dict.fromkeys(one.named for one in page if one.named is not None))
        return self._statements.positions([Branch(names or (NO_TAG,), ())], 0, END, None)

    def ids_at(self, connection: Connection, found: Rows) -> set[bytes]:
        """Return the event ids at the positions *found*."""
        stored: set[bytes] = set()
        for part in _parts([row[0] for row in found], _PAGE):
            rows = _run(connection, self._statements.events_at(part)).fetchall()
            stored.update(row[1] for row in rows)
        return stored

    def behind(
        self, connection: Connection, ids: frozenset[bytes], after: int
    ) -> dict[bytes, tuple[int, int]]:
        """Return position and recorded time of those of *ids* that stand after a position."""
        found: dict[bytes, tuple[int, int]] = {}
        while rows := connection.execute(self._ids, (after, _PAGE)).fetchall():
            found.update((row[0], (row[1], row[2])) for row in rows if row[0] in ids)
            after = rows[-1][1]
        return found

    def _holds(self, connection: Connection, asked: Sequence[tuple[Branch, int]]) -> bool:
        return _run(connection, self._statements.probe(asked)).fetchone() is None

    def _fetch(
        self,
        connection: Connection,
        walked: Sequence[Branch] | None,
        after: int,
        until: int,
        limit: int | None,
    ) -> Rows:
        if walked is None or len(walked) <= _AT_ONCE:
            statement = self._statements.events(walked, after, until, limit)
            return _run(connection, statement).fetchall()
        positions: set[int] = set()
        for part in _parts(walked):
            statement = self._statements.positions(part, after, until, limit)
            positions.update(row[0] for row in _run(connection, statement).fetchall())
        chosen = sorted(positions)[:limit]
        return _run(connection, self._statements.events_at(chosen)).fetchall() if chosen else []

    def _driven(
        self, connection: Connection, walked: Sequence[Branch] | None, after: int
    ) -> Sequence[Branch] | None:
        """Let each branch walk its rarest tag, whatever order the caller wrote."""
        if walked is None or not any(branch.others for branch in walked):
            return walked
        return [
            self._by_rarest(connection, branch, after) if branch.others else branch
            for branch in walked
        ]

    def _by_rarest(self, connection: Connection, branch: Branch, after: int) -> Branch:
        tags = (*branch.tags, *branch.others)
        up_to = _COUNTED
        while True:
            statement = self._statements.counts(tags, after, up_to)
            counted: dict[int, int] = dict(_run(connection, statement).fetchall())
            if min(counted.values()) < up_to:
                break
            up_to *= _MORE
        rarest = min(tags, key=lambda tag: counted[self._codec.hash(tag)])
        others = tuple(tag for tag in tags if tag != rarest)
        return Branch((rarest,), branch.types, others)

    def _with_boxes(self, connection: Connection, rows: Rows) -> Rows:
        """Put the boxes of facts that have any into their rows."""
        boxed = self._codec.boxed
        if not boxed or not rows:
            return rows
        first, last = rows[0][0], rows[-1][0]
        if len(rows) > _FEW and last - first < _DENSE * len(rows):
            statement = self._statements.boxes_between(first, last)
        elif positions := [row[0] for row in rows if (row[2], row[3]) in boxed]:
            statement = self._statements.boxes(positions)
        else:
            return rows
        found: dict[int, dict[str, bytes]] = {}
        for position, category, content in _run(connection, statement).fetchall():
            found.setdefault(position, {})[category] = content
        for position, boxes in found.items():
            place = bisect_left(rows, (position,))
            if rows[place][0] == position:  # between two rows stand events that were not asked for
                rows[place] = (*rows[place][:9], boxes)
        return rows


def _may_find_too_much(walked: Sequence[Branch] | None) -> bool:
    """Tell whether a hash may collide in a walk; types are compared as they are."""
    return walked is not None and any(branch.tags for branch in walked)


def _parts(found: Sequence[T], size: int = _AT_ONCE) -> Iterator[Sequence[T]]:
    for start in range(0, len(found), size):
        yield found[start : start + size]


def _run(connection: Connection, statement: Statement) -> Cursor:
    return connection.execute(statement.text, statement.values)
