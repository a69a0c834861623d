"""Which accounts share a device: what a shop looks at before it lets points be redeemed.

A device is known by its opaque id, from the invitations that were sent and answered on it.
"""

from __future__ import annotations

from typing import Any, get_args

import attrs

from cix.domain import loyalty
from cix.domain.loyalty import referral
from cix.domain.loyalty.referral import InvitationAccepted, InvitationRefused, InvitationSent
from cix.projections.projection import Projection
from cix.records import Recorded


@attrs.define
class DeviceCard:
    """One device and the accounts seen on it, in the order they were seen first."""

    device: str
    accounts: tuple[str, ...] = ()
    count: int = 0


_TAKEN = (InvitationSent, InvitationAccepted, InvitationRefused)

devices = Projection[DeviceCard](
    "devices",
    "device",
    1,
    DeviceCard,
    order="recorded",
    new_row=DeviceCard,
    ignores=frozenset(
        (*get_args(referral.Event), *get_args(loyalty.Event), *get_args(loyalty.Derived))
    )
    - set(_TAKEN),
)


@devices.on(InvitationSent, InvitationAccepted, InvitationRefused)
def seen(card: DeviceCard, _: object, record: Recorded[Any]) -> None:
    """Count the account that invited or answered on the device, once."""
    if record.key not in card.accounts:
        card.accounts = (*card.accounts, record.key)
        card.count = len(card.accounts)
