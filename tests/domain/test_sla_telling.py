"""A timer explained in words, in both languages."""

from __future__ import annotations

from datetime import timedelta

import attrs

from cix.domain.sla.telling import Behind, tell
from domain.sla_stories import AGENT, one, opened, promised, rules, story, t, target

DESK_TIME = "on calendar desk, version 1"


def test_a_timer_is_told_with_its_policy_calendar_segments_and_the_facts_behind() -> None:
    promise = promised(target("first_response", calendar="desk", pause_on=["pending"], warn=[0.5]))
    facts = story(opened(), ("9:10", "pending"), ("9:20", "open"), ("12:00", AGENT))
    assert tell(one(facts, promise, "12:00")) == (
        "First response no. 1 of ticket t-1: Breached",
        "policy p, version 1, sla; promised 1:00:00",
        "calendar desk, version 1",
        "elapsed 2:50:00, remaining -1:50:00",
        "breached at 2026-03-02T10:10:00Z, could be known at 2026-03-02T10:10:00Z",
        "started at 2026-03-02T09:00:00Z by the fact at position 1",
        "paused at 2026-03-02T09:10:00Z by the fact at position 2",
        "resumed at 2026-03-02T09:20:00Z by the fact at position 3",
        f"ran from 2026-03-02T09:00:00Z to 2026-03-02T09:10:00Z: 0:10:00 (600 s) {DESK_TIME}",
        "was paused from 2026-03-02T09:10:00Z to 2026-03-02T09:20:00Z: not counted",
        f"ran from 2026-03-02T09:20:00Z to 2026-03-02T12:00:00Z: 2:40:00 (9600 s) {DESK_TIME}",
        "warning 0.5 at 2026-03-02T09:40:00Z",
    )


def test_a_running_and_a_paused_timer_say_when_they_are_due() -> None:
    promise = promised(target(pause_on=["pending"]))
    running = tell(one(story(opened()), promise, "9:10"))
    assert "due at 2026-03-02T10:00:00Z, the last moment in time is 2026-03-02T10:00:00Z" in running
    assert running[-1].endswith("to now: 0:10:00 (600 s) on calendar time")
    paused = tell(one(story(opened(), ("9:10", "pending")), promise, "12:00"))
    assert "paused; resumed now it would be due at 2026-03-02T12:50:00Z" in paused
    assert paused[-1] == "was paused from 2026-03-02T09:10:00Z to now: not counted"


def test_the_same_timer_is_told_in_chinese() -> None:
    told = tell(one(story(opened()), promised(target()), "12:00"), "zh-CN")
    assert told[0] == "工单 t-1 的解决时限（第 1 次）：超时"
    assert told[3] == "已用 3:00:00，剩余 -2:00:00"
    assert told[-1].endswith("至 现在：3:00:00，即 10800 秒（自然时间）")


def test_the_facts_behind_are_called_as_the_log_knows_them() -> None:
    timer = one(story(opened(), ("9:10", AGENT)), promised(target("first_response")), "12:00")
    late = Behind("2", "ticket.replied", t("9:10"), t("11:00"), "a-1")
    told = tell(timer, "en", (Behind("1", "ticket.opened", t("9:00"), t("9:00")), late))
    assert "started at 2026-03-02T09:00:00Z by ticket.opened (1)" in told
    said = "stopped in time at 2026-03-02T09:10:00Z by ticket.replied"
    assert f"{said} (2, a-1, recorded 2026-03-02T11:00:00Z)" in told
    zh = tell(timer, "zh-CN", (late,))
    assert zh[-2].endswith("依据 ticket.replied（2，a-1，记录于 2026-03-02T11:00:00Z）")


def test_what_time_decided_is_said_to_be_decided_by_time() -> None:
    ladder = {"name": "up", "levels": [{"level": 2, "after": 600, "calendar": "always"}]}
    timer = one(story(opened()), rules(escalation=[ladder]), "10:00")
    assert any(
        line.endswith("09:10:00Z by time itself, after the fact at position 1")
        for line in tell(timer, "en", (Behind("1~2"),))
    )


def test_a_part_of_a_second_is_told_exactly() -> None:
    timer = one(story(opened(), ("9:10", AGENT)), promised(target("first_response")), "12:00")
    (start, *_) = timer.segments
    part = attrs.evolve(start, elapsed=timedelta(seconds=1, microseconds=20))
    (line,) = [x for x in tell(attrs.evolve(timer, segments=(part,))) if x.startswith("ran")]
    assert "(1.00002 s)" in line
