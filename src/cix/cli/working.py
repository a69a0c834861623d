"""``cix work`` and ``cix tick``: views kept up to date, time recorded."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import click

from cix.cli.asof import instant_of
from cix.cli.base import Session, option
from cix.cli.exits import line_of
from cix.cli.interrupts import stoppable
from cix.cli.meter import Meter
from cix.cli.opening import opened
from cix.cli.options import command, forms, pass_session
from cix.cli.printing import answer_page, words
from cix.cli.words import t
from cix.errors import CixError

if TYPE_CHECKING:
    from cix.engine import Engine

_LONGEST_PAUSE: Final = 30.0


@command
@option("--now", metavar="INSTANT", help="The instant up to which time is run; default: now.")
@forms()
@pass_session
def tick(session: Session, now: str | None) -> None:
    """Record what time has decided and do what is due.

    Run twice it does nothing more; run late it changes no answer.
    """
    until = instant_of("--now", now)
    with opened(session, reads=True) as engine:
        answer_page(session, engine.tick(until))


@command
@option("--once", is_flag=True, help="Catch up to the head of the log, then end.")
@option(
    "--poll",
    type=click.FloatRange(min=0.01, max=60),
    default=0.5,
    metavar="SECONDS",
    help="Longest wait between two looks at the log. Default: 0.5",
)
@option(
    "--tick-every",
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="Also tick, this often.",
)
@forms()
@pass_session
def work(session: Session, *, once: bool, poll: float, tick_every: float | None) -> None:
    """Keep the views up to date until stopped.

    Views and reactions follow the log; several workers may run on one store. Ctrl-C or SIGTERM
    ends it after the page at hand. A store that is out of reach for a while is waited for.
    """
    with opened(session, views="worker") as engine, stoppable() as stopped:
        worker = Worker(engine, stopped, poll, tick_every)
        if once:
            worker.step()
        else:
            words(t("working; Ctrl-C ends it"))
            worker.run()
        answer_page(session, {"position": worker.position})


class _Stopped(Exception):  # noqa: N818  # asked for, no error
    """Somebody asked to stop between two pages."""


class Worker:
    """Follows the log until it is told to stop."""

    def __init__(
        self,
        engine: Engine,
        stopped: threading.Event,
        poll: float,
        tick_every: float | None = None,
    ) -> None:
        """*poll* and *tick_every* are seconds; nothing is done yet."""
        self.engine, self.stopped, self.poll = engine, stopped, poll
        self.tick_every, self.untouched = tick_every, tick_every or 0.0
        self.position = 0
        self.pause = poll

    def run(self) -> None:
        """Follow the log; an error that may pass is told and waited out."""
        while not self.stopped.is_set():
            try:
                self.step()
                self._wait()
                self.pause = self.poll
            except CixError as error:
                if not error.retryable:
                    raise
                words(f"cix: {line_of(error)}")
                self.stopped.wait(self.pause)
                self.pause = min(self.pause * 2, _LONGEST_PAUSE)

    def step(self) -> None:
        """Bring views and reactions to the head of the log; stop between pages when told to."""
        meter = Meter(t("views"))

        def progress(done: int, total: int) -> None:
            meter(done, total)
            if self.stopped.is_set():
                raise _Stopped

        try:
            self.position = self.engine.work(progress)
        except _Stopped:
            self.position = min(s.position for s in self.engine.projections().values())
        finally:
            meter.end()

    def _wait(self) -> None:
        if self.tick_every is not None and self.untouched >= self.tick_every:
            self.untouched = 0.0
            self.engine.tick()
        if not self.stopped.is_set():
            self.engine.core.store.wait(self.position, self.poll)
            self.untouched += self.poll
