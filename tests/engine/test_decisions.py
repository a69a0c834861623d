"""How a request is answered: once, whole, at its instant, or refused without a trace."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import cix
from cix.domain import identity
from cix.domain.decider import Call
from cix.errors import (
    DuplicateRequestError,
    InvalidArgumentError,
    NaiveInstantError,
    RuleBrokenError,
)
from cix.testing import FakeClock
from engine import sample
from engine.conftest import START, Opener
from engine.sample import NoteFiled, NoteWritten


def test_a_decision_answers_its_facts_and_where_they_stand(engine: cix.Engine) -> None:
    outcome = engine.do(sample.write, "n-1", record="r-1", words=3)
    assert outcome.facts == (NoteWritten("r-1", 3),)
    assert (outcome.position, outcome.duplicate) == (1, False)


def test_a_decision_that_holds_already_leaves_no_trace(engine: cix.Engine) -> None:
    engine.do(sample.write, "n-1", record="r-1")
    engine.do(sample.file, "n-1", shelf="a")
    again = engine.by("me", id="again").do(sample.file, "n-1", shelf="a")
    assert not again
    assert engine.core.store.head().position == 2


def test_a_refusal_writes_nothing_and_frees_the_id(engine: cix.Engine) -> None:
    with pytest.raises(RuleBrokenError, match="not_written"):
        engine.by("me", id="x").do(sample.file, "n-1", shelf="a")
    engine.do(sample.write, "n-1", record="r-1")
    assert engine.by("me", id="x").do(sample.file, "n-1", shelf="a").facts == (NoteFiled("a"),)


def test_the_same_request_is_answered_from_the_record_whatever_happened_since(
    open_host: Opener,
) -> None:
    engine = open_host()
    first = engine.by("till", id="buy-1").do(sample.buy, "p-1", uses=2)
    engine.do(sample.use, "p-1", uses=2)
    again = engine.by("till", id="buy-1").do(sample.buy, "p-1", uses=2)
    assert again.duplicate
    assert (again.facts, again.position) == (first.facts, first.position)
    assert engine.core.store.head().position == 2


def test_the_same_id_with_another_body_is_refused(open_host: Opener) -> None:
    engine = open_host()
    engine.by("till", id="buy-1").do(sample.buy, "p-1", uses=2)
    for key, uses in (("p-1", 3), ("p-2", 2)):
        with pytest.raises(DuplicateRequestError, match="buy-1"):
            engine.by("till", id="buy-1").do(sample.buy, key, uses=uses)


def test_actor_and_instant_are_no_part_of_the_body(engine: cix.Engine) -> None:
    engine.by("a", id="one").do(sample.buy, "p-1", uses=2)
    later = engine.by("b", id="one", at=START + timedelta(days=1))
    assert later.do(sample.buy, "p-1", uses=2).duplicate


def test_the_envelope_keeps_actor_instant_and_request(engine: cix.Engine, clock: FakeClock) -> None:
    engine.by("agent:7", id="req-1", at="2024-02-01T09:00+08:00").do(
        sample.write, "n-1", record="r-1"
    )
    (record,) = engine.core.store.read()
    assert record.metadata.actor == "agent:7"
    assert record.request == "req-1"
    assert record.occurred_at == datetime(2024, 2, 1, 1, tzinfo=UTC)
    assert record.recorded_at == clock()
    assert record.tags == ("note:n-1", "record:r-1", "id:req-1")


def test_several_decisions_are_all_kept_or_none(engine: cix.Engine) -> None:
    calls = [
        Call("pass.buy", "p-1", {"uses": 3}),
        Call("pass.use", "p-1", {"uses": 2}),
        Call("pass.use", "p-1", {"uses": 1}),
    ]
    assert engine.by("till", id="b").do_all(calls).position == 3
    assert engine.by("till", id="b").do_all(calls).duplicate
    with pytest.raises(RuleBrokenError, match="used_up"):
        engine.do_all([Call("pass.buy", "p-1", {"uses": 1}), Call("pass.use", "p-1", {"uses": 2})])
    assert engine.core.store.head().position == 3


def test_one_fact_of_two_keys_is_in_both_histories(open_host: Opener) -> None:
    engine = open_host()
    engine.do(sample.buy, "a", uses=5)
    engine.do(sample.buy, "b", uses=1)
    engine.do(sample.give, "a", to="b", uses=2)
    assert engine.get(sample.passes, "a") == sample.PassCard("a", 3, 0, 10)
    assert engine.get(sample.passes, "b") == sample.PassCard("b", 3, 0, 10)


def test_a_spanning_decision_sees_the_other_state(engine: cix.Engine) -> None:
    engine.do(sample.buy, "a", uses=5)
    with pytest.raises(RuleBrokenError, match="no_such_pass"):
        engine.do(sample.give, "a", to="nobody", uses=1)


@pytest.mark.parametrize(
    ("name", "key", "args", "expected"),
    [
        ("note.write", "n", {}, "record must be given"),
        ("note.write", "n", {"record": 7}, "record must be a text, found 7"),
        ("note.write", "n", {"record": "r", "words": "3"}, "words must be an integer, found '3'"),
        ("note.write", "n", {"record": "r", "words": True}, "words must be an integer, found True"),
        ("note.write", "n", {"record": "r", "wrods": 3}, "wrods must be one of record, words"),
        ("note.write", "", {"record": "r"}, "key must be a text that is not empty"),
    ],
)
def test_a_wrong_argument_is_named_and_nothing_is_written(
    engine: cix.Engine, name: str, key: str, args: dict[str, Any], expected: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=expected):
        engine.take(name, key, args)
    assert engine.core.store.head().position == 0


def test_an_unknown_decision_is_named(engine: cix.Engine) -> None:
    with pytest.raises(InvalidArgumentError, match=r"did you mean note\.write.*'note\.wrote'"):
        engine.take("note.wrote", "n", {})


def test_an_instant_without_an_offset_is_refused_with_a_hint(engine: cix.Engine) -> None:
    for naive in ("2024-03-01", "2024-03-01T10:00", datetime(2024, 3, 1)):  # noqa: DTZ001  # what is refused
        with pytest.raises(NaiveInstantError, match="offset"):
            engine.by("me", at=naive)


def test_an_occurred_room_decides_as_of_the_instant_given(engine: cix.Engine) -> None:
    engine.by(at=START).do(sample.write, "n-1", record="r-1")
    with pytest.raises(RuleBrokenError, match="not_written"):
        engine.by(at=START - timedelta(hours=1)).do(sample.file, "n-1", shelf="a")


def test_a_recorded_room_decides_as_of_now(engine: cix.Engine, clock: FakeClock) -> None:
    engine.do(sample.buy, "p-1", uses=1)
    clock.advance(timedelta(days=10))
    with pytest.raises(RuleBrokenError, match="used_up"):
        engine.by(at=START).do(sample.use, "p-1")


def test_records_are_found_again_by_what_they_hold(open_host: Opener) -> None:
    engine = open_host()
    who = engine.record("phone", "+86 138 0000 0000")
    assert who.startswith("r-")
    assert engine.record("phone", "13800000000") == who
    assert engine.record("email", "13800000000") != who
    (fact, *_) = [record.fact for record in engine.core.store.read()]
    assert isinstance(fact, identity.IdentifiersObserved)
    assert fact.identifiers[0][1] == "+86 138 0000 0000"


def test_tills_at_one_pass_sell_exactly_what_is_left(open_host: Opener) -> None:
    engine = open_host(clock=FakeClock(START))
    engine.do(sample.buy, "p-1", uses=7)
    sold: list[int] = []
    refused: list[str] = []

    def till() -> None:
        for _ in range(3):
            try:
                sold.append(engine.do(sample.use, "p-1").position)
            except RuleBrokenError as error:
                refused.append(error.rule)

    threads = [threading.Thread(target=till) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sold) == 7
    assert refused == ["used_up"] * 8
    assert engine.get(sample.passes, "p-1") == sample.PassCard("p-1", 0, 0, 10)


def test_many_who_write_one_number_in_their_own_way_find_one_record(open_host: Opener) -> None:
    engines = [open_host() for _ in range(2)]
    ways = ["+8613800000000", "138 0000 0000", "0086 138-0000-0000", "13800000000"] * 3
    with ThreadPoolExecutor(8) as pool:
        asks = [pool.submit(engines[n % 2].record, "phone", way) for n, way in enumerate(ways)]
        found = {ask.result(60) for ask in asks}
    assert len(found) == 1
    assert engines[0].core.store.head().position == 1
