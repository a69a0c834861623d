"""A small host of the engine: two rooms and four views of its own, beside cix's identity.

``note`` is folded in the order of occurrence, ``pass`` in the order of recording and moved by
time; ``desk`` counts per note, ``folder`` per customer, ``journal`` lists, ``passes`` pictures.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeAlias, get_args

import attrs

from cix.domain import identity, policy
from cix.domain.decider import Call, Deadline, Decider, Models, Reading
from cix.domain.policy import PolicyPublished, read_by
from cix.errors import RuleBrokenError
from cix.facts import Catalogue, fact, personal, tagged
from cix.projections.deadlines import deadlines
from cix.projections.projection import Projection
from cix.records import Recorded


# -- notes ---------------------------------------------------------------------
@fact("note.written", 1)
class NoteWritten:
    record: str = tagged("record")
    words: int
    text: str | None = personal("content", default=None)


@fact("note.filed", 1)
class NoteFiled:
    shelf: str


NoteEvent: TypeAlias = NoteWritten | NoteFiled


@attrs.frozen
class Note:
    key: str
    record: str | None = None
    words: int = 0
    shelf: str | None = None


def evolve_note(note: Note, happened: NoteEvent, record: Recorded[NoteEvent]) -> Note:
    match happened:
        case NoteWritten():
            return attrs.evolve(note, record=happened.record, words=note.words + happened.words)
        case NoteFiled():
            return attrs.evolve(note, shelf=happened.shelf)


NOTE = Decider("note", Note, evolve_note, get_args(NoteEvent), record_of=lambda note: note.record)


@NOTE.decision
def write(
    note: Note, at: datetime, *, record: str, words: int = 1, text: str | None = None
) -> tuple[NoteEvent, ...]:
    """Write on a note."""
    return (NoteWritten(record, words, text),)


@NOTE.decision
def file(note: Note, at: datetime, *, shelf: str) -> tuple[NoteEvent, ...]:
    """File a note that was written."""
    if note.record is None:
        raise RuleBrokenError("not_written", "note", note.key)
    return () if note.shelf == shelf else (NoteFiled(shelf),)


# -- passes: so many uses, gone after a while -------------------------------------
@fact("pass.bought", 1)
class PassBought:
    uses: int


@fact("pass.used", 1)
class PassUsed:
    uses: int


@fact("pass.given", 1)
class PassGiven:
    to: str = tagged("pass")
    uses: int


@fact("pass.lapsed", 1, derived=True)
class PassLapsed:
    uses: int


PassEvent: TypeAlias = PassBought | PassUsed | PassGiven


@attrs.frozen
class Pass:
    key: str
    left: int = 0
    lapsed: int = 0
    ends: datetime | None = None
    days: int = 10
    reminded: bool = False


@read_by("passes")
def days_of(body: object) -> int:
    """Read how many days a pass lasts."""
    return int(dict(body)["days"])  # type: ignore[call-overload]  # a test's policy


def evolve_pass(one: Pass, happened: PassEvent | PolicyPublished, record: Recorded[object]) -> Pass:
    match happened:
        case PolicyPublished():
            return attrs.evolve(one, days=policy.parsed("passes", happened.body))
        case PassBought():
            ends = record.recorded_at + timedelta(days=one.days)
            return attrs.evolve(one, left=one.left + happened.uses, ends=ends)
        case PassUsed():
            return attrs.evolve(one, left=one.left - happened.uses)
        case PassGiven() if happened.to == one.key:
            ends = record.recorded_at + timedelta(days=one.days)
            return attrs.evolve(one, left=one.left + happened.uses, ends=ends)
        case PassGiven():
            return attrs.evolve(one, left=one.left - happened.uses)


def advance_pass(one: Pass, instant: datetime) -> Pass:
    if one.ends is not None and one.ends <= instant and one.left:
        return attrs.evolve(one, left=0, lapsed=one.lapsed + one.left)
    return one


def pass_deadlines(one: Pass) -> tuple[Deadline, ...]:
    if not one.left or one.ends is None:
        return ()
    note = Call("note.write", f"reminder-{one.key}", {"record": "r-desk", "words": 1})
    return (
        Deadline("lapses", one.ends),
        Deadline("remind", one.ends - timedelta(days=1), action=note),
    )


def pass_fell_due(before: Pass, after: Pass) -> tuple[object, ...]:
    gone = after.lapsed - before.lapsed
    return (PassLapsed(gone),) if gone else ()


PASS = Decider(
    "pass",
    Pass,
    evolve_pass,
    get_args(PassEvent),
    order="recorded",
    obeys=("passes",),
    advance=advance_pass,
    deadlines=pass_deadlines,
    fell_due=pass_fell_due,
)


@PASS.decision
def buy(one: Pass, at: datetime, *, uses: int) -> tuple[PassEvent, ...]:
    """Buy a pass."""
    return (PassBought(uses),)


@PASS.decision
def use(one: Pass, at: datetime, *, uses: int = 1) -> tuple[PassEvent, ...]:
    """Use a pass, as often as it is left."""
    if one.left < uses:
        raise RuleBrokenError("used_up", "pass", one.key, f"{one.left} left, {uses} asked")
    return (PassUsed(uses),)


@PASS.spanning(lambda _, args: (Reading(PASS, args["to"]),))
def give(models: Models, at: datetime, *, to: str, uses: int) -> tuple[PassEvent, ...]:
    """Give uses to another pass, which must have been bought."""
    if models.of(PASS, to).ends is None:
        raise RuleBrokenError("no_such_pass", "pass", to)
    if models.own.left < uses:
        raise RuleBrokenError("used_up", "pass", models.key)
    return (PassGiven(to, uses),)


# -- views ---------------------------------------------------------------------
@attrs.define
class DeskCard:
    note: str
    words: int = 0
    shelf: str | None = None
    last_at: datetime | None = None


desk = Projection("desk", "note", 1, DeskCard, new_row=DeskCard)


@desk.on(NoteWritten)
def written(card: DeskCard, happened: NoteWritten, record: Recorded[NoteWritten]) -> None:
    if happened.words == 666:
        message = "this handler cannot take 666"
        raise ValueError(message)
    card.words += happened.words
    card.last_at = record.occurred_at


@desk.on(NoteFiled)
def filed(card: DeskCard, happened: NoteFiled, record: Recorded[NoteFiled]) -> None:
    card.shelf = f"{happened.shelf} after {card.words}"


@attrs.define
class Folder:
    customer: str
    notes: int = 0
    trail: list[str] = attrs.field(factory=list[str])


folder = Projection("folder", "customer", 1, Folder, new_row=Folder)


@folder.on(NoteWritten)
def counted(card: Folder, happened: NoteWritten, record: Recorded[NoteWritten]) -> None:
    card.notes += 1
    card.trail.append(f"{record.key}:{happened.words}")


@attrs.define
class JournalLine:
    word: str
    about: str
    at: datetime


journal = Projection("journal", "customer", 1, JournalLine, lines=True)


@journal.line(NoteWritten, NoteFiled)
def listed(
    happened: NoteWritten | NoteFiled, record: Recorded[NoteWritten | NoteFiled]
) -> Iterable[JournalLine]:
    yield JournalLine(record.type, record.key, record.occurred_at)


@attrs.define
class PassCard:
    key: str
    left: int
    lapsed: int
    days: int


def picture(one: Pass, _: datetime) -> PassCard:
    return PassCard(one.key, one.left, one.lapsed, one.days)


passes = Projection.of("passes", PASS, version=1, row=PassCard, picture=picture)

ROOMS = (NOTE, PASS, identity.DECIDER, policy.DECIDER)
VIEWS = (desk, folder, journal, passes, deadlines(PASS))
CATALOGUE = Catalogue(
    (
        *get_args(NoteEvent),
        *get_args(PassEvent),
        PassLapsed,
        PolicyPublished,
        *get_args(identity.Event),
    )
)


def on_filed(happened: NoteFiled, record: Recorded[NoteFiled]) -> tuple[Call, ...]:
    """A note filed under `bin` is copied."""
    if happened.shelf != "bin":
        return ()
    copy = {"record": "r-desk", "words": 3}
    return (Call("note.write", f"copy-of-{record.key}", copy),)


REACTIONS = {NoteFiled: on_filed}
