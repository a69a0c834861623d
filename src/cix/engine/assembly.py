"""Putting an engine together from its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from cix.clock import Clock
from cix.domain.decider import Call, Decider
from cix.engine.core import Core
from cix.engine.engine import Engine
from cix.engine.following import Reaction, Reactions
from cix.engine.identifiers import Identifiers
from cix.engine.reading import Reading
from cix.engine.room import Room
from cix.engine.stamp import Stamp, ask
from cix.engine.views import Views
from cix.eventstore.base import EventStore, ViewStore
from cix.facts import Catalogue
from cix.projections.projection import Projection


def assemble(  # the parts of an engine
    store: EventStore,
    tables: ViewStore,
    *,
    catalogue: Catalogue,
    deciders: Sequence[Decider[Any, Any]],
    projections: Sequence[Projection[Any]],
    reactions: Mapping[type, Reaction],
    clock: Clock,
    inline: bool,
    page: int,
) -> Engine:
    """Put an engine together from its parts; ``cix.open`` does it from a URL."""
    views = Views(store, tables, projections, clock, page)
    decisions = {d.name: d for decider in deciders for d in decider.decisions.values()}
    kinds = {cls: decider.kind for decider in reversed(deciders) for cls in decider.facts}
    core = Core(
        store,
        catalogue,
        clock,
        Room(store, catalogue, clock),
        views,
        Reading(store, views),
        tuple(deciders),
        decisions,
        kinds,
        Identifiers(store, tables),
        inline,
        tables,
    )
    engine = Engine(core)
    follower = Reactions(store, tables, reactions, _quiet(engine))
    return attrs.evolve(engine, reactions=follower)


def _quiet(engine: Engine) -> Callable[[Call, Stamp], object]:
    """Take a decision without catching up: the follower's caller does that once for all."""

    def perform(call: Call, stamp: Stamp) -> object:
        asked = ask(engine.decision(call.decision), call.key, (), call.args)
        return engine.core.room.decide((asked,), stamp)

    return perform
