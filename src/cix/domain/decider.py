"""How a room decides: facts fold into a state, a decision reads the state and answers facts.

A decider is a room seen from outside; the consistency boundary of a decision is derived from it,
so nobody writes one by hand. ``fold`` is the one driver: decisions, views, audits and what-ifs
all go through it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Concatenate, Final, Generic, Literal, ParamSpec, TypeAlias, TypeVar, cast

import attrs

from cix.facts import word_of
from cix.records import EPOCH, Query, QueryItem, Recorded, occurrence

State = TypeVar("State")
Event = TypeVar("Event")
Other = TypeVar("Other")
P = ParamSpec("P")

Order: TypeAlias = Literal["occurred", "recorded"]
POLICY_WORD: Final = "policy.published"
BY_RULE: Final = "checked by the rule"
"""``Annotated[int, BY_RULE]``: the type of this argument is the rule's to refuse, in its order."""
_TICK: Final = timedelta(microseconds=1)
_SECOND: Final = datetime.min.replace(tzinfo=UTC) + _TICK
"""The second instant there is: nothing is due before the first."""


@attrs.frozen
class Call:
    """A decision that is meant to be taken: by name, for a key, with plain arguments."""

    decision: str
    key: str
    args: Mapping[str, Any] = attrs.field(factory=dict[str, Any])


@attrs.frozen
class Deadline:
    """An instant at which a state moves by itself, or at which something is to be done.

    Without ``action`` time itself decides and a tick only records; with it a tick performs the
    decision, once.
    """

    kind: str
    due: datetime
    ref: str = ""
    action: Call | None = None


def _stay(state: State, _: datetime) -> State:
    return state


def _no_deadlines(_: object) -> tuple[Deadline, ...]:
    return ()


def _nothing_due(_before: object, _after: object) -> tuple[object, ...]:
    return ()


def _no_record(_: object) -> str | None:
    return None


@attrs.frozen(eq=False)
class Decider(Generic[State, Event]):
    """A room from outside.

    ``name`` is the room's word (``loyalty``), ``kind`` the tag kind of its keys (``account``).
    ``facts`` is its event union, so the boundary can leave none out. ``order`` is the fold's:
    ``occurred`` or ``recorded``. ``obeys`` names the policy kinds whose published versions are
    part of its history; ``evolve`` is given those facts too. A state that moves by itself has
    ``advance(state, instant)``, run up to and including the instant, and names its upcoming
    ``deadlines(state)``; ``due_first`` says that what falls due at the very instant of a fact
    comes before it. A room whose fold has an accumulator of its own may have
    ``through(state, records)``: the same as a step for each record, without the states between.
    ``fell_due(before, after)`` answers the derived facts that say what an
    advance over one due instant decided; one that has a field ``at`` happened then, the others at
    the due instant. ``owed(recorded, present, because)`` answers the corrections of recorded
    derived facts that the facts known today no longer give. ``record_of`` names the record the
    entity belongs to.
    """

    name: str
    new: Callable[[str], State]
    evolve: Callable[[State, Event, Recorded[Event]], State]
    facts: tuple[type, ...]
    kind: str = ""
    order: Order = "occurred"
    obeys: tuple[str, ...] = ()
    advance: Callable[[State, datetime], State] = _stay
    through: Callable[[State, Iterable[Recorded[Any]]], State] | None = None
    deadlines: Callable[[State], tuple[Deadline, ...]] = _no_deadlines
    due_first: bool = True
    fell_due: Callable[[State, State], tuple[object, ...]] = _nothing_due
    owed: Callable[[Sequence[Any], Sequence[Any], str], Sequence[object]] | None = None
    record_of: Callable[[State], str | None] = _no_record
    decisions: dict[str, Decision[Any, Any, Any]] = attrs.field(
        init=False, factory=dict, repr=False
    )
    words: tuple[str, ...] = attrs.field(init=False)
    reads_words: frozenset[str] = attrs.field(init=False, repr=False)
    """Stored names of everything the fold takes: the room's facts, and policies it obeys."""

    def __attrs_post_init__(self) -> None:
        """Refuse an empty union, or one that holds a derived fact."""
        if not self.facts:
            message = f"{self.name}: the event union is empty"
            raise TypeError(message)
        if derived := [cls.__name__ for cls in self.facts if word_of(cls).derived]:
            message = f"{self.name}: derived facts stand outside every union: {derived}"
            raise TypeError(message)
        words = tuple(sorted(word_of(cls).name for cls in self.facts))
        object.__setattr__(self, "words", words)
        obeyed = (POLICY_WORD,) if self.obeys else ()
        object.__setattr__(self, "reads_words", frozenset((*words, *obeyed)))
        if not self.kind:
            object.__setattr__(self, "kind", self.name)

    @property
    def moves(self) -> bool:
        """Tell whether time alone changes the state."""
        return self.advance is not _stay

    def tag(self, key: str) -> str:
        """Return the tag of the facts of *key*."""
        return f"{self.kind}:{key}"

    def boundary(self, key: str) -> Query:
        """Return what may not have come since the state was read: facts and policies."""
        own = QueryItem((self.tag(key),), self.words)
        policies = (QueryItem((f"policy:{kind}",), (POLICY_WORD,)) for kind in self.obeys)
        return Query((own, *policies))

    def decision(
        self, rule: Callable[Concatenate[State, datetime, P], tuple[Event, ...]]
    ) -> Decision[State, Event, P]:
        """Declare a pure function ``(state, at, *, args) -> facts`` as a decision of the room."""
        return self._add(Decision(self, rule))

    def spanning(
        self, reads: Callable[[str, Mapping[str, Any]], tuple[Reading, ...]]
    ) -> Callable[
        [Callable[Concatenate[Models, datetime, P], tuple[Event, ...]]],
        Decision[Models, Event, P],
    ]:
        """Declare a decision over several states: ``reads(key, args)`` names the others."""

        def declare(
            rule: Callable[Concatenate[Models, datetime, P], tuple[Event, ...]],
        ) -> Decision[Models, Event, P]:
            return self._add(Decision(cast("Decider[Models, Event]", self), rule, reads))

        return declare

    def _add(self, decision: Decision[Other, Event, P]) -> Decision[Other, Event, P]:
        if decision.name in self.decisions:
            message = f"{decision.name} is declared twice"
            raise TypeError(message)
        self.decisions[decision.name] = decision
        return decision


