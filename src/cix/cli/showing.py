"""``cix show`` and ``cix timeline``: one key of a view, now or as of then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cix.cli.asof import Then, resolved
from cix.cli.base import Session, argument, option
from cix.cli.exits import FINDINGS, OK
from cix.cli.opening import opened
from cix.cli.options import command, forms, pass_session, times
from cix.cli.printing import answer_page, answer_rows, document, words
from cix.cli.words import t

if TYPE_CHECKING:
    from cix.engine import Engine


@command
@argument("view", "Name of a view: cix projections list.")
@argument("key", "Key of the row; of a customer's view any record of the customer.")
@times
@forms(lines=True)
@pass_session
def show(session: Session, view: str, key: str, as_of: str | None, known_at: str | None) -> int:
    """Print one row of a view, now or as of then.

    Exit code 1 when there is no such row. A view of lines, such as the timeline, prints its lines.
    """
    with opened(session, reads=True) as engine:
        then = resolved(engine, view, as_of, known_at)
        if engine.view(view).lines:
            return _lines(session, engine, view, key, then)
        row: Any = engine.get(view, key, **then)
    if row is None:
        words(t("{view} holds nothing for {key}", view=view, key=key))
        if session.form == "json":
            document(None)
        return FINDINGS
    answer_page(session, row)
    return OK


@command
@argument("record", "Any record of the customer.")
@option("--last", type=click.IntRange(min=1), metavar="N", help="Print only the last N lines.")
@times
@forms(lines=True)
@pass_session
def timeline(
    session: Session, record: str, last: int | None, as_of: str | None, known_at: str | None
) -> int:
    """Print every fact of a customer in order.

    Exit code 1 when there is none.
    """
    with opened(session, reads=True) as engine:
        then = resolved(engine, "timeline", as_of, known_at)
        return _lines(session, engine, "timeline", record, then, last)


def _lines(
    session: Session, engine: Engine, view: str, key: str, then: Then, last: int | None = None
) -> int:
    found: tuple[Any, ...] = engine.lines(view, key, **then)
    if not found:
        words(t("{view} holds nothing for {key}", view=view, key=key))
    answer_rows(session, found if last is None else found[max(len(found) - last, 0) :])
    return OK if found else FINDINGS
