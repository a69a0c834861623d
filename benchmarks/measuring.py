"""How figures are taken: rounds of all sides in turn, medians, ratios of pairs, and a verdict.

The machine is shared, so a figure alone says little. Every round runs all sides one after the
other, and a ratio is the median of the rounds' own ratios. Where everything happens in this
process, the ratio is that of processor time, else that of the wall clock.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

Run = Callable[[], object]


@attrs.frozen
class Figure:
    """One row of the results; ``judged`` is what the bar is held against."""

    what: str
    unit: str
    cix: float
    judged: float
    sense: str = "<="
    """``<=`` or ``>=``: on which side of the bar the figure must be."""
    bar: float | None = None
    raw: float | None = None
    peer: float | None = None
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Tell whether the bar holds; None where there is none."""
        if self.bar is None:
            return None
        return self.judged <= self.bar if self.sense == "<=" else self.judged >= self.bar


@attrs.define
class Times:
    """Seconds a round, of each side: wall and processor."""

    wall: dict[str, list[float]] = attrs.field(factory=dict[str, list[float]])
    cpu: dict[str, list[float]] = attrs.field(factory=dict[str, list[float]])

    def median(self, side: str) -> float:
        """Return the median wall seconds of a side."""
        return statistics.median(self.wall[side])

    def ratio(self, side: str, other: str, *, cpu: bool) -> float:
        """Return the median over rounds of *side*'s time over *other*'s."""
        times = self.cpu if cpu else self.wall
        pairs = zip(times[side], times[other], strict=True)
        return statistics.median(one / two for one, two in pairs)


@contextmanager
def timed(times: Times, side: str) -> Iterator[None]:
    """Add what is inside to the times of *side*."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    times.cpu.setdefault(side, []).append(time.process_time() - cpu)
    times.wall.setdefault(side, []).append(time.perf_counter() - wall)


def in_turn(rounds: int, sides: Mapping[str, Run], before: Run | None = None) -> Times:
    """Run all *sides* in each round, beginning with another one each time."""
    times, names = Times(), list(sides)
    for n in range(rounds):
        shift = n % len(names)
        for name in names[shift:] + names[:shift]:
            if before is not None:
                before()
            with timed(times, name):
                sides[name]()
    return times


def median_call(
    blocks: int, calls: int, sides: Mapping[str, Callable[[int], object]]
) -> dict[str, list[float]]:
    """Return the median seconds of one call in each of *blocks* blocks, side by side.

    A side is called with a number that never comes twice.
    """
    found: dict[str, list[float]] = {name: [] for name in sides}
    number = 0
    for _ in range(blocks):
        for name, call in sides.items():
            seconds: list[float] = []
            for _ in range(calls):
                number += 1
                began = time.perf_counter()
                call(number)
                seconds.append(time.perf_counter() - began)
            found[name].append(statistics.median(seconds))
    return found


def ratio_of_blocks(found: Mapping[str, list[float]], side: str, other: str) -> float:
    """Return the median over blocks of one side's time over another's."""
    return statistics.median(a / b for a, b in zip(found[side], found[other], strict=True))


def middle(found: Mapping[str, list[float]], side: str) -> float | None:
    """Return the median over blocks; None for a side that did not run."""
    return statistics.median(found[side]) if side in found else None


def rounded(value: Any) -> str:
    """Show a figure with three digits that count."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"
