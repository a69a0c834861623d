"""A customer's profile: attributes, preferences, labels."""

from __future__ import annotations

from cix.domain import customer
from cix.domain.customer import (
    AttributeCleared,
    AttributeSet,
    CustomerTagged,
    CustomerUntagged,
    PreferenceSet,
)
from cix.facts import Entry
from cix.testing import given


def test_an_attribute_is_set_with_its_source() -> None:
    given().when(customer.set_attribute, "r-1", name="city", value="Xi'an", source="app").then(
        AttributeSet("city", "app", "Xi'an")
    )


def test_the_value_of_an_attribute_stands_in_the_identity_box() -> None:
    ((category, fields),) = Entry.of(AttributeSet).boxes
    assert (category, [field.name for field in fields]) == ("identity", ["value"])


def test_an_attribute_that_holds_can_be_cleared_once() -> None:
    given(AttributeSet("city", "app", "Xi'an")).when(
        customer.clear_attribute, "r-1", name="city", source="app", reason="moved"
    ).then(AttributeCleared("city", "app", "moved")).then_again_nothing()


def test_an_attribute_that_was_never_set_is_not_cleared() -> None:
    given().when(customer.clear_attribute, "r-1", name="city", source="app").then_nothing()


def test_a_wish_is_recorded_when_it_is_new() -> None:
    decided = given().when(
        customer.set_preference, "r-1", name="language", value="zh", source="call"
    )
    decided.then(PreferenceSet("language", "zh", "call")).then_again_nothing()
    assert decided.state(customer.DECIDER).preferences == (("language", "zh"),)


def test_a_wish_is_withdrawn() -> None:
    decided = given(PreferenceSet("language", "zh", "call")).when(
        customer.set_preference, "r-1", name="language", value=None, source="call"
    )
    decided.then(PreferenceSet("language", None, "call")).then_again_nothing()
    assert decided.state(customer.DECIDER).preferences == ()


def test_a_label_is_put_on_and_taken_off_for_a_reason() -> None:
    labelled = given().when(customer.tag, "r-1", label="vip", reason="spends")
    labelled.then(CustomerTagged("vip", "spends")).then_again_nothing()
    labelled.after().when(customer.untag, "r-1", label="vip", reason="stopped").then(
        CustomerUntagged("vip", "stopped")
    ).then_again_nothing()
