"""What happens to a customer in a year: seen, called, sold to, helped; as decisions to take."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from cix.cli.demo.dice import Dice
from cix.cli.demo.people import IDENTIFIED_BY, Person
from cix.cli.demo.rehearsal import Intent
from cix.cli.demo.texts import AGENTS, CAMPAIGN, MATTERS, THANKS
from cix.domain.contact import OrderRef, ShipmentRef

_MOMENT: Final = timedelta(seconds=2)
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_KINDS: Final = {"phone": "call", "store": "visit", "app": "activity", "logistics": "shipment"}


@attrs.frozen
class Life:
    """One customer's year, told step by step; ``end`` is now."""

    person: Person
    dice: Dice
    end: datetime

    def intents(self) -> Iterator[Intent]:
        """Yield everything that happens, in no order."""
        yield from self._known()
        yield from self._profile()
        if self.person.account is not None:
            yield from self._membership(self.person.account)
        for n in range(self.person.contacts):
            yield from self._contact(f"k-{self.person.number}-{n + 1}")

    def now(
        self, at: datetime, decision: str, key: str, actor: str | None = None, **args: object
    ) -> Intent:
        """Return what is recorded a moment after it happened."""
        return Intent(at + _MOMENT, at, decision, key, args, actor)

    # -- who ----------------------------------------------------------------------
    def _known(self) -> Iterator[Intent]:
        """Each record is seen with its identifier; people say which are one customer."""
        person, dice = self.person, self.dice
        seen = person.joined_at
        first = next(iter(person.records.values()))
        for kind, record in person.records.items():
            holds = ((kind, person.value(kind)),)
            yield self.now(seen, "identity.observe", record, identifiers=holds)
            if record != first and dice.happens(0.8):
                at = dice.after(seen, _HOUR, 20 * _DAY)
                reason = dice.one(("same name and address", "the customer said so", "same order"))
                actor = dice.one(AGENTS)
                yield self.now(at, "identity.merge", record, actor, other=first, reason=reason)
            seen = dice.after(seen, _MINUTE, 30 * _DAY)

    def _profile(self) -> Iterator[Intent]:
        person, dice = self.person, self.dice
        record = next(iter(person.records.values()))
        at = dice.after(person.joined_at, _MINUTE, _HOUR)
        for name, value in (("name", person.name), ("city", person.city)):
            yield self.now(
                at, "customer.set_attribute", record, name=name, value=value, source="app"
            )
        yield self.now(
            at,
            "customer.set_preference",
            record,
            name="language",
            value=person.speech,
            source="app",
        )
        if dice.happens(0.3):
            wish = dice.one(sorted(person.channels))
            later = dice.by_day(person.joined_at, self.end)
            settings = {"name": "channel", "value": wish, "source": "agent"}
            yield self.now(later, "customer.set_preference", record, dice.one(AGENTS), **settings)
        if person.purchases > 8:  # noqa: PLR2004  # a good customer of this shop
            later = dice.by_day(person.joined_at + 30 * _DAY, self.end)
            yield self.now(later, "customer.tag", record, "crm", label="vip", reason="buys often")

    # -- what they buy -------------------------------------------------------------
    def _membership(self, account: str) -> Iterator[Intent]:
        person, dice = self.person, self.dice
        enrolled = dice.after(person.joined_at, _HOUR, 3 * _DAY)
        home = next(iter(person.records.values()))
        yield self.now(enrolled, "loyalty.enrol", account, "shop", record=home)
        yield self.now(
            enrolled,
            "loyalty.note_birthday",
            account,
            month=dice.whole(1, 12),
            day=dice.whole(1, 28),
        )
        for n in range(person.purchases):
            at = dice.by_day(enrolled, self.end)
            yield from self._purchase(account, f"order-{person.number}-{n + 1}", at)
        for _ in range(person.purchases // 4):
            at = dice.by_day(enrolled + 20 * _DAY, self.end)
            points = 50 * dice.whole(1, 8)
            yield self.now(
                at, "loyalty.redeem_up_to", account, "shop", points=points, reason="gift"
            )

    def _purchase(self, account: str, order: str, at: datetime) -> Iterator[Intent]:
        person, dice = self.person, self.dice
        amount = 100 * dice.whole(20, 200) + 100 * dice.skewed(2_000, 4)
        # The tills hand in their purchases in the night: known a day after they happened.
        till = "order" not in person.channels
        known = (at + _DAY).replace(hour=18, minute=dice.whole(0, 59)) if till else at + _MOMENT
        sold = {"amount": amount, "order": order, "ref": order}
        yield Intent(known, at, "loyalty.purchase", account, sold, "shop")
        if not till:
            ref = OrderRef(order, order, "paid", amount, "CNY")
            told = {"record": person.record("order"), "channel": "order", "kind": "order"}
            yield self.now(at, "contact.receive", f"k-{order}", **told, name="paid", order=ref)
        if dice.happens(0.08):
            back = dice.after(known, 3 * _DAY, 12 * _DAY)
            part = amount if dice.happens(0.5) else amount // 2
            yield self.now(back, "loyalty.refund", account, "shop", order=order, amount=part)

    # -- what they say -------------------------------------------------------------
    def _contact(self, key: str) -> Iterator[Intent]:
        """A contact comes in on a channel; often one of ours goes out."""
        person, dice = self.person, self.dice
        channel = dice.weighted(person.channels)
        seen = next(n for n, kind in enumerate(person.records) if kind == IDENTIFIED_BY[channel])
        at = dice.by_day(person.joined_at + 30 * seen * _DAY, self.end)
        record = person.record(channel)
        common: dict[str, Any] = {"record": record, "channel": channel}
        kind = _KINDS.get(channel, "message")
        yield self.now(at, "contact.receive", key, **common, kind=kind, **self._details(kind, at))
        if kind == "message" and dice.happens(0.4):
            said = (CAMPAIGN if dice.happens(0.3) else THANKS)[person.speech]
            purpose = "campaign" if said in CAMPAIGN.values() else "service"
            later = dice.after(at, _MINUTE, 2 * _HOUR)
            agent = dice.one(AGENTS)
            sent = {**common, "text": said, "purpose": purpose, "agent": agent}
            yield self.now(later, "contact.send", f"{key}-out", agent, **sent)

    def _details(self, kind: str, at: datetime) -> dict[str, Any]:
        dice, speech = self.dice, self.person.speech
        if kind == "call":
            if dice.happens(0.12):
                return {"outcome": "abandoned", "wait_s": float(dice.whole(40, 300))}
            wait, talk = dice.whole(2, 60), dice.whole(45, 900)
            return {
                "outcome": "answered",
                "wait_s": float(wait),
                "talk_s": float(talk),
                "duration_s": float(wait + talk),
                "ended_at": at + timedelta(seconds=wait + talk),
                "agent": dice.one(AGENTS),
            }
        if kind == "activity":
            return {"name": dice.one(("login", "search", "product_view", "add_to_cart"))}
        if kind == "shipment":
            number = f"YT{dice.whole(10**9, 10**10 - 1)}"
            status = dice.one(("collected", "in_transit", "delivered"))
            return {"name": status, "shipment": ShipmentRef(number, "YTO", status)}
        if kind == "visit":
            return {"name": "store_visit", "source": f"store-{dice.whole(1, 9)}"}
        return {"text": dice.one(MATTERS).asked[speech]}
