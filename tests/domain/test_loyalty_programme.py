"""The programme as data: read strictly, refused with the path, written back unchanged."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cix.domain import loyalty
from cix.domain.loyalty.programme import Programme
from cix.errors import InvalidPolicyError

WRITTEN = """
zone = "Asia/Shanghai"
pending = 14
activity = ["earn", "purchase"]
earn_rate = "3/200"
growth_rate = {points = 1, per = 100}
stacking = "highest"

[expiry]
kind = "months"
n = 12
round_to = "quarter"

[[rules]]
name = "double on shoes"
kind = "multiplier"
factor = 2
labels = ["shoes"]
starts = 2024-03-01T00:00:00+08:00

[caps]
day = 500

[[tiers]]
name = "member"
at = 0

[[tiers]]
name = "gold"
name_zh = "黄金"
at = 1000
keep = 800
multiplier = "1.5"
benefits = {support_hours = 4, adviser = true}
"""


def test_a_programme_is_read_from_toml() -> None:
    programme = loyalty.read(tomllib.loads(WRITTEN))
    assert (programme.zone, programme.pending, programme.caps.day) == ("Asia/Shanghai", 14, 500)
    assert programme.earn_rate.floor_of(1000) == 15
    gold = programme.tiers[1]
    assert (gold.bar, gold.multiplier, gold.benefits["support_hours"]) == (
        800,
        loyalty.Ratio(3, 2),
        4,
    )
    assert programme.position("黄金") == programme.position("gold") == 1


def test_a_programme_is_plain_data_and_back() -> None:
    programme = loyalty.read(tomllib.loads(WRITTEN))
    assert loyalty.read(json.loads(json.dumps(programme.plain()))) == programme


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"zon": "UTC"}, "zon"),
        ({"zone": "Moon/Base"}, "zone"),
        ({"zone": 5}, "zone"),
        ({"zone": "Asia"}, "zone"),
        ({"zone": "a" * 300}, "zone"),
        ({"pending": -1}, "pending"),
        ({"pending": 1.5}, "pending"),
        ({"pending": True}, "pending"),
        ({"pending": "soon"}, "pending"),
        ({"expiry": {"kind": "weeks"}}, "expiry.kind"),
        ({"expiry": {"kind": "days", "n": -1}}, "expiry.n"),
        ({"expiry": {"kind": "date"}}, "expiry.last_day"),
        ({"expiry": {"kind": "days", "last_day": "2024-01-01"}}, "expiry.last_day"),
        ({"expiry": {"kind": "inactivity"}}, "expiry.n"),
        ({"expiry": []}, "expiry"),
        ({"earn_rate": 0.5}, "earn_rate"),
        ({"earn_rate": "1/0"}, "earn_rate"),
        ({"earn_rate": [1, 0]}, "earn_rate"),
        ({"earn_rate": -1}, "earn_rate"),
        ({"earn_rate": "1e99"}, "earn_rate"),
        ({"earn_rate": 2**63}, "earn_rate"),
        ({"growth_rate": [1, 2**63]}, "growth_rate"),
        ({"growth_rate": "9" * 5000}, "growth_rate"),
        ({"activity": ["earn", "sleep"]}, "activity[1]"),
        ({"activity": "earn"}, "activity"),
        ({"rules": [{"points": 1}]}, "rules[0].name"),
        ({"rules": [{"name": "a"}, {"name": "a"}]}, "rules[1].name"),
        ({"rules": [{"name": "a", "per": 0}]}, "rules[0].per"),
        ({"rules": [{"name": "a", "starts": "2024-01-01"}]}, "rules[0].starts"),
        ({"tiers": []}, "tiers"),
        ({"tiers": [{"name": "a", "at": 5}]}, "tiers[0].at"),
        ({"tiers": [{"name": "a", "at": 0}, {"name": "b", "at": 0}]}, "tiers[1].at"),
        ({"tiers": [{"name": "a", "at": 0}, {"name": "b", "at": 2**63}]}, "tiers[1].at"),
        ({"tiers": [{"name": "a", "at": 0}, {"name": "b", "at": 5, "keep": 6}]}, "tiers[1].keep"),
        ({"pending": 2**40_000}, "pending"),
        ({"point_value": [2**40_000, 0]}, "point_value"),
        ({"tiers": [{"name": "a", "at": 0}, {"name": "a", "at": 5}]}, "tiers[1].name"),
        (
            {"tiers": [{"name": "a", "at": 0}, {"name": "b", "name_zh": "a", "at": 5}]},
            "tiers[1].name_zh",
        ),
        (
            {"tiers": [{"name": "a", "name_zh": "b", "at": 0}, {"name": "b", "at": 5}]},
            "tiers[1].name",
        ),
        ({"tiers": [{"name": "a", "at": 0, "multiplier": "1/2"}]}, "tiers[0].multiplier"),
        ({"tiers": [{"name": "a", "at": 0, "benefits": {"x": 1.5}}]}, "tiers[0].benefits.x"),
        ({"tiers": [{"name": "a", "at": 0, "benefits": {"x": 2**63}}]}, "tiers[0].benefits.x"),
        ({"caps": {"day": -1}}, "caps.day"),
        ({"caps": {"week": 1}}, "caps.week"),
        ({"term_months": 0}, "term_months"),
        ({"breakage": "3/2"}, "breakage"),
        ({"referral": {"minimum": True}}, "referral.minimum"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_path(body: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidPolicyError) as caught:
        loyalty.read(body)
    assert caught.value.where == where


def test_a_misspelt_setting_gets_a_hint() -> None:
    with pytest.raises(InvalidPolicyError, match="did you mean grace_days"):
        loyalty.read({"grace_day": 5})


def test_the_defaults_are_those_that_are_documented() -> None:
    p = Programme()
    assert (p.zone, p.pending, p.expiry.kind, p.expiry.base) == ("UTC", 0, "never", "unlock")
    assert (p.activity, p.clawback, p.debt_limit) == (("earn", "redeem"), "debt", None)
    assert (p.refund_fixed_lines, p.restore_grace_days) == ("keep", 0)
    assert (p.caps.order, p.caps.day, p.caps.month, p.caps.balance) == (None,) * 4
    assert (p.earn_rate.floor_of(199), p.growth_rate.floor_of(199)) == (1, 1)
    assert (p.window, p.window_months, p.term_months, p.extension_months) == ("rolling", 12, 12, 0)
    assert (p.downgrade, p.grace_days) == ("one_down", 0)
    assert (p.referral.referrer_points, p.referral.friend_points) == (500, 250)
    assert (p.referral.minimum, p.referral.window_days) == (2500, 180)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["zone", "tiers", "expiry", "at", "n"]), inner, max_size=3
            )
        ),
        max_leaves=6,
    )
)
def test_any_data_is_a_programme_or_is_refused_as_a_policy(data: object) -> None:
    body = data if isinstance(data, dict) else {"tiers": data}
    try:
        programme = loyalty.read(body)
    except InvalidPolicyError:
        return
    assert loyalty.read(programme.plain()) == programme
