"""What must be made anew in a forked child: connections and locks are not to be shared.

A server that opens a store and then forks its workers is common; a connection used by two
processes is the end of both.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from typing import Any, Final, TypeVar

Owner = TypeVar("Owner")
_renewals: Final[list[tuple[weakref.ref[Any], Callable[[Any], object]]]] = []
_kept: Final[list[Any]] = []


def renew_in_child(owner: Owner, renew: Callable[[Owner], object]) -> None:
    """Have *renew* called with *owner* in each forked child, as long as *owner* lives."""
    _renewals[:] = [one for one in _renewals if one[0]() is not None]
    _renewals.append((weakref.ref(owner), renew))


def keep(parents: object) -> None:
    """Keep what is the parent's alive: to close it here would disturb the parent."""
    _kept.append(parents)


def _renew() -> None:
    for reference, renew in _renewals.copy():
        if (owner := reference()) is not None:
            renew(owner)


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_renew)
