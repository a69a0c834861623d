"""A help desk on an engine of its own: the shipped rooms and views, a clock moved by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import cix
from cix.domain.sla.defaults import default_body
from cix.projections.sla_timers import TicketTimers, TimerRow
from cix.testing import FakeClock

OFFICE: Mapping[str, Any] = {
    "zone": "Asia/Shanghai",
    "weekly": {day: ["09:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
}
"""The business calendar of the site: in UTC 01:00 to 10:00."""


def t(text: str) -> datetime:
    """Return ``1 02:30`` as that time, UTC, of that day of March 2024; the 1st is a Friday."""
    day, _, clock = text.rpartition(" ")
    return datetime.fromisoformat(f"2024-03-{int(day or 1):02}T{clock}+00:00")


def minutes(n: float) -> timedelta:
    """Return a duration in minutes."""
    return timedelta(minutes=n)


def target(name: str = "first_response", seconds: int = 3_600, **keys: Any) -> dict[str, Any]:
    """Return a target in calendar time unless told otherwise."""
    return {"name": name, "seconds": seconds, "calendar": "always", **keys}


def one_policy(*targets: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """Return the body of an SLA version with one policy for every ticket."""
    return {"policy": [{"name": "all", "family": "service", "targets": list(targets), **keys}]}


class Site:
    """An engine with its clock, and the words that tests use of it."""

    def __init__(self, url: str = "memory://", now: str = "01:00") -> None:
        """Open the engine at a time of 1 March 2024."""
        self.url = url
        self.clock = FakeClock(t(now))
        self.engine = cix.open(url, clock=self.clock)

    def publish(self, *targets: dict[str, Any], version: str = "1", **keys: Any) -> None:
        """Publish one policy for every ticket, in force from now on."""
        self.engine.publish("sla", version, one_policy(*targets, **keys))

    def publish_defaults(self) -> None:
        """Publish the policies that are shipped, and the site's calendar."""
        self.engine.publish("calendar", "1", OFFICE)
        self.engine.publish("sla", "1", default_body())

    def at(self, text: str) -> cix.Engine:
        """Let it be that time, and return the engine."""
        self.clock.set(t(text))
        return self.engine

    def late(self, text: str) -> cix.Engine:
        """Return the engine for a fact of that time that is recorded only now."""
        return self.engine.by("a-1", at=t(text))

    def row(self, key: str = "t-1", **then: Any) -> TicketTimers:
        """Return the clocks of a ticket."""
        found = self.engine.get("sla_timers", key, **then)
        assert isinstance(found, TicketTimers)
        return found

    def timer(self, name: str, key: str = "t-1", **then: Any) -> TimerRow:
        """Return the latest instance of a target."""
        return [one for one in self.row(key, **then).timers if one.target == name][-1]

    def told(self, word: str) -> list[tuple[datetime, dict[str, Any]]]:
        """Return the recorded facts of a kind, each with the instant it happened at."""
        found = [line for line in self.engine.export() if line["fact"] == word]
        return [(datetime.fromisoformat(line["occurred_at"]), line["data"]) for line in found]
