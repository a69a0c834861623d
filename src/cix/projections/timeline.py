"""Every fact of a customer in order, each as one line in words.

A line tells the kind of a fact and its plain fields; what people said and who they are stays in
the boxes of the fact itself, so nothing personal is kept twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import attrs

from cix.domain import policy, routing
from cix.domain.catalogue import CATALOGUE
from cix.facts import Entry
from cix.plain import to_plain
from cix.projections.projection import Projection
from cix.records import Recorded

IGNORED: Final = frozenset(
    {policy.PolicyPublished, routing.AgentAvailabilityChanged, routing.AgentProfiled}
)
"""Facts of the business alone: they belong to no customer."""
_SAID_ELSEWHERE: Final = frozenset({"record", "channel", "raw_sha256", "received_at"})
_LONGEST: Final = 200


@attrs.frozen
class TimelineLine:
    """One fact of a customer. Instants are UTC."""

    position: int
    occurred_at: datetime
    recorded_at: datetime
    word: str
    """Stored name of the fact, such as ``ticket.opened``."""
    subject: str
    """What it is a fact of: a tag such as ``ticket:t-42``."""
    record: str | None
    """The channel record that saw it."""
    channel: str | None
    summary: str


def summary_of(entry: Entry) -> Callable[[object], str]:
    """Return the function that tells a fact of *entry* in words, without its boxes.

    Fields that stand at their default say nothing and are left out.
    """
    title = entry.word.name.replace(".", " ").replace("_", " ")
    told = tuple(
        (field.name, field.name.replace("_", " "), field.default)
        for field in entry.plain
        if field.name not in _SAID_ELSEWHERE
    )

    def summary(fact: object) -> str:
        parts: list[str] = []
        for name, shown, default in told:
            value = getattr(fact, name)
            if value is not None and value != default:
                parts.append(f"{shown} {_text(value)}")
        text = f"{title}: {', '.join(parts)}" if parts else title
        return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."

    return summary


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return str(value)
    plain = to_plain(value)
    if isinstance(plain, dict):
        return " ".join(str(one) for one in plain.values() if one is not None)  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]  # plain data, shown as it is
    if isinstance(plain, list):
        return "+".join(_text(one) for one in plain)  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]  # plain data, shown as it is
    return str(plain)


timeline: Projection[TimelineLine] = Projection(
    "timeline", "customer", 1, TimelineLine, lines=True, ignores=IGNORED
)


def _lines(entry: Entry) -> Callable[[Any, Recorded[Any]], Iterator[TimelineLine]]:
    summary = summary_of(entry)

    def line(fact: object, record: Recorded[Any]) -> Iterator[TimelineLine]:
        yield TimelineLine(
            record.position,
            record.occurred_at,
            record.recorded_at,
            record.type,
            record.tags[0],
            record.tag("record"),
            getattr(fact, "channel", None),
            summary(fact),
        )

    return line


def tell(view: Projection[TimelineLine], *classes: type) -> None:
    """Let *view* tell facts of *classes* too, such as a host's own."""
    for cls in classes:
        view.line(cls)(_lines(Entry.of(cls)))


tell(timeline, *(entry.cls for entry in CATALOGUE.current() if entry.cls not in IGNORED))
