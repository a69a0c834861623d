"""The what-if of a long log, decided in several processes: each has its share of the accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from zlib import crc32

from cix.analysis.processes import split
from cix.domain import loyalty
from cix.domain.loyalty.programme import Programme
from cix.domain.loyalty.whatif import Report, together, whatif
from cix.engine.garbage import collected_later
from cix.records import Recorded


def shared_out(
    log: Callable[[int], Iterable[Recorded[Any]]],
    groups: Mapping[str, str],
    programme: Programme,
    at: datetime,
    processes: int,
) -> Report:
    """Decide a log again in *processes*, each of which reads it and takes its share of accounts.

    *log* is called in each process with the number of its share; *groups* are those of
    ``united``: accounts that share a fact are decided together. The report is the same for any
    number of processes.
    """

    def decide(share: int) -> Report:
        records = _share(log(share), groups, share, processes) if processes > 1 else log(share)
        return whatif(records, programme, at)

    with collected_later():
        return together(split(decide, processes))


def _share(
    records: Iterable[Recorded[Any]], groups: Mapping[str, str], share: int, count: int
) -> Iterator[Recorded[Any]]:
    """Yield what concerns the accounts of one share, and what concerns all: the policies."""
    shares: dict[str | None, int] = {None: share}
    for record in records:
        key = record.tag(loyalty.DECIDER.kind)
        found = shares.get(key)
        if found is None:
            found = shares[key] = crc32(groups.get(str(key), str(key)).encode()) % count
        if found == share:
            yield record
