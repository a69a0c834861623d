"""Keeps the rows of views as true as the log: catch-up, refolds, builds beside, parked keys."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import attrs

from cix.clock import Clock
from cix.engine.building import build
from cix.engine.groups import CustomerLink, Groups, groups_at
from cix.engine.page import Page, pages
from cix.engine.session import Session, Share, Slot
from cix.engine.step import Step
from cix.errors import ProjectionError, StoreUnavailableError, UnknownViewError
from cix.eventstore.base import (
    BUILT,
    Change,
    EventStore,
    Line,
    Stored,
    Table,
    ViewState,
    ViewStore,
    Where,
)
from cix.eventstore.forking import renew_in_child
from cix.garbage import collected_later
from cix.projections.projection import Projection
from cix.records import from_us, to_us

LINKS: Final = Projection("customers", "record", 1, CustomerLink, order="recorded")
"""Which records form one customer; the engine writes it, SQL joins it."""
TICKED: Final = "ticked"
FACTS_A_ROW: Final = 20
"""Facts in a step at most, for each row that a view may write in it."""
_log = logging.getLogger("cix.engine.views")
Progress = Callable[[int, int], None]
Found = TypeVar("Found")


def table_of(projection: Projection[Any]) -> Table:
    """Return the table that a projection's rows are kept in."""
    return Table(
        projection.name, projection.version, projection.row, projection.by, projection.lines
    )


