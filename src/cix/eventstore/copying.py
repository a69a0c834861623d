"""Events in PostgreSQL's binary COPY format: the fastest way in.

Each value is its length and its bytes, integers big-endian; a row begins with its number of
values.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, TypeVar, cast

from cix.eventstore.codec import Box, Packed
from cix.eventstore.connection import Connection
from cix.eventstore.writing import LOG, Placing
from cix.records import Head

T = TypeVar("T")

_BEGIN: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END: Final = b"\xff\xff"
_PIECE: Final = 250
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
    """Events on their way into the tables; their bytes are made while the server takes them."""

    __slots__ = ("_boxes", "_placed", "_tags", "_words")

    def __init__(self, head: Head) -> None:
        """Begin behind *head*."""
        super().__init__(head)
        self._placed: list[tuple[Packed, int, int, bytes]] = []
        self._tags: list[tuple[int, int, bytes]] = []
        self._boxes: list[tuple[int, Box]] = []
        self._words: dict[str, bytes] = {}

    def add(self, given: Iterable[tuple[Packed, int]]) -> None:
        """Add events, each with the recorded time given."""
        words, tags = self._words, self._tags
        for placed in self.place(given):
            event, position, _, _ = placed
            word = event.type
            name = words.get(word) or words.setdefault(word, _sized(word.encode()))
            for tag in event.hashes:
                tags.append((tag, position, name))
            for box in event.boxes:
                self._boxes.append((position, box))
            self._placed.append(placed)
        tags.sort(key=_HASH)  # neighbours in the index come together

    def send(self, connection: Connection) -> None:
        """Copy the rows into the tables of the log."""
        words = self._words
        _send(connection, "event", self._placed, lambda placed: _event(words, *placed))
        _send(connection, "event_tag", self._tags, _tag)
        _send(connection, "box", self._boxes, _box)


def _event(
    words: Mapping[str, bytes], event: Packed, position: int, recorded: int, meta: bytes
) -> bytes:
    event_id, word, version, occurred, tags, _, data, _, _, _ = event
    text = tags.encode()
    return b"".join(
        (
            _EVENT(10, 4, LOG, 8, position, 16, event_id),
            words[word],
            _EVENT_MIDDLE(4, version, 8, occurred, 8, recorded, len(text)),
            text,
            _LENGTH(len(data)),
            data,
            _LENGTH(len(meta)),
            meta,
        )
    )


def _tag(one: tuple[int, int, bytes]) -> bytes:
    return _TAG(4, 4, LOG, 8, one[0], 8, one[1]) + one[2]


def _box(one: tuple[int, Box]) -> bytes:
    position, (category, subject, content) = one
    whose = _sized(category.encode()) + _sized(subject.encode())
    return _BOX(7, 4, LOG, 8, position) + whose + _UNSEALED + _sized(content)


def _send(
    connection: Connection, table: str, rows: Sequence[T], pack: Callable[[T], bytes]
) -> None:
    if not rows:
        return
    cursor = cast("Any", connection.cursor())  # COPY is psycopg's own
    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as target:
        target.write(_BEGIN)
        for start in range(0, len(rows), _PIECE):
            target.write(b"".join([pack(row) for row in rows[start : start + _PIECE]]))
        target.write(_END)


def _sized(content: bytes) -> bytes:
    return _LENGTH(len(content)) + content
