"""The agent's desk and the load of the agents."""

from __future__ import annotations

from datetime import timedelta

from cix.domain.catalogue import CATALOGUE
from cix.domain.routing import AgentAvailabilityChanged, AgentProfiled
from cix.domain.ticket import (
    ComplaintRaised,
    TicketAssigned,
    TicketClaimed,
    TicketMerged,
    TicketResolved,
    WatcherAdded,
)
from cix.projections.queues import QueueRow, WorkloadRow, queues, workload
from cix.testing import START, a_policy, a_reply, a_ticket, given
from projections.picturing import picture

MINUTE = timedelta(minutes=1)
OPENED = a_ticket("r-1", priority="high", type="after_sales", department="returns")


def test_a_row_tells_where_a_ticket_stands() -> None:
    found = picture(queues, given(OPENED, TicketAssigned("a-1", "g-1"), a_reply()), "t-1")
    assert isinstance(found, QueueRow)
    assert (found.ticket, found.record, found.status, found.is_open) == ("t-1", "r-1", "new", True)
    assert (found.priority, found.type, found.department) == ("high", "after_sales", "returns")
    assert (found.agent, found.group) == ("a-1", "g-1")
    assert (found.unread, found.waiting_since) == (1, START + 2 * MINUTE)


def test_an_answered_ticket_waits_for_nobody() -> None:
    found = picture(queues, given(OPENED, a_reply(), a_reply("agent")), "t-1")
    assert (found.unread, found.waiting_since, found.messages) == (0, None, 2)
    assert found.first_reply_at == START + 2 * MINUTE


def test_a_row_tells_who_has_the_ticket_in_hand_and_who_watches() -> None:
    until = START + 60 * MINUTE
    history = given(OPENED, TicketClaimed("a-1", until), WatcherAdded("a-2"), ComplaintRaised("x"))
    found = picture(queues, history, "t-1")
    assert (found.claimed_by, found.claimed_until) == ("a-1", until)
    assert (found.watchers, found.has_open_complaint) == (("a-2",), True)


def test_a_resolved_ticket_is_not_open_and_time_closes_it() -> None:
    desk = a_policy("desk", {"close_after_s": 60})
    history = given(desk, key="desk").given(OPENED, TicketResolved(), at=START, key="t-1")
    resolved = picture(queues, history, "t-1", START)
    closed = picture(queues, history, "t-1", START + MINUTE)
    assert (resolved.is_open, resolved.status) == (False, "resolved")
    assert (closed.status, closed.closed_at) == ("closed", START + MINUTE)


def test_a_merged_ticket_says_where_it_went() -> None:
    history = given(OPENED, TicketMerged("t-2"), key="t-1")
    assert picture(queues, history, "t-1").merged_into == "t-2"


def test_a_ticket_of_which_only_the_other_side_is_known_has_no_row() -> None:
    history = given(OPENED, TicketMerged("t-2"), key="t-1")
    assert picture(queues, history, "t-2") is None


def test_the_load_of_an_agent_is_what_is_in_the_agents_hands() -> None:
    history = (
        given(AgentProfiled(("money",), capacity=3), key="a-1")
        .given(AgentAvailabilityChanged(available=True), key="a-1")
        .given(OPENED, TicketAssigned("a-1"), key="t-1")
        .given(OPENED, TicketAssigned("a-1"), TicketResolved(assignee="a-1"), key="t-2")
    )
    found = picture(workload, history, "a-1")
    assert isinstance(found, WorkloadRow)
    assert (found.load, found.capacity, found.is_available) == (1, 3, True)
    assert found.skills == ("money",)


def test_the_views_take_the_facts_of_their_rooms() -> None:
    for view in (queues, workload):
        assert view.decider is not None
        assert set(view.words) == {*view.decider.words, "policy.published"}
        assert set(view.words) <= {entry.word.name for entry in CATALOGUE.current()}
