"""``cix do``, ``cix record``, ``cix policy publish``, and the lists of what can be asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cix.domain.catalogue import CATALOGUE, ROOMS
from cli.calling import cix

HOURS = """
zone = "Asia/Shanghai"
holidays = [2026-10-01]

[weekly]
mon = ["09:00-18:00"]
"""


def test_a_decision_prints_the_facts_it_made() -> None:
    done = cix("do", "ticket.open", "t-1", "--arg", "record=r-1", "--arg", "priority=high")
    assert done.code == 0
    assert done.out.startswith("ticket.opened  record=r-1, priority=high")
    assert done.err == "recorded up to position 1\n"


def test_a_decision_answers_in_json_too() -> None:
    args = ["--arg", "record=r-1", "--arg", 'tags=["vip"]', "--id", "x-1", "--json"]
    found = cix("do", "ticket.open", "t-1", *args).json
    assert found["decision"] == "ticket.open"
    assert found["request"] == "x-1"
    assert found["position"] == 1
    assert not found["duplicate"]
    assert [fact["fact"] for fact in found["facts"]] == ["ticket.opened"]
    assert found["facts"][0]["data"]["tags"] == ["vip"]


def test_the_same_id_has_one_effect() -> None:
    first = cix("do", "ticket.open", "t-1", "--arg", "record=r-1", "--id", "x", "--json").json
    again = cix("do", "ticket.open", "t-1", "--arg", "record=r-1", "--id", "x", "--json").json
    assert again == first | {"duplicate": True}
    other = cix("do", "ticket.open", "t-1", "--arg", "record=r-2", "--id", "x")
    assert (other.code, other.out) == (1, "")
    assert "CIX-106" in other.err


def test_what_holds_already_makes_no_fact() -> None:
    cix("do", "ticket.open", "t-1", "--arg", "record=r-1")
    done = cix("do", "ticket.open", "t-1", "--arg", "record=r-1")
    assert (done.code, done.out) == (0, "")
    assert done.err == "nothing to do: it holds already\n"


def test_all_arguments_may_come_as_one_json_object() -> None:
    args = {"record": "r-1", "channel": "order", "order": {"id": "o-1", "total_minor": 129_00}}
    found = cix("do", "contact.receive", "k-1", "--args", json.dumps(args), "--json").json
    assert found["facts"][0]["data"]["order"]["total_minor"] == 129_00


def test_who_and_when_are_kept_with_the_fact() -> None:
    at = "2024-03-01T10:00+08:00"
    cix("do", "ticket.open", "t-1", "--arg", "record=r-1", "--at", at, CIX_ACTOR="lin")
    line = cix("export", "jsonl").rows[0]
    assert line["occurred_at"] == "2024-03-01T02:00:00Z"
    assert line["metadata"]["actor"] == "lin"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["ticket.opn", "t-1"], 2, "did you mean ticket.open"),
        (["ticket.resolve", "t-1"], 1, "CIX-102 there is no ticket 't-1'"),
        (["ticket.open", "t-1"], 2, "CIX-103 ticket.open: record must be given"),
        (["ticket.open", "t-1", "--arg", "colour=red"], 2, "CIX-103"),
        (["ticket.open", "t-1", "--arg", "record=r", "--arg", "level=x"], 2, "level must be"),
        (["ticket.open", "t-1", "--arg", "red"], 2, "CIX-600 --arg: 'red'; write name=value"),
        (["ticket.open", "t-1", "--args", "[1]"], 2, "write one JSON object"),
        (["ticket.open", "t-1", "--args", "{"], 2, "CIX-600 --args"),
        (["ticket.open", "t-1", "--arg", "record=r", "--at", "2024-03-01"], 2, "CIX-104 --at"),
        (["ticket.open", "t-1", "--arg", "record=r", "--at", "noon"], 2, "CIX-103"),
        (["ticket.open", " ", "--arg", "record=r"], 2, "key must be a text that is not empty"),
    ],
)
def test_what_cannot_be_asked_is_told_and_writes_nothing(
    words: list[str], code: int, told: str
) -> None:
    done = cix("do", *words)
    assert (done.code, done.out) == (code, "")
    assert told in done.err
    assert done.err.count("\n") == 1
    assert cix("export", "jsonl", "--db", "cix.db").out == ""


def test_a_refusal_says_which_rule() -> None:
    cix("do", "ticket.open", "t-1", "--arg", "record=r-1")
    done = cix("do", "ticket.close", "t-1", "--json")
    assert done.code == 1
    told = json.loads(done.err)
    assert told["code"] == "CIX-101"
    assert told["rule"] == "not_resolved"
    assert told["key"] == "t-1"
    chinese = cix("do", "ticket.close", "t-1", "--lang", "zh").err
    assert chinese == "cix: CIX-101 工单 t-1：尚未解决（not_resolved）\n"


def test_a_record_is_found_again_by_the_same_number() -> None:
    first = cix("record", "phone", "+86 138 0000 0000").out
    assert first.startswith("r-")
    assert cix("record", "phone", "13800000000", "--json").json == {"record": first.strip()}
    assert cix("record", "phone", "13800000001").out != first
    assert cix("record", "phone", " ").code == 2


# -- policies ------------------------------------------------------------------
def test_a_policy_file_becomes_a_version_in_force_from_an_instant(folder: Path) -> None:
    (folder / "hours.toml").write_text(HOURS)
    since = ["--effective-at", "2026-01-01T00:00+08:00"]
    done = cix("policy", "publish", "calendar", "v1", "hours.toml", *since, "--json")
    assert done.code == 0
    data = done.json["facts"][0]["data"]
    assert (data["kind"], data["version"]) == ("calendar", "v1")
    assert data["effective_at"] == "2025-12-31T16:00:00Z"
    assert json.loads(data["body"])["holidays"] == ["2026-10-01"]
    assert (
        cix("policy", "publish", "calendar", "v1", "hours.toml", *since, "--json").json["facts"]
        == []
    )


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("p.toml", 'zone = "UTC"\nbirthday_points = -1\n', "line 2, birthday_points"),
        ("p.toml", "zone = \n", "line 1"),
        ("p.json", '{"zone": ', "CIX-600"),
        ("p.json", "[]", "it is no object"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_with_its_line(
    folder: Path, name: str, text: str, told: str
) -> None:
    (folder / name).write_text(text)
    done = cix("policy", "publish", "loyalty", "v1", name)
    assert (done.code, done.out) == (2, "")
    assert told in done.err


def test_a_policy_of_a_kind_that_nobody_obeys_is_refused(folder: Path) -> None:
    (folder / "p.toml").write_text("a = 1\n")
    done = cix("policy", "publish", "weather", "v1", "p.toml")
    assert done.code == 2
    assert "no room obeys it" in done.err
    assert cix("policy", "publish", "calendar", "v1", "gone.toml").code == 2


# -- lists ---------------------------------------------------------------------
def test_every_fact_is_listed() -> None:
    rows = cix("facts", "--jsonl").rows
    assert [row["fact"] for row in rows] == [e.word.name for e in CATALOGUE.current()]
    received = next(row for row in rows if row["fact"] == "contact.received")
    assert received["key"] == "contact"
    assert "content" in received["personal"]


def test_every_decision_is_listed_with_its_arguments() -> None:
    rows = cix("decisions", "--json").json
    names = {decision.name for room in ROOMS for decision in room.decisions.values()}
    assert {row["decision"] for row in rows} == names
    merge = next(row for row in rows if row["decision"] == "ticket.merge")
    assert merge["arguments"] == ["into", "[agent]"]


def test_a_list_may_be_asked_for_by_its_beginning() -> None:
    assert {row["fact"].partition(".")[0] for row in cix("facts", "ticket", "--json").json} == {
        "ticket"
    }
    assert cix("decisions", "nothing.of.that").code == 1
