"""Engines on the sample host, each on a store of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import cix
from cix.testing import FakeClock
from engine import sample

START = datetime(2024, 3, 1, 10, tzinfo=UTC)
Opener = Callable[..., cix.Engine]


def host(url: Any, **options: Any) -> cix.Engine:
    """Open the sample host on *url*; the clock stands at START unless one is given."""
    settings: dict[str, Any] = {
        "catalogue": sample.CATALOGUE,
        "rooms": sample.ROOMS,
        "projections": sample.VIEWS,
        "reactions": sample.REACTIONS,
        "clock": FakeClock(START),
    }
    return cix.open(url, **(settings | options))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def open_host(store_url: str) -> Iterator[Opener]:
    """Open any number of engines on one store; all are closed at the end."""
    opened: list[cix.Engine] = []

    def opener(**options: Any) -> cix.Engine:
        engine = host(options.pop("url", store_url), **options)
        opened.append(engine)
        return engine

    yield opener
    for engine in opened:
        engine.close()


@pytest.fixture
def engine(clock: FakeClock) -> Iterator[cix.Engine]:
    """An engine in memory: the quickest, for what does not depend on the store."""
    with host("memory://", clock=clock) as opened:
        yield opened
