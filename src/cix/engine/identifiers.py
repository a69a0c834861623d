"""The blind index: from an identifier's value to an opaque id, erasable, beside the log."""

from __future__ import annotations

import hmac
from functools import cached_property
from typing import Final

from cix.clock import new_name
from cix.domain import identity
from cix.errors import InvalidArgumentError
from cix.eventstore.base import EventStore, ViewStore
from cix.records import Query, QueryItem

CURSOR: Final = "identifiers"
_OBSERVED: Final = Query((QueryItem((), ("identity.observed",)),))


class Identifiers:
    """Finds or makes opaque ids; keeps keyed hashes of the values, never the values.

    The index follows the log: what was observed elsewhere, or loaded, is found here too.
    """

    def __init__(self, store: EventStore, tables: ViewStore) -> None:
        """Use the index kept in *tables*, of what *store* holds."""
        self._store = store
        self._tables = tables

    @cached_property
    def _secret(self) -> bytes:
        return self._tables.identify("cix:secret", b"\x00", new_name("k") + new_name("k")).encode()

    def find_or_make(self, kind: str, value: str, offered: str) -> tuple[str, str]:
        """Return the ids of the record and of the value, kept for the normalised *value*.

        *offered* is kept as the record's id if there is none. Raises ``InvalidArgumentError`` for
        an empty kind or value.
        """
        if not kind or not identity.normalise(kind, value):
            raise InvalidArgumentError("record", "value", "a kind and a value", repr(value))
        self._follow()
        return self._keep(kind, value, offered, new_name("i"))

    def _keep(self, kind: str, value: str, record: str, named: str) -> tuple[str, str]:
        normal = identity.normalise(kind, value)
        digest = hmac.digest(self._secret, f"{kind}\x1f{normal}".encode(), "sha256")
        kept = self._tables.identify(f"record:{kind}", digest, record)
        return kept, self._tables.identify(f"identifier:{kind}", digest, named)

    def _follow(self) -> None:
        """Enter what was observed since the index was last used; the oldest record keeps it."""
        start, head = self._tables.cursor(CURSOR), self._store.head().position
        if start == head:
            return
        for page in self._store.pages(_OBSERVED, after=start, until=head):
            for record in page:
                fact: identity.IdentifiersObserved = record.fact
                named = dict(enumerate(fact.values))
                for n, (kind, value) in enumerate(fact.identifiers):
                    if identity.normalise(kind, value):
                        self._keep(kind, value, fact.record, named.get(n) or new_name("i"))
        self._tables.move_cursor(CURSOR, start, head)
