"""Rows in PostgreSQL's binary COPY format: the fastest way in.

Each value is its length and its bytes, integers big-endian; a row begins with its number of
values.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any, Final, cast

from cix.eventstore.connection import Connection
from cix.eventstore.writing import Rows

_BEGIN: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END: Final = b"\xff\xff"
_PIECE: Final = 1_000
"""Rows sent at a time."""
_LENGTH: Final = struct.Struct(">i").pack
_EVENT_START: Final = struct.Struct(">hiiiqi").pack
_EVENT_MIDDLE: Final = struct.Struct(">iiiqiq").pack
_TAG: Final = struct.Struct(">hiiiqiqi").pack
_BOX_START: Final = struct.Struct(">hiiiqi").pack
_VERSION: Final = struct.Struct(">ii").pack


def copy(connection: Connection, rows: Rows) -> None:
    """Send *rows* into the tables of the log."""
    _send(connection, "event", (_event(*row) for row in rows.events))
    _send(connection, "event_tag", (_tag(*row) for row in rows.tags))
    if rows.boxes:
        _send(connection, "box", (_box(*row) for row in rows.boxes))


def _send(connection: Connection, table: str, rows: Iterable[bytes]) -> None:
    cursor = cast("Any", connection.cursor())  # COPY is psycopg's own
    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as target:
        piece = [_BEGIN]
        for row in rows:
            piece.append(row)
            if len(piece) > _PIECE:
                target.write(b"".join(piece))
                piece.clear()
        target.write(b"".join((*piece, _END)))


def _event(  # noqa: PLR0917  # a row has that many columns
    log: int,
    position: int,
    event_id: bytes,
    word: str,
    version: int,
    occurred: int,
    recorded: int,
    tags: str,
    data: bytes,
    meta: bytes,
) -> bytes:
    name, text = word.encode(), tags.encode()
    return b"".join(
        (
            _EVENT_START(10, 4, log, 8, position, len(event_id)),
            event_id,
            _LENGTH(len(name)),
            name,
            _EVENT_MIDDLE(4, version, 8, occurred, 8, recorded),
            _LENGTH(len(text)),
            text,
            _LENGTH(len(data)),
            data,
            _LENGTH(len(meta)),
            meta,
        )
    )


def _tag(log: int, tag64: int, position: int, word: str) -> bytes:
    name = word.encode()
    return _TAG(4, 4, log, 8, tag64, 8, position, len(name)) + name


def _box(  # noqa: PLR0917  # a row has that many columns
    log: int,
    position: int,
    category: str,
    subject: str,
    version: int,
    period: str,
    content: bytes,
) -> bytes:
    label, whose, month = category.encode(), subject.encode(), period.encode()
    return b"".join(
        (
            _BOX_START(7, 4, log, 8, position, len(label)),
            label,
            _LENGTH(len(whose)),
            whose,
            _VERSION(4, version),
            _LENGTH(len(month)),
            month,
            _LENGTH(len(content)),
            content,
        )
    )
