"""The statuses of a ticket: which decision leads where, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cix.domain import ticket
from cix.domain.decider import Decision
from cix.domain.ticket import (
    TicketAutoClosed,
    TicketClosed,
    TicketHeld,
    TicketMerged,
    TicketOpened,
    TicketPended,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketStatusChanged,
)
from cix.errors import RuleBrokenError
from cix.testing import START, Scenario, a_policy, a_ticket, given

DESK = a_policy(
    "desk",
    {
        "statuses": {"waiting_vendor": "pending", "fixed": "resolved", "spam": "closed"},
        "reopen_window_s": 3_600,
        "close_after_s": 86_400,
    },
)


def resolved() -> Scenario:
    return given(a_ticket()).given(TicketResolved("a-1"), at=START + timedelta(hours=1))


def closed() -> Scenario:
    return resolved().given(TicketClosed("a-1"))


class TestOpening:
    def test_a_ticket_is_opened_for_a_record_and_is_new(self) -> None:
        given().when(ticket.open, "t-1", record="r-1", channel="phone", subject="late").then(
            TicketOpened("r-1", "phone", subject="late")
        ).then_again_nothing()

    def test_a_ticket_opened_with_an_agent_is_open(self) -> None:
        given().when(ticket.open, "t-1", record="r-1", agent="a-1").then(
            TicketOpened("r-1", status="open", category="open", agent="a-1")
        )

    def test_a_ticket_keeps_each_label_once(self) -> None:
        given().when(ticket.open, "t-1", record="r-1", tags=("vip", "vip")).then(
            TicketOpened("r-1", tags=("vip",))
        )

    def test_a_ticket_of_another_record_is_not_opened_again(self) -> None:
        given(a_ticket("r-1")).when(ticket.open, "t-1", record="r-2").then_refused("ticket_exists")

    def test_a_site_may_open_in_a_status_of_its_own(self) -> None:
        given(DESK).when(ticket.open, "t-1", record="r-1", status="waiting_vendor").then(
            TicketOpened("r-1", status="waiting_vendor", category="pending")
        )

    def test_no_ticket_is_opened_in_a_status_nobody_knows(self) -> None:
        given().when(ticket.open, "t-1", record="r-1", status="odd").then_refused("unknown_status")

    def test_no_ticket_is_opened_resolved(self) -> None:
        given().when(ticket.open, "t-1", record="r-1", status="resolved").then_refused(
            "wrong_category"
        )

    def test_a_follow_up_names_the_ticket_it_continues(self) -> None:
        given().when(ticket.open, "t-2", record="r-1", follow_up_of="t-1").then(
            TicketOpened("r-1", follow_up_of="t-1")
        )


class TestWaiting:
    def test_the_desk_waits_for_the_customer(self) -> None:
        given(a_ticket()).when(ticket.pend, "t-1", agent="a-1", reason="photo").then(
            TicketPended("a-1", "photo")
        ).then_again_nothing()

    def test_the_desk_waits_for_somebody_else_until_an_instant(self) -> None:
        until = START + timedelta(days=1)
        given(a_ticket()).when(ticket.hold, "t-1", until=until).then(
            TicketHeld(until=until)
        ).then_again_nothing()

    def test_waiting_in_another_way_is_another_fact(self) -> None:
        given(a_ticket(), TicketHeld()).when(ticket.pend, "t-1").then(TicketPended())

    def test_work_goes_on(self) -> None:
        given(a_ticket(), TicketPended()).when(ticket.resume, "t-1", agent="a-1").then(
            TicketResumed("agent", "a-1")
        ).then_again_nothing()

    def test_a_ticket_nobody_waits_with_is_not_resumed(self) -> None:
        given(a_ticket()).when(ticket.resume, "t-1").then_nothing()

    @pytest.mark.parametrize("decision", [ticket.pend, ticket.hold, ticket.resume])
    def test_a_resolved_ticket_does_not_wait(self, decision: Decision[..., ..., ...]) -> None:
        resolved().when(decision, "t-1").then_refused("ticket_resolved")

    def test_only_a_status_of_waiting_can_be_waited_in(self) -> None:
        given(a_ticket()).when(ticket.pend, "t-1", status="open").then_refused("wrong_category")


class TestResolving:
    def test_a_ticket_is_resolved_and_says_whose_it_was(self) -> None:
        given(a_ticket(agent="a-2")).when(
            ticket.resolve, "t-1", agent="a-1", resolution="replaced", note="sent a new one"
        ).then(
            TicketResolved("a-1", "replaced", assignee="a-2", note="sent a new one")
        ).then_again_nothing()

    def test_a_ticket_is_resolved_in_a_status_of_the_sites_own(self) -> None:
        given(DESK, a_ticket()).when(ticket.resolve, "t-1", status="fixed").then(
            TicketResolved(status="fixed")
        )

    def test_a_resolved_ticket_cannot_be_resolved_again(self) -> None:
        resolved().when(ticket.resolve, "t-1", agent="a-2").then_nothing()

    def test_a_closed_ticket_cannot_be_resolved(self) -> None:
        closed().when(ticket.resolve, "t-1").then_refused("ticket_closed")

    def test_an_unknown_ticket_cannot_be_resolved(self) -> None:
        given().when(ticket.resolve, "t-1").then_refused("not_found")


class TestReopening:
    def test_a_resolved_ticket_is_taken_up_again(self) -> None:
        decided = resolved().when(ticket.reopen, "t-1", reason="broken again")
        decided.then(TicketReopened("broken again")).then_again_nothing()
        state = decided.state(ticket.DECIDER)
        assert (state.category, state.reopens, state.resolved_at) == ("open", 1, None)

    def test_a_ticket_that_is_open_is_not_reopened(self) -> None:
        given(a_ticket()).when(ticket.reopen, "t-1", reason="x").then_nothing()

    def test_a_closed_ticket_stays_closed(self) -> None:
        closed().when(ticket.reopen, "t-1", reason="x").then_refused("ticket_closed")

    def test_within_the_window_a_ticket_may_be_reopened(self) -> None:
        last = START + timedelta(hours=2, microseconds=-1)
        history = given(DESK, at=START).given(*(), key=None)
        scenario = Scenario((*history.history, *resolved().history)).at(last)
        scenario.when(ticket.reopen, "t-1", reason="x").then(TicketReopened("x"))

    def test_at_the_end_of_the_window_a_ticket_is_not_reopened(self) -> None:
        history = given(DESK, at=START)
        scenario = Scenario((*history.history, *resolved().history)).at(START + timedelta(hours=2))
        scenario.when(ticket.reopen, "t-1", reason="x").then_refused("reopen_window_over")


class TestClosing:
    def test_a_resolved_ticket_is_closed(self) -> None:
        resolved().when(ticket.close, "t-1", agent="a-1").then(
            TicketClosed("a-1")
        ).then_again_nothing()

    def test_a_ticket_that_is_not_resolved_is_closed_only_for_a_reason(self) -> None:
        given(a_ticket()).when(ticket.close, "t-1").then_refused("not_resolved")
        given(a_ticket()).when(ticket.close, "t-1", reason="spam").then(TicketClosed(reason="spam"))

    def test_a_merged_ticket_cannot_be_closed_again(self) -> None:
        given(a_ticket(), TicketMerged("t-2")).when(ticket.close, "t-1").then_refused(
            "ticket_merged"
        )

    def test_time_closes_a_resolved_ticket_where_the_desk_says_so(self) -> None:
        scenario = given(DESK, at=START).given(a_ticket(), TicketResolved(), at=START, key="t-1")
        due = START + timedelta(days=1)
        before = scenario.state(ticket.DECIDER, "t-1", due - timedelta(microseconds=1))
        after = scenario.state(ticket.DECIDER, "t-1", due)
        assert (before.category, after.category, after.closed_at) == ("resolved", "closed", due)
        assert ticket.DECIDER.fell_due(before, after) == (TicketAutoClosed(),)
        assert [one.due for one in ticket.deadlines(before)] == [due]
        assert ticket.deadlines(after) == ()

    def test_a_ticket_that_time_closed_is_not_reopened(self) -> None:
        scenario = given(DESK, at=START).given(a_ticket(), TicketResolved(), at=START, key="t-1")
        scenario.at(START + timedelta(days=1)).when(ticket.reopen, "t-1", reason="x").then_refused(
            "ticket_closed"
        )

    def test_without_a_policy_time_closes_nothing(self) -> None:
        state = resolved().state(ticket.DECIDER, "t-1", START + timedelta(days=9_999))
        assert state.category == "resolved"


class TestAnyStatus:
    @pytest.mark.parametrize(
        ("status", "fact"),
        [
            ("open", TicketStatusChanged("open", "open")),
            ("waiting_vendor", TicketStatusChanged("waiting_vendor", "pending")),
            ("fixed", TicketResolved(status="fixed")),
        ],
    )
    def test_a_status_is_entered_by_the_rules_of_its_category(
        self, status: str, fact: object
    ) -> None:
        given(DESK, a_ticket()).when(ticket.change_status, "t-1", status=status).then(
            fact
        ).then_again_nothing()

    def test_a_closing_status_asks_for_a_reason(self) -> None:
        scenario = given(DESK, a_ticket())
        scenario.when(ticket.change_status, "t-1", status="spam").then_refused("not_resolved")
        scenario.when(ticket.change_status, "t-1", status="spam", reason="an advert").then(
            TicketClosed(reason="an advert", status="spam")
        )

    def test_leaving_a_resolved_status_is_a_reopening(self) -> None:
        resolved().when(ticket.change_status, "t-1", status="open").then(
            TicketReopened("status changed")
        )

    def test_a_status_nobody_knows_is_refused(self) -> None:
        given(a_ticket()).when(ticket.change_status, "t-1", status="odd").then_refused(
            "unknown_status"
        )


class TestImportedLogs:
    def test_a_bare_status_log_folds_to_where_the_ticket_stands(self) -> None:
        log = (
            TicketOpened("r-1", "phone", status="In Progress", category="open", group="V30"),
            TicketStatusChanged("Awaiting Assignment", "open", "Queued", "V5", 3),
            TicketStatusChanged("Wait - User", "pending", "Accepted", agent="2"),
            TicketStatusChanged("Resolved", "resolved", "Completed"),
            TicketStatusChanged("In Progress", "open", "Accepted"),
        )
        state = given(*log).state(ticket.DECIDER, "t-1")
        assert (state.status, state.category, state.reopens) == ("In Progress", "open", 1)
        assert (state.group, state.level, state.agent, state.substatus) == (
            "V5", 3, "2", "Accepted",
        )  # fmt: skip

    def test_the_same_status_again_moves_nothing(self) -> None:
        once = given(a_ticket(), TicketStatusChanged("open", "open"))
        twice = once.given(TicketStatusChanged("open", "open"))
        assert once.state(ticket.DECIDER, "t-1") == twice.state(ticket.DECIDER, "t-1")

    def test_a_log_that_begins_without_an_opening_is_opened_by_its_first_status(self) -> None:
        state = given(TicketStatusChanged("open", "open")).state(ticket.DECIDER, "t-1")
        assert (state.exists, state.opened_at) == (True, START)


def test_a_refusal_says_which_rule_refused_which_ticket() -> None:
    error = closed().when(ticket.resolve, "t-1").error
    assert isinstance(error, RuleBrokenError)
    assert (error.rule, error.entity, error.key) == ("ticket_closed", "ticket", "t-1")
    assert "follow-up" in str(error)
