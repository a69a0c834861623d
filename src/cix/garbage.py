"""When Python looks for cycles: not in the middle of making many objects that hold none."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final


@contextmanager
def collected_later() -> Generator[None]:
    """Let Python look for cycles after the block instead of many times within it.

    Folding a history makes hundreds of thousands of objects that hold no cycles: walking over
    them again and again costs a quarter of a catch-up and half of a what-if. Loading the engine
    makes a hundred thousand that stay: a tenth of a start.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    _put_off.set()
    try:
        yield
    finally:
        _put_off.clear()
        gc.enable()


_put_off: Final = threading.Event()


def _enable_again() -> None:
    """In a forked child no thread of the parent comes to the end of its block."""
    if _put_off.is_set():
        _put_off.clear()
        gc.enable()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_enable_again)
