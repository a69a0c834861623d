"""Local days of a programme's zone: when one begins, and month arithmetic that clamps.

"Valid through day D" ends at the first instant of the local day after D. A day before the first or
after the last of the calendar (years 1 to 9999) is that one: a fold answers for any instant.
Everything here is a pure function of its arguments; results are cached because a history asks for
few distinct days.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from cix.domain.calendar.zones import load_zone

RoundTo: TypeAlias = Literal["day", "month", "quarter", "half_year", "year"]

ONE_DAY: Final = timedelta(days=1)
ONE_SECOND: Final = timedelta(seconds=1)
TICK: Final = timedelta(microseconds=1)
FAR: Final = datetime.max.replace(tzinfo=UTC)
"""The last instant there is: what never ends sorts last."""
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_MONTHS: Final[dict[RoundTo, int]] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """Return the zone of an IANA *name*; ``InvalidPolicyError`` when there is none."""
    return UTC if name == "UTC" else load_zone(name)


def local_day(instant: datetime, zone: str) -> date:
    """Return the local day of *instant* in *zone*."""
    if zone == "UTC":
        return instant.date()
    try:
        return instant.astimezone(zone_of(zone)).date()
    except OverflowError:
        return instant.date()


@lru_cache(maxsize=65536)
def day_start(day: date, zone: str) -> datetime:
    """Return the first existing instant of the local *day*, UTC.

    When midnight is skipped, or the whole day, it is the instant of the jump; when midnight
    occurs twice it is the earlier one.
    """
    if zone == "UTC":
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    local = zone_of(zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=local)
    try:
        late = midnight.astimezone(UTC)
    except OverflowError:
        return _FIRST
    if late.astimezone(local).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return late
    early = midnight.replace(fold=1).astimezone(UTC)
    before = early.astimezone(local).utcoffset()
    while late - early > ONE_SECOND:
        middle = (early + (late - early) / 2).replace(microsecond=0)
        if middle.astimezone(local).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late


def day_end(day: date, zone: str) -> datetime:
    """Return the instant at which what is valid through the local *day* ends (exclusive)."""
    return FAR if day == date.max else day_start(day + ONE_DAY, zone)


def last_day_before(end: datetime, zone: str) -> date:
    """Return the last valid local day of what ends at the instant *end*."""
    return local_day(end - TICK, zone)


def add_days(day: date, days: int) -> date:
    """Return *day* plus *days*."""
    try:
        return day + ONE_DAY * days
    except OverflowError:
        return date.max if days > 0 else date.min


def later(instant: datetime, by: timedelta) -> datetime:
    """Return *instant* plus *by*, which is not below zero."""
    return instant + by if by <= FAR - instant else FAR


@lru_cache(maxsize=65536)
def add_months(day: date, months: int) -> date:
    """Return *day* plus *months*, clamped to the last day of the month reached."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if not date.min.year <= year <= date.max.year:
        return date.max if months > 0 else date.min
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def round_up(day: date, to: RoundTo) -> date:
    """Return the last day of the month, quarter, half year or year that holds *day*."""
    if to == "day":
        return day
    span = _MONTHS[to]
    month = (day.month - 1) // span * span + span
    return date(day.year, month, monthrange(day.year, month)[1])


@lru_cache(maxsize=65536)
def months_end(day: date, months: int, to: RoundTo, zone: str) -> datetime:
    """Return the end of what is valid through local *day* + *months*, rounded up."""
    return day_end(round_up(add_months(day, months), to), zone)


def window_end(effective: datetime, months: int, zone: str) -> datetime:
    """Return the instant at which an entry leaves a rolling window of *months*."""
    return months_end(local_day(effective, zone), months, "day", zone)
