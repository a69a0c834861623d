"""cix: everything that happens between a business and its customers, as facts that only grow."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cix.errors import CixError, ConflictError, DomainError
from cix.facts import Catalogue, fact, personal, tagged
from cix.records import Recorded

if TYPE_CHECKING:
    from cix.engine import Engine, SourceFact, open
    from cix.projections.projection import Projection

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


def __getattr__(name: str) -> Any:
    """Load the parts that need the store's libraries when they are first asked for."""
    if name in _LATE:
        return getattr(import_module(_LATE[name]), name)
    message = f"module 'cix' has no attribute {name!r}"
    raise AttributeError(message)
