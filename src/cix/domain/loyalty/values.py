"""The values that loyalty facts hold: parts of lots, award lines, what was asked.

Points are whole, money is whole minor units, instants are UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import attrs

from cix.domain.loyalty.programme import Expiry, Pending


@attrs.frozen(weakref_slot=False)
class Part:
    """Points of one lot."""

    lot: str
    points: int


@attrs.frozen(weakref_slot=False)
class Award:
    """One line of an earning: a ``fixed`` one is kept whole until the whole order is back."""

    rule: str
    kind: Literal["spend", "fixed"]
    points: int


@attrs.frozen(weakref_slot=False)
class Item:
    """One line of an order as the caller says it: ``amount`` after discounts and points paid."""

    product: str
    amount: int
    labels: tuple[str, ...] = ()
    delivery: bool = False


@attrs.frozen(weakref_slot=False)
class LotRule:
    """The expiry rule frozen into a lot, with its zone: for lots whose end is not fixed yet."""

    expiry: Expiry
    zone: str


@attrs.frozen(weakref_slot=False)
class MovedLot:
    """A lot made of another one: the same earning, availability and end somewhere else.

    ``programme`` is the version by which its points were granted, or brought back.
    """

    parent: str
    points: int
    earned_at: datetime
    available_at: datetime
    expires_at: datetime | None = None
    rule: LotRule | None = None
    programme: str = ""


@attrs.frozen(weakref_slot=False)
class Share:
    """Points of one lot of one member of a pool."""

    account: str
    lot: str
    points: int


@attrs.frozen(weakref_slot=False)
class Taken:
    """What a claw-back took: from lots, as debt, and what was written off.

    ``pending`` are the parts that were not mature yet, taken before the others.
    """

    parts: tuple[Part, ...] = ()
    debt: int = 0
    forgiven: int = 0
    pending: tuple[Part, ...] = ()

    @property
    def points(self) -> int:
        """Return the points taken, debt included."""
        return sum(p.points for p in (*self.pending, *self.parts)) + self.debt


@attrs.frozen(weakref_slot=False)
class GivenBack:
    """Where points went that were let go: to their lots, to new lots, or nowhere."""

    restored: tuple[Part, ...] = ()
    grace: tuple[MovedLot, ...] = ()
    lapsed: tuple[Part, ...] = ()

    def counts(self) -> tuple[int, int, int]:
        """Return how many were restored, given grace, lapsed."""
        return (
            sum(p.points for p in self.restored),
            sum(m.points for m in self.grace),
            sum(p.points for p in self.lapsed),
        )


@attrs.frozen(weakref_slot=False)
class Asked:
    """What an earning command asked for, kept so that a what-if can decide it again."""

    how: Literal["points", "purchase", "order"]
    points: int = 0
    growth: int | None = None
    pending: Pending | None = None
    expires_at: datetime | None = None
    lines: tuple[Award, ...] = ()
    items: tuple[Item, ...] = ()
    channel: str = ""
