"""The hall: clock, store, rooms and views meet here, and only here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from types import TracebackType
from typing import Any, Final, Literal, ParamSpec, Self, TypeVar, cast

import attrs

from cix.clock import Clock, new_name
from cix.domain import identity, policy
from cix.domain.decider import Call, Decider, Decision
from cix.engine.audit import Explanation
from cix.engine.following import Reaction, Reactions
from cix.engine.identifiers import Identifiers
from cix.engine.interchange import to_line
from cix.engine.reading import Reading
from cix.engine.room import Room
from cix.engine.stamp import Asked, Outcome, Stamp, ask, derived_id, event_id
from cix.engine.timers import Ticked, Timers
from cix.engine.views import Progress, Views
from cix.errors import (
    ConfigError,
    InvalidArgumentError,
    MalformedFactError,
    NaiveInstantError,
    NotFoundError,
)
from cix.eventstore.base import (
    EventStore,
    LoadedEvent,
    LoadReport,
    Parked,
    ViewState,
    ViewStore,
    Where,
)
from cix.facts import Catalogue
from cix.plain import PlainError, instant
from cix.projections.projection import Projection
from cix.records import EVERYTHING, Metadata, NewEvent, Query

State = TypeVar("State")
EventT = TypeVar("EventT")
Row = TypeVar("Row")
P = ParamSpec("P")
When = datetime | str | None
Known = datetime | str | int | None
_LOAD_PAGE: Final = 5_000
_LONGEST_ID: Final = 500
_FILTER: Final = re.compile(r"^(?P<name>\w+?)(?:__(?P<how>ne|lt|le|gt|ge|among|missing))?$")
_HOW: Final[Mapping[str | None, str]] = {
    None: "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "among": "in",
}  # fmt: skip


@attrs.frozen
class SourceFact:
    """One fact of a history as its source tells it, for ``engine.load``.

    ``id`` names the source's row: a known id is skipped, so that a broken load can be run again.
    Several facts in a row may share an id. ``record`` is the channel record it belongs to.
    """

    fact: object
    key: str
    occurred_at: datetime
    recorded_at: datetime
    id: str
    record: str | None = None
    actor: str | None = None


@attrs.frozen(eq=False)
class _Core:
    """What every stamped copy of an engine shares."""

    store: EventStore
    catalogue: Catalogue
    clock: Clock
    room: Room
    views: Views
    reading: Reading
    deciders: tuple[Decider[Any, Any], ...]
    decisions: Mapping[str, Decision[Any, Any, Any]]
    kinds: Mapping[type, str]
    identifiers: Identifiers
    inline: bool
    tables: ViewStore


def _call(engine: Engine) -> Callable[[Call, Stamp], object]:
    def perform(call: Call, stamp: Stamp) -> object:
        return attrs.evolve(engine, stamp=stamp).take(call.decision, call.key, call.args)

    return perform


@attrs.frozen(eq=False)
class Engine:
    """Decisions in, facts kept, views out. Made by ``cix.open``; safe to share between threads."""

    core: _Core
    stamp: Stamp = attrs.field(factory=Stamp)
    reactions: Reactions | None = None

    # -- who, under which id, when ---------------------------------------------------
    def by(
        self,
        actor: str | None = None,
        *,
        id: str | None = None,
        at: When = None,
        recorded_at: When = None,
    ) -> Engine:
        """Return the same engine, stamped with an actor, a request id and an instant.

        ``id`` is the request's idempotency key: the same id with the same body is answered from
        the record, with another body it is refused. ``at`` dates the facts (default: now);
        ``recorded_at`` is for imports only. Raises ``NaiveInstantError`` and
        ``InvalidArgumentError``.
        """
        if id is not None and not 0 < len(id) <= _LONGEST_ID:
            expected = f"a text of 1 to {_LONGEST_ID} characters"
            raise InvalidArgumentError("by", "id", expected, repr(id[:40]))
        return attrs.evolve(
            self, stamp=Stamp(actor, id, _instant("at", at), _instant("recorded_at", recorded_at))
        )

    # -- decisions -------------------------------------------------------------------
    def do(
        self,
        decision: Decision[Any, EventT, P],
        key: str,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Outcome[EventT]:
        """Take *decision* for *key*: its facts are recorded, or it is refused and nothing is.

        Answers the facts, which are none when what was asked holds already. Returns when the
        views have reached them. Raises ``DomainError`` when refused, ``ConflictError`` when
        others kept writing first for very long, ``EventStoreError`` when the store failed.
        """
        return self._decide((ask(decision, key, args, kwargs),))

    def take(self, name: str, key: str, args: Mapping[str, Any]) -> Outcome[Any]:
        """Take the decision called *name*, with plain arguments: what ``cix apply`` does."""
        return self._decide((ask(self.decision(name), key, (), args),))

    def do_all(self, calls: Sequence[Call]) -> Outcome[Any]:
        """Take several decisions in order, at one instant, in one append: all or nothing."""
        return self._decide(
            tuple(ask(self.decision(one.decision), one.key, (), one.args) for one in calls)
        )

    def decision(self, name: str) -> Decision[Any, Any, Any]:
        """Return the decision of that name; ``NotFoundError`` when there is none."""
        try:
            return self.core.decisions[name]
        except KeyError:
            raise NotFoundError("decision", name) from None

    def _decide(self, asked: Sequence[Asked]) -> Outcome[Any]:
        outcome = self.core.room.decide(asked, self.stamp)
        if outcome.facts and self.core.inline:
            self._settle(outcome)
        return outcome

    def _settle(self, outcome: Outcome[Any]) -> None:
        """Bring views to the facts; then let the rooms that react to them do so."""
        self.core.views.catch_up(outcome.position)
        if self.reactions is None or outcome.duplicate:
            return
        if self.reactions.answer_to(outcome.facts):
            self.reactions.follow()
            self.core.views.catch_up()

    def publish(
        self,
        kind: str,
        version: str,
        body: Mapping[str, Any],
        *,
        effective_at: When = None,
    ) -> Outcome[policy.Event]:
        """Publish a policy version, in force from ``effective_at`` (default: now) on.

        Raises ``InvalidPolicyError`` when the body cannot be meant.
        """
        at = _instant("effective_at", effective_at) or self.stamp.at
        return attrs.evolve(self, stamp=attrs.evolve(self.stamp, at=at)).do(
            policy.publish, kind, version=version, body=body
        )

    def record(self, kind: str, value: str) -> str:
        """Find or make the opaque id of the channel record that holds this identifier.

        The value itself is kept in the (erasable) identity box of the fact that it was observed,
        and as a keyed hash in the blind index; the id tells nothing of it.
        """
        core = self.core
        offered = new_name("r")
        found, value_id = core.identifiers.find_or_make(kind, value, offered)
        if found == offered:
            stamp = attrs.evolve(self.stamp, id=derived_id("observed", found))
            attrs.evolve(self, stamp=stamp).do(
                identity.observe,
                found,
                identifiers=((kind, value),),
                values=(value_id,),
            )
        return found

    # -- history from elsewhere --------------------------------------------------------
    def load(
        self,
        facts: Iterable[SourceFact | LoadedEvent],
        *,
        progress: Progress | None = None,
    ) -> LoadReport:
        """Load history in order: no rule is asked, known ids are skipped and counted.

        ``recorded_at`` never runs back: a time before the log's last is lifted to it, counted,
        and the time given kept in the metadata. Load the older history first.
        """
        done = LoadReport(0, 0, 0, self.core.store.head().position)
        for page in _pages(self._loaded(one) for one in facts):
            one = self.core.store.load(page)
            done = LoadReport(
                done.stored + one.stored, done.skipped + one.skipped, done.lifted + one.lifted,
                one.last,
            )  # fmt: skip
            if progress is not None:
                progress(done.stored + done.skipped, 0)
        if self.core.inline:
            self.work(progress)
        return done

    def _loaded(self, one: SourceFact | LoadedEvent) -> LoadedEvent:
        if isinstance(one, LoadedEvent):
            return one
        entry = self.core.catalogue.entry(type(one.fact))
        kind = self.core.kinds.get(type(one.fact))
        if kind is None:
            raise MalformedFactError(entry.word.name, one.id, "no room of this engine holds it")
        record = () if one.record is None else (f"record:{one.record}",)
        tags = (f"{kind}:{one.key}", *record, *entry.tags_of(one.fact), f"id:{one.id}")
        return LoadedEvent(
            NewEvent(
                one.fact,
                tuple(dict.fromkeys(tags)),
                one.occurred_at,
                event_id(one.id, 0),
                Metadata(one.actor, loaded=True),
            ),
            one.recorded_at,
        )

    def export(self, query: Query = EVERYTHING, *, after: int = 0) -> Iterator[dict[str, Any]]:
        """Yield every fact with its envelope as plain data, by position."""
        for page in self.core.store.pages(query, after=after):
            for record in page:
                yield to_line(record)

    # -- answers ---------------------------------------------------------------------
    def get(
        self,
        view: Projection[Row] | str,
        key: str,
        *,
        as_of: When = None,
        known_at: Known = None,
    ) -> Row | None:
        """Return the row of *key* now, or as of an instant and as known at one; None without.

        Any record of a customer answers for it. Of a view of lines this is ``lines``.
        """
        projection = self.view(view)
        if projection.lines:
            return cast("Row", self.lines(projection, key, as_of=as_of, known_at=known_at))
        when, known = _instant("as_of", as_of), _known(known_at)
        if when is None and known is None:
            return self.core.reading.now(projection, key)
        return self.core.reading.then(projection, key, when, known)

    def lines(
        self,
        view: Projection[Row] | str,
        key: str,
        *,
        as_of: When = None,
        known_at: Known = None,
    ) -> tuple[Row, ...]:
        """Return the lines of *key* in the room's order, now or as of then."""
        projection = self.view(view)
        if not projection.lines:
            raise ConfigError(projection.name, "a view of rows", "ask for it with get")
        return self.core.reading.lines(projection, key, _instant("as_of", as_of), _known(known_at))

    def find(
        self,
        view: Projection[Row] | str,
        *,
        order_by: Sequence[str] = (),
        limit: int | None = None,
        as_of: When = None,
        known_at: Known = None,
        **where: Any,
    ) -> list[Row]:
        """Return the rows that meet every condition, ordered, ties by key.

        ``status="open"`` compares for equality; ``opened_at__lt=...`` and the other endings
        ``ne le gt ge among missing`` compare as they say. ``order_by`` names columns, ``-column``
        descending. As of an instant every key is folded from the log.
        """
        projection = self.view(view)
        if projection.lines:
            raise ConfigError(projection.name, "a view of lines", "ask for a key with lines")
        conditions = [_where(projection, name, value) for name, value in where.items()]
        _columns(projection, order_by)
        when, known = _instant("as_of", as_of), _known(known_at)
        if when is None and known is None:
            return self.core.reading.find(projection, conditions, order_by, limit)
        at = self.core.reading.instant(projection, when, known)
        return self.core.reading.find_then(projection, conditions, order_by, limit, at)

    def explain(
        self,
        view: Projection[Any] | str,
        key: str,
        path: str = "",
        *,
        as_of: When = None,
        known_at: Known = None,
    ) -> Explanation:
        """Return the facts, the policy versions and the passing of time behind one value."""
        return self.core.reading.explain(
            self.view(view), key, path, _instant("as_of", as_of), _known(known_at)
        )

    def view(self, view: Projection[Row] | str) -> Projection[Row]:
        """Return the projection of this engine by name; ``UnknownViewError`` when it is not."""
        return self.core.views.named(view if isinstance(view, str) else view.name)

    # -- time and work -----------------------------------------------------------------
    def tick(self, now: When = None) -> Ticked:
        """Record what time has decided and perform what has come due, up to *now* inclusive.

        Run twice it does nothing more, run late it changes no answer.
        """
        instant_ = _instant("now", now) or self.core.clock()
        self.core.views.catch_up()
        timers = Timers(self.core.store, self.core.views, self.core.catalogue, _call(self))
        ticked = timers.tick(instant_)
        if (ticked.recorded or ticked.performed) and self.core.inline:
            self.work()
        return ticked

    def work(self, progress: Progress | None = None) -> int:
        """Bring views and reactions up to the head; return the position reached."""
        while True:
            position = self.core.views.catch_up(progress=progress)
            if self.reactions is None or not self.reactions.follow():
                return position

    def rebuild(
        self, view: Projection[Any] | str, *, progress: Progress | None = None
    ) -> ViewState:
        """Build a view's rows anew beside the live ones and swap them in."""
        return self.core.views.rebuild(self.view(view).name, progress)

    def projections(self) -> Mapping[str, ViewState]:
        """Return how far each view is."""
        return self.core.views.states()

    def parked(self, view: Projection[Any] | str | None = None) -> list[Parked]:
        """Return the keys that could not be brought up to date, with the errors."""
        return self.core.tables.parked(None if view is None else self.view(view).name)

    def retry_parked(self, view: Projection[Any] | str | None = None) -> int:
        """Refold every parked key; return how many are parked still."""
        return self.core.views.retry_parked(None if view is None else self.view(view).name)

    def digest(self, view: Projection[Any] | str) -> str:
        """Return a SHA-256 over all rows of a view: equal rows, equal digests, on any database."""
        return self.core.tables.digest(self.view(view).name)

    # -- the end ---------------------------------------------------------------------
    def close(self) -> None:
        """Give back every connection; closing twice is allowed."""
        self.core.tables.close()
        self.core.store.close()

    def __enter__(self) -> Self:
        """Use the engine in a ``with`` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False]:
        """Close the engine."""
        self.close()
        return False


def _instant(name: str, value: When) -> datetime | None:
    if value is None:
        return None
    try:
        return instant(value)
    except NaiveInstantError as error:
        raise NaiveInstantError(name, error.found) from None
    except PlainError as error:
        raise InvalidArgumentError("engine", name, error.expected, error.found) from None


def _known(value: Known) -> datetime | int | None:
    if isinstance(value, bool):
        raise InvalidArgumentError("engine", "known_at", "an instant or a position", repr(value))
    return value if isinstance(value, int) else _instant("known_at", value)


def _columns(projection: Projection[Any], names: Iterable[str]) -> None:
    known = projection.columns
    for name in names:
        if name.removeprefix("-") not in known:
            raise ConfigError(projection.name, f"no column {name!r}", f"{', '.join(known)}")


def _where(projection: Projection[Any], name: str, value: Any) -> Where:
    found = _FILTER.match(name)
    column = found["name"] if found else name
    how = found["how"] if found else None
    _columns(projection, (column,))
    if how == "missing":
        return Where(column, "is null" if value else "is not null")
    if value is None:
        return Where(column, "is null" if how is None else "is not null")
    return Where(column, cast("Any", _HOW[how]), value)


def _pages(events: Iterable[LoadedEvent]) -> Iterator[list[LoadedEvent]]:
    """Cut pages between requests, never inside one; number the facts that share an id."""
    page: list[LoadedEvent] = []
    for request, group in groupby(events, key=_request):
        facts = list(group)
        if request is not None and len({one.event.event_id for one in facts}) < len(facts):
            facts = [
                attrs.evolve(one, event=attrs.evolve(one.event, event_id=event_id(request, n)))
                for n, one in enumerate(facts)
            ]
        if page and len(page) + len(facts) > _LOAD_PAGE:
            yield page
            page = []
        page.extend(facts)
    if page:
        yield page


def _request(loaded: LoadedEvent) -> str | None:
    return next((t[3:] for t in loaded.event.tags if t.startswith("id:")), None)


def assemble(  # the parts of an engine
    store: EventStore,
    tables: ViewStore,
    *,
    catalogue: Catalogue,
    deciders: Sequence[Decider[Any, Any]],
    projections: Sequence[Projection[Any]],
    reactions: Mapping[type, Reaction],
    clock: Clock,
    inline: bool,
    page: int,
) -> Engine:
    """Put an engine together from its parts; ``cix.open`` does it from a URL."""
    views = Views(store, tables, projections, clock, page)
    decisions = {d.name: d for decider in deciders for d in decider.decisions.values()}
    kinds = {cls: decider.kind for decider in reversed(deciders) for cls in decider.facts}
    core = _Core(
        store,
        catalogue,
        clock,
        Room(store, catalogue, clock),
        views,
        Reading(store, views, clock),
        tuple(deciders),
        decisions,
        kinds,
        Identifiers(tables),
        inline,
        tables,
    )
    engine = Engine(core)
    follower = Reactions(store, tables, reactions, _quiet(engine))
    return attrs.evolve(engine, reactions=follower)


def _quiet(engine: Engine) -> Callable[[Call, Stamp], object]:
    """Take a decision without catching up: the follower's caller does that once for all."""

    def perform(call: Call, stamp: Stamp) -> object:
        asked = ask(engine.decision(call.decision), call.key, (), call.args)
        return engine.core.room.decide((asked,), stamp)

    return perform
