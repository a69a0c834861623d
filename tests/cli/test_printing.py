"""Tables and pages for people, JSON for programs."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from cix.cli.base import Session
from cix.cli.cells import shown, span, width
from cix.cli.meter import Meter, line
from cix.cli.printing import answer_page, answer_rows, page, table
from cix.cli.words import use


@attrs.frozen
class Lot:
    name: str
    left: int


@attrs.frozen
class Row:
    key: str
    points: int
    since: datetime | None = None
    lots: tuple[Lot, ...] = ()
    labels: tuple[str, ...] = ()
    note: str | None = None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (True, "yes"),
        (7, "7"),
        ("a\nb", "a b"),
        ("", '""'),
        (datetime(2024, 3, 1, tzinfo=UTC), "2024-03-01T00:00:00Z"),
        (timedelta(days=1, hours=2, seconds=5), "1d 2h 5s"),
        (timedelta(), "0s"),
        (timedelta(milliseconds=1500), "1.5s"),
        ((), "-"),
        (("a", "b"), "a, b"),
        (frozenset({"b", "a"}), "a, b"),
        ({"a": 1, "b": {"c": None}}, "a=1, b={c=-}"),
        (Lot("x", 3), "x 3"),
        ([Lot("x", 3), Lot("y", 4)], "x 3, y 4"),
    ],
)
def test_a_value_is_shown_on_one_line(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_span_may_be_negative() -> None:
    assert span(timedelta(minutes=-90)) == "-1h 30m"


def test_chinese_takes_two_columns() -> None:
    assert width("王a") == 3


def test_columns_are_aligned_also_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    table([{"name": "王芳", "n": 5}, {"name": "Ann", "n": 12}])
    assert capsys.readouterr().out == "name   n\n----  --\n王芳   5\nAnn   12\n"


def test_a_page_shows_lists_of_values_as_tables(capsys: pytest.CaptureFixture[str]) -> None:
    page(Row("acc-9", 5, lots=(Lot("l-1", 5),)))
    out = capsys.readouterr().out
    assert out.startswith("key     acc-9\npoints  5\n")
    assert out.endswith("\nlots\nname  left\n----  ----\nl-1      5\n")


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    table([])
    use("zh")
    table([])
    use("en")
    assert capsys.readouterr().out == "(nothing)\n（无）\n"


def test_the_form_that_was_asked_for_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    session = Session()
    session.form = "jsonl"
    answer_rows(session, [Row("a", 1), Row("b", 2)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        '{"key": "a", "points": 1, "since": null, "lots": [], "labels": [], "note": null}'
    )
    answer_page(session, Row("c", 3))
    assert json.loads(capsys.readouterr().out.splitlines()[0])["key"] == "c"
    session.form = "json"
    answer_rows(session, [])
    answer_page(session, Row("王", 1))
    assert '"key": "王"' in capsys.readouterr().out


def test_progress_tells_rate_and_time_left() -> None:
    assert line("views", 500, 2_000, 400, 2.0) == "views: 500 / 2,000 · 200/s · 8 s left"
    assert line("read", 500, 0, 500, 2.0) == "read: 500 · 250/s"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_moves_on_one_line_of_a_terminal_and_leaves_it() -> None:
    stream = Terminal()
    meter = Meter("views", stream)
    meter(0, 100)
    meter.told -= 1  # a second ago
    meter(50, 100)
    meter.end()
    assert stream.getvalue().startswith("\r\x1b[Kviews: 50 / 100 · ")
    assert stream.getvalue().endswith("\r\x1b[K")
    assert "\n" not in stream.getvalue()


def test_progress_of_short_work_is_not_worth_a_word() -> None:
    stream = io.StringIO()
    meter = Meter("views", stream)
    for done in range(100):
        meter(done, 100)
    meter.end()
    assert stream.getvalue() == ""
