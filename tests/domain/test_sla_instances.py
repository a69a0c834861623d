"""Timer instances: what starts, pauses, stops, cancels them, kind by kind."""

from __future__ import annotations

from typing import Any

import pytest

from cix.domain.sla import (
    Acknowledged,
    Assigned,
    BotUnresolved,
    CallbackDone,
    Created,
    Escalated,
    FactIn,
    FollowupDone,
    HandoverDone,
    HandoverRequested,
    MessageAdded,
    Milestone,
    SurveyAnswered,
)
from domain.sla_stories import (
    AGENT,
    AUTO,
    CUSTOMER,
    NOTE,
    minutes,
    one,
    opened,
    promised,
    show,
    story,
    t,
    target,
)

ANSWERING = target("next_response")


def token_target(start: str, stop: str = "answered", **keys: object) -> dict[str, Any]:
    return target("clock", start=[start], stop=[stop], **keys)


# -- order and visibility ----------------------------------------------------------------
def test_nothing_is_listed_before_a_clock_starts() -> None:
    assert show(story(opened()), promised(target()), "8:00") == ()
    assert show(story(opened()), promised(ANSWERING), "12:00") == ()


def test_facts_without_a_creation_have_no_clocks() -> None:
    assert show(story(("9:00", "open"), ("9:05", CUSTOMER)), promised(ANSWERING), "12:00") == ()


def test_facts_of_one_instant_take_effect_one_after_another_by_position() -> None:
    asked_first = story(opened(), ("9:30", CUSTOMER), ("9:30", AGENT))
    assert one(asked_first, promised(ANSWERING), "12:00").status == "met"
    answered_first = story(opened(), ("9:30", AGENT), ("9:30", CUSTOMER))
    assert one(answered_first, promised(ANSWERING), "10:00").status == "running"


def test_a_message_dated_before_its_tickets_creation_takes_effect_at_the_creation() -> None:
    asked = one(story(("8:00", CUSTOMER), opened()), promised(ANSWERING), "9:30")
    assert asked.started_at == t("9:00")
    answered = story(opened(), ("8:00", AGENT))
    reply = one(answered, promised(target("first_response")), "9:30")
    assert (reply.status, reply.elapsed) == ("met", minutes(0))


def test_early_messages_take_effect_in_the_order_of_their_positions() -> None:
    facts = story(opened(), ("8:30", CUSTOMER), ("8:00", AGENT))
    assert one(facts, promised(ANSWERING), "9:30").status == "met"


def test_the_status_already_held_moves_nothing() -> None:
    facts = story(opened(status="pending"), ("9:30", "pending"))
    promise = promised(token_target("status:pending", repeat=True))
    assert one(facts, promise, "12:00").n == 1


def test_a_second_creation_moves_nothing() -> None:
    facts = story(opened(), ("9:30", Created("resolved")))
    assert one(facts, promised(target()), "9:45").status == "running"


# -- first response ----------------------------------------------------------------------
def test_the_first_response_is_one_instance_also_after_a_reopening() -> None:
    facts = story(
        opened(), ("9:10", AGENT), ("9:20", "resolved"), ("9:30", "open"), ("9:40", AGENT)
    )
    timer = one(facts, promised(target("first_response")), "12:00")
    assert (timer.n, timer.status, timer.stopped_at) == (1, "met", t("9:10"))


def test_a_first_response_ended_by_solving_stays_ended_after_a_reopening() -> None:
    facts = story(opened(), ("9:20", "resolved"), ("9:30", "open"), ("13:00", AGENT))
    timer = one(facts, promised(target("first_response")), "14:00")
    assert (timer.status, timer.stopped_at) == ("met", t("9:20"))


def test_solving_too_late_without_a_reply_is_a_breach() -> None:
    timer = one(story(opened(), ("11:00", "closed")), promised(target("first_response")), "12:00")
    assert (timer.status, timer.breached_at) == ("breached", t("10:00"))


# -- next response -----------------------------------------------------------------------
def test_each_unanswered_stretch_is_an_instance_of_its_own() -> None:
    facts = story(opened(), ("9:10", CUSTOMER), ("9:20", AGENT), ("9:40", CUSTOMER))
    first, second = show(facts, promised(ANSWERING), "9:50")
    assert (first.n, first.status, first.elapsed) == (1, "met", minutes(10))
    assert (second.n, second.status, second.started_at) == (2, "running", t("9:40"))


def test_the_tickets_first_customer_message_counts_beside_the_first_response() -> None:
    promise = promised(target("first_response"), ANSWERING)
    both = show(story(opened(), ("9:00", CUSTOMER)), promise, "9:30")
    assert [timer.target for timer in both] == ["first_response", "next_response"]


