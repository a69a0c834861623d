"""Rows of a view from a scenario, without a store."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cix.domain.catalogue import ROOMS
from cix.domain.decider import fold, in_order
from cix.projections.projection import Projection
from cix.records import EPOCH
from cix.testing import Scenario


def row(view: Projection[Any], scenario: Scenario, key: str) -> Any:  # any view's row
    """Fold the whole scenario into the row of *key* by the view's handlers."""
    assert view.new_row is not None
    found = view.new_row(key)
    for record in in_order(view.order, scenario.records(key, *ROOMS)):
        if handler := view.handlers.get(record.type):
            handler(found, record.fact, record)
    return found


def lines(view: Projection[Any], scenario: Scenario, key: str) -> list[Any]:
    """Return the lines that the scenario adds, in the view's order."""
    return [
        line
        for record in in_order(view.order, scenario.records(key, *ROOMS))
        if (handler := view.line_handlers.get(record.type))
        for line in handler(record.fact, record)
    ]


def picture(
    view: Projection[Any], scenario: Scenario, key: str, at: datetime | None = None
) -> Any:  # any view's row
    """Return the picture of a room's fold, moved by time to *at*."""
    decider = view.decider
    assert decider is not None
    assert view.picture is not None
    boundary = decider.boundary(key)
    records = [r for r in scenario.records(key, *ROOMS) if boundary.matches(r.tags, r.type)]
    return view.picture(fold(decider, key, records, at), at or EPOCH)
