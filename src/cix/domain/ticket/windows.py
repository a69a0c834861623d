"""Until when a resolved ticket may be reopened: what the desk says, and what its SLA policies say.

An SLA policy may give its tickets a window of its own, so the room obeys the kind ``sla`` too; it
asks of a published version nothing but which policies hold for a ticket, and their windows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from cix.domain import policy

if TYPE_CHECKING:
    from cix.domain.ticket.state import Ticket

KIND: Final = "sla"
Value: TypeAlias = str | int | bool | None
_FIELDS: Final = (
    "channel", "priority", "segment", "type", "topic", "complexity", "tier", "department", "group",
    "agent", "level", "language",
)  # fmt: skip


class Promise(Protocol):
    """What is asked of one SLA policy."""

    @property
    def family(self) -> str:
        """Return the family: of one family only the first policy that holds applies."""
        ...

    @property
    def reopen_window_us(self) -> int | None:
        """Return the window in microseconds of real time; None: no limit."""
        ...

    def holds(self, fields: Mapping[str, Value]) -> bool:
        """Tell whether it is for tickets with these fields."""
        ...


class Promises(Protocol):
    """What is asked of one published version of the SLA policies."""

    @property
    def policies(self) -> Sequence[Promise]:
        """Return the policies in the order in which they are tried."""
        ...


def reopens_until(ticket: Ticket, at: datetime) -> datetime | None:
    """Return the instant from which on *ticket* can be reopened no more; None: no limit.

    The policies are those in force at *at*, for the ticket as it is; of several windows the
    shortest counts.
    """
    if ticket.resolved_at is None:
        return None
    desk = ticket.desk(at)
    ends = [desk.after(ticket.resolved_at, desk.reopen_window_s)]
    ends += [ticket.resolved_at + window for window in _promised(ticket, at)]
    return min((end for end in ends if end is not None), default=None)


def _promised(ticket: Ticket, at: datetime) -> Iterator[timedelta]:
    found = policy.Policy(KIND, ticket.promises).in_force(at) if ticket.promises else None
    if found is None:
        return
    rules: Promises = policy.parsed(KIND, found.body)
    fields: dict[str, Value] = {name: getattr(ticket, name) for name in _FIELDS}
    fields["requester"] = ticket.record
    fields.update((one.name, one.value) for one in ticket.fields)
    met: set[str] = set()
    for one in rules.policies:
        if one.family not in met and one.holds(fields):
            met.add(one.family)
            if one.reopen_window_us is not None:
                yield timedelta(microseconds=one.reopen_window_us)
