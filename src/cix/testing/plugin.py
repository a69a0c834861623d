"""Fixtures for pytest, there wherever cix is installed; what they need is loaded when asked for.

``fake_clock`` is a clock that stands still until it is moved, ``cix_engine`` an engine in memory
on that clock, opened with ``cix_options``. A fixture of the same name in a host's ``conftest.py``
takes the place of one of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cix.engine import Engine
    from cix.testing.controls import FakeClock


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock that stands at ``cix.testing.START`` until the test moves it."""
    from cix.testing.controls import FakeClock  # noqa: PLC0415  # loaded when it is asked for

    return FakeClock()


@pytest.fixture
def cix_options() -> dict[str, Any]:
    """What ``cix_engine`` is opened with; override it to give rooms and views of your own.

    ``url`` names another store than one in memory.
    """
    return {}


@pytest.fixture
def cix_engine(fake_clock: FakeClock, cix_options: dict[str, Any]) -> Iterator[Engine]:
    """A fresh engine on ``fake_clock``, closed after the test."""
    from cix.engine import open as open_engine  # noqa: PLC0415  # loaded when it is asked for

    options: dict[str, Any] = {"url": "memory://", "clock": fake_clock, **cix_options}
    with open_engine(options.pop("url"), **options) as engine:
        yield engine
