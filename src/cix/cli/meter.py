"""Progress of long work, on standard error: how much, how fast, how long still."""

from __future__ import annotations

import sys
import time
from typing import Final, TextIO

from cix.cli.words import t

_TERMINAL_PAUSE: Final = 0.2
_LOG_PAUSE: Final = 10.0


class Meter:
    """Tells of progress: on a terminal one line that moves, in a log a line every ten seconds."""

    def __init__(self, label: str, stream: TextIO | None = None) -> None:
        """The clock starts at the first call; nothing is written before a moment has passed."""
        self.label = label
        self.stream = stream or sys.stderr
        self.lively = self.stream.isatty()
        self.began = self.told = time.monotonic()
        self.first: int | None = None
        self.drawn = False

    def __call__(self, done: int, total: int) -> None:
        """Say that *done* of *total* are done (a total of 0: nobody knows)."""
        now = time.monotonic()
        if self.first is None:
            self.first, self.began, self.told = done, now, now
        if now - self.told >= (_TERMINAL_PAUSE if self.lively else _LOG_PAUSE):
            self.told = now
            self._draw(line(self.label, done, total, done - self.first, now - self.began))

    def _draw(self, text: str) -> None:
        end = "" if self.lively else "\n"
        start = "\r\x1b[K" if self.lively else ""
        self.stream.write(f"{start}{text}{end}")
        self.stream.flush()
        self.drawn = True

    def end(self) -> None:
        """Leave the moving line behind; the next call begins another piece of work."""
        if self.drawn and self.lively:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
        self.first, self.drawn = None, False


def line(label: str, done: int, total: int, gained: int, seconds: float) -> str:
    """Return one line of progress: *gained* were done in *seconds*."""
    rate = gained / seconds if seconds > 0 else 0.0
    text = f"{label}: {done:,}" + (f" / {total:,}" if total else "") + f" · {rate:,.0f}/s"
    if total and rate:
        text += " · " + t("{seconds} s left", seconds=f"{max(total - done, 0) / rate:,.0f}")
    return text