def test_two_agent_messages_in_a_row_stop_once() -> None:
    facts = story(opened(), ("9:10", CUSTOMER), ("9:20", AGENT), ("9:30", AGENT))
    assert one(facts, promised(ANSWERING), "12:00").stopped_at == t("9:20")


@pytest.mark.parametrize("said", [NOTE, AUTO, MessageAdded("customer", auto=True)])
def test_what_is_no_message_neither_starts_nor_stops(said: FactIn) -> None:
    assert show(story(opened(), ("9:10", said)), promised(ANSWERING), "9:30") == ()
    facts = story(opened(), ("9:05", CUSTOMER), ("9:10", said))
    assert one(facts, promised(ANSWERING), "9:30").status == "running"


def test_a_message_to_a_resolved_ticket_starts_the_next_response() -> None:
    facts = story(opened(status="resolved"), ("9:30", CUSTOMER))
    assert one(facts, promised(ANSWERING), "9:40").started_at == t("9:30")


def test_solving_stops_the_next_response_and_the_next_message_starts_it_again() -> None:
    facts = story(opened(), ("9:10", CUSTOMER), ("9:20", "resolved"), ("9:30", CUSTOMER))
    first, second = show(facts, promised(ANSWERING), "9:40")
    assert (first.status, second.status) == ("met", "running")


def test_after_the_first_reply_only_means_earlier_messages_start_nothing_then_or_later() -> None:
    promise = promised(target("next_response", after_first_reply_only=True))
    early = story(opened(), ("9:10", CUSTOMER), ("9:20", AGENT))
    assert show(early, promise, "12:00") == ()
    facts = story(opened(), ("9:10", CUSTOMER), ("9:20", AGENT), ("9:30", CUSTOMER))
    assert one(facts, promise, "9:40").started_at == t("9:30")


# -- periodic update ---------------------------------------------------------------------
def test_each_update_ends_one_period_and_starts_the_next_at_that_instant() -> None:
    facts = story(opened(), ("9:10", AGENT), ("9:40", AGENT))
    first, second = show(facts, promised(target("periodic_update")), "9:50")
    assert (first.stopped_at, second.started_at, second.n) == (t("9:40"), t("9:40"), 2)


def test_a_start_token_starts_updates_only_where_none_is_open() -> None:
    promise = promised(target("periodic_update", start=["plan"]))
    facts = story(opened(), ("9:10", Milestone("plan")), ("9:20", Milestone("plan")))
    assert one(facts, promise, "9:30").started_at == t("9:10")


def test_updates_are_owed_by_the_parties_that_restart_them() -> None:
    promise = promised(target("periodic_update", restart_by=["bot"]))
    facts = story(opened(), ("9:10", MessageAdded("bot")), ("9:20", AGENT))
    assert one(facts, promise, "9:30").started_at == t("9:10")


def test_solving_ends_the_updates() -> None:
    facts = story(opened(), ("9:10", AGENT), ("9:20", "resolved"))
    assert one(facts, promised(target("periodic_update")), "12:00").status == "met"


# -- resolution --------------------------------------------------------------------------
def test_resolved_then_closed_is_no_second_stop() -> None:
    facts = story(opened(), ("9:20", "resolved"), ("15:00", "closed"))
    timer = one(facts, promised(target()), "20:00")
    assert (timer.status, timer.stopped_at) == ("met", t("9:20"))


def test_a_ticket_created_in_a_resolved_status_is_met_with_elapsed_zero() -> None:
    timer = one(story(opened(status="closed")), promised(target()), "20:00")
    assert (timer.status, timer.elapsed, timer.stopped_at) == ("met", minutes(0), t("9:00"))


def test_a_status_that_both_resolves_and_pauses_stops_the_resolution() -> None:
    promise = promised(target(pause_on=["resolved"]))
    timer = one(story(opened(), ("9:20", "resolved")), promise, "20:00")
    assert (timer.status, timer.stopped_at) == ("met", t("9:20"))


def test_a_site_names_its_own_statuses() -> None:
    promise = promised(target(resolved=["done"], pause_on=["with supplier"]))
    facts = story(opened(), ("9:10", "with supplier"), ("9:40", "open"), ("9:50", "done"))
    timer = one(facts, promise, "20:00")
    assert (timer.status, timer.elapsed) == ("met", minutes(20))


# -- pauses ------------------------------------------------------------------------------
def test_a_clock_can_start_paused() -> None:
    promise = promised(target(pause_on=["new"]))
    facts = story(opened(status="new"), ("9:30", "open"))
    assert one(facts, promise, "9:10").status == "paused"
    assert one(facts, promise, "9:40").elapsed == minutes(10)


