"""A second-by-second oracle of business time, written from the rules, and calendars to try.

The oracle shares no code with the library: it reads the plain form of a calendar, resolves wall
times by watching the zone's clock from UTC, paints every open second of twelve days into a byte
array, paints holidays and breaks over it, and answers by counting bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import attrs
from hypothesis import assume
from hypothesis import strategies as st

from cix.domain.calendar import Calendar
from cix.domain.calendar.zones import load_zone

DAYS = 12
SECOND = 1_000_000
DAY = 86_400
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Places and days on which clocks did something, and some on which they did not.
SCENES = (
    ("Asia/Shanghai", date(2026, 2, 10)),
    ("Etc/UTC", date(1970, 1, 1)),
    ("Europe/Berlin", date(2026, 3, 29)),  # a gap at 02:00
    ("Europe/Berlin", date(2026, 10, 25)),  # 02:00 to 03:00 twice
    ("Europe/Dublin", date(2025, 10, 26)),  # winter is the exception there
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/Los_Angeles", date(2006, 4, 2)),
    ("America/Sao_Paulo", date(2015, 10, 18)),  # no midnight
    ("America/Sao_Paulo", date(2016, 2, 21)),  # 23:00 to 24:00 twice
    ("America/Havana", date(2025, 11, 2)),  # 00:00 to 01:00 twice
    ("America/St_Johns", date(2010, 11, 7)),  # back over midnight, at 00:01
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Australia/Lord_Howe", date(2025, 10, 5)),
    ("Africa/Casablanca", date(2025, 2, 23)),  # Ramadan
    ("Asia/Kathmandu", date(1986, 1, 1)),  # fifteen minutes
    ("Pacific/Apia", date(2011, 12, 30)),  # a date that never was
    ("America/Juneau", date(1867, 10, 18)),  # a date twice, and seconds in the offset
    ("Europe/Paris", date(1911, 3, 11)),  # an offset of 9 min 21 s before
    ("Europe/Berlin", date(2963, 3, 29)),  # far away
    ("Asia/Shanghai", date(1203, 5, 5)),
)


# -- the oracle --------------------------------------------------------------------
def shown(zone: ZoneInfo, second: int) -> datetime:
    """Return what a clock on the wall shows at an instant."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


@cache
def instant(zone: ZoneInfo, wall: datetime) -> int:
    """Return the first second at which the clock shows *wall*; where it never does, what it
    would show had the change of clocks not come."""
    naive = (wall - datetime(1970, 1, 1)) // timedelta(seconds=1)  # noqa: DTZ001
    offsets = {
        naive + d - round((shown(zone, naive + d) - wall).total_seconds())
        for d in range(-27 * 3600, 27 * 3600 + 1, 6 * 3600)
    }
    # Each candidate is `naive` less an offset in use around that time.
    candidates = sorted(offsets)
    for second in candidates:
        if shown(zone, second) == wall:
            return second
    # The clock jumped over it: the offset before the jump is the one shown just before.
    low, high = naive - 27 * 3600, naive + 27 * 3600
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if shown(zone, middle) < wall else (low, middle)
    return low + round((wall - shown(zone, low)).total_seconds())


