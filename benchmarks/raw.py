"""The same rows and the same condition by hand: plain sqlite3, plain psycopg, nothing between.

Each class works on tables that cix made, so both sides read and write the same columns and
indexes. Facts come in as plain values and end as the very bytes that cix stores.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from time import time_ns
from typing import Any, Final

import msgpack
import psycopg
from workload import ACCOUNTS, CLASSES, Account, Happened, VisitLogged, evolve

META: Final = msgpack.packb(("bench", None, None, None, True, None))
PAGE: Final = 5_000
_EVENT: Final = "INSERT INTO event VALUES (1, ?, ?, ?, 1, ?, ?, ?, ?, ?)"
_TAG: Final = "INSERT INTO event_tag VALUES (1, ?, ?, ?)"
_KNOWN: Final = (
    "SELECT t.position FROM event_tag t WHERE t.log = 1 "
    "AND t.tag64 IN (SELECT value FROM json_each(?)) LIMIT 1"
)
_HISTORY: Final = (
    "SELECT e.position, e.id, e.type, e.version, e.occurred_at, e.recorded_at, e.tags, e.data, "
    "e.meta FROM event_tag t "
    "CROSS JOIN event e ON e.log = 1 AND e.position = t.position "
    "WHERE t.log = 1 AND t.tag64 = ? AND t.type IN ('order.paid', 'visit.logged') "
    "ORDER BY t.position"
)
_AFTER: Final = (
    "SELECT position, id, type, version, occurred_at, recorded_at, tags, data, meta FROM event "
    "WHERE log = 1 AND position > ? ORDER BY position LIMIT ?"
)
_COUNTER: Final = """INSERT INTO counter VALUES (?, ?, ?, ?) ON CONFLICT (customer) DO UPDATE SET
    visits = counter.visits + excluded.visits, seconds = counter.seconds + excluded.seconds,
    cents = counter.cents + excluded.cents"""
_TABLES: Final = (
    "CREATE TABLE counter (customer TEXT PRIMARY KEY, visits BIGINT, seconds BIGINT, cents BIGINT)",
    "CREATE TABLE checkpoint (position BIGINT)",
    "INSERT INTO checkpoint VALUES (0)",
)
_APPEND: Final = """
CREATE FUNCTION raw_append(
    p_tag bigint, p_types text[], p_after bigint, p_id bytea, p_type text, p_at bigint,
    p_now bigint, p_tags text, p_data bytea, p_meta bytea, p_hashes bigint[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_position bigint; v_recorded bigint;
BEGIN
    SELECT position, recorded_at INTO v_position, v_recorded FROM head WHERE log = 1 FOR UPDATE;
    IF EXISTS (SELECT 1 FROM event_tag WHERE log = 1 AND tag64 = p_tag AND position > p_after
               AND type = ANY(p_types)) THEN
        RETURN NULL;
    END IF;
    v_position := v_position + 1;
    v_recorded := greatest(v_recorded, p_now);
    INSERT INTO event VALUES
        (1, v_position, p_id, p_type, 1, p_at, v_recorded, p_tags, p_data, p_meta);
    INSERT INTO event_tag SELECT 1, h, v_position, p_type FROM unnest(p_hashes) AS h;
    UPDATE head SET position = v_position, recorded_at = v_recorded WHERE log = 1;
    RETURN v_position;
END $$
"""


@lru_cache(65_536)
def tag64(tag: str) -> int:
    """Return the 64 bits under which a tag stands in the index."""
    return int.from_bytes(blake2b(tag.encode(), digest_size=8).digest(), signed=True)


def row(one: Happened, position: int, recorded: int) -> tuple[Any, ...]:
    """Return the row of an event."""
    text = "\x1f" + "\x1f".join(one.tags) + "\x1f"
    return (position, one.id, one.word, one.at_us, recorded, text, msgpack.packb(one.values), META)


def rows(page: Sequence[Happened], position: int) -> tuple[list[Any], list[Any]]:
    """Return the rows of a page and of its tags, neighbours in the index together."""
    events, tags = [], []
    for one in page:
        position += 1
        events.append(row(one, position, one.at_us))
        tags += [(tag64(tag), position, one.word) for tag in one.tags]
    tags.sort()
    return events, tags


def folded(customer: str, found: Iterable[tuple[Any, ...]]) -> Account:
    """Decode facts and fold them."""
    state = Account(customer)
    for record in found:
        state = evolve(state, CLASSES[record[2]](*msgpack.unpackb(record[7])), None)
    return state


def counted(page: Iterable[tuple[Any, ...]]) -> dict[str, list[int]]:
    """Decode facts and count them by customer."""
    found: dict[str, list[int]] = {}
    for record in page:
        fact = CLASSES[record[2]](*msgpack.unpackb(record[7]))
        one = found.get(fact.customer)
        if one is None:
            one = found[fact.customer] = [0, 0, 0]
        if isinstance(fact, VisitLogged):
            one[0] += 1
            one[1] += fact.seconds
        else:
            one[2] += fact.cents
    return found


def counted_bare(page: Iterable[tuple[Any, ...]]) -> dict[str, list[int]]:
    """Count facts by customer without making them: the places of their values are known."""
    found: dict[str, list[int]] = {}
    for record in page:
        values = msgpack.unpackb(record[7])
        one = found.get(values[0])
        if one is None:
            one = found[values[0]] = [0, 0, 0]
        if record[2] == "visit.logged":
            one[0] += 1
            one[1] += values[3]
        else:
            one[2] += values[1]
    return found


class RawSqlite:
    """Plain sqlite3 on a file that cix made."""

    def __init__(self, path: str) -> None:
        """Connect with the settings that cix uses."""
        self.db = sqlite3.connect(path, isolation_level=None)
        for setting in ("synchronous = FULL", "cache_size = -8000"):
            self.db.execute(f"PRAGMA {setting}")

    def append(self, one: Happened, after: int) -> None:
        """Append one fact if nothing of its account came after a position."""
        db = self.db
        db.execute("BEGIN IMMEDIATE")
        position, recorded = db.execute(
            "SELECT position, recorded_at FROM head WHERE log = 1"
        ).fetchone()
        found = db.execute(
            "SELECT 1 FROM event_tag WHERE log = 1 AND tag64 = ? AND position > ? "
            "AND type IN (?, ?) LIMIT 1",
            (tag64(f"account:{one.customer}"), after, *ACCOUNTS.words),
        ).fetchone()
        if found is None:
            event = row(one, position + 1, max(recorded, time_ns() // 1000))
            db.execute(_EVENT, event)
            db.executemany(_TAG, [(tag64(tag), position + 1, one.word) for tag in one.tags])
            db.execute(
                "UPDATE head SET position = ?, recorded_at = ? WHERE log = 1",
                (position + 1, event[4]),
            )
        db.execute("COMMIT")

    def load(self, page: Sequence[Happened]) -> None:
        """Store a page if none of its ids is known."""
        db = self.db
        db.execute("BEGIN IMMEDIATE")
        position = db.execute("SELECT position FROM head WHERE log = 1").fetchone()[0]
        ids = "[" + ",".join(str(tag64(f"id:w-{one.number}")) for one in page) + "]"
        if db.execute(_KNOWN, (ids,)).fetchone() is None:
            events, tags = rows(page, position)
            db.executemany(_EVENT, events)
            db.executemany(_TAG, tags)
            db.execute(
                "UPDATE head SET position = ?, recorded_at = ? WHERE log = 1",
                (position + len(events), events[-1][4]),
            )
        db.execute("COMMIT")

    def history(self, customer: str) -> Account:
        """Load, decode and fold one customer."""
        return folded(
            customer, self.db.execute(_HISTORY, (tag64(f"account:{customer}"),)).fetchall()
        )

    def begin_counter(self) -> None:
        """Make the counter's tables anew."""
        for name in ("counter", "checkpoint"):
            self.db.execute(f"DROP TABLE IF EXISTS {name}")
        for statement in _TABLES:
            self.db.execute(statement)

    def catch_up(self, page: int, *, objects: bool = True) -> None:
        """Count everything, one transaction a page, the checkpoint in it."""
        count = counted if objects else counted_bare
        db = self.db
        while True:
            db.execute("BEGIN IMMEDIATE")
            after = db.execute("SELECT position FROM checkpoint").fetchone()[0]
            found = db.execute(_AFTER, (after, page)).fetchall()
            if found:
                made = count(found)
                db.executemany(_COUNTER, [(name, *one) for name, one in made.items()])
                db.execute("UPDATE checkpoint SET position = ?", (found[-1][0],))
            db.execute("COMMIT")
            if len(found) < page:
                return

    def total(self) -> int:
        """Return how many visits were counted."""
        return int(self.db.execute("SELECT sum(visits) FROM counter").fetchone()[0])

    def close(self) -> None:
        """Give the connection back."""
        self.db.close()


class RawPostgres:
    """Plain psycopg on a database that cix made."""

    def __init__(self, url: str) -> None:
        """Connect; *url* is SQLAlchemy's."""
        self.db = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        self.db.execute("DROP FUNCTION IF EXISTS raw_append")
        self.db.execute(_APPEND)

    def append(self, one: Happened, after: int) -> None:
        """Append one fact if nothing of its account came after a position: one round trip."""
        event = row(one, 0, 0)
        _, id_, word, at, _, text, data, meta = event
        self.db.execute(
            "SELECT raw_append(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                tag64(f"account:{one.customer}"), list(ACCOUNTS.words), after, id_, word, at,
                time_ns() // 1000, text, data, meta, [tag64(tag) for tag in one.tags],
            ),
        ).fetchone()  # fmt: skip

    def load(self, page: Sequence[Happened]) -> None:
        """Store a page by COPY if none of its ids is known."""
        ids = [tag64(f"id:w-{one.number}") for one in page]
        with self.db.transaction(), self.db.cursor() as cursor:
            position = cursor.execute(
                "SELECT position FROM head WHERE log = 1 FOR UPDATE"
            ).fetchone()[0]  # type: ignore[index]
            known = cursor.execute(
                "SELECT position FROM event_tag WHERE log = 1 AND tag64 = ANY(%s) LIMIT 1", (ids,)
            ).fetchone()
            if known is not None:
                return
            events, tags = rows(page, position)
            with cursor.copy("COPY event FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(
                    [
                        "int4",
                        "int8",
                        "bytea",
                        "text",
                        "int4",
                        "int8",
                        "int8",
                        "text",
                        "bytea",
                        "bytea",
                    ]
                )
                for p, id_, word, at, recorded, text, data, meta in events:
                    copy.write_row((1, p, id_, word, 1, at, recorded, text, data, meta))
            with cursor.copy("COPY event_tag FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["int4", "int8", "int8", "text"])
                for tag, p, word in tags:
                    copy.write_row((1, tag, p, word))
            cursor.execute(
                "UPDATE head SET position = %s, recorded_at = %s WHERE log = 1",
                (position + len(events), events[-1][4]),
            )

    def history(self, customer: str) -> Account:
        """Load, decode and fold one customer."""
        text = _HISTORY.replace("CROSS JOIN", "JOIN").replace("?", "%s")
        return folded(customer, self.db.execute(text, (tag64(f"account:{customer}"),)).fetchall())

    def begin_counter(self) -> None:
        """Make the counter's tables anew."""
        for name in ("counter", "checkpoint"):
            self.db.execute(f"DROP TABLE IF EXISTS {name}")  # type: ignore[arg-type]
        for statement in _TABLES:
            self.db.execute(statement)

    def catch_up(self, page: int, *, objects: bool = True) -> None:
        """Count everything, one transaction a page, the checkpoint in it."""
        count = counted if objects else counted_bare
        text = (
            _COUNTER.replace(
                "VALUES (?, ?, ?, ?)",
                "SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[])",
            )
        )  # fmt: skip
        while True:
            with self.db.transaction():
                after = self.db.execute("SELECT position FROM checkpoint FOR UPDATE").fetchone()[0]  # type: ignore[index]
                found = self.db.execute(_AFTER.replace("?", "%s"), (after, page)).fetchall()
                if found:
                    made = count(found)
                    columns = [list(made), *map(list, zip(*made.values(), strict=True))]
                    self.db.execute(text, columns)
                    self.db.execute("UPDATE checkpoint SET position = %s", (found[-1][0],))
            if len(found) < page:
                return

    def total(self) -> int:
        """Return how many visits were counted."""
        return int(self.db.execute("SELECT sum(visits) FROM counter").fetchone()[0])  # type: ignore[index]

    def close(self) -> None:
        """Give the connection back."""
        self.db.close()
