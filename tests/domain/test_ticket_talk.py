"""What is said in a ticket: customers, agents, bots; hand-over and complaints."""

from __future__ import annotations

from datetime import timedelta

from cix.domain import ticket
from cix.domain.ticket import (
    BotAnswered,
    ComplaintRaised,
    ComplaintSettled,
    HandoverDone,
    HandoverRequested,
    MessageRedirected,
    TicketAssigned,
    TicketClosed,
    TicketMerged,
    TicketNoted,
    TicketPended,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketResumed,
    TicketStatusChanged,
)
from cix.testing import START, a_policy, a_reply, a_ticket, given

OPEN = {"status": "open", "category": "open"}


class TestReplies:
    def test_an_agents_first_reply_makes_a_new_ticket_open(self) -> None:
        given(a_ticket()).when(ticket.reply, "t-1", agent="a-1", text="we look").then(
            TicketReplied("agent", "a-1", text="we look"), TicketStatusChanged("open", "open")
        )

    def test_a_customers_message_takes_up_a_waiting_ticket(self) -> None:
        given(a_ticket(), TicketPended()).when(
            ticket.reply, "t-1", by="customer", text="here it is"
        ).then(TicketReplied("customer", text="here it is"), TicketResumed("customer"))

    def test_a_customers_message_reopens_a_resolved_ticket(self) -> None:
        given(a_ticket(), TicketResolved()).when(ticket.reply, "t-1", by="customer").then(
            TicketReplied("customer"), TicketReopened("customer_replied", "customer")
        )

    def test_an_automatic_message_reopens_nothing(self) -> None:
        given(a_ticket(), TicketResolved()).when(
            ticket.reply, "t-1", by="customer", auto=True
        ).then(TicketReplied("customer", auto=True))

    def test_a_private_message_moves_nothing(self) -> None:
        given(a_ticket()).when(ticket.reply, "t-1", agent="a-1", public=False).then(
            TicketReplied("agent", "a-1", public=False)
        )

    def test_a_reply_to_a_closed_ticket_is_refused(self) -> None:
        scenario = given(a_ticket(), TicketClosed())
        scenario.when(ticket.reply, "t-1", by="customer").then_refused("ticket_closed")
        scenario.when(ticket.reply, "t-1", agent="a-1").then_refused("ticket_closed")

    def test_a_reply_after_the_reopen_window_is_refused(self) -> None:
        desk = a_policy("desk", {"reopen_window_s": 60})
        given(desk, a_ticket(), TicketResolved(), key=None).at(START + timedelta(days=1)).when(
            ticket.reply, "t-1", by="customer"
        ).then_refused("reopen_window_over")

    def test_an_agents_message_names_the_agent(self) -> None:
        given(a_ticket()).when(ticket.reply, "t-1", text="hi").then_refused("agent_missing")

    def test_the_same_message_again_writes_nothing(self) -> None:
        given(a_ticket()).when(
            ticket.reply, "t-1", by="customer", message="k-1"
        ).then_again_nothing()

    def test_a_message_is_named_by_the_command_that_wrote_it(self) -> None:
        state = given(a_ticket()).given(a_reply(), request="q-7").state(ticket.DECIDER, "t-1")
        assert [one.id for one in state.messages] == ["q-7"]

    def test_a_message_to_a_merged_ticket_goes_to_where_it_ended(self) -> None:
        given(a_ticket(), TicketMerged("t-2")).when(
            ticket.reply, "t-1", by="customer", message="k-1", text="still there?"
        ).then(MessageRedirected("t-2", message="k-1", text="still there?")).then_again_nothing()

    def test_an_agents_answer_leaves_nothing_unread(self) -> None:
        asked = given(a_ticket(**OPEN), a_reply(), a_reply())
        state = asked.state(ticket.DECIDER, "t-1")
        assert (state.unread, state.unanswered_since) == (2, START + timedelta(minutes=1))
        answered = asked.given(a_reply("agent")).state(ticket.DECIDER, "t-1")
        assert (answered.unread, answered.unanswered_since) == (0, None)
        assert answered.first_reply_at == START + timedelta(minutes=3)

    def test_a_bot_and_a_note_are_no_answer(self) -> None:
        state = given(
            a_ticket(**OPEN), a_reply(), a_reply("bot"), TicketNoted("a-1", "rude")
        ).state(ticket.DECIDER, "t-1")
        assert (state.unread, state.first_reply_at) == (1, None)

    def test_a_note_is_left_on_a_resolved_ticket_but_not_on_a_closed_one(self) -> None:
        given(a_ticket(), TicketResolved()).when(ticket.note, "t-1", text="ok").then(
            TicketNoted(None, "ok")
        )
        given(a_ticket(), TicketClosed()).when(ticket.note, "t-1", text="ok").then_refused(
            "ticket_closed"
        )


