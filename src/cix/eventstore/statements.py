"""The SQL of reads: one text a shape of query, with ``?`` marks and values apart.

Positions are found in the index alone. Short lists are spelled out, long ones go as one value, so
that no database's limit on parameters is met.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from cix.eventstore.connection import Database
from cix.eventstore.planning import Branch
from cix.eventstore.tags import framed
from cix.eventstore.writing import LOG

END: Final = 2**62
"""A position behind every log."""
_SPELLED: Final = 24
_NAMES: Final = (
    *("position", "id", "type", "version", "occurred_at", "recorded_at"),
    *("tags", "data", "meta"),
)
_COLUMNS: Final = ", ".join(f"e.{name}" for name in _NAMES) + ", NULL"
_EVENTS: Final = f"SELECT {_COLUMNS} FROM event e WHERE e.log = {LOG} AND e.position"


class Statement(NamedTuple):
    """An SQL text in the driver's style and its values."""

    text: str
    values: list[Any]


class Statements:
    """Builds the statements of one database."""

    def __init__(self, database: Database, tag_hash: Callable[[str], int]) -> None:
        """Write for the dialect of *database*; tags are found by *tag_hash*."""
        self._hash = tag_hash
        self._mark = database.statement
        self._sqlite = database.dialect == "sqlite"
        self._find = "instr" if self._sqlite else "strpos"

    def positions(
        self, branches: Sequence[Branch], after: int, until: int, limit: int | None
    ) -> Statement:
        """Find the positions of events in any of *branches*, in order, each once."""
        text, values = self._union(branches, after, until, limit)
        return Statement(self._mark(text), values)

    def probe(self, asked: Sequence[tuple[Branch, int]]) -> Statement:
        """Ask whether the index holds anything in a branch after the position beside it.

        The other tags of an item are not looked at: "nothing" is sure, "something" is not.
        """
        texts: list[str] = []
        values: list[Any] = []
        for branch, after in asked:
            text, own = self._walk(branch._replace(others=()), after, None)
            texts.append(text)
            values += own
        return Statement(self._mark(" UNION ALL ".join(texts) + " LIMIT 1"), values)

    def events(
        self, branches: Sequence[Branch] | None, after: int, until: int, limit: int | None
    ) -> Statement:
        """Fetch the rows of events in any of *branches* (None: of all), in order."""
        if branches is None or (len(branches) == 1 and not branches[0].tags):
            return self._scan(branches, after, until, limit)
        if self._sqlite and len(branches) == 1 and len(branches[0].tags) == 1:
            return self._joined(branches[0], after, until, limit)
        found, values = self._union(branches, after, until, limit)
        within = f"IN ({found})" if self._sqlite else f"= ANY(ARRAY({found}))"
        return Statement(self._mark(f"{_EVENTS} {within} ORDER BY e.position"), values)

    def events_at(self, positions: Sequence[int]) -> Statement:
        """Fetch the rows at *positions*, in order."""
        within, values = self._among("position", positions)
        return Statement(self._mark(f"{_EVENTS} {within} ORDER BY e.position"), values)

    def boxes(self, positions: Sequence[int]) -> Statement:
        """Fetch the boxes at *positions*."""
        within, values = self._among("position", positions)
        return self._boxes(within, values)

    def boxes_between(self, first: int, last: int) -> Statement:
        """Fetch the boxes from one position to another."""
        return self._boxes("BETWEEN ? AND ?", [first, last])

    def _boxes(self, within: str, values: list[Any]) -> Statement:
        text = f"SELECT position, category, bytes FROM box WHERE log = {LOG} AND position {within}"
        return Statement(self._mark(text), values)

    def counts(self, tags: Sequence[str], after: int, up_to: int) -> Statement:
        """Count the index entries of each tag, as far as *up_to*: (hash, count) rows."""
        hashes = [self._hash(tag) for tag in tags]
        source = "json_each(?)" if self._sqlite else "unnest(?::bigint[]) AS v(value)"
        alias = " AS v" if self._sqlite else ""
        text = (
            f"SELECT v.value, (SELECT count(*) FROM (SELECT 1 FROM event_tag t "
            f"WHERE t.log = {LOG} AND t.tag64 = v.value AND t.position > ? LIMIT {up_to}) AS c) "
            f"FROM {source}{alias}"
        )
        listed = json.dumps(hashes) if self._sqlite else hashes
        return Statement(self._mark(text), [after, listed])

    def _scan(
        self, branches: Sequence[Branch] | None, after: int, until: int, limit: int | None
    ) -> Statement:
        text, values = f"{_EVENTS} > ? AND e.position <= ?", [after, until]
        if branches:
            within, types = self._among("type", branches[0].types)
            text, values = f"{text} AND e.type {within}", [*values, *types]
        return self._ended(f"{text} ORDER BY e.position", values, limit)

    def _joined(self, branch: Branch, after: int, until: int, limit: int | None) -> Statement:
        where, values = self._where(branch, after, until)
        marks = "".join(" AND instr(e.tags, ?) > 0" for _ in branch.others[:_SPELLED])
        text = (
            f"SELECT {_COLUMNS} FROM event_tag t CROSS JOIN event e "
            f"ON e.log = {LOG} AND e.position = t.position WHERE {where}{marks} ORDER BY t.position"
        )
        return self._ended(text, [*values, *map(framed, branch.others[:_SPELLED])], limit)

    def _ended(self, text: str, values: list[Any], limit: int | None) -> Statement:
        if limit is not None:
            text, values = f"{text} LIMIT ?", [*values, limit]
        return Statement(self._mark(text), values)

    def _union(
        self, branches: Sequence[Branch], after: int, until: int, limit: int | None
    ) -> tuple[str, list[Any]]:
        walks = [self._walk(branch, after, until) for branch in branches]
        text = " UNION ".join(walk for walk, _ in walks)
        if len(branches) == 1 and len(branches[0].tags) > 1:
            text = text.replace("SELECT", "SELECT DISTINCT", 1)
        values = [value for _, own in walks for value in own]
        if limit is None:
            return text, values
        return f"{text} ORDER BY 1 LIMIT ?", [*values, limit]

    def _walk(self, branch: Branch, after: int, until: int | None) -> tuple[str, list[Any]]:
        """Select the positions of one branch from the index."""
        where, values = self._where(branch, after, until)
        table = "event_tag" if branch.tags else "event"
        text = f"SELECT t.position FROM {table} t WHERE {where}"
        if branch.others:
            marks = [framed(tag) for tag in branch.others[:_SPELLED]]
            carried = " AND ".join(f"{self._find}(e.tags, ?) > 0" for _ in marks)
            text += (
                f" AND (SELECT {carried} FROM event e "
                f"WHERE e.log = {LOG} AND e.position = t.position)"
            )
            values += marks
        return text, values

    def _where(self, branch: Branch, after: int, until: int | None) -> tuple[str, list[Any]]:
        text, values = f"t.log = {LOG}", list[Any]()
        if branch.tags:
            within, values = self._among("tag64", [self._hash(tag) for tag in branch.tags])
            text += f" AND t.tag64 {within}"
        text += " AND t.position > ?"
        values.append(after)
        if until is not None:
            text += " AND t.position <= ?"
            values.append(until)
        if branch.types:
            within, types = self._among("type", branch.types)
            text += f" AND t.type {within}"
            values += types
        return text, values

    def _among(self, column: str, found: Sequence[Any]) -> tuple[str, list[Any]]:
        """Return the test that a column is one of the values, and the values."""
        if len(found) == 1:
            return "= ?", list(found)
        if len(found) <= _SPELLED:
            return f"IN ({', '.join('?' * len(found))})", list(found)
        if self._sqlite:
            return "IN (SELECT value FROM json_each(?))", [json.dumps(list(found))]
        return f"= ANY(?::{'text' if column == 'type' else 'bigint'}[])", [list(found)]
