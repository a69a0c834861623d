"""How a site runs its desk, as a published policy of the kind ``desk``.

Everything has a default, so a desk without a policy works; what time decides (closing, the
survey) happens only where a policy asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, TypeAlias, cast, get_args

import attrs

from cix.domain.policy import parsed, read_by
from cix.domain.ticket.life import Category
from cix.errors import InvalidPolicyError, NaiveInstantError, RuleBrokenError
from cix.plain import PlainError, canonical, from_plain, shown

KIND: Final = "desk"
FieldType: TypeAlias = Literal["text", "integer", "boolean", "date", "instant", "choice"]
Statuses: TypeAlias = tuple[tuple[str, Category], ...]

BUILT_IN: Final[Statuses] = (
    ("new", "new"),
    ("open", "open"),
    ("pending", "pending"),
    ("on_hold", "pending"),
    ("resolved", "resolved"),
    ("closed", "closed"),
)
_READ_AS: Final[Mapping[str, Any]] = {
    "text": str, "choice": str, "integer": int, "boolean": bool, "date": date, "instant": datetime,
}  # fmt: skip


@attrs.frozen
class FieldRule:
    """A custom field: its name, its type, for a choice what may be chosen."""

    name: str
    type: FieldType = "text"
    choices: tuple[str, ...] = ()

    def read(self, ticket: str, value: object) -> str:
        """Return the canonical text of *value*; refused (``field_value``) when it is of no use."""
        try:
            found = from_plain(_READ_AS[self.type], value)
        except (PlainError, NaiveInstantError) as error:
            raise RuleBrokenError(
                "field_value", "ticket", ticket, f"{self.name}: {error}"
            ) from error
        if self.type == "choice" and found not in self.choices:
            because = f"{self.name} is one of {', '.join(self.choices)}, not {shown(value)}"
            raise RuleBrokenError("field_value", "ticket", ticket, because)
        return found if isinstance(found, str) else canonical(found).strip('"')


@attrs.frozen
class Desk:
    """What the site decided; durations are real time in whole seconds."""

    statuses: Statuses = ()
    """Statuses of the site's own, each with its category."""
    fields: tuple[FieldRule, ...] = ()
    reopen_window_s: int | None = None
    """A resolved ticket may be reopened while at < resolved + this; None: until it is closed."""
    close_after_s: int | None = None
    """A resolved ticket closes by itself this long after it was resolved; None: never."""
    survey_after_s: int | None = None
    """The survey goes out this long after the resolution; None: only by hand."""
    handover_after_unresolved: int = 3
    """That many bot answers in a row that solved nothing call for a person."""

    def category(self, status: str) -> Category | None:
        """Return the category of *status*, or None when the site knows no such status."""
        return dict((*BUILT_IN, *self.statuses)).get(status)

    def rule(self, field: str) -> FieldRule | None:
        """Return what is known of a custom field; a desk that lists none takes any text."""
        if not self.fields:
            return FieldRule(field)
        return next((one for one in self.fields if one.name == field), None)

    def after(self, start: datetime, seconds: int | None) -> datetime | None:
        """Return the instant *seconds* after *start*, or None where nothing is to happen."""
        return None if seconds is None else start + timedelta(seconds=seconds)


DEFAULT: Final = Desk()


@read_by(KIND)
def read(body: Mapping[str, Any]) -> Desk:
    """Read a ``desk`` policy; ``InvalidPolicyError`` names what cannot be meant.

    Keys are the fields of ``Desk``; ``statuses`` is a map from name to category, ``fields`` a
    list of maps with ``name``, ``type`` and (for a choice) ``choices``.
    """
    try:
        found = from_plain(Desk, {**body, "statuses": _pairs(body.get("statuses", {}))})
    except PlainError as error:
        raise InvalidPolicyError(KIND, "body", str(error)) from error
    for name, seconds in attrs.asdict(found, recurse=False).items():
        if name.endswith("_s") and seconds is not None and seconds <= 0:
            raise InvalidPolicyError(KIND, name, f"{seconds} is no duration", "leave it out")
    if found.handover_after_unresolved < 1:
        raise InvalidPolicyError(KIND, "handover_after_unresolved", "it must be at least 1")
    names = [one.name for one in found.fields]
    if len(names) != len(set(names)):
        raise InvalidPolicyError(KIND, "fields", "a field is defined twice")
    for one in found.fields:
        if (one.type == "choice") != bool(one.choices):
            raise InvalidPolicyError(KIND, one.name, "a choice, and only a choice, lists choices")
    return found


def _pairs(statuses: object) -> list[tuple[str, object]]:
    if not isinstance(statuses, Mapping):
        raise InvalidPolicyError(KIND, "statuses", f"expected a map, found {shown(statuses)}")
    pairs: list[tuple[str, object]] = []
    for name, category in cast("Mapping[str, object]", statuses).items():
        if category not in get_args(Category):
            allowed = ", ".join(get_args(Category))
            raise InvalidPolicyError(KIND, f"statuses.{name}", f"the category is one of {allowed}")
        always = DEFAULT.category(name) or category
        if always != category:
            problem = f"{name} is always in the category {always}"
            raise InvalidPolicyError(KIND, f"statuses.{name}", problem)
        pairs.append((name, category))
    return pairs


def of(body: str) -> Desk:
    """Return the desk of a published body."""
    desk: Desk = parsed(KIND, body)
    return desk
