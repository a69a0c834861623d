"""Local days: the same on every machine; the first and the last there are stop nothing."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from cix.domain import loyalty
from cix.domain.loyalty.days import FAR, add_days, add_months, day_end, day_start, local_day
from domain.loyalty_world import DAY, START, World, on

FIRST = datetime.min.replace(tzinfo=UTC)
LAST_SECOND = on("9999-12-31T23:59:59")
ZONES = ("UTC", "Asia/Shanghai", "America/Sao_Paulo")
WINDOWS = ("rolling", "calendar_year", "membership_year", "lifetime")


@pytest.mark.parametrize("zone", ZONES)
def test_an_end_on_the_last_day_is_as_good_as_any(zone: str) -> None:
    world = World({"zone": zone})
    world.do(loyalty.earn, id="never", points=5)
    world.do(loyalty.earn, id="last", points=5, expires_at=LAST_SECOND)
    world.do(loyalty.redeem, at=START + DAY, points=1)
    assert world.left() == {"last": 4, "never": 5}
    assert loyalty.expiring(world.state("m"), 30) == 0
    assert loyalty.deadlines(world.state("m"))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("round_to", ["day", "year"])
def test_points_may_be_valid_through_the_last_day(zone: str, round_to: str) -> None:
    expiry = {"kind": "date", "last_day": "9999-12-31", "round_to": round_to}
    world = World({"zone": zone, "expiry": expiry})
    world.do(loyalty.earn, points=5)
    (lot,) = world.see().lots
    assert lot.expires_at is not None
    assert lot.expires_at >= on("9999-12-31T03:00")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("effective", [FIRST, LAST_SECOND])
def test_an_earning_of_the_first_or_last_day_is_read_like_any_other(
    zone: str, window: str, effective: datetime
) -> None:
    expiry = {"kind": "days", "n": 365, "base": "earning"}
    world = World({"zone": zone, "window": window, "expiry": expiry, "caps": {"month": 99}})
    world.do(loyalty.earn, effective=effective, points=5, growth=600, pending=10)
    world.do(loyalty.earn, at=START + DAY, points=7, growth=1)
    found = world.see(at=START + 20 * DAY)
    assert found.earned == 12
    assert found.available == 7
    assert loyalty.deadlines(world.state("m"))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("since", [FIRST, LAST_SECOND])
def test_membership_years_count_from_any_day(zone: str, since: datetime) -> None:
    world = World({"zone": zone, "window": "membership_year"})
    world.do(loyalty.enrol, since=since)
    world.do(loyalty.grow, growth=600)
    assert (world.see().tier, world.see().growth) == ("silver", 600)


@pytest.mark.parametrize("at", [FAR, datetime.max.replace(tzinfo=UTC)])
def test_the_last_instants_of_the_calendar_can_be_asked_for(at: datetime) -> None:
    world = World()
    world.do(loyalty.grow, growth=600)
    assert world.see("m", at=at).tier == "bronze"


def test_days_beyond_the_calendar_are_its_first_or_last() -> None:
    assert local_day(LAST_SECOND, "Asia/Shanghai") == date.max
    assert local_day(FIRST, "America/Sao_Paulo") == date.min
    assert day_start(date.min, "Asia/Shanghai") == FIRST
    assert day_end(date.max, "UTC") == FAR
    assert add_days(date.max, 1) == date.max
    assert add_months(date(9999, 6, 1), 12) == date.max
    assert add_months(date(1, 6, 1), -12) == date.min


def test_zones_are_those_installed_with_cix_whatever_the_machine_has(tmp_path: Path) -> None:
    elsewhere = files("tzdata").joinpath("zoneinfo", "America", "New_York").read_bytes()
    (tmp_path / "Asia").mkdir()
    (tmp_path / "Asia" / "Urumqi").write_bytes(elsewhere)
    zoneinfo.reset_tzpath(to=(str(tmp_path),))
    try:
        assert day_start(date(2024, 1, 2), "Asia/Urumqi") == on("2024-01-01T18:00")
    finally:
        zoneinfo.reset_tzpath()
