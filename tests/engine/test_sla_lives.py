"""SLA clocks through the engine: whole lives of tickets, late facts, edits, ticks, corrections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from cix.domain import ticket
from cix.projections.queues import queues
from cix.projections.sla_timers import (
    TicketTimers,
    response_times,
    sla_attainment,
    sla_timers,
)
from engine.sla_world import Site, minutes, one_policy, t, target

Opener = Callable[..., Site]
FIRST = target(warn=[0.5])
RESOLUTION = target("resolution", 4 * 3_600, pause_on=["pending"])


@pytest.fixture
def site_of() -> Iterator[Opener]:
    """Open sites; all are closed at the end."""
    opened: list[Site] = []

    def opener(url: str = "memory://", now: str = "01:00") -> Site:
        opened.append(Site(url, now))
        return opened[-1]

    yield opener
    for one in opened:
        one.engine.close()


@pytest.fixture
def site(site_of: Opener) -> Site:
    """A site in memory with a first response and a resolution for every ticket."""
    made = site_of()
    made.publish(FIRST, RESOLUTION)
    return made


def opened(site: Site, at: str = "01:00", key: str = "t-1", **fields: Any) -> None:
    site.at(at).do(ticket.open, key, record="r-1", **fields)


def answer(site: Site, at: str, key: str = "t-1") -> None:
    site.at(at).do(ticket.reply, key, by="agent", agent="a-1", text="hello")


# -- the shipped policies --------------------------------------------------------------
def test_the_default_policies_give_every_promise_of_a_ticket_its_clock(site_of: Opener) -> None:
    site = site_of()
    site.publish_defaults()
    opened(site, type="after_sales", segment="high_value", complexity="complex")
    found = {one.target: one.due_at for one in site.row().timers}
    assert found == {
        "first_response": t("03:00"),
        "vip_first_response": t("05:00"),
        "resolution": t("2 01:00"),
        "escalate_2": t("01:10"),
    }
    assert (site.row().due_target, site.row().due_at) == ("escalate_2", t("01:10"))


def test_a_chat_must_be_answered_and_a_call_taken_in_seconds(site_of: Opener) -> None:
    site = site_of()
    site.publish_defaults()
    opened(site, key="chat", channel="chat")
    site.engine.do(ticket.reach, "chat", name="chat_queued")
    opened(site, key="call", channel="phone")
    site.engine.do(ticket.reach, "call", name="ring")
    answer(site, "01:00:30", "chat")
    assert site.timer("human_answer", "chat").status == "met"
    assert site.timer("answer", "call").breached_at == t("01:00:15")


def test_every_after_sales_ticket_owes_a_follow_up_once_it_is_resolved(site_of: Opener) -> None:
    site = site_of()
    site.publish_defaults()
    opened(site, type="after_sales")
    site.at("02:00").do(ticket.resolve, "t-1", agent="a-1")
    assert site.timer("follow_up").due_at == t("4 02:00")
    site.at("4 02:00").do(ticket.follow_up, "t-1", agent="a-1")
    assert site.timer("follow_up").status == "met"


# -- the board -------------------------------------------------------------------------
def test_tickets_stand_on_the_board_by_what_is_due_soonest(site_of: Opener, store_url: str) -> None:
    site = site_of(store_url)
    site.publish(target(), target("resolution", 4 * 3_600, pause_on=["pending"]))
    for n, key in enumerate(("t-c", "t-a", "t-b")):
        opened(site, f"01:0{n}", key)
    answer(site, "01:10", "t-c")
    rows = site.engine.find(sla_timers, open__gt=0, order_by=["due_at"])
    assert [one.ticket for one in rows] == ["t-a", "t-b", "t-c"]
    assert [one.due_at for one in rows] == [t("02:01"), t("02:02"), t("05:00")]
    late = site.at("02:01:30").find(sla_timers, breached_open__gt=0)
    assert [(one.ticket, one.first_breach_at) for one in late] == [("t-a", t("02:01"))]


def test_a_ticket_that_waits_for_the_customer_shows_what_is_left(site: Site) -> None:
    opened(site)
    answer(site, "01:30")
    site.at("02:00").do(ticket.pend, "t-1", agent="a-1")
    found = site.row()
    assert (found.is_paused, found.due_at, found.open) == (True, None, 1)
    paused = site.timer("resolution")
    assert (paused.status, paused.due_at) == ("paused", None)
    assert paused.remaining_us == minutes(180) // minutes(1) * 60_000_000
    site.clock.set(t("07:00"))
    then = site.timer("resolution", as_of=t("07:00"))
    assert then.due_if_resumed_now == t("10:00")
    site.engine.do(ticket.reply, "t-1", by="customer", text="here it is")
    assert (site.timer("resolution").status, site.timer("resolution").due_at) == (
        "running",
        t("10:00"),
    )


def test_a_reopened_ticket_goes_on_where_it_stood(site: Site) -> None:
    opened(site)
    site.at("02:00").do(ticket.resolve, "t-1", agent="a-1")
    assert site.timer("resolution").status == "met"
    site.at("09:00").do(ticket.reopen, "t-1", reason="still broken")
    found = site.timer("resolution")
    assert (found.status, found.due_at, found.stopped_at) == ("running", t("12:00"), None)


def test_a_row_is_right_though_nobody_ticked(site: Site) -> None:
    opened(site)
    site.at("02:00:01")
    found = site.row()
    assert (found.breached_open, found.first_breach_at, found.due_target) == (
        1,
        t("02:00"),
        "resolution",
    )


def test_attainment_and_response_times_are_sums_over_the_rows(site: Site) -> None:
    opened(site, key="t-1", channel="chat")
    opened(site, key="t-2", channel="phone")
    answer(site, "01:30", "t-1")
    answer(site, "02:30", "t-2")
    rows = site.engine.find(sla_timers)
    kept = sla_attainment(rows, ["target", "channel"])
    assert [(one.group, one.met, one.breached) for one in kept] == [
        (("first_response", "chat"), 1, 0),
        (("first_response", "phone"), 0, 1),
    ]
    (times,) = response_times(rows)
    assert (times.calendar.mean.numerator, times.calendar.mean.denominator) == (7_200_000_000, 2)


# -- what was known, and what came late --------------------------------------------------
def test_a_late_answer_changes_today_and_not_what_was_known(
    site_of: Opener, store_url: str
) -> None:
    site = site_of(store_url)
    site.publish(FIRST)
    opened(site)
    site.at("03:00")
    before = site.row()
    assert (before.breached, before.timers[0].breached_at) == (1, t("02:00"))
    position = site.engine.core.store.head().position
    site.at("04:00")
    site.late("01:30").do(ticket.reply, "t-1", by="agent", agent="a-1", text="I had called")
    assert [one.status for one in site.row().timers] == ["met"]
    for known in (t("03:00"), position):
        then = site.row(as_of=t("03:00"), known_at=known)
        assert then == before
    assert [one.status for one in site.row(as_of=t("03:00")).timers] == ["met"]


def test_a_breach_says_since_when_it_could_be_known(site: Site) -> None:
    opened(site, "01:00")
    site.at("03:00")
    assert site.timer("first_response").known_at == t("02:00")
    site.at("05:00")
    site.engine.by(at=t("02:30")).do(ticket.open, "t-2", record="r-2")
    assert site.timer("first_response", "t-2").known_at == t("05:00")


# -- ticks -----------------------------------------------------------------------------
def test_a_tick_records_breaches_and_warnings_at_their_exact_instants(
    site_of: Opener, store_url: str
) -> None:
    site = site_of(store_url)
    site.publish(FIRST)
    opened(site)
    assert site.at("01:29:59").tick().recorded == 0
    assert site.at("01:30").tick().recorded == 1
    assert site.at("02:00").tick().recorded == 0
    assert site.at("05:17:23").tick().recorded == 1
    assert [at for at, _ in site.told("sla.warned")] == [t("01:30")]
    ((at, breach),) = site.told("sla.breached")
    assert (at, breach["at"]) == (t("02:00"), "2024-03-01T02:00:00Z")


def test_a_second_tick_does_nothing(site_of: Opener, store_url: str) -> None:
    site = site_of(store_url)
    site.publish(FIRST, RESOLUTION)
    opened(site)
    first = site.at("2 00:00").tick()
    second = site.engine.tick()
    assert (first.recorded, second.recorded, second.performed, second.moved) == (3, 0, 0, 0)


def test_a_scheduler_that_stood_still_for_a_day_changes_no_verdict(site_of: Opener) -> None:
    often, once = site_of(), site_of()
    for site in (often, once):
        site.publish(FIRST, RESOLUTION)
        opened(site)
        opened(site, "01:20", "t-2")
        answer(site, "01:40", "t-2")
    for hour in range(2, 24):
        often.at(f"{hour:02}:00").tick()
    for site in (often, once):
        site.at("2 02:00").tick()
        assert site.engine.tick().recorded == 0
    assert often.told("sla.breached") == once.told("sla.breached")
    assert often.told("sla.warned") == once.told("sla.warned")
    for key in ("t-1", "t-2"):
        assert often.row(key) == once.row(key)


def test_what_was_over_before_anybody_ticked_is_recorded_all_the_same(
    site_of: Opener, store_url: str
) -> None:
    site = site_of(store_url)
    site.publish(FIRST)
    opened(site)
    answer(site, "02:30")
    site.at("09:00").do(ticket.resolve, "t-1", agent="a-1")
    assert [site.at("10:00").tick().recorded for _ in range(2)] == [2, 0]
    assert [at for at, _ in site.told("sla.warned")] == [t("01:30")]
    assert [at for at, _ in site.told("sla.breached")] == [t("02:00")]


def test_what_was_over_before_a_new_version_came_is_recorded_all_the_same(site: Site) -> None:
    opened(site)
    site.engine.tick()
    answer(site, "02:30")
    site.publish(FIRST, version="2")
    assert [site.at("10:00").tick().recorded for _ in range(2)] == [3, 0]
    assert sorted({one["target"] for _, one in site.told("sla.breached")}) == [
        "first_response",
        "resolution",
    ]


def test_a_breach_that_a_late_fact_retracts_is_corrected_once(
    site_of: Opener, store_url: str
) -> None:
    site = site_of(store_url)
    site.publish(target())
    opened(site)
    site.at("03:00").tick()
    site.at("04:00")
    site.late("01:30").do(ticket.reply, "t-1", by="agent", agent="a-1", text="I had called")
    assert site.told("sla.corrected") == []
    assert [site.engine.tick().recorded for _ in range(3)] == [1, 0, 0]
    ((at, said),) = site.told("sla.corrected")
    assert (at, said["was"], said["now"]) == (
        t("04:00"),
        "breached at 2024-03-01T02:00:00Z",
        "retracted",
    )
    assert said["because"] == str(site.engine.core.store.head().position - 1)
    assert site.at("9 04:00").tick().recorded == 0


def test_a_breach_that_moved_is_corrected_and_told_anew(site: Site) -> None:
    opened(site)
    site.at("07:00").tick()
    site.late("01:30").do(ticket.pend, "t-1", agent="a-1")
    site.late("02:30").do(ticket.resume, "t-1", agent="a-1")
    site.engine.tick()
    (_, said), *more = site.told("sla.corrected")
    assert (said["target"], said["now"], more) == (
        "resolution",
        "breached at 2024-03-01T06:00:00Z",
        [],
    )
    told = [at for at, one in site.told("sla.breached") if one["target"] == "resolution"]
    assert told == [t("05:00"), t("06:00")]


# -- policies that change ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("on_edit", "due"), [("keep", "02:00"), ("recompute", "03:00")], ids=["keep", "recompute"]
)
def test_a_new_version_lets_a_running_clock_go_on_or_counts_it_anew(
    site_of: Opener, on_edit: str, due: str
) -> None:
    site = site_of()
    site.publish(target(), on_edit=on_edit)
    opened(site)
    site.clock.set(t("01:30"))
    site.publish(target(seconds=7_200), version="2", on_edit=on_edit)
    assert site.timer("first_response").due_at == t(due)
    opened(site, "01:40", "t-2")
    assert site.timer("first_response", "t-2").due_at == t("03:40")
    assert site.timer("first_response", as_of=t("01:20")).due_at == t("02:00")


def test_a_verdict_given_before_an_edit_stays(site_of: Opener) -> None:
    site = site_of()
    site.publish(target(), on_edit="recompute")
    opened(site)
    answer(site, "01:30")
    site.clock.set(t("02:00"))
    site.publish(target(seconds=60), version="2", on_edit="recompute")
    assert site.timer("first_response").status == "met"


def test_a_policy_that_reaches_back_gives_clocks_to_tickets_that_had_none(site_of: Opener) -> None:
    site = site_of()
    opened(site)
    site.clock.set(t("01:30"))
    assert site.engine.get(sla_timers, "t-1") is None
    site.engine.publish("sla", "1", one_policy(FIRST), effective_at=t("00:00"))
    assert site.timer("first_response").due_at == t("02:00")
    assert [one.ticket for one in site.engine.find(sla_timers)] == ["t-1"]
    assert site.at("03:00").tick().recorded == 2


def test_a_withdrawn_promise_is_cancelled_and_not_met(site_of: Opener) -> None:
    site = site_of()
    site.publish(target(), on_edit="recompute")
    opened(site)
    site.at("01:30").publish("sla", "2", {})
    assert site.timer("first_response").status == "cancelled"
    assert site.at("3 00:00").tick().recorded == 0


# -- escalation ----------------------------------------------------------------------------
def test_time_raises_a_ticket_and_the_next_level_gets_its_full_time(site_of: Opener) -> None:
    site = site_of()
    site.publish_defaults()
    opened(site)
    site.at("03:00").tick()
    assert [(at, one["level"]) for at, one in site.told("sla.escalated")] == [(t("01:10"), 2)]
    assert site.timer("answer_2").due_at == t("03:10")
    site.at("03:05").do(ticket.acknowledge, "t-1", level=2, agent="b-1")
    assert site.timer("answer_2").status == "met"


def test_an_escalation_that_a_late_fact_made_needless_is_taken_back(site_of: Opener) -> None:
    site = site_of()
    site.publish_defaults()
    opened(site)
    site.at("01:30").tick()
    site.late("01:05").do(ticket.resolve, "t-1", agent="a-1")
    site.engine.tick()
    ((_, said),) = site.told("sla.corrected")
    assert (said["target"], said["now"]) == ("escalate_2", "retracted")
    assert [one.target for one in site.row().timers] == ["escalate_2"]


LADDER = {
    "name": "ladder",
    "levels": [
        {"level": 2, "after": 600, "calendar": "always", "notify": "b-1", "assign": "second"}
    ],
}


def test_a_tick_tells_the_level_and_gives_it_the_ticket_once(
    site_of: Opener, store_url: str
) -> None:
    site = site_of(store_url)
    site.engine.publish("sla", "1", {"escalation": [LADDER]})
    opened(site, group="first")
    assert site.at("01:09").tick().performed == 0
    ticked = site.at("01:30").tick()
    assert (ticked.recorded, ticked.performed, ticked.refused) == (1, 2, 0)
    row = site.engine.get(queues, "t-1")
    assert row is not None
    assert (row.group, row.level, row.watchers) == ("second", 2, ("b-1",))
    assert [at for at, _ in site.told("ticket.assigned")] == [t("01:30")]
    site.engine.do(ticket.assign, "t-1", group="third", level=3)
    assert site.at("5 00:00").tick().performed == 0


def test_nobody_is_told_of_a_ticket_that_has_ended(site_of: Opener) -> None:
    site = site_of()
    site.engine.publish("sla", "1", {"escalation": [LADDER]})
    opened(site)
    site.at("01:20").do(ticket.resolve, "t-1", agent="a-1")
    ticked = site.at("01:30").tick()
    assert (ticked.recorded, ticked.performed, ticked.refused) == (1, 0, 0)


# -- what a tick does besides ------------------------------------------------------------
DESK = {"close_after_s": 7_200, "survey_after_s": 3_600}


def test_time_closes_a_resolved_ticket_and_the_survey_goes_out_once(
    site_of: Opener, store_url: str
) -> None:
    site = site_of(store_url)
    site.engine.publish("desk", "1", DESK)
    site.publish(target("resolution", resolved=["closed"]))
    opened(site)
    site.at("02:00").do(ticket.resolve, "t-1", agent="a-1")
    asked = site.at("03:00").tick()
    assert (asked.performed, site.engine.tick().performed) == (1, 0)
    assert [at for at, _ in site.told("ticket.survey_requested")] == [t("03:00")]
    assert site.timer("resolution", as_of=t("03:59")).status == "breached"
    site.at("09:00").tick()
    site.engine.tick()
    assert [at for at, _ in site.told("ticket.auto_closed")] == [t("04:00")]
    found = site.timer("resolution")
    assert (found.stopped_at, found.elapsed_us) == (t("04:00"), 3 * 3_600_000_000)


def test_a_survey_of_a_desk_that_slept_is_asked_for_once_it_wakes(site_of: Opener) -> None:
    site = site_of()
    site.engine.publish("desk", "1", DESK)
    opened(site)
    site.at("02:00").do(ticket.resolve, "t-1", agent="a-1")
    assert site.at("8 00:00").tick().performed == 1
    assert [at for at, _ in site.told("ticket.survey_requested")] == [t("8 00:00")]


def test_a_follow_up_that_nobody_did_is_recorded_as_late(site_of: Opener) -> None:
    site = site_of()
    site.publish_defaults()
    opened(site, type="after_sales")
    answer(site, "01:05")
    site.engine.do(ticket.resolve, "t-1", agent="a-1")
    site.at("9 00:00").tick()
    assert [(at, one["target"]) for at, one in site.told("sla.breached")] == [
        (t("4 01:05"), "follow_up")
    ]


def rows_of(site: Site) -> list[TicketTimers]:
    return site.engine.find(sla_timers, order_by=["ticket"])


def test_a_rebuilt_board_is_the_board(site: Site) -> None:
    opened(site)
    opened(site, "01:10", "t-2")
    answer(site, "01:20", "t-2")
    site.at("06:00").tick()
    before: list[TicketTimers] = rows_of(site)
    digest = site.engine.digest("sla_timers")
    site.engine.rebuild("sla_timers")
    assert rows_of(site) == before
    assert site.engine.digest("sla_timers") == digest


def test_the_instant_of_a_breach_is_a_moment_of_the_calendar(site_of: Opener) -> None:
    site = site_of("memory://", "09:30")
    site.publish_defaults()
    opened(site, "09:30", type="after_sales")
    found = site.timer("first_response")
    monday: datetime = t("4 02:30")
    assert (found.due_at, found.due_latest) == (monday, monday)
    site.at("5 00:00").tick()
    assert (monday, "first_response") in [
        (at, one["target"]) for at, one in site.told("sla.breached")
    ]
