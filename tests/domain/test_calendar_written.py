"""How a calendar is written: plain data and back, and what is refused when it is defined."""

from __future__ import annotations

import copy
import json
import pickle
import tomllib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cix.domain.calendar import ALWAYS, Calendar, WeeklyVersion, Window, tzdata_version
from cix.domain.calendar.zones import load_zone
from cix.errors import InvalidPolicyError
from domain.calendar_scenes import scenes
from domain.calendar_words import DAYS, at, calendar, hours, office

TOML = """
name = "desk"
zone = "Asia/Shanghai"
holidays = [2026-10-01, "2026-10-02"]
tzdata = "2025b"

[weekly]
mon = ["09:00-12:00", {from = "13:00", to = "18:00"}]
friday = [["22:00", "06:00"]]

[[versions]]
from = 2026-05-01
weekly = { mon = ["10:00 - 18:30:15"] }

[shifts]
2026-02-14 = ["09:00-18:00"]
2026-02-16 = []

[breaks]
2026-03-02 = ["12:30-12:45", "23:00-24:00"]
"""
MONDAY = {"mon": ["09:00-17:00"]}


# -- written and read ------------------------------------------------------------------
def test_a_calendar_is_read_from_toml_and_written_in_one_form() -> None:
    desk = Calendar.parse(tomllib.loads(TOML))

    assert desk.plain() == {
        "name": "desk",
        "zone": "Asia/Shanghai",
        "weekly": {"mon": ["09:00-12:00", "13:00-18:00"], "fri": ["22:00-06:00"]},
        "versions": [{"from": "2026-05-01", "weekly": {"mon": ["10:00-18:30:15"]}}],
        "shifts": {"2026-02-14": ["09:00-18:00"], "2026-02-16": []},
        "holidays": ["2026-10-01", "2026-10-02"],
        "breaks": {"2026-03-02": ["12:30-12:45", "23:00-24:00"]},
        "tzdata": "2025b",
    }


def test_always_is_written_without_a_zone() -> None:
    assert ALWAYS.plain() == {"name": "always", "always": True}
    assert Calendar.parse({"always": True, "name": "always"}) == ALWAYS


@given(scenes())
def test_a_calendar_read_from_what_it_wrote_is_the_same(scene: tuple[dict[str, Any], date]) -> None:
    desk = Calendar.parse(scene[0])

    again = Calendar.parse(json.loads(json.dumps(desk.plain())))

    assert again == desk
    assert hash(again) == hash(desk)
    assert again.plain() == desk.plain()
    assert again.hours is desk.hours


def test_the_order_in_which_things_stand_makes_no_difference() -> None:
    one = office(
        holidays=["2026-10-02", "2026-10-01", "2026-10-02"],
        shifts={"2026-02-28": [], "2026-02-14": ["13:00-15:00", "09:00-11:00"]},
    )
    other = office(
        shifts={"2026-02-14": ["09:00-11:00", "13:00-15:00"], "2026-02-28": []},
        holidays=["2026-10-01", "2026-10-02"],
    )
    assert one == other
    assert one.plain() == other.plain()


def test_a_calendar_is_built_from_values_too() -> None:
    monday = ((Window(32_400, 61_200),), *((),) * 6)
    desk = Calendar("Etc/UTC", monday, versions=(WeeklyVersion(date(2026, 5, 1), monday),))
    assert desk == calendar(weekly=MONDAY, versions=[{"from": "2026-05-01", "weekly": MONDAY}])


def test_the_release_of_the_time_zones_is_told_and_kept() -> None:
    desk = office(tzdata=tzdata_version())
    assert desk.plain()["tzdata"] == tzdata_version()
    assert tzdata_version()[:2] == "20"


def test_a_calendar_can_be_copied_and_sent_to_another_process() -> None:
    desk = office(name="desk")
    assert desk.is_open(at("2026-03-02T12:00"))

    sent = pickle.loads(pickle.dumps(desk))  # noqa: S301  # our own bytes

    assert sent == copy.deepcopy(desk) == desk
    assert sent.hours is desk.hours
    assert attrs.evolve(desk, zone="Asia/Tokyo").is_open(at("2026-03-02T00:00"))


