"""The analyst's view on SLA clocks: the board, sums, reasons, and other policies tried."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cix.analysis.sla import answers, attainment, board, explain_timers
from cix.analysis.sla_whatif import TargetBeforeAfter, Verdicts, whatif
from cix.domain import ticket
from cix.domain.sla import CalendarVersion, PolicyVersion
from cix.errors import NotFoundError
from engine.sla_world import Site, one_policy, t, target

FIRST = target(warn=[0.5])
RESOLUTION = target("resolution", 4 * 3_600, pause_on=["pending"])


@pytest.fixture
def site() -> Iterator[Site]:
    """A desk with one ticket late, one that waits and one that runs; it is 03:00."""
    made = Site()
    made.publish(FIRST, RESOLUTION)
    for n, key in enumerate(("late", "waits", "runs")):
        made.at(f"01:{n * 30:02}" if n < 2 else "02:30").do(ticket.open, key, record="r-1")
    made.at("02:40").do(ticket.reply, "waits", agent="a-1", text="when?")
    made.engine.do(ticket.pend, "waits", agent="a-1")
    made.at("03:00")
    yield made
    made.engine.close()


def test_the_board_tells_what_is_left_now(site: Site) -> None:
    found = [(one.state, one.ticket, one.target) for one in board(site.engine)]
    assert found == [
        ("due", "runs", "first_response"),
        ("due", "late", "resolution"),
        ("due", "runs", "resolution"),
        ("breached", "late", "first_response"),
        ("paused", "waits", "resolution"),
    ]
    waits = board(site.engine)[-1]
    assert (waits.remaining_us, waits.due_if_resumed_now) == (10_200_000_000, t("05:50"))
    assert board(site.at("03:10"))[-1].due_if_resumed_now == t("06:00")
    assert len(board(site.engine, limit=2)) == 2


def test_the_board_as_of_then_is_the_board_that_was_seen_then(site: Site) -> None:
    seen, known = board(site.engine), site.engine.core.store.head().position
    site.at("5 00:00").do(ticket.resolve, "late", agent="a-1")
    site.late("01:10").do(ticket.reply, "late", agent="a-1", text="I had called")
    assert board(site.engine, as_of=t("03:00"), known_at=known) == seen
    assert board(site.engine, as_of=t("03:00")) != seen


def test_sums_are_taken_as_of_then_too(site: Site) -> None:
    (now,) = attainment(site.engine, ["target"])
    assert (now.group, now.met, now.breached) == (("first_response",), 0, 2)
    assert attainment(site.engine, as_of=t("01:59")) == ()
    (times,) = answers(site.engine)
    assert times.calendar.mean.value == 70 * 60_000_000


def test_a_timer_is_explained_by_the_facts_that_moved_it(site: Site) -> None:
    (found,) = explain_timers(site.engine, "waits", "resolution")
    assert [(one.name, one.fact) for one in found.behind] == [
        (found.timer.ref, "ticket.opened"),
        (found.timer.moved[-1].because, "ticket.pended"),
    ]
    assert {one.timer.target for one in explain_timers(site.engine, "waits")} == {
        "first_response",
        "resolution",
    }
    with pytest.raises(NotFoundError, match="waits plan"):
        explain_timers(site.engine, "waits", "plan")


def test_another_policy_is_judged_over_the_whole_history(site: Site) -> None:
    head = site.engine.core.store.head()
    tried = PolicyVersion.of(one_policy(target(seconds=3_000), target("plan", start=["assigned"])))
    found = whatif(site.engine, [tried])
    assert found.tickets == 3
    assert found.targets == (
        TargetBeforeAfter(
            "service", "first_response", Verdicts(breached=2, open=1), Verdicts(breached=2, open=1)
        ),
        TargetBeforeAfter("service", "resolution", Verdicts(open=3), Verdicts()),
    )
    assert [(one.ticket, one.before, one.after) for one in found.moved][-1] == (
        "waits",
        "paused",
        None,
    )
    assert found.moved[0].breached_after == t("01:50")
    assert site.engine.core.store.head() == head


def test_another_calendar_is_judged_with_the_policies_that_were(site: Site) -> None:
    site.publish(target(calendar="desk"), version="2", on_edit="recompute")
    night = CalendarVersion.of({"zone": "UTC", "weekly": {"fri": ["20:00-22:00"]}})
    found = whatif(site.engine, calendars=[night])
    assert found.tickets == 3
    assert whatif(site.engine).moved == ()
