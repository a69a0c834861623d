"""Names go into SQL as they are, or are refused before anything is made."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from cix.errors import ConfigError, UnknownViewError
from cix.eventstore.base import Change, Line, Table, Where
from cix.eventstore.connection import Database
from cix.eventstore.tables import SqlViewStore
from eventstore.table_rows import COUNTER, EVERYTHING, LEDGER, Counter, Entry, asked, opened, put


@attrs.define
class Chinese:
    key: str
    积分: int  # noqa: PLC2401 -- that is what is refused


@attrs.define
class Hidden:
    key: str
    _secret: int


@attrs.define
class Numbered:
    number: int


@attrs.define
class Twice:
    key: str
    waited: timedelta
    waited_us: int


@attrs.define
class Years:
    key: str
    totals: dict[int, int]


class Bare:
    pass


@attrs.define
class Opaque:
    key: str
    value: Bare


@pytest.mark.parametrize(
    "table",
    [
        Table('counter"; DROP TABLE event; --', 1, Counter, "customer"),
        Table("Counter", 1, Counter, "customer"),
        Table("counter_1", 1, Counter, "customer"),
        Table("pg_class", 1, Counter, "customer"),
        Table("sqlite_counter", 1, Counter, "customer"),
        Table("", 1, Counter, "customer"),
        Table("event", 1, Counter, "customer"),
        Table("cursor", 1, Counter, "customer"),
        Table("c" * 60, 1, Counter, "customer"),
        Table("ledger", 1, Entry, 'account"', lines=True),
        Table("other", 1, Chinese, "key"),
        Table("other", 1, Hidden, "key"),
        Table("other", 1, Numbered, "key"),
        Table("other", 1, Twice, "key"),
        Table("other", 1, Opaque, "key"),
        Table("other", 1, Years, "key"),
        Table("other", 1, Bare, "key"),
    ],
    ids=lambda table: f"{table.name[:20]} {table.row.__name__}",
)
def test_names_and_classes_that_sql_cannot_take_are_refused_before_anything_is_made(
    tmp_path: Path, table: Table
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'cix.db'}")
    with pytest.raises(ConfigError):
        SqlViewStore(database).prepare([table])
    assert database.tables() == frozenset()
    database.close()


@attrs.define
class Awkward:
    """A key that is called as the engine's columns are, and so is a field of its children."""

    n: str
    parts: tuple[Numbered, ...]
    more: tuple[AwkwardPart, ...] = ()


@attrs.frozen
class AwkwardPart:
    n: int
    n_: int


def test_columns_beside_a_row_make_way_for_its_own(store_url: str) -> None:
    lines = Table("entries", 1, AwkwardPart, "n", lines=True)
    with opened(store_url, Table("awkward", 1, Awkward, "n"), lines) as store:
        put(store, "awkward", [Awkward("k", (Numbered(5),), (AwkwardPart(6, 7),))])
        assert asked(store, "SELECT n, n_, number FROM awkward_parts") == [("k", 0, 5)]
        assert asked(store, "SELECT n, n_, n__, n___ FROM awkward_more") == [(6, 7, "k", 0)]
        change = Change("entries", 1, lines=[Line("k", 3, 1, 0, AwkwardPart(6, 7))])
        assert store.commit([change], expected={"entries": 0}, position=3)
        assert asked(store, "SELECT n__, position, n___, n, n_ FROM entries") == [("k", 3, 1, 6, 7)]
        found = store.find("entries", [Where("n__", "=", "k"), Where("n___", "=", 1)])
        assert [stored.row for stored in found] == [AwkwardPart(6, 7)]


def test_two_views_cannot_share_a_name(sqlite_url: str) -> None:
    children = Table("counter_items", 1, Counter, "customer")
    with pytest.raises(ConfigError, match="another view"), opened(sqlite_url, COUNTER, COUNTER):
        pass
    both = (attrs.evolve(EVERYTHING, name="counter"), children)
    with pytest.raises(ConfigError, match="another view"), opened(sqlite_url, *both):
        pass


def test_a_view_never_asked_for_is_unknown(sqlite_url: str) -> None:
    with opened(sqlite_url) as store, pytest.raises(UnknownViewError, match=LEDGER.name):
        store.find("nothing")
