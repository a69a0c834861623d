"""What a what-if tells: of each member, of the tiers, of what the points are worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final

import attrs

from cix.domain.loyalty.liability import Outstanding, added


@attrs.frozen
class MemberOutcome:
    """One member under both programmes: tiers by name, points, and what would be refused."""

    account: str
    tier_before: str
    tier_after: str
    position_before: int
    position_after: int
    balance_before: int
    balance_after: int
    pending_before: int
    pending_after: int
    earned_before: int
    earned_after: int
    refused: Mapping[str, int]

    @property
    def points_moved(self) -> int:
        """Return by how much the points would differ, pending ones too."""
        pending = self.pending_after - self.pending_before
        return self.balance_after - self.balance_before + pending


@attrs.frozen
class Migration:
    """How many members would be in ``after`` who are in ``before``."""

    before: str
    after: str
    members: int


@attrs.frozen
class Report:
    """The whole comparison at ``at``, both liabilities under their own programme."""

    at: datetime
    members: tuple[MemberOutcome, ...]
    matrix: tuple[Migration, ...]
    refused: Mapping[str, int]
    liability_before: Outstanding
    liability_after: Outstanding


BY_ACCOUNT: Final = attrgetter("account")


def together(reports: Sequence[Report]) -> Report:
    """Return one report of *reports* as of one instant, each over members of its own."""
    members = sorted((m for one in reports for m in one.members), key=BY_ACCOUNT)
    before = added(one.liability_before for one in reports)
    after = added(one.liability_after for one in reports)
    return reported(reports[0].at, tuple(members), before, after)


def reported(
    at: datetime, members: tuple[MemberOutcome, ...], before: Outstanding, after: Outstanding
) -> Report:
    """Return the report of *members*, with the liabilities *before* and *after*."""
    moves = Counter(
        (m.position_before, m.tier_before, m.position_after, m.tier_after) for m in members
    )
    refused: Counter[str] = Counter()
    for one in members:
        refused.update(one.refused)
    matrix = tuple(Migration(k[1], k[3], n) for k, n in sorted(moves.items()))
    return Report(at, members, matrix, dict(sorted(refused.items())), before, after)
