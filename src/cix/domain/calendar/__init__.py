"""Business time: opening hours as plain data, and exact arithmetic on them.

``Calendar`` is one version of a calendar, a frozen value. From inside out: ``zones`` (the tz
database), ``windows`` (wall-clock time), ``schedule`` (which seconds are open), ``hours`` (the
index), ``refusals`` (what cannot be meant), ``version`` (the value and its face in datetimes).

    >>> from datetime import datetime
    >>> desk = Calendar.parse({"zone": "Asia/Shanghai", "weekly": {"mon": ["09:00-18:00"]}})
    >>> desk.is_open(datetime.fromisoformat("2026-03-02T09:00:00+08:00"))
    True
"""

from __future__ import annotations

from typing import Final

from cix.domain.calendar.hours import Hours
from cix.domain.calendar.version import Calendar, WeeklyVersion
from cix.domain.calendar.windows import Dated, Week, Window, Windows
from cix.domain.calendar.zones import tzdata_version

ALWAYS: Final = Calendar(zone=None, name="always")
"""Calendar time: open at every instant."""

__all__ = [
    "ALWAYS",
    "Calendar",
    "Dated",
    "Hours",
    "Week",
    "WeeklyVersion",
    "Window",
    "Windows",
    "tzdata_version",
]
