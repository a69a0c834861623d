"""SLA policies as values: what is promised, for which tickets, and how the promise is clocked.

Policies are ordered; in each family the first whose ``when`` holds applies. A target says what
starts, pauses and stops its clock, in tokens and status names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import attrs

from cix.domain.sla.facts_in import Value

Kind: TypeAlias = Literal[
    "first_response", "next_response", "periodic_update", "resolution", "tokens"
]
Reopen: TypeAlias = Literal["resume", "restart", "ignore"]
OnChange: TypeAlias = Literal["retroactive", "forward", "restart"]
OnEdit: TypeAlias = Literal["keep", "recompute"]
Names: TypeAlias = tuple[str, ...]

SECOND_US: Final = 1_000_000
ALWAYS_NAME: Final = "always"
RESOLVED: Final[Names] = ("resolved", "closed")


@attrs.frozen
class Warn:
    """A warning: at ``numerator/denominator`` of the target, or ``left_us`` before it.

    ``label`` is how the policy wrote it; it tells the warnings of one instance apart.
    """

    label: str
    numerator: int = 1
    denominator: int = 1
    left_us: int = 0

    def threshold_us(self, limit_us: int) -> int:
        """Return the elapsed time at which it is due, in whole microseconds (rounded up)."""
        return -(-limit_us * self.numerator // self.denominator) - self.left_us


def _starts(target: Target) -> frozenset[str]:
    if target.kind == "tokens":
        return frozenset(target.start)
    if target.kind == "next_response":
        return frozenset({"message:customer"})
    if target.kind == "periodic_update":
        return frozenset((*target.start, *_parties(target)))
    return frozenset({"created"})


def _stops(target: Target) -> frozenset[str]:
    if target.kind == "tokens":
        return frozenset(target.stop)
    if target.kind == "periodic_update":
        return frozenset(_parties(target))
    return frozenset() if target.kind == "resolution" else frozenset({"message:agent"})


def _parties(target: Target) -> Names:
    return tuple(f"message:{party}" for party in target.restart_by)


def _stop_states(target: Target) -> frozenset[str]:
    if target.kind == "resolution":
        return frozenset(target.resolved)
    if target.kind == "tokens" or not target.solved_stops:
        return frozenset()
    return frozenset(target.resolved) - frozenset(target.pause_on)


def _cancels(target: Target) -> frozenset[str]:
    return frozenset(target.cancel)


def _pauses(target: Target) -> frozenset[str]:
    return frozenset(target.pause_on)


def _inside(target: Target) -> frozenset[str]:
    return frozenset(target.resolved)


@attrs.frozen
class Target:
    """One promise: so many seconds of a calendar's time between a start and a stop."""

    name: str
    seconds: int
    calendar: str
    """``always`` is calendar time; any other name is a published calendar."""
    kind: Kind = "tokens"
    start: Names = ()
    stop: Names = ()
    cancel: Names = ()
    repeat: bool = False
    pause_on: Names = ()
    resolved: Names = RESOLVED
    reopen: Reopen = "resume"
    restart_by: Names = ("agent",)
    solved_stops: bool = True
    after_first_reply_only: bool = False
    warn: tuple[Warn, ...] = ()
    on_change: OnChange = "retroactive"
    raises: int | None = None
    """The level that time raises when this target is used up, or breached (escalations)."""
    raises_again: int = 0
    """How often a breach may raise the level again; 0 for a target that waits for the raise."""
    notify: str | None = None
    """Who follows the ticket once time has raised it."""
    assign: str | None = None
    """Whose queue it goes to once time has raised it."""

    starts: frozenset[str] = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(_starts, takes_self=True)
    )
    stops: frozenset[str] = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(_stops, takes_self=True)
    )
    cancels: frozenset[str] = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(_cancels, takes_self=True)
    )
    pauses: frozenset[str] = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(_pauses, takes_self=True)
    )
    inside: frozenset[str] = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(_inside, takes_self=True)
    )
    stop_states: frozenset[str] = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(_stop_states, takes_self=True)
    )

    @property
    def limit_us(self) -> int:
        """The promised time in microseconds."""
        return self.seconds * SECOND_US


@attrs.frozen
class SlaPolicy:
    """The targets of one family for the tickets that ``when`` describes.

    ``when`` pairs a ticket field with the values it may have; all of them must hold. Instances
    that run when a new version takes effect follow that version's ``on_edit``. With
    ``from_message`` a split ticket's clocks count from the first copied message.
    ``reopen_window_us`` is real time after the resolution (None: no limit): the ticket may be
    reopened while ``at < resolved at + window``, which the ticket's room sees to.
    """

    name: str
    family: str
    targets: tuple[Target, ...]
    when: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    on_edit: OnEdit = "keep"
    from_message: bool = False
    reopen_window_us: int | None = None

    def holds(self, fields: Mapping[str, Value]) -> bool:
        """Tell whether every named field has one of the values (a missing field is None)."""
        return all(fields.get(name) in values for name, values in self.when)

    def target(self, name: str) -> Target | None:
        """Return the target of that name."""
        return next((one for one in self.targets if one.name == name), None)


@attrs.frozen
class Level:
    """One support level of an escalation; ``after`` and ``answer_within`` are seconds.

    Without ``stop`` the level answers by a message of its own agents or by taking note. Once time
    has raised the ticket, a tick lets ``notify`` watch it and gives it to the group ``assign``.
    """

    level: int
    after: int
    calendar: str
    start: Names = ()
    unless: Names = ()
    answer_within: int | None = None
    stop: Names = ()
    auto: bool = True
    repeat: int = 0
    notify: str | None = None
    assign: str | None = None


@attrs.frozen
class Escalation:
    """An ordered list of levels to which a ticket is raised when nobody is quick enough."""

    name: str
    levels: tuple[Level, ...]
    when: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    family: str = "escalation"
    on_edit: OnEdit = "keep"


@attrs.frozen
class Bot:
    """When a bot hands over to a person."""

    handover_on_request: bool = True
    handover_after_unresolved: int = 3


@attrs.frozen
class SlaRules:
    """One published version: every policy in order, escalations as policies behind them."""

    policies: tuple[SlaPolicy, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    bot: Bot = Bot()

    def named(self, family: str, name: str) -> SlaPolicy | None:
        """Return the policy of that family and name."""
        found = (one for one in self.policies if (one.family, one.name) == (family, name))
        return next(found, None)
