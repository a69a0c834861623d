"""``cix facts`` and ``cix decisions``: what a store may hold and what can be asked."""

from __future__ import annotations

import inspect
from typing import Any

from cix.cli.base import Session, argument
from cix.cli.options import command, forms, pass_session
from cix.cli.printing import answer_rows
from cix.domain.decider import Decision
from cix.errors import NotFoundError
from cix.facts import Entry


@command
@argument("name", "Begin of the name, such as ticket.", default="")
@forms(lines=True)
@pass_session
def facts(session: Session, name: str) -> None:
    """List the facts that a store may hold.

    With the key each is kept under, its other tags, and the fields that are personal.
    """
    from cix.domain.catalogue import CATALOGUE, ROOMS

    kinds = {cls: decider.kind for decider in reversed(ROOMS) for cls in decider.facts}
    rows = [
        fact_line(entry, kinds.get(entry.cls, ""))
        for entry in CATALOGUE.current()
        if entry.word.name.startswith(name)
    ]
    if not rows:
        raise NotFoundError("fact", name)
    answer_rows(session, rows)


def fact_line(entry: Entry, kind: str) -> dict[str, Any]:
    """Return what is told of one fact."""
    return {
        "fact": entry.word.name,
        "version": entry.word.version,
        "key": kind,
        "derived": entry.word.derived,
        "tags": [kind for _, kind in entry.tags],
        "personal": [field.name for _, fields in entry.boxes for field in fields],
        "meaning": (inspect.getdoc(entry.cls) or "").partition("\n")[0],
    }


@command
@argument("name", "Begin of the name, such as ticket.", default="")
@forms(lines=True)
@pass_session
def decisions(session: Session, name: str) -> None:
    """List the decisions and their arguments.

    An argument in brackets may be left out.
    """
    from cix.domain.catalogue import ROOMS

    found = {d.name: d for room in ROOMS for d in room.decisions.values()}
    rows = [decision_line(one) for word, one in sorted(found.items()) if word.startswith(name)]
    if not rows:
        raise NotFoundError("decision", name)
    answer_rows(session, rows)


def decision_line(decision: Decision[Any, Any, Any]) -> dict[str, Any]:
    """Return what is told of one decision."""
    parameters = list(inspect.signature(decision.rule, eval_str=True).parameters.values())[2:]
    shown = [
        one.name if one.default is inspect.Parameter.empty else f"[{one.name}]"
        for one in parameters
    ]
    return {
        "decision": decision.name,
        "key": decision.decider.kind,
        "arguments": shown,
        "meaning": (inspect.getdoc(decision.rule) or "").partition("\n")[0],
    }
