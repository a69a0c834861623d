"""From nothing to the view of a customer: one contact, one ticket, some points.

    python examples/quickstart.py

Everything stands in memory; give a file instead (``sqlite:///crm.db``) and it stays.
"""

from __future__ import annotations

import cix
from cix.domain import contact, loyalty, ticket
from cix.projections import customer360, membership
from cix.testing import FakeClock


def main() -> None:
    """Tell a customer's day, then look at it now and as of the morning."""
    clock = FakeClock()  # so that the run prints the same every day; leave it out in earnest
    with cix.open("memory://", clock=clock) as engine:
        who = engine.record("phone", "+8613800000000")
        text = "my parcel is late"
        engine.do(contact.receive, "k-1", record=who, channel="phone", text=text)
        engine.do(ticket.open, "t-42", record=who, priority="high", subject="late parcel")
        engine.by("shop", id="order-1001").do(loyalty.earn, "acc-9", points=129)
        morning = clock.now

        clock.advance(hours=3)
        engine.by("a-1").do(ticket.resolve, "t-42", agent="a-1")

        card = engine.get(customer360, who)
        before = engine.get(customer360, who, as_of=morning)
        points = engine.get(membership, "acc-9")
        if card is None or before is None or points is None:
            raise SystemExit("the facts are not there")
        print(f"contacts {card.contacts}, open tickets {card.open_tickets}, tickets {card.tickets}")
        print(f"as of the morning: open tickets {before.open_tickets}")
        print(f"points {points.balance}")


if __name__ == "__main__":
    main()
