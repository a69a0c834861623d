"""Tiers by the book: the whole replay, from the first entry, for each question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from domain.loyalty_book_days import after, day_of, last_day_of, plus_months, window_end

Body = Mapping[str, Any]
DEFAULT_BARS = (0, 500, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000)
DEFAULT_NAMES = (
    "bronze silver gold platinum diamond star master grandmaster king".split()  # noqa: SIM905  # a ladder reads as one line
)


@dataclass
class Version:
    """A published programme: what it says, from when, recorded when, as the *turn*-th thing."""

    turn: int
    recorded: datetime
    effective: datetime
    body: Body


@dataclass
class Entry:
    """Growth: recorded as the *turn*-th thing, effective then, and what returns left of it."""

    turn: int
    recorded: datetime
    effective: datetime
    growth: int
    left: int


@dataclass
class Floor:
    """A manual tier, by its position, in [since, until)."""

    tier: int
    since: datetime
    until: datetime | None


@dataclass
class Member:
    """What the replay reads, all of it recorded by the instant of the question."""

    versions: Sequence[Version]
    entries: list[Entry] = field(default_factory=list)
    floors: list[Floor] = field(default_factory=list)
    enrolled: datetime | None = None


@dataclass
class Seen:
    """What is shown of growth and tier."""

    growth: int
    position: int
    until: datetime | None
    to_next: int | None
    in_grace: bool


def in_force(versions: Sequence[Version], at: datetime) -> Version | None:
    """Return the version of the latest effective instant among those recorded by then."""
    known = [v for v in versions if v.recorded <= at and v.effective <= at]
    return max(reversed(known), key=lambda v: v.effective) if known else None


def body_at(versions: Sequence[Version], at: datetime) -> Body:
    """Return what is in force; before any version the defaults: nothing said."""
    found = in_force(versions, at)
    return found.body if found else {}


def zone_at(versions: Sequence[Version], at: datetime) -> str:
    """Return the programme zone in force."""
    return str(body_at(versions, at).get("zone", "UTC"))


def bars(body: Body) -> list[tuple[int, int]]:
    """Return (at, keep) of each tier."""
    tiers = body.get("tiers")
    if tiers is None:
        return [(bar, bar) for bar in DEFAULT_BARS]
    return [(t["at"], t["at"] if t.get("keep") is None else t["keep"]) for t in tiers]


def names(body: Body) -> list[str]:
    """Return the tiers' names, lowest first."""
    tiers = body.get("tiers")
    return list(DEFAULT_NAMES) if tiers is None else [t["name"] for t in tiers]


def reached(body: Body, total: int) -> int:
    """Return the highest tier with at <= total."""
    return max(i for i, (at, _) in enumerate(bars(body)) if at <= total)


@dataclass
class Years:
    """Calendar or membership years: year 0 of a member starts on the enrolment day."""

    start: date | None

    def first_day(self, year: int) -> date:
        """Return the day on which *year* starts."""
        return date(year, 1, 1) if self.start is None else plus_months(self.start, 12 * year)

    def of(self, day: date) -> int:
        """Return the year that *day* is in."""
        year = day.year if self.start is None else day.year - self.start.year - 1
        while self.first_day(year + 1) <= day:
            year += 1
        return year

    def last_day(self, year: int) -> date:
        """Return the last day of *year*."""
        return date.fromordinal(self.first_day(year + 1).toordinal() - 1)


def years_of(member: Member, body: Body) -> Years:
    """Return the years a programme counts in; the enrolment known now holds for all of them."""
    if body.get("window", "rolling") == "calendar_year":
        return Years(None)
    assert member.enrolled is not None
    return Years(day_of(member.enrolled, str(body.get("zone", "UTC"))))


def sum_of_window(member: Member, body: Body, turn: int, at: datetime, year_of: datetime) -> int:
    """Return the growth in the window: rolling as of *at*, years by the day of *year_of*."""
    known = [e for e in member.entries if e.turn <= turn]
    window, zone = body.get("window", "rolling"), str(body.get("zone", "UTC"))
    if window == "lifetime":
        return sum(e.left for e in known)
    if window == "rolling":
        months = body.get("window_months", 12)
        return sum(e.left for e in known if at < window_end(e.effective, months, zone))
    if not known:
        return 0
    years = years_of(member, body)
    year = years.of(day_of(year_of, zone))
    return sum(e.left for e in known if years.of(day_of(e.effective, zone)) == year)


