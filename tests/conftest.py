"""What every test may ask for: fresh stores on both databases, and properties of a known size."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from house import postgres

# Chosen by CIX_HYPOTHESIS; without it `ci` where CI is set (same examples every time), else `dev`.
# No deadlines: how long an example takes says more about the machine than about the code.
settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=100,
    deadline=None,
    derandomize=True,
    print_blob=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],  # a shared machine is slow at times
)
settings.register_profile(
    "thorough", max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("CIX_HYPOTHESIS") or ("ci" if os.environ.get("CI") else "dev"))

began_session = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Reserve the PostgreSQL server's place; it is started by the first test that needs it."""
    config.stash[began_session] = postgres.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server, in the process that began the session."""
    if config.stash.get(began_session, False):
        postgres.end()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the URL of a SQLite store in a real file, not there yet."""
    return f"sqlite:///{tmp_path / 'cix.db'}"


@pytest.fixture(scope="session")
def pg_databases() -> Generator[postgres.Databases]:
    """Return the maker of databases on the session's PostgreSQL server."""
    with postgres.databases(postgres.server(), f"cix_test_{os.getpid()}") as maker:
        yield maker


@pytest.fixture
def new_pg_url(pg_databases: postgres.Databases) -> Generator[Callable[[], str]]:
    """Return a function that makes another fresh PostgreSQL database and returns its URL."""
    made: list[str] = []

    def create() -> str:
        made.append(pg_databases.create())
        return made[-1]

    yield create
    for database in made:
        pg_databases.drop(database)


@pytest.fixture
def pg_url(new_pg_url: Callable[[], str]) -> str:
    """Return the URL of a fresh, empty PostgreSQL database."""
    return new_pg_url()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a fresh store: the test runs once a database."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "pg_url"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url
