"""What one room's fact asks of another."""

from __future__ import annotations

from typing import Any

from cix.domain import ticket
from cix.domain.contact import ContactReceived, ContactSent, Content
from cix.domain.decider import Call
from cix.domain.reactions import REACTIONS
from cix.domain.ticket import MessageRedirected
from cix.records import Recorded
from cix.testing import START, a_contact, a_ticket, given


def reacted(fact: object, key: str = "contact:k-1") -> tuple[Call, ...]:
    record: Recorded[Any] = Recorded.of(fact, occurred_at=START, tags=(key,))
    return REACTIONS[type(fact)](fact, record)


def said(**changes: object) -> dict[str, object]:
    usual = {"by": "customer", "agent": None, "auto": False, "channel": "chat", "message": "k-1"}
    return {**usual, "text": "hello", **changes}


def test_what_a_customer_says_about_a_ticket_is_said_in_it() -> None:
    assert reacted(a_contact(about="t-1")) == (Call("ticket.reply", "t-1", said()),)


def test_a_contact_that_names_no_ticket_asks_for_nothing() -> None:
    assert reacted(a_contact()) == ()
    assert reacted(ContactSent("r-1", "chat")) == ()


def test_a_receipt_or_a_page_view_says_nothing() -> None:
    for kind in ("status", "control", "activity", "shipment"):
        assert reacted(a_contact(about="t-1", kind=kind)) == ()
    assert reacted(ContactSent("r-1", "chat", kind="status", about="t-1")) == ()


def test_only_the_new_part_of_a_mail_is_said() -> None:
    mail = Content("text", "yes\n> really?", reply_text="yes")
    (call,) = reacted(a_contact(about="t-1", content=mail))
    assert call.args["text"] == "yes"


def test_an_automatic_answer_is_marked_so_that_it_reopens_nothing() -> None:
    for flag in ("auto_reply", "bounce", "bulk"):
        (call,) = reacted(a_contact(about="t-1", flags=(flag,)))
        assert call.args["auto"] is True


def test_a_private_note_becomes_a_note() -> None:
    for private in ({"flags": ("private_note",)}, {"direction": "internal"}):
        (call,) = reacted(a_contact(about="t-1", agent="a-1", **private))
        assert call == Call("ticket.note", "t-1", {"agent": "a-1", "text": "hello"})


def test_what_an_agent_wrote_elsewhere_is_said_by_the_agent() -> None:
    (call,) = reacted(a_contact(about="t-1", direction="outbound", agent="a-1"))
    assert (call.args["by"], call.args["agent"]) == ("agent", "a-1")
    (call,) = reacted(a_contact(about="t-1", direction="outbound"))
    assert (call.args["by"], call.args["agent"]) == ("system", None)


def test_what_we_send_about_a_ticket_is_said_in_it() -> None:
    sent = ContactSent("r-1", "sms", agent="a-1", about="t-1", content=Content("text", "soon"))
    (call,) = reacted(sent)
    assert call.args == {
        "by": "agent", "agent": "a-1", "channel": "sms", "message": "k-1", "text": "soon",
    }  # fmt: skip


def test_an_erased_text_is_no_text() -> None:
    (call,) = reacted(a_contact(about="t-1", content=None))
    assert call.args["text"] is None


def test_a_redirected_message_is_said_where_the_chain_of_merges_ended() -> None:
    moved = MessageRedirected("t-9", message="k-1", text="hello", channel="chat")
    (call,) = reacted(moved, "ticket:t-1")
    assert (call.decision, call.key) == ("ticket.reply", "t-9")
    assert call.args == {**said(), "public": True}


def test_what_is_asked_for_can_be_decided() -> None:
    facts: tuple[object, ...] = (
        a_contact(about="t-1"),
        a_contact(about="t-1", direction="internal"),
        ContactSent("r-1", "sms", agent="a-1", about="t-1"),
        MessageRedirected("t-1"),
    )
    for fact in facts:
        for call in reacted(fact):
            decision = ticket.DECIDER.decisions[call.decision]
            assert given(a_ticket()).when(decision, call.key, **call.args).facts


def test_every_reaction_is_to_a_fact_it_is_listed_for() -> None:
    assert set(REACTIONS) == {ContactReceived, ContactSent, MessageRedirected}
