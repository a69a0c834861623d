"""The checks that decisions share, in their order: existence, state, amount, limits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cix.domain.loyalty.ledger import Ledger
from cix.domain.loyalty.programme import Programme
from cix.domain.loyalty.room import Account
from cix.errors import NotFoundError, RuleBrokenError
from cix.plain import shown

MOST: Final = 2**63 - 1
"""Points and money are exact up to here."""
LONGEST: Final = timedelta(days=366 * 200)
"""No time that a command states is longer: instants stay within the calendar."""


def refuse(rule: str, key: str, because: str) -> RuleBrokenError:
    """Return the refusal of a rule on an account."""
    return RuleBrokenError(rule, "account", key, because)


def existing(account: Account) -> Ledger:
    """Return the ledger; ``account_not_found`` where enrolment is required and missing."""
    core = account.ledger
    if core.enrolled is None and account.programme.enrolment == "required":
        raise NotFoundError("account", account.key, "account_not_found")
    return core


def rules_of(core: Ledger, version: str, at: datetime) -> Programme:
    """Return the rules by which something was granted, recorded *at*: what comes back goes by them.

    Where the version is not known, or there was none yet, they are those in force then.
    """
    versions = {name: body for _, _, _, name, body in core.versions}
    return versions.get(version) or core.in_force(at).programme


def still_open(core: Ledger) -> Ledger:
    """Refuse what comes after the closing: ``account_closed``."""
    if core.closed:
        raise refuse("account_closed", core.key, "the account is closed")
    return core


def named(account: Account) -> Ledger:
    """Return the ledger of an account that exists and is open."""
    return still_open(existing(account))


def moment(account: Account, at: datetime) -> datetime:
    """Return the recorded instant of a command: the state's own, else *at*."""
    return account.now or at


def countable(core: Ledger, points: int, growth: int = 0) -> None:
    """Refuse what would make more points or growth than can be counted: ``invalid_amount``."""
    if core.granted + points > MOST or core.grown + growth > MOST:
        raise refuse("invalid_amount", core.key, "more than can be counted exactly")


def takeable(core: Ledger, points: int) -> None:
    """Refuse what would take more points in all than can be counted: ``invalid_amount``."""
    if core.clawed + points > MOST:
        raise refuse("invalid_amount", core.key, "more than can be counted exactly")


def whole(value: object, least: int, key: str, name: str = "points") -> int:
    """Return *value*, a whole number from *least* to 2^63 - 1, else ``invalid_amount``."""
    if type(value) is not int or not least <= value <= MOST:
        because = f"{name} must be whole, {least} to 2^63 - 1, not {shown(value)}"
        raise refuse("invalid_amount", key, because)
    return value
