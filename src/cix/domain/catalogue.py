"""Every fact of the rooms, the rooms themselves, and what their facts ask of each other."""

from __future__ import annotations

from typing import Any, Final, get_args

from cix.domain import (
    contact,
    customer,
    identity,
    loyalty,
    policy,
    routing,
    sla,
    spanning,
    ticket,
)
from cix.domain.decider import Decider
from cix.domain.reactions import REACTIONS
from cix.domain.sla.derived import SlaBreached, SlaCorrected, SlaEscalated, SlaWarned
from cix.facts import Catalogue

__all__ = ["CATALOGUE", "REACTIONS", "ROOMS", "spanning"]

ROOMS: Final[tuple[Decider[Any, Any], ...]] = (
    contact.DECIDER,
    ticket.DECIDER,
    sla.CLOCKS,
    loyalty.DECIDER,
    loyalty.referral.DECIDER,
    customer.DECIDER,
    identity.DECIDER,
    policy.DECIDER,
    routing.DECIDER,
)
"""A fact that several rooms read is of the first of them: a ticket's, not an agent's."""

DERIVED: Final[tuple[type, ...]] = (
    ticket.TicketAutoClosed,
    SlaWarned,
    SlaBreached,
    SlaEscalated,
    SlaCorrected,
    *get_args(loyalty.Derived),
)
"""Facts that record what time decided; they stand in no room's union."""

CATALOGUE: Final = Catalogue((*(cls for room in ROOMS for cls in room.facts), *DERIVED))
