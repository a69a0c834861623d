"""The hall: clock, store, rooms and views meet here, and only here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from types import TracebackType
from typing import Any, Final, Literal, ParamSpec, Self, TypeVar, cast

import attrs

from cix.clock import new_name
from cix.domain import identity, policy
from cix.domain.decider import Call, Decision
from cix.engine.audit import Explanation
from cix.engine.core import Core
from cix.engine.following import Reactions
from cix.engine.interchange import to_line
from cix.engine.questions import (
    Known,
    When,
    check_args,
    check_calls,
    check_limit,
    check_name,
    check_order,
    check_path,
    condition,
    instant_of,
    is_name,
    known_of,
)
from cix.engine.restoring import load_page
from cix.engine.source import SourceFact, enveloped, pages
from cix.engine.stamp import Asked, Outcome, Stamp, ask, derived_id
from cix.engine.timers import Ticked, Timers
from cix.engine.views import Progress
from cix.errors import (
    ConfigError,
    ConflictError,
    DuplicateRequestError,
    EventStoreError,
    InvalidArgumentError,
    ProjectionError,
    ViewsBehindError,
)
from cix.eventstore.base import (
    LoadedEvent,
    LoadReport,
    Parked,
    ViewState,
)
from cix.plain import shown
from cix.projections.projection import Projection
from cix.records import EVERYTHING, Query

State = TypeVar("State")
EventT = TypeVar("EventT")
Row = TypeVar("Row")
P = ParamSpec("P")
_LONGEST_ID: Final = 500


@attrs.frozen(eq=False)
class Engine:
    """Decisions in, facts kept, views out. Made by ``cix.open``; safe to share between threads."""

    core: Core = attrs.field(repr=lambda core: core.store.url)
    stamp: Stamp = attrs.field(factory=Stamp)
    reactions: Reactions | None = attrs.field(default=None, repr=False)

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
        if actor is not None:
            check_name("by", "actor", actor)
        if id is not None and not (is_name(id) and len(id) <= _LONGEST_ID):
            expected = f"a text of 1 to {_LONGEST_ID} characters"
            raise InvalidArgumentError("by", "id", expected, shown(id))
        return attrs.evolve(
            self,
            stamp=Stamp(actor, id, instant_of("at", at), instant_of("recorded_at", recorded_at)),
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
        others kept writing first for very long, ``EventStoreError`` when the store failed, and
        ``ViewsBehindError`` when it failed afterwards: then the facts are recorded.
        """
        return self._decide((ask(decision, key, args, kwargs),))

    def take(self, name: str, key: str, args: Mapping[str, Any]) -> Outcome[Any]:
        """Take the decision called *name*, with plain arguments: what ``cix apply`` does."""
        check_args(args)
        return self._decide((ask(self.decision(name), key, (), args),))

    def do_all(self, calls: Sequence[Call]) -> Outcome[Any]:
        """Take several decisions in order, at one instant, in one append: all or nothing.

        They share the request's id; what the first makes is named by it, what the second makes
        by ``id/2``, and so on, and these ids are used then too.
        """
        check_calls(calls)
        if not calls:
            return Outcome(request=self.stamp.id)
        return self._decide(
            tuple(ask(self.decision(one.decision), one.key, (), one.args) for one in calls)
        )

    def decision(self, name: str) -> Decision[Any, Any, Any]:
        """Return the decision of that name; ``InvalidArgumentError`` when there is none."""
        try:
            return self.core.decisions[name]
        except (KeyError, TypeError):
            near = get_close_matches(str(name), self.core.decisions, 1)
            hint = f"; did you mean {near[0]}" if near else ""
            known = ", ".join(sorted({one.partition(".")[0] for one in self.core.decisions}))
            raise InvalidArgumentError(
                "do", "decision", f"one of the rooms {known}{hint}", repr(name)
            ) from None

    def _decide(self, asked: Sequence[Asked]) -> Outcome[Any]:
        outcome = self.core.room.decide(asked, self.stamp)
        if outcome.facts and self.core.inline:
            self._settle(outcome)
        return outcome

    def _settle(self, outcome: Outcome[Any]) -> None:
        """Bring views to the facts; then let the rooms that react to them do so."""
        reactions = None if outcome.duplicate else self.reactions
        try:
            self.core.views.catch_up(outcome.position)
            if reactions is not None and reactions.answer_to(outcome.facts):
                reactions.follow()
                self.core.views.catch_up()
        except (ConflictError, EventStoreError, ProjectionError) as error:
            raise ViewsBehindError(outcome.position, str(error)) from error

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
        at = instant_of("effective_at", effective_at) or self.stamp.at
        return attrs.evolve(self, stamp=attrs.evolve(self.stamp, at=at)).do(
            policy.publish, kind, version=version, body=body
        )

    def record(self, kind: str, value: str) -> str:
        """Find or make the opaque id of the channel record that holds this identifier.

        The value itself is kept in the (erasable) identity box of the fact that it was observed,
        and as a keyed hash in the blind index; the id tells nothing of it.
        """
        check_name("record", "kind", kind)
        check_name("record", "value", value)
        core = self.core
        offered = new_name("r")
        found, value_id = core.identifiers.find_or_make(kind, value, offered)
        if found == offered or not core.identifiers.is_observed(found):
            stamp = attrs.evolve(self.stamp, id=derived_id("observed", found))
            with suppress(DuplicateRequestError):  # somebody wrote the same value in another way
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

        Reactions pass over it. An export, loaded into an empty store, makes the same store.

        ``recorded_at`` never runs back: a time before the log's last is lifted to it, counted,
        and the time given kept in the metadata. Load the older history first.
        """
        core = self.core
        done = LoadReport(0, 0, 0, core.store.head().position)
        for page in pages(enveloped(one, core.catalogue, core.kinds) for one in facts):
            one = load_page(core.store, self.reactions, page)
            done = LoadReport(
                done.stored + one.stored, done.skipped + one.skipped, done.lifted + one.lifted,
                one.last,
            )  # fmt: skip
            if progress is not None:
                progress(done.stored + done.skipped, 0)
        if core.inline:
            self.work(progress)
        return done

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
        check_name(projection.name, "key", key)
        if projection.lines:
            return cast("Row", self.lines(projection, key, as_of=as_of, known_at=known_at))
        when, known = instant_of("as_of", as_of), known_of(known_at)
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
        check_name(projection.name, "key", key)
        if not projection.lines:
            raise ConfigError(projection.name, "a view of rows", "ask for it with get")
        return self.core.reading.lines(
            projection, key, instant_of("as_of", as_of), known_of(known_at)
        )

    def find(
        self,
        view: Projection[Row] | str,
        *,
        order_by: Sequence[str] | str = (),
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
        order_by = (order_by,) if isinstance(order_by, str) else order_by
        conditions = [condition(projection, name, value) for name, value in where.items()]
        check_order(projection, order_by)
        check_limit(projection, limit)
        when, known = instant_of("as_of", as_of), known_of(known_at)
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
        projection = self.view(view)
        check_name(projection.name, "key", key)
        check_path(path)
        return self.core.reading.explain(
            projection, key, path, instant_of("as_of", as_of), known_of(known_at)
        )

    def view(self, view: Projection[Row] | str) -> Projection[Row]:
        """Return the projection of this engine by name; ``UnknownViewError`` when it is not."""
        named: Any = getattr(view, "name", view)
        return self.core.views.named(named if type(named) is str else shown(named))

    # -- time and work -----------------------------------------------------------------
    def tick(self, now: When = None) -> Ticked:
        """Record what time has decided and perform what has come due, up to *now* inclusive.

        Run twice it does nothing more, run late it changes no answer.
        """
        instant_ = instant_of("now", now) or self.core.views.present()
        self.core.views.catch_up()
        timers = Timers(self.core.store, self.core.views, self.core.catalogue, self._perform)
        ticked = timers.tick(instant_)
        if (ticked.recorded or ticked.performed) and self.core.inline:
            self.work()
        return ticked

    def _perform(self, call: Call, stamp: Stamp) -> Outcome[Any]:
        return attrs.evolve(self, stamp=stamp).take(call.decision, call.key, call.args)

    def work(self, progress: Progress | None = None) -> int:
        """Bring views and reactions up to the head; return the position reached."""
        while True:
            position = self.core.views.catch_up(progress=progress)
            if self.reactions is None or not self.reactions.follow():
                return position

    def rebuild(
        self,
        view: Projection[Any] | str,
        *,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> ViewState:
        """Build a view's rows anew beside the live ones and swap them in.

        Several *workers* are processes that share the work by keys; None: one a processor, for a
        long log. One builds alone where none can be forked (all but Linux, other threads running)
        or the tables are in memory. Raises ``InvalidArgumentError`` for fewer than one.
        """
        return self.core.views.rebuild(self.view(view).name, progress, workers)

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
