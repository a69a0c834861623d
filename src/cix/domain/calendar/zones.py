"""Time zones of the tz database that is installed with cix, the same on every machine.

The zones come from the ``tzdata`` package and not from the operating system, so that a replay
elsewhere reads the same rules, and the version recorded with a calendar is the one that is used.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.resources import files
from zoneinfo import ZoneInfo

from cix.errors import InvalidPolicyError


@cache
def load_zone(key: str) -> ZoneInfo:
    """Return the zone of an IANA name such as ``Asia/Shanghai``.

    An unknown name raises ``InvalidPolicyError`` with the names nearest to it.
    """
    if key not in _names():
        near = get_close_matches(key, sorted(_names()), n=3)
        hint = f"did you mean {' or '.join(near)}" if near else "write one such as Asia/Shanghai"
        raise InvalidPolicyError("calendar", "zone", f"there is no IANA zone {key!r}", hint)
    with files("tzdata").joinpath("zoneinfo", *key.split("/")).open("rb") as compiled:
        return ZoneInfo.from_file(compiled, key=key)


def tzdata_version() -> str:
    """Return the release of the tz database in use, such as ``2025b``.

    Who publishes a calendar records it there; no rule reads it.
    """
    return str(import_module("tzdata").IANA_VERSION)


@cache
def _names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text("ascii").split())
