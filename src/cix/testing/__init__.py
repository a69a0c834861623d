"""What a host tests its rules with: given/when/then, a clock in the hand, builders of facts.

``cix.testing.strategies`` builds any fact for hypothesis and is imported by those who use it.
"""

from __future__ import annotations

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
