"""Merging and splitting tickets, and what it does to their clocks."""

from __future__ import annotations

from cix.domain.sla import MergedFrom, MergedInto, MessageAdded, SplitFrom
from cix.records import to_us
from domain.sla_stories import (
    AGENT,
    CUSTOMER,
    minutes,
    one,
    opened,
    promised,
    show,
    story,
    t,
    target,
)

ANSWERING = promised(target("next_response"))


def unanswered(when: str) -> MergedFrom:
    return MergedFrom("t-2", to_us(t(when)))


def split(unanswered: str | None = None, first: str | None = None) -> SplitFrom:
    return SplitFrom(
        "t-2",
        None if first is None else to_us(t(first)),
        None if unanswered is None else to_us(t(unanswered)),
    )


# -- the source --------------------------------------------------------------------------
def test_open_clocks_of_a_ticket_merged_away_are_cancelled_never_met() -> None:
    facts = story(opened(), ("9:20", MergedInto("t-2")), ("9:20", "closed"))
    timer = one(facts, promised(target()), "12:00")
    assert (timer.status, timer.stopped_at) == ("cancelled", t("9:20"))


def test_verdicts_of_a_ticket_merged_away_are_kept() -> None:
    facts = story(opened(), ("9:10", AGENT), ("9:20", MergedInto("t-2")))
    assert one(facts, promised(target("first_response")), "12:00").status == "met"
    late = story(opened(), ("11:00", MergedInto("t-2")))
    assert one(late, promised(target()), "12:00").status == "breached"


def test_nothing_later_moves_the_clocks_of_a_ticket_merged_away() -> None:
    facts = story(opened(), ("9:10", MergedInto("t-2")), ("9:20", CUSTOMER), ("9:30", "open"))
    assert show(facts, ANSWERING, "12:00") == ()


def test_a_late_fact_dated_before_the_merge_still_judges_the_source() -> None:
    facts = story(opened(), ("9:20", MergedInto("t-2")), ("9:10", AGENT, "11:00"))
    assert one(facts, promised(target("first_response")), "12:00").status == "met"


# -- the survivor ------------------------------------------------------------------------
def test_the_survivor_answers_for_the_oldest_unanswered_message_even_one_older_than_itself() -> (
    None
):
    facts = story(opened(), ("9:30", unanswered("8:15")))
    timer = one(facts, ANSWERING, "9:40")
    assert (timer.started_at, timer.elapsed, timer.status) == (t("8:15"), minutes(85), "breached")
    assert (timer.breached_at, timer.known_at) == (t("9:15"), t("9:30"))


def test_an_unanswered_stretch_of_the_survivor_reaches_back_to_the_moved_message() -> None:
    facts = story(opened(), ("9:20", CUSTOMER), ("9:30", unanswered("9:05")))
    assert one(facts, ANSWERING, "9:29").started_at == t("9:20")
    timer = one(facts, ANSWERING, "9:40")
    assert (timer.n, timer.started_at, timer.due_at) == (1, t("9:05"), t("10:05"))


def test_a_moved_message_younger_than_the_survivors_own_moves_nothing() -> None:
    facts = story(opened(), ("9:05", CUSTOMER), ("9:30", unanswered("9:20")))
    assert one(facts, ANSWERING, "9:40").started_at == t("9:05")


def test_the_survivors_answer_before_the_merge_does_not_answer_the_moved_message() -> None:
    facts = story(opened(), ("9:10", CUSTOMER), ("9:20", AGENT), ("9:30", unanswered("9:15")))
    own, moved = show(facts, ANSWERING, "9:40")
    assert (own.status, moved.started_at, moved.status) == ("met", t("9:15"), "running")


def test_pauses_of_the_survivor_count_for_the_moved_stretch_too() -> None:
    promise = promised(target("next_response", pause_on=["pending"]))
    facts = story(opened(), ("9:10", "pending"), ("9:20", "open"), ("9:30", unanswered("8:50")))
    timer = one(facts, promise, "9:40")
    assert (timer.started_at, timer.elapsed) == (t("8:50"), minutes(40))


def test_answered_stretches_stay_with_the_source() -> None:
    assert show(story(opened(), ("9:30", MergedFrom("t-2"))), ANSWERING, "9:40") == ()


def test_a_merge_does_not_touch_the_survivors_first_response() -> None:
    facts = story(opened(), ("9:30", unanswered("8:00")))
    timer = one(facts, promised(target("first_response")), "9:40")
    assert (timer.started_at, timer.status) == (t("9:00"), "running")


# -- a split ticket ----------------------------------------------------------------------
def test_a_split_tickets_clocks_start_at_the_split() -> None:
    facts = story(opened(), ("9:00", split(first="8:00")))
    timer = one(facts, promised(target()), "9:10")
    assert (timer.started_at, timer.due_at) == (t("9:00"), t("10:00"))


def test_a_copied_message_still_unanswered_starts_the_next_response_at_the_split() -> None:
    facts = story(opened(), ("9:00", split("8:00", "7:00")))
    assert one(facts, ANSWERING, "9:10").started_at == t("9:00")
    assert show(story(opened(), ("9:00", split(first="7:00"))), ANSWERING, "9:10") == ()


def test_with_from_message_the_clocks_count_from_the_first_copied_message() -> None:
    promise = promised(target(), target("next_response"), from_message=True)
    for facts in (
        story(opened(), ("9:00", split("8:30", "8:20"))),
        story(("9:00", split("8:30", "8:20")), opened()),
    ):
        both = show(facts, promise, "9:10")
        assert [timer.started_at for timer in both] == [t("8:20"), t("8:20")]
        assert [timer.elapsed for timer in both] == [minutes(50), minutes(50)]


def test_copied_messages_dated_before_a_split_answer_nothing() -> None:
    facts = story(("8:00", CUSTOMER), ("8:10", AGENT), opened(), ("9:00", split()))
    assert one(facts, promised(target("first_response")), "9:10").status == "running"
    assert show(facts, ANSWERING, "9:10") == ()


def test_a_copied_customer_message_after_the_copied_answer_waits() -> None:
    facts = story(("8:10", AGENT), ("8:20", CUSTOMER), opened(), ("9:00", split()))
    assert one(facts, ANSWERING, "9:10").started_at == t("9:00")


def test_a_message_after_the_split_answers_as_any_other() -> None:
    facts = story(opened(), ("9:00", split("8:00", "8:00")), ("9:30", MessageAdded("agent")))
    assert one(facts, ANSWERING, "10:00").elapsed == minutes(30)
