"""Escalation: clocks that raise a ticket to a support level, by hand or by time itself."""

from __future__ import annotations

from typing import Any

from cix.domain.sla import Acknowledged, Escalated, MessageAdded, PolicyVersion, said
from domain.sla_stories import DESK, minutes, one, opened, rules, show, story, t

SECOND_LEVEL = MessageAdded("agent", level=2)


def ladder(*levels: dict[str, Any], **keys: object) -> list[PolicyVersion]:
    return rules(escalation=[{"name": "front line", "levels": list(levels), **keys}])


def level(n: int = 2, **keys: object) -> dict[str, Any]:
    found = {"level": n, "after": 600, "calendar": "always", "unless": ["status:resolved"], **keys}
    return {"answer_within": 7200, "stop": [f"message:agent:{n}", f"ack:{n}"], **found}


def told(facts: list[Any], promise: list[PolicyVersion], at: str) -> list[tuple[Any, ...]]:
    every = said(facts, promise, [DESK], t(at), ticket="t-1")
    return [(one.at, one.level) for one in every if one.kind == "escalated"]


def test_each_level_makes_two_clocks_and_the_second_starts_at_the_escalation() -> None:
    facts = story(opened(), ("9:04", Escalated(2)))
    waiting, answering = show(facts, ladder(level()), "9:30")
    assert (waiting.target, waiting.status, waiting.elapsed) == ("escalate_2", "met", minutes(4))
    assert (answering.target, answering.started_at) == ("answer_2", t("9:04"))
    assert answering.due_at == t("11:04")


def test_time_itself_escalates_at_the_exact_due_instant_whether_or_not_anybody_looked() -> None:
    assert told(story(opened()), ladder(level()), "9:09") == []
    for at in ("9:10", "9:11", "+3 0:00"):
        assert told(story(opened()), ladder(level()), at) == [(t("9:10"), 2)]
    waiting, answering = show(story(opened()), ladder(level()), "9:20")
    assert (waiting.status, waiting.elapsed) == ("met", minutes(10))
    assert answering.due_at == t("11:10")


def test_a_stored_fact_of_that_instant_comes_first() -> None:
    facts = story(opened(), ("9:10", "resolved"))
    assert told(facts, ladder(level()), "12:00") == []
    assert one(facts, ladder(level()), "12:00").status == "met"


def test_an_automatic_escalation_is_taken_back_by_a_late_fact() -> None:
    facts = story(opened(), ("9:05", "resolved", "12:00"))
    assert told(facts[:1], ladder(level()), "13:00") == [(t("9:10"), 2)]
    assert told(facts, ladder(level()), "13:00") == []


def test_escalated_by_hand_too_late_is_a_breach_and_gives_the_level_its_full_time() -> None:
    facts = story(opened(), ("9:30", Escalated(2)))
    waiting, answering = show(facts, ladder(level(auto=False)), "9:40")
    assert (waiting.status, waiting.breached_at) == ("breached", t("9:10"))
    assert answering.due_at == t("11:30")


def test_without_auto_a_breach_only_reminds() -> None:
    timer = one(story(opened()), ladder(level(auto=False)), "12:00")
    assert (timer.target, timer.status) == ("escalate_2", "breached")


def test_the_third_level_waits_from_the_escalation_to_the_second() -> None:
    promise = ladder(level(2), level(3, after=1200))
    assert told(story(opened()), promise, "12:00") == [(t("9:10"), 2), (t("9:30"), 3)]


def test_a_level_starts_at_tokens_of_its_own_where_it_names_them() -> None:
    promise = ladder(level(start=["status:open"]))
    facts = story(opened(status="new"), ("9:20", "open"))
    assert told(facts, promise, "12:00") == [(t("9:30"), 2)]


def test_the_level_answers_by_a_message_of_that_level_or_by_taking_note() -> None:
    for fact in (SECOND_LEVEL, Acknowledged(2)):
        _, answering = show(story(opened(), ("9:40", fact)), ladder(level()), "12:00")
        assert (answering.status, answering.stopped_at) == ("met", t("9:40"))
    facts = story(opened(), ("9:40", MessageAdded("agent", level=1)))
    assert show(facts, ladder(level()), "10:00")[1].status == "running"


def test_escalation_counts_business_time_and_comes_at_the_near_instant() -> None:
    assert told(story(opened("17:50")), ladder(level(calendar="desk")), "18:00") == [
        (t("18:00"), 2)
    ]
    assert told(story(opened("17:55")), ladder(level(calendar="desk")), "tue 12:00") == [
        (t("tue 9:05"), 2)
    ]


def test_a_breach_raises_the_level_again_at_most_as_often_as_it_says() -> None:
    promise = ladder(level(answer_within=600, repeat=2))
    raised = told(story(opened()), promise, "12:00")
    assert raised == [(t("9:10"), 2), (t("9:20"), 2), (t("9:30"), 2)]
    answering = [one for one in show(story(opened()), promise, "12:00") if one.target == "answer_2"]
    assert [one.started_at for one in answering] == [t("9:10"), t("9:20"), t("9:30")]
    assert [one.status for one in answering] == ["breached"] * 3


def test_an_answer_stops_every_count_of_a_level_that_was_raised_again() -> None:
    promise = ladder(level(answer_within=600, repeat=2))
    facts = story(opened(), ("9:25", SECOND_LEVEL))
    answering = [one for one in show(facts, promise, "12:00") if one.target == "answer_2"]
    assert [(one.status, one.elapsed) for one in answering] == [
        ("breached", minutes(15)),
        ("met", minutes(5)),
    ]


def test_an_answer_at_the_very_due_instant_raises_nothing_again() -> None:
    promise = ladder(level(answer_within=600, repeat=2))
    assert len(told(story(opened(), ("9:20", SECOND_LEVEL)), promise, "12:00")) == 1


def test_a_level_raised_again_at_closing_waits_until_no_answer_is_in_time_any_more() -> None:
    promise = ladder(level(calendar="desk", answer_within=600, repeat=1))
    facts = story(opened("17:40"))
    assert told(facts, promise, "tue 9:00") == [(t("17:50"), 2)]
    assert told(facts, promise, "tue 9:01") == [(t("17:50"), 2), (t("18:00"), 2)]
    in_time = story(opened("17:40"), ("20:00", SECOND_LEVEL))
    assert told(in_time, promise, "tue 12:00") == [(t("17:50"), 2)]


def test_a_new_escalation_policy_escalates_from_the_creation_on_where_it_recomputes() -> None:
    body = {"escalation": [{"name": "e", "levels": [level()], "on_edit": "recompute"}]}
    later = [PolicyVersion.of(body, "1", t("9:30"))]
    answering = one(story(opened()), later, "9:40")
    assert (answering.target, answering.started_at) == ("answer_2", t("9:10"))
    assert told(story(opened()), later, "9:40") == [(t("9:10"), 2)]
    kept = {"escalation": [{"name": "e", "levels": [level()]}]}
    assert show(story(opened()), [PolicyVersion.of(kept, "1", t("9:30"))], "9:40") == ()
