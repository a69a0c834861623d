"""What every event store promises, as one pytest class.

A host that writes a store of its own inherits the class and gives it a fixture::

    class TestMyStore(EventStoreContract):
        @pytest.fixture
        def new_store(self, tmp_path):
            return lambda clock: MyStore(tmp_path / "log", CATALOGUE, clock)

``can_load = False`` says that the store refuses ``load`` by name. Needs pytest and hypothesis.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cix.errors import (
    ConflictError,
    MalformedFactError,
    NaiveInstantError,
    StoreClosedError,
    UnsupportedByStoreError,
)
from cix.eventstore.base import EventStore, LoadedEvent, LoadReport
from cix.records import (
    EVERYTHING,
    AppendCondition,
    Head,
    Metadata,
    NewEvent,
    Query,
    QueryItem,
    to_us,
)
from cix.testing.sample_log import (
    FACTS,
    NOON,
    SECOND,
    WORDS,
    MovingClock,
    NewStore,
    SampleClosed,
    SampleClosedOnce,
    SampleOpened,
    event,
    expected,
    holds,
    mixed_history,
    none_after,
    positions,
    queries,
    same,
)


class EventStoreContract:
    """The promises; inherit it and give the fixture ``new_store``."""

    can_load = True
    """Whether the store takes history with ``load``."""
    many = 5_000
    """Size of a large query; a store that looks at every event may ask for less."""

    @pytest.fixture
    def new_store(self) -> NewStore:
        """Return the function that opens a fresh, empty store of CATALOGUE with a clock."""
        pytest.fail("the class that inherits the contract gives this fixture")

    @pytest.fixture
    def clock(self) -> MovingClock:
        """Return the clock of the store under test."""
        return MovingClock()

    @pytest.fixture
    def store(self, new_store: NewStore, clock: MovingClock) -> Iterator[EventStore]:
        """Return a fresh store; it is closed at the end."""
        store = new_store(clock)
        yield store
        store.close()

    # -- appending ----------------------------------------------------------------------------
    def test_positions_begin_at_one_and_have_no_gaps(self, store: EventStore) -> None:
        """Positions are 1, 2, 3, ... in the order of the appends."""
        same(store.head(), Head(0, 0))
        first = store.append([event("a:1")])
        second = store.append([event("a:1"), event("a:2"), event()])
        same((first.first, first.last), (1, 1))
        same((second.first, second.last), (2, 4))
        same(positions(store.read()), [1, 2, 3, 4])
        same(store.head(), Head(4, to_us(second.recorded_at)))

    def test_a_fact_comes_back_as_it_went_in(self, store: EventStore) -> None:
        """Fact, tags, metadata, id and both times survive."""
        full = SampleOpened("s-1", "mail", -3, NOON, ("x", "y"), "hello 漢字", "Ms Ä")
        metadata = Metadata("agent-7", "c-1", "e-1", "d" * 64, loaded=True)
        new = event("sample:s-1", "record:r-1", "id:q", fact=full, metadata=metadata)
        appended = store.append([new])
        [record] = store.read()
        same(record.fact, full)
        same(record.tags, ("sample:s-1", "record:r-1", "id:q"))
        same(record.metadata, metadata)
        same((record.event_id, record.type, record.version), (new.event_id, "sample.opened", 1))
        same((record.occurred_at, record.recorded_at), (NOON, appended.recorded_at))

    def test_personal_fields_may_be_left_out(self, store: EventStore) -> None:
        """What is stored apart may be missing, each category by itself."""
        facts = [
            SampleOpened("s-1"),
            SampleOpened("s-1", text="only content"),
            SampleOpened("s-1", caller="only identity"),
        ]
        store.append([event("a:1", fact=one) for one in facts])
        same([record.fact for record in store.read(Query.tagged("a:1"))], facts)

    def test_an_old_version_is_read_through_its_upcaster(self, store: EventStore) -> None:
        """A fact of an old version is read as its present class."""
        store.append([event("a:1", fact=SampleClosedOnce("s-1"))])
        [record] = store.read()
        same((record.version, record.fact), (1, SampleClosed("s-1", "unknown")))

    def test_an_append_needs_an_event(self, store: EventStore) -> None:
        """An empty append is a mistake of the caller."""
        with pytest.raises(ValueError, match="at least one"):
            store.append([])

    @pytest.mark.parametrize(
        "wrong",
        [
            event("a:1", fact=SampleOpened("s", channel="fax")),  # type: ignore[arg-type]  # on purpose
            event("a:1", fact=SampleOpened("s", amount=True)),
            event("a:1", fact=SampleOpened("s", amount=2**64)),
            event("a:1", fact=SampleOpened("s", text=5)),  # type: ignore[arg-type]  # on purpose
            event("a:1", fact=SampleOpened("s", due=NOON.replace(tzinfo=None))),
            event("a:1", fact=SampleOpened("\ud800")),
            event("a:1", fact="no fact at all"),
            event("a:\x1f"),
            event("a:\0"),
            event("a:\ud800"),
        ],
    )
    def test_what_is_no_fact_is_refused_and_nothing_is_written(
        self, store: EventStore, wrong: NewEvent
    ) -> None:
        """Values of a wrong type and impossible tags do not get in."""
        with pytest.raises(MalformedFactError):
            store.append([event("a:1"), wrong])
        same(store.head().position, 0)

    # -- times --------------------------------------------------------------------------------
    def test_recorded_times_never_run_back_and_the_one_given_is_kept(
        self, store: EventStore, clock: MovingClock
    ) -> None:
        """A clock that runs back is lifted to the head and remembered."""
        store.append([event("a:1")])
        clock.now = NOON - timedelta(days=1)
        lifted = store.append([event("a:1"), event("a:1")])
        same(lifted.recorded_at, NOON)
        kept = [record.metadata.given_us for record in store.read()]
        back = to_us(NOON - timedelta(days=1) + SECOND)
        same(kept, [None, back, back])
        same({record.recorded_at for record in store.read()}, {NOON})

    def test_a_recorded_time_may_be_given(self, store: EventStore) -> None:
        """The time given stands in place of the clock, by the same rule."""
        later = NOON + timedelta(days=9)
        same(store.append([event("a:1")], recorded_at=later).recorded_at, later)
        same(store.append([event("a:1")]).recorded_at, later)
        with pytest.raises(NaiveInstantError):
            store.append([event("a:1")], recorded_at=NOON.replace(tzinfo=None))

    def test_a_position_is_found_by_its_recorded_time(self, store: EventStore) -> None:
        """The last position not after an instant, on a day or between days."""
        same(store.position_at(NOON), 0)
        days = [NOON + timedelta(days=n) for n in (0, 0, 1, 3, 3, 3, 7)]
        for day in days:
            store.append([event("a:1")], recorded_at=day)
        for n in range(-1, 9):
            asked = NOON + timedelta(days=n)
            same(store.position_at(asked), sum(day <= asked for day in days))

    # -- conditions ---------------------------------------------------------------------------
    def test_a_condition_refuses_what_came_after(self, store: EventStore) -> None:
        """A condition fails on what matches behind its position, and only on that."""
        store.append([event("a:1"), event("b:1")])
        boundary = Query.tagged("a:1", types=["sample.opened"])
        with pytest.raises(ConflictError) as refused:
            store.append([event("a:1")], [none_after(boundary)])
        same((refused.value.after, refused.value.found), (0, 1))
        holds("a:1" in str(refused.value))
        store.append([event("a:1")], [none_after(boundary, 1)])
        same(store.head().position, 3)

    def test_every_condition_must_hold(self, store: EventStore) -> None:
        """Several conditions, each with a position of its own, are all judged."""
        store.append([event("a:1", "id:q-1")])
        fine, known = none_after(Query.tagged("a:1"), 1), none_after(Query.tagged("id:q-1"))
        with pytest.raises(ConflictError):
            store.append([event("a:1")], [fine, known])
        with pytest.raises(ConflictError):
            store.append([event("a:1")], [none_after(EVERYTHING)])
        store.append([event("a:1")], [fine, none_after(EVERYTHING, 1)])
        same(store.head().position, 2)

    def test_a_condition_may_ask_that_nothing_has_fallen_due(self, store: EventStore) -> None:
        """The recorded time must be before the instant a condition names."""
        due = AppendCondition(Query.tagged("a:1"), 9, to_us(NOON + SECOND))
        store.append([event("a:1")], [due], recorded_at=NOON)
        for recorded_at in (NOON + SECOND, NOON - SECOND):
            store.append([event()], recorded_at=recorded_at)
            with pytest.raises(ConflictError):
                store.append([event("a:1")], [due], recorded_at=recorded_at)

    def test_an_append_is_not_in_the_way_of_itself(self, store: EventStore) -> None:
        """Conditions look at what was stored before."""
        mine = none_after(Query.tagged("id:q-1"))
        same(store.append([event("id:q-1"), event("id:q-1")], [mine]).last, 2)
        with pytest.raises(ConflictError):
            store.append([event("id:q-1")], [mine])

    def test_of_two_threads_inside_one_boundary_one_wins(self, store: EventStore) -> None:
        """Overlapping appends never both succeed, and never both fail."""
        both = threading.Barrier(2)
        won: list[int] = []

        def run() -> None:
            for n in range(25):
                both.wait()
                condition = none_after(Query.tagged(f"race:{n}"))
                try:
                    store.append([event(f"race:{n}")], [condition])
                except ConflictError:
                    continue
                won.append(n)

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        same(sorted(won), list(range(25)))
        same(positions(store.read()), list(range(1, 26)))

    # -- reading ------------------------------------------------------------------------------
    def test_every_query_is_answered_as_by_looking_at_every_event(self, store: EventStore) -> None:
        """Reads equal the oracle, for every shape, bound and limit."""
        log = mixed_history(store)
        bounds = st.integers(-1, len(log) + 2)

        @given(queries(), bounds, st.none() | bounds, st.none() | st.integers(0, 9))
        def check(query: Query, after: int, until: int | None, limit: int | None) -> None:
            found = store.read(query, after=after, until=until, limit=limit)
            same(positions(found), expected(log, query, after, until, limit))
            holds(all(query.matches(record.tags, record.type) for record in found))

        check()

    def test_every_query_is_judged_as_a_condition_in_the_same_way(self, store: EventStore) -> None:
        """Conditions equal the oracle."""
        log = mixed_history(store)

        @given(queries(), st.integers(0, len(log) + 2))
        def check(query: Query, after: int) -> None:
            against = expected(log, query, after)
            new = event("z:1")
            try:
                store.append([new], [none_after(query, after)])
            except ConflictError as refused:
                holds(refused.found in against)
            else:
                same(against, [])
                log.extend(store.read(after=len(log)))

        check()

    def test_pages_of_any_size_hold_the_same_facts(self, store: EventStore) -> None:
        """Pages are reads in pieces."""
        log = mixed_history(store)
        query = Query.tagged("a:1") | Query.tagged("b:1", types=WORDS[:2])
        for size in (1, 2, 7, 1_000):
            pages = list(store.pages(query, after=3, size=size))
            same([p for page in pages for p in positions(page)], expected(log, query, 3))
            holds(all(len(page) <= size for page in pages))

    def test_pages_end_at_the_head_they_began_at(self, store: EventStore) -> None:
        """Facts that come while paging are left for the next time."""
        store.append([event("a:1"), event("a:1")])
        seen = 0
        for page in store.pages(size=1):
            seen += len(page)
            store.append([event("a:1")])
        same(seen, 2)

    def test_thousands_of_tags_and_events_meet_no_limit(self, store: EventStore) -> None:
        """Large appends and queries work as small ones do."""
        many, numbers = self.many, range(self.many)
        store.append([event(f"n:{n}", "all:x", fact=FACTS[2]) for n in (*numbers, *numbers)])
        any_of = Query(tuple(QueryItem((f"n:{n}",)) for n in numbers))
        pairs = Query(tuple(QueryItem(("all:x", f"n:{n}")) for n in numbers[: many // 10]))
        all_of = Query.tagged(*(f"n:{n}" for n in numbers))
        same(len(store.read(any_of)), 2 * many)
        some = store.read(any_of, after=many, limit=5)
        same(positions(some), [*range(many + 1, many + 6)])
        same(len(store.read(pairs)), many // 10 * 2)
        same(store.read(all_of), [])
        for query in (any_of, pairs):
            with pytest.raises(ConflictError):
                store.append([event()], [none_after(query)])
        store.append([event()], [none_after(all_of), none_after(any_of, 2 * many)])

    def test_one_event_may_have_very_many_tags(self, store: EventStore) -> None:
        """An event is found by a thousand tags."""
        tags = [f"n:{n}" for n in range(1_000)]
        store.append([event(*tags), event(*tags[1:])])
        same(positions(store.read(Query.tagged(*reversed(tags)))), [1])

    # -- loading ------------------------------------------------------------------------------
    def test_history_is_loaded_once_with_its_own_times(self, store: EventStore) -> None:
        """Loading twice stores once; recorded times are the source's."""
        if not self.can_load:
            with pytest.raises(UnsupportedByStoreError):
                store.load([LoadedEvent(event("a:1"), NOON)])
            return
        days = [NOON + timedelta(days=n) for n in range(4)]
        page = [LoadedEvent(event("a:1", f"id:{n}"), day) for n, day in enumerate(days)]
        same(store.load(page[:3]), LoadReport(3, 0, 0, 3))
        same(store.load(page), LoadReport(1, 3, 0, 4))
        same(store.load(page), LoadReport(0, 4, 0, 4))
        same([record.recorded_at for record in store.read()], days)
        same(store.append([event("a:1")]).recorded_at, days[-1])

    def test_a_recorded_time_that_would_run_back_is_lifted_and_counted(
        self, store: EventStore
    ) -> None:
        """Recorded times never run back, and the report counts it."""
        if not self.can_load:
            pytest.skip("this store refuses to load")
        days = [NOON + timedelta(days=n) for n in (5, 2, 6, 1)]
        page = [
            LoadedEvent(event("a:1", f"id:{n}", fact=SampleOpened("s", text="t")), day)
            for n, day in enumerate(days)
        ]
        same(store.load(page), LoadReport(4, 0, 2, 4))
        found = store.read()
        same([record.recorded_at for record in found], [days[0], days[0], days[2], days[2]])
        given = [record.metadata.given_us for record in found]
        same(given, [None, to_us(days[1]), None, to_us(days[3])])
        same({record.fact for record in found}, {SampleOpened("s", text="t")})

    def test_facts_of_one_request_are_loaded_each_once(self, store: EventStore) -> None:
        """Facts are known by request and event id together."""
        if not self.can_load:
            pytest.skip("this store refuses to load")
        page = [LoadedEvent(event("a:1", "id:same"), NOON) for _ in range(3)]
        same(store.load([page[0], page[0], page[1]]), LoadReport(2, 1, 0, 2))
        same(store.load(page), LoadReport(1, 2, 0, 3))
        unnamed = LoadedEvent(event("a:1"), NOON)
        same(store.load([unnamed]).stored, 1)
        same(store.load([]), LoadReport(0, 0, 0, 4))

    # -- waiting and closing ------------------------------------------------------------------
    def test_waiting_ends_when_the_head_moves_or_time_is_up(self, store: EventStore) -> None:
        """A reader learns of another thread's append."""
        holds(not store.wait(0, 0.0))
        holds(not store.wait(0, 0.01))
        writer = threading.Thread(target=store.append, args=([event("a:1")],))
        writer.start()
        holds(store.wait(0, 10.0))
        writer.join()
        holds(store.wait(0, 0.0))
        holds(not store.wait(1, 0.0))

    def test_a_closed_store_says_so(self, store: EventStore) -> None:
        """Closing twice is allowed, using a closed store is not."""
        store.close()
        store.close()
        asked: list[Callable[[], object]] = [
            store.head,
            store.read,
            lambda: store.append([event("a:1")]),
            lambda: store.position_at(NOON),
            lambda: list(store.pages()),
        ]
        for ask in asked:
            with pytest.raises(StoreClosedError):
                ask()
