"""What can go wrong at a database, as a typed error that says what to do."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import create_engine

from cix.errors import (
    ConfigError,
    ContendedError,
    CorruptionError,
    EventStoreError,
    MissingExtraError,
    SchemaError,
    StoreUnavailableError,
)
from cix.eventstore import drivers, failures
from cix.eventstore.connection import Database
from cix.eventstore.opening import open_store
from cix.eventstore.sql import SqlStore
from cix.records import Query
from cix.testing.sample_log import CATALOGUE, FACTS, event, none_after

NOBODY = 65_534


@contextmanager
def as_nobody() -> Generator[None]:
    """Act as a user without rights: file modes do not bind the superuser."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that other users may enter."""
    with TemporaryDirectory(prefix="cix-") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place
        place.chmod(0o755)


@pytest.fixture
def stored(folder: Path) -> str:
    """Return the URL of a store with one event, closed."""
    url = f"sqlite:///{folder / 'log.db'}"
    store = open_store(url, CATALOGUE)
    store.append([event("a:1")])
    store.close()
    return url


# -- files --------------------------------------------------------------------------------------
def test_a_new_store_in_a_read_only_folder_says_who_must_be_let_in(folder: Path) -> None:
    folder.chmod(0o555)
    with as_nobody(), pytest.raises(StoreUnavailableError, match=r"may write|write access"):
        open_store(f"sqlite:///{folder / 'new.db'}", CATALOGUE)


def test_a_read_only_file_is_not_written_to(stored: str, folder: Path) -> None:
    keeper = open_store(stored, CATALOGUE)  # keeps the shared memory of the WAL alive
    for path in folder.iterdir():
        path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    folder.chmod(0o555)
    with as_nobody():
        store = open_store(stored, CATALOGUE)
        assert store.read()[0].fact == FACTS[0]
        with pytest.raises(StoreUnavailableError, match="write access"):
            store.append([event("a:1")])
        store.close()
    assert keeper.head().position == 1
    keeper.close()


@pytest.mark.parametrize(
    ("path", "hint"), [("missing/log.db", "create it first"), (".", "name a file")]
)
def test_a_path_that_leads_nowhere_is_a_mistake_of_the_configuration(
    folder: Path, path: str, hint: str
) -> None:
    with pytest.raises(ConfigError, match=hint):
        open_store(f"sqlite:///{folder / path}", CATALOGUE)


def test_a_file_that_is_no_database_is_left_alone(folder: Path) -> None:
    file = folder / "letter.txt"
    file.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(SchemaError, match="not a SQLite database"):
        open_store(f"sqlite:///{file}", CATALOGUE)
    assert file.read_text().startswith("Dear Sir")
    assert sorted(path.name for path in folder.iterdir()) == ["letter.txt"]


def test_a_damaged_file_is_reported_as_corruption(stored: str, folder: Path) -> None:
    file = folder / "log.db"
    content = bytearray(file.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 200] = b"\xff" * 200
    file.write_bytes(content)
    with pytest.raises(CorruptionError, match="restore from a backup"):
        open_store(stored, CATALOGUE)


def test_a_full_disk_loses_nothing_and_the_store_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    store = SqlStore(Database(f"sqlite:///{tmp_path / 'log.db'}", pool_size=1), CATALOGUE)
    with store.database.reading() as connection:
        connection.execute("PRAGMA max_page_count = 40").fetchall()
    stored = [0]

    def fill() -> None:
        while True:
            stored.append(store.append([event("a:1") for _ in range(20)]).last)

    with pytest.raises(StoreUnavailableError, match="make room") as error:
        fill()
    assert isinstance(error.value.__cause__, sqlite3.Error)
    assert store.head().position == stored[-1] == len(store.read())
    with store.database.reading() as connection:
        connection.execute("PRAGMA max_page_count = 4000").fetchall()
    assert store.append([event("a:1")]).last == stored[-1] + 1
    store.close()


def test_a_file_that_grows_beyond_the_limit_of_the_process_is_a_full_disk(tmp_path: Path) -> None:
    script = (
        "import resource, signal, sys\n"
        "from cix.errors import StoreUnavailableError\n"
        "from cix.eventstore.opening import open_store\n"
        "from cix.testing.sample_log import CATALOGUE, event\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "store = open_store(sys.argv[1], CATALOGUE)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "stored = 0\n"
        "try:\n"
        "    while True: stored = store.append([event('a:1') for _ in range(50)]).last\n"
        "except StoreUnavailableError: print(stored, store.head().position, len(store.read()))\n"
    )
    run = [sys.executable, "-c", script, f"sqlite:///{tmp_path / 'log.db'}"]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert len(set(done.stdout.split())) == 1
    assert int(done.stdout.split()[0]) > 0


