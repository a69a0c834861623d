"""What a clock reads of a ticket's life: a closed list of facts, each with the tokens it speaks.

A token is a text that a target names in its lists: ``created``, ``assigned``, ``status:<to>``,
``message:<by>``, ``message:<by>:<level>``, ``escalated:<level>``, ``ack:<level>``, ``handover``,
``handover_done``, ``callback_done``, ``followup_done``, ``survey_answered``, ``bot_unresolved``
or a milestone's own name. A level may be left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Final, Literal, TypeAlias

import attrs

from cix.records import to_us

Party: TypeAlias = Literal["customer", "agent", "bot", "system"]
Value: TypeAlias = str | int | bool | None
Fields: TypeAlias = tuple[tuple[str, Value], ...]
Tokens: TypeAlias = tuple[str, ...]

PARTIES: Final[tuple[Party, ...]] = ("customer", "agent", "bot", "system")
FIXED_TOKENS: Final = frozenset(
    {
        "created", "assigned", "escalated", "ack", "handover", "handover_done", "callback_done",
        "followup_done", "survey_answered", "bot_unresolved",
    }
)  # fmt: skip


@attrs.frozen
class Created:
    """The ticket began, in the status it carries; ``fields`` holds what else a rule may name."""

    status: str = "new"
    channel: str | None = None
    priority: str | None = None
    requester: str | None = None
    segment: str | None = None
    fields: Fields = ()

    @property
    def tokens(self) -> Tokens:
        """What it says to a target's lists."""
        return ("created", f"status:{self.status}")

    @property
    def values(self) -> Fields:
        """Every field of the ticket as it began."""
        own = ("channel", "priority", "requester", "segment")
        return (*((name, getattr(self, name)) for name in own), *self.fields)


@attrs.frozen
class StatusChanged:
    """The ticket entered a status; the status already held moves nothing.

    ``fields`` are those that changed with it, such as the group that holds it from then on.
    """

    to: str
    fields: Fields = ()

    @property
    def tokens(self) -> Tokens:
        """What it says to a target's lists."""
        return (f"status:{self.to}",)


@attrs.frozen
class MessageAdded:
    """Somebody wrote. Only a public message that is not automatic counts for a clock.

    ``level`` is the support level of the agent, where it is known.
    """

    by: Party
    public: bool = True
    auto: bool = False
    level: int | None = None

    @property
    def tokens(self) -> Tokens:
        """What it says to a target's lists; nothing when it does not count."""
        if not self.counts:
            return ()
        by = f"message:{self.by}"
        return (by,) if self.level is None else (by, f"{by}:{self.level}")

    @property
    def counts(self) -> bool:
        """Tell whether a clock takes it for a message at all."""
        return self.public and not self.auto


@attrs.frozen
class FieldsChanged:
    """What a rule may name of the ticket changed: type, group, segment, complexity, ..."""

    fields: Fields
    tokens: ClassVar[Tokens] = ()


@attrs.frozen
class PriorityChanged:
    """The priority changed."""

    to: str
    tokens: ClassVar[Tokens] = ()

    @property
    def fields(self) -> Fields:
        """The change, as a change of fields."""
        return (("priority", self.to),)


@attrs.frozen
class Assigned:
    """The ticket was given to an agent or a group; None leaves a field as it is."""

    agent: str | None = None
    group: str | None = None
    tokens: ClassVar[Tokens] = ("assigned",)

    @property
    def fields(self) -> Fields:
        """The change, as a change of fields."""
        held = (("agent", self.agent), ("group", self.group))
        return tuple((name, value) for name, value in held if value is not None)


@attrs.frozen
class Watched:
    """Somebody of the staff follows the ticket from now on."""

    watcher: str
    tokens: ClassVar[Tokens] = ()


@attrs.frozen
class Escalated:
    """The ticket was raised to a support level."""

    level: int

    @property
    def tokens(self) -> Tokens:
        """What it says to a target's lists."""
        return (f"escalated:{self.level}", "escalated")


@attrs.frozen
class Acknowledged:
    """Somebody of that level took note."""

    level: int

    @property
    def tokens(self) -> Tokens:
        """What it says to a target's lists."""
        return (f"ack:{self.level}", "ack")


@attrs.frozen
class HandoverRequested:
    """A person is wanted instead of the bot."""

    tokens: ClassVar[Tokens] = ("handover",)


@attrs.frozen
class HandoverDone:
    """A person took over."""

    tokens: ClassVar[Tokens] = ("handover_done",)


@attrs.frozen
class BotUnresolved:
    """The bot answered and solved nothing."""

    tokens: ClassVar[Tokens] = ("bot_unresolved",)


@attrs.frozen
class CallbackDone:
    """The customer was called back."""

    tokens: ClassVar[Tokens] = ("callback_done",)


@attrs.frozen
class FollowupDone:
    """The follow-up after the resolution was done."""

    tokens: ClassVar[Tokens] = ("followup_done",)


