"""What must be made anew in a forked child: connections and locks are not to be shared.

A server that opens a store and then forks its workers is common; a connection used by two
processes is the end of both.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from typing import Any, Final

_renewals: Final[list[weakref.WeakMethod[Callable[[], object]]]] = []
_kept: Final[list[Any]] = []


def renew_in_child(method: Callable[[], object]) -> None:
    """Have the bound *method* called in each forked child, as long as its object lives."""
    _renewals.append(weakref.WeakMethod(method, _renewals.remove))


def keep(parents: object) -> None:
    """Keep what is the parent's alive: to close it here would disturb the parent."""
    _kept.append(parents)


def _renew() -> None:
    for reference in _renewals.copy():
        if method := reference():
            method()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_renew)
