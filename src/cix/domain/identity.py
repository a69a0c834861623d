"""Who is who: records are seen holding identifiers, people say which are one customer.

A customer is a *group* of records, computed from the set of live facts; nothing is moved by a
merge, so every merge can be undone exactly. Groups here follow people's merges only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias, get_args

import attrs

from cix.domain.decider import Decider, Models, Reading
from cix.domain.terms import Identifier
from cix.errors import NotFoundError, RuleBrokenError
from cix.facts import fact, personal, tagged
from cix.records import Recorded


# -- facts ---------------------------------------------------------------------
@fact("identity.observed", 1)
class IdentifiersObserved:
    """The record was seen holding these identifiers."""

    record: str = tagged("record")
    values: tuple[str, ...] = tagged("identifier", default=())
    """Random ids of the values, in the same order: by them holders of a value are found."""
    identifiers: tuple[Identifier, ...] = personal("identity", default=())


@fact("identity.merged", 1)
class RecordsMerged:
    """A person said: the same customer."""

    record: str = tagged("record")
    other: str = tagged("record")
    reason: str = ""


@fact("identity.retracted", 1)
class FactRetracted:
    """An earlier identity fact was undone; so can this one be."""

    fact: str
    """Id of the fact, or of the command that wrote it."""
    records: tuple[str, ...] = tagged("record")
    """The records that the fact concerned."""
    reason: str = ""


Event: TypeAlias = IdentifiersObserved | RecordsMerged | FactRetracted


# -- state ---------------------------------------------------------------------
@attrs.frozen
class Said:
    """One identity fact as the fold keeps it: under which names, about which records."""

    position: int
    names: tuple[str, ...]
    """Its event id and, where known, the id of the command."""
    fact: Event

    @property
    def records(self) -> tuple[str, ...]:
        """Return the records it concerns."""
        match self.fact:
            case IdentifiersObserved(record=record):
                return (record,)
            case RecordsMerged(record=record, other=other):
                return (record, other)
            case FactRetracted(records=records):
                return records


@attrs.frozen
class Identity:
    """Every identity fact that concerns one record, in log order."""

    key: str
    said: tuple[Said, ...] = ()


def said(record: Recorded[Event]) -> Said:
    """Return an identity fact under its names."""
    names = (str(record.event_id), record.request)
    return Said(record.position, tuple(name for name in names if name), record.fact)


def evolve(identity: Identity, fact: Event, record: Recorded[Event]) -> Identity:
    """Return the identity with *fact* added. Total: any fact, in any state."""
    return attrs.evolve(identity, said=(*identity.said, said(record)))


DECIDER: Decider[Identity, Event] = Decider(
    "identity",
    Identity,
    evolve,
    get_args(Event),
    kind="record",
    order="recorded",
    record_of=lambda identity: identity.key,
)
IDENTITY_WORDS: Final = DECIDER.words
"""Stored words of the facts that groups are computed from."""
CONNECTING_WORDS: Final = ("identity.merged", "identity.retracted")
"""Stored words of the facts without which every record is a customer alone."""
_DIALLED: Final = "+0123456789"
_NATIONAL_MOBILE: Final = 11


# -- what holds ------------------------------------------------------------------
def live(facts: Iterable[Said]) -> tuple[Said, ...]:
    """Return the facts that no live retraction after them names, in log order."""
    undone: dict[str, int] = {}
    found: list[Said] = []
    for one in sorted(facts, key=lambda one: one.position, reverse=True):
        if any(undone.get(name, 0) > one.position for name in one.names):
            continue
        found.append(one)
        if isinstance(one.fact, FactRetracted):
            undone.setdefault(one.fact.fact, one.position)
    return tuple(reversed(found))


def groups(records: Iterable[Recorded[Any]]) -> dict[str, str]:
    """Return the customer id of every record that the identity facts among *records* name.

    Only live facts count, in log order, however they come in. A record exists while a live
    sighting of it does; the customer id is the oldest record of the group, by the position of
    its first live sighting. A merge with a record that does not exist has no effect meanwhile.
    A record that no identity fact names is a customer of its own.
    """
    heard = [said(record) for record in records if isinstance(record.fact, get_args(Event))]
    named = sorted({name for one in heard for name in one.records})
    holding = live(heard)
    age: dict[str, int] = {}
    for one in holding:
        if isinstance(one.fact, IdentifiersObserved):
            age.setdefault(one.fact.record, one.position)
    home = {name: name for name in named}
    members = {name: [name] for name in named}
    for one in holding:
        if not isinstance(one.fact, RecordsMerged):
            continue
        a, b = one.fact.record, one.fact.other
        if a in age and b in age and home[a] != home[b]:
            _join(home, members, age, a, b)
    return home


def _join(
    home: dict[str, str], members: dict[str, list[str]], age: Mapping[str, int], a: str, b: str
) -> None:
    old, young = sorted((home[a], home[b]), key=lambda name: (age[name], name))
    for name in members.pop(young):
        home[name] = old
        members[old].append(name)


def normalise(kind: str, value: str) -> str:
    """Return the one form of an identifier's value: NFKC, trimmed, then by its type.

    E-mail addresses are lower-cased (dots and plus tags are kept); of a phone number the digits
    are left, without a leading + or 00, and an 11-digit number that starts with 1 and had no
    such prefix gets 86. Other types keep their case.
    """
    text = unicodedata.normalize("NFKC", value).strip()
    if kind == "email":
        return text.lower()
    if kind != "phone":
        return text
    dialled = "".join(one for one in text if one in _DIALLED)
    digits = dialled.replace("+", "")
    if dialled.startswith("+"):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    return f"86{digits}" if len(digits) == _NATIONAL_MOBILE and digits[0] == "1" else digits


def exists(identity: Identity) -> bool:
    """Tell whether a live sighting of the record exists."""
    return any(
        isinstance(one.fact, IdentifiersObserved) and one.fact.record == identity.key
        for one in live(identity.said)
    )


# -- decisions -----------------------------------------------------------------
@DECIDER.decision
def observe(
    identity: Identity,
    at: datetime,
    *,
    identifiers: tuple[Identifier, ...] = (),
    values: tuple[str, ...] = (),
) -> tuple[Event, ...]:
    """Record a sighting. Every one is a fact, also when it says nothing new."""
    return (IdentifiersObserved(identity.key, values, identifiers),)


def _other(_: str, args: Mapping[str, Any]) -> tuple[Reading, ...]:
    return (Reading(DECIDER, args["other"]),)


@DECIDER.spanning(_other)
def merge(models: Models, at: datetime, *, other: str, reason: str = "") -> tuple[Event, ...]:
    """Say that the record and *other* are one customer.

    Written also when they are in one group already; nothing is written only when the same merge,
    in either direction, is live. Refused: ``self_merge``; a record that was never seen is a
    ``NotFoundError``.
    """
    if other == models.key:
        raise RuleBrokenError("self_merge", "record", other, "it is the same record")
    own: Identity = models.own
    for side in (own, models.of(DECIDER, other)):
        if not exists(side):
            raise NotFoundError("record", side.key)
    pair = {models.key, other}
    for one in live(own.said):
        if isinstance(one.fact, RecordsMerged) and {one.fact.record, one.fact.other} == pair:
            return ()
    return (RecordsMerged(models.key, other, reason),)


@DECIDER.decision
def retract(identity: Identity, at: datetime, *, fact: str, reason: str = "") -> tuple[Event, ...]:
    """Undo an identity fact of the record, named by its id or by the id of its command.

    What is undone already writes nothing. A fact that is not there is a ``NotFoundError``.
    """
    meant = [one for one in identity.said if fact in one.names]
    if not meant:
        raise NotFoundError("identity fact", fact)
    holding = live(identity.said)
    if not any(one in holding for one in meant):
        return ()
    records = dict.fromkeys(name for one in meant for name in one.records)
    return (FactRetracted(fact, tuple(records), reason),)
