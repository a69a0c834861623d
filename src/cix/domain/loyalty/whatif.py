"""What if another programme had been in force: the same commands, decided again.

Writes nothing. Every accepted command is decided again from what was asked, in recording order;
one that the other programme refuses is skipped and counted. Birthdays for which no programme in
force gave points are kept when they begin. The report compares members as they were and would be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from heapq import merge
from operator import attrgetter
from typing import Any, Final

from cix.domain.loyalty import facts as f
from cix.domain.loyalty.again import AGAIN, SPANNING, Accounts, undated
from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.liability import Tally
from cix.domain.loyalty.outcomes import BY_ACCOUNT, MemberOutcome, Report, reported
from cix.domain.loyalty.programme import Programme
from cix.domain.loyalty.quickly import Quick
from cix.domain.loyalty.reading import KIND
from cix.domain.loyalty.referral import Event as Invited
from cix.domain.loyalty.referral import InvitationAccepted, Person, ReferralMissed, evolve
from cix.domain.loyalty.room import DECIDER, begin, replay, shown_tier, take
from cix.domain.loyalty.taking import TAKERS
from cix.domain.policy import PolicyPublished
from cix.errors import DomainError
from cix.records import Recorded, to_us


class Comparison:
    """Two folds of one log side by side: as it was, and under another programme.

    Feed it records in log order with ``take``; accounts that never share a fact may be fed one
    after the other, whose outcomes are then simply put together.
    """

    def __init__(self, programme: Programme, version: str = "what-if") -> None:
        """Start with nothing known; *programme* is in force from the beginning."""
        self.programme = programme
        self.before: dict[str, Ledger] = {}
        self.after = Accounts(programme, version)
        quick = Quick(self.after).commands()
        self.ways = {
            kind: (taker, quick.get(kind)) for kind, taker in TAKERS.items() if kind not in _KEYS
        }
        """Of each fact of one ledger: how it is taken, and how it is decided again quickly."""
        self.has_birthdays = programme.birthday_points > 0
        self.refused: dict[str, Counter[str]] = {}
        self.policies: list[Recorded[Any]] = []

    def take(self, record: Recorded[Any], account: str | None = None) -> None:
        """Take one record of the log: as it was, and decided again.

        *account* is the one that the record is of, if it is known already.
        """
        fact, name, position, effective, recorded = record.posting()
        way = self.ways.get(type(fact))
        if way is None:
            self._take_otherwise(record)
            return
        taker, quick = way
        key = account or record.key
        core = self.before.get(key) or self._known(key)
        begin(core, name, position, recorded)
        taker(core, fact, name, effective, recorded)
        if self.has_birthdays:
            self.after.keep_birthdays(core, recorded)
        if quick is None or not quick(fact, key, name, position, effective, recorded):
            self._again(record, (key,))

    def _take_otherwise(self, record: Recorded[Any]) -> None:
        """Take a record that is of several ledgers, or changed none as it was."""
        fact: object = record.fact
        match fact:
            case _ if type(fact) in _KEYS:
                keys = _KEYS[type(fact)](fact)
                for key in keys:
                    core = self.before.get(key) or self._known(key)
                    recorded = take(core, record)
                    if self.has_birthdays:
                        self.after.keep_birthdays(core, recorded)
                self._again(record, keys)
            case PolicyPublished():
                self.policies.append(record)
                for core in self.before.values():
                    take(core, record)
            case InvitationAccepted():
                self._follow(fact.friend, fact, record)
            case ReferralMissed():
                friend = self.after.persons.get(record.key)
                if friend is not None and friend.referrer is not None:
                    self._again(record, (friend.key, friend.referrer))
            case _:
                pass

    def _follow(self, friend: str, fact: Invited, record: Recorded[Any]) -> None:
        persons = self.after.persons
        persons[friend] = evolve(persons.get(friend) or Person(friend), fact, record)

    def _known(self, key: str) -> Ledger:
        self.before[key] = replay(key, self.policies)
        return self.before[key]

    def _again(self, record: Recorded[Any], keys: tuple[str, ...]) -> None:
        after = self.after
        fact, name, position, effective, recorded = record.posting()
        try:
            decided = self._decided(fact, keys, effective, recorded)
        except DomainError as error:
            self.refused.setdefault(keys[0], Counter())[error.rule] += 1
            return
        for one in decided:
            if isinstance(one, ReferralMissed | f.ReferralRewarded | f.ReferralTakenBack):
                self._follow(keys[0], one, record)
            if isinstance(one, ReferralMissed):
                if not isinstance(fact, ReferralMissed):
                    self.refused.setdefault(keys[0], Counter())[one.reason] += 1
                continue
            for key in keys:
                if key not in self.before:
                    self._known(key)
                core = after.ledger(key)
                begin(core, name, position, recorded)
                TAKERS[type(one)](core, one, name, effective, recorded)

    def _decided(
        self, fact: object, keys: tuple[str, ...], effective: datetime, recorded: datetime
    ) -> tuple[Any, ...]:
        """Return what the command of *fact* comes to under the other programme."""
        if isinstance(fact, f.BirthdayRewarded) and not self.before[keys[0]].dates:
            return undated(self.after.at(keys[0], recorded), effective, fact)
        if (decide := AGAIN.get(type(fact))) is not None:
            return decide(self.after.at(keys[0], recorded), effective, fact)
        spanning = SPANNING.get(type(fact))
        return () if spanning is None else spanning(self.after, keys, effective, recorded, fact)

    def outcomes(self, at: datetime, was: Tally, would_be: Tally) -> list[MemberOutcome]:
        """Return what became of each member as of *at*, and add up both liabilities."""
        members: list[MemberOutcome] = []
        for key in sorted(self.refused.keys() - self.before.keys()):
            self._known(key)  # nobody yet, and refused as such
        for key, before in self.before.items():
            if self.has_birthdays:
                self.after.keep_birthdays(before, at)
            after = self.after.ledger(key)
            before.advance(at)
            after.advance(at)
            members.append(self._outcome(key, before, after, at))
            was.add(before)
            would_be.add(after)
        return members

    def forget(self) -> None:
        """Let go of every account, to begin with others."""
        self.before.clear()
        self.after.ledgers.clear()
        self.after.persons.clear()
        self.refused.clear()
        self.policies.clear()

    def _outcome(self, key: str, before: Ledger, after: Ledger, at: datetime) -> MemberOutcome:
        was, is_now = shown_tier(before, at), shown_tier(after, at)
        return MemberOutcome(
            key,
            before.in_force(at).programme.tier(was).name,
            self.programme.tier(is_now).name,
            was,
            is_now,
            before.balance,
            after.balance,
            before.pending,
            after.pending,
            before.earned,
            after.earned,
            self.refused.get(key, _NOTHING),
        )


_NOTHING: Final[Mapping[str, int]] = {}
_POSITION: Final = attrgetter("position")


def _giver_and_receiver(fact: f.PointsGiven) -> tuple[str, ...]:
    return (fact.giver, fact.to)


def _friend_and_referrer(fact: f.ReferralRewarded | f.ReferralTakenBack) -> tuple[str, ...]:
    return (fact.friend, fact.referrer)


def _members(fact: f.PoolRedeemed | f.PoolReturned) -> tuple[str, ...]:
    return fact.members


_KEYS: Final[dict[type, Callable[[Any], tuple[str, ...]]]] = {
    f.PointsGiven: _giver_and_receiver,
    f.PoolRedeemed: _members,
    f.PoolReturned: _members,
    f.ReferralRewarded: _friend_and_referrer,
    f.ReferralTakenBack: _friend_and_referrer,
}
"""Which accounts a fact of several concerns, the one that decided first."""
_BESIDE: Final = (InvitationAccepted, ReferralMissed)
"""Facts of the referral room, without an account's tag: of the friend and of who invited."""
SHARED: Final[frozenset[type]] = frozenset((*_KEYS, *_BESIDE))
"""The facts that concern several accounts."""


