"""When Python looks for cycles: not in the middle of a step."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def collected_later() -> Generator[None]:
    """Let Python look for cycles after a step instead of many times within it.

    A step makes hundreds of thousands of objects that go at once and hold no cycles: walking
    over them again and again costs a quarter of a catch-up.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
