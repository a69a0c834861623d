"""Local days as the rules tell them, found by walking along the clock: slow and easy to see."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)
TICK = timedelta(microseconds=1)


@cache
def installed(zone: str) -> ZoneInfo:
    """Return the zone as it is installed with the product: machines have older and newer ones."""
    with files("tzdata").joinpath("zoneinfo", *zone.split("/")).open("rb") as compiled:
        return ZoneInfo.from_file(compiled)


def day_of(instant: datetime, zone: str) -> date:
    """Return the local day of *instant*."""
    return instant.astimezone(installed(zone)).date()


@cache
def first_instant(day: date, zone: str) -> datetime:
    """Return the first instant whose local day is *day* or, where *day* is skipped, a later one.

    Walked in quarters of an hour: every offset since 1980 is a multiple of one.
    """
    found = datetime(day.year, day.month, day.day, tzinfo=UTC) - 16 * timedelta(hours=1)
    while day_of(found, zone) < day:
        found += QUARTER
    return found


def after(day: date, zone: str) -> datetime:
    """Return the exclusive end of "valid through *day*"."""
    return first_instant(day + DAY, zone)


def last_day_of(end: datetime, zone: str) -> date:
    """Return the last local day before the exclusive *end*."""
    return day_of(end - TICK, zone)


def plus_months(day: date, months: int) -> date:
    """Return *day* moved by whole months, clamped to the last day of the month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def rounded_up(day: date, to: str) -> date:
    """Return the last day of the month, quarter, half year or year that *day* is in."""
    size = {"day": 0, "month": 1, "quarter": 3, "half_year": 6, "year": 12}[to]
    if not size:
        return day
    month = ((day.month - 1) // size + 1) * size
    return date(day.year, month, monthrange(day.year, month)[1])


def window_end(effective: datetime, months: int, zone: str) -> datetime:
    """Return when a window of *months* stops holding an entry effective then."""
    return after(plus_months(day_of(effective, zone), months), zone)
