"""As of when: what was asked is resolved once, told, and then used for every read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from cix.cli.printing import words
from cix.cli.words import t
from cix.errors import InvalidArgumentError, NaiveInstantError
from cix.plain import PlainError, instant, instant_text

if TYPE_CHECKING:
    from cix.engine import Engine


class Then(TypedDict, total=False):
    """The keywords of a read: empty for now, else one instant and one position."""

    as_of: datetime
    known_at: int


def instant_of(option: str, text: str | None) -> datetime | None:
    """Read the instant of an option.

    Raises ``InvalidArgumentError`` for what is no instant, ``NaiveInstantError`` without offset.
    """
    if text is None:
        return None
    try:
        return instant(text)
    except NaiveInstantError as error:
        raise NaiveInstantError(option, error.found) from None
    except PlainError as error:
        raise InvalidArgumentError("cix", option, error.expected, error.found) from None


def known_of(text: str | None) -> datetime | int | None:
    """Read ``--known-at``: a position of the log, or an instant."""
    if text is not None and text.isascii() and text.isdigit():
        return int(text)
    return instant_of("--known-at", text)


def resolved(engine: Engine, view: str, as_of: str | None, known_at: str | None) -> Then:
    """Resolve the options to one instant and one position, and say which on standard error."""
    when, known = instant_of("--as-of", as_of), known_of(known_at)
    if when is None and known is None:
        return {}
    at = engine.core.reading.instant(engine.view(view), when, known)
    record = engine.core.store.read(after=at.known - 1, until=at.known) if at.known else []
    recorded = instant_text(record[0].recorded_at) if record else "-"
    words(
        t(
            "as of {instant}, known up to position {position} (recorded {recorded})",
            instant=instant_text(at.as_of),
            position=at.known,
            recorded=recorded,
        )
    )
    return {"as_of": at.as_of, "known_at": at.known}
