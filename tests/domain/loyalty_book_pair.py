"""The product and the book side by side: given the same, asked the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cix.domain import loyalty
from cix.domain.decider import crossings
from cix.domain.loyalty import referral, whatif
from cix.domain.loyalty.facts import HoldTimedOut, PointsExpired, PointsMatured
from cix.domain.loyalty.liability import Tally
from cix.domain.loyalty.room import account_of
from cix.errors import DomainError
from domain import loyalty_book_members, loyalty_book_spending
from domain.loyalty_book_days import DAY, TICK
from domain.loyalty_book_ledger import PLAYS, Book, RefusedError, Said
from domain.loyalty_book_programmes import MEMBERS, Body
from domain.loyalty_book_referral import person
from domain.loyalty_book_tiers import Version, body_at
from domain.loyalty_world import World

assert {loyalty_book_members.gift, loyalty_book_spending.redeem} <= set(PLAYS.values())


@dataclass
class Command:
    """A command, or a version published: ``what`` is then ``publish``, ``args`` its body."""

    what: str
    now: datetime
    key: str = ""
    effective: datetime | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""


class Pair:
    """The product and the book side by side."""

    def __init__(self, start: datetime) -> None:
        self.world = World(None, start)
        self.versions: list[Version] = []
        self.said: list[Said] = []
        self.turn = 0

    def book(self, at: datetime | None = None) -> Book:
        """Play everything anew, as of *at*."""
        return Book(self.versions, self.said, at or self.world.now)

    def publish(self, command: Command) -> None:
        self.world.now = command.now
        effective = command.effective or command.now
        self.world.publish(command.args, effective)
        self.versions.append(Version(self.turn, command.now, effective, command.args))

    def give(self, command: Command) -> tuple[str, str]:
        """Give one command to both; answer the product's and the book's rule, '' for accepted."""
        self.turn += 1
        if command.what == "publish":
            self.publish(command)
            return "", ""
        name, effective = command.name, command.effective or command.now
        said = Said(
            self.turn, command.now, effective, name, command.what, command.key, command.args
        )
        self.world.now, before = command.now, len(self.world.log)
        found, expected = self.product(command, name), ""
        book = self.book()
        try:
            book.play(said)
        except RefusedError as refusal:
            expected = str(refusal)
        if not expected and len(self.world.log) > before:
            self.said.append(said)
        return found, expected

    def product(self, command: Command, name: str) -> str:
        args = dict(command.args)
        if "lines" in args:
            args["lines"] = tuple(
                loyalty.Award(f"l{i}", kind, n) for i, (kind, n) in enumerate(args["lines"])
            )
        if "items" in args:
            args["items"] = tuple(loyalty.Item(*item) for item in args["items"])
        room = referral if hasattr(referral, command.what) else loyalty
        decision = getattr(room, command.what)
        try:
            self.world.do(decision, command.key, id=name, effective=command.effective, **args)
        except DomainError as error:
            return str(error.rule)
        return ""

    def see(self, key: str, at: datetime) -> dict[str, Any]:
        """Return the product's picture in the book's words."""
        return self.pictured(self.world.state(key, at=at), at)

    def pictured(self, state: loyalty.Account, at: datetime) -> dict[str, Any]:
        shown = loyalty.standing(state, at)
        words = (
            "pending held available balance debt earned redeemed expired clawed forgiven "
            "cancelled growth position tier tier_until to_next in_grace is_closed enrolled_at"
        )
        found = {word: getattr(shown, word) for word in words.split()}
        found["lots"] = [
            (lot.left, lot.earned_at, lot.available_at, lot.expires_at, lot.pending)
            for lot in shown.lots
        ]
        for days in (0, 1, 30, 400):
            found[f"expiring({days})"] = loyalty.expiring(state, days)
        return found

    def differences(self, at: datetime) -> list[str]:
        """Name what the two pictures of every member as of *at* do not agree on."""
        book = self.book(at)
        found: list[str] = []
        for key in MEMBERS:
            product, expected = self.see(key, at), book.ask(key)
            found += [
                f"{key}.{word} as of {at}: product {product[word]}, book {expected[word]}"
                for word in expected
                if product[word] != expected[word]
            ]
        return found + self.other_links(book, at)

    def other_links(self, book: Book, at: datetime) -> list[str]:
        """Name whose invitations the two tell differently."""
        found: list[str] = []
        for key in MEMBERS:
            shown, expected = self.world.state(key, referral.DECIDER, at), person(book, key)
            told = (
                shown.referrer,
                [(p.order, p.sponsor, p.friend, p.reason, p.taken_back) for p in expected.paid],
                expected.missed,
                expected.refused,
            )
            product = (
                shown.referrer,
                [
                    (p.order, p.referrer_points, p.friend_points, p.reason, p.taken_back)
                    for p in shown.paid
                    if shown.referrer
                ],
                list(shown.missed),
                list(shown.refused),
            )
            if product != told or shown.referrer != expected.referrer:
                found.append(f"{key}.referral as of {at}: product {product}, book {told}")
        return found


def forgotten(pair: Pair, book: Book, turn: int) -> list[Said]:
    """Say the birthdays up to now that a programme without awards let pass, *book* being asked."""
    found: list[Said] = []
    if not book.body().get("birthday_points"):
        return found
    for key, account in book.accounts.items():
        if not account.born or account.closed:
            continue
        for year in range(account.born[0].since.year - 1, book.now.year + 2):
            at = account.begins(year)
            if at is None or at > book.now or year in account.birthdays:
                continue
            if not body_at(pair.versions, at).get("birthday_points"):
                args = {"year": year}
                found.append(Said(turn, at, at, f"birthday {year} {key}", "celebrate", key, args))
    return sorted(found, key=lambda said: said.now)


def what_if_differences(pair: Pair, body: Body) -> list[str]:
    """Name what a what-if under *body* tells otherwise than the book, which tries each anew."""
    now, always = pair.world.now, datetime(2, 1, 1, tzinfo=UTC)
    versions, accepted = [Version(-1, always, always, body)], list[Said]()
    kept = 0
    for said in pair.said:
        birthdays = forgotten(pair, Book(versions, accepted, said.now), said.turn)
        try:
            Book(versions, [*accepted, *birthdays, said], said.now)
        except RefusedError:
            said_and_done = birthdays
        else:
            said_and_done = [*birthdays, said]
        kept += len(birthdays)
        accepted += said_and_done
    birthdays = forgotten(pair, Book(versions, accepted, now), pair.turn + 1)
    kept += len(birthdays)
    accepted += birthdays
    book = Book(versions, accepted, now)
    comparison = whatif.Comparison(loyalty.read(body))
    for record in pair.world.log:
        comparison.take(record)
    comparison.outcomes(now, Tally(loyalty.read({})), Tally(loyalty.read({})))
    found: list[str] = []
    refused = sum(sum(found.values()) for found in comparison.refused.values())
    if refused != len(pair.said) + kept - len(accepted):
        found.append(f"what-if: product refuses {refused} of {len(pair.said)}, book {accepted}")
    for key in comparison.before:
        product = pair.pictured(account_of(comparison.after.ledger(key), now), now)
        expected = book.ask(key)
        found += [
            f"{key}.what-if {word}: product {product[word]}, book {expected[word]}"
            for word in expected
            if product[word] != expected[word]
        ]
    return found


def fallen(world: World, key: str, at: datetime) -> list[tuple[datetime, str, int]]:
    """Return what the product says time decided up to *at*: when, what, how many points."""
    known = [r for r in world.history(key) if r.recorded_at <= at]
    found: list[tuple[datetime, str, int]] = []
    for when, fact in crossings(loyalty.DECIDER, key, known, at):
        match fact:
            case PointsMatured():
                found.append((when, "matured", fact.points))
            case PointsExpired():
                found.append((when, "expired", fact.points))
            case HoldTimedOut():
                found.append((when, "timed out", sum(fact.back.counts())))
            case _:
                pass
    return [one for one in found if one[2]]


def due_differences(pair: Pair, at: datetime) -> list[str]:
    """Name what time did otherwise than the book says, and what moves before its deadline."""
    book = pair.book(at)
    found: list[str] = []
    for key in MEMBERS:
        told, expected = sorted(fallen(pair.world, key, at)), sorted(book.account(key).fell)
        if told != expected:
            found.append(f"{key}.fallen as of {at}: product {told}, book {expected}")
        dues = loyalty.deadlines(pair.world.state(key, at=at))
        due = min((d.due for d in dues if d.action is None and d.due > at), default=None)
        if due is None:
            due = at + 900 * DAY
        now, then = book.ask(key), pair.book(at)
        then.advance(due - TICK)
        later = then.ask(key)
        found += [
            f"{key}.deadline as of {at}: {word} moves before {due}: {now[word]}, {later[word]}"
            for word in now
            if not word.startswith("expiring") and now[word] != later[word]
        ]
    return found


def compared(pair: Pair, command: Command) -> list[str]:
    """Give a command to both and name what they do not agree on."""
    found, expected = pair.give(command)
    if found != expected:
        return [f"{command}: product {found or 'accepts'}, book {expected or 'accepts'}"]
    return pair.differences(command.now)


def retold(commands: Sequence[Command]) -> list[str]:
    """Give *commands* anew, and name the first things that do not agree."""
    pair = Pair(commands[0].now)
    for command in commands:
        if found := compared(pair, command):
            return found
    return []


def smallest(commands: Sequence[Command]) -> str:
    """Leave out what the disagreement does not need, and tell what is left."""
    kept = list(commands)
    for n in reversed(range(1, len(commands))):
        fewer = kept[:n] + kept[n + 1 :]
        kept = fewer if retold(fewer) else kept
    return "\n".join([*map(str, kept), *retold(kept)])
