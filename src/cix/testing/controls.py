"""What a test holds in its hand instead of the world: the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from cix.errors import NaiveInstantError

START: Final = datetime(2024, 3, 1, 9, 0, tzinfo=UTC)
"""A Friday morning: where time begins in scenarios and on a fresh clock."""


class FakeClock:
    """A clock that stands still until it is moved; give it to ``cix.open(..., clock=clock)``.

    Raises ``NaiveInstantError`` for an instant without an offset, ``ValueError`` when it would
    run back.
    """

    def __init__(self, now: datetime = START) -> None:
        """Start at *now*."""
        self._now = _aware(now)

    def __call__(self) -> datetime:
        """Return the present instant, UTC."""
        return self._now

    @property
    def now(self) -> datetime:
        """Return the present instant, UTC."""
        return self._now

    def advance(  # a test writes clock.advance(minutes=5)
        self,
        by: timedelta = timedelta(0),
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> datetime:
        """Let time pass and return the new instant."""
        step = by + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self.set(self._now + step)

    def set(self, now: datetime) -> datetime:
        """Move to an instant, and return it."""
        if _aware(now) < self._now:
            message = f"the clock stands at {self._now.isoformat()} and does not run back"
            raise ValueError(message)
        self._now = _aware(now)
        return self._now


def _aware(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise NaiveInstantError("now", now.isoformat())
    return now.astimezone(UTC)
