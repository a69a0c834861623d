"""History from elsewhere on its way into the log: facts with both times, in pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Final

import attrs

from cix.domain.policy import unreadable
from cix.engine.questions import is_name
from cix.engine.stamp import event_id
from cix.errors import MalformedFactError, NaiveInstantError
from cix.eventstore.base import LoadedEvent
from cix.facts import Catalogue
from cix.plain import PlainError, instant, shown
from cix.records import Metadata, NewEvent

_LOAD_PAGE: Final = 5_000


@attrs.frozen
class SourceFact:
    """One fact of a history as its source tells it, for ``engine.load``.

    ``id`` names the source's row: a known id is skipped, so that a broken load can be run again.
    Several facts in a row may share an id. ``record`` is the channel record it belongs to.
    """

    fact: object
    key: str
    occurred_at: datetime
    recorded_at: datetime
    id: str
    record: str | None = None
    actor: str | None = None


def enveloped(
    one: SourceFact | LoadedEvent, catalogue: Catalogue, kinds: Mapping[type, str]
) -> LoadedEvent:
    """Put a source's fact in its envelope; *kinds* maps fact classes to the tag kind of keys.

    Raises ``MalformedFactError`` for a fact that no room holds and for a name or an instant that
    is none, ``NaiveInstantError`` for an instant without an offset.
    """
    if isinstance(one, LoadedEvent):
        return one
    if not isinstance(one, SourceFact):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        raise MalformedFactError("load", "an item", f"expected a SourceFact, found {shown(one)}")
    entry = catalogue.by_class.get(type(one.fact))
    if entry is None:
        raise MalformedFactError("load", shown(one.id), f"no fact: {shown(one.fact)}")
    word = entry.word.name
    kind = kinds.get(type(one.fact))
    if kind is None:
        raise MalformedFactError(word, one.id, "no room of this engine holds it")
    named = {"key": one.key, "id": one.id, "record": one.record, "actor": one.actor}
    for name, value in named.items():
        if not is_name(value) and (value is not None or name in {"key", "id"}):
            problem = f"expected a text that is not empty, found {shown(value)}"
            raise MalformedFactError(word, name, problem)
    if why := unreadable(one.fact):
        raise MalformedFactError(word, "body", why)
    record = () if one.record is None else (f"record:{one.record}",)
    tags = (f"{kind}:{one.key}", *record, *entry.tags_of(one.fact), f"id:{one.id}")
    return LoadedEvent(
        NewEvent(
            one.fact,
            tuple(dict.fromkeys(tags)),
            _instant(word, "occurred_at", one.occurred_at),
            event_id(one.id, 0),
            Metadata(one.actor, loaded=True),
        ),
        _instant(word, "recorded_at", one.recorded_at),
    )


def _instant(word: str, name: str, value: object) -> datetime:
    try:
        return instant(value)
    except NaiveInstantError as error:
        raise NaiveInstantError(f"load {word}: {name}", error.found) from None
    except PlainError as error:
        raise MalformedFactError(word, name, str(error)) from None


def pages(events: Iterable[LoadedEvent]) -> Iterator[list[LoadedEvent]]:
    """Cut pages between requests, never inside one; number the facts that share an id."""
    page: list[LoadedEvent] = []
    for request, group in groupby(events, key=_request):
        facts = list(group)
        if request is not None and len({one.event.event_id for one in facts}) < len(facts):
            facts = [
                attrs.evolve(one, event=attrs.evolve(one.event, event_id=event_id(request, n)))
                for n, one in enumerate(facts)
            ]
        if page and len(page) + len(facts) > _LOAD_PAGE:
            yield page
            page = []
        page.extend(facts)
    if page:
        yield page


def _request(loaded: LoadedEvent) -> str | None:
    return next((t[3:] for t in loaded.event.tags if t.startswith("id:")), None)
