"""Merge and split: facts of two tickets, and what the customer may see of one."""

from __future__ import annotations

from datetime import timedelta

from cix.domain import ticket
from cix.domain.ticket import (
    Progress,
    TicketAssigned,
    TicketClaimed,
    TicketClosed,
    TicketEscalated,
    TicketHeld,
    TicketMerged,
    TicketNoted,
    TicketOpened,
    TicketPended,
    TicketResolved,
    TicketSplit,
)
from cix.testing import START, Scenario, a_reply, a_ticket, given

MINUTE = timedelta(minutes=1)


def two() -> Scenario:
    return given(a_ticket("r-1"), key="t-1").given(a_ticket("r-2"), key="t-2")


class TestMerge:
    def test_a_ticket_goes_into_another(self) -> None:
        decided = two().when(ticket.merge, "t-1", into="t-2", agent="a-1")
        decided.then(TicketMerged("t-2", agent="a-1")).then_again_nothing()
        source = decided.state(ticket.DECIDER)
        target = decided.after().state(ticket.DECIDER, "t-2")
        assert (source.category, source.merged_into) == ("closed", "t-2")
        assert (target.category, target.merged) == ("new", ("t-1",))

    def test_an_unanswered_message_waits_on_in_the_survivor(self) -> None:
        asked = two().given(a_reply(), key="t-1")
        decided = asked.when(ticket.merge, "t-1", into="t-2")
        decided.then(TicketMerged("t-2", unanswered_since=START + 2 * MINUTE))
        target = decided.after().state(ticket.DECIDER, "t-2")
        assert target.unanswered_since == START + 2 * MINUTE

    def test_a_ticket_does_not_go_into_itself(self) -> None:
        two().when(ticket.merge, "t-1", into="t-1").then_refused("self_merge")

    def test_two_tickets_do_not_go_into_each_other(self) -> None:
        two().given(TicketMerged("t-1"), key="t-2").when(
            ticket.merge, "t-1", into="t-2"
        ).then_refused("merge_cycle")

    def test_a_longer_circle_is_refused_too(self) -> None:
        chain = (
            two()
            .given(a_ticket("r-3"), key="t-3")
            .given(TicketMerged("t-2"), key="t-1")
            .given(TicketMerged("t-3", ("t-1",)), key="t-2")
        )
        chain.when(ticket.merge, "t-3", into="t-1").then_refused("merge_cycle")

    def test_a_merged_ticket_goes_nowhere_else(self) -> None:
        two().given(a_ticket("r-3"), key="t-3").given(TicketMerged("t-2"), key="t-1").when(
            ticket.merge, "t-1", into="t-3"
        ).then_refused("ticket_merged")

    def test_nothing_goes_into_a_merged_ticket(self) -> None:
        two().given(a_ticket("r-3"), key="t-3").given(TicketMerged("t-2"), key="t-1").when(
            ticket.merge, "t-3", into="t-1"
        ).then_refused("ticket_merged")

    def test_a_chain_of_merges_ends_at_the_last_survivor(self) -> None:
        chain = two().given(a_ticket("r-3"), key="t-3").given(TicketMerged("t-2"), key="t-1")
        decided = chain.when(ticket.merge, "t-2", into="t-3")
        decided.then(TicketMerged("t-3", ("t-1",)))
        after = decided.after()
        assert after.state(ticket.DECIDER, "t-1").merged_into == "t-3"
        assert after.state(ticket.DECIDER, "t-3").merged == ("t-1", "t-2")

    def test_a_closed_ticket_takes_no_part(self) -> None:
        two().given(TicketClosed(), key="t-2").when(ticket.merge, "t-1", into="t-2").then_refused(
            "ticket_closed"
        )
        two().given(TicketClosed(), key="t-1").when(ticket.merge, "t-1", into="t-2").then_refused(
            "ticket_closed"
        )

    def test_an_unknown_ticket_takes_no_part(self) -> None:
        given(a_ticket(), key="t-1").when(ticket.merge, "t-1", into="t-9").then_refused("not_found")
        given(a_ticket(), key="t-1").when(ticket.merge, "t-9", into="t-1").then_refused("not_found")

    def test_a_ticket_in_somebody_elses_hand_is_not_merged_away(self) -> None:
        two().given(TicketClaimed("a-1", START + 60 * MINUTE), key="t-1").when(
            ticket.merge, "t-1", into="t-2", agent="a-2"
        ).then_refused("claimed_by_another")


class TestSplit:
    def test_a_new_ticket_is_split_off_with_copies_of_messages(self) -> None:
        origin = given(a_ticket("r-1", type="after_sales"), key="t-1").given(
            a_reply(message="k-1"), a_reply("agent", message="k-2"), a_reply(message="k-3"),
            key="t-1",
        )  # fmt: skip
        decided = origin.when(
            ticket.split, "t-2", origin="t-1", messages=("k-1", "k-3"), subject="the other thing"
        )
        decided.then(
            TicketOpened("r-1", "phone", type="after_sales", subject="the other thing"),
            TicketSplit("t-1", ("k-1", "k-3"), START + MINUTE, START + 3 * MINUTE),
        ).then_again_nothing()
        new, old = decided.state(ticket.DECIDER), decided.after().state(ticket.DECIDER, "t-1")
        assert (new.split_from, new.unanswered_since) == ("t-1", START + 3 * MINUTE)
        assert old.splits == ("t-2",)

    def test_a_message_that_is_not_there_is_not_copied(self) -> None:
        given(a_ticket(), key="t-1").when(
            ticket.split, "t-2", origin="t-1", messages=("k-9",)
        ).then_refused("not_found")

    def test_a_split_makes_a_new_ticket(self) -> None:
        two().when(ticket.split, "t-2", origin="t-1").then_refused("ticket_exists")
        given(a_ticket(), key="t-1").when(ticket.split, "t-1", origin="t-1").then_refused(
            "ticket_exists"
        )

    def test_nothing_is_split_off_a_merged_or_unknown_ticket(self) -> None:
        two().given(TicketMerged("t-2"), key="t-1").when(
            ticket.split, "t-3", origin="t-1"
        ).then_refused("ticket_merged")
        given().when(ticket.split, "t-3", origin="t-1").then_refused("not_found")


class TestProgress:
    def shown(self, *facts: object) -> Progress | None:
        return ticket.progress(given(*facts, key="t-1").state(ticket.DECIDER, "t-1"))

    def test_nobody_sees_a_ticket_that_was_never_opened(self) -> None:
        assert self.shown() is None

    def test_the_customer_sees_how_far_the_ticket_is(self) -> None:
        stages = [
            ((), "received"),
            ((TicketAssigned("a-1"), ticket.TicketStatusChanged("open", "open")), "in_progress"),
            ((TicketPended(),), "waiting_for_you"),
            ((TicketHeld(),), "waiting_for_others"),
            ((TicketResolved(),), "solved"),
            ((TicketClosed(),), "closed"),
        ]
        for facts, stage in stages:
            seen = self.shown(a_ticket(), *facts)
            assert seen is not None
            assert seen.stage == stage

    def test_the_customer_sees_nothing_of_the_staff(self) -> None:
        plain = self.shown(a_ticket(status="open", category="open"))
        inside = (TicketNoted("a-1", "a difficult one"), TicketEscalated(3), TicketAssigned("a-1"))
        assert self.shown(a_ticket(status="open", category="open"), *inside) == plain

    def test_the_customer_is_told_where_a_merged_ticket_went(self) -> None:
        seen = self.shown(a_ticket(), TicketMerged("t-2"))
        assert seen is not None
        assert (seen.stage, seen.continued_in) == ("closed", "t-2")
