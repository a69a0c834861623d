"""The clocks once more, told second by second: slow, plain, and written apart from the product.

At every second the facts of that second are taken in order; then the second counts for each
instance that runs, if the calendar is open in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

SOLVED = ("resolved", "closed")


@attrs.define
class Count:
    """One instance; times in seconds."""

    start: int
    running: bool
    elapsed: int = 0
    since: int = 0
    reached: int | None = None
    breached: int | None = None
    stopped: int | None = None
    cancelled: bool = False

    def pass_second(self, now: int, limit: int) -> None:
        if self.elapsed == limit and self.breached is None:
            self.breached = self.since if self.reached is None else self.reached
        self.elapsed += 1
        if self.elapsed == limit:
            self.reached = now + 1

    def set_running(self, now: int, *, running: bool) -> None:
        if running and not self.running:
            self.since, self.reached = now, None
        self.running = running

    @property
    def status(self) -> str:
        if self.breached is not None:
            return "breached"
        if self.cancelled:
            return "cancelled"
        if self.stopped is not None:
            return "met"
        return "running" if self.running else "paused"


@attrs.define
class Desk:
    """A ticket at one desk under one target."""

    target: Mapping[str, Any]
    status: str = ""
    answered: bool = False
    counts: list[Count] = attrs.field(factory=list[Count])

    @property
    def open(self) -> Count | None:
        last = self.counts[-1] if self.counts else None
        return last if last is not None and last.stopped is None else None

    def begin(self, now: int) -> None:
        paused = self.status in self.target.get("pause_on", ())
        self.counts.append(Count(now, not paused, since=now))

    def stop(self, now: int, *, cancelled: bool = False) -> None:
        if (count := self.open) is not None:
            count.stopped, count.cancelled, count.running = now, cancelled, False

    # -- facts --------------------------------------------------------------------------------
    def create(self, now: int, status: str) -> None:
        self.status = status
        if self.target["name"] in {"first_response", "resolution"}:
            self.begin(now)
        if self.target["name"] == "resolution" and status in SOLVED:
            self.stop(now)
        if self.target["name"] == "tokens":
            self._token(now, f"status:{status}")

    def enter(self, now: int, status: str) -> None:
        before, self.status = self.status, status
        if before == status:
            return
        pauses = self.target.get("pause_on", ())
        if (count := self.open) is not None:
            count.set_running(now, running=status not in pauses)
        if self.target["name"] == "resolution":
            self._solve(now, before, status)
        elif self.target["name"] != "tokens" and status in SOLVED and status not in pauses:
            self.stop(now)
        if self.target["name"] == "tokens":
            self._token(now, f"status:{status}")

    def _solve(self, now: int, before: str, status: str) -> None:
        if status in SOLVED and before not in SOLVED:
            self.stop(now)
        if before in SOLVED and status not in SOLVED and self.open is None and self.counts:
            how = self.target.get("reopen", "resume")
            if how == "restart":
                self.begin(now)
            elif how == "resume" and not self.counts[-1].cancelled:
                last = self.counts[-1]
                last.stopped = None
                last.set_running(now, running=status not in self.target.get("pause_on", ()))

    def say(self, now: int, by: str) -> None:
        name = self.target["name"]
        counts = self.answered or not self.target.get("after_first_reply_only")
        if name == "tokens":
            self._token(now, f"message:{by}")
        elif name == "periodic_update":
            if by == "agent":
                self.stop(now)
                self.begin(now)
        elif by == "agent" and name in {"first_response", "next_response"}:
            self.stop(now)
        elif by == "customer" and name == "next_response" and self.open is None and counts:
            self.begin(now)
        self.answered = self.answered or by == "agent"

    def reach(self, now: int, milestone: str) -> None:
        if milestone in self.target.get("cancel", ()):
            self.stop(now, cancelled=True)
        if self.target["name"] == "tokens":
            self._token(now, milestone)

    def _token(self, now: int, token: str) -> None:
        if token in self.target["stop"]:
            self.stop(now)
        again = self.target.get("repeat") or not self.counts
        if token in self.target["start"] and self.open is None and again:
            self.begin(now)


def told(
    facts: Sequence[tuple[int, str, str]],
    target: Mapping[str, Any],
    is_open: Callable[[int], bool],
    at: int,
) -> list[Count]:
    """Return the instances at second *at*; facts are (second, verb, object), in order."""
    desk = Desk(target)
    by_second: dict[int, list[tuple[str, str]]] = {}
    for second, verb, what in facts:
        by_second.setdefault(second, []).append((verb, what))
    for now in range(at + 1):
        for verb, what in by_second.get(now, ()):
            getattr(desk, verb)(now, what)
        if now < at and is_open(now):
            for count in desk.counts:
                if count.running:
                    count.pass_second(now, target["seconds"])
    return desk.counts
