"""A decision knows its arguments: what a wrong call is told by a type checker.

Checked, never run. An ignore that hides no error is itself an error, so each line marked below
proves that the wrong call on it is caught.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias, assert_type

import attrs

from cix.domain.decider import Decider, fold
from cix.facts import fact
from cix.records import Recorded

Size: TypeAlias = Literal["small", "large"]


@fact("parcel.posted", 1)
class ParcelPosted:
    """A parcel went off."""

    size: Size


@attrs.frozen
class Parcel:
    """What is known of a parcel."""

    key: str
    posted: bool = False


def evolve(parcel: Parcel, fact: ParcelPosted, record: Recorded[ParcelPosted]) -> Parcel:
    """Return the parcel, posted."""
    return attrs.evolve(parcel, posted=True)


DECIDER = Decider("parcel", Parcel, evolve, (ParcelPosted,))


@DECIDER.decision
def post(parcel: Parcel, at: datetime, *, size: Size = "small") -> tuple[ParcelPosted, ...]:
    """Post the parcel, once."""
    return () if parcel.posted else (ParcelPosted(size),)


def right(parcel: Parcel, at: datetime) -> None:
    """Call the decision as it is meant."""
    assert_type(post(parcel, at, size="large"), tuple[ParcelPosted, ...])
    assert_type(post(parcel, at), tuple[ParcelPosted, ...])
    assert_type(fold(DECIDER, "p-1", []), Parcel)


def wrong(parcel: Parcel, at: datetime) -> None:
    """Call the decision in ways that a checker has to refuse."""
    post(parcel, at, size="huge")  # type: ignore[arg-type]  # no such size
    post(parcel, at, weight=7)  # type: ignore[call-arg]  # no such argument
    post(parcel)  # type: ignore[call-arg]  # no instant
    post("p-1", at)  # type: ignore[arg-type]  # a key is no state
    ParcelPosted(weight=7)  # type: ignore[call-arg]  # no such field
