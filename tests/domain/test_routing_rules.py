"""Routing: which agent gets a ticket, and that nothing is assigned twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cix.domain import routing
from cix.domain.routing import Agent, AgentAvailabilityChanged, AgentProfiled, Need, Routing, choose
from cix.domain.ticket import (
    Ticket,
    TicketAssigned,
    TicketClosed,
    TicketMerged,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
)
from cix.errors import InvalidPolicyError
from cix.testing import START, Scenario, a_policy, a_ticket, given

TICKET = Ticket("t-1", "r-1", "new", "new")


def agent(name: str, **fields: object) -> Agent:
    return Agent(name, known=True, available=True, **fields)  # type: ignore[arg-type]  # a test names any field


def chosen(held: Ticket, *agents: Agent, policy: Routing = routing.DEFAULT) -> str | None:
    return choose(held, agents, policy).agent


class TestChoosing:
    def test_the_ticket_goes_to_the_smallest_share_of_places_taken(self) -> None:
        half = agent("a-1", capacity=2, tickets=("x",))
        third = agent("a-2", capacity=3, tickets=("y",))
        assert chosen(TICKET, half, third) == "a-2"

    def test_of_equals_the_one_who_waited_longest_is_next(self) -> None:
        early = agent("a-2", last_given_at=START)
        late = agent("a-1", last_given_at=START + timedelta(hours=1))
        assert chosen(TICKET, early, late) == "a-2"
        assert chosen(TICKET, early, late, agent("a-3")) == "a-3"

    def test_nobody_away_or_full_is_chosen(self) -> None:
        away = Agent("a-1", known=True)
        full = agent("a-2", capacity=1, tickets=("x",))
        choice = choose(TICKET, (away, full), routing.DEFAULT)
        assert choice.agent is None
        assert [one.against for one in choice.considered] == ["not available", "holds 1 of 1"]

    def test_a_ticket_that_needs_a_skill_goes_to_who_has_it(self) -> None:
        needs = Routing((Need((("type", ("refund",)),), skills=("money",), level=2),))
        refund = Ticket("t-1", "r-1", "new", "new", type="refund")
        idle, able = agent("a-1"), agent("a-2", skills=("money",), level=2, tickets=("x",))
        assert chosen(refund, idle, able, policy=needs) == "a-2"
        assert chosen(TICKET, idle, able, policy=needs) == "a-1"
        assert chosen(refund, idle, agent("a-3", skills=("money",)), policy=needs) is None

    def test_an_escalated_ticket_needs_an_agent_of_its_level(self) -> None:
        raised = Ticket("t-1", "r-1", "open", "open", level=2)
        assert chosen(raised, agent("a-1"), agent("a-2", level=2, tickets=("x",))) == "a-2"

    def test_the_tickets_language_is_preferred_or_required(self) -> None:
        chinese = Ticket("t-1", "r-1", "new", "new", language="zh")
        idle, speaks = agent("a-1"), agent("a-2", languages=("zh",), tickets=("x",))
        assert chosen(chinese, idle, speaks) == "a-2"
        assert chosen(chinese, idle) == "a-1"
        assert chosen(chinese, idle, policy=Routing(language_required=True)) is None

    def test_a_members_tier_is_served_first_by_its_own_agents(self) -> None:
        gold = Ticket("t-1", "r-1", "new", "new", tier="gold")
        assert chosen(gold, agent("a-1"), agent("a-2", tiers=("gold",), tickets=("x",))) == "a-2"

    def test_places_are_kept_free_for_what_is_pressing(self) -> None:
        kept = Routing(reserve=1, urgent_extra=1)
        nearly, full = (
            agent("a-1", capacity=2, tickets=("x",)),
            agent("a-1", capacity=1, tickets=("x",)),
        )
        by_priority = [
            chosen(Ticket("t-1", "r-1", "new", "new", priority=one), who, policy=kept)
            for who in (nearly, full)
            for one in ("normal", "high", "urgent")
        ]  # fmt: skip
        assert by_priority == [None, "a-1", "a-1", None, None, "a-1"]

    def test_the_reason_says_why(self) -> None:
        needs = Routing((Need(skills=("money",), group="returns"),))
        gold = Ticket("t-1", "r-1", "new", "new", tier="gold", language="zh")
        able = agent("a-1", skills=("money",), languages=("zh",), tiers=("gold",))
        choice = choose(gold, (able,), needs)
        assert choice.reason == "load 0/5, best of 1; skills money; language zh; tier gold"
        assert choice.group == "returns"


def desk() -> Scenario:
    return (
        given(a_ticket("r-1"), key="t-1")
        .given(AgentProfiled(), AgentAvailabilityChanged(available=True), key="a-1")
        .given(AgentProfiled(), AgentAvailabilityChanged(available=True), key="a-2")
    )


def routed(scenario: Scenario, key: str = "t-1") -> object:
    """Return what routing decides, the histories told under the keys they belong to."""
    return scenario.when(routing.route, key, agents=("a-1", "a-2"))


class TestDeciding:
    def test_a_ticket_is_given_to_the_best_agent_with_the_reason(self) -> None:
        desk().when(routing.route, "t-1", agents=("a-1", "a-2")).then(
            TicketAssigned("a-1", reason="load 0/5, best of 2"),
            TicketStatusChanged("open", "open"),
        ).then_again_nothing()

    def test_the_next_ticket_goes_to_the_other_agent(self) -> None:
        first = desk().when(routing.route, "t-1", agents=("a-1", "a-2"))
        second = first.after().given(a_ticket("r-2"), key="t-2")
        second.when(routing.route, "t-2", agents=("a-1", "a-2")).then(
            TicketAssigned("a-2", reason="load 0/5, best of 2"),
            TicketStatusChanged("open", "open"),
        )

    def test_an_assigned_ticket_stays_where_it_is(self) -> None:
        desk().given(TicketAssigned("a-2"), key="t-1").when(
            routing.route, "t-1", agents=("a-1",)
        ).then_nothing()

    def test_nobody_free_is_said_with_everybodys_reason(self) -> None:
        error = (
            given(a_ticket(), key="t-1")
            .given(AgentProfiled(), key="a-1")
            .when(routing.route, "t-1", agents=("a-1",))
            .then_refused("nobody_free")
            .error
        )
        assert "a-1 not available" in str(error)

    def test_an_unknown_agent_is_not_found(self) -> None:
        desk().when(routing.route, "t-1", agents=("a-9",)).then_refused("not_found")

    def test_no_agent_at_all_is_nobody_free(self) -> None:
        desk().when(routing.route, "t-1", agents=()).then_refused("nobody_free")

    def test_an_ended_ticket_is_not_routed(self) -> None:
        desk().given(TicketResolved(), key="t-1").when(
            routing.route, "t-1", agents=("a-1",)
        ).then_refused("ticket_resolved")
        desk().given(TicketMerged("t-2"), key="t-1").when(
            routing.route, "t-1", agents=("a-1",)
        ).then_refused("ticket_closed")

    def test_the_policy_in_force_decides(self) -> None:
        desk().given(a_policy("routing", {"needs": [{"skills": ["money"]}]}), key="routing").when(
            routing.route, "t-1", agents=("a-1", "a-2")
        ).then_refused("nobody_free")

    def test_two_routings_to_one_agent_meet_in_the_agents_boundary(self) -> None:
        boundary = routing.DECIDER.boundary("a-1")
        assert boundary.matches(("ticket:t-9", "agent:a-1"), "ticket.assigned")


class TestLoad:
    def test_the_load_follows_the_tickets_of_the_agent(self) -> None:
        life = (
            (a_ticket(agent="a-1"), 1),
            (TicketResolved(assignee="a-1"), 0),
            (TicketReopened("x", assignee="a-1"), 1),
            (TicketAssigned("a-2", previous="a-1"), 0),
            (TicketAssigned("a-1", previous="a-2"), 1),
            (TicketClosed(assignee="a-1"), 0),
        )
        for count in range(1, len(life) + 1):
            facts = [fact for fact, _ in life[:count]]
            assert _load("a-1", *facts) == life[count - 1][1]

    def test_an_agent_is_profiled_once(self) -> None:
        given().when(routing.profile, "a-1", skills=("money",), capacity=3).then(
            AgentProfiled(("money",), capacity=3)
        ).then_again_nothing()

    def test_an_agent_comes_and_goes(self) -> None:
        given().when(routing.set_available, "a-1", available=True).then(
            AgentAvailabilityChanged(available=True)
        ).then_again_nothing()

    @pytest.mark.parametrize(
        ("fields", "rule"),
        [({"capacity": -1}, "invalid_capacity"), ({"level": 0}, "invalid_level")],
    )
    def test_a_profile_that_cannot_be_meant_is_refused(
        self, fields: dict[str, int], rule: str
    ) -> None:
        given().when(routing.profile, "a-1", **fields).then_refused(rule)


def _load(name: str, *facts: object) -> int:
    """Return the load of an agent after facts of the ticket ``t-1``."""
    from cix.domain.decider import fold
    from cix.facts import Entry
    from cix.records import Recorded

    records = []
    for position, fact in enumerate(facts, start=1):
        entry = Entry.of(type(fact))
        tags = ("ticket:t-1", *entry.tags_of(fact))
        assert f"agent:{name}" in tags
        records.append(
            Recorded.of(fact, position=position, occurred_at=START, tags=tags, type=entry.word.name)
        )
    return fold(routing.DECIDER, name, records).load


@pytest.mark.parametrize(
    "body",
    [
        {"needs": [{"when": {"colour": "red"}}]},
        {"needs": [{"skills": "money"}]},
        {"needs": {"skills": []}},
        {"reserve": -1},
        {"urgent_extra": "2"},
        {"odd": 1},
    ],
)
def test_a_routing_policy_that_cannot_be_meant_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(InvalidPolicyError):
        routing.read(body)


def test_a_routing_policy_is_read_as_it_is_written() -> None:
    found = routing.read(
        {
            "needs": [
                {"when": {"type": "refund", "priority": ["high", "urgent"]}, "skills": ["money"]},
                {"group": "all"},
            ],
            "language_required": True,
        }
    )
    refund = (("type", ("refund",)), ("priority", ("high", "urgent")))
    assert found == Routing((Need(refund, ("money",)), Need(group="all")), language_required=True)
    assert found.needs[0].fits(Ticket("t", type="refund", priority="high"))
    assert not found.needs[0].fits(Ticket("t", type="refund"))
