"""Work that is split over processes: forked ones, so that nothing but the answers is sent."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol, TypeVar, cast

T = TypeVar("T")
_MOST: Final = 8
"""More processes than this wait for the log more than they work."""


def forkable() -> bool:
    """Tell whether a process can safely be forked.

    It cannot where the system has no ``fork`` that is sound (all but Linux), where other threads
    run, whose locks a child would keep for ever, or in a child that is to have none of its own.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    from multiprocessing import process  # noqa: PLC0415  # an engine begins without it

    return not process.current_process().daemon


def fitting() -> int:
    """Return how many processes fit this machine, 1 where none can safely be forked."""
    if sys.platform != "linux" or not forkable():
        return 1
    return min(len(os.sched_getaffinity(0)), _MOST)


def split(work: Callable[[int], T], count: int) -> list[T]:
    """Return ``[work(0), ..., work(count - 1)]``, all but the first in processes of their own.

    *work* and what it reads need not be pickled, its answer must. An error of any of them is
    raised here, and ends the others.
    """
    if count == 1:
        return [work(0)]
    import multiprocessing  # noqa: PLC0415  # an engine begins without it

    forking = multiprocessing.get_context("fork")
    pipes = [forking.Pipe(duplex=False) for _ in range(1, count)]
    children = [
        forking.Process(target=_answer, args=(work, n, sender), daemon=True)
        for n, (_, sender) in enumerate(pipes, 1)
    ]
    try:
        for child, (_, sender) in zip(children, pipes, strict=True):
            child.start()
            sender.close()
        return [work(0), *(cast("T", _received(receiver)) for receiver, _ in pipes)]
    finally:
        for child, (receiver, _) in zip(children, pipes, strict=True):
            receiver.close()
            if child.pid is not None:
                child.terminate()
                child.join()


class _End(Protocol):
    """One end of a pipe."""

    def send(self, obj: object) -> None: ...
    def recv(self) -> Any: ...  # what was sent


def _answer(work: Callable[[int], object], n: int, sender: _End) -> None:
    # The keyboard interrupts every process of a terminal; the parent ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.freeze()  # what is the parent's is not walked over: every page of it would be copied
    answer: tuple[object, Exception | None]
    try:
        answer = (work(n), None)
    except Exception as error:  # noqa: BLE001  # it is raised again in the parent
        answer = (None, error)
    with suppress(BrokenPipeError):  # who asked is no more
        sender.send(answer)


def _received(receiver: _End) -> Any:  # what the work answered
    try:
        answer, error = receiver.recv()
    except EOFError:
        message = "a process that was forked ended without an answer"
        raise ChildProcessError(message) from None
    if error is not None:
        raise error
    return answer