def united(records: Iterable[Recorded[Any]]) -> dict[str, str]:
    """Return, of each account that shares a fact with another, one account of its group.

    Groups are the smallest sets of accounts of which no fact concerns accounts of two; every
    member of a group is given the same account, the first by name. *records* may hold any facts.
    """
    found: dict[str, str] = {}

    def head(key: str) -> str:
        while (above := found.setdefault(key, key)) != key:
            found[key] = key = found[above]
        return key

    referrers: dict[str, tuple[str, ...]] = {}
    for record in records:
        fact = record.fact
        if type(fact) not in SHARED:
            continue
        keys: tuple[str, ...] = (record.key,)
        if isinstance(fact, InvitationAccepted):
            referrers[fact.friend] = fact.above[:1]
            continue
        if isinstance(fact, ReferralMissed):
            keys += referrers.get(record.key, ())
        else:
            keys += _KEYS[type(fact)](fact)
        heads = sorted({head(key) for key in keys})
        found.update(dict.fromkeys(heads, heads[0]))
    return {key: head(key) for key in found}


def whatif(
    records: Iterable[Recorded[Any]],
    programme: Programme,
    at: datetime,
    *,
    group_of: Callable[[str], str | None] | None = None,
    progress: Callable[[int, int], None] | None = None,
    every: int = 10_000,
) -> Report:
    """Replay *records* (log order, published programmes too) under *programme*, as of *at*.

    They are gathered by account first; then one account after the other is decided, so that all
    of it is at hand, and is let go of. *group_of* names the group of an account, as ``united``
    does (default: found out from the records), or None when the account is to be left out.
    *progress* is told how many of how many records are decided, about every so many. Records
    after *at* are left out. Nothing is written.
    """
    if group_of is None:
        records = list(records)
        group_of = partial(_group_in, united(records))
    policies, histories = _gathered(records, group_of, to_us(at))
    rules = replay("", policies)
    was, would_be = Tally(rules.in_force(at).programme), Tally(programme)
    members: list[MemberOutcome] = []
    comparison = Comparison(programme)
    done, told, total = 0, 0, sum(len(history) for history, _ in histories)
    while histories:
        history, account = histories.pop()
        for record in merge(policies, history, key=_POSITION) if policies else history:
            comparison.take(record, account)
        members += comparison.outcomes(at, was, would_be)
        comparison.forget()
        done += len(history)
        if progress is not None and done - told >= every and histories:
            told = done
            progress(done, total)
    if progress is not None:
        progress(total, total)
    members.sort(key=BY_ACCOUNT)
    return reported(at, tuple(members), was.outstanding(), would_be.outstanding())


