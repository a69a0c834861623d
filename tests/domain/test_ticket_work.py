"""Who works on a ticket, what it is, and what comes after its resolution."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cix.domain import ticket
from cix.domain.ticket import (
    CallbackDone,
    EscalationAcknowledged,
    Field,
    FollowUpDone,
    MilestoneReached,
    SurveyAnswered,
    SurveyRequested,
    TicketAssigned,
    TicketClaimed,
    TicketClosed,
    TicketEscalated,
    TicketFieldSet,
    TicketPrioritised,
    TicketReclassified,
    TicketReleased,
    TicketReplied,
    TicketResolved,
    TicketStatusChanged,
    TicketTagged,
    TicketUntagged,
    WatcherAdded,
    WatcherRemoved,
)
from cix.errors import InvalidPolicyError
from cix.testing import START, a_policy, a_reply, a_ticket, given

OPEN = {"status": "open", "category": "open"}
SOON = START + timedelta(hours=1)


class TestAssigning:
    def test_a_new_ticket_that_gets_an_agent_is_open(self) -> None:
        given(a_ticket()).when(ticket.assign, "t-1", agent="a-1").then(
            TicketAssigned("a-1"), TicketStatusChanged("open", "open")
        ).then_again_nothing()

    def test_an_assignment_names_who_held_the_ticket_before(self) -> None:
        given(a_ticket(**OPEN, agent="a-1")).when(ticket.assign, "t-1", agent="a-2").then(
            TicketAssigned("a-2", previous="a-1")
        )

    def test_a_ticket_goes_back_to_a_groups_queue(self) -> None:
        decided = given(a_ticket(**OPEN, agent="a-1")).when(ticket.assign, "t-1", group="returns")
        decided.then(TicketAssigned(None, "returns", previous="a-1")).then_again_nothing()
        state = decided.state(ticket.DECIDER)
        assert (state.agent, state.group) == (None, "returns")

    def test_an_assignment_names_somebody(self) -> None:
        given(a_ticket()).when(ticket.assign, "t-1").then_refused("nobody_named")

    def test_a_closed_ticket_is_given_to_nobody(self) -> None:
        given(a_ticket(), TicketClosed()).when(ticket.assign, "t-1", agent="a").then_refused(
            "ticket_closed"
        )


class TestTwoAgents:
    def test_a_claimed_ticket_is_written_by_its_holder_alone(self) -> None:
        scenario = given(a_ticket(**OPEN), TicketClaimed("a-1", SOON))
        for decision in (ticket.reply, ticket.resolve, ticket.pend, ticket.hold):
            scenario.when(decision, "t-1", agent="a-2").then_refused("claimed_by_another")
        scenario.when(ticket.claim, "t-1", agent="a-2", until=SOON).then_refused(
            "claimed_by_another"
        )
        scenario.when(ticket.reply, "t-1", agent="a-1").then(TicketReplied("agent", "a-1"))

    def test_the_customer_writes_whoever_has_the_ticket_in_hand(self) -> None:
        given(a_ticket(**OPEN), TicketClaimed("a-1", SOON)).when(
            ticket.reply, "t-1", by="customer"
        ).then(TicketReplied("customer"))

    def test_a_claim_ends_at_its_instant(self) -> None:
        scenario = given(a_ticket(**OPEN), TicketClaimed("a-1", SOON)).at(SOON)
        scenario.when(ticket.claim, "t-1", agent="a-2", until=SOON + timedelta(hours=1)).then(
            TicketClaimed("a-2", SOON + timedelta(hours=1))
        )

    def test_a_claim_made_twice_is_one(self) -> None:
        given(a_ticket()).when(ticket.claim, "t-1", agent="a-1", until=SOON).then_again_nothing()

    def test_a_claim_into_the_past_is_refused(self) -> None:
        given(a_ticket()).at(SOON).when(ticket.claim, "t-1", agent="a-1", until=SOON).then_refused(
            "claim_is_past"
        )

    def test_only_the_holder_lets_go(self) -> None:
        scenario = given(a_ticket(), TicketClaimed("a-1", SOON))
        scenario.when(ticket.release, "t-1", agent="a-2").then_nothing()
        scenario.when(ticket.release, "t-1", agent="a-1").then(
            TicketReleased("a-1")
        ).then_again_nothing()

    def test_an_answer_to_what_the_agent_has_not_seen_is_refused(self) -> None:
        scenario = given(a_ticket(**OPEN), a_reply(), a_reply())
        for decision in (ticket.reply, ticket.resolve, ticket.pend):
            scenario.when(decision, "t-1", agent="a-1", seen=2).then_refused("ticket_changed")
        scenario.when(ticket.resolve, "t-1", agent="a-1", seen=3).then(TicketResolved("a-1"))


class TestEscalation:
    def test_a_ticket_is_raised_to_a_level(self) -> None:
        given(a_ticket(**OPEN)).when(ticket.escalate, "t-1", level=2, reason="angry").then(
            TicketEscalated(2, reason="angry")
        ).then_again_nothing()

    def test_a_ticket_is_not_lowered(self) -> None:
        given(a_ticket(level=3)).when(ticket.escalate, "t-1", level=2).then_refused("not_higher")

    def test_a_resolved_ticket_is_not_escalated(self) -> None:
        given(a_ticket(), TicketResolved()).when(ticket.escalate, "t-1", level=2).then_refused(
            "ticket_resolved"
        )

    def test_a_level_is_acknowledged_once_and_again_after_a_new_escalation(self) -> None:
        decided = given(a_ticket(), TicketEscalated(2)).when(
            ticket.acknowledge, "t-1", level=2, agent="a-9"
        )
        decided.then(EscalationAcknowledged(2, "a-9")).then_again_nothing()
        decided.after().given(TicketEscalated(2), key="t-1").when(
            ticket.acknowledge, "t-1", level=2, agent="a-9"
        ).then(EscalationAcknowledged(2, "a-9"))


class TestWatchers:
    def test_a_ticket_is_watched_and_no_longer(self) -> None:
        watched = given(a_ticket()).when(ticket.watch, "t-1", watcher="a-3")
        watched.then(WatcherAdded("a-3")).then_again_nothing()
        watched.after().when(ticket.unwatch, "t-1", watcher="a-3").then(
            WatcherRemoved("a-3")
        ).then_again_nothing()


class TestTraits:
    def test_the_priority_changes(self) -> None:
        given(a_ticket()).when(ticket.prioritise, "t-1", priority="urgent").then(
            TicketPrioritised("urgent")
        ).then_again_nothing()

    def test_only_what_changes_is_reclassified(self) -> None:
        given(a_ticket(type="after_sales")).when(
            ticket.reclassify, "t-1", type="after_sales", complexity="complex"
        ).then(TicketReclassified(complexity="complex")).then_again_nothing()

    def test_a_label_is_put_on_and_taken_off(self) -> None:
        labelled = given(a_ticket()).when(ticket.tag, "t-1", label="vip", reason="spends")
        labelled.then(TicketTagged("vip", "spends")).then_again_nothing()
        labelled.after().when(ticket.untag, "t-1", label="vip").then(
            TicketUntagged("vip")
        ).then_again_nothing()


FIELDS = a_policy(
    "desk",
    {
        "fields": [
            {"name": "amount", "type": "integer"},
            {"name": "gift", "type": "boolean"},
            {"name": "bought", "type": "date"},
            {"name": "due", "type": "instant"},
            {"name": "colour", "type": "choice", "choices": ["red", "blue"]},
            {"name": "words", "type": "text"},
        ]
    },
)


class TestFields:
    @pytest.mark.parametrize(
        ("name", "value", "kept"),
        [
            ("amount", 12, "12"),
            ("gift", True, "true"),
            ("bought", "2024-03-01", "2024-03-01"),
            ("due", "2024-03-01T10:00:00+08:00", "2024-03-01T02:00:00Z"),
            ("colour", "red", "red"),
        ],
    )
    def test_a_field_keeps_a_value_of_its_type(
        self, name: str, value: str | int, kept: str
    ) -> None:
        decided = given(FIELDS, a_ticket()).when(ticket.set_field, "t-1", name=name, value=value)
        decided.then(TicketFieldSet(name, kept)).then_again_nothing()
        assert decided.state(ticket.DECIDER).fields == (Field(name, kept),)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("amount", "12"),
            ("amount", True),
            ("gift", 1),
            ("bought", "yesterday"),
            ("due", "2024-03-01T10:00:00"),
            ("colour", "green"),
        ],
    )
    def test_a_value_of_another_type_is_refused(self, name: str, value: str | int) -> None:
        given(FIELDS, a_ticket()).when(
            ticket.set_field, "t-1", name=name, value=value
        ).then_refused("field_value")

    def test_free_text_is_personal_content(self) -> None:
        given(FIELDS, a_ticket()).when(
            ticket.set_field, "t-1", name="words", value="call my sister"
        ).then(TicketFieldSet("words", words="call my sister"))

    def test_a_field_the_desk_does_not_know_is_refused(self) -> None:
        given(FIELDS, a_ticket()).when(
            ticket.set_field, "t-1", name="size", value="L"
        ).then_refused("unknown_field")

    @pytest.mark.parametrize(
        "body",
        [
            {"fields": [{"name": "a"}, {"name": "a"}]},
            {"fields": [{"name": "a", "type": "choice"}]},
            {"fields": [{"name": "a", "type": "money"}]},
            {"statuses": {"odd": "elsewhere"}},
            {"statuses": {"open": "closed"}},
            {"statuses": ["odd"]},
            {"reopen_window_s": 0},
            {"close_after_s": -1},
            {"handover_after_unresolved": 0},
            {"unknown": 1},
        ],
    )
    def test_a_desk_that_cannot_be_meant_is_refused(self, body: dict[str, object]) -> None:
        with pytest.raises(InvalidPolicyError):
            a_policy("desk", body)


class TestAfterwards:
    def test_a_step_of_the_sites_own_is_recorded_each_time(self) -> None:
        given(a_ticket()).when(ticket.reach, "t-1", name="ring").then(MilestoneReached("ring"))

    def test_a_call_back_is_recorded(self) -> None:
        given(a_ticket()).when(ticket.call_back, "t-1", agent="a-1", reached=False).then(
            CallbackDone("a-1", reached=False)
        )

    def test_a_resolved_ticket_is_followed_up_once(self) -> None:
        given(a_ticket(), TicketResolved()).when(ticket.follow_up, "t-1", outcome="happy").then(
            FollowUpDone(outcome="happy")
        ).then_again_nothing()

    def test_an_open_ticket_is_not_followed_up(self) -> None:
        given(a_ticket()).when(ticket.follow_up, "t-1").then_refused("not_resolved")
        given(a_ticket()).when(ticket.request_survey, "t-1").then_refused("not_resolved")

    def test_a_survey_is_requested_once(self) -> None:
        given(a_ticket(), TicketResolved()).when(ticket.request_survey, "t-1").then(
            SurveyRequested("csat")
        ).then_again_nothing()

    def test_the_desk_says_when_the_survey_goes_out(self) -> None:
        desk = a_policy("desk", {"survey_after_s": 600})
        asked = given(desk, at=START).given(a_ticket(), TicketResolved(), at=START, key="t-1")
        (deadline,) = ticket.deadlines(asked.state(ticket.DECIDER, "t-1"))
        assert (deadline.kind, deadline.due) == ("survey", START + timedelta(minutes=10))
        assert deadline.action is not None
        assert (deadline.action.decision, deadline.action.key) == ("ticket.request_survey", "t-1")
        sent = asked.given(SurveyRequested(), key="t-1").state(ticket.DECIDER, "t-1")
        assert ticket.deadlines(sent) == ()

    @pytest.mark.parametrize(
        ("survey", "lowest", "highest"), [("csat", 1, 5), ("nps", 0, 10), ("ces", 1, 7)]
    )
    def test_a_score_is_on_its_scale(
        self, survey: ticket.Survey, lowest: int, highest: int
    ) -> None:
        scenario = given(a_ticket(), TicketResolved())
        for score in (lowest, highest):
            scenario.when(ticket.answer_survey, "t-1", score=score, survey=survey).then(
                SurveyAnswered(score, survey)
            ).then_again_nothing()
        for score in (lowest - 1, highest + 1, True):
            scenario.when(ticket.answer_survey, "t-1", score=score, survey=survey).then_refused(
                "score_out_of_scale"
            )
