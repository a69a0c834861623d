"""What a host tests its rules with: given/when/then, a clock in the hand, builders of facts.

``cix.testing.strategies`` builds any fact for hypothesis and is imported by those who use it.
``cix.testing.plugin`` gives its fixtures to pytest wherever cix is installed.
"""

from __future__ import annotations

import importlib as _importlib
import typing as _typing

if _typing.TYPE_CHECKING:
    from cix.testing.builders import a_contact, a_policy, a_reply, a_sighting, a_ticket
    from cix.testing.controls import START, FakeClock
    from cix.testing.scenario import Decided, Scenario, given

__all__ = [
    "START",
    "Decided",
    "FakeClock",
    "Scenario",
    "a_contact",
    "a_policy",
    "a_reply",
    "a_sighting",
    "a_ticket",
    "given",
]
_PLACES = {
    "builders": ("a_contact", "a_policy", "a_reply", "a_sighting", "a_ticket"),
    "controls": ("START", "FakeClock"),
    "scenario": ("Decided", "Scenario", "given"),
}
_LATE = {name: f"cix.testing.{module}" for module, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> _typing.Any:  # noqa: ANN401  # what a module gives for a name
    """Load a part when it is first asked for: pytest loads this package in every run."""
    if name in _LATE:
        return getattr(_importlib.import_module(_LATE[name]), name)
    message = f"module 'cix.testing' has no attribute {name!r}"
    raise AttributeError(message)
