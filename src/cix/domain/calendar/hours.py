"""Business time in whole microseconds: a prefix-sum index over the open spans of a calendar.

The time line is cut into chunks of 189 days of UTC. A chunk holds its open spans and, for each,
the open time up to its end; a *mark* is the open time from a fixed start up to an instant, so
elapsed time is the difference of two marks and adding is the search for a mark. Chunks are made
when they are first asked for.

Beyond the last dated day and the last irregular change of clocks, hours repeat: 773 chunks are
the 400 years after which dates fall on the same weekdays again. So every instant has an answer
in bounded time, however far away.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date
from typing import Final

import attrs

from cix.domain.calendar.schedule import Schedule, Span, day_number
from cix.domain.calendar.windows import DAY_S, Week, round_the_clock

SECOND_US: Final = 1_000_000
CHUNK_DAYS: Final = 189
CHUNK_US: Final = CHUNK_DAYS * DAY_S * SECOND_US
CYCLE: Final = 773
# The tz database lists single changes of clocks from 1844 (Manila) to 2087 (Casablanca); before
# and after, a zone keeps one offset or one yearly rule.
IRREGULAR: Final = (date(1800, 1, 1), date(2200, 1, 1))
# A date's windows reach at most three days of UTC beyond it, and begin at most one before it.
REACH_DAYS: Final = 3
# The chunks of the years 1 and 9999, widely: no search goes further.
FARTHEST: Final = 20_000


@attrs.frozen(eq=False)
class Chunk:
    """The open spans of one chunk, in microseconds; ``marks`` is the open time up to each end."""

    starts: list[int]
    ends: list[int]
    marks: list[int]

    @property
    def total(self) -> int:
        """The open time of the whole chunk."""
        return self.marks[-1] if self.marks else 0

    def later(self, by: int) -> Chunk:
        """Return the chunk moved by a number of microseconds."""
        starts, ends = ([at + by for at in line] for line in (self.starts, self.ends))
        return Chunk(starts, ends, self.marks)


class Hours:
    """The open time of one calendar version, for callers that count in microseconds.

    Instants are microseconds since 1970-01-01T00:00:00Z, durations microseconds. What is
    remembered between calls changes no answer, and may be shared by threads: every entry is the
    same whoever computes it.
    """

    def __init__(self, schedule: Schedule) -> None:
        """Take the hours; nothing is computed yet."""
        self.schedule = schedule
        self._chunks: dict[int, Chunk] = {}
        self._marks: dict[int, int] = {}  # chunk -> open time from the first asked chunk to it
        self._first_asked: dict[None, int] = {}  # a dict, since threads agree on its setdefault
        self._line: dict[int, tuple[int, Chunk, int]] = {}  # chunks with the marks of their ends
        dated = schedule.dated
        before, after = schedule.first_week, schedule.last_week
        earliest = [day - REACH_DAYS for day in dated[:1]]
        latest = [day + REACH_DAYS for day in dated[-1:]]
        self._bottom_period, self._top_period = _period(before), _period(after)
        if self._bottom_period == CYCLE:
            earliest.append(day_number(IRREGULAR[0]))
        if self._top_period == CYCLE:
            latest.append(day_number(IRREGULAR[1]))
        self._ends_closed = not any(after)
        # Chunks below `_bottom` repeat with their period, and so do those from `_top` on.
        self._bottom = min(earliest + latest, default=0) // CHUNK_DAYS
        self._top = max(earliest + latest, default=-1) // CHUNK_DAYS + 1

    def elapsed_us(self, a: int, b: int) -> int:
        """Return the open time in ``[a, b)``; negative when *b* comes before *a*."""
        return self._mark(b) - self._mark(a)

    def add_us(self, a: int, n: int, *, far: bool = False) -> int | None:
        """Return the earliest instant from *a* on with *n* elapsed; ``far``: the latest such.

        None when the calendar never opens for so long. A negative *n* subtracts.
        """
        if n < 0:
            return self.subtract_us(a, -n, far=far)
        if far:
            found = self._reached(self._mark(a) + n + 1, a)
            return None if found is None else found - 1
        return self._reached(self._mark(a) + n, a) if n else a

    def subtract_us(self, a: int, n: int, *, far: bool = False) -> int | None:
        """Return the latest instant up to *a* from which *n* elapses; ``far``: the earliest such.

        None when the calendar was never open for so long before. A negative *n* adds.
        """
        if n < 0:
            return self.add_us(a, -n, far=far)
        if far:
            return self._reached(self._mark(a) - n, a)
        if n == 0:
            return a
        found = self._reached(self._mark(a) - n + 1, a)
        return None if found is None else found - 1

    def is_open_us(self, at: int) -> bool:
        """Tell whether *at* lies in ``[opening, closing)``."""
        chunk = self._chunk(at // CHUNK_US)
        n = bisect_right(chunk.starts, at)
        return n > 0 and at < chunk.ends[n - 1]

    def next_close_us(self, at: int) -> int | None:
        """Return the end of the open span that holds *at*, else of the next one.

        None when it never opens again, or never closes.
        """
        opening = self.add_us(at, 0, far=True)
        if opening is None:
            return None
        k = opening // CHUNK_US
        chunk = self._chunk(k)
        end = chunk.ends[bisect_right(chunk.starts, opening) - 1]
        given_up = max(k, self._top) + self._top_period
        while end == (k + 1) * CHUNK_US:
            k += 1
            if k > given_up:
                return None
            if k < self._bottom and self._bottom_period == 1:
                k, end = self._bottom, self._bottom * CHUNK_US
            chunk = self._chunk(k)
            if not chunk.starts or chunk.starts[0] != end:
                break
            end = chunk.ends[0]
        return end

    def spans_us(self, a: int, b: int) -> Iterator[Span]:
        """Yield the open spans clipped to ``[a, b)``, ascending, none touching another."""
        held: Span | None = None
        for k in range(a // CHUNK_US, -(-b // CHUNK_US)):
            chunk = self._chunk(k)
            for n in range(len(chunk.starts)):
                start, end = max(chunk.starts[n], a), min(chunk.ends[n], b)
                if start >= end:
                    continue
                if held is not None and held[1] == start:
                    held = (held[0], end)
                    continue
                if held is not None:
                    yield held
                held = (start, end)
        if held is not None:
            yield held

    # -- marks ---------------------------------------------------------------------
    def _mark(self, at: int) -> int:
        k = at // CHUNK_US
        before, chunk, _ = self._line.get(k) or self._placed(k)
        n = bisect_right(chunk.starts, at) - 1
        if n < 0:
            return before
        left = chunk.ends[n] - at
        return before + chunk.marks[n] - max(0, left)

    def _reached(self, mark: int, near: int) -> int | None:
        """Return the first instant with that mark, looking from the chunk of *near* outward."""
        k = near // CHUNK_US
        before, chunk, after = self._line.get(k) or self._placed(k)
        if not before < mark <= after:
            found = self._above(mark, k + 1) if mark > after else self._below(mark, k)
            if found is None:
                return None
            low, high = found
            k = low + bisect_left(range(low + 1, high), mark, key=self._before)
            before, chunk, _ = self._placed(k)
        n = bisect_left(chunk.marks, mark - before)
        return chunk.ends[n] - (before + chunk.marks[n] - mark)

    def _placed(self, k: int) -> tuple[int, Chunk, int]:
        """Return chunk *k* with the marks of its two ends."""
        found = self._line[k] = (self._before(k), self._chunk(k), self._before(k + 1))
        return found

    def _above(self, mark: int, low: int) -> tuple[int, int] | None:
        """Return chunks with ``before(low) < mark <= before(high)``, searching upward."""
        step = 1
        while self._before(high := low + step) < mark:
            if high > FARTHEST or (high >= self._top and self._ends_closed):
                return None
            low, step = high, step * 2
        return low, high

    def _below(self, mark: int, high: int) -> tuple[int, int] | None:
        """Return chunks with ``before(low) < mark <= before(high)``, searching downward."""
        step = 1
        while self._before(low := high - step) >= mark:
            if low < -FARTHEST or (low <= self._bottom and not any(self.schedule.first_week)):
                return None
            high, step = low, step * 2
        return low, high

    def _before(self, k: int) -> int:
        found = self._marks.get(k)
        return self._sum_up_to(k) if found is None else found

    def _sum_up_to(self, k: int) -> int:
        """Sum the chunks between the first asked one and *k*; far ones by whole periods."""
        if k > self._top + self._top_period:
            return self._repeated(k, self._top, self._top_period)
        lowest = self._bottom - self._bottom_period
        if k < lowest:
            return self._repeated(k, lowest, self._bottom_period)
        start = self._first_asked.setdefault(None, k)
        self._marks.setdefault(start, 0)
        known = k
        while known not in self._marks:
            known += 1 if start > k else -1
        for n in range(known, k):
            self._marks[n + 1] = self._marks[n] + self._chunk(n).total
        for n in range(known, k, -1):
            self._marks[n - 1] = self._marks[n] - self._chunk(n - 1).total
        return self._marks[k]

    def _repeated(self, k: int, base: int, period: int) -> int:
        cycles, rest = divmod(k - base, period)
        whole = self._before(base + period) - self._before(base)
        return self._before(base + rest) + cycles * whole

    # -- chunks --------------------------------------------------------------------
    def _chunk(self, k: int) -> Chunk:
        found = self._chunks.get(k)
        if found is None:
            found = self._chunks[k] = self._made(k)
        return found

    def _made(self, k: int) -> Chunk:
        source = k
        if k >= self._top:
            source = self._top + (k - self._top) % self._top_period
        elif k < self._bottom:
            source = self._bottom - 1 - (self._bottom - 1 - k) % self._bottom_period
        if source != k:
            return self._chunk(source).later((k - source) * CHUNK_US)
        starts: list[int] = []
        ends: list[int] = []
        marks: list[int] = []
        mark = 0
        for start, end in self.schedule.spans(k * CHUNK_DAYS, (k + 1) * CHUNK_DAYS):
            mark += (end - start) * SECOND_US
            starts.append(start * SECOND_US)
            ends.append(end * SECOND_US)
            marks.append(mark)
        return Chunk(starts, ends, marks)


def _period(week: Week) -> int:
    """Return after how many chunks an undated stretch of *week* repeats."""
    return 1 if not any(week) or round_the_clock(week) else CYCLE
