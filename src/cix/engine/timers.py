"""A tick: record what time has decided, perform what has come due, store the rows it moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import attrs

from cix.domain.decider import Call, Decider, crossings, fold
from cix.engine.folding import parted
from cix.engine.stamp import Stamp, derived_id, event_id
from cix.engine.views import Views
from cix.errors import ConflictError, DomainError
from cix.eventstore.base import EventStore
from cix.facts import Catalogue
from cix.plain import canonical, instant_text
from cix.records import AppendCondition, Metadata, NewEvent, Query, QueryItem, Recorded, to_us

Perform = Callable[[Call, Stamp], object]
ACTOR = "cix.tick"


@attrs.frozen
class Ticked:
    """What one tick did."""

    recorded: int
    """Derived facts written."""
    performed: int
    """Due actions taken."""
    refused: int
    """Due actions that a rule refused; they are asked again at the next tick."""
    moved: int
    """Rows that time had overtaken."""


@attrs.frozen(eq=False)
class Timers:
    """Runs the clocks of the rooms whose views keep a next due instant."""

    store: EventStore
    views: Views
    catalogue: Catalogue
    perform: Perform

    def tick(self, now: datetime) -> Ticked:
        """Do everything that is due up to and including *now*; twice does nothing more."""
        recorded = performed = refused = 0
        done: set[tuple[str, str]] = set()
        for projection in list(self.views.projections.values()):
            decider = projection.decider
            if decider is None:
                continue
            for key in self.views.tables.due(projection.name, to_us(now)):
                if (decider.name, key) not in done:
                    done.add((decider.name, key))
                    recorded += self._record(decider, key, now)
                    took, said_no = self._perform(decider, key, now)
                    performed, refused = performed + took, refused + said_no
        return Ticked(recorded, performed, refused, self.views.run_clock(to_us(now)))

    def _history(self, decider: Decider[Any, Any], key: str, now: datetime) -> list[Recorded[Any]]:
        return parted(decider.order, self.store.read(decider.boundary(key)), to_us(now))[0]

    def _record(self, decider: Decider[Any, Any], key: str, now: datetime) -> int:
        """Write the derived facts of *key* that are not in the log yet."""
        seen = self._history(decider, key, now)
        fallen = crossings(decider, key, seen, now)
        if not fallen:
            return 0
        words = tuple(sorted({self.catalogue.entry(type(f)).word.name for _, f in fallen}))
        query = Query((QueryItem((decider.tag(key),), words),))
        while True:
            head = self.store.head()
            known = {record.request for record in self.store.read(query)}
            events = [
                event
                for due, fact in fallen
                if (event := self._derived(decider, key, due, fact, seen)).tags[-1][3:] not in known
            ]
            if not events:
                return 0
            try:
                self.store.append(events, (AppendCondition(query, head.position),))
            except ConflictError:
                continue
            return len(events)

    def _derived(
        self,
        decider: Decider[Any, Any],
        key: str,
        due: datetime,
        fact: object,
        seen: Sequence[Recorded[Any]],
    ) -> NewEvent:
        entry = self.catalogue.entry(type(fact))
        request = derived_id(decider.name, key, entry.word.name, instant_text(due), canonical(fact))
        record = decider.record_of(fold(decider, key, seen))
        tags = (decider.tag(key), *(() if record is None else (f"record:{record}",)))
        tags = tuple(dict.fromkeys((*tags, *entry.tags_of(fact), f"id:{request}")))
        return NewEvent(fact, tags, due, event_id(request, 0), Metadata(ACTOR))

    def _perform(self, decider: Decider[Any, Any], key: str, now: datetime) -> tuple[int, int]:
        """Take the decisions that are due now, each once."""
        took = said_no = 0
        state = fold(decider, key, self._history(decider, key, now), now)
        for deadline in decider.deadlines(state):
            if deadline.action is None or deadline.due > now:
                continue
            request = derived_id(
                decider.name, key, deadline.kind, deadline.ref, instant_text(deadline.due)
            )
            try:
                self.perform(deadline.action, Stamp(ACTOR, request))
                took += 1
            except DomainError:
                said_no += 1
        return took, said_no
