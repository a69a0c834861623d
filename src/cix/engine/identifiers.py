"""The blind index: from an identifier's value to an opaque id, erasable, beside the log."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from cix.clock import new_name
from cix.domain import identity
from cix.errors import InvalidArgumentError
from cix.eventstore.base import EventStore, ViewStore
from cix.eventstore.tags import LONGEST, is_too_long
from cix.plain import shown
from cix.records import Query, QueryItem

CURSOR: Final = "identifiers"
ROOM_FOR: Final = 50_000
"""Records that are remembered as observed, so that the log is asked once for each."""
_OBSERVED: Final = Query((QueryItem((), ("identity.observed",)),))


def _of_value(kind: str) -> str:
    """Return the name under which the index keeps the ids of values of *kind*."""
    return f"identifier:{kind}"


class Identifiers:
    """Finds or makes opaque ids; keeps keyed hashes of the values, never the values.

    The index follows the log: what was observed elsewhere, or loaded, is found here too.
    """

    def __init__(self, store: EventStore, tables: ViewStore) -> None:
        """Use the index kept in *tables*, of what *store* holds."""
        self._store = store
        self._tables = tables
        self._observed: set[str] = set()

    @cached_property
    def _secret(self) -> bytes:
        return self._tables.identify("cix:secret", b"\x00", new_name("k") + new_name("k")).encode()

    def find_or_make(self, kind: str, value: str, offered: str) -> tuple[str, str]:
        """Return the ids of the record and of the value, kept for the normalised *value*.

        *offered* is kept as the record's id if there is none. Raises ``InvalidArgumentError`` for
        an empty kind or value, and for a kind that is too long for an index.
        """
        if not kind or not identity.normalise(kind, value):
            raise InvalidArgumentError("record", "value", "a kind and a value", repr(value))
        if is_too_long(_of_value(kind)):
            raise InvalidArgumentError("record", "kind", f"under {LONGEST:,} bytes", shown(kind))
        self._follow()
        hashed = self._hashed(kind, value)
        record = self._tables.identify(f"record:{kind}", hashed, offered)
        return record, self._tables.identify(_of_value(kind), hashed, new_name("i"))

    def is_observed(self, record: str) -> bool:
        """Tell whether the log holds a sighting of *record*.

        It holds none where making it was cut off between the index and the log.
        """
        if record in self._observed:
            return True
        sighting = Query.tagged(f"record:{record}", types=_OBSERVED.items[0].types)
        if not self._store.read(sighting, limit=1):
            return False
        if len(self._observed) >= ROOM_FOR:
            self._observed.clear()
        self._observed.add(record)
        return True

    def _hashed(self, kind: str, value: str) -> bytes:
        normal = identity.normalise(kind, value)
        return hmac.digest(self._secret, f"{kind}\x1f{normal}".encode(), "sha256")

    def _entries(self, fact: identity.IdentifiersObserved) -> Iterator[tuple[str, bytes, str]]:
        for n, (kind, value) in enumerate(fact.identifiers):
            if identity.normalise(kind, value) and not is_too_long(_of_value(kind)):
                hashed = self._hashed(kind, value)
                yield f"record:{kind}", hashed, fact.record
                if n < len(fact.values):
                    yield _of_value(kind), hashed, fact.values[n]

    def _follow(self) -> None:
        """Enter what was observed since the index was last used; the oldest record keeps it."""
        start, head = self._tables.cursor(CURSOR), self._store.head().position
        if start == head:
            return
        for page in self._store.pages(_OBSERVED, after=start, until=head):
            self._tables.learn([entry for record in page for entry in self._entries(record.fact)])
        self._tables.move_cursor(CURSOR, start, head)
