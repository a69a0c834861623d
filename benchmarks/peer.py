"""The peer: eventsourcing 9.5.6, its SQLite and PostgreSQL recorders and its ProjectionRunner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import StoredEvent, Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.sqlite import SQLiteFactory, SQLiteTrackingRecorder
from eventsourcing.utils import Environment
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL
from workload import Account, Happened

PIPELINED = 250
"""With thousands of events in one call its PostgreSQL recorder waits for ever in its pipeline."""
_UPSERT = """INSERT INTO counter VALUES ({}, {}, {}, {}) ON CONFLICT (customer) DO UPDATE SET
    visits = counter.visits + excluded.visits, seconds = counter.seconds + excluded.seconds,
    cents = counter.cents + excluded.cents"""
_TABLE = (
    "CREATE TABLE IF NOT EXISTS counter "
    "(customer TEXT PRIMARY KEY, visits BIGINT, seconds BIGINT, cents BIGINT)"
)


@dataclass(frozen=True)
class Visit(DomainEvent):
    """A customer came by."""

    customer: str
    channel: str
    topic: str
    seconds: int


@dataclass(frozen=True)
class Order(DomainEvent):
    """A customer paid an order."""

    customer: str
    cents: int
    order: str


def originator(customer: str) -> UUID:
    """Return the aggregate's id of a customer."""
    return UUID(int=int(customer.removeprefix("r-")) + 1)


def added(event: DomainEvent) -> tuple[int, int, int]:
    """Return what a fact adds to visits, seconds and cents."""
    if isinstance(event, Visit):
        return 1, event.seconds, 0
    return (0, 0, event.cents) if isinstance(event, Order) else (0, 0, 0)


class SQLiteCounter(SQLiteTrackingRecorder):
    """The counter's rows beside the tracking record."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add the counter's table."""
        super().__init__(*args, **kwargs)
        self.create_table_statements.append(_TABLE)

    def add(self, customer: str, more: tuple[int, int, int], tracking: Tracking) -> None:
        """Count and track in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(_UPSERT.format("?", "?", "?", "?"), (customer, *more))


class PostgresCounter(PostgresTrackingRecorder):
    """The counter's rows beside the tracking record."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add the counter's table."""
        super().__init__(*args, **kwargs)
        self.sql_create_statements.append(SQL(_TABLE))

    def add(self, customer: str, more: tuple[int, int, int], tracking: Tracking) -> None:
        """Count and track in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(_UPSERT.format("%s", "%s", "%s", "%s"), (customer, *more))


class Counting(Projection[Any]):
    """The per-customer counter."""

    name = "counting"

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Count a fact."""
        self.view.add(domain_event.customer, added(domain_event), tracking)


class Facts(Application[UUID]):
    """An application that keeps the workload's facts."""

    name = "facts"


class Peer:
    """One application of the peer on an empty database of its own."""

    def __init__(self, env: Mapping[str, str], *, postgres: bool) -> None:
        """Open it."""
        self.env = dict(env)
        self.view = PostgresCounter if postgres else SQLiteCounter
        self.app = Facts(self.env)
        self.versions: dict[str, int] = {}

    @classmethod
    def sqlite(cls, path: str) -> Peer:
        """Open one on a SQLite file."""
        return cls(
            {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path}, postgres=False
        )

    @classmethod
    def postgres(cls, url: str) -> Peer:
        """Open one on a PostgreSQL database; *url* is SQLAlchemy's."""
        parts = conninfo_to_dict(url.replace("+psycopg", ""))
        env = {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(parts["dbname"]),
            "POSTGRES_HOST": str(parts.get("host") or "localhost"),
            "POSTGRES_PORT": str(parts.get("port") or "5432"),
            "POSTGRES_USER": str(parts.get("user") or "postgres"),
            "POSTGRES_PASSWORD": str(parts.get("password") or "none"),
        }
        return cls(env, postgres=True)

    def event(self, one: Happened) -> DomainEvent:
        """Return a fact as the peer's event, in the next version of its customer."""
        version = self.versions[one.customer] = self.versions.get(one.customer, 0) + 1
        made: Any = Visit if one.word == "visit.logged" else Order
        return made(originator(one.customer), version, one.at, *one.values)

    def append(self, event: DomainEvent) -> None:
        """Append one event; its version is the condition."""
        self.app.recorder.insert_events([self.app.mapper.to_stored_event(event)])

    def load(self, events: Sequence[DomainEvent]) -> None:
        """Append a page of events, in transactions that the peer can take on both databases."""
        stored: list[StoredEvent] = [self.app.mapper.to_stored_event(one) for one in events]
        size = len(stored) if self.view is SQLiteCounter else PIPELINED
        for start in range(0, len(stored), size):
            self.app.recorder.insert_events(stored[start : start + size])

    def history(self, customer: str) -> Account:
        """Load, decode and fold one customer."""
        events: Iterable[Any] = self.app.events.get(originator(customer))
        visits = seconds = cents = 0
        for event in events:
            more = added(event)
            visits, seconds, cents = visits + more[0], seconds + more[1], cents + more[2]
        return Account(customer, visits, seconds, cents)

    def catch_up(self) -> None:
        """Run the projection up to the last event, as its runner does it."""
        last = self.app.recorder.max_notification_id()
        if self.view is SQLiteCounter:
            self._pull(last or 0)
            return
        with ProjectionRunner(
            application_class=Facts,
            projection_class=Counting,
            view_class=self.view,
            env=self.env,
        ) as runner:
            runner.wait(last, timeout=600)

    def _pull(self, last: int) -> None:
        """Do what the runner's loop does: on SQLite the peer has no subscriptions."""
        view = SQLiteFactory(Environment(Counting.name, self.env)).tracking_recorder(SQLiteCounter)
        projection, at = Counting(view=view), 0
        while at < last:
            for one in self.app.recorder.select_notifications(at + 1, 1_000):
                event, at = self.app.mapper.to_domain_event(one), one.id
                projection.process_event(event, Tracking(self.app.name, at))

    def close(self) -> None:
        """Give back every connection."""
        self.app.close()
