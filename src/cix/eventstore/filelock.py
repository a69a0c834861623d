"""One writer a file: a lock between processes that is fairer than SQLite's own.

SQLite's busy handler lets some processes wait for seconds while others pass. Where the system has
no ``flock``, SQLite's own lock alone keeps the file correct.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import Final

from cix.clock import jitter
from cix.errors import StoreUnavailableError

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]  # looked at before each use

_FIRST_PAUSE: Final = 0.001
_SHORTEST_PAUSE: Final = 0.0002
_SHORTER: Final = 0.8
"""Who waits longest looks most often: the last append of many is then not late by far."""


class FileLock:
    """A lock on a file beside the database, taken by one thread of one process at a time.

    The lock file is made by the first write and never removed: removing it would let two
    processes hold two locks.
    """

    def __init__(self, path: str, url: str, timeout: float) -> None:
        """Name the file; *timeout* is in seconds."""
        self._path = path
        self._url = url
        self._timeout = timeout
        self._thread = threading.Lock()
        self._file: int | None = None

    @property
    def was_used(self) -> bool:
        """Tell whether the lock file is open: it is since the first write."""
        return self._file is not None

    def __enter__(self) -> None:
        """Take the lock, or raise ``StoreUnavailableError`` after the timeout."""
        deadline = time.monotonic() + self._timeout
        if not self._thread.acquire(timeout=self._timeout):
            raise self._busy("thread of this process")
        try:
            self._lock_file(deadline)
        except BaseException:
            self._thread.release()
            raise

    def __exit__(self, *_: object) -> None:
        """Give the lock back."""
        try:
            if self._file is not None and fcntl is not None:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self._thread.release()

    def close(self) -> None:
        """Close the lock file; nobody of this process may hold the lock."""
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None

    def _lock_file(self, deadline: float) -> None:
        if fcntl is None:
            return
        if self._file is None:
            self._file = self._opened()
        pause = _FIRST_PAUSE
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise self._busy("process") from None
                time.sleep(pause * (0.5 + jitter()))
                pause = max(pause * _SHORTER, _SHORTEST_PAUSE)
            else:
                return

    def _opened(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise StoreUnavailableError(
                self._url,
                f"the lock file {self._path} cannot be opened ({error.strerror})",
                "give the user write access to the file's folder",
            ) from error

    def _busy(self, who: str) -> StoreUnavailableError:
        return StoreUnavailableError(
            self._url,
            f"another {who} held the write lock for {self._timeout:g} s",
            "end it, or wait for it",
        )
