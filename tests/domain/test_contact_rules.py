"""Contacts: what comes in through any channel, and what we send."""

from __future__ import annotations

import math

import attrs
import pytest

from cix.domain import contact
from cix.domain.contact import Attachment, ContactReceived, ContactSent, Content, Draft, OrderRef
from cix.facts import Entry
from cix.testing import START, a_contact, given

DRAFT = Draft(
    "email",
    "rfc5322",
    "rfc5322:<1@example.org>",
    START,
    START,
    external_id="<1@example.org>",
    customer=(("email", "li@example.org"),),
    customer_name="Li",
    thread="<0@example.org>",
    subject="Where is it?",
    content=Content("text", "Where is my parcel?", attachments=(Attachment("image/png", "f-1"),)),
    duration_s=1.5,
    order=OrderRef("SO1", total_minor=12_900, currency="CNY"),
    flags=frozenset({"forwarded", "bulk"}),
    raw_sha256="00" * 32,
)


def test_a_contact_comes_in_by_the_short_form() -> None:
    given().when(contact.receive, "k-1", record="r-1", channel="phone", text="my parcel").then(
        ContactReceived(
            "r-1",
            "phone",
            content_type="text",
            received_at=START + (START - START) + _minute(),
            content=Content("text", "my parcel"),
        )
    ).then_again_nothing()


def _minute() -> object:
    from cix.testing.scenario import STEP

    return STEP


def test_a_draft_of_an_adapter_becomes_the_fact_field_by_field() -> None:
    decided = given().when(contact.receive, "k-1", record="r-1", draft=DRAFT, about="t-1")
    (fact,) = decided.facts
    assert isinstance(fact, ContactReceived)
    for name in ("channel", "vendor", "external_id", "customer", "thread", "order", "duration_s"):
        assert getattr(fact, name) == getattr(DRAFT, name)
    assert (fact.record, fact.about, fact.flags) == ("r-1", "t-1", ("bulk", "forwarded"))
    assert (fact.content_type, fact.attachments) == ("text", 1)


def test_every_field_of_a_draft_is_in_the_fact() -> None:
    kept = {field.name for field in attrs.fields(ContactReceived)}
    assert {field.name for field in attrs.fields(Draft)} - kept == {"occurred_at"}


def test_what_tells_who_somebody_is_or_said_stands_in_boxes() -> None:
    boxes = {
        category: {field.name for field in fields}
        for category, fields in Entry.of(ContactReceived).boxes
    }
    assert boxes == {
        "identity": {
            "external_id", "dedup_key", "thread", "ref_id", "customer", "customer_name",
            "agent_name", "identity",
        },
        "content": {"subject", "content", "error"},
    }  # fmt: skip


def test_a_contact_names_its_record_and_its_ticket_by_tags() -> None:
    fact = a_contact("r-1", about="t-1")
    assert Entry.of(ContactReceived).tags_of(fact) == ("record:r-1", "ticket:t-1")


def test_a_contact_needs_a_channel_or_a_draft() -> None:
    given().when(contact.receive, "k-1", record="r-1", text="?").then_refused("channel_missing")


def test_a_contact_of_another_record_is_refused() -> None:
    scenario = given(a_contact("r-1"))
    scenario.when(contact.receive, "k-1", record="r-2", channel="chat").then_refused(
        "contact_exists"
    )
    scenario.when(contact.send, "k-1", record="r-2", channel="chat").then_refused("contact_exists")


@pytest.mark.parametrize("seconds", [-1.0, math.inf, math.nan])
def test_a_duration_that_is_none_is_refused(seconds: float) -> None:
    given().when(
        contact.receive, "k-1", record="r-1", channel="phone", kind="call", talk_s=seconds
    ).then_refused("invalid_duration")


def test_what_we_send_is_a_contact_too() -> None:
    given().when(
        contact.send, "k-2", record="r-1", channel="sms", text="on its way", agent="a-1"
    ).then(
        ContactSent(
            "r-1", "sms", agent="a-1", content_type="text", content=Content("text", "on its way")
        )
    ).then_again_nothing()


def test_a_contact_says_which_way_it_went() -> None:
    came = given(a_contact()).state(contact.DECIDER, "k-1")
    went = given(ContactSent("r-1", "sms")).state(contact.DECIDER, "k-1")
    assert (came.direction, went.direction, came.exists) == ("inbound", "outbound", True)
    assert contact.DECIDER.record_of(came) == "r-1"
