"""What a calendar cannot mean: refused when it is defined, with the place and the way out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from cix.domain.calendar.windows import (
    DAY_S,
    WEEKDAYS,
    Dated,
    Week,
    Windows,
    refused,
    window_text,
)

_LAST_MINUTE_S: Final = 23 * 3_600 + 59 * 60  # 23:59, where people mean 24:00


def check_hours(weeks: Sequence[tuple[str, Week]], shifts: Dated) -> None:
    """Refuse hours that never open, close at 23:59 or leave out a weekday.

    *weeks* are the base week and those of the versions, each with its place.
    """
    for where, week in weeks:
        if len(week) != len(WEEKDAYS):
            raise refused(where, f"a week of {len(week)} days", "give Monday to Sunday")
        for weekday, windows in zip(WEEKDAYS, week, strict=True):
            _check_closing(windows, f"{where}.{weekday}")
    for day, windows in shifts:
        _check_closing(windows, f"shifts.{day}")
    if not any(any(week) for _, week in weeks) and not any(windows for _, windows in shifts):
        hint = "give hours to a weekday or to a shift"
        raise refused("weekly", "the calendar is never open", hint)


def check_breaks(breaks: Dated) -> None:
    """Refuse a break that does not end on its own date."""
    for day, windows in breaks:
        for window in windows:
            if window.end_s > DAY_S:
                hint = "write one break for each date; 24:00 ends a day"
                raise refused(f"breaks.{day}", f"{window_text(window)} runs over midnight", hint)


def check_once(where: str, days: Iterable[date]) -> None:
    """Refuse a date that stands twice; *days* ascend."""
    for day, following in pairwise(days):
        if day == following:
            raise refused(where, f"{day} stands twice", "write each date once")


def _check_closing(windows: Windows, where: str) -> None:
    for window in windows:
        if window.end_s % DAY_S == _LAST_MINUTE_S:
            problem = f"{window_text(window)} closes a minute before midnight"
            raise refused(where, problem, "write 24:00 for the end of the day")