@attrs.frozen
class SurveyAnswered:
    """The customer gave a score."""

    tokens: ClassVar[Tokens] = ("survey_answered",)


@attrs.frozen
class Milestone:
    """A step that the site names itself: ``ring``, ``answered``, ``plan_published``."""

    name: str

    @property
    def tokens(self) -> Tokens:
        """What it says to a target's lists."""
        return (self.name,)


@attrs.frozen
class MergedInto:
    """The ticket went into another; nothing later moves its clocks."""

    into: str = ""
    tokens: ClassVar[Tokens] = ()


@attrs.frozen
class MergedFrom:
    """Another ticket came into this one.

    ``unanswered_us`` is the oldest customer message of that ticket which no agent had answered
    (microseconds since 1970), None when all were.
    """

    source: str = ""
    unanswered_us: int | None = None
    tokens: ClassVar[Tokens] = ()


@attrs.frozen
class SplitFrom:
    """The ticket began as a part of another; its copied messages answer nothing.

    ``first_us`` is the first copied message, ``unanswered_us`` the oldest copied customer message
    which no agent had answered (microseconds since 1970).
    """

    origin: str = ""
    first_us: int | None = None
    unanswered_us: int | None = None
    tokens: ClassVar[Tokens] = ()


FactIn: TypeAlias = (
    Created
    | StatusChanged
    | MessageAdded
    | FieldsChanged
    | PriorityChanged
    | Assigned
    | Escalated
    | Acknowledged
    | HandoverRequested
    | HandoverDone
    | BotUnresolved
    | CallbackDone
    | FollowupDone
    | SurveyAnswered
    | Milestone
    | Watched
    | MergedInto
    | MergedFrom
    | SplitFrom
)


@attrs.frozen
class Noted:
    """A fact in its envelope: microseconds since 1970 UTC, and the place in the log."""

    fact: FactIn
    occurred_us: int
    recorded_us: int
    position: int
    ref: str = ""
    """What time derived it from; a stored fact is named by its position."""

    @classmethod
    def of(
        cls,
        fact: FactIn,
        occurred_at: datetime,
        recorded_at: datetime | None = None,
        position: int = 1,
    ) -> Noted:
        """Put *fact* in its envelope; known at once unless ``recorded_at`` says otherwise.

        Raises ``NaiveInstantError`` for an instant without an offset.
        """
        occurred = to_us(occurred_at)
        recorded = occurred if recorded_at is None else to_us(recorded_at)
        return cls(fact, occurred, recorded, position)

    @property
    def name(self) -> str:
        """Return what outputs call it by: its position, or what time derived it from."""
        return self.ref or str(self.position)


DERIVED_PLACE: Final = 2**62
"""Position of what time derives: it takes effect after the stored facts of its instant."""


def _split_in(facts: list[Noted], created: Noted) -> list[Noted]:
    """Read copied messages, those dated before a split ticket began, into the split itself."""
    n = next((i for i, one in enumerate(facts) if isinstance(one.fact, SplitFrom)), None)
    if n is None:
        return facts
    copied = [one for one in facts if _is_early(one, created)]
    if not copied:
        return facts
    unanswered: int | None = None
    for one in copied:
        said = one.fact.tokens
        if "message:agent" in said:
            unanswered = None
        elif "message:customer" in said and unanswered is None:
            unanswered = one.occurred_us
    split = facts[n].fact
    if isinstance(split, SplitFrom):
        first = copied[0].occurred_us if split.first_us is None else split.first_us
        oldest = unanswered if split.unanswered_us is None else split.unanswered_us
        whole = SplitFrom(split.origin, first, oldest)
        facts[n] = attrs.evolve(facts[n], fact=whole)
    return [one for one in facts if not _is_early(one, created)]


def _is_early(one: Noted, created: Noted) -> bool:
    return isinstance(one.fact, MessageAdded) and one.occurred_us < created.occurred_us


def _by_effect(one: Noted) -> tuple[int, int]:
    return (one.occurred_us, one.position)


def in_effect_order(facts: Iterable[Noted]) -> list[Noted]:
    """Return *facts* by (``occurred_at``, position), the order in which they take effect.

    A message dated before its ticket's creation takes effect at the creation, after it.
    """
    ordered = sorted(facts, key=_by_effect)
    if not ordered or isinstance(ordered[0].fact, Created):
        return ordered
    created = next((one for one in ordered if isinstance(one.fact, Created)), None)
    if created is None:
        return ordered
    ordered = _split_in(ordered, created)
    start, place = created.occurred_us, created.position

    def effect(one: Noted) -> tuple[int, int, bool, int]:
        if _is_early(one, created):
            return (start, max(one.position, place), True, one.position)
        return (one.occurred_us, one.position, False, one.position)

    ordered.sort(key=effect)
    return [attrs.evolve(o, occurred_us=start) if _is_early(o, created) else o for o in ordered]
