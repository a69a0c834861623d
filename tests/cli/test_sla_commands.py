"""``cix sla``, ``cix whatif sla``, ``cix explain sla_timers``: the clocks from the command line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cix.domain.sla import read
from cli.calling import cix, lines, opening

SLA = """\
[[policy]]
name = "after-sales"
family = "response"
targets = [{ name = "first_response", seconds = 7_200, calendar = "desk" }]

[[policy]]
name = "all"
family = "resolution"
targets = [{ name = "resolution", seconds = 86_400, calendar = "always", pause_on = ["pending"] }]
"""
WEEK = 'zone = "UTC"\nweekly = { fri = ["00:00-24:00"], sat = ["00:00-24:00"] }\n'
NOON = ("--as-of", "2024-03-01T12:00Z")


def did(word: str, key: str, at: str, **args: object) -> dict[str, object]:
    when = f"2024-03-01T{at}Z"
    return {
        "do": word, "key": key, "id": f"{word} {key}", "args": args,
        "occurred_at": when, "recorded_at": when, "actor": "a-1",
    }  # fmt: skip


def at(key: str, when: str) -> dict[str, object]:
    moment = f"2024-03-01T{when}Z"
    return opening(key, id=key, occurred_at=moment, recorded_at=moment, actor="shop")


@pytest.fixture(autouse=True)
def history(folder: Path) -> None:
    (folder / "sla.toml").write_text(SLA, "utf-8")
    (folder / "hours.toml").write_text(WEEK, "utf-8")
    early = ("--effective-at", "2024-01-01T00:00Z")
    told = [
        at("t-1", "09:00"),
        did("ticket.pend", "t-1", "09:30", agent="a-1"),
        at("t-2", "10:30"),
        at("t-3", "10:40"),
        did("ticket.reply", "t-3", "11:00", agent="a-1", text="hello"),
    ]
    assert cix("apply", lines(folder / "told.jsonl", *told), "--import").code == 0
    assert cix("policy", "publish", "calendar", "1", "hours.toml", *early).code == 0
    assert cix("policy", "publish", "sla", "1", "sla.toml", *early).code == 0


# -- the board -------------------------------------------------------------------------
def test_the_board_has_what_is_due_soonest_then_what_is_late_then_what_waits() -> None:
    done = cix("sla", "board", *NOON, "--jsonl")
    assert done.code == 1
    assert [(one["state"], one["ticket"], one["target"]) for one in done.rows] == [
        ("due", "t-2", "first_response"),
        ("due", "t-2", "resolution"),
        ("due", "t-3", "resolution"),
        ("breached", "t-1", "first_response"),
        ("paused", "t-1", "resolution"),
    ]
    late, waits = done.rows[3:]
    assert late["breached_at"] == "2024-03-01T11:00:00Z"
    assert (waits["remaining_us"], waits["due_if_resumed_now"]) == (
        84_600_000_000,
        "2024-03-02T11:30:00Z",
    )


def test_the_board_of_an_hour_before_has_nothing_late() -> None:
    done = cix("sla", "board", "--as-of", "2024-03-01T10:59Z")
    assert done.code == 0
    assert "breached" not in done.out


def test_what_was_not_known_is_not_on_the_board() -> None:
    done = cix("sla", "board", *NOON, "--known-at", "0", "--json")
    assert (done.code, done.json) == (0, [])


def test_the_board_is_told_in_chinese_and_cut() -> None:
    done = cix("sla", "board", *NOON, "--limit", "1", "--lang", "zh-CN")
    assert "待办" in done.out
    assert "t-1" not in done.out


# -- sums ------------------------------------------------------------------------------
def test_attainment_keeps_numerator_and_denominator() -> None:
    done = cix("sla", "attainment", *NOON, "--by", "target", "--by", "day", "--jsonl")
    assert done.rows == [
        {
            "target": "first_response", "day": "2024-03-01", "met": 1, "breached": 1,
            "cancelled": 0, "judged": 2, "attainment": 0.5,
        }
    ]  # fmt: skip


def test_response_times_are_told_in_both_kinds_of_time() -> None:
    done = cix("sla", "response-times", *NOON, "--jsonl")
    assert [(one["time"], one["count"], one["total_us"], one["p99_us"]) for one in done.rows] == [
        ("business", 1, 1_200_000_000, 1_200_000_000),
        ("calendar", 1, 1_200_000_000, 1_200_000_000),
    ]
    assert "20m" in cix("sla", "response-times", *NOON).out
    assert cix("sla", "response-times", "next_response", *NOON).code == 1


# -- why -------------------------------------------------------------------------------
def test_a_clock_is_explained_with_its_policy_segments_and_facts() -> None:
    done = cix("explain", "sla_timers", "t-1", "resolution", *NOON)
    assert done.code == 0
    told = [line.strip() for line in done.out.splitlines()]
    assert told[0].startswith("Resolution no. 1 of ticket t-1: Paused")
    assert "policy all, version 1, Resolution; promised 1 day, 0:00:00" in told
    assert "started at 2024-03-01T09:00:00Z by ticket.opened (1, shop)" in told
    ran = "ran from 2024-03-01T09:00:00Z to 2024-03-01T09:30:00Z: 0:30:00 (1800 s)"
    assert f"{ran} on calendar time" in told
    assert "was paused from 2024-03-01T09:30:00Z to now: not counted" in told


def test_a_clock_is_explained_in_chinese() -> None:
    done = cix("--lang", "zh-CN", "explain", "sla_timers", "t-1", "first_response", *NOON)
    assert "工单 t-1 的首次响应（第 1 次）：超时" in done.out
    assert "工作日历 desk，版本 1" in done.out
    assert "依据 ticket.opened（1，shop）" in done.out


def test_a_clock_is_explained_as_a_document() -> None:
    (found,) = cix("explain", "sla_timers", "t-1", "first_response", *NOON, "--json").json
    assert found["timer"]["breached_at"] == "2024-03-01T11:00:00Z"
    assert [one["fact"] for one in found["behind"]] == ["ticket.opened"]


def test_a_field_of_the_row_is_explained_as_of_any_view() -> None:
    done = cix("explain", "sla_timers", "t-1", "breached", *NOON)
    assert (done.code, "sla_timers.t-1.breached = 1" in done.out) == (0, True)


def test_a_target_that_the_ticket_has_not_is_said_to_be_missing() -> None:
    done = cix("explain", "sla_timers", "t-1", "plan", *NOON)
    assert (done.code, "t-1 plan" in done.err) == (1, True)


# -- what if ---------------------------------------------------------------------------
def test_other_policies_are_tried_and_nothing_is_written(folder: Path) -> None:
    (folder / "new.toml").write_text(SLA.replace("7_200", "14_400"), "utf-8")
    before = cix("export", "jsonl").out
    done = cix("whatif", "sla", "--policy", "new.toml", *NOON, "--json")
    assert done.code == 1
    (first,) = [one for one in done.json["targets"] if one["target"] == "first_response"]
    assert (first["before"]["breached"], first["after"]["breached"]) == (1, 0)
    assert [(one["ticket"], one["after"]) for one in done.json["moved"]] == [("t-1", "running")]
    assert cix("export", "jsonl").out == before


def test_other_hours_are_tried(folder: Path) -> None:
    (folder / "new.toml").write_text('zone = "UTC"\nweekly = { fri = ["13:00-17:00"] }\n', "utf-8")
    done = cix("whatif", "sla", "--calendar", "new.toml", *NOON)
    assert done.code == 1
    assert "3 tickets judged again, 1 timers have another verdict" in done.err


def test_the_same_policies_change_nothing() -> None:
    assert cix("whatif", "sla", "--policy", "sla.toml", *NOON).code == 0
    assert cix("whatif", "sla").code == 2


@pytest.mark.parametrize(
    "command", [("whatif", "sla", "--policy"), ("policy", "publish", "sla", "2")]
)
def test_a_policy_that_cannot_be_meant_is_refused_with_its_line(
    folder: Path, command: tuple[str, ...]
) -> None:
    (folder / "bad.toml").write_text(SLA.replace("pause_on", "pauses_on"), "utf-8")
    done = cix(*command, "bad.toml")
    assert done.code not in {0, 1} or "CIX-105" in done.err
    assert "line 9, policy[1].targets[0].pauses_on" in done.err


def test_the_shipped_policies_are_printed_as_a_file_that_can_be_published(folder: Path) -> None:
    printed = cix("policy", "default", "sla")
    assert len(read(tomllib.loads(printed.out)).policies) == 9
    (folder / "default.toml").write_text(printed.out, "utf-8")
    assert cix("policy", "publish", "sla", "2", "default.toml").code == 0
