"""``cix policy publish``: a policy from a file becomes a published version."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, cast

import click

from cix.cli.asof import instant_of
from cix.cli.base import Session, argument, option
from cix.cli.deciding import answer_outcome
from cix.cli.opening import actor_of, opened
from cix.cli.options import command, forms, pass_session
from cix.domain.policy_text import PolicyText, parse
from cix.errors import ConfigError, InvalidPolicyError


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

    It is checked first; a policy that cannot be meant is refused, naming the line. The same
    version with the same body writes nothing.
    """
    written = policy_file(Path(file), kind)
    when = instant_of("--effective-at", effective_at)
    with opened(session) as engine:
        stamped = engine.by(actor_of(session, actor), id=id)
        try:
            outcome = stamped.publish(kind, version, written.body, effective_at=when)
        except InvalidPolicyError as error:
            raise at_line(error, written) from None
        answer_outcome(session, "policy.publish", kind, outcome)


@command
@argument("kind", "Kind of the policy.", type=click.Choice(["sla"]))
@pass_session
def default(session: Session, *, kind: str) -> None:  # noqa: ARG001  # one kind has defaults in a file
    """Print the policies cix ships as a TOML file, to start from."""
    from cix.domain.sla.defaults import DEFAULT_TEXT

    click.echo(DEFAULT_TEXT, nl=False)


def policy_file(path: Path, kind: str) -> PolicyText:
    """Read a policy from a TOML file, or a JSON file by its name, with the lines of its places.

    Raises ``InvalidPolicyError`` with the line where it is no TOML, ``ConfigError`` for no JSON.
    """
    try:
        text = path.read_text("utf-8-sig")
        if path.suffix != ".json":
            found = parse(text, kind)
            return PolicyText(_without_times(found.body), found.lines)
        body = json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise ConfigError(str(path), "it is nested too deeply", "write it flatter") from None
    except ValueError as error:
        raise ConfigError(str(path), str(error), "write JSON, or TOML in a file *.toml") from error
    if not isinstance(body, dict):
        raise ConfigError(str(path), "it is no object", 'write {"name": value}')
    return PolicyText(cast("dict[str, Any]", body), {})


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of *pairs*; ``ValueError`` for a name that is given twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        ((name, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"{name!r} is given twice")
    return found


def at_line(error: InvalidPolicyError, written: PolicyText) -> InvalidPolicyError:
    """Return the same refusal with the line of the file."""
    line = written.line(error.where)
    where = error.where if line is None else f"line {line}, {error.where}"
    return InvalidPolicyError(error.kind, where, error.problem, error.hint)


def _without_times(value: Any) -> Any:  # noqa: ANN401  # TOML's own types
    """Write TOML's dates and times as texts; whether an offset is needed the policy's room says."""
    if isinstance(value, Mapping):
        return {str(name): _without_times(one) for name, one in value.items()}  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]  # TOML's own types
    if isinstance(value, list):
        return [_without_times(one) for one in value]  # pyright: ignore[reportUnknownVariableType]  # TOML's own types
    return value.isoformat() if isinstance(value, date | datetime | time) else value
