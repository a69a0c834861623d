"""Connections that break: the answer is exact all the same, or it says that it is not known."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Generator, Sequence

import psycopg
import pytest

from cix.errors import (
    ConflictError,
    OutcomeUnknownError,
    StoreUnavailableError,
    UnreachableError,
)
from cix.eventstore import connection
from cix.eventstore.base import LoadedEvent
from cix.eventstore.connection import Database
from cix.eventstore.failures import typed, unreachable
from cix.eventstore.opening import open_store
from cix.eventstore.sql import SqlStore
from cix.eventstore.writing import Item, Outcome, Writer
from cix.records import Appended, Query
from cix.testing.sample_log import CATALOGUE, NOON, event, none_after, positions
from eventstore.proxy import Cut, Proxy, proxied

END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def proxy(pg_schemas: Callable[[], str]) -> Generator[Proxy]:
    with proxied(pg_schemas()) as proxy:
        yield proxy


@pytest.fixture
def store(proxy: Proxy) -> Generator[SqlStore]:
    store = SqlStore(Database(proxy.url), CATALOGUE)
    store.append([event("a:1")])
    yield store
    store.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a server that is gone for a moment only."""
    monkeypatch.setattr(connection, "_RECONNECT", 0.05)


@pytest.mark.parametrize("cut", ["before", "after"])
def test_an_append_cut_off_at_the_commit_is_stored_once_and_its_position_known(
    store: SqlStore, proxy: Proxy, cut: Cut
) -> None:
    for n in range(5):
        proxy.cut = cut
        done = store.append(
            [event(f"id:{n}"), event(f"id:{n}")], [none_after(Query.tagged(f"id:{n}"))]
        )
        assert (done.first, done.last) == (2 * n + 2, 2 * n + 3)
        assert [r.position for r in store.read(Query.tagged(f"id:{n}"))] == [done.first, done.last]
        assert store.read(after=n * 2 + 1)[0].recorded_at == done.recorded_at
    assert proxy.cuts == 5
    assert store.statistics.looked_up == 5
    assert store.head().position == 11


@pytest.mark.usefixtures("impatient")
def test_an_append_whose_outcome_nobody_can_tell_says_so(store: SqlStore, proxy: Proxy) -> None:
    proxy.cut, proxy.dead = "after", True
    new = [event("id:1"), event("id:1")]
    with pytest.raises(OutcomeUnknownError) as error:
        store.append(new)
    assert error.value.event_ids == tuple(str(one.event_id) for one in new)
    assert "repeat the request" in str(error.value)
    proxy.dead = False
    assert store.head().position == 3


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_away_is_unreachable_and_nothing_is_written(
    store: SqlStore, proxy: Proxy
) -> None:
    proxy.dead = True
    store.database._renew_pool()
    for ask in (lambda: store.append([event("a:1")]), store.head, store.read):
        with pytest.raises(UnreachableError, match="cannot be reached"):
            ask()
    proxy.dead = False
    assert store.append([event("a:1")]).last == 2


def test_sessions_that_the_server_ends_are_replaced_unseen(pg_url: str) -> None:
    store, other = (SqlStore(Database(pg_url), CATALOGUE) for _ in range(2))
    for n in range(1, 6):
        with other.database.reading() as connection:
            connection.execute(END_OTHERS).fetchall()
        assert store.append([event("a:1")]).last == n
        with other.database.reading() as connection:
            connection.execute(END_OTHERS).fetchall()
        assert positions(store.read()) == list(range(1, n + 1))
    store.close()
    other.close()


def test_a_load_cut_off_is_begun_again_and_stores_each_fact_once(
    store: SqlStore, proxy: Proxy
) -> None:
    page = [LoadedEvent(event("a:1", f"id:{n}"), NOON) for n in range(10)]
    proxy.cut = "after"
    assert store.load(page).last == 11
    assert positions(store.read(Query.tagged("a:1"))) == list(range(1, 12))
    nameless = [LoadedEvent(event("a:1"), NOON)]
    proxy.cut = "after"
    with pytest.raises(OutcomeUnknownError):
        store.load(nameless)


def test_a_server_that_was_never_there_is_reported_at_once() -> None:
    with pytest.raises(UnreachableError, match="check the network"):
        open_store("postgresql://nobody@127.0.0.1:1/nothing", CATALOGUE)


def test_a_refused_login_or_a_missing_database_says_so(pg_base: str) -> None:
    with pytest.raises(UnreachableError, match=r"no_such_database.*create it"):
        open_store(pg_base.replace("/cix_test", "/no_such_database_cix_test"), CATALOGUE)


class Shaky:
    """A writer whose disk fails at the commit, before or after it took effect."""

    def __init__(self, inner: Writer, *when: Cut) -> None:
        self.inner, self.when = inner, list(when)
        self.load, self.look_up = inner.load, inner.look_up

    def append(self, items: Sequence[Item]) -> list[Outcome]:
        when = self.when.pop(0) if self.when else "never"
        outcomes = [] if when == "before" else self.inner.append(items)
        if when == "never":
            return outcomes
        cause = sqlite3.OperationalError("disk I/O error")
        cause.sqlite_errorname = "SQLITE_IOERR_FSYNC"
        meant = typed(cause, "here")
        assert meant is not None
        raise meant from cause


@pytest.mark.parametrize(
    "when", [("after",), ("before", "after"), ("before", "before"), ("after", "before")]
)
def test_a_disk_that_fails_at_the_commit_is_asked_what_it_holds(
    place: str, when: tuple[Cut, ...]
) -> None:
    store = SqlStore(Database(place), CATALOGUE)
    store._writer = Shaky(store._writer, *when)
    for n in range(1, 5):
        assert store.append([event(f"id:{n}")], [none_after(Query.tagged(f"id:{n}"))]).last == n
    assert positions(store.read()) == [1, 2, 3, 4]
    store.close()


def test_a_disk_that_fails_for_good_is_reported_and_nothing_is_written(place: str) -> None:
    store = SqlStore(Database(place), CATALOGUE)
    steady = store._writer
    store._writer = Shaky(steady, *(["before"] * 9))
    with pytest.raises(StoreUnavailableError, match="the disk failed"):
        store.append([event("a:1")])
    assert store.statistics.looked_up == 3
    store._writer = steady
    assert store.append([event("a:1")]).last == 1
    store.close()


def test_in_a_group_that_was_stored_a_refused_call_stays_refused(place: str) -> None:
    store = SqlStore(Database(place), CATALOGUE)
    encode = store.codec.encode
    stored = Item((encode(event("a:1")),))
    refused = Item((encode(event("a:1")),), (none_after(Query.tagged("a:1")),))
    store._writer = Shaky(store._writer, "after")
    first, second = store._write([stored, refused])
    assert isinstance(first, Appended)
    assert isinstance(second, ConflictError)
    assert positions(store.read()) == [1]
    store.close()


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ('FATAL:  database "nowhere" does not exist', "no such database .*create it"),
        ('FATAL:  role "nobody" does not exist', "refused the login .*user and password"),
        ('FATAL:  password authentication failed for user "x"', "refused the login .*password"),
        ("fe_sendauth: no password supplied", "refused the login .*user and password"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1"', "refused the login .*password"),
        ("FATAL:  the database system is starting up", "cannot be reached .*then try again"),
        ("Connection refused", "cannot be reached .*then try again"),
    ],
)
def test_a_login_that_is_refused_is_told_from_a_server_out_of_reach(said: str, hint: str) -> None:
    error = psycopg.OperationalError(f"connection failed: connection to server failed: {said}")
    assert re.search(hint, str(unreachable(error, "postgresql://host/name")))
