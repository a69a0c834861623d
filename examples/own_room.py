"""A host's own subject beside the ones cix brings: parcels, with facts, a room and a view.

    python examples/own_room.py

The parcel's facts carry the tag of the customer's record, so they stand in the customer's
timeline too, in the right order between contacts and tickets.
"""

# ruff: noqa: ARG001 -- every decision takes (state, at), every handler (row, fact, record)

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias, get_args

import attrs

import cix
from cix.domain import contact
from cix.domain.catalogue import CATALOGUE, REACTIONS, ROOMS
from cix.domain.decider import Call, Decider
from cix.errors import NotFoundError, RuleBrokenError
from cix.projections import VIEWS, customer360
from cix.testing import FakeClock

Place: TypeAlias = Literal["depot", "on the way", "handed over"]


# -- facts ---------------------------------------------------------------------
@cix.fact("parcel.posted", 1)
class ParcelPosted:
    """A parcel was given to the carrier for a record."""

    record: str = cix.tagged("record")
    carrier: str
    address: str | None = cix.personal("identity", default=None)


@cix.fact("parcel.scanned", 1)
class ParcelScanned:
    """The carrier saw the parcel at a place."""

    place: Place


@cix.fact("parcel.lost", 1)
class ParcelLost:
    """The carrier gave the parcel up."""

    reason: str


Event: TypeAlias = ParcelPosted | ParcelScanned | ParcelLost


# -- state ---------------------------------------------------------------------
@attrs.frozen
class Parcel:
    """What a decision needs to know of a parcel."""

    key: str
    record: str | None = None
    place: Place | None = None
    is_lost: bool = False


def evolve(parcel: Parcel, fact: Event, record: cix.Recorded[Event]) -> Parcel:
    """Return the parcel after *fact*. Total: any fact, in any state."""
    match fact:
        case ParcelPosted():
            return attrs.evolve(parcel, record=fact.record, place="depot")
        case ParcelScanned():
            return attrs.evolve(parcel, place=fact.place)
        case ParcelLost():
            return attrs.evolve(parcel, is_lost=True)


PARCEL: Final = Decider(
    "parcel", Parcel, evolve, get_args(Event), record_of=lambda parcel: parcel.record
)


# -- decisions -----------------------------------------------------------------
@PARCEL.decision
def post(
    parcel: Parcel, at: datetime, *, record: str, carrier: str, address: str | None = None
) -> tuple[Event, ...]:
    """Give a parcel to the carrier; refused (``parcel_exists``) when there is one."""
    if parcel.record is not None:
        raise RuleBrokenError("parcel_exists", "parcel", parcel.key)
    return (ParcelPosted(record, carrier, address),)


@PARCEL.decision
def scan(parcel: Parcel, at: datetime, *, place: Place) -> tuple[Event, ...]:
    """Note where the parcel is; the same place again says nothing new."""
    if parcel.record is None:
        raise NotFoundError("parcel", parcel.key)
    return () if parcel.place == place else (ParcelScanned(place),)


@PARCEL.decision
def lose(parcel: Parcel, at: datetime, *, reason: str) -> tuple[Event, ...]:
    """Give the parcel up; refused (``handed_over``) when somebody has it."""
    if parcel.place == "handed over":
        raise RuleBrokenError("handed_over", "parcel", parcel.key, "it was handed over")
    return () if parcel.is_lost else (ParcelLost(reason),)


# -- what a fact asks of another room --------------------------------------------
def apologise(fact: ParcelLost, record: cix.Recorded[ParcelLost]) -> tuple[Call, ...]:
    """Open a ticket for a parcel that was lost."""
    asked: Mapping[str, Any] = {
        "record": record.tag("record"),
        "priority": "high",
        "topic": "lost parcel",
    }
    return (Call("ticket.open", f"lost-{record.key}", asked),)


# -- a view ----------------------------------------------------------------------
@attrs.frozen
class ParcelRow:
    """One parcel on the way."""

    parcel: str
    place: str | None
    is_lost: bool


def picture(parcel: Parcel, _: datetime) -> ParcelRow | None:
    """Picture the room's own fold; what was handed over leaves the view."""
    if parcel.place == "handed over":
        return None
    return ParcelRow(parcel.key, parcel.place, parcel.is_lost)


parcels = cix.Projection[ParcelRow].of("parcels", PARCEL, version=1, row=ParcelRow, picture=picture)


@attrs.define
class ParcelCount:
    """How many parcels a customer was sent, and how many went lost."""

    customer: str
    posted: int = 0
    lost: int = 0


parcel_counts = cix.Projection("parcel_counts", "customer", 1, ParcelCount, new_row=ParcelCount)


@parcel_counts.on(ParcelPosted)
def count_posted(row: ParcelCount, fact: ParcelPosted, record: cix.Recorded[ParcelPosted]) -> None:
    """Count a parcel that was posted."""
    row.posted += 1


@parcel_counts.on(ParcelLost)
def count_lost(row: ParcelCount, fact: ParcelLost, record: cix.Recorded[ParcelLost]) -> None:
    """Count a parcel that was lost."""
    row.lost += 1


def open_shop(url: str, **options: Any) -> cix.Engine:  # noqa: ANN401  # the store's options
    """Open an engine that knows parcels too."""
    return cix.open(
        url,
        catalogue=CATALOGUE.plus(PARCEL.facts),
        rooms=(*ROOMS, PARCEL),
        projections=(*VIEWS, parcels, parcel_counts),
        reactions={**REACTIONS, ParcelLost: apologise},
        **options,
    )


def main() -> None:
    """Send two parcels; lose one."""
    clock = FakeClock()
    with open_shop("memory://", clock=clock) as engine:
        who = engine.record("phone", "+8613800000000")
        for key in ("p-1", "p-2"):
            engine.by("shop").do(post, key, record=who, carrier="yellow", address="1 Long Street")
        clock.advance(days=1)
        engine.by("carrier").do(scan, "p-1", place="on the way")
        engine.do(contact.receive, "k-1", record=who, channel="phone", text="where is it?")
        clock.advance(days=1)
        engine.by("carrier").do(scan, "p-1", place="handed over")
        engine.by("carrier").do(lose, "p-2", reason="fell off the cart")

        for row in engine.find(parcels):
            print(f"{row.parcel}: {row.place}, lost: {row.is_lost}")
        counted = engine.get(parcel_counts, who)
        card = engine.get(customer360, who)
        if counted is None or card is None:
            raise SystemExit("the facts are not there")
        print(f"posted {counted.posted}, lost {counted.lost}")
        print("tickets opened by the loss:", [one.name for one in card.open])


if __name__ == "__main__":
    main()
