"""When an account's picture moves by itself, or something is to be done for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from cix.domain.decider import Call, Deadline
from cix.domain.loyalty.birthdays import unrewarded
from cix.domain.loyalty.days import ONE_DAY, day_start, last_day_before, local_day, window_end
from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.programme import Programme
from cix.domain.loyalty.windows import Years, enrolment_day

SOON_DAYS: Final = 30
"""Points whose last valid local day is at most so many days away expire soon."""


def upcoming(core: Ledger, now: datetime) -> tuple[Deadline, ...]:
    """Return the deadlines after *now*; a birthday's may have passed, as it is acted on."""
    programme = core.in_force(now).programme
    found = [
        *_points(core, now, programme.zone),
        *_tier(core, now),
        *_birthday(core, programme, now),
    ]
    if (growth := _growth(core, now, programme)) is not None:
        found.append(Deadline("growth", growth))
    return tuple(found)


def _points(core: Ledger, now: datetime, zone: str) -> Iterator[Deadline]:
    for hold in core.holds.values():
        if hold.status == "open" and hold.expires is not None:
            yield Deadline("hold", hold.expires, hold.name)
    for lot in core.unripe.values():
        if lot.available is not None:
            yield Deadline("mature", lot.available, lot.key)
    for lot in core.ripe.values():
        end = lot.end(core.last_activity)
        if end is not None:
            yield Deadline("expire", end, lot.key)
            soon = day_start(last_day_before(end, zone) - ONE_DAY * SOON_DAYS, zone)
            if soon > now:
                yield Deadline("soon", soon, lot.key)


def _tier(core: Ledger, now: datetime) -> Iterator[Deadline]:
    core.track.run(now)
    if core.track.review_at is not None:
        yield Deadline("review", core.track.review_at)
    for change in core.changes:
        if change.since > now:
            yield Deadline("programme", change.since, change.version)
    for floor in core.floors:
        for edge in (floor.since, floor.until):
            if edge is not None and edge > now:
                yield Deadline("floor", edge)


def _birthday(core: Ledger, programme: Programme, now: datetime) -> Iterator[Deadline]:
    """Yield the birthdays to reward, up to the first that lies ahead.

    None that began while there was no award.
    """
    if core.closed:
        return
    for due, year in unrewarded(core.dates, core.birthdays, now, now):
        rules = programme if due > now else core.in_force(due).programme
        if rules.birthday_points:
            call = Call("loyalty.celebrate", core.key, {"year": year})
            yield Deadline("birthday", due, str(year), call)
        if due > now:
            return


def _growth(core: Ledger, now: datetime, programme: Programme) -> datetime | None:
    """Return when the growth shown next gets less by itself."""
    zone, entries = programme.zone, [e for e in core.track.entries if e.kept]
    match programme.window:
        case "lifetime":
            return None
        case "rolling":
            ends = (window_end(e.earned, programme.window_months, zone) for e in entries)
            return min((end for end in ends if end > now), default=None)
        case "calendar_year" | "membership_year":
            years = Years(programme, enrolment_day(core.enrolled, now, programme))
            following = years.of(local_day(now, zone)) + 1
            return day_start(years.first(following), zone) if entries else None
