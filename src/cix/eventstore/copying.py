"""Events in PostgreSQL's binary COPY format: the fastest way in.

Each value is its length and its bytes, integers big-endian; a row begins with its number of
values.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, Final, cast

from cix.eventstore.codec import Packed
from cix.eventstore.connection import Connection
from cix.eventstore.writing import LOG, Placing
from cix.records import Head

_BEGIN: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END: Final = b"\xff\xff"
_PIECE: Final = 2_000
"""Rows sent at a time."""
_HASH: Final = itemgetter(0)
_LENGTH: Final = struct.Struct(">i").pack
_EVENT: Final = struct.Struct(">hiiiqi16s").pack
_EVENT_MIDDLE: Final = struct.Struct(">iiiqiqi").pack
_TAG: Final = struct.Struct(">hiiiqiq").pack
_BOX: Final = struct.Struct(">hiiiq").pack
_UNSEALED: Final = struct.pack(">iii", 4, 0, 0)
"""Version 0 of the subject's key and no period: what a plain box has."""


class Copying(Placing):
    """Rows of events as bytes, table by table."""

    __slots__ = ("_boxes", "_events", "_tags", "_words")

    def __init__(self, head: Head) -> None:
        """Begin behind *head*."""
        super().__init__(head)
        self._events: list[bytes] = []
        self._tags: list[tuple[int, int, bytes]] = []
        self._boxes: list[bytes] = []
        self._words: dict[str, bytes] = {}

    def add(self, given: Iterable[tuple[Packed, int]]) -> None:
        """Add events, each with the recorded time given."""
        words, tags = self._words, self._tags
        for event, position, recorded, meta in self.place(given):
            event_id, word, version, occurred, text, hashes, data, _, _, boxes = event
            name = words.get(word) or words.setdefault(word, _sized(word.encode()))
            shown = text.encode()
            parts = (
                _EVENT(10, 4, LOG, 8, position, 16, event_id),
                name,
                _EVENT_MIDDLE(4, version, 8, occurred, 8, recorded, len(shown)),
                shown,
                _LENGTH(len(data)),
                data,
                _LENGTH(len(meta)),
                meta,
            )
            self._events.append(b"".join(parts))
            for tag in hashes:
                tags.append((tag, position, name))
            for category, subject, content in boxes:
                named = _sized(category.encode()) + _sized(subject.encode())
                start = _BOX(7, 4, LOG, 8, position)
                self._boxes.append(start + named + _UNSEALED + _sized(content))

    def send(self, connection: Connection) -> None:
        """Copy the rows into the tables of the log."""
        self._tags.sort(key=_HASH)  # neighbours in the index come together
        tags = [_TAG(4, 4, LOG, 8, tag, 8, at) + name for tag, at, name in self._tags]
        for table, rows in (("event", self._events), ("event_tag", tags), ("box", self._boxes)):
            if rows:
                _send(connection, table, rows)


def _send(connection: Connection, table: str, rows: Sequence[bytes]) -> None:
    cursor = cast("Any", connection.cursor())  # COPY is psycopg's own
    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as target:
        target.write(_BEGIN)
        for start in range(0, len(rows), _PIECE):
            target.write(b"".join(rows[start : start + _PIECE]))
        target.write(_END)


def _sized(content: bytes) -> bytes:
    return _LENGTH(len(content)) + content
