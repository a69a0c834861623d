"""SLA policies as they are written: every key and default, and what is refused, with the line."""

from __future__ import annotations

from typing import Any

import pytest

from cix.domain import policy_text
from cix.domain.policy import DECIDER, Policy
from cix.domain.sla import CalendarVersion, PolicyVersion, read, undefined_calendars
from cix.domain.sla.defaults import DEFAULT_TEXT, TITLES, default_body, title
from cix.domain.sla.policy import Bot, Level, Target, Warn
from cix.errors import InvalidPolicyError
from domain.sla_stories import DESK, policy, t, target


def refusal(body: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(InvalidPolicyError) as caught:
        read(body)
    return caught.value.where, caught.value.problem


def refused_target(**keys: object) -> tuple[str, str]:
    return refusal({"policy": [policy({**target(), **keys})]})


# -- keys and defaults -------------------------------------------------------------------
def test_a_target_of_the_required_keys_has_every_default() -> None:
    (only,) = read({"policy": [policy(target("first_response"))]}).policies[0].targets
    assert only == Target("first_response", 3600, "always", "first_response")
    assert (only.pause_on, only.resolved, only.reopen) == ((), ("resolved", "closed"), "resume")
    assert (only.restart_by, only.solved_stops, only.after_first_reply_only) == (
        ("agent",), True, False,
    )  # fmt: skip
    assert (only.warn, only.on_change, only.repeat) == ((), "retroactive", False)


def test_the_kind_is_the_name_where_that_is_a_kind_and_else_tokens() -> None:
    named = target("slow", kind="resolution"), target("answer", start=["ring"])
    kinds = [one.kind for one in read({"policy": [policy(*named)]}).policies[0].targets]
    assert kinds == ["resolution", "tokens"]


def test_a_policy_has_its_defaults() -> None:
    (only,) = read({"policy": [policy(target())]}).policies
    assert (only.when, only.on_edit, only.from_message, only.reopen_window_us) == (
        (), "keep", False, None,
    )  # fmt: skip


def test_a_window_may_be_written_in_days() -> None:
    body = {"policy": [policy(target(), reopen_window="14d")]}
    assert read(body).policies[0].reopen_window_us == 14 * 86_400 * 1_000_000
    body = {"policy": [policy(target(), reopen_window="1h30m")]}
    assert read(body).policies[0].reopen_window_us == 5_400 * 1_000_000


def test_warnings_are_shares_or_time_left() -> None:
    (only,) = read({"policy": [policy(target(warn=[0.8, "10m", 1]))]}).policies[0].targets
    assert only.warn == (Warn("0.8", 4, 5), Warn("10m", left_us=600_000_000), Warn("1"))
    assert [one.threshold_us(only.limit_us) for one in only.warn] == [
        2_880_000_000, 3_000_000_000, 3_600_000_000,
    ]  # fmt: skip


def test_an_escalation_has_its_defaults() -> None:
    level = {"level": 2, "after": 60, "calendar": "always"}
    rules = read({"escalation": [{"name": "e", "levels": [level]}]})
    assert rules.escalations[0].levels == (
        Level(2, 60, "always", stop=("message:agent:2", "ack:2")),
    )
    (only,) = rules.policies
    assert (only.family, [one.name for one in only.targets]) == ("escalation", ["escalate_2"])
    assert (only.targets[0].start, only.targets[0].stop) == (("created",), ("escalated:2",))


def test_an_empty_body_promises_nothing() -> None:
    assert (read({}).policies, read({}).bot) == ((), Bot())


# -- the default set ---------------------------------------------------------------------
def test_the_default_set_holds_the_required_numbers() -> None:
    rules = read(default_body())
    seconds = {
        (one.name, target.name): (target.seconds, target.calendar)
        for one in rules.policies
        for target in one.targets
    }
    assert seconds == {
        ("live chat", "human_answer"): (30, "desk"),
        ("phone", "answer"): (15, "desk"),
        ("VIP after-sales", "first_response"): (7_200, "desk"),
        ("VIP after-sales", "vip_first_response"): (14_400, "always"),
        ("after-sales", "first_response"): (7_200, "desk"),
        ("after-sales follow-up", "follow_up"): (259_200, "always"),
        ("simple", "resolution"): (300, "desk"),
        ("complex", "resolution"): (86_400, "always"),
        ("cross-department", "plan"): (172_800, "always"),
        ("cross-department", "progress"): (86_400, "always"),
        ("front line", "escalate_2"): (600, "desk"),
        ("front line", "answer_2"): (7_200, "desk"),
    }
    assert rules.bot == Bot(handover_on_request=True, handover_after_unresolved=3)


def test_everything_in_the_default_set_has_an_english_and_a_chinese_name() -> None:
    rules = read(default_body())
    names = {one.name for one in rules.policies} | {one.family for one in rules.policies}
    names |= {target.name for one in rules.policies for target in one.targets}
    assert names <= set(TITLES)
    assert title("first_response").zh == "首次响应"
    assert title("our own") == title("our own")


def test_the_default_set_is_published_like_any_other() -> None:
    publish = DECIDER.decisions["policy.publish"]
    (fact,) = publish(Policy("sla"), t("9:00"), version="1", body=default_body())
    assert fact.kind == "sla"


def test_a_calendar_that_targets_name_and_nobody_published_is_found() -> None:
    versions = [PolicyVersion.of(default_body())]
    assert undefined_calendars(versions, []) == ("desk",)
    assert undefined_calendars(versions, [DESK]) == ()


# -- what cannot be meant ----------------------------------------------------------------
@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ({"seconds": 0}, "seconds"),
        ({"seconds": True}, "seconds"),
        ({"seconds": 1.5}, "seconds"),
        ({"calendar": ""}, "calendar"),
        ({"kind": "answer"}, "kind"),
        ({"colour": "red"}, "colour"),
        ({"reopen": "maybe"}, "reopen"),
        ({"on_change": "later"}, "on_change"),
        ({"pause_on": "pending"}, "pause_on"),
        ({"pause_on": ["a", "a"]}, "pause_on[1]"),
        ({"pause_on": [3]}, "pause_on[0]"),
        ({"start": ["created"]}, "start"),
        ({"stop": ["created"]}, "stop"),
        ({"repeat": True}, "repeat"),
        ({"restart_by": ["agent"]}, "restart_by"),
        ({"solved_stops": False}, "solved_stops"),
        ({"after_first_reply_only": True}, "after_first_reply_only"),
        ({"cancel": ["message:nobody"]}, "cancel[0]"),
        ({"cancel": ["message"]}, "cancel[0]"),
        ({"cancel": ["escalated:high"]}, "cancel[0]"),
        ({"cancel": ["status:"]}, "cancel[0]"),
        ({"cancel": ["colour:red"]}, "cancel[0]"),
        ({"warn": [1.5]}, "warn[0]"),
        ({"warn": [0]}, "warn[0]"),
        ({"warn": ["2h"]}, "warn[0]"),
        ({"warn": ["soon"]}, "warn[0]"),
        ({"warn": [True]}, "warn[0]"),
        ({"warn": [0.5, 0.5]}, "warn[1]"),
    ],
)
def test_a_target_that_cannot_be_meant_is_refused_with_its_place(
    keys: dict[str, Any], where: str
) -> None:
    assert refused_target(**keys)[0] == f"policy[0].targets[0].{where}"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"polcy": []}, "polcy"),
        ({"policy": [policy()]}, "policy[0].targets"),
        ({"policy": [policy(target(), target())]}, "policy[0].targets[1].name"),
        ({"policy": [policy(target()), policy(target())]}, "policy[1].name"),
        ({"policy": [policy(target()), policy(target(), name="q")]}, "policy[1].when"),
        ({"policy": [policy(target(), when={"type": []})]}, "policy[0].when.type"),
        ({"policy": [policy(target(), when={"status": "open"})]}, "policy[0].when.status"),
        ({"policy": [policy(target(), on_edit="never")]}, "policy[0].on_edit"),
        ({"policy": [policy(target(), reopen_window=0)]}, "policy[0].reopen_window"),
        ({"policy": [policy(target(), from_message=1)]}, "policy[0].from_message"),
        ({"policy": [policy(target("x", start=[]))]}, "policy[0].targets[0].start"),
        ({"policy": ["p"]}, "policy[0]"),
        ({"policy": "p"}, "policy"),
        ({"bot": {"handover_after_unresolved": 0}}, "bot.handover_after_unresolved"),
        ({"escalation": [{"name": "e", "levels": []}]}, "escalation[0].levels"),
    ],
)
def test_a_body_that_cannot_be_meant_is_refused_with_its_place(
    body: dict[str, Any], where: str
) -> None:
    assert refusal(body)[0] == where


