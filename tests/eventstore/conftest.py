"""Fresh places for a log: files, and schemas of one PostgreSQL database, which are made fast."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from house import postgres

PlaceOf = Callable[[], str]


@pytest.fixture(scope="session")
def pg_base(pg_databases: postgres.Databases) -> Generator[str]:
    """Return the URL of one PostgreSQL database, shared by tests that keep to their schema."""
    url = pg_databases.create()
    yield url
    pg_databases.drop(url)


@pytest.fixture(scope="session")
def pg_schemas(pg_base: str) -> Generator[PlaceOf]:
    """Return the function that makes a fresh schema and returns a URL that leads into it."""
    numbers = itertools.count(1)
    with psycopg.connect(pg_base.replace("+psycopg", ""), autocommit=True) as connection:

        def create() -> str:
            name = f"place_{next(numbers)}"
            connection.execute(f"CREATE SCHEMA {name}".encode())
            joint = "&" if "?" in pg_base else "?"
            return f"{pg_base}{joint}options={quote(f'-csearch_path={name}')}"

        yield create


@pytest.fixture(params=["sqlite", "postgresql"])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> PlaceOf:
    """Return a function that makes a fresh URL: the test runs once a database."""
    if request.param == "postgresql":
        schemas: PlaceOf = request.getfixturevalue("pg_schemas")
        return schemas
    numbers = itertools.count(1)
    return lambda: f"sqlite:///{tmp_path / f'place{next(numbers)}.db'}"


@pytest.fixture
def place(new_place: PlaceOf) -> str:
    """Return the URL of a fresh place for a log, once a database."""
    return new_place()
