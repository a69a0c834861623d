"""What is to be done once time has raised a ticket: tell somebody, give it to the level's group.

Time decides the escalation; these actions touch the world, so a tick takes them as decisions of
the ticket's room. Each is owed until the ticket's own facts show it done, or the ticket has ended.
"""

from __future__ import annotations

from collections.abc import Iterator

from cix.domain.decider import Call, Deadline
from cix.domain.sla.clocks import Clocks, Raised
from cix.domain.sla.facts_in import Assigned, Watched
from cix.domain.ticket import DONE, Ticket
from cix.records import from_us


def owed_actions(key: str, clocks: Clocks, rest: Ticket) -> Iterator[Deadline]:
    """Yield what is owed to the escalations of a ticket that is still being worked on."""
    if clocks.life.gone or rest.category in DONE:
        return
    for one in clocks.raised:
        target, due = one.run.target, from_us(one.at_us)
        ref = f"{one.run.policy.family}/{target.name}/{one.run.ref}"
        reason = f"escalated to level {one.level}"
        if target.notify is not None and not _is_watched(clocks, target.notify):
            told = {"watcher": target.notify, "reason": reason}
            yield Deadline("sla.notify", due, ref, Call("ticket.watch", key, told))
        if target.assign is not None and not _is_given(clocks, one, target.assign):
            given = {"group": target.assign, "level": one.level, "reason": reason}
            yield Deadline("sla.assign", due, ref, Call("ticket.assign", key, given))


def _is_watched(clocks: Clocks, watcher: str) -> bool:
    return any(isinstance(fact, Watched) and fact.watcher == watcher for fact, _ in clocks.history)


def _is_given(clocks: Clocks, raised: Raised, group: str) -> bool:
    fields = clocks.life.fields
    if (fields.get("group"), fields.get("level")) == (group, raised.level):
        return True
    return any(
        isinstance(fact, Assigned) and fact.group == group and cause.at_us >= raised.at_us
        for fact, cause in clocks.history
    )
