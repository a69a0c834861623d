"""Commands drawn at random in the light of what there is, often at the instants that matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from domain.loyalty_book_days import DAY, TICK, after, day_of, first_instant
from domain.loyalty_book_ledger import Book
from domain.loyalty_book_pair import Command, Pair
from domain.loyalty_book_programmes import (
    HOUR,
    MEMBERS,
    STARTS,
    ZONES,
    Body,
    items,
    maybe,
    revised,
)
from domain.loyalty_book_referral import person, policy
from domain.loyalty_book_tiers import Replay


class Drawer:
    """Draws the next command in the light of what there is."""

    def __init__(
        self,
        rng: Random,
        pair: Pair,
        body: Body,
        *,
        versions: bool = True,
        profiles: Sequence[Mapping[str, int]] = (),
    ) -> None:
        self.rng, self.pair, self.body, self.count = rng, pair, body, 0
        self.now = pair.world.now
        self.versions = versions
        self.profile = rng.choice(profiles or PROFILES)
        self.members = MEMBERS[: rng.choice((1, 2, 3))]

    def instants(self, book: Book) -> list[datetime]:
        """Return the next instants at which something moves by itself."""
        found = [due[0] for a in book.accounts.values() for due in a.due()]
        reviews = [Replay(book.member(key), book.now).rung.due for key in book.accounts]
        found += [due for due in reviews if due is not None]
        days = timedelta(days=policy(book)["window_days"])
        told = [one.accepted for one in book.people.values() if one.accepted is not None]
        found += [after(day_of(at, book.zone()) + days, book.zone()) for at in told]
        return sorted({at for at in found if at > book.now})[:4]

    def later(self, book: Book) -> datetime:
        """Draw the instant of the next command."""
        rng, zone = self.rng, book.zone()
        still = {id(TIERS): 0.2, id(SPENDING): 0.8}.get(id(self.profile), 0.5)
        if rng.random() < still:
            return self.now + rng.choice((timedelta(0), timedelta(0), TICK, HOUR))
        steps = [timedelta(0), timedelta(0), TICK, HOUR, 30 * HOUR, 9 * DAY]
        if self.profile is TIERS or rng.random() < 0.1:
            steps += [40 * DAY, 90 * DAY, 366 * DAY]
        choices = [self.now + step for step in steps]
        for at in self.instants(book)[: rng.choice((1, 2, 4))]:
            choices += [at, at, at - TICK, at + TICK]
        choices.append(first_instant(day_of(self.now, zone) + DAY, zone))
        return max(self.now, rng.choice(choices))

    def some(self, *names: Any) -> Any:
        """Pick one of the names there are, seldom one of nothing."""
        known = [name for group in names for name in group]
        return self.rng.choice(known) if known else "nothing"

    def points(self) -> Any:
        if self.rng.random() < 0.02:
            return self.rng.choice((0, -3, True, 2.0, 2**63, "3"))
        return self.rng.choice((1, 3, 7, 10, 20, 33, 60))

    def next(self) -> Command:
        """Draw a command."""
        rng, book = self.rng, self.pair.book()
        self.book = book
        self.now = self.later(book)
        book.advance(self.now)
        self.count += 1
        name = f"c{self.count}"
        if self.versions and rng.random() < 0.04:
            at = self.now + rng.choice((-3 * DAY, timedelta(0), timedelta(0), TICK, 9 * DAY))
            versions = sorted(self.pair.versions, key=lambda v: v.effective)
            before = [v for v in versions if v.effective <= at]
            self.body = revised(
                rng, dict((before or versions)[-1 if before else 0].body), last=before == versions
            )
            return Command("publish", self.now, effective=at, args=self.body)
        for _ in range(9):
            self.key = rng.choice(self.members)
            what = rng.choices(list(self.profile), list(self.profile.values()))[0]
            args = getattr(self, what)()
            if "nothing" not in args.values() or rng.random() < 0.05:
                break
        effective = None
        if (
            what in {"earn", "grow", "purchase", "earn_order", "adjust", "settle"}
            and rng.random() < 0.3
        ):
            effective = self.now - rng.choice((TICK, HOUR, DAY, 20 * DAY, 35 * DAY, 300 * DAY))
            if rng.random() < 0.1:
                effective = self.now + rng.choice((TICK, DAY, 40 * DAY))
        return Command(what, self.now, self.key, effective, args, name)

    # -- arguments -------------------------------------------------------------------
    def earn(self) -> Body:
        rng = self.rng
        args: Body = {"points": self.points()}
        maybe(rng, args, "growth", (5, 10, 20, 45))
        if rng.random() < 0.15:
            args["pending"] = rng.choice((0, 1, 3, "action"))
        if rng.random() < 0.15:
            args["expires_at"] = self.now + rng.choice((TICK, DAY, 5 * DAY, timedelta(0)))
        if rng.random() < 0.4:
            orders = list(self.book.account(self.key).orders)
            old = rng.random() < 0.1 and orders
            args["order"] = rng.choice(orders) if old else f"o{self.count}"
            maybe(rng, args, "amount", (0, 1, 100, 99))
            if rng.random() < 0.6 and type(args["points"]) is int and args["points"] > 0:
                first = rng.randint(0, args["points"])
                kinds = rng.choice((("spend", "fixed"), ("fixed", "spend"), ("spend", "spend")))
                rest = args["points"] - first
                args["lines"] = tuple(zip(kinds, (first, rest), strict=True))
        return args

    def grow(self) -> Body:
        return {"growth": self.points()}

    def purchase(self) -> Body:
        args: Body = {"amount": self.points()}
        maybe(self.rng, args, "order", (f"o{self.count}",))
        return args

    def earn_order(self) -> Body:
        args: Body = {"order": f"o{self.count}", "items": items(self.rng)}
        maybe(self.rng, args, "channel", ("web", "shop"))
        if self.rng.random() < 0.2:
            args["growth"] = self.points()
        return args

    def activate(self) -> Body:
        lots = [lot for lot in self.book.account(self.key).lots if lot.key and not lot.mature]
        some = self.rng.random() < 0.1
        return {"earning": self.some([lot.key for lot in lots if lot.left or some])}

    cancel_pending = activate

    def spending(self) -> Any:
        """Draw points to spend: often no more than there are."""
        have = self.book.account(self.key).available()
        if not have and self.rng.random() < 0.9:
            return "nothing"
        return self.rng.choice((have, have // 2, max(1, have - 1), 1, 3, 7, self.points()))

    def redeem(self) -> Body:
        return {"points": self.spending()}

    redeem_up_to = redeem

    def checkout(self) -> Body:
        return {"points": self.points(), "total": self.points()}

    def hold(self) -> Body:
        args: Body = {"points": self.spending()}
        maybe(self.rng, args, "ttl", (TICK, HOUR, DAY, 6 * DAY))
        return args

    def capture(self) -> Body:
        args = self.release()
        if self.rng.random() < 0.5:
            args["points"] = self.rng.choice((0, 1, 2, 5, self.points()))
        return args

    def release(self) -> Body:
        holds = self.book.account(self.key).holds
        still = [name for name, one in holds.items() if one.status == "open"]
        return {"hold": self.some(holds if self.rng.random() < 0.1 else still)}

    def spends(self, *, pooled: bool) -> list[str]:
        """Name the redemptions there are, mostly those with something left to return."""
        spends = {n: s for n, s in self.book.account(self.key).spends.items() if s.pooled == pooled}
        left = [name for name, one in spends.items() if one.returned < one.points()]
        return list(spends) if self.rng.random() < 0.1 else left

    def return_redeemed(self) -> Body:
        pooled = self.rng.random() < 0.03
        args: Body = {"redemption": self.some(self.spends(pooled=pooled))}
        maybe(self.rng, args, "points", (1, 2, 5, self.points()))
        return args

    def refund(self) -> Body:
        orders = self.book.account(self.key).orders
        left = [name for name, one in orders.items() if not one.whole]
        args: Body = {"order": self.some(orders if self.rng.random() < 0.1 else left)}
        found = orders.get(args["order"])
        if self.rng.random() < 0.1 or (found is not None and found.amount is not None):
            maybe(self.rng, args, "amount", (1, 33, 50, self.points()))
        return args

    def adjust(self) -> Body:
        points = self.points()
        if type(points) is int and self.rng.random() < 0.6:
            points = -points
        args: Body = {"points": points, "reason": "r", "actor": "x"}
        maybe(self.rng, args, "allow_negative", (True,))
        return args

    def reverse(self) -> Body:
        made = self.book.account(self.key).adjustments
        left = [name for name, one in made.items() if not one.reversed]
        args: Body = {"adjustment": self.some(made if self.rng.random() < 0.1 else left)}
        maybe(self.rng, args, "force", (True,))
        return args

    def close(self) -> Body:
        return {}

    def gift(self) -> Body:
        others = [m for m in MEMBERS if m != self.key]
        return {"to": self.rng.choice(others * 4 + [self.key]), "points": self.spending()}

    def redeem_pooled(self) -> Body:
        return {"members": MEMBERS, "points": self.spending()}

    def return_pooled(self) -> Body:
        pools = self.spends(pooled=True)
        args: Body = {"members": MEMBERS, "redemption": self.some(pools)}
        maybe(self.rng, args, "points", (1, 2, 5, self.points()))
        return args

    def note_birthday(self) -> Body:
        day = self.now + self.rng.choice((-DAY, 0 * DAY, DAY, DAY, 9 * DAY))
        args: Body = {"month": day.month, "day": day.day}
        if self.rng.random() < 0.2:
            args = {"month": 2, "day": 29}
        return {**args, "zone": self.rng.choice(ZONES)}

    def celebrate(self) -> Body:
        return {"year": self.now.year + self.rng.choice((-1, 0, 0, 0, 0, 1))}

    def invite(self) -> Body:
        return {"device": self.rng.choice(("d1", "d2"))}

    def accept(self) -> Body:
        args: Body = {"referrer": self.rng.choice(MEMBERS)}
        if self.rng.random() < 0.2:
            args["device"] = self.rng.choice(("d1", "d2", "d3"))
        return args

    def settle(self) -> Body:
        referrer = person(self.book, self.key).referrer or self.rng.choice(MEMBERS)
        orders = [f"x{self.count}"] * 9 + [p.order for p in person(self.book, self.key).paid]
        if person(self.book, self.key).referrer is None and self.rng.random() < 0.95:
            orders = ["nothing"]
        return {"referrer": referrer, "order": self.rng.choice(orders), "amount": self.points()}

    def take_back(self) -> Body:
        args = self.settle()
        paid = [p.order for p in person(self.book, self.key).paid if not p.taken_back]
        args["order"] = self.some(paid)
        args["returned"] = args.pop("amount")
        return args

    def enrol(self) -> Body:
        args: Body = {}
        if self.rng.random() < 0.5:
            args["since"] = self.now - self.rng.choice((timedelta(0), DAY, 100 * DAY, 500 * DAY))
        return args

    def set_floor(self) -> Body:
        names = [t["name"] for t in self.body["tiers"]]
        args: Body = {"tier": self.some(names)}
        maybe(self.rng, args, "since", (self.now, self.now + DAY, self.now - DAY))
        maybe(self.rng, args, "until", (self.now, self.now + DAY, self.now + 9 * DAY))
        return args


LEDGER = {
    "earn": 12,
    "purchase": 5,
    "earn_order": 5,
    "activate": 3,
    "cancel_pending": 2,
    "redeem": 6,
    "redeem_up_to": 2,
    "checkout": 1,
    "hold": 5,
    "capture": 3,
    "release": 2,
    "return_redeemed": 5,
    "refund": 6,
    "adjust": 5,
    "reverse": 3,
    "gift": 3,
    "redeem_pooled": 2,
    "return_pooled": 2,
    "enrol": 1,
    "set_floor": 1,
    "close": 0,
    "grow": 2,
}
TIERS = {"grow": 8, "earn": 5, "purchase": 5, "refund": 4, "cancel_pending": 1, "set_floor": 1}
TIERS |= {"enrol": 1, "earn_order": 1}
DEBT = {"earn": 8, "redeem": 6, "hold": 5, "capture": 2, "release": 3, "refund": 8, "adjust": 8}
DEBT |= {"reverse": 6, "return_redeemed": 6, "gift": 3, "redeem_pooled": 2, "return_pooled": 2}
SOCIAL = {"invite": 1, "accept": 6, "settle": 9, "take_back": 5, "earn": 2, "redeem": 3}
SOCIAL |= {"gift": 1, "close": 1, "cancel_pending": 2, "hold": 1, "enrol": 1}
BIRTHDAYS = {"note_birthday": 4, "celebrate": 9, "redeem": 2, "close": 1}
SPENDING = {"earn": 9, "hold": 8, "capture": 8, "release": 4, "redeem": 5, "return_redeemed": 9}
SPENDING |= {"redeem_pooled": 3, "return_pooled": 5, "gift": 2, "activate": 3, "purchase": 2}
PROFILES = (LEDGER, {**LEDGER, "close": 2}, TIERS, DEBT, SOCIAL, SPENDING, BIRTHDAYS)


def start(rng: Random) -> datetime:
    """Draw the instant a history starts at."""
    return datetime.fromisoformat(rng.choice(STARTS)).replace(tzinfo=UTC)


def asked(rng: Random, commands: list[Command], now: datetime) -> list[datetime]:
    """Draw instants to ask about at the end: past ones, and some to come."""
    past = [c.now - rng.choice((timedelta(0), TICK, HOUR)) for c in commands]
    ahead = [now + rng.choice((HOUR, DAY, 40 * DAY, 400 * DAY)) for _ in range(2)]
    return [*rng.sample(past, min(3, len(past))), *ahead]


def dice(seed: int) -> Random:
    """Return what draws a history: the same for the same *seed*."""
    return Random(seed)  # noqa: S311  # it draws tests and guards nothing
