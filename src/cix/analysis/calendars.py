"""Holiday lists for calendar versions, made once: from the ``holidays`` package or an .ics file.

A calendar version holds its holidays as data. These functions help to write one; no replay calls
them. They need the extra ``calendars``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from importlib import import_module
from types import ModuleType
from typing import Final, TypeAlias, cast

from cix.errors import InvalidPolicyError, MissingExtraError

Event: TypeAlias = Mapping[str, object]
"""The properties of an iCalendar event, by name."""

_DAY: Final = timedelta(days=1)


def holidays_for(country: str, years: Iterable[int], subdiv: str | None = None) -> tuple[date, ...]:
    """Return the public holidays of a country (ISO 3166 code) or a part of it, ascending.

    A year whose days off are not announced yet has only what its rules foresee. An unknown
    country or part raises ``InvalidPolicyError``, a missing package ``MissingExtraError``.
    """
    return tuple(sorted(cast("Iterable[date]", _country(country, frozenset(years), subdiv))))


def makeup_workdays_for(
    country: str, years: Iterable[int], subdiv: str | None = None
) -> tuple[date, ...]:
    """Return the weekend dates worked to make up for days off (调休), ascending.

    In a calendar each of them is a dated shift. Errors as of ``holidays_for``.
    """
    wanted = frozenset(years)
    worked: Iterable[date] = getattr(_country(country, wanted, subdiv), "weekend_workdays", ())
    return tuple(sorted(day for day in worked if day.year in wanted))


def holidays_from_ics(text: str, years: Iterable[int] = ()) -> tuple[date, ...]:
    """Return the local dates that the all-day events of an iCalendar text (RFC 5545) cover.

    Args:
        text: the whole file.
        years: keep only dates in these; needed where an event recurs, which may go on for ever.

    Returns:
        Dates, ascending, each once; cancelled events count for nothing.

    Raises:
        InvalidPolicyError: for what is no iCalendar text, an event with a time of day (that is a
            break) and a recurring one without years.
        MissingExtraError: when the package ``icalendar`` is not installed.
    """
    library, wanted = _extra("icalendar"), frozenset(years)
    try:
        events: Sequence[Event] = library.Calendar.from_ical(text).walk("VEVENT")
        covered = _covered_by(events, wanted)
    except ValueError as error:
        raise _refused("text", str(error), "give an iCalendar text (.ics)") from None
    return tuple(sorted(day for day in covered if not wanted or day.year in wanted))


# -- the holidays package ----------------------------------------------------------
def _country(country: str, years: frozenset[int], subdiv: str | None) -> object:
    library = _extra("holidays")
    try:
        found: object = library.country_holidays(
            country, subdiv=subdiv, years=sorted(years), expand=False
        )
    except NotImplementedError as error:
        hint = "give an ISO 3166 code such as CN, and a part such as BY (of DE)"
        place = country if subdiv is None else f"{country}, {subdiv}"
        raise _refused(place, str(error), hint) from None
    return found


# -- iCalendar -----------------------------------------------------------------------
def _covered_by(events: Sequence[Event], years: frozenset[int]) -> set[date]:
    held = [one for one in events if str(one.get("STATUS", "")).upper() != "CANCELLED"]
    moved = {
        (str(one.get("UID")), day) for one in events for day in _dates(one.get("RECURRENCE-ID"))
    }
    return {day for event in held for day in _covered(event, years, moved)}


def _covered(event: Event, years: frozenset[int], moved: set[tuple[str, date]]) -> Iterator[date]:
    """Yield every date of every occurrence of *event*."""
    where = f"event {event.get('SUMMARY', event.get('UID', '?'))}"
    first = _whole_date(event, "DTSTART", where)
    length = _length(event, first, where)
    starts = {first, *_dates(event.get("RDATE"))}
    rule = event.get("RRULE")
    if rule is not None:
        if not years:
            raise _refused(where, "it recurs", "say for which years")
        starts |= set(_recurring(rule, first, years, length))
    starts -= set(_dates(event.get("EXDATE")))
    if "RECURRENCE-ID" not in event:
        starts = {day for day in starts if (str(event.get("UID")), day) not in moved}
    for start in starts:
        yield from (start + n * _DAY for n in range(length.days))


def _recurring(
    rule: object, first: date, years: frozenset[int], length: timedelta
) -> Iterator[date]:
    written: bytes = cast("Callable[[], bytes]", getattr(rule, "to_ical"))()  # noqa: B009  # an object of an untyped library
    # Some writers end a rule of whole days with a time, which dateutil refuses.
    text = re.sub(r"(UNTIL=\d{8})T\d{6}Z?", r"\1", written.decode())
    rule_of = import_module("dateutil.rrule").rrulestr
    earliest, latest = _midnight(date(min(years), 1, 1) - length), date(max(years), 12, 31)
    for at in rule_of(text, dtstart=_midnight(first)).between(
        earliest, _midnight(latest), inc=True
    ):
        yield at.date()


def _length(event: Event, first: date, where: str) -> timedelta:
    length = getattr(event.get("DURATION"), "dt", _DAY)
    if "DTEND" in event:
        length = _whole_date(event, "DTEND", where) - first
    return max(length, _DAY)


def _whole_date(event: Event, name: str, where: str) -> date:
    found: object = getattr(event.get(name), "dt", None)
    if isinstance(found, datetime):
        raise _refused(where, "it has a time of day", "a holiday is a whole date; write a break")
    if not isinstance(found, date):
        raise _refused(where, f"{name} is missing or no date", "mend the file")
    return found


def _dates(found: object) -> list[date]:
    """Return the dates of a property that may be absent, single, a list or a list of lists."""
    if isinstance(found, list):
        return [day for one in cast("list[object]", found) for day in _dates(one)]
    listed = cast("Iterable[object]", getattr(found, "dts", [found]))
    at = [getattr(one, "dt", None) for one in listed]
    return [one.date() if isinstance(one, datetime) else one for one in at if isinstance(one, date)]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  # dateutil's form of a date


# -- both ------------------------------------------------------------------------------
def _extra(package: str) -> ModuleType:
    try:
        return import_module(package)
    except ImportError:
        hint = 'install it with pip install "cix[calendars]"'
        raise MissingExtraError(package, "the package is not installed", hint) from None


def _refused(where: str, problem: str, hint: str) -> InvalidPolicyError:
    return InvalidPolicyError("calendar", where, problem, hint)
