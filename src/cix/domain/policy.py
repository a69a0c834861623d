"""Published policies: SLA policies, calendars, programmes, identity rules as versioned facts.

A policy is data, kept as one canonical JSON text; the class that reads it belongs to the room
that obeys it. The room's key is the policy's kind, so a decision that obeys a kind has every
published version of it in its history.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

import attrs

from cix.domain.decider import POLICY_WORD, Decider
from cix.errors import InvalidPolicyError, RuleBrokenError
from cix.facts import fact
from cix.plain import canonical
from cix.records import Recorded

Parsed = TypeVar("Parsed")


# -- facts ---------------------------------------------------------------------
@fact(POLICY_WORD, 1)
class PolicyPublished:
    """A version of a policy was published and counts from ``effective_at`` on.

    Its ``occurred_at`` is that instant too, in the past or the future of its recording: so the
    rule of what is visible as of an instant holds for policies as for everything else.
    """

    kind: str
    version: str
    effective_at: datetime
    body: str
    """Canonical JSON text of the policy."""


Event: TypeAlias = PolicyPublished


# -- state ---------------------------------------------------------------------
@attrs.frozen
class Published:
    """One version as the fold keeps it: times in UTC, the log position breaks ties."""

    version: str
    effective_at: datetime
    recorded_at: datetime
    position: int
    body: str


@attrs.frozen
class Policy:
    """Every version of one kind, by position."""

    key: str
    versions: tuple[Published, ...] = ()

    def in_force(self, at: datetime) -> Published | None:
        """Return the version with the latest effective instant <= *at* (then position)."""
        held = [v for v in self.versions if v.effective_at <= at]
        return max(held, key=lambda v: (v.effective_at, v.position), default=None)


def published(fact: PolicyPublished, record: Recorded[Any]) -> Published:
    """Return the version that a fact published."""
    return Published(
        fact.version, fact.effective_at, record.recorded_at, record.position, fact.body
    )


def evolve(policy: Policy, fact: Event, record: Recorded[Event]) -> Policy:
    """Return the policy with the version added. Total: any fact, in any state."""
    return attrs.evolve(policy, versions=(*policy.versions, published(fact, record)))


DECIDER = Decider("policy", Policy, evolve, (PolicyPublished,), order="recorded")

READERS: dict[str, Callable[[Mapping[str, Any]], object]] = {}
"""How the body of each kind is read and refused; the room that obeys a kind registers here."""


def read_by(
    kind: str,
) -> Callable[[Callable[[Mapping[str, Any]], Parsed]], Callable[[Mapping[str, Any]], Parsed]]:
    """Register the function that reads (and so validates) the bodies of *kind*."""

    def register(
        read: Callable[[Mapping[str, Any]], Parsed],
    ) -> Callable[[Mapping[str, Any]], Parsed]:
        READERS[kind] = read
        return read

    return register


# -- decisions -----------------------------------------------------------------
@DECIDER.decision
def publish(
    policy: Policy,
    at: datetime,
    *,
    version: str,
    body: Mapping[str, Any],
) -> tuple[Event, ...]:
    """Publish *body* as *version*, in force from the decision's instant on.

    The same version with the same body writes nothing; with another body it is refused
    (``version_taken``). A kind nobody obeys, or a body its reader refuses, raises
    ``InvalidPolicyError``.
    """
    read = READERS.get(policy.key)
    if read is None:
        known = ", ".join(sorted(READERS))
        raise InvalidPolicyError(policy.key, "kind", "no room obeys it", f"there are {known}")
    read(body)
    text = canonical(body)
    for one in policy.versions:
        if one.version == version:
            if one.body == text:
                return ()
            raise RuleBrokenError(
                "version_taken", "policy", policy.key, f"version {version} has another body"
            )
    return (PolicyPublished(policy.key, version, at, text),)


@lru_cache(maxsize=1024)
def parsed(kind: str, body: str) -> Any:
    """Return the body of a published version as its room's value; read once per text."""
    return READERS[kind](json.loads(body))
