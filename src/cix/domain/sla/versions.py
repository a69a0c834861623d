"""Published versions of policies and calendars, and what was in force when.

A version counts from its effective instant on; of two with one instant the later position wins.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from cix.domain.calendar import Calendar
from cix.domain.policy import read_by
from cix.domain.sla.facts_in import Value
from cix.domain.sla.parsing import read
from cix.domain.sla.policy import ALWAYS_NAME, SlaPolicy, SlaRules
from cix.records import to_us

CALENDAR_KIND: Final = "calendar"
SITE_CALENDAR: Final = "desk"
FROM_THE_FIRST: Final = -(2**62)
"""The effective and recorded instant of a version that holds from the first fact on."""


@read_by(CALENDAR_KIND)
def read_calendar(body: Mapping[str, Any]) -> Calendar:
    """Read a version of a calendar; one without a name is the site's own, ``desk``."""
    return Calendar.parse({"name": SITE_CALENDAR, **body})


@attrs.frozen
class PolicyVersion:
    """A version of all SLA policies; instants in microseconds since 1970 UTC."""

    rules: SlaRules
    version: str
    effective_us: int = FROM_THE_FIRST
    recorded_us: int = FROM_THE_FIRST
    position: int = 0

    @classmethod
    def of(
        cls,
        body: Mapping[str, Any] | SlaRules,
        version: str = "1",
        effective_at: datetime | None = None,
        recorded_at: datetime | None = None,
        position: int = 0,
    ) -> PolicyVersion:
        """Read *body*; without an instant it holds from the first fact on.

        Known from ``recorded_at`` on, which is ``effective_at`` unless given. An empty body
        withdraws every policy. Raises ``InvalidPolicyError``.
        """
        rules = body if isinstance(body, SlaRules) else read(body)
        return cls(rules, version, *_instants(effective_at, recorded_at), position)


@attrs.frozen
class CalendarVersion:
    """A version of one named calendar; instants in microseconds since 1970 UTC."""

    name: str
    calendar: Calendar
    version: str
    effective_us: int = FROM_THE_FIRST
    recorded_us: int = FROM_THE_FIRST
    position: int = 0

    @classmethod
    def of(
        cls,
        calendar: Mapping[str, Any] | Calendar,
        version: str = "1",
        effective_at: datetime | None = None,
        recorded_at: datetime | None = None,
        position: int = 0,
    ) -> CalendarVersion:
        """Take a calendar, or read one; as for policies. Raises ``InvalidPolicyError``."""
        found = calendar if isinstance(calendar, Calendar) else read_calendar(calendar)
        name = found.name or SITE_CALENDAR
        return cls(name, found, version, *_instants(effective_at, recorded_at), position)


def _instants(effective_at: datetime | None, recorded_at: datetime | None) -> tuple[int, int]:
    effective = FROM_THE_FIRST if effective_at is None else to_us(effective_at)
    return effective, effective if recorded_at is None else to_us(recorded_at)


# -- business time as clocks use it ------------------------------------------------
def _real_elapsed(a: int, b: int) -> int:
    return b - a


def _real_near(a: int, n: int) -> int | None:
    return a + n


@attrs.frozen(eq=False)
class Bound:
    """A calendar version as a clock uses it, in microseconds.

    ``elapsed(a, b)`` is open time, ``near(a, n)`` and ``far(a, n)`` the earliest and the latest
    instant with *n* elapsed since *a*, None where there is none.
    """

    name: str
    version: str
    zone: str | None
    elapsed: Callable[[int, int], int]
    near: Callable[[int, int], int | None]
    far: Callable[[int, int], int | None]

    def same(self, other: Bound) -> bool:
        """Tell whether both are one version of one calendar."""
        return self is other or (self.name, self.version) == (other.name, other.version)


REAL_TIME: Final = Bound(ALWAYS_NAME, "", None, _real_elapsed, _real_near, _real_near)


