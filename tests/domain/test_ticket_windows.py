"""Until when a ticket can be reopened: the desk's window, and those of its SLA policies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given as examples
from hypothesis import strategies as st

from cix.domain import ticket
from cix.domain.sla.parsing import KIND
from cix.domain.ticket import TicketResolved
from cix.domain.ticket.windows import reopens_until
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
