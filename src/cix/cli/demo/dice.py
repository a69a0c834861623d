"""Seeded chance: the same seed throws the same history, on every machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random  # noqa: TID251  # a made-up history is thrown, from a seed
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Throws one customer's life; each has dice of its own, so more customers change no other."""

    def __init__(self, seed: int, name: str) -> None:
        """Seed with a number and a name."""
        self._random = Random(f"{seed}/{name}")  # noqa: S311  # nothing here is a secret

    def happens(self, share: float) -> bool:
        """Tell whether something of that probability happens."""
        return self._random.random() < share

    def whole(self, least: int, most: int) -> int:
        """Throw a whole number, both ends included."""
        return least + int(self._random.random() * (most - least + 1))

    def one(self, among: Sequence[T]) -> T:
        """Throw one of several."""
        return among[int(self._random.random() * len(among))]

    def weighted(self, weights: Mapping[T, int]) -> T:
        """Throw one of several, each as often as its weight says."""
        left = self._random.random() * sum(weights.values())
        for found, weight in weights.items():
            left -= weight
            if left < 0:
                return found
        return next(reversed(list(weights)))

    def some(self, among: Sequence[T], count: int) -> list[T]:
        """Throw *count* different ones, in their order."""
        left = list(range(len(among)))
        taken = [left.pop(int(self._random.random() * len(left))) for _ in range(count) if left]
        return [among[n] for n in sorted(taken)]

    def skewed(self, most: int, power: float = 3.0) -> int:
        """Throw 0 to *most*, small numbers far more often."""
        return int(self._random.random() ** power * (most + 1))

    def after(self, moment: datetime, least: timedelta, most: timedelta) -> datetime:
        """Throw an instant between *least* and *most* after *moment*, in whole seconds."""
        wide = (most - least).total_seconds()
        return moment + least + timedelta(seconds=int(self._random.random() * wide))

    def by_day(self, start: datetime, end: datetime) -> datetime:
        """Throw an instant in [start, end), by day rather than by night in China."""
        days = max((end - start).days, 1)
        day = start + timedelta(days=self.whole(0, days - 1))
        hour = self.weighted(_HOURS)
        found = day.replace(hour=hour, minute=self.whole(0, 59), second=self.whole(0, 59))
        return min(max(found, start), end - timedelta(seconds=1))


_HOURS = {0: 2, 1: 5, 2: 9, 3: 9, 4: 6, 5: 6, 6: 8, 7: 8, 8: 8, 9: 7, 10: 6, 11: 8, 12: 9,
          13: 8, 14: 6, 15: 3, 22: 1, 23: 2}  # fmt: skip
"""Weights of the hours, UTC: it is eight hours later in Shanghai."""