@attrs.frozen
class Oracle:
    """Twelve days of a calendar, a byte a second."""

    start: int
    open: bytes

    @classmethod
    def of(cls, plain: Mapping[str, Any], first: date) -> Oracle:
        zone = load_zone(str(plain["zone"]))
        start = (first - date(1970, 1, 1)).days * DAY
        line = bytearray(DAYS * DAY)

        def paint(day: date, hours: Sequence[str], colour: bytes) -> None:
            for text in hours:
                begin, end = text.split("-")
                next_day = end <= begin
                a = instant(zone, wall(day, begin)) - start
                b = instant(zone, wall(day + timedelta(days=next_day), end)) - start
                a, b = max(a, 0), min(b, len(line))
                if b > a:
                    line[a:b] = colour * (b - a)

        around = [first + timedelta(days=n) for n in range(-4, DAYS + 4)]
        for day in around:
            paint(day, hours_on(plain, day), b"\x01")
        for day in around:
            if day.isoformat() in plain.get("holidays", ()):
                paint(day, ["00:00-24:00"], b"\x00")
            paint(day, plain.get("breaks", {}).get(day.isoformat(), ()), b"\x00")
        return cls(start * SECOND, bytes(line))

    def mark(self, at: int) -> int:
        """Return the open microseconds from the start of the scene to *at*."""
        whole, rest = divmod(at - self.start, SECOND)
        return self.open.count(1, 0, whole) * SECOND + (rest if rest and self.open[whole] else 0)

    def is_open(self, at: int) -> bool:
        return self.open[(at - self.start) // SECOND] == 1

    def walk(self, at: int, n: int) -> int | None:
        """Return the earliest instant from *at* on with *n* elapsed, from run to run of seconds."""
        while n:
            begins = self.opening(at)
            if begins is None:
                return None
            closes = self.open.find(0, (begins - self.start) // SECOND)
            ends = self.start + (len(self.open) if closes < 0 else closes) * SECOND
            step = min(n, ends - begins)
            n, at = n - step, begins + step
            if n and closes < 0:
                return None
        return at

    def opening(self, at: int) -> int | None:
        """Return *at* when open, else the next opening."""
        if self.is_open(at):
            return at
        found = self.open.find(1, (at - self.start) // SECOND)
        return None if found < 0 else self.start + found * SECOND

    def closing_before(self, at: int) -> int | None:
        """Return *at* when the time just before it is open, else the last closing."""
        if self.is_open(at - 1):
            return at
        found = self.open.rfind(1, 0, (at - 1 - self.start) // SECOND + 1)
        return None if found < 0 else self.start + (found + 1) * SECOND

    def walk_back(self, at: int, n: int) -> int | None:
        """Return the latest instant up to *at* from which *n* elapses."""
        while n:
            ends = self.closing_before(at)
            if ends is None:
                return None
            opens = self.open.rfind(0, 0, (ends - 1 - self.start) // SECOND + 1)
            begins = self.start + (opens + 1) * SECOND
            step = min(n, ends - begins)
            n, at = n - step, ends - step
            if n and opens < 0:
                return None
        return at

    def spans(self, a: int, b: int) -> Iterator[tuple[int, int]]:
        at = a
        while at < b and (begins := self.opening(at)) is not None and begins < b:
            found = self.open.find(0, (begins - self.start) // SECOND)
            ends = self.start + (len(self.open) if found < 0 else found) * SECOND
            yield begins, min(ends, b)
            at = ends


def wall(day: date, text: str) -> datetime:
    hours, minutes, *seconds = map(int, text.split(":"))
    clock = timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))
    return datetime.combine(day, time()) + clock


def hours_on(plain: Mapping[str, Any], day: date) -> Sequence[str]:
    if day.isoformat() in plain.get("shifts", {}):
        return plain["shifts"][day.isoformat()]
    week = plain.get("weekly", {})
    for version in sorted(plain.get("versions", ()), key=lambda one: one["from"]):
        if version["from"] <= day.isoformat():
            week = version["weekly"]
    return week.get(NAMES[day.weekday()], ())


# -- calendars that people might write ---------------------------------------------
def clock(minute: int, second: int = 0) -> str:
    text = f"{minute // 60:02}:{minute % 60:02}"
    return f"{text}:{second:02}" if second else text


minutes = st.one_of(
    st.integers(0, 23).map(lambda hour: hour * 60),
    st.integers(0, 12).map(lambda n: n * 15),  # around the hours at which clocks change
    st.integers(0, 1_438),
)
ends = st.one_of(st.just("24:00"), st.builds(clock, minutes, st.sampled_from([0, 0, 30])))
windows = st.builds(lambda start, end: f"{clock(start)}-{end}", minutes, ends)
hours = st.lists(windows, max_size=3)
weeks = st.dictionaries(st.sampled_from(NAMES), hours, min_size=1)
breaks = st.builds(
    lambda a, b: f"{clock(min(a, b))}-{clock(max(a, b) + 1) if max(a, b) < 1_438 else '24:00'}",
    minutes,
    minutes,
)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[dict[str, Any], date]:
    """Draw a calendar and the first of twelve days around something worth seeing."""
    zone, hot = draw(st.sampled_from(SCENES))
    first = hot - timedelta(days=6)
    days = st.integers(-1, DAYS + 1).map(lambda n: (first + timedelta(days=n)).isoformat())
    near = st.one_of(st.just(hot.isoformat()), days)
    versions = draw(st.dictionaries(near, weeks, max_size=2))
    plain: dict[str, Any] = {
        "zone": zone,
        "weekly": draw(weeks),
        "versions": [{"from": day, "weekly": week} for day, week in versions.items()],
        "shifts": draw(st.dictionaries(near, hours, max_size=3)),
        "holidays": draw(st.lists(near, max_size=3)),
        "breaks": draw(st.dictionaries(near, st.lists(breaks, min_size=1, max_size=2), max_size=3)),
    }
    versioned = [week for version in plain["versions"] for week in version["weekly"].values()]
    assume(any([*plain["weekly"].values(), *versioned, *plain["shifts"].values()]))
    return plain, first


def instants(oracle: Oracle) -> st.SearchStrategy[int]:
    """Draw instants of the middle of the scene; many lie just where something begins or ends."""
    low, high = DAY * SECOND, (DAYS - 1) * DAY * SECOND
    inside = st.integers(low, high).map(lambda us: oracle.start + us)
    edges = sorted({at for span in oracle.spans(*limits(oracle)) for at in span})
    if not edges:
        return inside
    return st.one_of(st.sampled_from(edges), st.sampled_from(edges).map(lambda at: at + 1), inside)


def limits(oracle: Oracle) -> tuple[int, int]:
    return oracle.start + DAY * SECOND, oracle.start + (DAYS - 1) * DAY * SECOND


def drawn(data: st.DataObject) -> tuple[Calendar, Oracle]:
    plain, first = data.draw(scenes())
    return Calendar.parse(plain), Oracle.of(plain, first)


@cache
def jumbles_midnight(zone: str, first: date) -> bool:
    """Tell whether a midnight of the scene is resolved after a later time, or before an earlier.

    So it is where clocks jump over midnight: an end may come before its start there.
    """
    for n in range(-2, DAYS + 2):
        midnight = datetime.combine(first + timedelta(days=n), time())
        around = [midnight + timedelta(minutes=15 * m) for m in range(-95, 96)]
        found = instant(load_zone(zone), midnight)
        if any((instant(load_zone(zone), at) < found) != (at < midnight) for at in around):
            return True
    return False
