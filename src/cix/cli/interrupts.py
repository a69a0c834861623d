"""Ctrl-C and SIGTERM: long work stops where it can go on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

from cix.cli.exits import Interrupted


@contextmanager
def resumable(how: Callable[[], str]) -> Generator[None]:
    """Turn Ctrl-C and SIGTERM into ``Interrupted`` with the text that says how to go on."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handled({signal.SIGTERM: stop}):
        try:
            yield
        except KeyboardInterrupt:
            raise Interrupted(how()) from None


@contextmanager
def stoppable() -> Generator[threading.Event]:
    """Yield an event that Ctrl-C and SIGTERM set; a second Ctrl-C stops at once."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()

    with _handled({signal.SIGTERM: stop, signal.SIGINT: stop}):
        yield stopped


@contextmanager
def _handled(
    handlers: dict[signal.Signals, Callable[[int, FrameType | None], None]],
) -> Generator[None]:
    """Install *handlers* while the block runs; only the main thread may."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
