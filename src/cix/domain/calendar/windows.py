"""Windows of wall-clock time, the weeks made of them, and how both are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, TypeAlias, cast

import attrs

from cix.errors import InvalidPolicyError

DAY_S: Final = 86_400
WEEK_S: Final = 7 * DAY_S
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS: Final = {
    **{day: n for n, day in enumerate(WEEKDAYS)},
    **{
        day: n
        for n, day in enumerate(
            ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        )
    },
}
_WINDOW: Final = re.compile(r"(\S+?)\s*-\s*(\S+)", re.ASCII)
_TIME: Final = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?", re.ASCII)


@attrs.frozen(order=True)
class Window:
    """A stretch of wall-clock time, in seconds after 00:00 of the date it starts on.

    ``end_s`` above 86,400 lies on the next date: 22:00-06:00 is ``Window(79_200, 108_000)``.
    """

    start_s: int
    end_s: int

    def __attrs_post_init__(self) -> None:
        """Refuse a window that starts on no date or lasts longer than a day."""
        if not (0 <= self.start_s < DAY_S and self.start_s < self.end_s <= self.start_s + DAY_S):
            raise InvalidPolicyError(
                "calendar",
                "window",
                f"seconds {self.start_s} to {self.end_s} are no window of one date",
                "start within 0 to 86,399 and end after that, at most a day later",
            )


Windows: TypeAlias = tuple[Window, ...]
Week: TypeAlias = tuple[Windows, ...]
"""The windows of Monday to Sunday, seven entries."""
Dated: TypeAlias = tuple[tuple[date, Windows], ...]
"""Windows by local date, ascending, each date once."""

WHOLE_DAY: Final = Window(0, DAY_S)
CLOSED_WEEK: Final[Week] = ((),) * 7
OPEN_WEEK: Final[Week] = ((WHOLE_DAY,),) * 7


def round_the_clock(week: Week) -> bool:
    """Tell whether windows of *week* join end to start all around it, whatever the zone.

    Only such a week stays open across every change of the clocks. Windows that overlap are not
    looked at: on the day of a change, each of their ends moves for itself.
    """
    following = {n * DAY_S + w.start_s: n * DAY_S + w.end_s for n in range(7) for w in week[n]}
    if not following:
        return False
    first = at = min(following)
    while (end := following.get(at % WEEK_S)) is not None:
        at += end - at % WEEK_S
        if at >= first + WEEK_S:
            return at == first + WEEK_S
    return False


# -- reading -------------------------------------------------------------------
def refused(where: str, problem: str, hint: str) -> InvalidPolicyError:
    """Return the refusal of a calendar; *where* is the path inside it, such as ``weekly.mon``."""
    return InvalidPolicyError("calendar", where, problem, hint)


def read_window(value: object, where: str) -> Window:
    """Read ``"09:00-18:00"``, ``["09:00", "18:00"]`` or ``{from = "09:00", to = "18:00"}``.

    Times are ``HH:MM`` or ``HH:MM:SS``; 24:00 only as an end. An end that is not after its start
    lies on the next date.
    """
    if isinstance(value, Mapping):
        table = read_table(cast("object", value), where)
        value = [table[key] for key in ("from", "to")] if set(table) == {"from", "to"} else table
    match value:
        case str() if found := _WINDOW.fullmatch(value.strip()):
            start, end = found[1], found[2]
        case [str(start), str(end)]:
            pass
        case _:
            raise refused(where, f"{value!r} is no window of time", 'write "09:00-18:00"')
    start_s, end_s = _read_time(start, where), _read_time(end, where)
    if start_s == DAY_S:
        raise refused(where, f"{value!r} starts at 24:00", "start at 00:00 of the next date")
    return Window(start_s, end_s if end_s > start_s else end_s + DAY_S)


def read_windows(value: object, where: str) -> Windows:
    """Read a list of windows; an empty one means closed."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise refused(where, f"{value!r} is no list", 'write a list such as ["09:00-18:00"]')
    return tuple(read_window(one, where) for one in cast("Sequence[object]", value))


def read_week(value: object, where: str) -> Week:
    """Read ``{mon = ["09:00-18:00"], ...}``; a weekday left out is closed."""
    days: dict[int, Windows] = {}
    for key, windows in read_table(value, where).items():
        day = _DAYS.get(key.lower())
        if day is None:
            raise refused(f"{where}.{key}", "no such weekday", f"write {', '.join(WEEKDAYS)}")
        if day in days:
            raise refused(f"{where}.{key}", "the weekday stands twice", "write it once")
        days[day] = read_windows(windows, f"{where}.{key}")
    return tuple(days.get(day, ()) for day in range(7))


def read_dated(value: object, where: str) -> Dated:
    """Read ``{2026-02-14 = ["09:00-18:00"], ...}``: windows by local date."""
    return tuple(
        (read_date(day, where), read_windows(windows, f"{where}.{day}"))
        for day, windows in read_table(value, where).items()
    )


def read_dates(value: object, where: str) -> tuple[date, ...]:
    """Read a list of local dates."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise refused(where, f"{value!r} is no list", 'write a list such as ["2026-10-01"]')
    return tuple(read_date(one, where) for one in cast("Sequence[object]", value))


def read_date(value: object, where: str) -> date:
    """Read a local date: ``"2026-10-01"`` or a date of TOML's own; an instant is none."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise refused(where, f"{value!r} is no date", "write a local date such as 2026-10-01")


def read_table(value: object, where: str) -> Mapping[str, object]:
    """Read a table whose keys are texts (dates as keys are written as texts)."""
    if not isinstance(value, Mapping):
        raise refused(where, f"{value!r} is no table", "write keys with values")
    return {str(key): one for key, one in cast("Mapping[object, object]", value).items()}


def _read_time(text: str, where: str) -> int:
    found = _TIME.fullmatch(text)
    if found is None:
        raise refused(where, f"{text!r} is no time of day", "write HH:MM or HH:MM:SS, as in 09:00")
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    total = hours * 3_600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > DAY_S:  # noqa: PLR2004  # what a clock shows
        raise refused(where, f"{text} is no time of day", "write a time within 00:00 to 24:00")
    return total


# -- writing -------------------------------------------------------------------
def window_text(window: Window) -> str:
    """Write a window as it is read: ``09:00-18:00``, ``22:00-06:00``, ``00:00-24:00``."""
    end = window.end_s if window.end_s <= DAY_S else window.end_s - DAY_S
    return f"{_time_text(window.start_s)}-{_time_text(end)}"


def write_windows(windows: Windows) -> list[str]:
    """Write windows as plain data."""
    return [window_text(window) for window in windows]


def write_week(week: Week) -> dict[str, list[str]]:
    """Write the open weekdays of a week as plain data."""
    return {
        day: write_windows(windows) for day, windows in zip(WEEKDAYS, week, strict=True) if windows
    }


def write_dated(dated: Dated) -> dict[str, list[str]]:
    """Write windows by date as plain data."""
    return {day.isoformat(): write_windows(windows) for day, windows in dated}


def in_order(windows: Iterable[Window]) -> Windows:
    """Return *windows* ascending, each once: the one form of a day's hours."""
    return tuple(sorted(set(windows)))


def _time_text(second: int) -> str:
    hours, rest = divmod(second, 3_600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours:02}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
