"""An auditor looks back: what was true, what was known, and why the desk acted as it did.

    python examples/bank_audit.py

A card is blocked late because a note came late. The auditor sees both: how it was, and what the
desk could know; and finds the facts and the actors behind a value.
"""

from __future__ import annotations

from datetime import UTC, datetime

import cix
from cix.domain import contact, identity, ticket
from cix.projections import queues, timeline
from cix.testing import FakeClock

FRIDAY = datetime(2024, 3, 1, 9, tzinfo=UTC)
SATURDAY_NOON = "2024-03-02T12:00:00+00:00"


def happen(engine: cix.Engine, clock: FakeClock) -> str:
    """Let it happen; return the customer's record."""
    phone = engine.record("phone", "+8613800000000")
    mail = engine.record("email", "li.na@example.com")
    engine.by("a-1").do(
        contact.receive, "k-1", record=phone, channel="phone", text="my card is gone"
    )
    engine.by("a-1").do(ticket.open, "t-1", record=phone, priority="normal", topic="card")

    clock.set(datetime(2024, 3, 4, 8, tzinfo=UTC))  # Monday: a branch hands in its notes
    late = engine.by("branch-7", id="note-881", at="2024-03-02T10:00:00+00:00")
    late.do(ticket.prioritise, "t-1", priority="urgent", reason="theft reported at the counter")
    engine.by("a-2").do(identity.merge, phone, other=mail, reason="same passport")
    clock.advance(minutes=5)
    engine.by("a-2").do(ticket.resolve, "t-1", agent="a-2", resolution="card blocked")
    return mail


def main() -> None:
    """Ask the auditor's questions."""
    clock = FakeClock(FRIDAY)
    with cix.open("memory://", clock=clock) as engine:
        mail = happen(engine, clock)

        was = engine.get(queues, "t-1", as_of=SATURDAY_NOON)
        seen = engine.get(queues, "t-1", as_of=SATURDAY_NOON, known_at=SATURDAY_NOON)
        if was is None or seen is None:
            raise SystemExit("the ticket is not there")
        print(f"on Saturday the ticket was {was.priority}; the desk saw {seen.priority}")

        why = engine.explain(queues, "t-1", "priority")
        for cause in why.causes:
            known = cause.recorded_at and cause.recorded_at.isoformat()
            print(f"{cause.at.isoformat()} {cause.fact}: {cause.before} -> {cause.after}", end="")
            print(f" by {cause.actor}, known since {known}")

        print("the customer's timeline, asked for by the mail address's record:")
        for line in engine.lines(timeline, mail):
            print(f"  {line.position:>2} {line.occurred_at:%m-%d %H:%M} {line.summary}")

        engine.rebuild("queues")
        live = engine.digest("queues")
        engine.rebuild("queues")
        print("a rebuild gives the same rows:", engine.digest("queues") == live)


if __name__ == "__main__":
    main()
