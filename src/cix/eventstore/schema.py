"""The tables of the log, made once by whoever comes first, and their version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text

from cix.errors import SchemaError
from cix.eventstore.connection import Connection, Database
from cix.eventstore.writing import LOG

VERSION: Final = 1
"""Version of the tables below and of the PostgreSQL function that appends to them."""
NAME: Final = "eventstore"

_METADATA: Final = MetaData()
_Kind: TypeAlias = type[BigInteger] | type[Integer] | type[LargeBinary] | type[Text]


def _key(name: str, kind: _Kind = BigInteger) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False, nullable=False)


def _full(name: str, kind: _Kind) -> Column[Any]:
    return Column(name, kind, nullable=False)


HEAD: Final = Table(
    "head",
    _METADATA,
    _key("log", Integer),
    _full("position", BigInteger),
    _full("recorded_at", BigInteger),
)
EVENT: Final = Table(
    "event",
    _METADATA,
    _key("log", Integer),
    _key("position"),
    _full("id", LargeBinary),
    _full("type", Text),
    _full("version", Integer),
    _full("occurred_at", BigInteger),
    _full("recorded_at", BigInteger),
    _full("tags", Text),
    _full("data", LargeBinary),
    _full("meta", LargeBinary),
    sqlite_with_rowid=False,
)
EVENT_TAG: Final = Table(
    "event_tag",
    _METADATA,
    _key("log", Integer),
    _key("tag64"),
    _key("position"),
    _full("type", Text),
    sqlite_with_rowid=False,
)
BOX: Final = Table(
    "box",
    _METADATA,
    _key("log", Integer),
    _key("position"),
    _key("category", Text),
    _full("subject", Text),
    _full("sk_version", Integer),
    _full("period", Text),
    Column("bytes", LargeBinary),
    sqlite_with_rowid=False,
)
SEAL: Final = Table(
    "seal",
    _METADATA,
    _key("log", Integer),
    _key("position"),
    _full("leaf", LargeBinary),
    sqlite_with_rowid=False,
)
SCHEMA_VERSION: Final = Table(
    "schema_version", _METADATA, _key("name", Text), _full("version", Integer)
)
TABLES: Final = (HEAD, EVENT, EVENT_TAG, BOX, SEAL, SCHEMA_VERSION)


def ensure(database: Database, functions: Sequence[str] = ()) -> None:
    """Create the log's tables where there are none; an up-to-date store is only read.

    Raises ``SchemaError`` for a store that is newer than this cix, or tables that are not ours.
    """
    if _is_current(database):
        return
    with database.creating() as connection:
        for table in TABLES:
            for statement in database.ddl(table):
                connection.execute(statement)
        for statement in functions:
            connection.execute(statement)
        if database.dialect == "postgresql":
            connection.execute("ALTER TABLE head SET (fillfactor = 10)")
        _first_rows(database, connection)


def _first_rows(database: Database, connection: Connection) -> None:
    enter = "INSERT INTO {} VALUES ({}) ON CONFLICT DO NOTHING"
    connection.execute(enter.format("head", f"{LOG}, 0, 0"))
    connection.execute(database.statement(enter.format("schema_version", "?, ?")), (NAME, VERSION))


def _is_current(database: Database) -> bool:
    """Tell whether the tables are there, in this version."""
    found = version_of(database)
    if found is not None and found != VERSION:
        hint = "upgrade cix" if found > VERSION else "run cix migrate"
        raise SchemaError(database.url, f"{NAME} {found}", f"{NAME} {VERSION}", hint)
    return found is not None


def version_of(database: Database) -> int | None:
    """Return the version of the tables that are there, None where there are none; only reads.

    Raises ``SchemaError`` for tables that are not ours.
    """
    there = database.tables() & {table.name for table in TABLES}
    if SCHEMA_VERSION.name not in there:
        if there:
            raise SchemaError(
                database.url,
                f"tables {', '.join(sorted(there))} of something else",
                f"{NAME} {VERSION}",
                "give cix a database, or a schema, of its own",
            )
        return None
    read = database.statement("SELECT version FROM schema_version WHERE name = ?")
    found = database.ask(lambda connection: connection.execute(read, (NAME,)).fetchone())
    return None if found is None else int(found[0])
