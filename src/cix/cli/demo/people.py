"""Who the customers of the demo are: where they live, on which channels, how busy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import attrs

from cix.cli.demo.dice import Dice
from cix.cli.demo.texts import CITIES, Speech, name_of

IDENTIFIED_BY: Final[Mapping[str, str]] = {
    "phone": "phone", "sms": "phone", "logistics": "phone", "whatsapp": "phone",
    "email": "email", "helpdesk": "email", "chat": "visitor", "app": "app_user",
    "store": "member_card", "order": "buyer", "wechat": "wechat_openid", "wecom": "wecom_id",
    "weibo": "weibo_uid", "douyin": "douyin_openid", "tiktok": "tiktok_id",
    "messenger": "messenger_psid", "instagram": "instagram_id", "x": "x_user",
    "linkedin": "linkedin_urn", "telegram": "telegram_id", "line": "line_user",
    "viber": "viber_id",
}  # fmt: skip
"""By which identifier each channel knows somebody: channels that share one share a record."""
_AT_HOME: Final[Mapping[Speech, Mapping[str, int]]] = {
    "zh": {
        "phone": 8, "sms": 5, "wechat": 12, "wecom": 4, "weibo": 2, "douyin": 3, "app": 7,
        "store": 5, "order": 8, "logistics": 4, "chat": 5, "email": 2,
    },
    "en": {
        "phone": 4, "email": 9, "chat": 6, "whatsapp": 6, "messenger": 3, "instagram": 3, "x": 2,
        "linkedin": 2, "tiktok": 2, "telegram": 2, "line": 2, "viber": 2, "app": 5, "order": 7,
        "logistics": 3, "helpdesk": 3, "sms": 2, "store": 2,
    },
}  # fmt: skip


@attrs.frozen
class Person:
    """One customer: channels with their weights, the record of each identifier, how busy."""

    number: int
    speech: Speech
    name: str
    city: str
    joined_at: datetime
    channels: Mapping[str, int]
    records: Mapping[str, str]
    """Record id by the type of its identifier."""
    contacts: int
    purchases: int
    tickets: int

    @property
    def account(self) -> str | None:
        """Return the loyalty account, None for one who never enrolled."""
        return f"acc-{self.number}" if self.purchases else None

    def record(self, channel: str) -> str:
        """Return the record by which a channel knows the person."""
        return self.records[IDENTIFIED_BY[channel]]

    def value(self, kind: str) -> str:
        """Return the made-up value of the person's identifier of that type."""
        if kind == "phone":
            return f"+86138{self.number:08d}" if self.speech == "zh" else f"+4479{self.number:08d}"
        return f"{kind}-{self.number}@example.com" if kind == "email" else f"{kind}-{self.number}"


def person(dice: Dice, number: int, start: datetime, end: datetime) -> Person:
    """Throw the customer of that number (from 1001); one in ten is very busy."""
    speech: Speech = "zh" if dice.happens(0.7) else "en"
    known = _AT_HOME[speech]
    busy = dice.happens(0.1)
    chosen = {dice.weighted(known) for _ in range(dice.whole(2, 4) + 3 * busy)}
    chosen |= {"order"} if dice.happens(0.8) else set()
    channels = {name: weight for name, weight in known.items() if name in chosen}
    kinds = list(dict.fromkeys(IDENTIFIED_BY[name] for name in channels))
    early = dice.happens(0.5)
    latest = start + timedelta(days=5) if early else end - timedelta(days=40)
    return Person(
        number,
        speech,
        name_of(speech, number),
        dice.one(CITIES[speech]),
        dice.by_day(start + timedelta(days=1), latest),
        channels,
        {kind: f"r-{number}{'abcdefghijkl'[n]}" for n, kind in enumerate(kinds)},
        contacts=1 + dice.skewed(7) + busy * dice.whole(10, 24),
        purchases=(1 + dice.skewed(5) + busy * dice.whole(8, 16)) * dice.happens(0.75),
        tickets=dice.skewed(3, 2.5) + busy * dice.whole(1, 4),
    )
