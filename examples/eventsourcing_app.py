"""An application of the eventsourcing library on cix's store.

    python examples/eventsourcing_app.py [--db sqlite:///vouchers.db]

Needs ``pip install 'cix[eventsourcing]' msgspec``. The library's events stand in the same log as
cix's facts; its consistency boundaries are kept by cix's conditions.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from eventsourcing.dcb.application import DCBApplication
from eventsourcing.dcb.domain import EnduringObject
from eventsourcing.dcb.msgpack import Decision, InitialDecision, MessagePackMapper
from eventsourcing.domain import event
from eventsourcing.persistence import IntegrityError
from eventsourcing.utils import get_topic


class VoucherIssued(InitialDecision):
    """A voucher was issued."""

    voucher_id: str
    worth: int


class VoucherUsed(Decision):
    """Part of a voucher was used."""

    amount: int


class Voucher(EnduringObject[Decision]):
    """A voucher and what is left of it."""

    @event(VoucherIssued)
    def __init__(self, *, worth: int) -> None:
        """Issue a voucher."""
        self.left = worth

    @event(VoucherUsed)
    def use(self, amount: int) -> None:
        """Use part of it."""
        if amount > self.left:
            message = f"only {self.left} left"
            raise ValueError(message)
        self.left -= amount


class Vouchers(DCBApplication):
    """Vouchers as an application; its environment names cix's recorder."""

    env = {  # noqa: RUF012  # as the library declares it
        "PERSISTENCE_MODULE": "cix.eventstore.dcb",
        "MAPPER_TOPIC": get_topic(MessagePackMapper),
    }

    def issue(self, worth: int) -> str:
        """Issue a voucher; return its id."""
        voucher = Voucher(worth=worth)
        self.repository.save(voucher)
        return voucher.id

    def voucher(self, voucher_id: str) -> Voucher:
        """Read a voucher."""
        found = self.repository.get(voucher_id)
        if not isinstance(found, Voucher):
            raise TypeError(voucher_id)
        return found


def main(url: str) -> None:
    """Let two clerks use one voucher at the same time."""
    with Vouchers({"CIX_URL": url}) as app:
        issued = app.issue(100)
        first, second = app.voucher(issued), app.voucher(issued)
        first.use(amount=60)
        second.use(amount=60)  # this clerk has not seen the other
        app.repository.save(first)
        try:
            app.repository.save(second)
        except IntegrityError as refused:
            print("the second clerk was refused:", str(refused).partition(" matches")[0])
        print("left:", app.voucher(issued).left)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", metavar="URL")
    given = parser.parse_args()
    if given.db:
        main(given.db)
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(f"sqlite:///{Path(folder, 'vouchers.db')}")