# -- locks --------------------------------------------------------------------------------------
def test_a_database_locked_by_another_program_is_waited_for_and_then_reported(
    sqlite_url: str,
) -> None:
    store = open_store(sqlite_url, CATALOGUE, timeout=0.1)
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="another process holds the write lock"):
            store.append([event("a:1")])
        assert store.read() == []
        other.execute("ROLLBACK")
    other.close()
    assert store.append([event("a:1")]).last == 1
    store.close()


def test_a_stopped_process_that_holds_the_lock_delays_writers_no_longer_than_the_timeout(
    sqlite_url: str,
) -> None:
    store = open_store(sqlite_url, CATALOGUE, timeout=0.2)
    script = (
        "import sys\n"
        "from cix.eventstore.connection import Database\n"
        "with Database(sys.argv[1]).writing():\n"
        "    print('inside', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    run = [sys.executable, "-c", script, sqlite_url]
    pipe = subprocess.PIPE
    with subprocess.Popen(run, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "inside\n"
        holder.send_signal(signal.SIGSTOP)
        with pytest.raises(StoreUnavailableError, match=r"held the write lock for 0.2 s"):
            store.append([event("a:1")])
        assert store.head().position == 0
        holder.kill()
    assert store.append([event("a:1")]).last == 1
    store.close()


def test_a_lock_held_in_postgresql_is_waited_for_and_then_reported(
    pg_schemas: Callable[[], str],
) -> None:
    url = pg_schemas()
    store = SqlStore(Database(url, timeout=0.2), CATALOGUE)
    other = Database(url)
    with other.writing() as connection:
        connection.execute("SELECT position FROM head FOR UPDATE").fetchall()
        with pytest.raises(StoreUnavailableError, match="another session holds the lock"):
            store.append([event("a:1")])
        assert store.head().position == 0
    assert store.append([event("a:1")]).last == 1
    store.close()
    other.close()


def test_an_idle_transaction_that_holds_the_lock_is_ended_by_the_server(
    pg_schemas: Callable[[], str],
) -> None:
    url = pg_schemas()
    store, other = SqlStore(Database(url), CATALOGUE), Database(url, timeout=0.3)

    def dawdle() -> None:
        with other.writing() as connection:
            connection.execute("SELECT position FROM head FOR UPDATE").fetchall()
            assert store.append([event("a:1")]).last == 1
            connection.execute("SELECT 1")

    with pytest.raises(StoreUnavailableError):
        dawdle()
    store.close()
    other.close()


def test_deadlocks_are_retried(place: str) -> None:
    database = Database(place)
    tries: list[int] = []

    def work() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise ContendedError(database.url, "deadlock", "try again")
        return "done"

    assert database.retrying(work) == "done"
    assert len(tries) == 3
    database.close()


def test_waiting_for_a_lock_of_ones_own_threads_is_bounded_too(sqlite_url: str) -> None:
    database = Database(sqlite_url, timeout=0.1)
    inside, go = threading.Event(), threading.Event()

    def hold() -> None:
        with database.writing():
            inside.set()
            go.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait(10)
    with pytest.raises(StoreUnavailableError, match="thread of this process"), database.writing():
        pass
    go.set()
    holder.join()
    database.close()


def test_where_there_is_no_flock_the_database_s_own_lock_is_enough(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cix.eventstore import filelock

    monkeypatch.setattr(filelock, "fcntl", None)
    stores = [open_store(sqlite_url, CATALOGUE) for _ in range(2)]
    for n in range(10):
        stores[n % 2].append([event(f"n:{n}")], [none_after(Query.tagged(f"n:{n}"))])
    assert stores[0].head().position == 10
    for store in stores:
        store.close()
    assert not Path(sqlite_url.removeprefix("sqlite:///") + "-lock").exists()


# -- schemas ------------------------------------------------------------------------------------
def test_a_newer_store_is_refused_and_left_alone(place: str) -> None:
    store = SqlStore(Database(place), CATALOGUE)
    store.append([event("a:1")])
    with store.database.writing() as connection:
        connection.execute("UPDATE schema_version SET version = version + 1")
    store.close()
    with pytest.raises(SchemaError, match="upgrade cix"):
        open_store(place, CATALOGUE)


def test_tables_of_something_else_are_not_touched(place: str) -> None:
    database = Database(place)
    with database.creating() as connection:
        connection.execute("CREATE TABLE event (concert text)")
    with pytest.raises(SchemaError, match="event of something else"):
        open_store(place, CATALOGUE)
    assert database.tables() == {"event"}
    database.close()


def test_a_head_that_does_not_fit_the_events_is_refused(place: str) -> None:
    store = SqlStore(Database(place), CATALOGUE)
    store.append([event("a:1"), event("a:1")])
    for wrong in (1, 3):
        with store.database.writing() as connection:
            statement = store.database.statement("UPDATE head SET position = ?")
            connection.execute(statement, (wrong,))
        with pytest.raises(CorruptionError, match="the last event at"):
            open_store(place, CATALOGUE)
    store.close()


# -- configuration ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "url", ["", "log.db", "mysql://host/db", "postgresql+psycopg2://host/db", "mem:ory"]
)
def test_a_url_of_another_kind_is_refused_with_those_that_work(url: str) -> None:
    with pytest.raises(ConfigError, match="sqlite:///FILE"):
        open_store(url, CATALOGUE)


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(ConfigError, match="turbo"):
        open_store("sqlite://", CATALOGUE, turbo=True)
    with pytest.raises(ConfigError, match="timeout"):
        open_store("memory://", CATALOGUE, timeout=1)


def test_a_password_is_never_shown() -> None:
    for url in (
        "postgresql://me:secret@127.0.0.1:1/db",
        "postgres://127.0.0.1:1/db?password=secret",
    ):
        database = Database(url)
        assert "secret" not in database.url
        with pytest.raises(StoreUnavailableError) as error:
            database.tables()
        assert "secret" not in str(error.value)


def test_without_psycopg_the_extra_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"cix\[postgres\]"):
        Database("postgresql://host/db")


def test_an_engine_in_memory_cannot_be_shared() -> None:
    engine = create_engine("sqlite://")
    with pytest.raises(ConfigError, match="sqlite://"):
        Database(engine)
    engine.dispose()


def test_an_engine_of_the_host_keeps_its_own_pool(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    store = SqlStore(Database(engine), CATALOGUE)
    store.append([event("a:1")])
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM event").scalar() == 1
        assert connection.connection.dbapi_connection.isolation_level == ""  # type: ignore[union-attr]  # a sqlite3 one
    store.close()
    engine.dispose()


def test_weaker_durability_is_chosen_by_the_name_of_what_it_loses(sqlite_url: str) -> None:
    weak = "normal_loses_last_commits_on_power_cut"
    for durability, synchronous in (("full", 2), (weak, 1)):
        database = Database(sqlite_url, durability=durability)  # type: ignore[arg-type]  # one of both
        with database.reading() as connection:
            assert connection.execute("PRAGMA synchronous").fetchone() == (synchronous,)
            assert connection.execute("PRAGMA mmap_size").fetchone() == (0,)
        database.close()


def test_a_server_that_does_not_wait_for_the_disk_is_told_to(pg_base: str) -> None:
    weak = "normal_loses_last_commits_on_power_cut"
    for durability, waits in (("full", "on"), (weak, "off")):
        database = Database(pg_base, durability=durability)  # type: ignore[arg-type]  # one of both
        with database.reading() as connection:
            assert connection.execute("SHOW synchronous_commit").fetchone() == (waits,)
        database.close()


def test_an_old_sqlite_is_warned_of_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, sqlite_url: str
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 2))
    monkeypatch.setattr(drivers, "_warned", threading.Event())
    for _ in range(2):
        Database(sqlite_url).close()
    assert [record.message for record in caplog.records if "3.51.3" in record.message]
    assert len(caplog.records) == 1


def test_what_is_no_error_of_a_driver_passes_unchanged(place: str) -> None:
    database = Database(place)
    with pytest.raises(LookupError), database.writing():
        raise LookupError
    with pytest.raises(EventStoreError), database.writing() as connection:
        connection.execute("SELECT nonsense")
    assert failures.typed(LookupError(), "here") is None
    database.close()
