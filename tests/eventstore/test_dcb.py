"""The border to the ``eventsourcing`` library, both ways, with the library's own test cases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from eventsourcing.dcb.api import DCBAppendCondition, DCBEvent, DCBQuery, DCBQueryItem
from eventsourcing.dcb.popo import InMemoryDCBRecorder
from eventsourcing.dcb.tests import DCBRecorderTestCase
from eventsourcing.persistence import IntegrityError, OperationalError, ProgrammingError

from cix.errors import (
    ConfigError,
    ConflictError,
    CorruptionError,
    StoreClosedError,
    UnknownFactError,
)
from cix.eventstore.connection import Database
from cix.eventstore.dcb import CixFactory, CixRecorder, RecorderStore
from cix.eventstore.sql import SqlStore
from cix.facts import Catalogue
from cix.records import Query
from cix.testing.sample_log import CATALOGUE, event, none_after, positions


@pytest.fixture
def recorder(place: str) -> Iterator[CixRecorder]:
    store = SqlStore(Database(place), CATALOGUE)
    yield CixRecorder(store)
    store.close()


def foreign(*tags: str, type: str = "App.Happened", data: bytes = b"\x00raw") -> DCBEvent:
    return DCBEvent(type=type, data=data, tags=list(tags))


def asked(*tags: str, types: tuple[str, ...] = ()) -> DCBQuery:
    return DCBQuery([DCBQueryItem(types=list(types), tags=list(tags))])


# -- eventsourcing on cix -----------------------------------------------------------------------
def test_the_library_s_case_for_append_and_read_passes(recorder: CixRecorder) -> None:
    DCBRecorderTestCase()._test_append_read(recorder)


def test_the_library_s_case_for_subscriptions_passes(recorder: CixRecorder) -> None:
    DCBRecorderTestCase()._test_append_subscribe(recorder)


def test_a_foreign_event_comes_back_as_it_was_given(recorder: CixRecorder) -> None:
    given = foreign("b:2", "a:1", "b:2", "", "c:漢字", data=bytes(range(256)))
    assert recorder.append([given]) == 1
    [found] = recorder.read()
    assert (found.event, found.position) == (given, 1)
    [record] = recorder.store.read()
    assert record.version == 0
    with pytest.raises(UnknownFactError, match=r"App\.Happened"):
        assert record.fact


def test_a_repeated_tag_in_a_query_finds_what_a_single_one_does(recorder: CixRecorder) -> None:
    recorder.append([foreign("a:1")])
    assert len(list(recorder.read(asked("a:1", "a:1")))) == 1
    with pytest.raises(IntegrityError):
        recorder.append([foreign()], DCBAppendCondition(asked("a:1", "a:1")))


def test_an_append_of_nothing_or_of_an_impossible_tag_is_a_programming_error(
    recorder: CixRecorder,
) -> None:
    for wrong in ([], [foreign("a:\x1f")], [foreign(type="\0")]):
        with pytest.raises(ProgrammingError):
            recorder.append(wrong)
    assert recorder.read().head is None


def test_a_long_log_is_read_in_pages_as_far_as_the_head_that_was_read(
    recorder: CixRecorder,
) -> None:
    recorder.append([foreign("a:1") for _ in range(1_201)])
    response = recorder.read(asked("a:1"))
    recorder.append([foreign("a:1")])
    assert response.head == 1_201
    assert [one.position for one in response] == list(range(1, 1_202))


def test_recorders_and_cix_s_own_facts_live_in_one_log(recorder: CixRecorder) -> None:
    recorder.store.append([event("a:1")])
    recorder.append([foreign("a:1")])
    assert [one.event.type for one in recorder.read(asked("a:1"))] == [
        "sample.opened",
        "App.Happened",
    ]
    with pytest.raises(ConflictError):
        recorder.store.append([event()], [none_after(Query.tagged("a:1"), 1)])


def test_a_closed_store_is_an_operational_error(recorder: CixRecorder) -> None:
    recorder.store.close()
    with pytest.raises(OperationalError, match="closed"):
        recorder.append([foreign()])
    with pytest.raises(OperationalError, match="closed"):
        recorder.read()


def test_unconditional_appends_of_many_threads_are_followed_without_a_gap(
    recorder: CixRecorder,
) -> None:
    seen: list[int] = []
    with recorder.subscribe() as subscription, ThreadPoolExecutor(5) as pool:

        def follow() -> None:
            seen.extend(next(subscription).position for _ in range(400))

        following = pool.submit(follow)
        writing = [
            pool.submit(lambda: [recorder.append([foreign(), foreign()]) for _ in range(50)])
            for _ in range(4)
        ]
        for one in writing:
            one.result(60)
        following.result(60)
    assert seen == list(range(1, 401))


def test_a_subscription_passes_over_what_it_was_not_asked_for(recorder: CixRecorder) -> None:
    with recorder.subscribe(asked("a:1", types=("Wanted",)), after=1) as subscription:
        recorder.append([foreign("a:1", type="Wanted")])
        recorder.append([foreign("b:1", type="Wanted") for _ in range(600)])
        recorder.append([foreign("a:1", type="Wanted")])
        assert next(subscription).position == 602


def test_a_hint_that_is_lost_delays_a_subscription_by_the_poll_bound_only(
    recorder: CixRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder.store, "_hint", lambda _: None)
    with recorder.subscribe() as subscription, ThreadPoolExecutor(1) as pool:
        for n in range(1, 6):
            waiting = pool.submit(next, subscription)
            recorder.append([foreign()])
            assert waiting.result(2).position == n


def test_an_append_that_races_a_subscription_is_delivered_a_thousand_times() -> None:
    store = SqlStore(Database("sqlite://"), Catalogue(()))
    recorder = CixRecorder(store)
    for n in range(1_000):
        writing = threading.Thread(target=recorder.append, args=([foreign()],))
        writing.start()
        with recorder.subscribe(after=n) as subscription:
            assert next(subscription).position == n + 1
        writing.join()
    store.close()


def test_stopping_ends_a_subscription_that_waits(recorder: CixRecorder) -> None:
    with recorder.subscribe() as subscription, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: list(subscription))
        subscription.stop()
        assert waiting.result(2) == []


def test_an_application_is_led_to_cix_by_its_environment(place: str) -> None:
    factory = CixFactory.construct({"PERSISTENCE_MODULE": "cix.eventstore.dcb", "CIX_URL": place})
    recorder = factory.dcb_recorder()
    assert recorder.append([foreign("a:1")]) == 1
    factory.close()
    with pytest.raises(ConfigError, match="CIX_URL"):
        CixFactory.construct({"PERSISTENCE_MODULE": "cix.eventstore.dcb"}).dcb_recorder()


# -- cix on eventsourcing -----------------------------------------------------------------------
def test_a_cix_store_may_stand_on_cix_s_own_recorder(recorder: CixRecorder) -> None:
    store = RecorderStore(recorder, CATALOGUE)
    store.append([event("a:1"), event("a:1")])
    assert positions(store.read(Query.tagged("a:1"))) == [1, 2]
    assert store.head().position == 2


def test_what_another_application_wrote_is_no_envelope_of_cix() -> None:
    recorder = InMemoryDCBRecorder()
    store = RecorderStore(recorder, CATALOGUE)
    recorder.append([foreign("a:1")])
    with pytest.raises(CorruptionError, match="foreign bytes"):
        store.read()


def test_recorded_times_go_on_where_the_recorder_stands() -> None:
    recorder = InMemoryDCBRecorder()
    first = RecorderStore(recorder, CATALOGUE).append([event("a:1")])
    store = RecorderStore(recorder, CATALOGUE, lambda: first.recorded_at.replace(year=2020))
    assert store.append([event("a:1")]).recorded_at == first.recorded_at
    store.close()
    with pytest.raises(StoreClosedError, match="InMemoryDCBRecorder"):
        store.head()


def test_a_conflict_that_comes_between_reading_and_appending_is_judged_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorder = InMemoryDCBRecorder()
    store = RecorderStore(recorder, CATALOGUE)
    meddle: list[Callable[[], object]] = []
    append = recorder.append

    def late(*given: object) -> int:
        if meddle:
            meddle.pop()()
        return append(*given)  # type: ignore[arg-type]  # passed on as they are

    monkeypatch.setattr(recorder, "append", late)
    other = RecorderStore(recorder, CATALOGUE)
    meddle.append(lambda: other.append([event("b:1")]))
    assert store.append([event("a:1")], [none_after(Query.tagged("a:1"))]).last == 2
    meddle.append(lambda: other.append([event("a:2")]))
    with pytest.raises(ConflictError) as refused:
        store.append([event("a:2")], [none_after(Query.tagged("a:2"))])
    assert refused.value.found == 3