class TestHandover:
    def test_three_answers_in_vain_call_for_a_person(self) -> None:
        twice = given(a_ticket(**OPEN), BotAnswered(resolved=False), BotAnswered())
        twice.when(ticket.bot_answered, "t-1", resolved=False).then(
            BotAnswered(resolved=False), HandoverRequested("unresolved")
        )

    def test_a_good_answer_begins_the_count_anew(self) -> None:
        given(
            a_ticket(**OPEN),
            BotAnswered(resolved=False),
            BotAnswered(resolved=False),
            BotAnswered(resolved=True),
        ).when(ticket.bot_answered, "t-1", resolved=False).then(BotAnswered(resolved=False))

    def test_the_desk_says_how_many_answers_in_vain_are_enough(self) -> None:
        desk = a_policy("desk", {"handover_after_unresolved": 1})
        given(desk, a_ticket(**OPEN)).when(ticket.bot_answered, "t-1").then(
            BotAnswered(), HandoverRequested("unresolved")
        )

    def test_a_customer_asks_for_a_person_once(self) -> None:
        given(a_ticket()).when(ticket.request_handover, "t-1").then(
            HandoverRequested("request")
        ).then_again_nothing()

    def test_a_bot_does_not_talk_on_after_the_hand_over(self) -> None:
        asked = given(a_ticket(), HandoverRequested())
        asked.when(ticket.reply, "t-1", by="bot", text="anything else?").then_refused(
            "bot_not_owner"
        )
        asked.when(ticket.bot_answered, "t-1", resolved=True).then_refused("bot_not_owner")

    def test_a_bots_receipt_may_still_go_out(self) -> None:
        given(a_ticket(), HandoverRequested()).when(ticket.reply, "t-1", by="bot", auto=True).then(
            TicketReplied("bot", auto=True)
        )

    def test_the_person_who_takes_over_holds_the_ticket(self) -> None:
        given(a_ticket(), HandoverRequested()).when(ticket.hand_over, "t-1", agent="a-1").then(
            HandoverDone("a-1"),
            TicketAssigned("a-1", reason="handover"),
            TicketStatusChanged("open", "open"),
        ).then_again_nothing()


class TestComplaints:
    def test_a_complaint_keeps_the_ticket_from_ending(self) -> None:
        scenario = given(a_ticket(), ComplaintRaised("delivery"))
        scenario.when(ticket.resolve, "t-1").then_refused("complaint_open")
        scenario.when(ticket.close, "t-1", reason="spam").then_refused("complaint_open")
        scenario.given(ComplaintSettled("upheld")).when(ticket.resolve, "t-1").then(
            TicketResolved()
        )

    def test_a_customer_complains_once_at_a_time(self) -> None:
        given(a_ticket()).when(ticket.complain, "t-1", about="delivery", text="late!").then(
            ComplaintRaised("delivery", text="late!")
        ).then_again_nothing()

    def test_a_complaint_is_settled_once(self) -> None:
        given(a_ticket(), ComplaintRaised("x")).when(
            ticket.settle, "t-1", outcome="partly_upheld", remedy="voucher", agent="a-1"
        ).then(ComplaintSettled("partly_upheld", "voucher", "a-1")).then_again_nothing()

    def test_where_nobody_complained_nothing_is_settled(self) -> None:
        given(a_ticket()).when(ticket.settle, "t-1", outcome="upheld").then_refused("no_complaint")