class Views:
    """Every view of one engine. Safe to share between threads: one catch-up serves them all."""

    def __init__(
        self,
        store: EventStore,
        tables: ViewStore,
        projections: Sequence[Projection[Any]],
        clock: Clock,
        page: int = 50_000,
    ) -> None:
        """Create missing tables; nothing is caught up yet."""
        self.store, self.tables, self.clock, self.page = store, tables, clock, page
        self.projections = {one.name: one for one in (LINKS, *projections)}
        self.begin()
        renew_in_child(self, Views.begin)
        tables.prepare([table_of(one) for one in self.projections.values()])
        self._states: Mapping[str, ViewState] = tables.states()

    def begin(self) -> None:
        """Begin with nothing at hand; in a forked child the parent's threads are not there."""
        self._lock = threading.RLock()
        self._sessions: dict[tuple[str, ...], Session] = {}

    def named(self, name: str) -> Projection[Any]:
        """Return the projection of that name, or raise ``UnknownViewError``."""
        try:
            return self.projections[name]
        except KeyError:
            raise UnknownViewError(name, tuple(sorted(self.projections))) from None

    def states(self) -> Mapping[str, ViewState]:
        """Return how far each view is, as stored."""
        self._states = self.tables.states()
        return self._states

    def present(self) -> datetime:
        """Return the present: the clock's instant, or the log's where that is ahead of it."""
        return max(self.clock(), from_us(self.store.head().recorded_us))

    def stored(self, name: str, key: str) -> Stored | None:
        """Return the stored live row of *key*."""
        return self._live_rows(name, lambda live: self.tables.load(name, [key], live)).get(key)

    def stored_lines(self, name: str, key: str) -> list[Line]:
        """Return the stored live lines of *key*."""
        return self._live_rows(name, lambda live: self.tables.lines(name, [key], live))

    def _live_rows(self, name: str, ask: Callable[[int], Found]) -> Found:
        """Ask the live generation; ask again when another process has swapped it meanwhile."""
        while True:
            live = self._states[name].generation
            try:
                return ask(live)
            except StoreUnavailableError:
                if self.states()[name].generation == live:
                    raise

    def is_stale(self, name: str) -> bool:
        """Tell whether the stored rows were made by another version of the projection."""
        return self._states[name].version != self.projections[name].version

    def position(self) -> int:
        """Return the position that every live view has reached."""
        return min(
            state.position for name, state in self._states.items() if not self.is_stale(name)
        )

    def customer_of(self, record: str) -> str:
        """Return the customer that *record* belongs to, as of the live views' position."""
        link = self.stored(LINKS.name, record)
        return record if link is None else link.row.customer

    def records_of(self, customer: str) -> tuple[str, ...]:
        """Return the records of *customer*, sorted, as of the live views' position."""
        links = self.tables.find(LINKS.name, (Where("customer", "=", customer),))
        return tuple(sorted(stored.row.record for stored in links)) or (customer,)

    def _stored_groups(self) -> Groups:
        return Groups.of(stored.row for stored in self.tables.find(LINKS.name))

    # -- catch-up ----------------------------------------------------------------
    def catch_up(self, target: int | None = None, progress: Progress | None = None) -> int:
        """Bring every live view to *target* (default: the head); return the position reached.

        A view made by another version is rebuilt first.
        """
        goal = self.store.head().position if target is None else target
        with self._lock:
            for name in self.projections:
                if self.is_stale(name):
                    self.rebuild(name)
            while (start := self.position()) < goal:
                self.step(self._live(start), self._next_stop(start, goal))
                if progress is not None:
                    progress(self.position(), goal)
            return self.position()

    def _next_stop(self, start: int, goal: int) -> int:
        """Views at different positions meet: the ones behind stop where the next ones stand."""
        ahead = [s.position for s in self._states.values() if start < s.position < goal]
        return min(ahead, default=goal)

    def _live(self, start: int) -> tuple[str, ...]:
        return tuple(
            sorted(
                name
                for name, state in self._states.items()
                if state.position == start and not self.is_stale(name)
            )
        )

    def _session(self, names: tuple[str, ...], start: int, stop: int) -> Session:
        """Return what is at hand for *names* at *start*, afresh when somebody else moved on."""
        held = self._sessions.get(names)
        if held is not None and held.position == start:
            return held
        slots = tuple(self._slot(name) for name in names)
        where = start or stop
        session = Session(slots, start, self._groups_for(names, start, where), where)
        session.read_policies(self.store)
        self._sessions = {
            other: kept for other, kept in self._sessions.items() if not set(other) & set(names)
        }
        self._sessions[names] = session
        return session

    def _groups_for(self, names: tuple[str, ...], start: int, where: int) -> Groups:
        """Return the groups of *where*: from the beginning those of the end, to fold once."""
        stored = LINKS.name not in names or start
        if stored and self._states[LINKS.name].position == where:
            return self._stored_groups()
        return groups_at(self.store, where)

    def _slot(self, name: str) -> Slot:
        plain, beside, number = name.partition(BUILT)
        state, projection = self._states[plain], self.projections[plain]
        generation = state.building if beside and state.building is not None else state.generation
        share = Share(int(number), len(state.shares)) if number else None
        slot = Slot(projection, generation, self.reached(name), bool(beside), share)
        slot.parked = {one.key for one in self.tables.parked(name)}
        slot.awaited = self.tables.awaited(name)
        return slot

    def step(self, names: tuple[str, ...], stop: int) -> None:
        """Take a step's worth of facts into the views *names*; commit rows with checkpoints."""
        start = self.reached(names[0])
        session = self._session(names, start, stop)
        try:
            with collected_later():
                changes, end = self._taken(session, start, stop)
                committed = self._commit(session, changes, dict.fromkeys(names, start), end)
        except BaseException as error:
            self._sessions.clear()  # the rows at hand hold what was not stored
            if isinstance(error, StoreUnavailableError) and self._swapped(session):
                return
            raise
        if committed:
            session.position = end
            session.trim()
            self._move(names, end)
            self._catch_up_unparked(session)
        else:
            _log.info("somebody else was faster", extra={"views": names, "after": start})
            self._sessions.clear()
            self.states()

    def _swapped(self, session: Session) -> bool:
        """Tell whether another process has swapped or dropped a table of the session."""
        states = self.states()
        pairs = [(slot.generation, states[slot.projection.name]) for slot in session.slots]
        return any(one not in {state.generation, state.building} for one, state in pairs)

    def _taken(self, session: Session, start: int, stop: int) -> tuple[list[Change], int]:
        """Take facts up to *stop*, a step's worth at most; return what to write, and how far.

        A step ends with the rows that one view may write in it: a customer who comes again and
        again is written once.
        """
        ticked = from_us(self.tables.cursor(TICKED))
        changes = [Change(slot.projection.name, slot.generation) for slot in session.slots]
        end, left, rows = start, self.page * FACTS_A_ROW, 0
        for page in pages(self.store, session, start, stop, self.page):
            step = self._taking(session, page, ticked)
            step.take(changes)
            end, left = page.end, left - len(page.records)
            for slot, change in zip(session.slots, changes, strict=True):
                rows = max(
                    rows, len(change.puts) + len(change.lines) + len(slot.again) + len(slot.states)
                )
            if end == stop or left <= 0 or rows >= self.page:
                step.finish(changes)
                break
        return changes, end

    def _commit(
        self,
        session: Session,
        changes: Sequence[Change],
        expected: Mapping[str, int],
        position: int,
    ) -> bool:
        """Commit; a row that no table can hold parks its key, and the rest is committed."""
        while True:
            try:
                return self.tables.commit(changes, expected=expected, position=position)
            except ProjectionError as error:
                for slot, change in zip(session.slots, changes, strict=True):
                    if change.name == error.projection and not change.drop(error.fact):
                        raise
                    if change.name == error.projection:
                        slot.park(change, error.fact, position, error)

    def _catch_up_unparked(self, session: Session) -> None:
        """Fold keys that were passed over as parked, if another process has mended them since."""
        for slot in session.slots:
            if slot.skipped and not slot.building:
                slot.parked = {one.key for one in self.tables.parked(slot.projection.name)}
                mended = sorted(slot.skipped - slot.parked)
                slot.skipped = set()
                if mended:
                    self._refold(slot.projection.name, mended)

    def _taking(self, session: Session, page: Page, ticked: datetime) -> Step:
        now = self.clock()
        if not page.records:
            now = self.present()
        elif page.records[-1].recorded_us > to_us(now):
            now = page.records[-1].recorded_at
        return Step(self.store, self.tables, session, page, now, ticked)

    def reached(self, name: str) -> int:
        """Return the position of a checkpoint, as last seen."""
        plain, beside, number = name.partition(BUILT)
        state = self._states[plain]
        if number:
            return state.shares[int(number)]
        return state.building_position if beside else state.position

    def _move(self, names: Sequence[str], position: int) -> None:
        """Remember the checkpoint that was just committed, without asking the tables."""
        states = dict(self._states)
        for name in names:
            plain, beside, number = name.partition(BUILT)
            shares = list(states[plain].shares)
            moved: dict[str, Any] = {"building_position" if beside else "position": position}
            if number:
                shares[int(number)] = position
                moved = {"building_position": min(shares), "shares": tuple(shares)}
            states[plain] = attrs.evolve(states[plain], **moved)
        self._states = states

    # -- builds beside the live rows -----------------------------------------------
    def rebuild(
        self, name: str, progress: Progress | None = None, workers: int | None = 1
    ) -> ViewState:
        """Build the rows of a view anew beside the live ones, then swap them in one transaction.

        Readers keep the old rows until the swap, and the live views are caught up meanwhile. A
        build that was interrupted goes on; one that another process finishes is done.
        """
        built = build(self.aside(), self.named(name), progress, workers)
        with self._lock:
            self._sessions.clear()
            if self.states()[name].generation == built:
                self._retry(name)
                self._move_due(name, self.tables.cursor(TICKED))  # ticks that came meanwhile
            return self.states()[name]

    def aside(self) -> Views:
        """Return the same views with rows and a lock of their own."""
        _, *others = self.projections.values()
        return Views(self.store, self.tables, others, self.clock, self.page)

    def goal_of_build(self, name: str) -> int:
        """A build ends where the live rows stand; a stale view's where the others do."""
        if self.is_stale(name):
            others = [s.position for n, s in self._states.items() if not self.is_stale(n)]
            return max(min(others, default=0), self._states[name].position)
        return self._states[name].position

    # -- parked keys and rows that time moved ----------------------------------------
    def retry_parked(self, name: str | None = None) -> int:
        """Refold every parked key; return how many are parked still."""
        with self._lock:
            self.catch_up()
            for projection in self._some(name):
                self._retry(projection.name)
            return len(self.tables.parked(name))

    def _retry(self, name: str) -> None:
        if keys := [one.key for one in self.tables.parked(name)]:
            self._refold(name, keys)

    def run_clock(self, now_us: int) -> int:
        """Move the rows that time has overtaken up to *now*; return how many."""
        moved = 0
        with self._lock:
            ticked = self.tables.cursor(TICKED)
            if ticked < now_us:
                self.tables.move_cursor(TICKED, ticked, now_us)
            for projection in self._some(None):
                moved += self._move_due(projection.name, now_us)
        return moved

    def _move_due(self, name: str, now_us: int) -> int:
        due = self.tables.due(name, now_us)
        for keys in _chunks(due, self.page):
            self._refold(name, keys)
        return len(due)

    def _some(self, name: str | None) -> list[Projection[Any]]:
        chosen = [self.named(name)] if name is not None else list(self.projections.values())
        return [one for one in chosen if one.name != LINKS.name]

    def _refold(self, name: str, keys: Sequence[str]) -> None:
        """Fold *keys* of one live view from the log, where it stands."""
        while True:
            start = self.reached(name)
            slot = self._slot(name)
            session = Session((slot,), start, self._stored_groups(), start)
            session.read_policies(self.store)
            page = Page([], start, start)
            ticked = from_us(self.tables.cursor(TICKED))
            changes = self._taking(session, page, ticked).refold(slot, keys)
            if self._commit(session, [changes], {name: start}, start):
                for held in self._sessions.values():
                    held.refolded(slot, keys, changes.unparked - set(changes.parked))
                return
            self._sessions.clear()
            self.states()


def _chunks(keys: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]
