"""cix: everything that happens between a business and its customers, as facts that only grow."""

from __future__ import annotations

import importlib as _importlib
import logging as _logging
import typing as _typing

from cix.errors import CixError, ConflictError, DomainError
from cix.facts import Catalogue, fact, personal, tagged
from cix.garbage import collected_later as _collected_later
from cix.records import Recorded

if _typing.TYPE_CHECKING:
    from cix.engine import Engine, SourceFact, open
    from cix.projections.projection import Projection

_logging.getLogger("cix").addHandler(_logging.NullHandler())

__all__ = [
    "Catalogue",
    "CixError",
    "ConflictError",
    "DomainError",
    "Engine",
    "Projection",
    "Recorded",
    "SourceFact",
    "fact",
    "open",
    "personal",
    "tagged",
]
_LATE = {
    "Engine": "cix.engine",
    "Projection": "cix.projections.projection",
    "SourceFact": "cix.engine",
    "open": "cix.engine",
}


def __getattr__(name: str) -> _typing.Any:
    """Load the parts that need the store's libraries when they are first asked for."""
    if name in _LATE:
        with _collected_later():
            return getattr(_importlib.import_module(_LATE[name]), name)
    message = f"module 'cix' has no attribute {name!r}"
    raise AttributeError(message)
