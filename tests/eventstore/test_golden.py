"""What a released cix wrote is read for ever: bytes and whole stores kept in ``tests/golden``."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from cix.eventstore.codec import NOT_LIFTED, Codec
from cix.eventstore.opening import open_store
from cix.eventstore.sql import SqlStore
from cix.records import Query, Row
from golden import golden_facts as golden

FACTS = sorted(golden.HERE.glob("facts-*.json"))
STORES = sorted(golden.HERE.glob("store-*.sql"))
PRESENT = [golden.CATALOGUE.upcast(one) for one in golden.FACTS]


def test_there_is_a_golden_file_of_every_version() -> None:
    assert [path.stem for path in (*FACTS, *STORES)] == ["facts-1", "store-1"]


@pytest.mark.parametrize("path", FACTS, ids=lambda path: path.stem)
def test_golden_bytes_are_still_read(path: Path) -> None:
    codec = Codec(golden.CATALOGUE)
    for one, fact in zip(json.loads(path.read_text("utf-8")), PRESENT, strict=True):
        boxes = {category: bytes.fromhex(content) for category, content in one["boxes"].items()}
        meta = bytes.fromhex(one["meta"]) + NOT_LIFTED
        word, data = (one["type"], one["version"]), bytes.fromhex(one["data"])
        row: Row = (1, b"", *word, 0, 0, one["tags"], data, meta, boxes or None)
        assert codec.fact(row) == fact
        assert codec.metadata(row) == golden.META
        assert codec.hashes(codec.tags(row)) == tuple(one["hashes"])


def test_the_bytes_written_today_are_the_golden_ones() -> None:
    assert golden.encoded() == json.loads(FACTS[-1].read_text("utf-8"))


@pytest.mark.parametrize("path", STORES, ids=lambda path: path.stem)
def test_a_golden_store_opens_reads_and_goes_on(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "golden.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(path.read_text("utf-8"))
    connection.close()
    store = open_store(f"sqlite:///{file}", golden.CATALOGUE, lambda: golden.AT)
    assert isinstance(store, SqlStore)
    assert [record.fact for record in store.read()] == PRESENT
    assert [record.position for record in store.read(Query.tagged("id:求-3"))] == [4]
    assert [record.occurred_at for record in store.read(limit=2)] == [
        golden.AT,
        golden.AT + timedelta(seconds=1),
    ]
    assert store.append([next(golden.events())]).first == len(PRESENT) + 1
    store.close()
