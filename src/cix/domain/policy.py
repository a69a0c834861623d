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
from cix.records import EPOCH, Recorded

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
    """Every version of one kind, by position, as of the instant ``now``."""

    key: str
    versions: tuple[Published, ...] = ()
    now: datetime | None = None

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


def advance(policy: Policy, instant: datetime) -> Policy:
    """Return the policy as of *instant*."""
    return attrs.evolve(policy, now=instant)


DECIDER = Decider("policy", Policy, evolve, (PolicyPublished,), order="recorded", advance=advance)

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


def unreadable(fact: object) -> str | None:
    """Say why the body of a published version cannot be read, for history that nobody checked.

    None when it can, or when no room obeys its kind; every fold of a room that does reads it.
    """
    read = READERS.get(fact.kind) if isinstance(fact, PolicyPublished) else None
    if read is None or not isinstance(fact, PolicyPublished):
        return None
    try:
        read(json.loads(fact.body))
    except Exception as error:  # noqa: BLE001  # each reader refuses in its own way
        return str(error)
    return None


@attrs.frozen
class Lost:
    """What a version would take away from the one before it: where, what, and what to do."""

    where: str
    what: str
    hint: str


Keeps: TypeAlias = Callable[[Any, Any], Lost | None]
SUCCESSIONS: dict[str, Keeps] = {}
"""What a version must keep of the one it follows, by kind: ``(earlier, later) -> lost``."""


def succession(kind: str) -> Callable[[Keeps], Keeps]:
    """Register the function that tells what a later version of *kind* lost of an earlier one."""

    def register(keeps: Keeps) -> Keeps:
        SUCCESSIONS[kind] = keeps
        return keeps

    return register


def neighbours(policy: Policy, at: datetime) -> tuple[Published | None, Published | None]:
    """Return the versions in force just before and just after one that counts from *at* on.

    A version that was never in force is no neighbour, and one that never will be has none.
    """
    since = at if policy.now is None else max(at, policy.now)
    before = policy.in_force(since)
    if before is not None and before.effective_at >= since > (policy.now or EPOCH):
        earlier = [v for v in policy.versions if v.effective_at < since]
        before = attrs.evolve(policy, versions=tuple(earlier)).in_force(since)
    if before is not None and before.effective_at > at:
        return None, None
    following = [v for v in policy.versions if v.effective_at > since]
    first = min((v.effective_at for v in following), default=None)
    return before, None if first is None else policy.in_force(first)


def _check_succession(policy: Policy, at: datetime, version: str, body: Mapping[str, Any]) -> None:
    keeps = SUCCESSIONS.get(policy.key)
    if keeps is None:
        return
    value = READERS[policy.key](body)
    before, after = neighbours(policy, at)
    if before is not None and (lost := keeps(parsed(policy.key, before.body), value)):
        problem = f"it lacks {lost.what} of version {before.version}"
        raise InvalidPolicyError(policy.key, lost.where, problem, lost.hint)
    if after is not None and (lost := keeps(value, parsed(policy.key, after.body))):
        problem = f"version {after.version}, which follows, lacks {lost.what} of version {version}"
        raise InvalidPolicyError(policy.key, lost.where, problem, lost.hint)


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
    (``version_taken``). A kind nobody obeys, a body its reader refuses, or one that loses what
    the version before it has and must be kept, raises ``InvalidPolicyError``.
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
    _check_succession(policy, at, version, body)
    return (PolicyPublished(policy.key, version, at, text),)


@lru_cache(maxsize=1024)
def parsed(kind: str, body: str) -> Any:
    """Return the body of a published version as its room's value; read once per text."""
    return READERS[kind](json.loads(body))
