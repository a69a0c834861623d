"""A projection is a value with a function table: which facts it takes, into which rows.

It is keyed by a tag kind, never by a function of the fact: so "all facts of this key" is one
indexed read, on which as-of answers, explanations, parking and rebuilds stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import attrs

from cix.domain.decider import Decider, Order
from cix.facts import Catalogue, word_of
from cix.records import Recorded

Row = TypeVar("Row")
Fact = TypeVar("Fact")
State = TypeVar("State")
Handler = Callable[[Any, Any, Recorded[Any]], None]
LineHandler = Callable[[Any, Recorded[Any]], Iterable[Any]]


@attrs.frozen(eq=False)
class Projection(Generic[Row]):
    """A named, versioned table of functions from facts to rows.

    ``by`` is the tag kind of its keys; ``customer`` means the ``record`` tags through the groups.
    Three ways to fill rows: handlers that mutate a row of ``new_row(key)``; ``decider`` with
    ``picture(state, instant)``, a room's own fold, pictured; or ``lines``, whose handlers answer
    rows that are only ever added. ``drifts(row)`` tells of a pictured row that it holds figures,
    such as a time elapsed, that differ at every instant: readers get it as of the instant asked.
    What rows are searched and ordered by may not drift: it moves at deadlines only.
    ``version`` goes up when the meaning of a row changes: it forces a rebuild. ``ignores`` lists
    the facts it leaves out on purpose.
    """

    name: str
    by: str
    version: int
    row: type[Row]
    order: Order = "occurred"
    ignores: frozenset[type] = frozenset()
    new_row: Callable[[str], Row] | None = None
    decider: Decider[Any, Any] | None = None
    picture: Callable[[Any, datetime], Row | None] | None = None
    lines: bool = False
    drifts: Callable[[Row], bool] | None = None
    handlers: dict[str, Handler] = attrs.field(init=False, factory=dict, repr=False)
    line_handlers: dict[str, LineHandler] = attrs.field(init=False, factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        name: str,
        decider: Decider[State, Any],
        *,
        version: int,
        row: type[Row],
        picture: Callable[[State, datetime], Row | None],
        drifts: Callable[[Row], bool] | None = None,
    ) -> Projection[Row]:
        """Picture a room's own fold: the row is ``picture(state, instant)``; None means no row."""
        return cls(
            name,
            decider.kind,
            version,
            row,
            decider.order,
            decider=decider,
            picture=picture,
            drifts=drifts,
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the row's fields; the first is the key, unless ``lines``."""
        row: Any = self.row
        return tuple(field.name for field in attrs.fields(row))

    @property
    def words(self) -> tuple[str, ...]:
        """Return the stored names of the facts it takes, sorted."""
        if self.decider is not None:
            return tuple(sorted(self.decider.reads_words))
        return tuple(sorted({*self.handlers, *self.line_handlers}))

    def on(
        self, *facts: type[Fact]
    ) -> Callable[
        [Callable[[Row, Fact, Recorded[Fact]], None]], Callable[[Row, Fact, Recorded[Fact]], None]
    ]:
        """Declare how *facts* change a row."""

        def register(
            handler: Callable[[Row, Fact, Recorded[Fact]], None],
        ) -> Callable[[Row, Fact, Recorded[Fact]], None]:
            self._enter(self.handlers, facts, handler)
            return handler

        return register

    def line(
        self, *facts: type[Fact]
    ) -> Callable[
        [Callable[[Fact, Recorded[Fact]], Iterable[Row]]],
        Callable[[Fact, Recorded[Fact]], Iterable[Row]],
    ]:
        """Declare which lines *facts* add."""

        def register(
            handler: Callable[[Fact, Recorded[Fact]], Iterable[Row]],
        ) -> Callable[[Fact, Recorded[Fact]], Iterable[Row]]:
            self._enter(self.line_handlers, facts, handler)
            return handler

        return register

    def _enter(self, table: dict[str, Any], facts: Sequence[type], handler: object) -> None:
        for fact in facts:
            name = word_of(fact).name
            if name in self.handlers or name in self.line_handlers:
                message = f"{self.name} already handles {fact.__name__}"
                raise ValueError(message)
            table[name] = handler

    def left_out(self, catalogue: Catalogue) -> Iterator[str]:
        """Yield the facts of *catalogue* that are neither handled nor listed in ``ignores``."""
        ignored = {word_of(fact).name for fact in self.ignores}
        for entry in catalogue.current():
            if entry.word.name not in self.words and entry.word.name not in ignored:
                yield entry.word.name
