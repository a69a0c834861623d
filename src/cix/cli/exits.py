"""Exit codes, and the one line by which an error is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from cix import errors
from cix.cli.words import ENGLISH, language, t

OK: Final = 0
FINDINGS: Final = 1
"""Something was refused, is missing, is parked or is out of date."""
USAGE: Final = 2
"""The command, an argument or a file cannot be used as it is."""
BROKEN: Final = 3
"""What is stored is not what was written."""
UNAVAILABLE: Final = 4
"""The store is unreachable, locked, full or not to be used by this cix."""
INTERRUPTED: Final = 5
"""The work was interrupted and can be resumed."""
BUG: Final = 70
"""An error that nobody foresaw."""

MEANINGS: Final[Mapping[int, str]] = {
    OK: "all went well",
    FINDINGS: "findings: something was refused, is missing, is parked or is out of date",
    USAGE: "the command, an argument or a file cannot be used as it is",
    BROKEN: "integrity is broken: what is stored is not what was written",
    UNAVAILABLE: "the store is unreachable, locked or not to be used by this version",
    INTERRUPTED: "interrupted; the same command goes on where it stopped",
}

_EXITS: Final[Mapping[type[errors.CixError], int]] = {
    errors.InvalidArgumentError: USAGE,
    errors.NaiveInstantError: USAGE,
    errors.InvalidPolicyError: USAGE,
    errors.DomainError: FINDINGS,
    errors.ConflictError: UNAVAILABLE,
    errors.CorruptionError: BROKEN,
    errors.EventStoreError: UNAVAILABLE,
    errors.CodecError: BROKEN,
    errors.ProjectionError: FINDINGS,
    errors.UnknownViewError: USAGE,
    errors.ViewsBehindError: UNAVAILABLE,
    errors.ConfigError: USAGE,
    errors.ChannelError: FINDINGS,
    errors.CixError: FINDINGS,
}


class Interrupted(Exception):  # noqa: N818  # it is no error: the work goes on another time
    """The work was interrupted; the text says how to go on."""


def exit_of(error: errors.CixError | type[errors.CixError]) -> int:
    """Return the exit code of a typed error: that of its nearest class in the table."""
    cls = error if isinstance(error, type) else type(error)
    return next(_EXITS[base] for base in cls.__mro__ if base in _EXITS)


def fields_of(error: errors.CixError) -> dict[str, Any]:
    """Return the fields of a typed error by name."""
    cls: type[Any] = type(error)
    if not attrs.has(cls):
        return {}
    return {field.name: getattr(error, field.name) for field in attrs.fields(cls)}


def sentence(error: errors.CixError) -> str:
    """Say in the reader's language what was found, where, and what to do."""
    if language() == ENGLISH:
        return str(error)
    from cix.cli.zh.failures import told

    return told(error, fields_of(error)) or str(error)


def line_of(error: errors.CixError) -> str:
    """Return the one line by which a person is told of *error*."""
    return f"{error.code} {sentence(error)}"


def document_of(error: errors.CixError) -> dict[str, Any]:
    """Return *error* as plain data for programs: class, code, text, fields."""
    import json

    return {
        "error": type(error).__name__,
        "code": error.code,
        "message": sentence(error),
        "retryable": error.retryable,
        **json.loads(json.dumps(fields_of(error), default=str)),
    }


def interrupted_line(error: Interrupted) -> str:
    """Return the line that tells of an interruption."""
    return t("interrupted: {how}", how=str(error))
