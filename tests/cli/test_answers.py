"""``show``, ``find``, ``timeline``, ``explain``: now, as of then, as known then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.calling import cix, lines, opening

HISTORY = [
    opening("t-1", id="1", occurred_at="2024-03-01T10:00+08:00",
            recorded_at="2024-03-01T10:00+08:00", actor="desk"),
    {"do": "ticket.prioritise", "key": "t-1", "id": "2", "args": {"priority": "urgent"},
     "occurred_at": "2024-03-02T10:00+08:00", "recorded_at": "2024-03-05T10:00+08:00"},
    opening("t-2", "r-2", id="3", occurred_at="2024-03-03T10:00+08:00",
            recorded_at="2024-03-05T11:00+08:00"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def history(folder: Path) -> None:
    assert cix("apply", lines(folder / "history.jsonl", *HISTORY), "--import").code == 0


# -- one row -------------------------------------------------------------------
def test_a_row_is_shown_as_a_page() -> None:
    done = cix("show", "queues", "t-1")
    assert done.code == 0
    assert "priority            urgent" in done.out
    assert done.err == ""


def test_a_row_is_shown_as_json_with_every_field() -> None:
    row = cix("show", "queues", "t-1", "--json").json
    assert row["ticket"] == "t-1"
    assert row["opened_at"] == "2024-03-01T02:00:00Z"
    assert row["labels"] == []


def test_a_row_as_of_then_is_told_with_the_instant_and_the_position() -> None:
    done = cix("show", "queues", "t-1", "--as-of", "2024-03-01T12:00+08:00", "--json")
    assert done.json["priority"] == "normal"
    assert done.err == (
        "as of 2024-03-01T04:00:00Z, known up to position 3 (recorded 2024-03-05T03:00:00Z)\n"
    )


def test_what_was_known_then_may_be_asked_by_instant_or_by_position() -> None:
    as_of = ["--as-of", "2024-03-04T00:00Z", "--json"]
    assert cix("show", "queues", "t-1", *as_of).json["priority"] == "urgent"
    by_time = cix("show", "queues", "t-1", *as_of, "--known-at", "2024-03-04T00:00Z")
    assert by_time.json["priority"] == "normal"
    by_position = cix("show", "queues", "t-1", *as_of, "--known-at", "1")
    assert by_position.json == by_time.json
    assert "known up to position 1" in by_position.err


def test_no_row_is_a_finding() -> None:
    done = cix("show", "queues", "t-9")
    assert (done.code, done.out) == (1, "")
    assert done.err == "queues holds nothing for t-9\n"
    assert cix("show", "queues", "t-9", "--json").json is None
    assert cix("show", "queues", "t-2", "--as-of", "2024-03-02T00:00Z").code == 1


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["show", "queue", "t-1"], 2, "CIX-501 no view 'queue'; there are customer360"),
        (["show", "queues", "t-1", "--as-of", "2024-03-02"], 2, "CIX-104 --as-of"),
        (["show", "queues", "t-1", "--known-at", "yesterday"], 2, "CIX-103"),
        (["show", "queues", "t-1", "--as-of", "2024-03-02T10:00"], 2, "has no offset"),
        (["explain", "queues", "t-1", "colour"], 2, "no field 'colour'"),
        (["find", "queues", "--where", "colour=red"], 2, "no column 'colour'"),
        (["find", "queues", "--where", "reopens=many"], 2, "give"),
        (["find", "queues", "--order-by", "colour"], 2, "no column 'colour'"),
        (["find", "queues", "--column", "colour"], 2, "no column 'colour'"),
        (["find", "queues", "--limit", "0"], 2, "'--limit' cannot be used"),
        (["find", "timeline"], 2, "a view of lines"),
    ],
)
def test_a_question_that_cannot_be_meant_is_told_in_one_line(
    words: list[str], code: int, told: str
) -> None:
    done = cix(*words)
    assert (done.code, done.out) == (code, "")
    assert told in done.err
    assert done.err.count("\n") == 1


def test_reading_makes_no_store(folder: Path) -> None:
    done = cix("show", "queues", "t-1", "--db", "nowhere.db")
    assert done.code == 4
    assert "CIX-302 nowhere.db: there is no such file; name another with --db" in done.err
    assert not (folder / "nowhere.db").exists()


def test_a_row_is_one_line_of_json_where_lines_are_asked_for() -> None:
    done = cix("show", "queues", "t-1", "--jsonl")
    assert len(done.out.splitlines()) == 1
    assert done.rows == [cix("show", "queues", "t-1", "--json").json]
    nothing = cix("show", "queues", "t-9", "--jsonl")
    assert (nothing.code, nothing.out) == (1, "")


# -- many rows -----------------------------------------------------------------
def test_rows_are_found_by_conditions_and_in_order() -> None:
    assert [row["ticket"] for row in cix("find", "queues", "--jsonl").rows] == ["t-1", "t-2"]
    urgent = cix("find", "queues", "--where", "priority in high,urgent", "--json").json
    assert [row["ticket"] for row in urgent] == ["t-1"]
    late = cix("find", "queues", "--where", "opened_at > 2024-03-02T00:00Z", "--json").json
    assert [row["ticket"] for row in late] == ["t-2"]
    latest = cix("find", "queues", "--order-by", "-opened_at", "--limit", "1", "--json").json
    assert [row["ticket"] for row in latest] == ["t-2"]


def test_only_the_columns_asked_for_are_printed() -> None:
    done = cix("find", "queues", "--column", "ticket", "--column", "agent")
    assert done.out.splitlines() == ["ticket  agent", "------  -----", "t-1     -", "t-2     -"]
    rows = cix("find", "queues", "--column", "ticket", "--json").json
    assert rows == [{"ticket": "t-1"}, {"ticket": "t-2"}]


def test_rows_are_found_as_of_then() -> None:
    then = ["--as-of", "2024-03-02T00:00Z", "--jsonl"]
    assert [row["ticket"] for row in cix("find", "queues", *then).rows] == ["t-1"]


def test_no_row_that_meets_the_conditions_is_a_finding() -> None:
    done = cix("find", "queues", "--where", "priority=low")
    assert done.code == 1
    assert done.err == "no row of queues meets that\n"


def test_columns_that_say_nothing_are_left_out_of_a_table() -> None:
    head = cix("find", "queues").out.splitlines()[0].split()
    assert "priority" in head
    assert "merged_into" not in head


# -- lines and reasons -----------------------------------------------------------
def test_the_timeline_prints_every_fact_in_order() -> None:
    rows = cix("timeline", "r-1", "--json").json
    assert [row["word"] for row in rows] == ["ticket.opened", "ticket.prioritised"]
    assert cix("timeline", "r-1", "--last", "1", "--jsonl").rows == rows[-1:]
    then = cix("timeline", "r-1", "--known-at", "1", "--json").json
    assert then == rows[:1]
    assert cix("show", "timeline", "r-1", "--json").json == rows
    assert cix("timeline", "r-9").code == 1


def test_an_explanation_tells_the_facts_and_both_values() -> None:
    done = cix("explain", "queues", "t-1", "priority")
    assert done.code == 0
    assert done.out.startswith("queues.t-1.priority = urgent")
    told = cix("explain", "queues", "t-1", "priority", "--json").json
    assert [(c["fact"], c["before"], c["after"]) for c in told["causes"]] == [
        ("ticket.opened", None, "normal"),
        ("ticket.prioritised", "normal", "urgent"),
    ]
    assert told["causes"][0]["actor"] == "desk"


def test_an_explanation_as_of_then_knows_nothing_later() -> None:
    then = ["--as-of", "2024-03-04T00:00Z", "--known-at", "1", "--json"]
    told = cix("explain", "queues", "t-1", "priority", *then).json
    assert (told["value"], len(told["causes"])) == ("normal", 1)


def test_nothing_to_explain_is_a_finding() -> None:
    assert cix("explain", "queues", "t-9").code == 1


def test_a_whole_row_may_be_explained() -> None:
    assert "ticket.prioritised" in cix("explain", "queues", "t-1").out


def test_an_error_is_one_json_document_for_programs() -> None:
    done = cix("show", "queue", "t-1", "--json")
    told = json.loads(done.err)
    assert told["error"] == "UnknownViewError"
    assert told["projection"] == "queue"
    assert "queues" in told["known"]
