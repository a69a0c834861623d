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
from cix.engine.views import LINKS, Views
from cix.errors import ConfigError
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
    """Put an engine together from its parts; ``cix.open`` does it from a URL.

    Raises ``ConfigError`` for a view or a room that takes another's name, and for a view that
    makes no rows.
    """
    _check_views(projections)
    _check_rooms(deciders)
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


def _check_views(projections: Sequence[Projection[Any]]) -> None:
    taken = {LINKS.name}
    for one in projections:
        if one.name in taken:
            raise ConfigError("view name", repr(one.name), "another view has it")
        taken.add(one.name)
        if type(one.version) is not int or one.version < 1:
            raise ConfigError(
                f"view {one.name}", f"version {one.version!r}", "versions are 1, 2, ..."
            )
        if one.new_row is None and one.decider is None and not one.lines:
            hint = "give new_row, lines=True, or use Projection.of"
            raise ConfigError(f"view {one.name}", "nothing makes its rows", hint)


def _check_rooms(deciders: Sequence[Decider[Any, Any]]) -> None:
    named: dict[str, Decider[Any, Any]] = {}
    for one in deciders:
        if named.setdefault(one.name, one) is not one:
            raise ConfigError("room name", repr(one.name), "another room has it")


def _quiet(engine: Engine) -> Callable[[Call, Stamp], object]:
    """Take a decision without catching up: the follower's caller does that once for all."""

    def perform(call: Call, stamp: Stamp) -> object:
        asked = ask(engine.decision(call.decision), call.key, (), call.args)
        return engine.core.room.decide((asked,), stamp)

    return perform
