"""A service desk: opening hours, promised times, a breach that nobody had to notice.

    python examples/service_desk.py

The desk is open on weekdays. A first answer is promised within two working hours, a solution
within a working day; waiting for the customer stops the second clock.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime

import cix
from cix.domain import ticket
from cix.projections import sla_timers
from cix.testing import FakeClock

CALENDAR = """
zone = "Asia/Shanghai"
holidays = [2024-04-04, 2024-04-05]

[weekly]
mon = ["09:00-12:00", "13:00-18:00"]
tue = ["09:00-12:00", "13:00-18:00"]
wed = ["09:00-12:00", "13:00-18:00"]
thu = ["09:00-12:00", "13:00-18:00"]
fri = ["09:00-12:00", "13:00-18:00"]
"""
PROMISES = """
[[policy]]
name = "standard"
family = "service"

[[policy.targets]]
name = "first_response"
seconds = 7200
calendar = "desk"
warn = [0.75]

[[policy.targets]]
name = "resolution"
seconds = 28800
calendar = "desk"
pause_on = ["pending"]
warn = ["1h"]
"""
MINUTE_US = 60_000_000
FRIDAY_FIVE = datetime(2024, 3, 1, 9, tzinfo=UTC)  # 17:00 in Shanghai: one working hour is left


def main() -> None:
    """Open a ticket on a Friday evening and let the weekend pass."""
    clock = FakeClock(FRIDAY_FIVE)
    with cix.open("memory://", clock=clock) as engine:
        engine.publish("calendar", "2024", tomllib.loads(CALENDAR))
        engine.publish("sla", "2024", tomllib.loads(PROMISES))
        engine.by("web").do(ticket.open, "t-1", record="r-1", channel="email", subject="no power")
        board(engine, "Friday 17:00")

        clock.set(datetime(2024, 3, 4, 1, 40, tzinfo=UTC))  # Monday 09:40
        board(engine, "Monday 09:40")
        engine.by("a-1").do(ticket.reply, "t-1", by="agent", agent="a-1", text="we look into it")
        engine.by("a-1").do(ticket.pend, "t-1", agent="a-1", reason="asked for a photo")
        clock.advance(days=3)
        board(engine, "Thursday, still waiting for the customer")

        engine.by("web").do(ticket.reply, "t-1", by="customer", text="here it is")
        engine.by("a-1").do(ticket.resume, "t-1", agent="a-1")
        clock.advance(days=5)  # nobody looks
        print("tick recorded", engine.tick().recorded, "facts, then", engine.tick().recorded)
        for line in engine.export():
            if line["fact"].startswith("sla."):
                print(" ", line["occurred_at"], line["fact"], line["data"].get("target"))


def board(engine: cix.Engine, when: str) -> None:
    """Print the clocks of the ticket."""
    print(when)
    row = engine.get(sla_timers, "t-1")
    for one in row.timers if row else ():
        due = f", due {one.due_at:%a %H:%M} UTC" if one.due_at else ""
        minutes = one.elapsed_us // MINUTE_US
        print(f"  {one.target}: {one.status}, {minutes} working minutes{due}")


if __name__ == "__main__":
    main()
