"""Applies lines to an engine: decisions one by one, runs of facts by the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from cix.cli.exits import FINDINGS, USAGE, sentence
from cix.cli.lines import Do, Line, Names, UnreadableError, decision_of, parsed
from cix.cli.meter import Meter
from cix.cli.words import t
from cix.errors import CodecError, DomainError

if TYPE_CHECKING:
    from cix.engine import Engine
    from cix.eventstore.base import LoadedEvent

_MOST_PROBLEMS: Final = 1_000
_VIEWS_EVERY: Final = 500
"""Decisions after which the views follow; reactions follow each."""


@attrs.frozen
class Problem:
    """A line that was refused or cannot be read, and why."""

    line: int
    code: str
    message: str


class Stop(Exception):  # noqa: N818  # told where it happened; what follows is the summary
    """A line that cannot be applied ends the batch; ``code`` is the exit code."""

    def __init__(self, code: int) -> None:
        """Keep the exit code."""
        super().__init__(code)
        self.code = code


@attrs.define
class Tally:
    """What became of the lines."""

    lines: int = 0
    decided: int = 0
    """Decisions that made facts."""
    unchanged: int = 0
    """Decisions that had nothing to do."""
    duplicates: int = 0
    """Decisions whose id was known."""
    repeated: int = 0
    """Those of them that had no id of their own."""
    loaded: int = 0
    skipped: int = 0
    lifted: int = 0
    refused: int = 0
    malformed: int = 0
    head: int = 0
    """Position of the log's last fact at the end."""
    problems: list[Problem] = attrs.field(factory=list)
    """The first thousand."""


@attrs.define
class Batch:
    """One file on its way into an engine."""

    engine: Engine
    names: Names
    actor: str | None
    imports: bool
    goes_on: bool
    say: Callable[[str], None]
    keeps_views: bool = True
    """False leaves views and reactions to a worker."""
    tally: Tally = attrs.field(factory=Tally)
    _behind: int = 0
    _left: tuple[Line, dict[str, Any]] | None = None
    """The line that ended a run of facts."""
    _stopped: Stop | None = None

    def run(self, lines: Iterator[Line], done: Callable[[int], None], views: Meter) -> None:
        """Apply every line; *done* is told the bytes read.

        Raises ``Stop`` at the first line that cannot be applied, unless it goes on past those.
        """
        read = self._read(lines, done)
        try:
            left = next(read, None)
            while left is not None:
                left = self._next(left, read, views) or next(read, None)
        except Stop:
            self._follow(views)
            raise
        self._follow(views)

    def _follow(self, views: Meter) -> None:
        """Bring the views to the head."""
        if self.keeps_views:
            self.engine.work(views)
            views.end()
        self._behind = 0

    def _read(
        self, lines: Iterator[Line], done: Callable[[int], None]
    ) -> Iterator[tuple[Line, dict[str, Any]]]:
        for line in lines:
            self.tally.lines += 1
            done(line.read)
            try:
                yield line, parsed(line)
            except UnreadableError as error:
                self._unreadable(line, error)

    def _next(
        self,
        left: tuple[Line, dict[str, Any]],
        read: Iterator[tuple[Line, dict[str, Any]]],
        views: Meter,
    ) -> tuple[Line, dict[str, Any]] | None:
        """Apply a decision, or a fact and those that follow it; return the line that ended them."""
        if "do" in left[1]:
            self._decide(*left)
            self._behind += 1
            if self._behind >= _VIEWS_EVERY:
                self._follow(views)
            return None
        self._left = left
        try:
            report = self.engine.load(self._facts(read), progress=views)
        finally:
            views.end()
        self.tally.loaded += report.stored
        self.tally.skipped += report.skipped
        self.tally.lifted += report.lifted
        self._follow(views)
        if self._stopped is not None:
            raise self._stopped
        return self._left

    def _facts(self, read: Iterator[tuple[Line, dict[str, Any]]]) -> Iterator[LoadedEvent]:
        """Yield facts until another line comes; what went before an error is loaded still."""
        from cix.engine.interchange import from_line

        while self._left is not None and "fact" in self._left[1]:
            line, found = self._left
            self._left = None
            try:
                try:
                    yield from_line(found, self.engine.core.catalogue)
                except CodecError as error:
                    self._unreadable(line, UnreadableError(sentence(error), error.code))
                self._left = next(read, None)
            except Stop as stop:
                self._stopped = stop

    def _decide(self, line: Line, found: dict[str, Any]) -> None:
        try:
            self._take(decision_of(line, found, self.names, imports=self.imports))
        except UnreadableError as error:
            self._unreadable(line, error)
        except DomainError as error:
            self.tally.refused += 1
            self._problem(line, error.code, sentence(error), FINDINGS)

    def _take(self, asked: Do) -> None:
        stamped = self.engine.by(
            asked.actor or self.actor,
            id=asked.id,
            at=asked.occurred_at,
            recorded_at=asked.recorded_at,
        )
        outcome = stamped.take(asked.decision, asked.key, asked.args)
        if outcome.duplicate:
            self.tally.duplicates += 1
            self.tally.repeated += not asked.named
        elif outcome.facts:
            self.tally.decided += 1
            self._react(outcome.facts)
        else:
            self.tally.unchanged += 1

    def _react(self, facts: Sequence[object]) -> None:
        """Let other rooms react before the next line is decided."""
        reactions = self.engine.reactions
        if self.keeps_views and reactions is not None and reactions.answer_to(facts):
            reactions.follow()

    def _unreadable(self, line: Line, error: UnreadableError) -> None:
        self.tally.malformed += 1
        self._problem(line, error.code, error.problem, USAGE)

    def _problem(self, line: Line, code: str, message: str, stop: int) -> None:
        """Tell of a line that cannot be applied; stop with exit code *stop* unless we go on."""
        if len(self.tally.problems) < _MOST_PROBLEMS:
            self.tally.problems.append(Problem(line.number, code, message))
        told = {"number": line.number, "code": code, "message": message}
        self.say(t("line {number}: {code} {message}", **told))
        if not self.goes_on:
            raise Stop(stop)
