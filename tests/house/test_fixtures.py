"""The test house's own fixtures do what they promise."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy
from hypothesis import settings


def tables(url: str) -> list[str]:
    engine = sqlalchemy.create_engine(url)
    try:
        return sqlalchemy.inspect(engine).get_table_names()
    finally:
        engine.dispose()


def execute(url: str, statement: str) -> object:
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.begin() as connection:
            result = connection.execute(sqlalchemy.text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        engine.dispose()


def test_a_store_url_is_fresh_and_usable_on_both_databases(store_url: str) -> None:
    assert tables(store_url) == []
    execute(store_url, "CREATE TABLE touched (id INTEGER)")
    assert tables(store_url) == ["touched"]


@pytest.mark.parametrize("again", range(2))
def test_what_one_test_writes_no_other_test_sees(pg_url: str, again: int) -> None:
    assert tables(pg_url) == []
    execute(pg_url, f"CREATE TABLE touched_{again} (id INTEGER)")


def test_a_test_may_have_several_databases(new_pg_url: Callable[[], str]) -> None:
    one, two = new_pg_url(), new_pg_url()
    execute(one, "CREATE TABLE touched (id INTEGER)")
    assert tables(two) == []


def test_the_postgresql_is_a_real_and_recent_one(pg_url: str) -> None:
    version = execute(pg_url, "SHOW server_version_num")
    assert int(str(version)) >= 150000


def test_a_property_has_no_deadline() -> None:
    assert settings.default.deadline is None
