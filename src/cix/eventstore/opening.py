"""Opening a store by URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from cix.clock import Clock, system_clock
from cix.errors import ConfigError
from cix.eventstore.base import EventStore, ViewStore
from cix.facts import Catalogue

_OF_DATABASE: Final = ("durability", "timeout", "pool_size")
_OF_STORE: Final = ("tag_hash", "poll")


def open_store(
    url: str | Path,
    catalogue: Catalogue,
    clock: Clock = system_clock,
    **options: Any,  # noqa: ANN401  # those of Database and SqlStore, each with its own type
) -> EventStore:
    """Open the store at *url*, making it where there is none.

    ``memory://`` (gone when it is closed), the ``Path`` of a SQLite file, ``sqlite:///FILE`` or
    ``postgresql://USER@HOST/NAME``.
    *options* are those of ``Database`` (durability, timeout, pool_size) and ``SqlStore``
    (tag_hash, poll). Raises ``ConfigError`` for another URL or option, ``MissingExtraError``
    without psycopg, ``SchemaError`` for a store of a newer cix, ``StoreUnavailableError``.
    """
    in_memory = isinstance(url, str) and url.partition(":")[0] == "memory"
    known = () if in_memory else (*_OF_DATABASE, *_OF_STORE)
    if unknown := sorted(options.keys() - set(known)):
        hint = f"there are {', '.join(known)}" if known else "a store in memory takes none"
        raise ConfigError("option", ", ".join(unknown), hint)
    # What a store stands on is imported when one is opened: importing cix stays cheap.
    if not known:
        from cix.eventstore.memory import MemoryStore  # noqa: PLC0415  # see above

        if url != "memory://":
            raise ConfigError("url", repr(url), "a store in memory has no name: write memory://")
        return MemoryStore(catalogue, clock)
    from cix.eventstore.connection import Database  # noqa: PLC0415  # see above
    from cix.eventstore.sql import SqlStore  # noqa: PLC0415  # see above

    own = {name: options.pop(name) for name in _OF_STORE if name in options}
    database = Database(url, **options)
    try:
        return SqlStore(database, catalogue, clock, **own)
    except BaseException:
        database.close()
        raise


def open_views(store: EventStore, url: str | None = None) -> ViewStore:
    """Open the tables of views: beside the log of *store*, or at another *url*.

    A store that has no database of its own (in memory, a foreign recorder) keeps them in memory.
    """
    from cix.eventstore.connection import Database  # noqa: PLC0415  # as in open_store
    from cix.eventstore.sql import SqlStore  # noqa: PLC0415  # as in open_store
    from cix.eventstore.tables import SqlViewStore  # noqa: PLC0415  # as in open_store
    from cix.eventstore.tables_apart import ViewStoreApart  # noqa: PLC0415  # as in open_store

    if url is None and isinstance(store, SqlStore):
        return SqlViewStore(store.database)
    return ViewStoreApart(Database(url or "sqlite://"))
