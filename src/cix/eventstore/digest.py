"""One digest for the rows of a view, whatever database holds them."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from cix.eventstore.base import Line, Stored
from cix.plain import canonical


def rows_digest(rows: Iterable[Stored | Line]) -> str:
    """Return the SHA-256 (hex) over the canonical JSON of *rows*, one a line.

    Rows come in key order, lines in the order of (key, position, n). What the engine keeps beside
    a row (position, times) is left out: it may differ between a live and a rebuilt table.
    """
    found = sha256()
    for each in rows:
        row: object = each.row
        if isinstance(each, Line):
            row = [each.key, each.position, each.n, each.row]
        found.update(canonical(row).encode())
        found.update(b"\n")
    return found.hexdigest()
