"""``cix do``, ``cix record``, ``cix policy publish``: one decision at a time."""

from __future__ import annotations

import json
import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

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
    facts = [{"fact": word_of(type(one)).name, "data": to_plain(one)} for one in outcome.facts]
    if session.form != "table":
        document(
            {
                "decision": decision,
                "key": key,
                "request": outcome.request,
                "position": outcome.position,
                "duplicate": outcome.duplicate,
                "facts": facts,
            }
        )
        return
    for fact in facts:
        told = {name: value for name, value in fact["data"].items() if value not in (None, [], "")}
        click.echo(f"{fact['fact']}  {shown(told)}")
    if not facts:
        words(t("nothing to do: it holds already"))
    elif outcome.duplicate:
        words(t("answered before, at position {position}", position=outcome.position))
    else:
        words(t("recorded up to position {position}", position=outcome.position))


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


@command
@argument("kind", "Kind of the policy, such as loyalty.")
@argument("version", "Name of the version, such as 2024-03.")
@argument("file", "The policy: a TOML or JSON file.", type=click.Path(dir_okay=False))
@option("--effective-at", metavar="INSTANT", help="In force from then on. Default: now.")
@option("--actor", help="Who asks. Default: CIX_ACTOR.")
@option("--id", help="Id of the request: the same id has one effect.")
@forms()
@pass_session
def publish(
    session: Session,
    *,
    kind: str,
    version: str,
    file: str,
    effective_at: str | None,
    actor: str | None,
    id: str | None,
) -> None:
    """Publish a version of a policy.

    It is checked first; a policy that cannot be meant is refused, naming the place. The same
    version with the same body writes nothing.
    """
    body = policy_file(Path(file))
    when = instant_of("--effective-at", effective_at)
    with opened(session) as engine:
        stamped = engine.by(actor_of(session, actor), id=id)
        outcome = stamped.publish(kind, version, body, effective_at=when)
        answer_outcome(session, "policy.publish", kind, outcome)


def policy_file(path: Path) -> dict[str, Any]:
    """Read a policy from a TOML or JSON file as plain data.

    Raises ``ConfigError`` with the line when the file is no TOML or JSON.
    """
    try:
        text = path.read_text("utf-8")
        found = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (ValueError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), str(error), "write TOML, or JSON in a file *.json") from error
    if not isinstance(found, dict):
        raise ConfigError(str(path), "it is no table", "write name = value lines")
    plain: dict[str, Any] = _without_times(found)
    return plain


def _without_times(value: Any) -> Any:  # noqa: ANN401  # TOML's own types
    """Write TOML's dates and times as texts; whether an offset is needed the policy's room says."""
    if isinstance(value, dict):
        return {str(name): _without_times(one) for name, one in value.items()}  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]  # TOML's own types
    if isinstance(value, list):
        return [_without_times(one) for one in value]  # pyright: ignore[reportUnknownVariableType]  # TOML's own types
    return value.isoformat() if isinstance(value, date | datetime | time) else value