@pytest.mark.parametrize(
    ("second", "where"),
    [
        ({"level": 2, "after": 1, "calendar": "always"}, "levels[1].level"),
        ({"level": 3, "after": 0, "calendar": "always"}, "levels[1].after"),
        (
            {"level": 3, "after": 1, "calendar": "always", "stop": ["ack"]},
            "levels[1].answer_within",
        ),
        ({"level": 3, "after": 1, "calendar": "always", "repeat": -1}, "levels[1].repeat"),
    ],
)
def test_levels_that_cannot_be_meant_are_refused(second: dict[str, Any], where: str) -> None:
    first = {"level": 2, "after": 1, "calendar": "always"}
    body = {"escalation": [{"name": "e", "levels": [first, second]}]}
    assert refusal(body)[0] == f"escalation[0].{where}"


def test_a_policy_no_ticket_can_reach_says_which_one_stands_before_it() -> None:
    _, problem = refusal({"policy": [policy(target()), policy(target(), name="q")]})
    assert "'p' stands before it" in problem


def test_a_calendar_without_a_name_is_the_sites_own() -> None:
    body = {"zone": "UTC", "weekly": {"mon": ["09:00-18:00"]}}
    assert CalendarVersion.of(body).name == "desk"


# -- the line to look at -----------------------------------------------------------------
TEXT = '''\
# ours
[[policy]]
name = "a"   # the first
family = "f"
when = { type = ["x", "y"], priority = "high" }
targets = [
  { name = "resolution", seconds = 60, calendar = "always", warn = [
      0.5,
      0.8,
  ] },
]

[[policy]]
"name" = """b"""
family = 'f'
[[policy.targets]]
name = "answer"
start = ["ring"]
seconds = 1_000
calendar = "desk"

[bot]
handover_after_unresolved = 3
'''


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("policy[0]", 2),
        ("policy[0].name", 3),
        ("policy[0].when.type[1]", 5),
        ("policy[0].targets[0].seconds", 7),
        ("policy[0].targets[0].warn[1]", 9),
        ("policy[1].name", 14),
        ("policy[1].family", 15),
        ("policy[1].targets[0].start[0]", 18),
        ("policy[1].targets[0].colour", 16),
        ("bot.handover_after_unresolved", 23),
        ("nowhere", None),
    ],
)
def test_every_place_of_a_text_has_its_line(where: str, line: int | None) -> None:
    assert policy_text.parse(TEXT, "sla").line(where) == line


def test_a_refusal_of_a_written_policy_names_the_line() -> None:
    assert policy_text.read(TEXT, "sla", read).policies[1].targets[0].seconds == 1000
    with pytest.raises(InvalidPolicyError, match=r"line 19, policy\[1\].targets\[0\].seconds"):
        policy_text.read(TEXT.replace("1_000", "-1"), "sla", read)


def test_text_that_is_no_toml_is_refused_with_the_line() -> None:
    with pytest.raises(InvalidPolicyError, match="line 3"):
        policy_text.parse("a = 1\n\nb = = 2\n", "sla")


def test_the_default_text_has_a_line_for_everything_in_it() -> None:
    written = policy_text.parse(DEFAULT_TEXT, "sla")
    lines = DEFAULT_TEXT.splitlines()
    for n, one in enumerate(written.body["policy"]):
        line = written.line(f"policy[{n}].family")
        assert line is not None
        assert one["family"] in lines[line - 1]
