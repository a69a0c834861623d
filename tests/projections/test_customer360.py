"""The customer at one glance."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from cix.domain import ticket
from cix.domain.catalogue import CATALOGUE
from cix.domain.contact import ContactSent
from cix.domain.customer import (
    AttributeCleared,
    AttributeSet,
    CustomerTagged,
    CustomerUntagged,
    PreferenceSet,
)
from cix.domain.loyalty.facts import MemberEnrolled
from cix.domain.ticket import (
    ComplaintRaised,
    SurveyAnswered,
    TicketClosed,
    TicketMerged,
    TicketPended,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
)
from cix.projections.customer360 import Attribute, CustomerCard, customer360
from cix.testing import START, Scenario, a_contact, a_sighting, a_ticket, given
from projections.picturing import row

MINUTE = timedelta(minutes=1)


def card(scenario: Scenario) -> CustomerCard:
    found = row(customer360, scenario, "r-1")
    assert isinstance(found, CustomerCard)
    return found


class TestContacts:
    def test_contacts_are_counted_on_their_channels(self) -> None:
        found = card(
            given(
                a_contact(channel="chat"),
                a_contact(channel="phone", kind="call"),
                ContactSent("r-1", "chat"),
            )
        )
        assert (found.contacts, found.inbound, found.outbound) == (3, 2, 1)
        assert [(one.name, one.contacts) for one in found.channels] == [("chat", 2), ("phone", 1)]
        assert (found.first_contact_at, found.last_contact_at) == (START, START + 2 * MINUTE)
        assert found.last_channel == "chat"

    @pytest.mark.parametrize("kind", ["status", "control", "activity", "shipment", "order"])
    def test_a_signal_is_no_contact(self, kind: str) -> None:
        assert card(given(a_contact(kind=kind))).contacts == 0

    def test_what_the_staff_say_among_themselves_is_no_contact(self) -> None:
        assert card(given(a_contact(direction="internal"))).contacts == 0

    def test_an_echo_of_ours_is_outbound(self) -> None:
        assert card(given(a_contact(direction="outbound"))).outbound == 1


class TestTickets:
    def test_an_open_ticket_is_listed_with_its_status(self) -> None:
        found = card(given(a_ticket(), TicketPended(), key="t-1").given(a_ticket(), key="t-2"))
        assert [(one.name, one.status, one.since) for one in found.open] == [
            ("t-1", "pending", START + MINUTE),
            ("t-2", "new", START + 2 * MINUTE),
        ]
        assert (found.tickets, found.open_tickets) == (2, 2)

    @pytest.mark.parametrize("ending", [TicketResolved(), TicketClosed(), TicketMerged("t-2")])
    def test_a_ticket_that_ended_leaves_the_list(self, ending: object) -> None:
        found = card(given(a_ticket(), ending, key="t-1"))
        assert (found.tickets, found.open_tickets, found.open) == (1, 0, [])

    def test_a_reopened_ticket_comes_back(self) -> None:
        found = card(given(a_ticket(), TicketResolved(), TicketReopened("again"), key="t-1"))
        assert (found.tickets, found.open_tickets) == (1, 1)

    def test_the_same_status_again_moves_nothing(self) -> None:
        once = given(a_ticket(), TicketStatusChanged("open", "open"), key="t-1")
        twice = once.given(TicketStatusChanged("open", "open"), key="t-1")
        assert card(once) == card(twice)

    def test_complaints_are_counted_and_the_latest_score_kept(self) -> None:
        found = card(
            given(
                a_ticket(),
                ComplaintRaised("x"),
                SurveyAnswered(2),
                SurveyAnswered(5),
                SurveyAnswered(9, "nps"),
                key="t-1",
            )
        )
        assert (found.complaints, found.last_score) == (1, 5)


class TestProfile:
    def test_an_attribute_is_kept_as_told_last(self) -> None:
        found = card(
            given(AttributeSet("city", "app", "Xi'an"), AttributeSet("city", "call", "上海"))
        )
        assert found.attributes == [Attribute("city", "call", START + MINUTE, "上海")]

    def test_an_attribute_that_was_cleared_is_gone(self) -> None:
        found = card(given(AttributeSet("city", "app", "x"), AttributeCleared("city", "app")))
        assert found.attributes == []

    def test_a_wish_is_kept_until_it_is_withdrawn(self) -> None:
        wish = given(PreferenceSet("language", "zh", "call"))
        assert [(one.name, one.value) for one in card(wish).preferences] == [("language", "zh")]
        assert card(wish.given(PreferenceSet("language", None, "call"))).preferences == []

    def test_a_label_says_why(self) -> None:
        labelled = given(CustomerTagged("vip", "spends"))
        assert [(one.name, one.reason) for one in card(labelled).labels] == [("vip", "spends")]
        assert card(labelled.given(CustomerUntagged("vip", "stopped"))).labels == []

    def test_the_records_and_accounts_of_the_customer_are_named(self) -> None:
        seen = given(a_sighting("r-1", phone="86138"), a_sighting("r-1"), key="r-1")
        found = card(
            seen.given(a_sighting("r-2"), key="r-2").given(MemberEnrolled(START), key="acc-9")
        )
        assert [one.name for one in found.records] == ["r-1", "r-2"]
        assert [(one.name, one.since) for one in found.accounts] == [("acc-9", START)]

    def test_what_is_personal_in_a_row_says_so(self) -> None:
        marked = {
            field.name: field.metadata["personal"]
            for field in attrs.fields(Attribute)
            if "personal" in field.metadata
        }
        assert marked == {"value": "identity"}


def test_every_fact_is_taken_or_left_out_on_purpose() -> None:
    assert list(customer360.left_out(CATALOGUE)) == []
    assert not set(customer360.words) & {
        entry.word.name for entry in CATALOGUE.current() if entry.cls in customer360.ignores
    }


def test_the_view_follows_every_fact_by_which_a_ticket_enters_a_status() -> None:
    entering = (ticket.TicketOpened, ticket.TicketHeld, ticket.TicketResumed)
    for cls in entering:
        assert cls not in customer360.ignores
