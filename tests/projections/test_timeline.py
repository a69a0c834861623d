"""Every fact of a customer, one line each."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import given as for_all

from cix.domain.catalogue import CATALOGUE
from cix.domain.contact import OrderRef
from cix.domain.customer import AttributeSet
from cix.domain.ticket import Field, TicketAssigned, TicketReplied
from cix.facts import Entry, fact
from cix.projections.projection import Projection
from cix.projections.timeline import IGNORED, TimelineLine, summary_of, tell, timeline
from cix.testing import START, a_contact, a_sighting, a_ticket, given
from cix.testing.strategies import facts
from projections.picturing import lines


def test_every_fact_is_one_line_in_order_of_occurrence() -> None:
    history = given(a_contact("r-1"), key="k-1").given(a_ticket("r-1", priority="high"), key="t-1")
    early = START - timedelta(days=1)
    told = lines(timeline, history.given(a_sighting("r-1"), key="r-1", at=early), "r-1")
    assert [(line.word, line.subject) for line in told] == [
        ("identity.observed", "record:r-1"),
        ("contact.received", "contact:k-1"),
        ("ticket.opened", "ticket:t-1"),
    ]
    first = told[0]
    assert (first.occurred_at, first.record) == (early, "r-1")
    assert first.recorded_at > first.occurred_at


def test_a_line_tells_the_plain_fields_that_say_something() -> None:
    fields = (Field("product", "P1"), Field("country", "fr"))
    (line,) = lines(timeline, given(a_ticket(level=2, fields=fields, tags=("vip",))), "t-1")
    assert line.summary == "ticket opened: level 2, fields product P1+country fr, tags vip"
    assert line.channel == "phone"


def test_a_value_with_fields_is_told_in_one_breath() -> None:
    order = OrderRef("SO1", total_minor=12_900, currency="CNY")
    (line,) = lines(timeline, given(a_contact(order=order)), "k-1")
    assert line.summary == "contact received: content type text, order SO1 12900 CNY"


def test_yes_and_no_are_words() -> None:
    tell_it = summary_of(Entry.of(TicketReplied))
    assert tell_it(TicketReplied("agent", public=False)) == "ticket replied: by agent, public no"


def test_nothing_personal_is_told() -> None:
    spoken = "Wang Xiaoming"
    told = given(
        a_contact(text=spoken, customer_name=spoken, subject=spoken),
        a_ticket(subject=spoken),
        AttributeSet("name", "app", spoken),
    )
    assert all(spoken not in line.summary for line in lines(timeline, told, "r-1"))


def test_a_long_line_is_cut() -> None:
    (line,) = lines(timeline, given(TicketAssigned("a-1", reason="x" * 500)), "t-1")
    assert len(line.summary) == 200
    assert line.summary.endswith("...")


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@for_all(facts(CATALOGUE))
def test_any_fact_can_be_told(one: object) -> None:
    entry = Entry.of(type(one))
    text = summary_of(entry)(one)
    assert text.startswith(entry.word.name.partition(".")[0].replace("_", " "))


def test_every_fact_is_told_or_left_out_on_purpose() -> None:
    assert list(timeline.left_out(CATALOGUE)) == []
    told = set(timeline.words)
    assert not told & {entry.word.name for entry in CATALOGUE.current() if entry.cls in IGNORED}


def test_a_host_lets_its_own_facts_be_told() -> None:
    @fact("parcel.lost", 1)
    class ParcelLost:
        number: str

    view: Projection[TimelineLine] = Projection("own", "customer", 1, TimelineLine, lines=True)
    tell(view, ParcelLost)
    assert view.words == ("parcel.lost",)
