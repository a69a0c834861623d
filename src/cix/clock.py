"""The only place that reads time and chance; everything else takes them as arguments."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID, uuid4

Clock: TypeAlias = Callable[[], datetime]
"""A function that answers the present instant: aware, UTC, whole microseconds."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz"


def system_clock() -> datetime:
    """Return the machine's present instant in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """Draw a random id (version 4)."""
    return uuid4()


def new_name(prefix: str) -> str:
    """Draw an opaque name such as ``r-5Hk2...``: about 92 random bits, safe in a tag or a URL."""
    return f"{prefix}-" + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in os.urandom(16))


def jitter() -> float:
    """Draw a number in [0, 1) by which retries of several writers are spread."""
    return int.from_bytes(os.urandom(4)) / 2**32
