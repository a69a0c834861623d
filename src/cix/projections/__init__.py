"""Views: each a value with a function table from facts to rows."""

from __future__ import annotations

from typing import Any, Final

from cix.domain import loyalty, sla, ticket
from cix.projections.customer360 import customer360
from cix.projections.deadlines import deadlines
from cix.projections.devices import devices
from cix.projections.membership import membership
from cix.projections.points_ledger import points_ledger
from cix.projections.projection import Projection
from cix.projections.queues import queues, workload
from cix.projections.referrals import referrals
from cix.projections.sla_timers import sla_timers
from cix.projections.timeline import timeline
from cix.projections.velocity import velocity

__all__ = [
    "VIEWS",
    "Projection",
    "customer360",
    "devices",
    "membership",
    "points_ledger",
    "queues",
    "referrals",
    "sla_timers",
    "timeline",
    "velocity",
    "workload",
]

VIEWS: Final[tuple[Projection[Any], ...]] = (
    customer360,
    timeline,
    queues,
    workload,
    sla_timers,
    membership,
    points_ledger,
    referrals,
    velocity,
    devices,
    *(deadlines(room) for room in (ticket.DECIDER, sla.CLOCKS, loyalty.DECIDER)),
)
"""The views that an engine keeps unless it is told otherwise."""