# -- refused -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("plain", "told"),
    [
        # closing at 23:59
        ({"weekly": {"mon": ["09:00-23:59"]}}, "weekly.mon: 09:00-23:59 .*; write 24:00"),
        ({"weekly": {"mon": ["09:00-23:59:00"]}}, "weekly.mon: 09:00-23:59 .*; write 24:00"),
        ({"weekly": {"mon": ["23:59:30-23:59"]}}, "weekly.mon: .*; write 24:00"),
        ({"shifts": {"2026-02-14": ["00:00-23:59"]}}, "shifts.2026-02-14: .*write 24:00"),
        (
            {"versions": [{"from": "2026-02-14", "weekly": {"sun": ["22:00-23:59"]}}]},
            "versions.2026-02-14.sun: .*write 24:00",
        ),
        # never open
        ({}, "the calendar is never open; give hours"),
        ({"weekly": {"mon": []}, "shifts": {"2026-02-14": []}}, "never open"),
        ({"holidays": ["2026-10-01"]}, "never open"),
        # zones
        ({"zone": "Asia/Shangai", "weekly": MONDAY}, "no IANA zone 'Asia/Shangai'; did you mean"),
        ({"zone": "../../etc/passwd", "weekly": MONDAY}, "no IANA zone"),
        ({"zone": "right/Europe/Berlin", "weekly": MONDAY}, "no IANA zone"),
        ({"zone": "asia/shanghai", "weekly": MONDAY}, "no IANA zone"),
        ({"zone": "+08:00", "weekly": MONDAY}, "no IANA zone"),
        ({"zone": "", "weekly": MONDAY}, "zone: '' is no text"),
        ({"zone": 8, "weekly": MONDAY}, "zone: 8 is no text"),
        ({"zone": None, "weekly": MONDAY}, "neither or both of zone and always"),
        ({"always": True, "weekly": MONDAY}, "neither or both of zone and always"),
        # times
        ({"weekly": {"mon": ["24:00-06:00"]}}, "weekly.mon: '24:00-06:00' starts at 24:00"),
        ({"weekly": {"mon": ["09:00-24:01"]}}, "24:01 is no time of day; .* 00:00 to 24:00"),
        ({"weekly": {"mon": ["09:00-25:00"]}}, "25:00 is no time of day"),
        ({"weekly": {"mon": ["09:60-12:00"]}}, "09:60 is no time of day"),
        ({"weekly": {"mon": ["09:00:60-12:00"]}}, "09:00:60 is no time of day"),
        ({"weekly": {"mon": ["9:00-12:00"]}}, "'9:00' is no time of day; write HH:MM"),
        ({"weekly": {"mon": ["-01:00-12:00"]}}, "no time of day|no window"),
        ({"weekly": {"mon": ["09:00"]}}, "'09:00' is no window of time; write \"09:00-18:00\""),
        ({"weekly": {"mon": ["09:00", "18:00"]}}, "'09:00' is no window of time"),
        ({"weekly": {"mon": "09:00-18:00"}}, "no list"),
        ({"weekly": {"mon": [{"from": "09:00", "till": "18:00"}]}}, "is no window of time"),
        ({"weekly": {"mon": [9]}}, "weekly.mon: 9 is no window"),
        ({"weekly": {"mon": ["０９:00-18:00"]}}, "no time of day"),
        # breaks within one date
        ({"weekly": MONDAY, "breaks": {"2026-03-02": ["23:00-00:01"]}}, "runs over midnight"),
        ({"weekly": MONDAY, "breaks": {"2026-03-02": ["12:00-12:00"]}}, "runs over midnight"),
        # dates
        (
            {"versions": [{"from": "2026-05-01", "weekly": MONDAY}] * 2},
            "versions: 2026-05-01 stands twice; write each date once",
        ),
        ({"weekly": MONDAY, "holidays": ["2026-02-30"]}, "'2026-02-30' is no date"),
        ({"weekly": MONDAY, "holidays": ["20260203"]}, "'20260203' is no date"),
        ({"weekly": MONDAY, "holidays": [20260203]}, "is no date"),
        ({"weekly": MONDAY, "holidays": [datetime(2026, 2, 3)]}, "is no date"),  # noqa: DTZ001
        ({"weekly": MONDAY, "holidays": "2026-02-03"}, "holidays: '2026-02-03' is no list"),
        ({"weekly": MONDAY, "shifts": {"Feb 3": []}}, "shifts: 'Feb 3' is no date"),
        # shapes
        ({"weekly": {"lun": ["09:00-18:00"]}}, "weekly.lun: no such weekday; write mon, tue"),
        ({"weekly": {"mon": [], "Monday": []}}, "weekly.Monday: the weekday stands twice"),
        ({"weekly": [MONDAY]}, "weekly: .* is no table"),
        ({"weekly": MONDAY, "holiday": []}, "holiday: no such key; there are name"),
        ({"weekly": MONDAY, "versions": {}}, "versions: {} is no list"),
        ({"weekly": MONDAY, "versions": [{"from": "2026-05-01"}]}, "has `from` and `weekly`"),
        ({"weekly": MONDAY, "name": 7}, "name: 7 is no text"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_cannot_be_meant_is_refused_with_its_place_and_a_way_out(
    plain: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidPolicyError, match=told) as refusal:
        Calendar.parse({"zone": "Etc/UTC", **plain}, where="policies.toml, calendar desk")

    assert refusal.value.where.startswith("policies.toml, calendar desk: ")
    assert refusal.value.hint
    assert refusal.value.kind == "calendar"


@pytest.mark.parametrize("plain", [None, [], "always", 5])
def test_what_is_no_table_is_refused(plain: object) -> None:
    with pytest.raises(InvalidPolicyError, match="is no table"):
        Calendar.parse(plain)


def test_without_a_place_a_refusal_names_the_calendar() -> None:
    with pytest.raises(InvalidPolicyError, match="night shift: weekly: the calendar is never"):
        Calendar.parse({"name": "night shift", "zone": "Etc/UTC"})


@pytest.mark.parametrize(
    "build",
    [
        lambda: Window(-1, 5),
        lambda: Window(86_400, 86_401),
        lambda: Window(5, 5),
        lambda: Window(5, 86_406),
        lambda: Calendar("Etc/UTC", ((Window(0, 5),),)),
        lambda: Calendar("Etc/UTC"),
        lambda: Calendar("Nowhere", ((Window(0, 5),),) * 7),
        lambda: Calendar("Etc/UTC", ((Window(0, 86_340),),) * 7),
        lambda: Calendar(None, ((Window(0, 5),),) * 7),
        lambda: Calendar(None, holidays=(date(2026, 1, 1),)),
        lambda: Calendar("Etc/UTC", shifts=((date(2026, 1, 1), (Window(0, 5),)),) * 2),
        lambda: Calendar(
            "Etc/UTC",
            ((Window(0, 5),),) * 7,
            breaks=((date(2026, 1, 1), (Window(0, 5),)), (date(2026, 1, 1), (Window(5, 9),))),
        ),
    ],
    ids=range(12),
)
def test_values_are_held_to_the_same_rules(build: Callable[[], object]) -> None:
    with pytest.raises(InvalidPolicyError):
        build()


def test_a_later_version_may_close_for_good() -> None:
    desk = office(versions=[{"from": "2026-05-01", "weekly": {}}])
    assert desk.next_open(at("2026-05-01")) is None


def test_an_opening_at_one_minute_to_midnight_is_meant() -> None:
    desk = calendar(weekly={"mon": ["23:59-24:00"]})
    assert desk.elapsed(at("2026-03-02"), at("2026-03-09")) == hours(1 / 60)


def test_every_zone_of_the_database_can_be_used() -> None:
    for key in ("UTC", "Etc/GMT+8", "America/Argentina/Buenos_Aires", "Asia/Kathmandu", "EST5EDT"):
        assert load_zone(key).key == key
        assert office(key).next_open(at("2026-03-02T23:00")) is not None


@given(st.sampled_from(DAYS), st.integers(0, 86_399), st.integers(1, 86_400))
def test_a_window_is_read_as_it_was_written(day: str, start: int, length: int) -> None:
    if (start + length) % 86_400 == 86_340:
        return
    week = tuple((Window(start, start + length),) if day == one else () for one in DAYS)
    desk = Calendar("Etc/UTC", week)
    assert Calendar.parse(desk.plain()) == desk
