"""What every stamped copy of an engine shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from cix.clock import Clock
from cix.domain.decider import Decider, Decision
from cix.engine.identifiers import Identifiers
from cix.engine.reading import Reading
from cix.engine.room import Room
from cix.engine.views import Views
from cix.eventstore.base import EventStore, ViewStore
from cix.facts import Catalogue


@attrs.frozen(eq=False)
class Core:
    """Store, rooms and views of one engine; ``cix.open`` puts them together."""

    store: EventStore
    catalogue: Catalogue
    clock: Clock
    room: Room
    views: Views
    reading: Reading
    deciders: tuple[Decider[Any, Any], ...]
    decisions: Mapping[str, Decision[Any, Any, Any]]
    kinds: Mapping[type, str]
    identifiers: Identifiers
    inline: bool
    tables: ViewStore
