"""Holiday lists from the `holidays` package and from iCalendar files."""

from __future__ import annotations

import sys
from datetime import date

import pytest

from cix.analysis.calendars import holidays_for, holidays_from_ics, makeup_workdays_for
from cix.domain.calendar import Calendar
from cix.errors import InvalidPolicyError, MissingExtraError

NINE_TO_SIX = ["09:00-18:00"]


def ics(*events: str) -> str:
    """Return an iCalendar text of events, each a few lines without BEGIN and END."""
    inside = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{inside}END:VCALENDAR\n"


def days(year: int, month: int, *of_month: int) -> tuple[date, ...]:
    return tuple(date(year, month, day) for day in of_month)


# -- the holidays package -----------------------------------------------------------
def test_chinese_days_off_and_make_up_workdays_make_a_calendar() -> None:
    pytest.importorskip("holidays", reason="needs the extra `calendars`")
    off, worked = holidays_for("CN", [2025]), makeup_workdays_for("CN", [2025])

    desk = Calendar.parse(
        {
            "zone": "Asia/Shanghai",
            "weekly": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), NINE_TO_SIX),
            "holidays": [day.isoformat() for day in off],
            "shifts": {day.isoformat(): NINE_TO_SIX for day in worked},
        }
    )

    assert set(days(2025, 10, 1, 2, 3, 6, 7, 8)) <= set(off)
    assert set(days(2025, 10, 11)) <= set(worked)
    assert {day.year for day in (*off, *worked)} == {2025}
    assert desk.plain()["holidays"][0] == "2025-01-01"


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    pytest.importorskip("holidays", reason="needs the extra `calendars`")
    assert date(2026, 1, 6) in holidays_for("DE", [2026], "BY")
    assert date(2026, 1, 6) not in holidays_for("DE", [2026], "BE")
    assert makeup_workdays_for("DE", [2026]) == ()


@pytest.mark.parametrize(("country", "subdiv"), [("XX", None), ("DE", "ZZ")])
def test_an_unknown_country_or_part_is_refused(country: str, subdiv: str | None) -> None:
    pytest.importorskip("holidays", reason="needs the extra `calendars`")
    with pytest.raises(InvalidPolicyError, match="give an ISO 3166 code"):
        holidays_for(country, [2026], subdiv)


# -- iCalendar ----------------------------------------------------------------------
@pytest.fixture
def _icalendar() -> None:
    pytest.importorskip("icalendar", reason="needs the extra `calendars`")


@pytest.mark.usefixtures("_icalendar")
def test_all_day_events_are_holidays_end_not_included() -> None:
    text = ics(
        "UID:1\nDTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227",
        "UID:2\nDTSTART;VALUE=DATE:20260501",
        "UID:3\nDTSTART;VALUE=DATE:20261226\nDURATION:P2D",
        "UID:4\nDTSTART;VALUE=DATE:20260601\nSTATUS:CANCELLED",
    )
    assert holidays_from_ics(text) == (*days(2026, 5, 1), *days(2026, 12, 24, 25, 26, 27))
    assert holidays_from_ics(text, [2025]) == ()


@pytest.mark.usefixtures("_icalendar")
def test_recurring_events_are_spelt_out_for_the_years_asked() -> None:
    text = ics("UID:1\nSUMMARY:Xmas\nDTSTART;VALUE=DATE:20161224\nRRULE:FREQ=YEARLY")
    assert holidays_from_ics(text, [2016, 2019]) == (*days(2016, 12, 24), *days(2019, 12, 24))
    with pytest.raises(InvalidPolicyError, match="event Xmas: it recurs; say for which years"):
        holidays_from_ics(text)


@pytest.mark.usefixtures("_icalendar")
def test_exceptions_and_moved_occurrences_are_respected() -> None:
    text = ics(
        "UID:1\nDTSTART;VALUE=DATE:20161230\nDTEND;VALUE=DATE:20170102\n"
        "RRULE:FREQ=YEARLY;UNTIL=20211231T235959Z\n"
        "EXDATE;VALUE=DATE:20171230,20181230\nRDATE;VALUE=DATE:20180601",
        "UID:1\nRECURRENCE-ID;VALUE=DATE:20191230\nDTSTART;VALUE=DATE:20191201",
        "UID:1\nRECURRENCE-ID;VALUE=DATE:20211230\nDTSTART;VALUE=DATE:20211230\nSTATUS:CANCELLED",
    )
    assert holidays_from_ics(text, range(2018, 2030)) == (
        *days(2018, 6, 1, 2, 3),
        *days(2019, 12, 1),
        *days(2020, 12, 30, 31),
        *days(2021, 1, 1),
    )


@pytest.mark.usefixtures("_icalendar")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "text: .*give an iCalendar text"),
        ("hello", "text: .*give an iCalendar text"),
        (ics("UID:7\nDTSTART:20260501T090000Z"), "event 7: it has a time of day; .*a break"),
        (ics("UID:7\nDTSTART;VALUE=DATE:20260501\nRRULE:FREQ=DAILY;COUNT=X"), "text: .*DAILY"),
        (ics("UID:7"), "event 7: DTSTART is missing"),
        (ics("UID:7\nDTSTART;VALUE=DATE:2026"), "text: .*2026.*give an iCalendar text"),
    ],
    ids=["empty", "no calendar", "a time", "no rule", "no start", "no date"],
)
def test_what_gives_no_whole_dates_is_refused(text: str, told: str) -> None:
    with pytest.raises(InvalidPolicyError, match=told):
        holidays_from_ics(text, [2026])


# -- without the extra -----------------------------------------------------------------
def test_a_missing_package_is_named_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    monkeypatch.setitem(sys.modules, "icalendar", None)
    with pytest.raises(MissingExtraError, match=r"holidays: .*cix\[calendars\]"):
        holidays_for("CN", [2026])
    with pytest.raises(MissingExtraError, match=r"icalendar: .*cix\[calendars\]"):
        holidays_from_ics(ics())
