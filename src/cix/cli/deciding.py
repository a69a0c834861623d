"""``cix do`` and ``cix record``: one decision at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast, get_type_hints

import click

from cix.cli.asof import instant_of
from cix.cli.base import Session, argument, option
from cix.cli.cells import shown
from cix.cli.given import pairs, plain_value
from cix.cli.opening import actor_of, opened
from cix.cli.options import command, forms, pass_session, stamps
from cix.cli.printing import document, words
from cix.cli.words import t
from cix.errors import ConfigError
from cix.facts import word_of
from cix.plain import to_plain

if TYPE_CHECKING:
    from cix.engine import Outcome


@command
@argument("decision", "Name of the decision: cix decisions.")
@argument("key", "Key of the entity it is about.")
@option("--arg", "given", multiple=True, metavar="NAME=VALUE", help="An argument; may be repeated.")
@option("--args", "whole", metavar="JSON", help="All arguments as one JSON object.")
@stamps
@forms()
@pass_session
def do(
    session: Session,
    *,
    decision: str,
    key: str,
    given: tuple[str, ...],
    whole: str | None,
    actor: str | None,
    id: str | None,
    at: str | None,
) -> None:
    """Take one decision.

    Prints the facts that it made, none when what was asked holds already. A value is a text where
    the argument is one, else JSON: --arg points=129 --arg tags='["vip"]'. With --id the command
    may be repeated and has one effect.
    """
    when = instant_of("--at", at)
    with opened(session) as engine:
        hints = get_type_hints(engine.decision(decision).rule, include_extras=True)
        texts = pairs("--arg", given)
        args = _whole(whole) | {n: plain_value(hints.get(n), v) for n, v in texts.items()}
        stamped = engine.by(actor_of(session, actor), id=id, at=when)
        answer_outcome(session, decision, key, stamped.take(decision, key, args))


def _whole(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ConfigError("--args", str(error), 'write one JSON object, {"name": value}') from None
    if not isinstance(found, dict):
        raise ConfigError("--args", repr(found), 'write one JSON object, {"name": value}')
    return dict(found)  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType]  # values are checked at the engine's door


def answer_outcome(session: Session, decision: str, key: str, outcome: Outcome[Any]) -> None:
    """Print what a decision made: its facts, where they stand, whether they were there before."""
    made: tuple[object, ...] = outcome.facts
    facts: list[tuple[str, dict[str, Any]]] = [
        (word_of(type(one)).name, to_plain(one)) for one in made
    ]
    if session.form != "table":
        document(
            {
                "decision": decision,
                "key": key,
                "request": outcome.request,
                "position": outcome.position,
                "duplicate": outcome.duplicate,
                "facts": [{"fact": word, "data": data} for word, data in facts],
            }
        )
        return
    for word, data in facts:
        click.echo(f"{word}  {shown(_telling(data))}")
    if not facts:
        words(t("nothing to do: it holds already"))
    elif outcome.duplicate:
        words(t("answered before, at position {position}", position=outcome.position))
    else:
        words(t("recorded up to position {position}", position=outcome.position))


def _telling(data: dict[str, Any]) -> dict[str, Any]:
    """Leave out the fields that say nothing."""
    return {
        name: _telling(cast("dict[str, Any]", value)) if isinstance(value, dict) else value
        for name, value in data.items()
        if value not in (None, [], "")
    }


@command
@argument("kind", "What the value is: phone, email, wechat_openid, ...")
@argument("value", "The identifier's value.")
@option("--actor", help="Who asks. Default: CIX_ACTOR.")
@forms()
@pass_session
def record(session: Session, kind: str, value: str, actor: str | None) -> None:
    """Find or make the id of a channel record.

    The id tells nothing of the value and is what decisions take as their record.
    """
    with opened(session) as engine:
        found = engine.by(actor_of(session, actor)).record(kind, value)
    if session.form == "table":
        click.echo(found)
    else:
        document({"record": found})
