"""A calendar version: what it says, what it refuses, and the business time it defines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, Final, cast

import attrs

from cix.domain.calendar.hours import Hours
from cix.domain.calendar.refusals import check_breaks, check_hours, check_once
from cix.domain.calendar.schedule import Schedule
from cix.domain.calendar.windows import (
    CLOSED_WEEK,
    OPEN_WEEK,
    Dated,
    Week,
    Window,
    in_order,
    read_date,
    read_dated,
    read_dates,
    read_table,
    read_week,
    refused,
    write_dated,
    write_week,
)
from cix.domain.calendar.zones import load_zone
from cix.errors import InvalidPolicyError, NaiveInstantError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FIRST_DATE: Final = date.min
_KEYS: Final = (
    "name", "always", "zone", "weekly", "versions", "shifts", "holidays", "breaks", "tzdata",
)  # fmt: skip


@attrs.frozen
class WeeklyVersion:
    """The weekly hours from the local date ``since`` on, until a later version."""

    since: date
    weekly: Week


def _week(days: Iterable[Iterable[Window]]) -> Week:
    return tuple(in_order(day) for day in days)


def _versions(versions: Iterable[WeeklyVersion]) -> tuple[WeeklyVersion, ...]:
    held = (WeeklyVersion(one.since, _week(one.weekly)) for one in versions)
    return tuple(sorted(held, key=lambda one: one.since))


def _dated(windows: Iterable[tuple[date, Iterable[Window]]]) -> Dated:
    return tuple(sorted((day, in_order(day_windows)) for day, day_windows in windows))


def _dates(dates: Iterable[date]) -> tuple[date, ...]:
    return tuple(sorted(set(dates)))


@attrs.frozen(cache_hash=True)
class Calendar:
    """Opening hours of a zone as plain, frozen data, and the business time they make.

    What is open on a local date: its shift if there is one, else the week of the latest of
    ``versions`` not after it, else ``weekly``. A window belongs to the date it starts on; an
    overnight one runs into the next. Then holidays (whole local dates) and breaks (windows within
    one) are cut out, whichever date the open time belongs to: holiday > break > shift > versions
    > weekly.

    A wall time becomes an instant by the offset in force before a change of clocks: an ambiguous
    time is its first occurrence, a missing one moves on by the length of the gap. Start and end
    are resolved each for itself; an end not after its start leaves nothing. A business second is
    a real second, so a local day may hold 23 or 25 hours.

    Without a zone the calendar is ``always`` open: calendar time. Instants are aware datetimes in
    any offset (a naive one raises ``NaiveInstantError``), results are in UTC, durations are
    ``timedelta``. None stands for an instant that does not exist: closed for good, never closing,
    or outside the years 1 to 9999.

    Raises:
        InvalidPolicyError: for hours that cannot be meant (unknown zone, never open, closing at
            23:59, a break over midnight, a date or a version that stands twice).
    """

    zone: str | None
    """IANA name; None for calendar time."""
    weekly: Week = attrs.field(default=CLOSED_WEEK, converter=_week)
    """Windows of Monday to Sunday."""
    versions: tuple[WeeklyVersion, ...] = attrs.field(default=(), converter=_versions)
    """Later weeks, each from its local date on; one may close for good."""
    shifts: Dated = attrs.field(default=(), converter=_dated)
    """What starts on a date instead of its weekly hours; no windows: nothing does."""
    holidays: tuple[date, ...] = attrs.field(default=(), converter=_dates)
    """Local dates closed from 00:00 to 24:00."""
    breaks: Dated = attrs.field(default=(), converter=_dated)
    """Windows of a local date that are closed."""
    name: str = ""
    tzdata: str | None = None
    """Release of the tz database the calendar was published under, for those who compare."""

    def __attrs_post_init__(self) -> None:
        """Refuse what cannot be meant."""
        check_once("versions", (one.since for one in self.versions))
        check_once("shifts", (day for day, _ in self.shifts))
        check_once("breaks", (day for day, _ in self.breaks))
        check_breaks(self.breaks)
        if self.zone is not None:
            load_zone(self.zone)
            later = ((f"versions.{one.since}", one.weekly) for one in self.versions)
            check_hours((("weekly", self.weekly), *later), self.shifts)
        elif any(self.weekly) or self.versions or self.shifts or self.holidays or self.breaks:
            hint = "leave them out, or give a zone such as Asia/Shanghai"
            raise refused("always", "calendar time has no hours of its own", hint)

    @classmethod
    def parse(cls, plain: object, where: str = "") -> Calendar:
        """Read a calendar from plain data, as TOML or JSON give it.

        ``zone`` with ``weekly`` and any of ``versions``, ``shifts``, ``holidays``, ``breaks``; or
        ``always = true``; ``name`` and ``tzdata`` as they like. An ``InvalidPolicyError`` names
        the place inside the calendar after *where* (default: its name).
        """
        table: Mapping[str, object] = {}
        try:
            table = read_table(plain, "calendar")
            return _read(table)
        except InvalidPolicyError as error:
            prefix = where or str(table.get("name") or "calendar")
            raise InvalidPolicyError(
                error.kind, f"{prefix}: {error.where}", error.problem, error.hint
            ) from None

    def plain(self) -> dict[str, Any]:
        """Return the calendar as plain data; equal calendars give equal data, and back."""
        found: dict[str, Any] = {
            "name": self.name,
            "always": self.zone is None,
            "zone": self.zone,
            "weekly": write_week(self.weekly),
            "versions": [
                {"from": one.since.isoformat(), "weekly": write_week(one.weekly)}
                for one in self.versions
            ],
            "shifts": write_dated(self.shifts),
            "holidays": [day.isoformat() for day in self.holidays],
            "breaks": write_dated(self.breaks),
            "tzdata": self.tzdata,
        }
        return {key: value for key, value in found.items() if value}

    @cached_property
    def hours(self) -> Hours:
        """The same business time in whole microseconds; equal calendars share one index."""
        return _hours(self)

    def elapsed(self, a: datetime, b: datetime) -> timedelta:
        """Return the open time in ``[a, b)``; ``elapsed(b, a)`` is ``-elapsed(a, b)``."""
        return timedelta(0, 0, self.hours.elapsed_us(_us(a, "a"), _us(b, "b")))

    def add(self, a: datetime, n: timedelta, *, far: bool = False) -> datetime | None:
        """Return the earliest instant from *a* on when *n* of open time has elapsed.

        That is a closing instant when *n* ends there, and *a* itself for zero, open or closed.
        With ``far`` the latest such instant: the next opening when *n* ends at a closing. A
        negative *n* subtracts.
        """
        return _instant(self.hours.add_us(_us(a, "a"), n // _MICROSECOND, far=far))

    def subtract(self, a: datetime, n: timedelta, *, far: bool = False) -> datetime | None:
        """Return the latest instant up to *a* from which *n* of open time elapses until *a*.

        That is an opening instant when *n* ends there. With ``far`` the earliest such instant:
        then the closing before it. A negative *n* adds.
        """
        return _instant(self.hours.subtract_us(_us(a, "a"), n // _MICROSECOND, far=far))

    def is_open(self, t: datetime) -> bool:
        """Tell whether *t* lies in ``[opening, closing)``."""
        return self.hours.is_open_us(_us(t, "t"))

    def next_open(self, t: datetime) -> datetime | None:
        """Return *t* when open, else the next opening: ``add(t, 0, far)``."""
        return _instant(self.hours.add_us(_us(t, "t"), 0, far=True))

    def prev_close(self, t: datetime) -> datetime | None:
        """Return *t* when the time just before it is open, else the last closing before it."""
        return _instant(self.hours.subtract_us(_us(t, "t"), 0, far=True))

    def next_close(self, t: datetime) -> datetime | None:
        """Return the end of the open interval that holds *t*, else of the next one.

        A closing instant lies in no interval, so there it is the end of the next one.
        """
        return _instant(self.hours.next_close_us(_us(t, "t")))

    def intervals(self, a: datetime, b: datetime) -> tuple[tuple[datetime, datetime], ...]:
        """Return the open intervals clipped to ``[a, b)``, merged and ascending."""
        return tuple(
            (_EPOCH + timedelta(0, 0, start), _EPOCH + timedelta(0, 0, end))
            for start, end in self.hours.spans_us(_us(a, "a"), _us(b, "b"))
        )


@lru_cache(maxsize=256)
def _hours(calendar: Calendar) -> Hours:
    base = calendar.weekly if calendar.zone else OPEN_WEEK
    weeks = [(_FIRST_DATE, base), *((one.since, one.weekly) for one in calendar.versions)]
    return Hours(
        Schedule(
            load_zone(calendar.zone or "UTC"),
            weeks,
            calendar.shifts,
            calendar.holidays,
            calendar.breaks,
        )
    )


# -- microseconds and datetimes --------------------------------------------------
def _us(at: datetime, argument: str) -> int:
    try:
        return (at - _EPOCH) // _MICROSECOND
    except TypeError:  # only a naive datetime, or none at all, cannot be subtracted
        raise NaiveInstantError(argument, str(at)) from None


def _instant(us: int | None) -> datetime | None:
    if us is None:
        return None
    try:
        return _EPOCH + timedelta(0, 0, us)
    except OverflowError:  # outside the years 1 to 9999
        return None


# -- reading -----------------------------------------------------------------------
def _read(table: Mapping[str, object]) -> Calendar:
    for key in table:
        if key not in _KEYS:
            raise refused(key, "no such key", f"there are {', '.join(_KEYS)}")
    zone_key, always = table.get("zone"), table.get("always", False)
    if not isinstance(always, bool) or always == (zone_key is not None):
        raise refused("zone", "neither or both of zone and always", "give one of the two")
    return Calendar(
        zone=None if zone_key is None else _text(zone_key, "zone"),
        weekly=read_week(table.get("weekly", {}), "weekly"),
        versions=_read_versions(table.get("versions", ())),
        shifts=read_dated(table.get("shifts", {}), "shifts"),
        holidays=read_dates(table.get("holidays", ()), "holidays"),
        breaks=read_dated(table.get("breaks", {}), "breaks"),
        name=_text(table.get("name", ""), "name"),
        tzdata=None if table.get("tzdata") is None else _text(table["tzdata"], "tzdata"),
    )


def _read_versions(value: object) -> tuple[WeeklyVersion, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise refused("versions", f"{value!r} is no list", "write [[versions]] tables")
    found: list[WeeklyVersion] = []
    for n, one in enumerate(cast("Sequence[object]", value)):
        where = f"versions[{n}]"
        table = read_table(one, where)
        if set(table) != {"from", "weekly"}:
            raise refused(where, "a version has `from` and `weekly`", "give these two keys")
        since = read_date(table["from"], f"{where}.from")
        found.append(WeeklyVersion(since, read_week(table["weekly"], f"{where}.weekly")))
    return tuple(found)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or (where == "zone" and not value):
        raise refused(where, f"{value!r} is no text", "write a text in quotes")
    return value
