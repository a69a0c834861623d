"""Laws that every room keeps, over any history: folds never refuse, and split anywhere."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from cix.domain import contact, customer, identity, routing, ticket
from cix.domain.catalogue import CATALOGUE, REACTIONS, ROOMS
from cix.domain.decider import Decider, fold, in_order, step
from cix.domain.policy import READERS
from cix.domain.ticket.evolve import TABLE
from cix.errors import DomainError
from cix.facts import Entry, word_of
from cix.plain import canonical, from_plain, to_plain
from cix.testing.strategies import facts, histories, of

OURS = (contact.DECIDER, customer.DECIDER, identity.DECIDER, routing.DECIDER, ticket.DECIDER)
KEYS = {"contact": "k-1", "customer": "r-1", "identity": "r-1", "agent": "a-1", "ticket": "t-1"}
each_room = pytest.mark.parametrize("room", OURS, ids=lambda room: room.name)
few = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])


@each_room
@few
@for_all(st.data())
def test_a_fold_takes_any_fact_in_any_state(room: Decider[Any, Any], data: st.DataObject) -> None:
    history = data.draw(histories(room, KEYS[room.name]))
    state = fold(room, KEYS[room.name], history)
    assert state.key == KEYS[room.name]


@each_room
@few
@for_all(st.data())
def test_a_fold_may_be_split_anywhere(room: Decider[Any, Any], data: st.DataObject) -> None:
    key = KEYS[room.name]
    history = in_order(room.order, data.draw(histories(room, key)))
    cut = data.draw(st.integers(0, len(history)))
    state = fold(room, key, history[:cut])
    for record in history[cut:]:
        state = step(room, state, record)
    assert state == fold(room, key, history)


@each_room
@few
@for_all(st.data())
def test_the_order_of_arrival_does_not_matter(room: Decider[Any, Any], data: st.DataObject) -> None:
    key = KEYS[room.name]
    history = data.draw(histories(room, key))
    assert fold(room, key, data.draw(st.permutations(history))) == fold(room, key, history)


@each_room
@few
@for_all(st.data())
def test_a_decision_refuses_or_decides_and_its_facts_are_of_its_room(
    room: Decider[Any, Any], data: st.DataObject
) -> None:
    key = KEYS[room.name]
    history = data.draw(histories(room, key))
    at = max([one.occurred_at for one in history], default=None)
    if at is None:
        return
    decision, args = data.draw(st.sampled_from(_plain_decisions(room)))
    made: tuple[object, ...] = ()
    with suppress(DomainError):
        made = decision(fold(room, key, history, at), at, **args)
    assert all(type(one) in room.facts for one in made)


def _plain_decisions(room: Decider[Any, Any]) -> list[tuple[Any, dict[str, Any]]]:
    """Return decisions that need no argument but those filled in here."""
    usual = {
        "agent": "a-1", "text": "x", "reason": "x", "record": "r-1", "channel": "chat",
        "watcher": "a-1", "label": "vip", "name": "n", "value": "v", "source": "s", "level": 2,
        "priority": "high", "about": "x", "outcome": "upheld", "status": "pending", "score": 3,
        "fact": "q-1", "available": True, "by": "customer",
    }  # fmt: skip
    found = []
    for decision in room.decisions.values():
        if decision.reads is not None or decision.name == "ticket.claim":
            continue
        names = decision.rule.__code__.co_varnames[2 : 2 + decision.rule.__code__.co_kwonlyargcount]
        found.append((decision, {name: usual[name] for name in names if name in usual}))
    return found


@few
@for_all(facts(CATALOGUE))
def test_any_fact_is_written_as_plain_data_and_read_back(fact: object) -> None:
    plain = to_plain(fact)
    assert from_plain(type(fact), plain) == fact
    assert canonical(from_plain(type(fact), plain)) == canonical(fact)


class TestCatalogue:
    def test_every_fact_of_every_room_is_in_the_catalogue(self) -> None:
        for room in ROOMS:
            for cls in room.facts:
                assert CATALOGUE.entry(cls).cls is cls

    def test_every_fact_has_a_word_of_its_own(self) -> None:
        words = [word_of(cls).name for cls in CATALOGUE.classes]
        assert len(set(words)) == len({*CATALOGUE.classes})

    def test_every_policy_that_a_room_obeys_is_read_by_somebody(self) -> None:
        assert {kind for room in ROOMS for kind in room.obeys} <= set(READERS)

    def test_a_fact_with_personal_fields_belongs_to_a_room_that_names_a_record(self) -> None:
        for room in ROOMS:
            for cls in room.facts:
                if Entry.of(cls).boxes:
                    named = any(kind == "record" for _, kind in Entry.of(cls).tags)
                    assert named or room.kind in {"record", "ticket", "account", "agent"}, cls

    def test_every_reaction_asks_for_a_decision_that_is_there(self) -> None:
        known = {name for room in ROOMS for name in room.decisions}
        assert known >= {"ticket.reply", "ticket.note"}
        assert set(REACTIONS) <= set(CATALOGUE.classes)


def test_every_fact_of_a_ticket_changes_it_or_is_known_to_change_nothing() -> None:
    silent = {ticket.TicketNoted, ticket.MilestoneReached, ticket.CallbackDone}
    assert set(get_args(ticket.Event)) - set(TABLE) == silent


@few
@for_all(of(ticket.TicketOpened), st.sampled_from(["low", "high"]))
def test_a_ticket_that_was_opened_is_there(opened: ticket.TicketOpened, priority: str) -> None:
    from cix.records import Recorded
    from cix.testing import START

    record = Recorded.of(opened, occurred_at=START, tags=("ticket:t-1",), type="ticket.opened")
    state = fold(ticket.DECIDER, "t-1", [record])
    assert (state.exists, state.record, state.opened_at) == (True, opened.record, START)
