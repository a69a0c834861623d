"""Views: each a value with a function table from facts to rows."""

from __future__ import annotations

from typing import Any, Final

from cix.domain import loyalty, sla, ticket
from cix.projections.customer360 import customer360
from cix.projections.deadlines import deadlines
from cix.projections.projection import Projection
from cix.projections.queues import queues, workload
from cix.projections.sla_timers import sla_timers
from cix.projections.timeline import timeline

__all__ = ["VIEWS", "Projection", "customer360", "queues", "sla_timers", "timeline", "workload"]

VIEWS: Final[tuple[Projection[Any], ...]] = (
    customer360,
    timeline,
    queues,
    workload,
    sla_timers,
    *(deadlines(room) for room in (ticket.DECIDER, sla.CLOCKS, loyalty.DECIDER)),
)
"""The views that an engine keeps unless it is told otherwise."""
