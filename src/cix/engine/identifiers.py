"""The blind index: from an identifier's value to an opaque id, erasable, beside the log."""

from __future__ import annotations

import hmac
from functools import cached_property

from cix.clock import new_name
from cix.domain import identity
from cix.errors import InvalidArgumentError
from cix.eventstore.base import ViewStore


class Identifiers:
    """Finds or makes opaque ids; keeps keyed hashes of the values, never the values."""

    def __init__(self, tables: ViewStore) -> None:
        """Use the index kept in *tables*."""
        self._tables = tables

    @cached_property
    def _secret(self) -> bytes:
        return self._tables.identify("cix:secret", b"\x00", new_name("k") + new_name("k")).encode()

    def find_or_make(self, kind: str, value: str, offered: str) -> tuple[str, str]:
        """Return the ids of the record and of the value, kept for the normalised *value*.

        *offered* is kept as the record's id if there is none. Raises ``InvalidArgumentError`` for
        an empty kind or value.
        """
        normal = identity.normalise(kind, value)
        if not kind or not normal:
            raise InvalidArgumentError("record", "value", "a kind and a value", repr(value))
        digest = hmac.digest(self._secret, f"{kind}\x1f{normal}".encode(), "sha256")
        record = self._tables.identify(f"record:{kind}", digest, offered)
        return record, self._tables.identify(f"identifier:{kind}", digest, new_name("i"))