@dataclass
class Rung:
    """Where the replay stands: the tier, its term, and what began it."""

    position: int = 0
    last_day: date | None = None
    """The last valid day of the term; None in the base tier and in lifetime."""
    due: datetime | None = None
    """The next review: the end of the term or, in grace, of the grace."""
    grace: bool = False
    year: int = 0
    """The finished year a year window's review looks at."""
    began_turn: int | None = None
    began_at: datetime | None = None


class Replay:
    """The entries in recording order, with versions and reviews in between."""

    def __init__(self, member: Member, until: datetime) -> None:
        self.member = member
        self.rung = Rung()
        self.latest = datetime.min.replace(tzinfo=UTC)
        """No rule is of an older version than this: a review may come after its term was over."""
        self.turn = -1
        moments: list[tuple[datetime, int, int, Any]] = []
        shifts = sorted({max(v.recorded, v.effective) for v in member.versions})
        moments += [(at, 0, 0, None) for at in shifts if at <= until]
        moments += [(e.recorded, 2, e.turn, e) for e in member.entries if e.left > 0]
        for at, kind, turn, entry in sorted(moments, key=lambda m: m[:3]):
            self.reviews(at, kind)
            if entry is None:
                self.version(at)
            else:
                self.turn = turn
                self.entry(entry)
        self.reviews(until, 3)

    def body(self, at: datetime) -> Body:
        return body_at(self.member.versions, max(at, self.latest))

    def zone(self, at: datetime) -> str:
        return zone_at(self.member.versions, max(at, self.latest))

    def reviews(self, at: datetime, kind: int) -> None:
        """Hold the reviews due before what comes at *at*: versions (0) first, entries (2) after."""
        while self.rung.due is not None and (self.rung.due, 1) < (at, kind):
            due = self.rung.due
            self.turn_by(due)
            self.review(due)

    def turn_by(self, at: datetime) -> None:
        """Know what was recorded before *at*, and nothing that comes at it."""
        turns = [e.turn for e in self.member.entries if e.recorded < at]
        self.turn = max([self.turn, *turns])

    def count(self, turn: int) -> int:
        """Return the growth recorded after what began the term, up to *turn*."""
        rung = self.rung
        return sum(
            e.left
            for e in self.member.entries
            if e.turn <= turn
            and (rung.began_turn is None or e.turn > rung.began_turn)
            and (rung.began_at is None or e.recorded >= rung.began_at)
        )

    # -- terms -----------------------------------------------------------------------
    def begin(self, position: int, last_day: date, at: datetime, turn: int | None) -> None:
        """Begin a term of *position* through *last_day*; the base tier has none."""
        body = self.body(at)
        none = position == 0 or body.get("window", "rolling") == "lifetime"
        self.rung = Rung(
            position,
            None if none else last_day,
            None if none else after(last_day, self.zone(at)),
            began_turn=turn,
            began_at=at if turn is None else None,
        )

    def year_term(self, body: Body, year: int) -> date:
        """Return the last day of the term that growth in *year* gives."""
        years = years_of(self.member, body)
        return plus_months(years.last_day(year + 1), body.get("extension_months", 0))

    def by_year(self, at: datetime) -> bool:
        return self.body(at).get("window", "rolling") in {"calendar_year", "membership_year"}

    # -- what happens ----------------------------------------------------------------
    def version(self, at: datetime) -> None:
        """Lift at a version's first instant those whom a lowered bar lifts."""
        self.turn_by(at)
        self.latest = at
        body, before = self.body(at), self.before(at)
        if body is before:
            return
        was = reached(before, sum_of_window(self.member, before, self.turn, at, at))
        candidate = reached(body, sum_of_window(self.member, body, self.turn, at, at))
        kinds = {one.get("window", "rolling") for one in (before, body)}
        steps = range(self.rung.position + 1, candidate + 1)
        old, new = dict(enumerate(bars(before))), bars(body)
        lowered = any(n in old and new[n][0] < old[n][0] for n in steps)
        turned = len(kinds) > 1 and self.rung.position > 0
        rises = candidate > self.rung.position and (candidate > was or lowered)
        if rises or turned:
            self.lift(max(candidate, self.rung.position), at, at, None)

    def before(self, at: datetime) -> Body:
        """Return what was in force just before *at*."""
        known = [v for v in self.member.versions if max(v.recorded, v.effective) < at]
        return max(reversed(known), key=lambda v: v.effective).body if known else {}

    def lift(self, position: int, at: datetime, effective: datetime, turn: int | None) -> None:
        body, zone = self.body(at), self.zone(at)
        if self.by_year(at):
            year = years_of(self.member, body).of(day_of(effective, zone))
            last = self.year_term(body, year)
            if after(last, zone) <= at:
                return
            self.begin(position, last, at, turn)
            self.rung.year = year + 1
        else:
            last = plus_months(day_of(at, zone), body.get("term_months", 12))
            self.begin(position, last, at, turn)

    def entry(self, entry: Entry) -> None:
        at, turn = entry.recorded, entry.turn
        body = self.body(at)
        total = sum_of_window(self.member, body, turn, at, entry.effective)
        candidate = reached(body, total)
        if candidate > self.rung.position:
            self.lift(candidate, at, entry.effective, turn)
        elif self.by_year(at):
            self.extend(entry, body, total)
        rung = self.rung
        if rung.grace and self.count(turn) >= bars(body)[rung.position][1]:
            assert rung.last_day is not None
            last = plus_months(rung.last_day, body.get("term_months", 12))
            self.begin(rung.position, last, at, turn)

    def extend(self, entry: Entry, body: Body, total: int) -> None:
        """Extend the term at once when the entry's year reaches keep."""
        zone, rung = self.zone(entry.recorded), self.rung
        if rung.last_day is None or total < bars(body)[rung.position][1]:
            return
        years = years_of(self.member, body)
        year = years.of(day_of(entry.effective, zone))
        last = self.year_term(body, year)
        if last > rung.last_day:
            rung.last_day, rung.due, rung.year = last, after(last, zone), year + 1

    def review(self, at: datetime) -> None:
        body = self.body(at)
        if self.by_year(at):
            self.review_years(at, body)
            return
        rung, zone, keep = self.rung, self.zone(at), bars(body)[self.rung.position][1]
        assert rung.last_day is not None
        count, term = self.count(self.turn), body.get("term_months", 12)
        if count >= keep and not rung.grace:
            self.begin(rung.position, plus_months(rung.last_day, term), at, None)
            return
        days = body.get("grace_days", 0)
        if days and not rung.grace:
            rung.grace = True
            rung.due = after(date.fromordinal(rung.last_day.toordinal() + days), zone)
            return
        lower = self.fall(body, count)
        self.begin(lower, plus_months(last_day_of(at, zone), term), at, None)

    def fall(self, body: Body, count: int) -> int:
        """Return the tier below that a failed review gives."""
        position, how = self.rung.position, body.get("downgrade", "one_down")
        if how == "one_down":
            return position - 1
        if how == "to_base":
            return 0
        return max(i for i in range(position) if bars(body)[i][1] <= count)

    def review_years(self, at: datetime, body: Body) -> None:
        years, zone = years_of(self.member, body), self.zone(at)
        finished = self.rung.year
        looked = [finished]
        if years.of(day_of(at, zone)) > finished:
            looked.append(finished + 1)
        sums = {
            year: sum(
                e.left
                for e in self.member.entries
                if e.turn <= self.turn and years.of(day_of(e.effective, zone)) == year
            )
            for year in looked
        }
        position, keep = self.rung.position, bars(body)[self.rung.position][1]
        good = [year for year in looked if sums[year] >= keep]
        if good:
            year, lower = good[-1], position
        elif body.get("downgrade", "one_down") == "to_qualified":
            most, year = max((sums[year], year) for year in looked)
            lower = self.fall(body, most)
        else:
            lower = self.fall(body, 0)
            good = [year for year in looked if sums[year] >= bars(body)[lower][1]]
            year = good[-1] if good else finished
        self.begin(lower, self.year_term(body, year), at, None)
        self.rung.year = year + 1


def seen(member: Member, at: datetime) -> Seen:
    """Return what is shown at *at*, to which *member* must be cut."""
    body, rung = body_at(member.versions, at), Replay(member, at).rung
    turn = max((e.turn for e in member.entries), default=-1)
    growth = sum_of_window(member, body, turn, at, at)
    position, until, grace = rung.position, rung.due, rung.grace
    running = [f for f in member.floors if f.since <= at and (f.until is None or at < f.until)]
    if running:
        never = datetime.max.replace(tzinfo=at.tzinfo)
        floor = max(running, key=lambda f: (f.tier, f.until or never))
        if floor.tier > position:
            position, until, grace = floor.tier, floor.until, False
    ladder = bars(body)
    above = ladder[position + 1][0] if position + 1 < len(ladder) else None
    to_next = None if above is None else max(0, above - growth)
    return Seen(growth, position, until, to_next, grace)
