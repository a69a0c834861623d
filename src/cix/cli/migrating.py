"""``cix migrate``: the store's tables made, or told to be out of date."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import attrs

from cix.cli import settings
from cix.cli.base import Session, option
from cix.cli.exits import FINDINGS, OK
from cix.cli.interrupts import resumable
from cix.cli.meter import Meter
from cix.cli.opening import file_of, opened, url_of, warnings_shown
from cix.cli.options import command, forms, pass_session
from cix.cli.printing import answer_rows, words
from cix.cli.words import t
from cix.errors import SchemaError

if TYPE_CHECKING:
    from cix.eventstore.connection import Database


@attrs.frozen
class Part:
    """The tables of the log, or of one view: the version that is there and the one needed."""

    part: str
    found: int | None
    needed: int

    @property
    def is_current(self) -> bool:
        """Tell whether nothing is to be done."""
        return self.found == self.needed


@command
@option("--check", is_flag=True, help="Only look: exit code 1 when there is something to do.")
@forms(lines=True)
@pass_session
def migrate(session: Session, *, check: bool) -> int:
    """Bring the store's tables up to date.

    Makes the tables of a new store and builds anew the views whose rows were made by another
    version. A store of a newer cix is refused.
    """
    if not check:
        _brought_up(session)
    parts = _parts(session)
    answer_rows(session, parts)
    behind = [part for part in parts if not part.is_current]
    if behind:
        words(t("{count} parts are not up to date: cix migrate", count=len(behind)))
    return FINDINGS if behind else OK


def _brought_up(session: Session) -> None:
    how = t("cix migrate goes on")
    with opened(session) as engine, resumable(lambda: how):
        meter = Meter(t("views"))
        try:
            engine.work(meter)
        finally:
            meter.end()


def _parts(session: Session) -> list[Part]:
    """Look at the tables without making any; raise ``SchemaError`` for those of a newer cix."""
    from cix.engine.views import LINKS
    from cix.eventstore import schema
    from cix.eventstore.connection import Database
    from cix.projections import VIEWS

    found = settings.resolve(session.flags)
    needed = {view.name: view.version for view in (LINKS, *VIEWS)}
    url = url_of(found["db"].value)
    file = file_of(found["db"].value)
    if file is not None and not file.exists():
        return _listed(None, {}, needed)
    with warnings_shown(), closing(Database(url, timeout=found["timeout"].value)) as database:
        log = schema.version_of(database)
        if log is not None and log > schema.VERSION:
            expected = f"{schema.NAME} {schema.VERSION}"
            raise SchemaError(database.url, f"{schema.NAME} {log}", expected, "upgrade cix")
        return _listed(log, _views(database), needed)


def _views(database: Database) -> dict[str, int]:
    from cix.eventstore.view_state import kept_views

    if "view_state" not in database.tables():
        return {}
    return {name: kept.state.version for name, kept in database.ask(kept_views).items()}


def _listed(log: int | None, found: dict[str, int], needed: dict[str, int]) -> list[Part]:
    from cix.eventstore import schema

    parts = [Part(schema.NAME, log, schema.VERSION)]
    return parts + [Part(name, found.get(name), version) for name, version in needed.items()]
