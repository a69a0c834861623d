"""What the desk and the SLA policies both have a say in: reopening, and hand-over by a bot.

An SLA policy may give its tickets a window of its own, and the rules for bots stand beside the
policies, so the room obeys the kind ``sla`` too; it asks of a published version nothing else.
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


class Bot(Protocol):
    """What is asked of the rules for bots."""

    @property
    def handover_on_request(self) -> bool:
        """Tell whether a customer who asks for a person gets one."""
        ...

    @property
    def handover_after_unresolved(self) -> int:
        """Return how many answers in a row may be in vain."""
        ...


class Promises(Protocol):
    """What is asked of one published version of the SLA policies."""

    @property
    def bot(self) -> Bot:
        """Return the rules for bots."""
        ...

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


def answers_in_vain(ticket: Ticket, at: datetime) -> int:
    """Return after how many answers of a bot in vain, in a row, a person is asked for.

    The desk and the SLA policies in force at *at* may both say; the smaller number counts.
    """
    rules = _in_force(ticket, at)
    desk = ticket.desk(at).handover_after_unresolved
    if rules is None:
        return desk
    bot = rules.bot.handover_after_unresolved
    return min(bot, desk) if ticket.policies else bot


def gives_people(ticket: Ticket, at: datetime) -> bool:
    """Tell whether a customer who asks for a person gets one."""
    rules = _in_force(ticket, at)
    return rules is None or rules.bot.handover_on_request


def _in_force(ticket: Ticket, at: datetime) -> Promises | None:
    found = policy.Policy(KIND, ticket.promises).in_force(at) if ticket.promises else None
    if found is None:
        return None
    rules: Promises = policy.parsed(KIND, found.body)
    return rules


def _promised(ticket: Ticket, at: datetime) -> Iterator[timedelta]:
    rules = _in_force(ticket, at)
    if rules is None:
        return
    fields: dict[str, Value] = {name: getattr(ticket, name) for name in _FIELDS}
    fields["requester"] = ticket.record
    fields.update((one.name, one.value) for one in ticket.fields)
    met: set[str] = set()
    for one in rules.policies:
        if one.family not in met and one.holds(fields):
            met.add(one.family)
            if one.reopen_window_us is not None:
                yield timedelta(microseconds=one.reopen_window_us)
