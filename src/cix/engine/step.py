"""One page of facts taken into rows: what the views at one position write in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import compress
from operator import itemgetter
from typing import Any, Final

from cix.domain.decider import POLICY_WORD, Decider
from cix.engine.folding import Folded, folded, lines_of, no_row_yet, parted, pictured, refolded
from cix.engine.groups import CustomerLink, regrouped
from cix.engine.history import CUSTOMER, facts_of
from cix.engine.page import Page
from cix.engine.session import Cache, Session, Slot
from cix.errors import EventStoreError, ProjectionError
from cix.eventstore.base import Change, EventStore, Line, Stored, ViewStore
from cix.projections.projection import Projection
from cix.records import Query, QueryItem, Recorded, rows_of, to_us, values_of

_TYPE: Final = 2
_OCCURRED: Final = 4
"""Places in a stored row: in the loop over every fact a property is a call too many."""


class Step:
    """Takes one page into the slots of one session."""

    def __init__(  # where from, where to, which facts, and both instants
        self,
        store: EventStore,
        tables: ViewStore,
        session: Session,
        page: Page,
        now: datetime,
        ticked: datetime,
    ) -> None:
        """*now* tells what is visible, *ticked* how far time has been run by a tick."""
        self.store, self.tables, self.session, self.page = store, tables, session, page
        self.now_us, self.ticked = to_us(now), ticked
        self._words = set(map(itemgetter(_TYPE), rows_of(page.records)))
        self._keyed: dict[str, tuple[list[Recorded[Any]], list[list[str]]]] = {}
        self._moved: dict[tuple[str, str], Folded | None] = {}
        self._folded: dict[tuple[str, str], tuple[Folded | None, int | None]] = {}

    def take(self, changes: Sequence[Change]) -> None:
        """Take the page into *changes*, those of each slot; its groups and policies come first."""
        regrouped_keys, links = self._regroup()
        policies = POLICY_WORD in self._words
        kinds = self.session.meet_policies(self.page.records) if policies else set[str]()
        for slot, change in zip(self.session.slots, changes, strict=True):
            projection = slot.projection
            if slot.parked:
                keys = (key for _, keys in self._taken(slot) for key in keys)
                slot.skipped |= slot.parked.intersection(keys)
            if projection.row is CustomerLink:
                self._link(change, links)
            elif projection.decider is not None:
                self._picture(slot, projection.decider, change, kinds)
            else:
                self._set_aside(slot, change, regrouped_keys)
                (self._add_lines if projection.lines else self._handle)(slot, change)

    def finish(self, changes: Sequence[Change]) -> None:
        """Do once for each key what was noted since the step began: fold again, picture."""
        for slot, change in zip(self.session.slots, changes, strict=True):
            again = slot.again
            if slot.projection.decider is not None:
                self._paint(slot, slot.projection.decider, change)
            elif again:
                change.lines = [line for line in change.lines if line.key not in again]
                for key in sorted(again - slot.parked):
                    self._refold(slot, change, key)
            again.clear()
            slot.states.clear()

    def refold(self, slot: Slot, keys: Iterable[str]) -> Change:
        """Return the rows of *keys* folded from the log; their parking ends if it works."""
        change = Change(slot.projection.name, slot.generation)
        for key in keys:
            change.unparked.add(key)
            self._refold(slot, change, key)
        return change

    # -- groups ------------------------------------------------------------------
    def _regroup(self) -> tuple[set[str], dict[str, str | None]]:
        """Recompute the components that the page's identity facts touch.

        Return the customers whose group changed, and the new links (None: no longer one of
        several).
        """
        touched: dict[str, None] = {}
        for record in self.page.records if self._words & Page.IDENTITY else ():
            if record.row[_TYPE] in Page.IDENTITY:
                touched.update(dict.fromkeys(record.values_of("record")))
        groups = self.session.groups
        if not touched:
            return set(), {}
        if self.page.end <= self.session.grouped_to:
            return set(), {record: groups.customer.get(record) for record in touched}
        before = {record: groups.of_record(record) for record in touched}
        found = regrouped(self.store, tuple(touched), self.page.end)
        before |= {record: groups.of_record(record) for record in found}
        members = {customer: groups.records(customer) for customer in {*before, *found}}
        groups.put(found)
        mine = self._mine
        changed = {c for c, records in members.items() if records != groups.records(c) and mine(c)}
        return changed, {record: groups.customer.get(record) for record in found}

    def _link(self, change: Change, links: dict[str, str | None]) -> None:
        for record, customer in links.items():
            if customer is None:
                change.puts.pop(record, None)
                change.deletes.add(record)
            else:
                change.puts[record] = Stored(CustomerLink(record, customer), self.page.end, 0)

    # -- keys --------------------------------------------------------------------
    def _taken(self, slot: Slot) -> Iterator[tuple[Recorded[Any], list[str]]]:
        """Yield the page's records that a slot takes, each with the keys it belongs to."""
        wanted = frozenset(slot.projection.words)
        pairs = zip(*self._of_keys(slot.projection.by), strict=True)
        return (pair for pair in pairs if pair[1] and pair[0].row[_TYPE] in wanted)

    def _of_keys(self, by: str) -> tuple[list[Recorded[Any]], list[list[str]]]:
        """Return the records that may have keys of that kind, and of each its keys, each once.

        They are found once for all slots.
        """
        found = self._keyed.get(by)
        if found is None:
            records = self.page.records
            kind = "record" if by == CUSTOMER else by
            keys = values_of(kind, records)
            if by == CUSTOMER and (customer_of := self.session.groups.customer):
                keys = [[customer_of.get(key, key) for key in several] for several in keys]
            if max(map(len, keys), default=0) > 1:
                keys = [list(dict.fromkeys(several)) for several in keys]
            if (share := self.session.share) is not None:
                keys = [list(filter(share.takes, several)) for several in keys]
                records, keys = list(compress(records, keys)), list(filter(None, keys))
            found = self._keyed[by] = (records, keys)
        return found

    def _mine(self, key: str) -> bool:
        """Tell whether *key* is to be folded here: it is not of another share of the build."""
        share = self.session.share
        return share is None or share.takes(key)

    def _set_aside(self, slot: Slot, change: Change, regrouped_keys: set[str]) -> None:
        """Note the keys to fold again whatever comes: of changed groups, and awaited ones."""
        again = set(regrouped_keys) if slot.projection.by == CUSTOMER else set[str]()
        if slot.awaited:
            touched = {key for _, keys in self._taken(slot) for key in keys}
            again |= touched & slot.awaited
        slot.again |= again
        for key in again:
            change.puts.pop(key, None)

    # -- rows filled by handlers -----------------------------------------------------
    def _handle(self, slot: Slot, change: Change) -> None:
        """Apply each fact to its row where that is exact; note the keys to be folded again."""
        projection, puts, again, parked = slot.projection, change.puts, slot.again, slot.parked
        self._fetch(slot)
        handlers, late, now_us = projection.handlers, projection.order == "occurred", self.now_us
        alone = len(self.session.slots) == 1
        for record, keys in zip(*self._of_keys(projection.by), strict=True):
            envelope = record.row
            handler, occurred = handlers.get(envelope[_TYPE]), envelope[_OCCURRED]
            if handler is None:
                continue
            for key in keys:
                held = puts.get(key)
                if held is None:
                    if key in again or key in parked:
                        continue
                    held = puts[key] = self._row(slot, key, occurred)
                if late and not held.occurred_us <= occurred <= now_us:
                    again.add(key)
                    del puts[key]
                    continue
                try:
                    # what no other view takes is not kept: the next fact is made in its place
                    fact = record.reader.fact(envelope) if alone else record.fact
                    handler(held.row, fact, record)
                except Exception as error:  # noqa: BLE001  # whatever a handler raises parks its key
                    slot.park(change, key, record.position, error)
                    continue
                held.position, held.occurred_us = envelope[0], occurred

    def _row(self, slot: Slot, key: str, occurred: int) -> Stored:
        """Take the row of *key* in hand, or a new one."""
        held, new_row = slot.rows.get(key), slot.projection.new_row
        if held is None:
            if new_row is None:
                name = slot.projection.name
                raise ProjectionError(name, self.page.start, "-", "it makes no rows")
            held = Stored(new_row(key), 0, occurred)
        slot.rows.put(key, held)
        return held

    def _fetch(self, slot: Slot) -> None:
        """Read the rows that the page's facts belong to, unless they are at hand."""
        rows = slot.rows
        if rows.whole:
            return
        keys = {key for _, keys in self._taken(slot) for key in keys}
        missing = [key for key in sorted(keys) if rows.get(key) is None and not rows.is_new(key)]
        if missing:
            rows.put_all(self.tables.load(slot.projection.name, missing, slot.generation))

    def _refold(self, slot: Slot, change: Change, key: str) -> None:
        """Fold *key* from the log up to the page's end, into its row or its lines."""
        projection = slot.projection
        position = self.page.end
        try:
            facts = facts_of(
                self.store, projection, key, self.session.groups.records, self.page.end
            )
            if projection.lines:
                change.deletes.add(key)
                change.lines.extend(lines_of(projection, key, facts))
                return
            stored = refolded(projection, key, facts, now_us=self.now_us, until=self.ticked)
        except EventStoreError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a handler raises parks its key
            slot.park(change, key, position, error)
            return
        self._put(slot, change, key, stored)

    def _put(self, slot: Slot, change: Change, key: str, stored: Stored | None) -> None:
        if stored is None or stored.row is None:
            slot.expect(change, key, None if stored is None else stored.next_due_us)
            change.puts.pop(key, None)
            change.deletes.add(key)
            slot.rows.gone(key)
        else:
            slot.expect(change, key, None)
            change.puts[key] = stored
            slot.rows.put(key, stored)

    # -- lines -------------------------------------------------------------------
    def _add_lines(self, slot: Slot, change: Change) -> None:
        handlers = slot.projection.line_handlers
        for record, keys in self._taken(slot):
            for key in keys:
                if key in slot.again or key in slot.parked:
                    continue
                try:
                    made = list(handlers[record.type](record.fact, record))
                except Exception as error:  # noqa: BLE001  # whatever a handler raises parks its key
                    slot.park(change, key, record.position, error)
                    continue
                change.lines.extend(
                    Line(key, record.position, n, record.occurred_us, row)
                    for n, row in enumerate(made)
                )

    # -- a room's own fold, pictured ----------------------------------------------------
    def _picture(
        self, slot: Slot, decider: Decider[Any, Any], change: Change, kinds: set[str]
    ) -> None:
        """Bring states up to the page's end; they are pictured at the end of the step."""
        per_key = self._per_key(slot, decider)
        if self.page.start and kinds & set(decider.obeys):
            self._forget(decider)
            for key in self._every_key(decider):
                per_key.setdefault(key, [])
        for key, fresh in per_key.items():
            if key in slot.parked or key in slot.again:
                continue
            try:
                found = self._state(decider, key, fresh)
            except EventStoreError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever a fold raises parks its key
                slot.park(change, key, self.page.end, error)
                slot.states.pop(key, None)
                continue
            if found is None:
                slot.again.add(key)
                slot.states.pop(key, None)
            else:
                slot.states[key] = found

    def _per_key(self, slot: Slot, decider: Decider[Any, Any]) -> dict[str, list[Recorded[Any]]]:
        found: dict[str, list[Recorded[Any]]] = {}
        for record, keys in self._taken(slot):
            if record.type in decider.words:
                for key in keys:
                    found.setdefault(key, []).append(record)
        return found

    def _paint(self, slot: Slot, decider: Decider[Any, Any], change: Change) -> None:
        """Picture every state that the step has moved, after folding what could not be moved."""
        projection = slot.projection
        for key in sorted({*slot.states, *slot.again} - slot.parked):
            try:
                found, later = slot.states.get(key), None
                if found is None:
                    found, later = self._folded_again(projection, decider, key)
                stored = (
                    no_row_yet(later)
                    if found is None
                    else pictured(projection, found, self.ticked, later)
                )
            except EventStoreError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever a fold raises parks its key
                slot.park(change, key, self.page.end, error)
                continue
            self._put(slot, change, key, stored)

    def _forget(self, decider: Decider[Any, Any]) -> None:
        """A policy came that may reach back: every state is folded anew."""
        if not any(memo[0] == decider.name for memo in self._moved):
            self.session.states[decider.name] = Cache(whole=False)

    def _every_key(self, decider: Decider[Any, Any]) -> Iterator[str]:
        """Yield the keys of all facts of a room before the page.

        A key may have facts and no row: of clocks that nothing was promised yet, say.
        """
        prefix, met = decider.tag(""), set[str]()
        query = Query((QueryItem((), decider.words),))
        for page in self.store.pages(query, until=self.page.start):
            for tag in (tag for record in page for tag in record.tags):
                if tag.startswith(prefix) and tag not in met:
                    met.add(tag)
                    if self._mine(key := tag.removeprefix(prefix)):
                        yield key

    def _state(
        self, decider: Decider[Any, Any], key: str, fresh: Sequence[Recorded[Any]]
    ) -> Folded | None:
        """Return the state of *key* at the page's end, moved once for all views of the room.

        None: it cannot simply be moved, and is to be folded from the log.
        """
        memo = (decider.name, key)
        if memo in self._moved:
            return self._moved[memo]
        cache = self.session.states[decider.name]
        held, found = cache.get(key), None
        if cache.is_new(key) and fresh:
            found, later = self._fold([*self.session.obeyed(decider), *fresh], decider, key)
            found = found if later is None else None
        elif held is not None and fresh and (found := self._applied(decider, held, fresh)):
            cache.put(key, found)
        if found is None:
            cache.drop(key)
        self._moved[memo] = found
        return found

    def _folded_again(
        self, projection: Projection[Any], decider: Decider[Any, Any], key: str
    ) -> tuple[Folded | None, int | None]:
        """Fold *key* from the log, once for all views of the room; say when a fact is due yet."""
        memo = (decider.name, key)
        if memo not in self._folded:
            facts = facts_of(
                self.store, projection, key, self.session.groups.records, self.page.end
            )
            self._folded[memo] = self._fold(facts, decider, key)
        return self._folded[memo]

    def _applied(
        self, decider: Decider[Any, Any], held: Folded, fresh: Sequence[Recorded[Any]]
    ) -> Folded | None:
        """Apply the next facts where that is exact; None where one is late or not yet visible."""
        for record in fresh:
            future = decider.order == "occurred" and record.occurred_us > self.now_us
            if future or not held.takes(decider, record):
                return None
            held = held.after(decider, record)
        return held

    def _fold(
        self, facts: Sequence[Recorded[Any]], decider: Decider[Any, Any], key: str
    ) -> tuple[Folded | None, int | None]:
        cache = self.session.states[decider.name]
        seen, later = parted(decider.order, facts, self.now_us)
        if later is not None:
            cache.drop(key)
        if not any(record.type in decider.words for record in seen):
            return None, later
        found = folded(decider, key, seen)
        if later is None:
            cache.put(key, found)
        return found, later
