"""``cix demo``: a year of a made-up business, and what cix answers from it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
import click

from cix.cli import settings
from cix.cli.asof import instant_of
from cix.cli.base import Session, option
from cix.cli.interrupts import resumable
from cix.cli.meter import Meter
from cix.cli.opening import opened, shown
from cix.cli.options import command, forms, pass_session
from cix.cli.printing import document, words
from cix.cli.words import t
from cix.errors import ConfigError
from cix.records import Query

if TYPE_CHECKING:
    from cix.cli.demo.tour import Tour
    from cix.engine import Engine

DB: Final = "cix-demo.db"
TODAY: Final = 40
"""Decisions of the history that are taken through the engine; the others are loaded."""


@attrs.frozen
class Made:
    """What the demo made, or found made: facts in the store, and seconds it took."""

    db: str
    facts: int
    until: datetime
    seconds: float
    is_new: bool


@command
@option(
    "--customers",
    type=click.IntRange(min=1, max=100_000),
    default=500,
    metavar="N",
    help="How many customers. Default: 500",
)
@option("--seed", type=int, default=1, metavar="N", help="The same seed makes the same history.")
@option("--until", metavar="INSTANT", help="When the year of the history ends. Default: now.")
@forms()
@pass_session
def demo(session: Session, *, customers: int, seed: int, until: str | None) -> None:
    """Make a believable history and show the answers.

    A year of a shop and its service desk, on every channel: made up from a seed, loaded into an
    empty store (default: cix-demo.db), its last decisions taken through the engine. A store that
    holds the same demo already is shown as it is; any other that is not empty is refused.
    """
    if settings.resolve(session.flags)["db"].origin == "default":
        session.flags["db"] = DB
    db = shown(settings.resolve(session.flags)["db"].value)
    how = t("the same command makes the rest")
    with opened(session) as engine, resumable(lambda: how):
        made = _made(engine, db, customers, seed, instant_of("--until", until))
        found = _toured(engine, made.until)
    _answer(session, made, found)


def _toured(engine: Engine, until: datetime) -> Tour:
    from cix.cli.demo.tour import tour

    return tour(engine, until)


def _answer(session: Session, made: Made, found: Tour) -> None:
    from cix.cli.demo.telling import commands, tell

    if session.form != "table":
        document({"made": made, "tour": found, "next": commands(found, made.db)})
        return
    told: dict[str, Any] = {"facts": f"{made.facts:,}", "db": made.db}
    if made.is_new:
        seconds = f"{made.seconds:.1f}"
        words(t("made {facts} facts in {seconds} s: {db}", seconds=seconds, **told))
    else:
        words(t("{db} holds a demo of {facts} facts already; delete it for a new one", **told))
    tell(found, made.db)


def _made(engine: Engine, db: str, customers: int, seed: int, until: datetime | None) -> Made:
    """Make the history in an empty store, or what is missing of it; one that is whole is left."""
    from cix.cli.demo.history import YEAR, history, name_of
    from cix.cli.demo.today import LAST, live

    name, head = name_of(customers, seed), engine.core.store.head()
    end = (until or engine.core.clock()).replace(second=0, microsecond=0)
    if head.position:
        end = _start(engine, db, name) + YEAR
        if engine.core.store.read(Query.tagged(f"id:{name}-{LAST}")):
            return Made(db, head.position, end, 0.0, is_new=False)
    began = time.monotonic()
    words(t("making the history of {customers} customers", customers=f"{customers:,}"))
    told = history(customers, seed, end, today=TODAY)
    loaded, views = Meter(t("loaded")), Meter(t("views"))
    engine.load(told.past, progress=lambda done, total: (views if total else loaded)(done, total))
    loaded.end()
    views.end()
    live(engine, told.today, end - timedelta(seconds=10), name)
    facts = engine.core.store.head().position
    return Made(db, facts, end, time.monotonic() - began, is_new=True)


def _start(engine: Engine, db: str, name: str) -> datetime:
    """Return when the demo in the store begins; ``ConfigError`` when it holds something else."""
    first = engine.core.store.read(limit=1)[0]
    if not (first.request or "").startswith(f"{name}-"):
        raise ConfigError(db, t("it holds other facts"), t("name another store with --db"))
    return first.occurred_at
