"""What readers ask: a row now, a row as of then, many rows, and why a value is what it is."""

from __future__ import annotations

import operator
from collections.abc import Callable, Container, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import attrs

from cix.clock import Clock
from cix.engine.audit import Explanation, in_force, room_causes, row_causes, value_at
from cix.engine.folding import handled, in_reading_order, lines_of, parted, pictured_at
from cix.engine.groups import connected, grouped
from cix.engine.history import CUSTOMER, Instant, facts_of, instant_of_question
from cix.engine.views import Views
from cix.eventstore.base import EventStore, Stored, Where
from cix.projections.projection import Projection
from cix.records import to_us

Row = TypeVar("Row")
_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda value, among: value in among,
}


@attrs.frozen(eq=False)
class Reading:
    """Answers questions from stored rows where they are true, else from the log."""

    store: EventStore
    views: Views
    clock: Clock

    # -- one key -----------------------------------------------------------------
    def now(self, projection: Projection[Row], key: str) -> Row | None:
        """Return the row of *key*, as everything known says now."""
        if projection.by == CUSTOMER:
            key = self.views.customer_of(key)
        if self.views.is_stale(projection.name):
            return self.then(projection, key, None, None)
        state, now = self.views.state(projection.name), self.clock()
        stored = self.views.tables.load(projection.name, [key], state.generation).get(key)
        if stored is not None and _is_true_at(stored, to_us(now)):
            row: Row = stored.row
            if projection.drifts is None or not projection.drifts(row):
                return row
        return self._row(projection, key, self.views.records_of, Instant(now, state.position))

    def then(
        self,
        projection: Projection[Row],
        key: str,
        as_of: datetime | None,
        known_at: datetime | int | None,
    ) -> Row | None:
        """Return the row of *key* as of an instant, from the log, by the same fold."""
        at = self.instant(projection, as_of, known_at)
        key, records_of = self._group(projection, key, at)
        return self._row(projection, key, records_of, at)

    def lines(
        self,
        projection: Projection[Row],
        key: str,
        as_of: datetime | None = None,
        known_at: datetime | int | None = None,
    ) -> tuple[Row, ...]:
        """Return the lines of *key* in the room's order."""
        at = self.instant(projection, as_of, known_at)
        plain = as_of is None and known_at is None and not self.views.is_stale(projection.name)
        if plain:
            key = self.views.customer_of(key) if projection.by == CUSTOMER else key
            generation = self.views.state(projection.name).generation
            kept = self.views.tables.lines(projection.name, [key], generation)
            lines = [line for line in kept if line.occurred_us <= to_us(at.as_of)]
        else:
            key, records_of = self._group(projection, key, at)
            facts = facts_of(self.store, projection, key, records_of, at.known)
            seen, _ = parted(projection.order, facts, to_us(at.as_of))
            lines = lines_of(projection, key, seen)
        return tuple(line.row for line in in_reading_order(projection, lines))

    def instant(
        self,
        projection: Projection[Any],
        as_of: datetime | None,
        known_at: datetime | int | None,
    ) -> Instant:
        """Resolve what was asked to one instant and one position."""
        return instant_of_question(self.store, self.clock(), projection.order, as_of, known_at)

    def _group(
        self, projection: Projection[Any], key: str, at: Instant
    ) -> tuple[str, Callable[[str], Sequence[str]]]:
        """Return the customer of the record *key* as of then, and who its records were."""
        if projection.by != CUSTOMER:
            return key, lambda one: (one,)
        records, facts = connected(self.store, (key,), at.known)
        visible = [fact for fact in facts if fact.recorded_us <= to_us(at.as_of)]
        customers = grouped(records, visible)
        customer = customers[key]
        members = tuple(sorted(r for r, owner in customers.items() if owner == customer))
        return customer, lambda _: members

    def _row(
        self,
        projection: Projection[Row],
        key: str,
        records_of: Callable[[str], Sequence[str]],
        at: Instant,
    ) -> Row | None:
        facts = facts_of(self.store, projection, key, records_of, at.known)
        seen, _ = parted(projection.order, facts, to_us(at.as_of))
        if projection.decider is not None:
            if not any(record.type in projection.decider.words for record in seen):
                return None
            found: Row | None = pictured_at(projection, key, seen, at.as_of)
            return found
        stored = handled(projection, key, seen)
        return None if stored is None else stored.row

    # -- many keys -----------------------------------------------------------------
    def find(
        self,
        projection: Projection[Row],
        where: Sequence[Where],
        order_by: Sequence[str],
        limit: int | None,
    ) -> list[Row]:
        """Return rows that meet every condition; rows that time has overtaken are moved first."""
        tables, name, now = self.views.tables, projection.name, self.clock()
        overdue = dict.fromkeys(tables.due(name, to_us(now)))
        column, found = projection.columns[0], list[Row]()
        for one in tables.find(name, where, order_by=order_by, limit=None if overdue else limit):
            if getattr(one.row, column) not in overdue:
                found.append(one.row)
        at = Instant(now, self.views.state(name).position)
        for key in overdue:
            row = self._row(projection, key, self.views.records_of, at)
            if row is not None and all(meets(row, one) for one in where):
                found.append(row)
        rows = ordered(found, order_by, column)[:limit] if overdue else found
        return [self._drifted(projection, row, overdue, at) for row in rows]

    def _drifted(
        self, projection: Projection[Row], row: Row, moved: Container[str], at: Instant
    ) -> Row:
        """Return a found row as of an instant, where it drifts and was not moved there yet."""
        key: str = getattr(row, projection.columns[0])
        if projection.drifts is None or key in moved or not projection.drifts(row):
            return row
        return self._row(projection, key, self.views.records_of, at) or row

    def find_then(
        self,
        projection: Projection[Row],
        where: Sequence[Where],
        order_by: Sequence[str],
        limit: int | None,
        at: Instant,
    ) -> list[Row]:
        """Return rows as of then: every key is folded from the log."""
        column = projection.columns[0]
        found: dict[str, Row] = {}
        generation, after = self.views.state(projection.name).generation, ""
        while keys := self.views.tables.keys(projection.name, generation, after=after):
            for key in keys:
                for one in self._parts(projection, key, at):
                    customer, records_of = self._group(projection, one, at)
                    row = self._row(projection, customer, records_of, at)
                    if row is not None and all(meets(row, wanted) for wanted in where):
                        found[customer] = row
            after = keys[-1]
        return ordered(list(found.values()), order_by, column)[:limit]

    def _parts(self, projection: Projection[Any], key: str, at: Instant) -> Sequence[str]:
        """A customer of today may have been several then."""
        if projection.by != CUSTOMER:
            return (key,)
        return connected(self.store, (key,), at.known)[0]

    # -- why ---------------------------------------------------------------------
    def explain(
        self,
        projection: Projection[Any],
        key: str,
        path: str,
        as_of: datetime | None,
        known_at: datetime | int | None,
    ) -> Explanation:
        """Return every step of the fold that changed the value at *path* of the row."""
        at = self.instant(projection, as_of, known_at)
        key, records_of = self._group(projection, key, at)
        facts = facts_of(self.store, projection, key, records_of, at.known)
        seen, _ = parted(projection.order, facts, to_us(at.as_of))
        causes = (
            room_causes(projection, projection.decider, key, seen, path, at.as_of)
            if projection.decider is not None
            else row_causes(projection, key, seen, path)
        )
        row = self._row(projection, key, records_of, at)
        value = None if row is None else value_at(row, path)
        policies = in_force(projection.decider, seen, at.as_of)
        return Explanation(
            projection.name, key, path, value, at.as_of, at.known, tuple(causes), policies
        )


def _is_true_at(stored: Stored, now_us: int) -> bool:
    """Tell whether time has not overtaken a stored row."""
    return stored.next_due_us is None or stored.next_due_us > now_us


def meets(row: object, wanted: Where) -> bool:
    """Tell whether a row meets a condition, as the tables would: nothing compares with null."""
    value = getattr(row, wanted.column)
    if wanted.comparison in {"is null", "is not null"}:
        return (value is None) == (wanted.comparison == "is null")
    return value is not None and _COMPARISONS[wanted.comparison](value, wanted.value)


def ordered(rows: Iterable[Row], order_by: Sequence[str], key: str) -> list[Row]:
    """Order rows as the tables would: nulls last either way, ties by key."""
    found = sorted(rows, key=operator.attrgetter(key))
    for column in reversed(order_by):
        name, descending = column.removeprefix("-"), column.startswith("-")
        some = [row for row in found if getattr(row, name) is not None]
        none = [row for row in found if getattr(row, name) is None]
        found = sorted(some, key=operator.attrgetter(name), reverse=descending) + none
    return found
