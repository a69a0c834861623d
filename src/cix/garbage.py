"""When Python looks for cycles: not in the middle of making many objects that hold none."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


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
    try:
        yield
    finally:
        gc.enable()