def test_a_restart_while_paused_starts_paused() -> None:
    promise = promised(target("clock", start=["go"], stop=["end"], repeat=True, pause_on=["open"]))
    go, end = Milestone("go"), Milestone("end")
    facts = story(opened(), ("9:10", go), ("9:20", end), ("9:30", go))
    assert [timer.status for timer in show(facts, promise, "12:00")] == ["met", "paused"]


def test_from_one_pausing_status_to_another_the_pause_goes_on() -> None:
    promise = promised(target(pause_on=["pending", "on hold"]))
    facts = story(opened(), ("9:10", "pending"), ("9:20", "on hold"), ("9:30", "open"))
    assert one(facts, promise, "9:40").elapsed == minutes(20)


# -- tokens ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("token", "fact"),
    [
        ("assigned", Assigned("a-1")),
        ("status:pending", "pending"),
        ("message:customer", CUSTOMER),
        ("message:agent:2", MessageAdded("agent", level=2)),
        ("message:agent", MessageAdded("agent", level=2)),
        ("escalated:2", Escalated(2)),
        ("escalated", Escalated(3)),
        ("ack:2", Acknowledged(2)),
        ("ack", Acknowledged(2)),
        ("handover", HandoverRequested()),
        ("handover_done", HandoverDone()),
        ("bot_unresolved", BotUnresolved()),
        ("callback_done", CallbackDone()),
        ("followup_done", FollowupDone()),
        ("survey_answered", SurveyAnswered()),
        ("ring", Milestone("ring")),
    ],
)
def test_every_token_starts_and_stops_a_clock(token: str, fact: object) -> None:
    started = one(story(opened(), ("9:10", fact)), promised(token_target(token)), "9:30")
    assert started.started_at == t("9:10")
    stopping = promised(token_target("created", token))
    assert one(story(opened(), ("9:10", fact)), stopping, "9:30").stopped_at == t("9:10")


@pytest.mark.parametrize(
    ("token", "fact"), [("message:agent:2", AGENT), ("escalated:2", Escalated(3))]
)
def test_another_level_is_another_token(token: str, fact: FactIn) -> None:
    assert show(story(opened(), ("9:10", fact)), promised(token_target(token)), "9:30") == ()


def test_tokens_count_once_unless_the_target_repeats() -> None:
    ring = [Milestone("ring"), Milestone("answered"), Milestone("ring")]
    facts = story(opened(), *((f"9:{n}0", what) for n, what in enumerate(ring, start=1)))
    assert len(show(facts, promised(token_target("ring")), "12:00")) == 1
    assert len(show(facts, promised(token_target("ring", repeat=True)), "12:00")) == 2


def test_a_start_while_open_and_a_stop_while_none_is_open_do_nothing() -> None:
    facts = story(
        opened(), ("9:05", Milestone("answered")), ("9:10", Milestone("ring")),
        ("9:20", Milestone("ring")),
    )  # fmt: skip
    assert one(facts, promised(token_target("ring", repeat=True)), "9:30").started_at == t("9:10")


def test_a_fact_that_stops_and_starts_ends_one_instance_and_begins_the_next() -> None:
    facts = story(opened(), ("9:10", Milestone("step")), ("9:20", Milestone("step")))
    both = show(facts, promised(token_target("step", "step", repeat=True)), "9:30")
    assert [(timer.status, timer.n) for timer in both] == [("met", 1), ("running", 2)]


# -- cancel ------------------------------------------------------------------------------
def test_a_cancel_token_ends_the_count_before_a_stop_of_the_same_fact() -> None:
    promise = promised(token_target("ring", "gone", cancel=["gone"]))
    facts = story(opened(), ("9:10", Milestone("ring")), ("9:20", Milestone("gone")))
    timer = one(facts, promise, "12:00")
    assert (timer.status, timer.stopped_at, timer.due_at) == ("cancelled", t("9:20"), None)


def test_any_kind_can_be_cancelled() -> None:
    promise = promised(target("first_response", cancel=["spam"]), target(cancel=["spam"]))
    both = show(story(opened(), ("9:20", Milestone("spam"))), promise, "20:00")
    assert [timer.status for timer in both] == ["cancelled", "cancelled"]


def test_a_caller_who_gives_up_in_time_is_cancelled_and_one_who_gives_up_later_was_breached() -> (
    None
):
    promise = promised(token_target("ring", seconds=15, cancel=["abandoned"]))
    gave_up = Milestone("abandoned")
    early = story(opened(), ("9:00", Milestone("ring")), ("9:00:15", gave_up))
    late = story(opened(), ("9:00", Milestone("ring")), ("9:00:16", gave_up))
    assert one(early, promise, "9:10").status == "cancelled"
    timer = one(late, promise, "9:10")
    assert (timer.status, timer.breached_at) == ("breached", t("9:00:15"))
