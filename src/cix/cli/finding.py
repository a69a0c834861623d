"""``cix find``: the rows of a view that meet conditions."""

from __future__ import annotations

from typing import Any

import click

from cix.cli.asof import resolved
from cix.cli.base import Session, argument, option
from cix.cli.exits import FINDINGS, OK
from cix.cli.given import columns_of, conditions
from cix.cli.opening import opened
from cix.cli.options import command, forms, pass_session, times
from cix.cli.printing import answer_rows, words
from cix.cli.words import t
from cix.projections.projection import Projection


@command
@argument("view", "Name of a view: cix projections list.")
@option(
    "--where",
    multiple=True,
    metavar="CONDITION",
    help="status=open, points>=100, agent is missing, priority in high,urgent; may be repeated.",
)
@option(
    "--order-by",
    multiple=True,
    metavar="COLUMN",
    help="Order by a column, -COLUMN descending; may be repeated.",
)
@option("--limit", type=click.IntRange(min=1), metavar="N", help="Print at most N rows.")
@option("--column", "columns", multiple=True, metavar="COLUMN", help="Print only these columns.")
@times
@forms(lines=True)
@pass_session
def find(
    session: Session,
    *,
    view: str,
    where: tuple[str, ...],
    order_by: tuple[str, ...],
    limit: int | None,
    columns: tuple[str, ...],
    as_of: str | None,
    known_at: str | None,
) -> int:
    """Print the rows of a view that meet conditions.

    Exit code 1 when there is none. As of an instant every key is folded from the log, which
    takes its time on a large store.
    """
    from cix.engine.questions import check_columns

    with opened(session, reads=True) as engine:
        projection: Projection[Any] = engine.view(view)
        then = resolved(engine, view, as_of, known_at)
        wanted = conditions(projection.row, where) if not projection.lines else {}
        check_columns(projection, columns)
        rows: list[Any] = engine.find(view, order_by=order_by, limit=limit, **then, **wanted)
        names = columns or columns_of(projection.row)
    if session.form == "table" or columns:
        rows = [{name: getattr(row, name, None) for name in names} for row in rows]
    if not rows:
        words(t("no row of {view} meets that", view=view))
    answer_rows(session, rows, columns)
    return OK if rows else FINDINGS
