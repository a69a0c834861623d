"""What readers ask: a row now, a row as of then, many rows, and why a value is what it is."""

from __future__ import annotations

import operator
from collections.abc import Callable, Container, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, TypeVar

import attrs

from cix.engine.audit import Explanation, in_force, room_causes, row_causes, value_at
from cix.engine.folding import handled, in_reading_order, lines_of, parted, pictured_at
from cix.engine.groups import Groups, connected, grouped, groups_at, visible
from cix.engine.history import CUSTOMER, Instant, facts_of, instant_of_question
from cix.engine.views import Views
from cix.errors import CixError, ProjectionError
from cix.eventstore.base import EventStore, Where
from cix.projections.projection import Projection
from cix.records import Query, QueryItem, Recorded, to_us, values_of

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

    # -- one key -----------------------------------------------------------------
    def now(self, projection: Projection[Row], key: str) -> Row | None:
        """Return the row of *key*, as everything known says now."""
        name = projection.name
        if projection.by == CUSTOMER:
            key = self.views.customer_of(key)
        if self.views.is_stale(name):
            return self.then(projection, key, None, None)
        stored = self.views.stored(name, key)
        if stored is not None and (projection.drifts is None or not projection.drifts(stored.row)):
            row: Row = stored.row
            due = stored.next_due_us
            if due is None or due > to_us(self.views.present()):
                return row
        at = Instant(self.views.present(), self.views.states()[name].position)
        return self._row(projection, key, self.views.records_of, at)

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
            kept = self.views.stored_lines(projection.name, key)
            lines = [
                line
                for line in kept
                if projection.order == "recorded" or line.occurred_us <= to_us(at.as_of)
            ]
        else:
            key, records_of = self._group(projection, key, at)
            facts = facts_of(self.store, projection, key, records_of, at.known)
            seen, _ = parted(projection.order, facts, to_us(at.as_of))
            with blaming(projection, key, seen):
                lines = lines_of(projection, key, seen)
        return tuple(line.row for line in in_reading_order(projection, lines))

    def instant(
        self,
        projection: Projection[Any],
        as_of: datetime | None,
        known_at: datetime | int | None,
    ) -> Instant:
        """Resolve what was asked to one instant and one position."""
        return instant_of_question(
            self.store, self.views.clock(), projection.order, as_of, known_at
        )

    def _group(
        self, projection: Projection[Any], key: str, at: Instant
    ) -> tuple[str, Callable[[str], Sequence[str]]]:
        """Return the customer of the record *key* as of then, and who its records were."""
        if projection.by != CUSTOMER:
            return key, lambda one: (one,)
        records, facts = connected(self.store, (key,), at.known)
        customers = grouped(records, visible(facts, to_us(at.as_of)))
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
        with blaming(projection, key, seen):
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
        tables, name, now = self.views.tables, projection.name, self.views.present()
        if self.views.is_stale(name):
            at = self.instant(projection, None, None)
            return self.find_then(projection, where, order_by, limit, at)
        overdue = dict.fromkeys(tables.due(name, to_us(now)))
        column, found = projection.columns[0], list[Row]()
        for one in tables.find(name, where, order_by=order_by, limit=None if overdue else limit):
            if getattr(one.row, column) not in overdue:
                found.append(one.row)
        at = Instant(now, self.views.states()[name].position)
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
        column, found = projection.columns[0], list[Row]()
        groups = Groups()
        if projection.by == CUSTOMER:
            groups = groups_at(self.store, at.known, to_us(at.as_of))
        for key in dict.fromkeys(map(groups.of_record, self._keys(projection, at))):
            row = self._row(projection, key, groups.records, at)
            if row is not None and all(meets(row, one) for one in where):
                found.append(row)
        return ordered(found, order_by, column)[:limit]

    def _keys(self, projection: Projection[Any], at: Instant) -> dict[str, None]:
        """Return the keys (of a customer's view: the records) that facts visible then belong to.

        They are read from the log: a key of then may have no row now, or none yet.
        """
        decider = projection.decider
        words = projection.words if decider is None else decider.words
        kind = "record" if projection.by == CUSTOMER else projection.by
        keys: dict[str, None] = {}
        for page in self.store.pages(Query((QueryItem((), words),)), until=at.known):
            seen, _ = parted(projection.order, page, to_us(at.as_of))
            for found in values_of(kind, seen):
                keys.update(dict.fromkeys(found))
        return keys

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
        with blaming(projection, key, seen):
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


@contextmanager
def blaming(
    projection: Projection[Any], key: str, seen: Sequence[Recorded[Any]]
) -> Generator[None]:
    """Turn whatever a handler or a fold raises into the error of a key that cannot be folded."""
    try:
        yield
    except CixError:
        raise
    except Exception as error:
        last = max((record.position for record in seen), default=0)
        problem = f"{type(error).__name__}: {error}"
        raise ProjectionError(projection.name, last, key, problem) from error


def meets(row: object, wanted: Where) -> bool:
    """Tell whether a row meets a condition, as the tables would: ``!=`` finds empty columns too."""
    value, comparison = getattr(row, wanted.column), wanted.comparison
    if comparison in {"is null", "is not null"}:
        return (value is None) == (comparison == "is null")
    if value is None and comparison not in {"!=", "in"}:
        return False
    return _COMPARISONS[comparison](value, wanted.value)


def ordered(rows: Iterable[Row], order_by: Sequence[str], key: str) -> list[Row]:
    """Order rows as the tables would: nulls last either way, ties by key."""
    found = sorted(rows, key=operator.attrgetter(key))
    for column in reversed(order_by):
        name, descending = column.removeprefix("-"), column.startswith("-")
        some = [row for row in found if getattr(row, name) is not None]
        none = [row for row in found if getattr(row, name) is None]
        found = sorted(some, key=operator.attrgetter(name), reverse=descending) + none
    return found
