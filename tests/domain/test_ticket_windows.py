"""Until when a ticket can be reopened: the desk's window, and those of its SLA policies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from cix.domain import ticket
from cix.domain.sla.parsing import KIND
from cix.domain.ticket import TicketResolved
from cix.domain.ticket.windows import answers_in_vain, reopens_until
from cix.testing import START, Scenario, a_policy, a_reply, a_ticket, given

HOUR = timedelta(hours=1)
RESOLVED = START + HOUR
TARGET = {"name": "first_response", "seconds": 60, "calendar": "always"}


def promise(family: str, window: str | None, **when: Any) -> dict[str, Any]:
    body = {"name": f"{family} {when}", "family": family, "targets": [TARGET], "when": when}
    return body if window is None else {**body, "reopen_window": window}


def resolved(*promises: dict[str, Any], desk: int | None = None, **fields: Any) -> Scenario:
    told = given(a_policy(KIND, {"policy": list(promises)}), at=START)
    if desk is not None:
        told = told.given(a_policy("desk", {"reopen_window_s": desk}), at=START)
    told = told.given(a_ticket(**fields), at=START, key="t-1")
    return told.given(TicketResolved("a-1"), at=RESOLVED, key="t-1")


def refused_at(told: Scenario, after: timedelta) -> bool:
    decided = told.at(RESOLVED + after).when(ticket.reopen, "t-1", reason="again")
    if decided.error is not None:
        decided.then_refused("reopen_window_over")
    return decided.error is not None


def test_a_window_of_the_policy_is_half_open() -> None:
    told = resolved(promise("service", "2h"))
    assert not refused_at(told, 2 * HOUR - timedelta(microseconds=1))
    assert refused_at(told, 2 * HOUR)


def test_without_any_window_a_ticket_can_be_reopened_for_ever() -> None:
    assert not refused_at(resolved(promise("service", None)), timedelta(days=4_000))


def test_only_the_policy_that_applies_in_its_family_counts() -> None:
    vip = promise("service", "10h", segment="vip")
    every = promise("service", "1h")
    assert refused_at(resolved(vip, every), 2 * HOUR)
    assert not refused_at(resolved(vip, every, segment="vip"), 2 * HOUR)


def test_of_several_windows_the_shortest_counts() -> None:
    service, other = promise("service", "5h"), promise("other", "3h")
    assert not refused_at(resolved(service, other, desk=4 * 3_600), 2 * HOUR)
    assert refused_at(resolved(service, other, desk=4 * 3_600), 3 * HOUR)
    assert refused_at(resolved(service, other, desk=3_600), HOUR)


def test_a_customers_answer_after_the_window_is_refused_too() -> None:
    told = resolved(promise("service", "1h")).at(RESOLVED + HOUR)
    told.when(ticket.reply, "t-1", by="customer").then_refused("reopen_window_over")
    told.when(ticket.reply, "t-1", by="agent", agent="a-1", text="hello").then(a_reply("agent"))


def test_the_version_in_force_when_it_is_reopened_counts() -> None:
    later = a_policy("sla", {"policy": [promise("service", "9h")]}, "v2", RESOLVED + 2 * HOUR)
    told = resolved(promise("service", "1h")).given(later, at=RESOLVED + 2 * HOUR)
    assert refused_at(told, HOUR)
    assert not refused_at(told, 3 * HOUR)


@examples(st.integers(1, 50), st.integers(1, 50))
def test_the_end_is_the_resolution_plus_the_shorter_window(desk: int, promised: int) -> None:
    told = resolved(promise("service", f"{promised}s"), desk=desk)
    held = told.state(ticket.DECIDER, "t-1", RESOLVED)
    assert reopens_until(held, RESOLVED) == RESOLVED + timedelta(seconds=min(desk, promised))


def test_a_ticket_that_is_not_resolved_has_no_end() -> None:
    told = given(a_ticket(), key="t-1")
    assert reopens_until(told.state(ticket.DECIDER, "t-1"), START) is None


def with_bot(rules: dict[str, Any], desk: int | None = None) -> Scenario:
    told = given(a_policy(KIND, {"policy": [promise("service", None)], "bot": rules}), at=START)
    if desk is not None:
        told = told.given(a_policy("desk", {"handover_after_unresolved": desk}), at=START)
    return told.given(a_ticket(), at=START, key="t-1")


@pytest.mark.parametrize(
    ("promised", "desk", "expected"), [(2, None, 2), (5, None, 5), (5, 2, 2), (2, 5, 2)]
)
def test_a_person_is_asked_for_after_the_smaller_number_of_answers_in_vain(
    promised: int, desk: int | None, expected: int
) -> None:
    told = with_bot({"handover_after_unresolved": promised}, desk)
    held = told.state(ticket.DECIDER, "t-1", START)
    assert answers_in_vain(held, START) == expected
    for _ in range(expected - 1):
        told = told.given(ticket.BotAnswered(resolved=False), at=START, key="t-1")
    told.when(ticket.bot_answered, "t-1", resolved=False).then(
        ticket.BotAnswered(resolved=False), ticket.HandoverRequested("unresolved")
    )


def test_without_policies_three_answers_in_vain_are_enough() -> None:
    held = given(a_ticket(), key="t-1").state(ticket.DECIDER, "t-1", START)
    assert answers_in_vain(held, START) == 3


def test_a_customer_who_asks_gets_a_person_unless_the_rules_say_no() -> None:
    asked = ticket.HandoverRequested("request")
    with_bot({}).when(ticket.request_handover, "t-1").then(asked)
    stern = with_bot({"handover_on_request": False})
    stern.when(ticket.request_handover, "t-1").then_refused("handover_not_offered")
    stern.when(ticket.request_handover, "t-1", reason="mood").then(ticket.HandoverRequested("mood"))
