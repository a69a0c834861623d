"""The engine: ``open`` puts store, rooms and views together from a URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    page: int = 20_000,
    **options: Any,
) -> Engine:
    """Open an engine on the store at *url*, making the store if there is none.

    The path of a SQLite file, ``memory://``, ``sqlite:///crm.db``,
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
    if isinstance(url, Path):
        url = f"sqlite:///{url}"
    store = open_store(url, catalogue, clock=clock, **options) if isinstance(url, str) else url
    return assemble(
        store,
        open_views(store, views_url),
        catalogue=catalogue,
        deciders=rooms,
        projections=projections,
        reactions=reactions,
        clock=clock,
        inline=views == "inline",
        page=page,
    )