def _group_in(groups: Mapping[str, str], key: str) -> str:
    return groups.get(key, key)


def _is_programme(fact: object) -> bool:
    return isinstance(fact, PolicyPublished) and fact.kind == KIND


def _gathered(
    records: Iterable[Recorded[Any]], group_of: Callable[[str], str | None], last_us: int
) -> tuple[list[Recorded[Any]], list[tuple[list[Recorded[Any]], str | None]]]:
    """Return the published programmes, and of each group of accounts the records in order.

    Beside them stands the account that their ledger is of, None when it is of several.
    """
    others: list[Recorded[Any]] = []
    groups: dict[str, list[Recorded[Any]]] = {}
    only: dict[str, str | None] = {}
    accounts: dict[str | None, list[Recorded[Any]] | None] = {None: others}
    kind = DECIDER.kind
    for record in records:
        if record.row[5] > last_us:
            continue
        key = record.tag(kind)
        try:
            history = accounts[key]
        except KeyError:
            account = str(key)
            history = None
            if (group := group_of(account)) is not None:
                history = groups.setdefault(group, [])
                only[group] = None if group in only else account
            accounts[key] = history
        if history is not None:
            history.append(record)
    invited: set[str] = set()
    for record in others:
        beside = isinstance(record.fact, _BESIDE)
        if beside and (group := group_of(record.key)) is not None:
            groups.setdefault(group, []).append(record)
            only.setdefault(group, None)
            invited.add(group)
    for group in invited:
        groups[group].sort(key=_POSITION)
    policies = [record for record in others if _is_programme(record.fact)]
    return policies, [(history, only[group]) for group, history in groups.items()]


__all__ = [
    "SHARED",
    "Comparison",
    "united",
    "whatif",
]
