"""Views: each a value with a function table from facts to rows."""

from __future__ import annotations

from typing import Any, Final

from cix.domain import ticket
from cix.projections.customer360 import customer360
from cix.projections.deadlines import deadlines
from cix.projections.projection import Projection
from cix.projections.queues import queues
from cix.projections.timeline import timeline

__all__ = ["VIEWS", "Projection", "customer360", "queues", "timeline"]

VIEWS: Final[tuple[Projection[Any], ...]] = (
    customer360,
    timeline,
    queues,
    deadlines(ticket.DECIDER),
)
"""The views that an engine keeps unless it is told otherwise."""
