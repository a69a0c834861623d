"""The fold: a ticket's facts, in effect order, through every clock of the policies in force.

One pass, in whole microseconds. Between two facts time itself may raise the ticket to a support
level; such a derived escalation takes effect at its exact due instant, after the stored facts of
that instant.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import attrs

from cix.domain.sla.facts_in import Created, Escalated, FactIn, MergedFrom, Noted, SplitFrom
from cix.domain.sla.life import Life, Step
from cix.domain.sla.policy import SlaPolicy, SlaRules
from cix.domain.sla.slot import Slot
from cix.domain.sla.timer import Cause, Run
from cix.domain.sla.versions import NOTHING, Book, Bound, Edge, PolicyVersion, matching

Item: TypeAlias = tuple[FactIn | Edge, Cause]


@attrs.frozen
class Raise:
    """A level that time raises.

    It is dated ``at_us`` and happens at ``fires_us``: the due instant itself, after the stored
    facts of that instant; or (a breach, which raises the level again) the first instant at which
    an answer would be late, before its facts.
    """

    at_us: int
    fires_us: int
    slot: Slot
    run: Run
    again: bool

    @property
    def place(self) -> int:
        """Return its place in time: twice the instant, plus one after the facts of it."""
        return 2 * self.fires_us + (not self.again)


@attrs.frozen(eq=False)
class Raised:
    """A level that time raised, at the instant and from the instance that was used up."""

    at_us: int
    level: int
    run: Run


@attrs.define(eq=False)
class Clocks:
    """Every clock of one ticket; mutable while its facts are folded.

    With ``fixed`` the ticket is held to be under one policy from its creation on, whatever the
    rules say: so a target that is new to it is judged from the facts that would have started it.
    """

    book: Book
    fixed: tuple[SlaPolicy, PolicyVersion] | None = None
    life: Life = attrs.field(factory=Life)
    rules: PolicyVersion = NOTHING
    calendars: dict[str, Bound] = attrs.field(factory=dict)
    current: dict[str, SlaPolicy] = attrs.field(factory=dict)
    """The policy each family is under."""
    slots: list[Slot] = attrs.field(factory=list)
    history: list[Item] = attrs.field(factory=list)
    raised: list[Raised] = attrs.field(factory=list)
    """Escalations that time decided."""
    edge: int = 0
    """How many edges of the book have taken effect."""
    raises: bool = False
    """Whether any target lets time raise a level."""
    split: SplitFrom | None = None

    # -- driving -----------------------------------------------------------------------------
    def run(self, facts: Iterable[Noted], until_us: int | None = None) -> Clocks:
        """Fold facts that are in effect order; then let time run up to an instant."""
        edges, many = self.book.places, len(self.book.places)
        for one in facts:
            at, position = one.occurred_us, one.position
            if self.edge < many and self.life.created_us is not None:
                while self.edge < many and edges[self.edge] < (at, position):
                    self._take_edge(self.book.edges[self.edge])
            if self.raises:
                self._raise_up_to(2 * at)
            self.take(one.fact, Cause(at, one.name, one.recorded_us))
        if until_us is not None and self.life.created_us is not None:
            self.settle(until_us)
        return self

    def settle(self, until_us: int, effect_us: int | None = None) -> None:
        """Let levels be raised up to an instant, inclusive, and versions take effect.

        Versions do so up to ``effect_us``, where that is given and later.
        """
        last_us = until_us if effect_us is None else max(until_us, effect_us)
        while self.edge < len(self.book.edges) and self.book.edges[self.edge].at_us <= last_us:
            self._take_edge(self.book.edges[self.edge])
        if self.raises:
            self._raise_up_to(2 * until_us + 1)

    def _take_edge(self, edge: Edge) -> None:
        if self.raises:
            self._raise_up_to(2 * edge.at_us)
        self.edge += 1
        self.turn(edge, Cause(edge.at_us, str(edge.position), edge.recorded_us))

    # -- one fact, one edge ------------------------------------------------------------------
    def take(self, fact: FactIn, cause: Cause) -> None:
        """Take one fact of the ticket."""
        life = self.life
        if life.gone:
            return
        if life.created_us is None and isinstance(fact, Created):
            self._enter_force(cause)
        step = life.take(fact, cause.at_us)
        if life.gone:
            for slot in self.slots:
                slot.cancel(life, cause)
            return
        if life.created_us is None:
            self.split = fact if isinstance(fact, SplitFrom) else self.split
            return
        if step.changed:
            self.match(cause, edit=False)
        if step.tokens:
            for slot in self.slots:
                slot.take(life, step, cause)
        self._join_or_part(fact, cause)
        self.history.append((fact, cause))

    def _join_or_part(self, fact: FactIn, cause: Cause) -> None:
        if isinstance(fact, MergedFrom):
            for slot in self.slots:
                slot.merged(self.life, fact, cause)
        elif isinstance(fact, SplitFrom) or (self.split and isinstance(fact, Created)):
            split = fact if isinstance(fact, SplitFrom) else self.split
            for slot in self.slots:
                if split is not None:
                    slot.split(self.life, split, cause)

    def _enter_force(self, cause: Cause) -> None:
        """Put in force what took effect before the creation."""
        self.edge = self.book.index(cause.at_us, int(cause.ref))
        held = self.book.in_force(self.edge)
        self.rules, self.calendars = held.policies, dict(held.calendars)

    def turn(self, edge: Edge, cause: Cause) -> None:
        """Let another version of the policies, or of a calendar, take effect."""
        if self.life.gone:
            return
        self.history.append((edge, cause))
        if edge.policies is not None and self.fixed is None:
            self.rules = edge.policies
            self.match(cause, edit=True)
        if edge.calendar is not None:
            self.calendars[edge.calendar.name] = edge.calendar
            for slot in self.slots:
                slot.edited(edge.calendar.name, edge.calendar, cause)

    def calendar(self, name: str) -> Bound:
        """Return the calendar of that name in force now."""
        return self.book.calendar(self.calendars, name)

    # -- which policies apply ------------------------------------------------------------------
    def match(self, cause: Cause, *, edit: bool) -> None:
        """Match the ticket as it is now; change over where another policy applies."""
        if self.fixed is not None:
            policy, _ = self.fixed
            found = {policy.family: policy}
        else:
            found = matching(self.rules.rules, self.life.fields)
        families = dict.fromkeys((*found, *self.current))
        for family in families:
            old, new = self.current.get(family), found.get(family)
            if old is new or (not edit and old and new and old.name == new.name):
                continue
            if new is None:
                del self.current[family]
            else:
                self.current[family] = new
            self._change_over(family, old, new, cause, edit=edit)
        self.raises = any(slot.target and slot.target.raises for slot in self.slots)

    def _change_over(
        self,
        family: str,
        old: SlaPolicy | None,
        new: SlaPolicy | None,
        cause: Cause,
        *,
        edit: bool,
    ) -> None:
        if edit and self._keeps(family, old, new):
            self._renew(family, new)
            return
        if new is None:
            for slot in self._of(family):
                slot.target = None
                slot.cancel(self.life, cause)
            return
        fresh = self._swap_known(family, new, cause, edit=edit)
        self._add(new, fresh)
        if self.history and fresh:
            self._attach(new, fresh, cause)

    def _keeps(self, family: str, old: SlaPolicy | None, new: SlaPolicy | None) -> bool:
        """Tell whether an edit leaves the instances that run under the old version."""
        rules: SlaRules = self.rules.rules
        renewed = None if old is None else rules.named(family, old.name)
        if new is None:
            return renewed is not None and renewed.on_edit == "keep"
        return new.on_edit == "keep" and (old is None or renewed is not None)

    def _renew(self, family: str, new: SlaPolicy | None) -> None:
        """Let later instances take the new version; those that run stay under the old one."""
        for slot in self._of(family):
            slot.target = None if new is None else new.target(slot.name)
            if new is not None:
                slot.policy, slot.version = new, self._version
        if new is not None:
            held = {slot.name for slot in self._of(family)}
            self._add(new, [one.name for one in new.targets if one.name not in held])

    def _swap_known(self, family: str, new: SlaPolicy, cause: Cause, *, edit: bool) -> list[str]:
        """Change the targets that are known by name; return the names that are new."""
        known: set[str] = set()
        for slot in self._of(family):
            target = new.target(slot.name)
            slot.policy, slot.version = new, self._version
            held = slot.open.target if slot.open else slot.target
            if target is None or (held is not None and held.kind != target.kind):
                slot.target = None
                slot.cancel(self.life, cause)
                continue
            if held is None:
                continue
            known.add(slot.name)
            slot.target = target
            if slot.open is None:
                slot.retargeted_while_ended = slot.retargeted_while_ended or not edit
            else:
                slot.swap(target, self.life, cause)
        return [one.name for one in new.targets if one.name not in known]

    def _add(self, new: SlaPolicy, names: list[str]) -> None:
        """Make a place for targets that are new to the ticket."""
        held = {slot.name: slot for slot in self._of(new.family)}
        for target in new.targets:
            if target.name not in names:
                continue
            slot = held.get(target.name)
            if slot is None:
                slot = Slot(new.family, target.name, target, new, self._version, self.calendar)
                self.slots.append(slot)
            slot.target = target

    def _attach(self, new: SlaPolicy, names: list[str], cause: Cause) -> None:
        """Start targets that are new to the ticket from the facts that would have started them.

        Of what would have ended before, nothing is listed.
        """
        policy = attrs.evolve(new, targets=tuple(t for t in new.targets if t.name in names))
        past = Clocks(self.book, (policy, self.rules))
        for item, at in self.history:
            past.replay(item, at)
        if past.raises:
            past._raise_up_to(2 * cause.at_us)
        self.raised.extend(past.raised)
        held = {slot.name: slot for slot in self._of(new.family)}
        for slot in past.slots:
            self._adopt(held[slot.name], slot, cause)

    def replay(self, item: FactIn | Edge, cause: Cause) -> None:
        """Take a fact or an edge again, as another fold has taken it."""
        if self.raises:
            self._raise_up_to(2 * cause.at_us)
        if isinstance(item, Edge):
            self.turn(item, cause)
        else:
            self.take(item, cause)

    def _adopt(self, slot: Slot, past: Slot, cause: Cause) -> None:
        target = slot.target
        if target is None:
            return
        if target.on_change != "retroactive":
            if past.open is not None:
                slot.start(target, self.life, cause)
            return
        taken = {one.ref for one in slot.runs}
        for run in past.runs:
            run.n = len(slot.runs) + 1
            run.unseen = run is not past.open and run not in past.superseded
            run.reaches_back = True
            if run.ref in taken:
                run.ref = f"{run.ref}+{cause.ref}"
            run.recorded_us = max(run.recorded_us, cause.recorded_us)
            slot.runs.append(run)
        slot.open, slot.superseded = past.open, past.superseded

    def _of(self, family: str) -> list[Slot]:
        return [slot for slot in self.slots if slot.family == family]

    @property
    def _version(self) -> str:
        return self.rules.version if self.fixed is None else self.fixed[1].version

    # -- what time itself raises ---------------------------------------------------------------
    def _raise_up_to(self, place: int) -> None:
        """Raise every level up to a place in time, the soonest first."""
        while (found := self.next_raise()) is not None and found.place <= place:
            self._raise(found)

    def next_raise(self) -> Raise | None:
        """Return the next level that time raises, if nothing happens before."""
        found = [one for slot in self.slots if (one := _raise_of(slot)) is not None]
        return min(found, key=lambda one: (one.place, one.at_us), default=None)

    def _raise(self, found: Raise) -> None:
        slot, run = found.slot, found.run
        level = run.target.raises or 0
        cause = Cause(found.at_us, f"{run.ref}~{level}", run.recorded_us)
        if found.again:
            run.breach = run.breach_at(found.fires_us)
            slot.superseded.append(run)
            slot.open = None
        else:
            run.breach = None
        self.raised.append(Raised(found.at_us, level, run))
        self.history.append((Escalated(level), cause))
        for one in self.slots:
            one.take(self.life, Step(Escalated(level).tokens), cause)


def _raise_of(slot: Slot) -> Raise | None:
    run = slot.open
    if run is None or run.since_us is None or run.target.raises is None:
        return None
    near, far = run.due() if run.breach is None else run.breach
    if near is None:
        return None
    if not run.target.raises_again:
        return Raise(near, near, slot, run, again=False)
    if far is None or len(slot.superseded) >= run.target.raises_again:
        return None
    return Raise(near, far + 1, slot, run, again=True)
