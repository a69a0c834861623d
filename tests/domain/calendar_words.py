"""Calendars and instants, written short: what the tests of business time are told in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cix.domain.calendar import Calendar

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def calendar(zone: str = "Etc/UTC", **plain: object) -> Calendar:
    return Calendar.parse({"zone": zone, **plain})


def office(zone: str = "Etc/UTC", **plain: object) -> Calendar:
    """Return Monday to Friday, nine to five."""
    return calendar(zone, weekly={day: ["09:00-17:00"] for day in DAYS[:5]}, **plain)


def at(text: str) -> datetime:
    """Read an instant; without an offset it is in UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def hours(n: float) -> timedelta:
    return timedelta(hours=n)


def open_on(hours_of: Calendar, a: str, b: str) -> list[str]:
    """Return the open intervals as texts such as ``02 09:00-17:00`` (day, UTC)."""
    return [f"{x:%d %H:%M}-{y:%H:%M}" for x, y in hours_of.intervals(at(a), at(b))]