def bound_to(one: CalendarVersion) -> Bound:
    """Return the business time of a calendar version."""
    if one.calendar.zone is None:
        return Bound(one.name, one.version, None, _real_elapsed, _real_near, _real_near)
    hours = one.calendar.hours

    def far(a: int, n: int) -> int | None:
        return hours.add_us(a, n, far=True)

    return Bound(one.name, one.version, one.calendar.zone, hours.elapsed_us, hours.add_us, far)


def _undefined(name: str) -> Bound:
    def nothing(_a: int, _b: int) -> int:
        return 0

    def never(_a: int, _n: int) -> int | None:
        return None

    return Bound(name, "", None, nothing, never, never)


# -- what was in force when ------------------------------------------------------------
@attrs.frozen
class Edge:
    """An instant at which another version takes effect: of the policies, or of a calendar."""

    at_us: int
    position: int
    recorded_us: int
    policies: PolicyVersion | None = None
    calendar: Bound | None = None


def _by_effect(edge: Edge) -> tuple[int, int]:
    return (edge.at_us, edge.position)


@attrs.frozen
class InForce:
    """The policies and calendars in force at an instant."""

    policies: PolicyVersion
    calendars: Mapping[str, Bound]


NOTHING: Final = PolicyVersion(SlaRules(), "")


@attrs.frozen
class Book:
    """Every known version, in the order in which they take effect."""

    edges: tuple[Edge, ...]
    places: tuple[tuple[int, int], ...]
    earliest: Mapping[str, Bound]
    starts: dict[int, InForce] = attrs.field(factory=dict, repr=False)

    @classmethod
    def of(cls, policies: Iterable[PolicyVersion], calendars: Iterable[CalendarVersion]) -> Book:
        """Put the versions in order."""
        edges = [Edge(p.effective_us, p.position, p.recorded_us, policies=p) for p in policies]
        edges += [
            Edge(c.effective_us, c.position, c.recorded_us, calendar=bound_to(c)) for c in calendars
        ]
        edges.sort(key=_by_effect)
        earliest: dict[str, Bound] = {}
        for edge in edges:
            if edge.calendar is not None:
                earliest.setdefault(edge.calendar.name, edge.calendar)
        return cls(tuple(edges), tuple(_by_effect(e) for e in edges), earliest)

    def index(self, at_us: int, position: int) -> int:
        """Return how many edges take effect before a fact of that instant and position."""
        return bisect_left(self.places, (at_us, position))

    def in_force(self, index: int) -> InForce:
        """Return what the first *index* edges put in force."""
        found = self.starts.get(index)
        if found is None:
            policies, calendars = NOTHING, dict[str, Bound]()
            for edge in self.edges[:index]:
                if edge.policies is not None:
                    policies = edge.policies
                if edge.calendar is not None:
                    calendars[edge.calendar.name] = edge.calendar
            found = self.starts[index] = InForce(policies, calendars)
        return found

    def calendar(self, held: Mapping[str, Bound], name: str) -> Bound:
        """Return the calendar of that name among those in force.

        Before its first version the first one counts. Of a name nobody published no time is
        open, so such a clock stands still and is never due.
        """
        if name == ALWAYS_NAME:
            return REAL_TIME
        return held.get(name) or self.earliest.get(name) or _undefined(name)


def undefined_calendars(
    policies: Iterable[PolicyVersion], calendars: Iterable[CalendarVersion]
) -> tuple[str, ...]:
    """Return the calendars that targets name and nobody published, sorted."""
    held = {ALWAYS_NAME, *(one.name for one in calendars)}
    named = {
        target.calendar
        for version in policies
        for policy in version.rules.policies
        for target in policy.targets
    }
    return tuple(sorted(named - held))


def matching(rules: SlaRules, fields: Mapping[str, Value]) -> dict[str, SlaPolicy]:
    """Return the policy that applies in each family: the first whose ``when`` holds."""
    found: dict[str, SlaPolicy] = {}
    for policy in rules.policies:
        if policy.family not in found and policy.holds(fields):
            found[policy.family] = policy
    return found
