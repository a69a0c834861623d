"""Who is who as of a position: which records form one customer, computed from identity facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import attrs

from cix.domain import identity
from cix.eventstore.base import EventStore
from cix.records import Query, QueryItem, Recorded

RECORD: Final = "record:"


@attrs.frozen
class CustomerLink:
    """One record of a customer that has several; every other record is a customer alone."""

    record: str
    customer: str


@attrs.define
class Groups:
    """The groups of more than one record; a record not named here is alone."""

    customer: dict[str, str] = attrs.field(factory=dict)
    members: dict[str, tuple[str, ...]] = attrs.field(factory=dict)

    @classmethod
    def of(cls, links: Iterable[CustomerLink]) -> Groups:
        """Index stored links."""
        groups = cls()
        groups.put({link.record: link.customer for link in links})
        return groups

    def of_record(self, record: str) -> str:
        """Return the customer that *record* belongs to."""
        return self.customer.get(record, record)

    def records(self, customer: str) -> tuple[str, ...]:
        """Return the records of *customer*, sorted; none for an alias of another customer."""
        if customer in self.customer:
            return self.members.get(customer, ())
        return (customer,)

    def put(self, found: Mapping[str, str]) -> None:
        """Take the groups of some whole components in place of what was known of them."""
        touched = {self.of_record(record) for record in found} | set(found.values())
        for customer in sorted(touched):
            for record in self.members.pop(customer, ()):
                self.customer.pop(record, None)
        together: dict[str, list[str]] = {}
        for record, customer in found.items():
            together.setdefault(customer, []).append(record)
        for customer, records in together.items():
            if len(records) > 1:
                self.members[customer] = tuple(sorted(records))
                self.customer.update(dict.fromkeys(records, customer))


def _items(tags: Iterable[str]) -> Query:
    return Query(tuple(QueryItem((tag,), identity.IDENTITY_WORDS) for tag in tags))


def connected(
    store: EventStore, records: Sequence[str], known: int
) -> tuple[tuple[str, ...], list[Recorded[Any]]]:
    """Return every record that any identity fact up to *known* ever connected with *records*.

    The second answer is all their identity facts. The set only grows with the log, so it bounds
    every group of the past.
    """
    seen: dict[str, None] = {RECORD + record: None for record in records}
    facts: dict[int, Recorded[Any]] = {}
    asked: set[str] = set()
    while open_tags := [tag for tag in seen if tag not in asked]:
        asked.update(open_tags)
        for record in store.read(_items(open_tags), until=known):
            facts[record.position] = record
            seen.update(dict.fromkeys(t for t in record.tags if t.startswith(RECORD)))
    found = sorted(tag.removeprefix(RECORD) for tag in seen)
    return tuple(found), [facts[position] for position in sorted(facts)]


def grouped(records: Sequence[str], facts: Iterable[Recorded[Any]]) -> dict[str, str]:
    """Return the customer of each of *records* under the visible identity *facts*."""
    found = identity.groups(facts)
    return {record: found.get(record, record) for record in records}


def regrouped(
    store: EventStore, records: Sequence[str], known: int, as_of_us: int | None = None
) -> dict[str, str]:
    """Return record -> customer for the whole components of *records* at position *known*.

    With *as_of_us* only identity facts recorded by that instant (microseconds since 1970) count.
    """
    found: dict[str, str] = {}
    for record in records:
        if record not in found:
            component, facts = connected(store, (record,), known)
            found |= grouped(component, visible(facts, as_of_us))
    return found


def visible(facts: Iterable[Recorded[Any]], as_of_us: int | None) -> list[Recorded[Any]]:
    """Return the identity facts recorded by an instant; all of them when none is given."""
    return [fact for fact in facts if as_of_us is None or fact.recorded_us <= as_of_us]


def groups_at(store: EventStore, known: int, as_of_us: int | None = None) -> Groups:
    """Compute every group at position *known*, and as of an instant, from the log alone."""
    groups = Groups()
    joined: dict[str, None] = {}
    query = Query((QueryItem((), identity.CONNECTING_WORDS),))
    for page in store.pages(query, until=known):
        for record in page:
            joined.update(dict.fromkeys(records_of(record.tags)))
    groups.put(regrouped(store, tuple(joined), known, as_of_us))
    return groups


def records_of(tags: Iterable[str]) -> list[str]:
    """Return the record ids among *tags*."""
    return [tag.removeprefix(RECORD) for tag in tags if tag.startswith(RECORD)]
