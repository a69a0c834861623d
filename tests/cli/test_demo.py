"""``cix demo``: a believable history, the same for the same seed, and what cix answers from it."""

from __future__ import annotations

import shlex
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

import cix
from cix.cli.demo.history import history, name_of
from cix.cli.demo.people import IDENTIFIED_BY
from cix.domain.terms import Channel
from cix.facts import word_of
from cli.calling import cix as call

END = datetime(2026, 3, 1, tzinfo=UTC)
SMALL = ("--customers", "25", "--seed", "7")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small demo."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    assert call("demo", *SMALL, "--db", path).code == 0
    return path


# -- the history -----------------------------------------------------------------
def test_the_same_seed_makes_the_same_history() -> None:
    one, other = history(10, 7, END, today=20), history(10, 7, END, today=20)
    assert one.past == other.past
    assert one.today == other.today
    assert history(10, 8, END, today=20).past != one.past


def test_one_customer_more_changes_nobody_else() -> None:
    def told(count: int) -> Counter[tuple[Any, ...]]:
        past = history(count, 7, END, today=0).past
        return Counter((type(f.fact), f.key, f.occurred_at, f.recorded_at) for f in past)

    assert told(5) < told(6)


def test_a_history_happens_on_every_channel_and_in_every_room() -> None:
    assert set(IDENTIFIED_BY) == set(get_args(Channel))
    found = history(250, 1, END, today=60)
    channels = {getattr(one.fact, "channel", None) for one in found.past}
    assert channels >= set(get_args(Channel))
    words = {word_of(type(one.fact)).name for one in found.past}
    assert words >= {
        "identity.observed", "identity.merged", "contact.received", "contact.sent",
        "ticket.opened", "ticket.merged", "ticket.reopened", "ticket.complaint_settled",
        "member.enrolled", "points.earned", "points.redeemed", "order.refunded",
        "customer.attribute_set", "customer.preference_set", "customer.tagged",
        "policy.published",
    }  # fmt: skip


def test_the_past_is_in_order_and_keeps_every_rule() -> None:
    found = history(40, 3, END, today=30)
    recorded = [one.recorded_at for one in found.past]
    assert recorded == sorted(recorded)
    assert all(one.occurred_at <= one.recorded_at < END for one in found.past)
    assert any((one.recorded_at - one.occurred_at).days >= 1 for one in found.past)
    assert all(one.id.startswith(name_of(40, 3)) for one in found.past)
    assert found.refused <= len(found.past) / 50


# -- the command -------------------------------------------------------------------
def test_the_answers_are_shown(made: Path) -> None:
    out = call("demo", *SMALL, "--db", made).out
    for title in (
        "Customer 360",
        "The desk",
        "Timeline",
        "As of then, and today",
        "Why",
        "Try next",
    ):
        assert f"== {title}" in out


def test_the_three_commands_that_are_shown_work(made: Path) -> None:
    commands = call("demo", *SMALL, "--db", made, "--json").json["next"]
    assert len(commands) == 3
    for command in commands:
        done = call(*shlex.split(command)[1:])
        assert done.code in {0, 1}, done.err
        assert "CIX-" not in done.err


def test_a_demo_that_is_there_is_shown_again_and_not_made_twice(made: Path) -> None:
    with cix.open(f"sqlite:///{made}") as engine:
        before = engine.core.store.head().position
    done = call("demo", *SMALL, "--db", made)
    assert done.code == 0
    assert f"holds a demo of {before:,} facts already" in done.err
    with cix.open(f"sqlite:///{made}") as engine:
        assert engine.core.store.head().position == before


def test_the_views_of_a_demo_equal_a_rebuild(made: Path) -> None:
    before = call("digest", "--db", made, "--json").json
    assert call("projections", "rebuild", "--all", "--db", made).code == 0
    assert call("digest", "--db", made, "--json").json == before


def test_a_demo_that_was_interrupted_is_made_whole(folder: Path) -> None:
    end = "2026-03-01T00:00Z"
    told = history(8, 7, END, today=40)
    with cix.open("sqlite:///cix.db") as engine:
        engine.load(told.past[: len(told.past) // 2])
    done = call(
        "demo", "--customers", "8", "--seed", "7", "--until", end, "--db", "cix.db", "--json"
    )
    assert done.code == 0
    assert done.json["made"]["is_new"]
    with cix.open("sqlite:///cix.db") as engine:
        words = [record.request for record in engine.core.store.read(limit=len(told.past))]
    assert words == [one.id for one in told.past]


def test_a_store_with_other_facts_is_refused_and_left_alone(made: Path) -> None:
    call("do", "ticket.open", "t-1", "--arg", "record=r-1")
    done = call("demo", "--db", "cix.db")
    assert done.code == 2
    assert "it holds other facts; name another store with --db" in done.err
    assert len(call("export", "jsonl").rows) == 1
    assert call("demo", "--customers", "24", "--db", made).code == 2


def test_the_demo_speaks_chinese(made: Path) -> None:
    out = call("demo", *SMALL, "--db", made, "--lang", "zh").out
    assert "== 客户360视图" in out
    assert "== 接下来可以试试 ==" in out
