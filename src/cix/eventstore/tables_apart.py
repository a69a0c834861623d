"""The tables of views in a database of their own, away from the log."""

from __future__ import annotations

from cix.eventstore.connection import Database
from cix.eventstore.tables import SqlViewStore


class ViewStoreApart(SqlViewStore):
    """A ``ViewStore`` that owns its database: closed together."""

    def __init__(self, database: Database) -> None:
        """Use *database*, and close it in the end."""
        super().__init__(database)
        self._own = database

    def close(self) -> None:
        """Forget what was looked up, and give back every connection."""
        super().close()
        self._own.close()
