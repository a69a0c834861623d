"""Two agents at one desk: nothing is assigned twice, nothing refused leaves a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import cix
from cix.domain import routing, sla, ticket
from cix.domain.sla import CalendarVersion, PolicyVersion, undefined_calendars
from cix.errors import CixError, InvalidPolicyError, NotFoundError, RuleBrokenError
from cix.projections import queues, workload
from engine.sla_world import Site, one_policy, target

Opener = Callable[..., Site]
AGENTS = ("a-1", "a-2", "a-3")


@pytest.fixture
def site_of() -> Iterator[Opener]:
    """Open sites; all are closed at the end."""
    opened: list[Site] = []

    def opener(url: str = "memory://") -> Site:
        opened.append(Site(url))
        return opened[-1]

    yield opener
    for one in opened:
        one.engine.close()


def staffed(site: Site, *, capacity: int = 4, tickets: int = 9) -> list[str]:
    """Make agents who are there, and tickets that nobody has."""
    for agent in AGENTS:
        site.engine.do(routing.profile, agent, capacity=capacity, languages=("zh",))
        site.engine.do(routing.set_available, agent, available=True)
    keys = [f"t-{n}" for n in range(tickets)]
    for key in keys:
        site.engine.do(ticket.open, key, record="r-1", language="zh")
    return keys


def assigned(site: Site) -> list[str]:
    return [line["tags"][0] for line in site.engine.export() if line["fact"] == "ticket.assigned"]


# -- routing ---------------------------------------------------------------------------
def test_tickets_routed_at_once_by_two_engines_are_each_given_once(
    site_of: Opener, store_url: str
) -> None:
    site = site_of(store_url)
    keys = staffed(site, capacity=3)
    other = site_of(store_url).engine

    def route(job: tuple[cix.Engine, str]) -> str:
        engine, key = job
        try:
            return "given" if engine.do(routing.route, key, agents=AGENTS) else "nothing"
        except RuleBrokenError as refused:
            return refused.rule

    jobs = [(engine, key) for key in keys for engine in (site.engine, other)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(route, jobs))
    assert sorted(assigned(site)) == [f"ticket:{key}" for key in keys]
    assert (answers.count("given"), answers.count("nothing")) == (9, 9)
    site.engine.work()
    loads = {one.agent: one.load for one in site.engine.find(workload)}
    assert loads == dict.fromkeys(AGENTS, 3)


def test_no_agent_is_given_more_than_there_is_room_for(site_of: Opener, sqlite_url: str) -> None:
    site = site_of(sqlite_url)
    keys = staffed(site, capacity=2, tickets=8)

    def route(key: str) -> str:
        try:
            site.engine.do(routing.route, key, agents=AGENTS)
        except RuleBrokenError as refused:
            return refused.rule
        return "given"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(route, keys))
    assert (answers.count("given"), answers.count("nobody_free")) == (6, 2)
    assert {one.load for one in site.engine.find(workload)} == {2}


def test_the_reason_of_a_routing_stands_in_the_fact(site_of: Opener) -> None:
    site = site_of()
    staffed(site, tickets=1)
    given, *_ = site.engine.do(routing.route, "t-0", agents=AGENTS).facts
    assert isinstance(given, ticket.TicketAssigned)
    assert given.reason == "load 0/4, best of 3; language zh"


# -- two agents on one ticket ------------------------------------------------------------
def test_of_two_agents_who_claim_at_once_one_has_it(site_of: Opener, store_url: str) -> None:
    site, other = site_of(store_url), site_of(store_url)
    site.engine.do(ticket.open, "t-1", record="r-1")
    until = site.clock.now.replace(hour=2)

    def claim(job: tuple[cix.Engine, str]) -> str:
        engine, agent = job
        try:
            engine.do(ticket.claim, "t-1", agent=agent, until=until)
        except RuleBrokenError as refused:
            return refused.rule
        return agent

    jobs = [(site.engine, "a-1"), (other.engine, "a-2")]
    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(claim, jobs))
    assert answers in (["a-1", "claimed_by_another"], ["a-2", "claimed_by_another"])
    row = site.engine.get(queues, "t-1", as_of=site.clock.now)
    assert row is not None
    assert row.claimed_by == answers[0]


def test_an_answer_to_what_the_customer_has_overtaken_is_refused(site_of: Opener) -> None:
    site = site_of()
    site.engine.do(ticket.open, "t-1", record="r-1")
    seen = site.engine.core.store.head().position
    site.engine.do(ticket.reply, "t-1", by="customer", text="wait")
    with pytest.raises(RuleBrokenError, match="ticket_changed"):
        site.engine.do(ticket.reply, "t-1", agent="a-1", text="done", seen=seen)


# -- refused, and nothing written ----------------------------------------------------------
def a_reply_to_a_closed_ticket(engine: cix.Engine) -> object:
    engine.do(ticket.close, "t-1", reason="spam")
    return lambda: engine.do(ticket.reply, "t-1", agent="a-1", text="hello")


def a_customers_message_to_a_closed_ticket(engine: cix.Engine) -> object:
    engine.do(ticket.close, "t-1", reason="spam")
    return lambda: engine.do(ticket.reply, "t-1", by="customer", text="hello")


def a_merge_into_itself(engine: cix.Engine) -> object:
    return lambda: engine.do(ticket.merge, "t-1", into="t-1")


def a_merge_in_a_circle(engine: cix.Engine) -> object:
    engine.do(ticket.merge, "t-1", into="t-2")
    engine.do(ticket.merge, "t-2", into="t-3")
    return lambda: engine.do(ticket.merge, "t-3", into="t-1")


def a_merge_into_nothing(engine: cix.Engine) -> object:
    return lambda: engine.do(ticket.merge, "t-1", into="t-9")


def an_unknown_zone(engine: cix.Engine) -> object:
    body = {"zone": "Asia/Nowhere", "weekly": {"mon": ["09:00-18:00"]}}
    return lambda: engine.publish("calendar", "1", body)


def hours_that_are_never_open(engine: cix.Engine) -> object:
    return lambda: engine.publish("calendar", "1", {"zone": "UTC", "weekly": {}})


def a_closing_a_minute_early(engine: cix.Engine) -> object:
    body = {"zone": "UTC", "weekly": {"mon": ["09:00-23:59"]}}
    return lambda: engine.publish("calendar", "1", body)


def versions_that_overlap(engine: cix.Engine) -> object:
    week = {"mon": ["09:00-18:00"]}
    later = [{"from": "2024-01-01", "weekly": week}, {"from": "2024-01-01", "weekly": week}]
    body = {"zone": "UTC", "weekly": week, "versions": later}
    return lambda: engine.publish("calendar", "1", body)


def a_policy_that_never_applies(engine: cix.Engine) -> object:
    first = one_policy(target())["policy"][0]
    body = {"policy": [first, {**first, "name": "second", "when": {"priority": "high"}}]}
    return lambda: engine.publish("sla", "1", body)


def one_version_with_two_bodies(engine: cix.Engine) -> object:
    engine.publish("sla", "1", one_policy(target()))
    return lambda: engine.publish("sla", "1", one_policy(target(seconds=60)))


REFUSED: list[tuple[Callable[[cix.Engine], Any], type[CixError], str]] = [
    (a_reply_to_a_closed_ticket, RuleBrokenError, "ticket_closed"),
    (a_customers_message_to_a_closed_ticket, RuleBrokenError, "ticket_closed"),
    (a_merge_into_itself, RuleBrokenError, "self_merge"),
    (a_merge_in_a_circle, RuleBrokenError, "merge_cycle"),
    (a_merge_into_nothing, NotFoundError, "t-9"),
    (an_unknown_zone, InvalidPolicyError, "Asia/Nowhere"),
    (hours_that_are_never_open, InvalidPolicyError, "open"),
    (a_closing_a_minute_early, InvalidPolicyError, "24:00"),
    (versions_that_overlap, InvalidPolicyError, "versions"),
    (a_policy_that_never_applies, InvalidPolicyError, "never applies"),
    (one_version_with_two_bodies, RuleBrokenError, "version_taken"),
]


@pytest.mark.parametrize(
    ("make", "error", "words"), REFUSED, ids=[make.__name__ for make, _, _ in REFUSED]
)
def test_what_is_refused_is_a_typed_error_and_nothing_is_written(
    site_of: Opener, make: Callable[[cix.Engine], Any], error: type[CixError], words: str
) -> None:
    engine = site_of().engine
    for key in ("t-1", "t-2", "t-3"):
        engine.do(ticket.open, key, record="r-1")
    attempt = make(engine)
    before, rows = list(engine.export()), engine.find(queues)
    with pytest.raises(error, match=words):
        attempt()
    assert (list(engine.export()), engine.find(queues)) == (before, rows)


def test_a_calendar_that_nobody_published_is_named(site_of: Opener) -> None:
    body = one_policy(target(calendar="night"))
    assert undefined_calendars(
        [PolicyVersion.of(body)], [CalendarVersion.of({"always": True})]
    ) == ("night",)
    site = site_of()
    site.engine.publish("sla", "1", body)
    site.engine.do(ticket.open, "t-1", record="r-1")
    assert site.timer("first_response").due_at is None


# -- merge, split, reopen on the engine's clocks ---------------------------------------------
def test_a_message_to_a_merged_ticket_is_said_where_the_chain_ends(site_of: Opener) -> None:
    site = site_of()
    site.publish(target("next_response"))
    for key in ("t-1", "t-2", "t-3"):
        site.engine.do(ticket.open, key, record="r-1")
    site.engine.do(ticket.merge, "t-1", into="t-2")
    site.engine.do(ticket.merge, "t-2", into="t-3")
    site.at("01:10").do(ticket.reply, "t-1", by="customer", text="hello?", message="m-1")
    found = site.engine.get(queues, "t-3")
    assert found is not None
    assert (found.unread, found.waiting_since) == (1, site.clock.now)
    assert site.timer("next_response", "t-3").started_at == site.clock.now


def test_a_merged_ticket_has_cancelled_clocks_and_the_other_waits_from_its_question(
    site_of: Opener,
) -> None:
    site = site_of()
    site.publish(target("next_response"), target("resolution"))
    site.engine.do(ticket.open, "t-1", record="r-1")
    site.engine.do(ticket.open, "t-2", record="r-1")
    site.at("01:05").do(ticket.reply, "t-1", by="customer", text="hello?")
    asked = site.clock.now
    site.at("01:20").do(ticket.merge, "t-1", into="t-2")
    assert {one.status for one in site.row("t-1").timers} == {"cancelled"}
    assert site.timer("next_response", "t-2").started_at == asked


def test_the_window_of_an_sla_policy_is_kept_by_the_ticket(site_of: Opener) -> None:
    site = site_of()
    site.publish(target("resolution"), reopen_window="1h")
    site.engine.do(ticket.open, "t-1", record="r-1")
    site.engine.do(ticket.resolve, "t-1", agent="a-1")
    before = list(site.engine.export())
    with pytest.raises(RuleBrokenError, match="reopen_window_over"):
        site.at("02:00").do(ticket.reopen, "t-1", reason="again")
    assert list(site.engine.export()) == before
    assert sla.read(one_policy(target(), reopen_window="1h")).policies[0].reopen_window_us
