"""Reactions follow the log behind their own checkpoint, so a crash loses none of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any, Final

from cix.domain.decider import Call
from cix.engine.stamp import Stamp, derived_id
from cix.errors import CixError, DomainError, ProjectionError
from cix.eventstore.base import EventStore, ViewStore
from cix.eventstore.forking import renew_in_child
from cix.facts import word_of
from cix.records import Query, QueryItem, Recorded

Reaction = Callable[[Any, Recorded[Any]], tuple[Call, ...]]
Perform = Callable[[Call, Stamp], object]
ACTOR: Final = "cix.reactions"
CURSOR: Final = "reactions"
_PAGE: Final = 1_000
_log = logging.getLogger("cix.engine.reactions")


class Reactions:
    """What one room's fact asks of another, performed at least once with one effect each."""

    def __init__(
        self,
        store: EventStore,
        tables: ViewStore,
        table: Mapping[type, Reaction],
        perform: Perform,
    ) -> None:
        """*table* maps a fact class to the decisions it asks for."""
        self.store, self.tables, self.perform = store, tables, perform
        self.table = {word_of(cls).name: reaction for cls, reaction in table.items()}
        self._classes = frozenset(table)
        self.begin()
        renew_in_child(self, Reactions.begin)

    def begin(self) -> None:
        """Begin with nobody reacting; in a forked child the parent's threads are not there."""
        self._lock = threading.Lock()

    def answer_to(self, facts: Iterable[Any]) -> bool:
        """Tell whether one of *facts* is of a class that is reacted to."""
        return any(type(fact) in self._classes for fact in facts)

    @contextmanager
    def waiting_for(self, position: int) -> Generator[None]:
        """React to the facts up to *position*; then nobody reacts here until the block ends."""
        with self._lock:
            self._follow(position)
            yield

    def pass_over(self, start: int, end: int) -> None:
        """Go on behind *end*: what stands after *start* needs no reaction any more."""
        at = self.tables.cursor(CURSOR)
        if start <= at < end:
            self.tables.move_cursor(CURSOR, at, end)

    def follow(self) -> int:
        """React to every fact up to the head; return how many decisions were taken.

        Loaded history is passed over: its follow-ups have happened. A decision that a rule
        refuses is logged and passed over too.
        """
        with self._lock:
            return self._follow()

    def _follow(self, until: int | None = None) -> int:
        taken = 0
        query = Query((QueryItem((), tuple(sorted(self.table))),))
        while True:
            start, goal = self.tables.cursor(CURSOR), self.store.head().position
            goal = goal if until is None else min(goal, until)
            if start >= goal:
                return taken
            page = (
                self.store.read(query, after=start, until=goal, limit=_PAGE) if self.table else []
            )
            taken += sum(self._react(record) for record in page)
            end = page[-1].position if len(page) == _PAGE else goal
            self.tables.move_cursor(CURSOR, start, end)

    def _asked(self, record: Recorded[Any]) -> tuple[Call, ...]:
        """Return the decisions that a fact asks for; a reaction that breaks stops here, named."""
        try:
            return self.table[record.type](record.fact, record)
        except CixError:
            raise
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            raise ProjectionError(CURSOR, record.position, record.type, problem) from error

    def _react(self, record: Recorded[Any]) -> int:
        if record.metadata.loaded:
            return 0
        taken = 0
        cause = str(record.event_id)
        for n, call in enumerate(self._asked(record)):
            stamp = Stamp(
                ACTOR,
                derived_id("reaction", cause, n),
                record.occurred_at,
                correlation=record.metadata.correlation or cause,
                causation=cause,
            )
            try:
                self.perform(call, stamp)
                taken += 1
            except DomainError as error:
                _log.info(
                    "reaction refused",
                    extra={"decision": call.decision, "key": call.key, "because": str(error)},
                )
        return taken
