"""What goes beside a decision: who asks, under which request id, at which instant."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, Generic, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID, uuid5

import attrs

from cix.domain.decider import BY_RULE, Decision
from cix.engine.questions import check_name
from cix.errors import InvalidArgumentError, NaiveInstantError
from cix.plain import PlainError, reader, shown, to_plain, type_text

EventT = TypeVar("EventT")
NAMESPACE: Final = UUID("6f5c1c1e-7a55-5f0e-9a52-3d3f6c6b1a01")
"""Event ids are uuid5 of the request's id in this namespace."""


@attrs.frozen
class Stamp:
    """Actor, request id and instant of what is asked; the instant defaults to now."""

    actor: str | None = None
    id: str | None = None
    at: datetime | None = None
    recorded_at: datetime | None = None
    """Only for imports: the recorded time the source gives."""
    correlation: str | None = None
    causation: str | None = None


@attrs.frozen
class Outcome(Generic[EventT]):
    """What a request made: its facts, where they stand, whether it had been answered before."""

    facts: tuple[EventT, ...] = ()
    position: int = 0
    """Position of the last fact, 0 when nothing was written."""
    duplicate: bool = False
    """True when the same request was answered before; the facts are those of the first time."""
    request: str | None = None
    """The request's id (its own, or one made up): it names what the request made, and ``id/n``
    what the n-th decision of several made."""

    def __bool__(self) -> bool:
        """Tell whether anything is recorded under this request."""
        return bool(self.facts)


@attrs.frozen(eq=False)
class Asked:
    """One decision with the key and the arguments it is asked with."""

    decision: Decision[Any, Any, Any]
    key: str
    args: Mapping[str, Any]

    @property
    def body(self) -> list[Any]:
        """Return what the request's digest is taken over."""
        return [self.decision.name, self.key, to_plain(self.args)]


def event_id(request: str, n: int) -> UUID:
    """Return the id of the n-th event of a request (from 0)."""
    return uuid5(NAMESPACE, f"{request}/{n}")


def derived_id(*parts: object) -> str:
    """Return the request id that follows from its cause, so that repeating has one effect."""
    return str(uuid5(NAMESPACE, "\x1f".join(str(part) for part in parts)))


@cache
def _parameters(decision: Decision[Any, Any, Any]) -> Mapping[str, tuple[Any, Any]]:
    """Return the arguments of a decision: type (None: the rule's to check), and default."""
    hints = get_type_hints(decision.rule, include_extras=True)
    found: dict[str, tuple[Any, Any]] = {}
    for parameter in list(inspect.signature(decision.rule).parameters.values())[2:]:
        kind = hints.get(parameter.name, object)
        left_to_rule = get_origin(kind) is Annotated and BY_RULE in get_args(kind)
        found[parameter.name] = (None if left_to_rule else kind, parameter.default)
    return found


def ask(
    decision: Decision[Any, Any, Any], key: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Asked:
    """Check the arguments against the decision's signature, strictly.

    Plain data is read into the argument's type, so that a JSON line and a Python call are the
    same request, and so is one that spells a default out. Raises ``InvalidArgumentError``
    (missing, unknown, wrong type, bad key) and ``NaiveInstantError``.
    """
    if not isinstance(decision, Decision):  # pyright: ignore[reportUnnecessaryIsInstance]  # as above, for callers without a type checker
        raise InvalidArgumentError("do", "decision", "one such as ticket.open", shown(decision))
    check_name(decision.name, "key", key)
    parameters = _parameters(decision)
    in_order = dict(zip(parameters, args, strict=False))
    if twice := in_order.keys() & kwargs.keys():
        raise InvalidArgumentError(decision.name, min(twice), "given once", "it twice")
    given = in_order | dict(kwargs)
    if len(args) > len(parameters):
        raise InvalidArgumentError(
            decision.name, "arguments", f"at most {len(parameters)}", f"{len(args)} positional"
        )
    for name in given:
        if name not in parameters:
            known = ", ".join(parameters) or "none"
            raise InvalidArgumentError(decision.name, name, f"one of {known}", "an unknown name")
    return Asked(decision, key, _checked(decision.name, parameters, given))


def _checked(
    where: str, parameters: Mapping[str, tuple[Any, Any]], given: Mapping[str, Any]
) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    for name, (kind, default) in parameters.items():
        if name not in given:
            if default is inspect.Parameter.empty:
                raise InvalidArgumentError(where, name, "given", "nothing")
            continue
        try:
            value = given[name] if kind is None else reader(kind)(given[name])
            if type(value) is not type(default) or value != default:
                checked[name] = value
        except PlainError as error:
            expected = error.expected if kind is None else type_text(kind)
            raise InvalidArgumentError(where, name, expected, error.found) from error
        except NaiveInstantError as error:
            raise NaiveInstantError(f"{where}: {name}", error.found) from None
    return checked
