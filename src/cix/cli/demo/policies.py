"""The policies of the demo's business: points and tiers, business hours, SLA, the desk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cix.domain.loyalty.programme import Expiry, Programme, Referral
from cix.domain.sla.defaults import default_body

ZONE = "Asia/Shanghai"


class Published(NamedTuple):
    """A version of a policy and the instant it counts from."""

    kind: str
    version: str
    body: Mapping[str, Any]
    effective_at: datetime


def programme() -> dict[str, Any]:
    """Return the first programme: a point a yuan, valid for a year, nine tiers."""
    return Programme(zone=ZONE, expiry=Expiry("months", 12), birthday_points=100).plain()


def generous_programme() -> dict[str, Any]:
    """Return the second one: points last longer, friends bring more."""
    return Programme(
        zone=ZONE,
        expiry=Expiry("months", 18),
        birthday_points=200,
        grace_days=30,
        referral=Referral(referrer_points=800, friend_points=400),
    ).plain()


def policies(start: datetime, end: datetime) -> list[Published]:
    """Return what the business published between *start* and *end*, in order."""
    half = start + (end - start) / 2
    hours = {day: ["09:00-21:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    calendar = {"zone": ZONE, "weekly": hours}
    desk = {
        "reopen_window_s": int(timedelta(days=14).total_seconds()),
        "close_after_s": int(timedelta(days=21).total_seconds()),
    }
    return [
        Published("calendar", "1", calendar, start),
        Published("sla", "1", default_body(), start),
        Published("desk", "1", desk, start),
        Published("loyalty", "spring", programme(), start),
        Published("loyalty", "autumn", generous_programme(), half),
    ]