@attrs.frozen
class Reading:
    """One state that a spanning decision reads: whose, and under which key."""

    decider: Decider[Any, Any]
    key: str


@attrs.frozen
class Models:
    """The states that a spanning decision was given; ``key`` is the one it was asked for."""

    key: str
    own: Any
    others: tuple[tuple[Reading, Any], ...]

    def of(self, decider: Decider[State, Any], key: str) -> State:
        """Return the state of *key* in the room of *decider*."""
        for reading, state in self.others:
            if reading.decider is decider and reading.key == key:
                return cast("State", state)
        message = f"{decider.name} {key} is not among what the decision reads"
        raise KeyError(message)


@attrs.frozen(eq=False, repr=False, slots=False)
class Decision(Generic[State, Event, P]):
    """A rule that knows its room; called directly it is just the pure function."""

    decider: Decider[State, Event]
    rule: Callable[Concatenate[State, datetime, P], tuple[Event, ...]]
    reads: Callable[[str, Mapping[str, Any]], tuple[Reading, ...]] | None = None

    def __attrs_post_init__(self) -> None:
        """Take the rule's words and signature, for whoever asks for help."""
        object.__setattr__(self, "__doc__", self.rule.__doc__)
        object.__setattr__(self, "__wrapped__", self.rule)

    def __repr__(self) -> str:
        """Name the decision."""
        return f"<decision {self.name}>"

    @property
    def name(self) -> str:
        """Return the decision's word, such as ``ticket.resolve``."""
        return f"{self.decider.name}.{self.rule.__name__.rstrip('_')}"

    def __call__(
        self, state: State, at: datetime, /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[Event, ...]:
        """Apply the rule to *state* at the instant *at*."""
        return self.rule(state, at, *args, **kwargs)


_BY_POSITION: Final = attrgetter("position")


def instant_of(order: Order, record: Recorded[Any]) -> datetime:
    """Return the instant at which a fact takes effect in a fold of *order*."""
    return record.occurred_at if order == "occurred" else record.recorded_at


def in_order(order: Order, records: Iterable[Recorded[Any]]) -> list[Recorded[Any]]:
    """Return *records* in the order a room of *order* folds them."""
    return sorted(records, key=occurrence if order == "occurred" else _BY_POSITION)


def step(decider: Decider[State, Event], state: State, record: Recorded[Event]) -> State:
    """Advance to the fact's instant, then take the fact."""
    if decider.moves:
        state = decider.advance(state, due_from(decider, instant_of(decider.order, record)))
    return decider.evolve(state, record.fact, record)


def fold(
    decider: Decider[State, Event],
    key: str,
    records: Iterable[Recorded[Any]],
    until: datetime | None = None,
) -> State:
    """Fold the facts of *key* in the room's order; at the end advance to *until* inclusive."""
    state, ordered = decider.new(key), in_order(decider.order, records)
    if decider.through is not None:
        state = decider.through(state, ordered)
    else:
        for record in ordered:
            state = step(decider, state, record)
    return state if until is None else decider.advance(state, until)


def settle(
    decider: Decider[State, Event],
    state: State,
    since: datetime,
    until: datetime,
    told: Callable[[datetime, State, State], None] | None = None,
) -> tuple[State, datetime]:
    """Advance over each due instant in ``(since, until]``; answer the state and the last of them.

    The answer depends on the due instants only, not on how often or when anybody looked.
    """
    moved = since
    while True:
        dues = (d.due for d in decider.deadlines(state) if d.action is None)
        due = min((due for due in dues if moved < due <= until), default=None)
        if due is None:
            return state, moved
        after = decider.advance(state, due)
        if told is not None:
            told(due, state, after)
        state, moved = after, due


def crossings(
    decider: Decider[State, Event],
    key: str,
    records: Iterable[Recorded[Any]],
    until: datetime,
) -> list[tuple[datetime, object]]:
    """Return the derived facts that time decided up to *until*, each with its due instant."""
    found: list[tuple[datetime, object]] = []

    def told(due: datetime, before: State, after: State) -> None:
        found.extend((getattr(fact, "at", due), fact) for fact in decider.fell_due(before, after))

    state, moved = decider.new(key), EPOCH
    for record in in_order(decider.order, records):
        before = due_from(decider, instant_of(decider.order, record))
        state, moved = settle(decider, state, moved, before, told)
        state, moved = step(decider, state, record), before
    settle(decider, state, moved, until, told)
    return found


def due_from(decider: Decider[Any, Any], effect: datetime) -> datetime:
    """Return the instant after which deadlines are still to come, given a fact at *effect*."""
    return effect if decider.due_first else max(effect, _SECOND) - _TICK
