"""Every store keeps the same contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from eventsourcing.dcb.popo import InMemoryDCBRecorder

from cix.eventstore.dcb import RecorderStore
from cix.eventstore.opening import open_store
from cix.testing.contract import EventStoreContract
from cix.testing.sample_log import CATALOGUE, NewStore


class TestMemory(EventStoreContract):
    @pytest.fixture
    def new_store(self) -> NewStore:
        return lambda clock: open_store("memory://", CATALOGUE, clock)


class TestSqliteFile(EventStoreContract):
    @pytest.fixture
    def new_store(self, tmp_path: Path) -> NewStore:
        return lambda clock: open_store(f"sqlite:///{tmp_path / 'log.db'}", CATALOGUE, clock)


class TestSqliteInMemory(EventStoreContract):
    @pytest.fixture
    def new_store(self) -> NewStore:
        return lambda clock: open_store("sqlite://", CATALOGUE, clock)


class TestPostgres(EventStoreContract):
    @pytest.fixture
    def new_store(self, pg_schemas: Callable[[], str]) -> NewStore:
        return lambda clock: open_store(pg_schemas(), CATALOGUE, clock)


class TestCollidingTags(EventStoreContract):
    """All tags have one of three hashes: answers must not change."""

    many = 300

    @pytest.fixture
    def new_store(self, sqlite_url: str) -> NewStore:
        return lambda clock: open_store(
            sqlite_url, CATALOGUE, clock, tag_hash=lambda tag: len(tag.encode()) % 3 - 1
        )


class TestCollidingTagsOnPostgres(EventStoreContract):
    """The same where the server judges the conditions."""

    many = 300

    @pytest.fixture
    def new_store(self, pg_schemas: Callable[[], str]) -> NewStore:
        return lambda clock: open_store(
            pg_schemas(), CATALOGUE, clock, tag_hash=lambda tag: len(tag.encode()) % 3 - 1
        )


class TestForeignRecorder(EventStoreContract):
    can_load = False
    many = 100

    @pytest.fixture
    def new_store(self) -> NewStore:
        return lambda clock: RecorderStore(InMemoryDCBRecorder(), CATALOGUE, clock)
