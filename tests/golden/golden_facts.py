"""Facts whose bytes are kept in this folder, one file a version of the format.

The classes and files never change: what a released cix wrote must be read for ever. For a new
version of the format, ``python tests/golden/golden_facts.py NUMBER`` writes a new file.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal
from uuid import UUID

import attrs

from cix.eventstore.codec import Codec
from cix.eventstore.opening import open_store
from cix.facts import Catalogue, fact, personal
from cix.records import AppendCondition, Metadata, NewEvent, Query

HERE: Final = Path(__file__).parent
AT: Final = datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC)


@attrs.frozen
class Step:
    name: str
    length: timedelta


@fact("golden.plain", 1)
class GoldenPlain:
    text: str
    number: int
    truth: bool
    choice: Literal["yes", "no"]
    nothing: str | None


@fact("golden.rich", 3)
class GoldenRich:
    at: datetime
    day: date
    length: timedelta
    share: float
    id: UUID
    steps: tuple[Step, ...]
    said: str | None = personal("content", default=None)
    caller: str | None = personal("identity", default=None)


@fact("golden.old", 1)
class GoldenOld:
    text: str


@fact("golden.old", 2)
class GoldenNew:
    text: str
    added: int


CATALOGUE: Final = Catalogue(
    (GoldenPlain, GoldenRich, GoldenOld, GoldenNew), {GoldenOld: lambda old: GoldenNew(old.text, 0)}
)
STEPS: Final = (Step("one", timedelta(hours=1)), Step("二", timedelta(microseconds=-1)))
FACTS: Final = (
    GoldenPlain("late parcel", 42, True, "yes", None),  # noqa: FBT003  # a field of a fact
    GoldenPlain("迟到 ✓", -(2**63), False, "no", ""),  # noqa: FBT003  # a field of a fact
    GoldenRich(AT, date(2024, 2, 29), timedelta(days=2), 0.1, UUID(int=1), STEPS, "你好", "Ms Ä"),
    GoldenRich(AT, date(1970, 1, 1), timedelta(0), -1.5, UUID(int=2**128 - 1), ()),
    GoldenOld("before"),
    GoldenNew("after", 1),
)
META: Final = Metadata("agent-7", "c-1", "e-1", "ab" * 32, loaded=True)


def events() -> Iterator[NewEvent]:
    """Yield the facts in their envelopes."""
    for n, one in enumerate(FACTS):
        tags = (f"golden:{n}", "record:r-1", f"id:求-{n}")
        yield NewEvent(one, tags, AT + timedelta(seconds=n), UUID(int=n), META)


def encoded() -> list[dict[str, Any]]:
    """Return every event as it is stored, bytes in hex."""
    codec = Codec(CATALOGUE)
    return [
        {
            "type": packed.type,
            "version": packed.version,
            "tags": packed.tags,
            "hashes": list(packed.hashes),
            "data": packed.data.hex(),
            "meta": packed.meta.hex(),
            "boxes": {box.category: box.content.hex() for box in packed.boxes},
        }
        for packed in map(codec.encode, events())
    ]


def dumped() -> str:
    """Return a whole SQLite store of the facts as SQL."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "golden.db")
        store = open_store(f"sqlite:///{path}", CATALOGUE, lambda: AT)
        for one in events():
            store.append([one], [AppendCondition(Query.tagged(one.tags[2]))])
        store.close()
        connection = sqlite3.connect(path)
        text = "\n".join(connection.iterdump())
        connection.close()
    return text + "\n"


def main() -> None:
    """Write the files of a new version; old ones are refused."""
    for name, text in (
        (f"facts-{sys.argv[1]}.json", json.dumps(encoded(), indent=1, ensure_ascii=False) + "\n"),
        (f"store-{sys.argv[1]}.sql", dumped()),
    ):
        with (HERE / name).open("x", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
