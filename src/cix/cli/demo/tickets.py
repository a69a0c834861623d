"""How the tickets of the demo live: asked, answered, solved, sometimes not quite."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from cix.cli.demo.dice import Dice
from cix.cli.demo.lives import Life
from cix.cli.demo.rehearsal import Intent
from cix.cli.demo.texts import AGAIN, AGENTS, COMPLAINT, MATTERS, THANKS, Matter, Speech

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_TALKING: Final = frozenset({"order", "app", "store", "logistics"})
"""Channels on which nobody writes."""
_PRIORITIES: Final = {"low": 2, "normal": 10, "high": 4, "urgent": 1}


def ticket_intents(life: Life) -> Iterator[Intent]:
    """Yield what happens to every ticket of a customer, in no order."""
    person, dice = life.person, life.dice
    channels = {name: w for name, w in person.channels.items() if name not in _TALKING}
    if not channels:
        return
    for n in range(person.tickets):
        recent = life.end - (_DAY if dice.happens(0.12) else 300 * _DAY)
        at = dice.by_day(max(person.joined_at + 2 * _DAY, recent), life.end)
        channel = dice.weighted(channels)
        case = Case(life, f"t-{person.number}-{n + 1}", channel, dice.one(MATTERS))
        yield from case.intents(at)


@attrs.frozen
class Case:
    """One ticket of one customer."""

    life: Life
    key: str
    channel: str
    matter: Matter

    @property
    def dice(self) -> Dice:
        """Return the customer's dice."""
        return self.life.dice

    def intents(self, at: datetime) -> Iterator[Intent]:
        """Yield the ticket's life from *at* on; what comes after now is left out elsewhere."""
        dice, matter = self.dice, self.matter
        agent = dice.one(AGENTS[:4])
        yield from self._opening(at)
        given = dice.after(at, _MINUTE, 30 * _MINUTE)
        yield self._step(given, "assign", "routing", agent=agent, group=matter.group)
        at = dice.after(given, _MINUTE, 3 * _HOUR)
        yield from self._said(at, "agent", matter.answered, agent)
        if dice.happens(0.08):
            yield from self._merged(at)
        if matter.complexity != "simple":
            at = yield from self._work(at, agent)
        at = dice.after(at, 10 * _MINUTE, 8 * _HOUR)
        yield self._step(at, "resolve", agent, agent=agent, resolution="done")
        if dice.happens(0.15):
            at = dice.after(at, _HOUR, 5 * _DAY)
            yield from self._said(at, "customer", AGAIN)
            at = dice.after(at, _HOUR, _DAY)
            yield self._step(at, "resolve", agent, agent=agent, resolution="done again")
        yield from self._afterwards(at, agent)

    def _step(self, at: datetime, word: str, actor: str | None = None, **args: object) -> Intent:
        return self.life.now(at, f"ticket.{word}", self.key, actor, **args)

    def _opening(self, at: datetime) -> Iterator[Intent]:
        person, matter = self.life.person, self.matter
        contact = f"k-{self.key}-1"
        record, speech = person.record(self.channel), person.speech
        asked = {"record": record, "channel": self.channel, "text": matter.asked[speech]}
        yield self.life.now(at, "contact.receive", contact, **asked)
        yield self._step(
            at + timedelta(seconds=1),
            "open",
            "desk",
            record=record,
            channel=self.channel,
            priority=self.dice.weighted(_PRIORITIES),
            type=matter.type,
            topic=matter.topic,
            complexity=matter.complexity,
            segment="high_value" if person.purchases > 15 else "regular",  # noqa: PLR2004  # of this shop
            language=speech,
            contact=contact,
            subject=matter.subject[speech],
        )
        said = {"by": "customer", "channel": self.channel, "message": contact}
        text = matter.asked[speech]
        yield self._step(at + timedelta(seconds=2), "reply", **said, text=text)

    def _said(
        self,
        at: datetime,
        by: str,
        texts: Mapping[Speech, str],
        agent: str | None = None,
    ) -> Iterator[Intent]:
        """Somebody writes on the ticket's channel; the ticket hears of it by the contact."""
        person = self.life.person
        key = f"k-{self.key}-{int(at.timestamp())}"
        common: dict[str, Any] = {
            "record": person.record(self.channel),
            "channel": self.channel,
            "text": texts[person.speech],
            "about": self.key,
        }
        if by == "agent":
            yield self.life.now(at, "contact.send", key, agent, **common, agent=agent)
        else:
            yield self.life.now(at, "contact.receive", key, **common)

    def _work(self, at: datetime, agent: str) -> Generator[Intent, None, datetime]:
        """A harder matter: notes, waiting, another department, now and then a complaint.

        Answers when it was done.
        """
        dice = self.dice
        at = dice.after(at, 5 * _MINUTE, 2 * _HOUR)
        yield self._step(at, "note", agent, agent=agent, text="asked the warehouse")
        if dice.happens(0.25):
            senior = dice.one(AGENTS[4:])
            raised = {"level": 2, "agent": senior, "reason": "needs a decision"}
            yield self._step(at + _MINUTE, "escalate", agent, **raised)
        if dice.happens(0.5):
            yield self._step(
                at + 2 * _MINUTE, "pend", agent, agent=agent, reason="waits for photos"
            )
            at = dice.after(at, _HOUR, 2 * _DAY)
            yield from self._said(at, "customer", THANKS)
        else:
            yield self._step(at + 2 * _MINUTE, "hold", agent, agent=agent, reason="waits for parts")
            at = dice.after(at, _HOUR, 3 * _DAY)
            yield self._step(at, "resume", agent, agent=agent)
        if dice.happens(0.12):
            said = COMPLAINT[self.life.person.speech]
            yield self._step(at + _MINUTE, "complain", about="waiting", severity="high", text=said)
            at = dice.after(at, _HOUR, _DAY)
            settled = {"outcome": "upheld", "remedy": "100 points", "agent": agent}
            yield self._step(at, "settle", agent, **settled)
        return at

    def _merged(self, at: datetime) -> Iterator[Intent]:
        """The customer asked on a second ticket too: the two become one."""
        twin = attrs.evolve(self, key=f"{self.key}b")
        yield from twin._opening(at)  # noqa: SLF001  # it is of this class
        later = self.dice.after(at, 5 * _MINUTE, _HOUR)
        yield twin._step(later, "merge", "desk", into=self.key)  # noqa: SLF001  # as above

    def _afterwards(self, at: datetime, agent: str) -> Iterator[Intent]:
        dice = self.dice
        if dice.happens(0.6):
            asked = dice.after(at, _HOUR, _DAY)
            yield self._step(asked, "request_survey", "desk")
            if dice.happens(0.5):
                score = dice.weighted({5: 9, 4: 6, 3: 3, 2: 1, 1: 1})
                answered = dice.after(asked, _MINUTE, 2 * _DAY)
                yield self._step(answered, "answer_survey", score=score)
        if self.matter.type == "after_sales" and dice.happens(0.7):
            called = dice.after(at, _DAY, 3 * _DAY)
            yield self._step(called, "follow_up", agent, agent=agent, outcome="satisfied")
        if dice.happens(0.5):
            yield self._step(dice.after(at, 4 * _DAY, 10 * _DAY), "close", agent, agent=agent)
