"""A customer's profile: attributes with their source, preferences, labels with a reason.

The key is the record that told it; what holds of a customer is read over the records of a group.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias, assert_never, get_args

import attrs

from cix.domain.decider import Decider
from cix.facts import fact, personal
from cix.records import Recorded


# -- facts ---------------------------------------------------------------------
@fact("customer.attribute_set", 1)
class AttributeSet:
    """A source told an attribute of the person: a name, a city, a birthday."""

    name: str
    source: str
    value: str = personal("identity")


@fact("customer.attribute_cleared", 1)
class AttributeCleared:
    """An attribute no longer holds."""

    name: str
    source: str
    reason: str | None = None


@fact("customer.preference_set", 1)
class PreferenceSet:
    """The customer wants it so: a language, a channel, a time of day. None: no wish any more."""

    name: str
    value: str | None
    source: str


@fact("customer.tagged", 1)
class CustomerTagged:
    """A label was put on the customer, for a reason."""

    label: str
    reason: str


@fact("customer.untagged", 1)
class CustomerUntagged:
    """A label was taken off, for a reason."""

    label: str
    reason: str


Event: TypeAlias = (
    AttributeSet | AttributeCleared | PreferenceSet | CustomerTagged | CustomerUntagged
)


# -- state ---------------------------------------------------------------------
@attrs.frozen
class Customer:
    """What one record tells of the person; values of attributes stay in their boxes."""

    key: str
    attributes: tuple[str, ...] = ()
    """Names of the attributes that hold, sorted."""
    preferences: tuple[tuple[str, str], ...] = ()
    labels: tuple[str, ...] = ()


def evolve(customer: Customer, fact: Event, record: Recorded[Any]) -> Customer:
    """Return the customer after *fact*. Total: any fact, in any state."""
    match fact:
        case AttributeSet(name=name):
            held = {*customer.attributes, name}
            return attrs.evolve(customer, attributes=tuple(sorted(held)))
        case AttributeCleared(name=name):
            left = tuple(one for one in customer.attributes if one != name)
            return attrs.evolve(customer, attributes=left)
        case PreferenceSet(name=name, value=value):
            wishes = {**dict(customer.preferences), name: value}
            kept = tuple(sorted((n, v) for n, v in wishes.items() if v is not None))
            return attrs.evolve(customer, preferences=kept)
        case CustomerTagged(label=label):
            return attrs.evolve(customer, labels=tuple(sorted({*customer.labels, label})))
        case CustomerUntagged(label=label):
            rest = tuple(one for one in customer.labels if one != label)
            return attrs.evolve(customer, labels=rest)
        case _:
            assert_never(fact)


DECIDER: Decider[Customer, Event] = Decider(
    "customer",
    Customer,
    evolve,
    get_args(Event),
    kind="record",
    record_of=lambda customer: customer.key,
)


# -- decisions -----------------------------------------------------------------
@DECIDER.decision
def set_attribute(
    customer: Customer, at: datetime, *, name: str, value: str, source: str
) -> tuple[Event, ...]:
    """Set an attribute. Every telling is a fact: no rule reads what is personal to compare it."""
    return (AttributeSet(name, source, value),)


@DECIDER.decision
def clear_attribute(
    customer: Customer, at: datetime, *, name: str, source: str, reason: str | None = None
) -> tuple[Event, ...]:
    """Say that an attribute no longer holds; one that was never set is left alone."""
    return (AttributeCleared(name, source, reason),) if name in customer.attributes else ()


@DECIDER.decision
def set_preference(
    customer: Customer, at: datetime, *, name: str, value: str | None, source: str
) -> tuple[Event, ...]:
    """Record a wish; None withdraws it."""
    held = dict(customer.preferences).get(name)
    return () if held == value else (PreferenceSet(name, value, source),)


@DECIDER.decision
def tag(customer: Customer, at: datetime, *, label: str, reason: str) -> tuple[Event, ...]:
    """Put a label on the customer."""
    return () if label in customer.labels else (CustomerTagged(label, reason),)


@DECIDER.decision
def untag(customer: Customer, at: datetime, *, label: str, reason: str) -> tuple[Event, ...]:
    """Take a label off."""
    return (CustomerUntagged(label, reason),) if label in customer.labels else ()
