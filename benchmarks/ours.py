"""cix's side of the comparison, through the doors that everybody uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workload import ACCOUNTS, CATALOGUE, Account, Happened, counter, new_event

import cix
from cix.domain.decider import fold
from cix.eventstore import open_store
from cix.eventstore.base import LoadedEvent
from cix.records import AppendCondition, NewEvent


def given(page: Sequence[Happened]) -> list[LoadedEvent]:
    """Return facts of a history as a loader hands them over."""
    return [LoadedEvent(new_event(one), one.at) for one in page]


class Cix:
    """A store and an engine on one URL."""

    def __init__(self, url: str) -> None:
        """Open both, making the tables where there are none."""
        self.url = url
        self.store: Any = open_store(url, CATALOGUE)

    def append(self, event: NewEvent, customer: str, after: int) -> None:
        """Append one fact if nothing of its account came after a position."""
        self.store.append([event], [AppendCondition(ACCOUNTS.boundary(customer), after)])

    def history(self, customer: str) -> Account:
        """Load, decode and fold one customer."""
        return fold(ACCOUNTS, customer, self.store.read(ACCOUNTS.boundary(customer)))

    def catch_up(self, name: str, page: int) -> None:
        """Fill a new counter of that name from the whole log, so many rows a step at most."""
        engine = cix.open(
            self.url,
            catalogue=CATALOGUE,
            rooms=(ACCOUNTS,),
            projections=(counter(name),),
            reactions={},
            views="worker",
            page=page,
        )
        with engine:
            engine.work()

    def close(self) -> None:
        """Give back every connection."""
        self.store.close()
