"""``cix apply``: every line once, the first bad one named, everything before it kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.calling import Ended, cix, lines, opening


def facts(db: str = "cix.db") -> list[str]:
    return [row["fact"] for row in cix("export", "jsonl", "--db", db).rows]


def applied(path: Path | str, *args: str, given: str = "") -> Ended:
    return cix("apply", path, *args, "--json", given=given)


# -- decisions -----------------------------------------------------------------
def test_lines_become_facts_and_are_counted(folder: Path) -> None:
    file = lines(folder / "a.jsonl", opening("t-1", id="1"), "", opening("t-2", id="2"))
    done = applied(file)
    assert done.code == 0
    assert done.json["lines"] == done.json["decided"] == done.json["head"] == 2
    assert done.json["problems"] == []
    assert cix("apply", file).err == "2 lines · 2 known by id\n"
    assert facts() == ["ticket.opened", "ticket.opened"]


def test_a_file_may_be_applied_again_without_doubling_also_where_lines_have_no_id(
    folder: Path,
) -> None:
    contact = {"do": "customer.set_attribute", "key": "r-1",
               "args": {"name": "city", "value": "Lyon", "source": "app"}}  # fmt: skip
    file = lines(folder / "a.jsonl", contact, contact)
    assert applied(file).json["decided"] == 2
    again = applied(file).json
    assert (again["decided"], again["duplicates"], again["repeated"]) == (0, 2, 2)
    told = cix("apply", file).err
    assert "2 lines without an id were known in batch a.jsonl" in told
    assert applied(file, "--batch", "monday").json["decided"] == 2
    assert len(facts()) == 4


def test_the_standard_input_may_be_applied() -> None:
    given = json.dumps(opening("t-1")) + "\n"
    assert applied("-", given=given).json["decided"] == 1
    assert applied("-", given=given).json["duplicates"] == 1


def test_what_holds_already_is_counted_apart(folder: Path) -> None:
    file = lines(folder / "a.jsonl", opening("t-1", id="1"), opening("t-1", id="2"))
    found = applied(file).json
    assert (found["decided"], found["unchanged"]) == (1, 1)


def test_the_actor_of_the_line_comes_before_the_option(folder: Path) -> None:
    file = lines(folder / "a.jsonl", opening("t-1", actor="ann"), opening("t-2"))
    applied(file, "--actor", "import")
    found = cix("export", "jsonl").rows
    assert [line["metadata"]["actor"] for line in found] == ["ann", "import"]


def test_a_byte_order_mark_says_nothing(folder: Path) -> None:
    file = folder / "a.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(opening("t-1")).encode())
    assert applied(file).json["decided"] == 1


def test_recorded_times_are_for_imports(folder: Path) -> None:
    old = opening("t-1", id="1", occurred_at="2024-01-01T00:00Z", recorded_at="2024-01-02T00:00Z")
    file = lines(folder / "a.jsonl", old)
    refused = applied(file)
    assert refused.code == 2
    assert "say --import" in refused.err
    assert applied(file, "--import").code == 0
    assert cix("export", "jsonl").rows[0]["recorded_at"] == "2024-01-02T00:00:00Z"


def test_the_views_have_reached_the_last_line(folder: Path) -> None:
    applied(lines(folder / "a.jsonl", *(opening(f"t-{n}", id=f"i-{n}") for n in range(5))))
    assert len(cix("find", "queues", "--jsonl").rows) == 5
    assert {row["lag"] for row in cix("projections", "list", "--json").json} == {0}


def test_views_may_be_left_to_a_worker(folder: Path) -> None:
    cix("apply", lines(folder / "a.jsonl", opening("t-1")), CIX_VIEWS="worker")
    assert cix("find", "queues", CIX_VIEWS="worker").code == 1
    assert cix("work", "--once", "--json").json == {"position": 1}
    assert cix("find", "queues").code == 0


def test_other_rooms_react_before_the_next_line_is_decided(folder: Path) -> None:
    said = {"record": "r-1", "channel": "phone", "text": "again", "about": "t-1"}
    applied(
        lines(
            folder / "a.jsonl",
            opening("t-1"),
            {"do": "ticket.resolve", "key": "t-1", "args": {}},
            {"do": "contact.receive", "key": "k-1", "args": said},
            {"do": "ticket.resolve", "key": "t-1", "args": {}},
        )
    )
    assert facts() == [
        "ticket.opened",
        "ticket.resolved",
        "contact.received",
        "ticket.replied",
        "ticket.reopened",
        "ticket.resolved",
    ]


# -- lines that cannot be applied -------------------------------------------------
UNREADABLE = {
    "no json": '{"do": "ticket.open", ',
    "no object": "[1, 2]",
    "two kinds": '{"do": "a.b", "fact": "c.d"}',
    "no kind": '{"key": "t-1"}',
    "unknown field": '{"do": "ticket.open", "key": "t", "colour": "red"}',
    "no key": '{"do": "ticket.open"}',
    "args no object": '{"do": "ticket.open", "key": "t", "args": [1]}',
    "empty id": '{"do": "ticket.open", "key": "t", "id": ""}',
    "key no text": '{"do": "ticket.open", "key": 7}',
    "not a number": '{"do": "ticket.open", "key": "t", "args": {"x": NaN}}',
    "half a character": '{"do": "ticket.open", "key": "\\ud800"}',
    "too deep": '{"do": "x", "args": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "unknown fact": '{"fact": "ticket.vanished"}',
    "fact without tags": '{"fact": "ticket.resolved", "data": {}}',
}
REFUSED = {
    "unknown decision": {"do": "ticket.vanish", "key": "t-1"},
    "unknown ticket": {"do": "ticket.resolve", "key": "t-7"},
    "wrong type": {"do": "ticket.note", "key": "t-1", "args": {"text": 7}},
    "missing argument": {"do": "ticket.note", "key": "t-1"},
    "naive instant": opening("t-3", occurred_at="2024-01-01"),
    "no instant": opening("t-3", occurred_at="yesterday"),
    "other body": opening("t-3", id="1"),
    "long id": opening("t-3", id="x" * 501),
}


@pytest.mark.parametrize("bad", UNREADABLE.values(), ids=list(UNREADABLE))
def test_a_line_that_cannot_be_read_stops_with_its_number_and_exit_code_2(
    folder: Path, bad: str
) -> None:
    file = lines(folder / "a.jsonl", opening("t-1", id="1"), "", bad, opening("t-2", id="2"))
    done = applied(file)
    assert done.code == 2
    assert done.json["decided"] == done.json["malformed"] == 1
    assert done.json["problems"][0]["line"] == 3
    assert done.err.startswith("line 3: CIX-40")
    assert facts() == ["ticket.opened"]


@pytest.mark.parametrize("bad", REFUSED.values(), ids=list(REFUSED))
def test_a_line_that_is_refused_stops_with_its_number_and_exit_code_1(
    folder: Path, bad: dict[str, object]
) -> None:
    file = lines(folder / "a.jsonl", opening("t-1", id="1"), bad, opening("t-2", id="2"))
    done = applied(file)
    assert done.code == 1
    assert done.json["refused"] == 1
    assert done.err.startswith("line 2: CIX-10")
    assert facts() == ["ticket.opened"]
    more = applied(file, "--continue")
    assert more.code == 1
    assert (more.json["decided"], more.json["duplicates"], more.json["refused"]) == (1, 1, 1)
    assert facts() == ["ticket.opened", "ticket.opened"]


def test_bytes_that_are_no_text_are_named(folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(b'{"do": "x", "key": "\xff"}\n')
    done = applied("a.jsonl")
    assert done.code == 2
    assert "line 1: CIX-402 no UTF-8" in done.err


def test_a_mended_file_goes_on_where_it_stopped(folder: Path) -> None:
    file = folder / "a.jsonl"
    lines(file, opening("t-1"), "oops", opening("t-2"))
    assert applied(file).code == 2
    lines(file, opening("t-1"), opening("t-3"), opening("t-2"))
    found = applied(file).json
    assert (found["duplicates"], found["decided"]) == (1, 2)


def test_going_on_counts_everything_and_keeps_what_is_good(folder: Path) -> None:
    bad = [*UNREADABLE.values(), *REFUSED.values()]
    file = lines(folder / "a.jsonl", opening("t-1", id="1"), *bad, opening("t-2", id="2"))  # type: ignore[arg-type]  # texts and objects
    done = applied(file, "--continue")
    assert done.code == 1
    assert done.json["decided"] == 2
    assert done.json["malformed"] == len(UNREADABLE)
    assert done.json["refused"] == len(REFUSED)
    assert done.err.count("\n") == len(bad)


def test_a_file_that_is_not_there_is_told() -> None:
    done = cix("apply", "gone.jsonl")
    assert done.code == 2
    assert "gone.jsonl" in done.err
    assert done.err.count("\n") == 1


def test_problems_are_told_in_chinese(folder: Path) -> None:
    file = lines(folder / "a.jsonl", {"do": "ticket.resolve", "key": "t-7"})
    done = cix("apply", file, "--lang", "zh")
    assert done.err.splitlines()[0] == "第 1 行：CIX-102 没有工单 t-7（not_found）；请检查编号"
