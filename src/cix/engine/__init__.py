"""The engine: ``open`` puts store, rooms and views together from a URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

from cix.clock import Clock, system_clock
from cix.domain.catalogue import CATALOGUE, REACTIONS, ROOMS
from cix.domain.decider import Decider
from cix.engine.assembly import assemble
from cix.engine.audit import Cause, Explanation
from cix.engine.engine import Engine
from cix.engine.following import Reaction
from cix.engine.source import SourceFact
from cix.engine.stamp import Outcome, Stamp
from cix.engine.timers import Ticked
from cix.errors import ConfigError
from cix.eventstore import open_store, open_views
from cix.eventstore.base import EventStore
from cix.facts import Catalogue
from cix.plain import shown
from cix.projections import VIEWS
from cix.projections.projection import Projection

__all__ = [
    "Cause",
    "Engine",
    "Explanation",
    "Outcome",
    "SourceFact",
    "Stamp",
    "Ticked",
    "open",
]


def open(  # every one has a default; keyword only
    url: str | Path | EventStore,
    *,
    views_url: str | None = None,
    views: Literal["inline", "worker"] = "inline",
    catalogue: Catalogue = CATALOGUE,
    rooms: Sequence[Decider[Any, Any]] = ROOMS,
    projections: Sequence[Projection[Any]] = VIEWS,
    reactions: Mapping[type, Reaction] = REACTIONS,
    clock: Clock = system_clock,
    page: int = 50_000,
    **options: Any,
) -> Engine:
    """Open an engine on the store at *url*, making the store if there is none.

    The ``Path`` of a SQLite file, ``memory://``, ``sqlite:///crm.db``,
    ``postgresql://user@host/name``, or a store that is open already, such as
    ``cix.eventstore.dcb.RecorderStore`` on a foreign recorder. The rows of views live in the same
    database unless *views_url* names another; with ``views="inline"`` a decision returns when the
    views have reached its facts, with ``"worker"`` another process does that (``cix work``). A
    host adds its own facts, rooms and views by giving larger values of *catalogue*, *rooms* and
    *projections*; a *clock* can be given in tests. Other *options* are the store's
    (``durability``, ``timeout``).

    Raises ``ConfigError`` for a URL that cannot be used, ``MissingExtraError`` where a driver is
    not installed, ``SchemaError`` for a newer store, ``StoreUnavailableError`` when it is locked,
    read-only, full or out of reach.
    """
    if views not in {"inline", "worker"}:
        raise ConfigError("views", repr(views), "write 'inline' or 'worker'")
    if type(page) is not int or page < 1:
        raise ConfigError("page", shown(page), "give a number of rows from 1")
    if isinstance(url, str | Path):
        store = open_store(url, catalogue, clock=clock, **options)
    elif hasattr(url, "append"):
        store = url
    else:
        raise ConfigError("url", shown(url), "use sqlite:///FILE or postgresql://USER@HOST/NAME")
    with ExitStack() as if_it_fails:
        if store is not url:
            if_it_fails.callback(store.close)
        tables = open_views(store, views_url)
        if_it_fails.callback(tables.close)
        engine = assemble(
            store,
            tables,
            catalogue=catalogue,
            deciders=rooms,
            projections=projections,
            reactions=reactions,
            clock=clock,
            inline=views == "inline",
            page=page,
        )
        if_it_fails.pop_all()
    return engine
