"""The what-if of a long log, decided in several processes: each has its share of the accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from zlib import crc32

from cix.domain.loyalty.outcomes import Report, together
from cix.domain.loyalty.programme import Programme
from cix.domain.loyalty.whatif import whatif
from cix.engine.processes import split
from cix.garbage import collected_later
from cix.records import Recorded

AT_ONCE: Final = 1_000_000
"""Positions of a log that one process may hold: more are read share by share."""


def shared_out(
    log: Callable[[], Iterable[Recorded[Any]]],
    length: int,
    groups: Mapping[str, str],
    programme: Programme,
    at: datetime,
    *,
    processes: int = 1,
    at_once: int = AT_ONCE,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Decide a log of *length* positions again in *processes*, each with shares of the accounts.

    *log* is called once a share, in the process that decides it; *groups* are those of
    ``united``: accounts that share a fact are decided together. The report is the same for any
    number of processes, and for any number of positions *at_once*. *progress* is told how much
    of *length* the first process has done.
    """
    rounds = max(1, -(-length // (at_once * processes)))
    shares = rounds * processes

    def decide(share: int) -> Report:
        def group_of(key: str) -> str | None:
            group = groups.get(key, key)
            return group if crc32(group.encode()) % shares == share else None

        def told(done: int, total: int) -> None:
            if progress is not None:
                before = share // processes * length
                part = length * done // total if total else length
                progress((before + part) // rounds, length)

        is_first = share % processes == 0
        return whatif(log(), programme, at, group_of=group_of, progress=told if is_first else None)

    def work(process: int) -> Report:
        with collected_later():
            return together([decide(share) for share in range(process, shares, processes)])

    if progress is not None:
        progress(0, length)
    return together(split(work, processes))
