"""A tick: record what time has decided, perform what has come due, store the rows it moved."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import attrs

from cix.domain.decider import POLICY_WORD, Call, Decider, crossings, fold
from cix.engine.folding import parted
from cix.engine.stamp import Outcome, Stamp, derived_id, event_id
from cix.engine.views import Views
from cix.errors import (
    ConflictError,
    DomainError,
    EventStoreError,
    ProjectionError,
    ViewsBehindError,
)
from cix.eventstore.base import EventStore
from cix.facts import Catalogue
from cix.plain import canonical, instant_text
from cix.records import AppendCondition, Metadata, NewEvent, Query, QueryItem, Recorded, to_us

Perform = Callable[[Call, Stamp], Outcome[Any]]
ACTOR = "cix.tick"
_log: Final = logging.getLogger("cix.engine.timers")


@attrs.frozen
class Ticked:
    """What one tick did."""

    recorded: int
    """Derived facts written."""
    performed: int
    """Due actions that were taken now."""
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
        """Do everything that is due up to and including *now*; twice does nothing more.

        A key that cannot be folded waits until it can; the others are seen to.
        """
        recorded = performed = refused = 0
        done: set[tuple[str, str]] = set()
        stuck: set[str] = set()
        head = self.store.head()
        for projection in list(self.views.projections.values()):
            decider = projection.decider
            if decider is None:
                continue
            due = self.views.tables.due(projection.name, to_us(now))
            for key in due:
                if (decider.name, key) not in done:
                    done.add((decider.name, key))
                    with self._setting_aside(decider, key, stuck):
                        recorded += self._record(decider, key, now)
                        took, said_no = self._perform(decider, key, now)
                        performed, refused = performed + took, refused + said_no
        for decider in self._moving():
            cursor = f"ticked:{decider.name}"
            start = self.views.tables.cursor(cursor)
            for key in self._touched(decider, start, head.position):
                if (decider.name, key) not in done:
                    with self._setting_aside(decider, key, stuck):
                        recorded += self._record(decider, key, now)
            # A tick of the past has not seen to what came since, nor to a key it could not fold.
            seen_to = head.recorded_us <= to_us(now) and decider.name not in stuck
            if start < head.position and seen_to:
                self.views.tables.move_cursor(cursor, start, head.position)
        # Rows are of the present: ahead of it something may come that a row would not tell.
        moved = self.views.run_clock(to_us(min(now, self.views.present())))
        return Ticked(recorded, performed, refused, moved)

    @contextmanager
    def _setting_aside(
        self, decider: Decider[Any, Any], key: str, stuck: set[str]
    ) -> Generator[None]:
        """Go on with other keys when *key* cannot be folded: its views have parked it."""
        try:
            yield
        except (EventStoreError, ConflictError, ProjectionError, ViewsBehindError):
            raise
        except Exception as error:  # noqa: BLE001  # whatever a fold raises sets its key aside
            stuck.add(decider.name)
            problem = f"{type(error).__name__}: {error}"
            _log.warning("stuck", extra={"room": decider.name, "key": key, "because": problem})

    def _moving(self) -> list[Decider[Any, Any]]:
        rooms = (projection.decider for projection in self.views.projections.values())
        return list({room.name: room for room in rooms if room is not None and room.moves}.values())

    def _touched(self, decider: Decider[Any, Any], start: int, head: int) -> dict[str, None]:
        """Return the keys that facts came to since the last tick; all, where a policy came.

        Something may have fallen due before such a fact and have been over when it came; a late
        fact, or a policy that reaches back, may have made untrue what was recorded.
        """
        keys: dict[str, None] = {}
        prefix = decider.tag("")
        for record in self._between(decider.reads_words, start, head):
            if record.type != POLICY_WORD:
                keys |= {t[len(prefix) :]: None for t in record.tags if t.startswith(prefix)}
            elif start and record.key in decider.obeys:
                return self._touched(decider, 0, head)
        return keys

    def _between(self, words: Iterable[str], start: int, head: int) -> Iterator[Recorded[Any]]:
        query = Query((QueryItem((), tuple(sorted(words))),))
        for page in self.store.pages(query, after=start, until=head) if start < head else ():
            yield from page

    def _derived_words(self, decider: Decider[Any, Any]) -> tuple[str, ...]:
        """Return the stored names of the derived facts that go by the room's name."""
        return tuple(
            entry.word.name
            for entry in self.catalogue.current()
            if entry.word.derived and entry.word.name.startswith(f"{decider.name}.")
        )

    def _history(self, decider: Decider[Any, Any], key: str, now: datetime) -> list[Recorded[Any]]:
        return parted(decider.order, self.store.read(decider.boundary(key)), to_us(now))[0]

    def _record(self, decider: Decider[Any, Any], key: str, now: datetime) -> int:
        """Write the derived facts of *key* that are not in the log yet, and what is owed."""
        seen = self._history(decider, key, now)
        fallen = crossings(decider, key, seen, now)
        words = {self.catalogue.entry(type(f)).word.name for _, f in fallen}
        if decider.owed is not None:
            words.update(self._derived_words(decider))
        if not words:
            return 0
        query = Query((QueryItem((decider.tag(key),), tuple(sorted(words))),))
        while True:
            head = self.store.head()
            recorded = self.store.read(query)
            known = {record.request for record in recorded}
            found = [*fallen, *self._owed(decider, recorded, fallen, seen, now)]
            if not found:
                return 0
            whose = decider.record_of(fold(decider, key, seen))
            events = [
                event
                for at, fact in found
                if (event := self._derived(decider, key, at, fact, whose)).tags[-1][3:] not in known
            ]
            if not events:
                return 0
            try:
                self.store.append(events, (AppendCondition(query, head.position),))
            except ConflictError:
                continue
            return len(events)

    def _owed(
        self,
        decider: Decider[Any, Any],
        recorded: Sequence[Recorded[Any]],
        fallen: Sequence[tuple[datetime, object]],
        seen: Sequence[Recorded[Any]],
        now: datetime,
    ) -> list[tuple[datetime, object]]:
        if decider.owed is None or not recorded:
            return []
        because = str(max((record.position for record in seen), default=0))
        said = [record.fact for record in recorded]
        return [(now, fact) for fact in decider.owed(said, [f for _, f in fallen], because)]

    def _derived(
        self,
        decider: Decider[Any, Any],
        key: str,
        due: datetime,
        fact: object,
        record: str | None,
    ) -> NewEvent:
        entry = self.catalogue.entry(type(fact))
        request = derived_id(decider.name, key, entry.word.name, instant_text(due), canonical(fact))
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
                outcome = self.perform(deadline.action, Stamp(ACTOR, request))
                took += bool(outcome) and not outcome.duplicate
            except DomainError:
                said_no += 1
        return took, said_no
