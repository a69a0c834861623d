"""Published policies: versions, what is in force when, what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cix.domain import policy, ticket
from cix.domain.policy import Policy, PolicyPublished
from cix.errors import InvalidPolicyError
from cix.testing import START, a_policy, given

DAY = timedelta(days=1)
BODY = {"reopen_window_s": 60}


def test_a_version_is_published_from_now_on() -> None:
    given().at(START).when(policy.publish, "desk", version="v1", body=BODY).then(
        PolicyPublished("desk", "v1", START, '{"reopen_window_s":60}')
    ).then_again_nothing()


def test_a_version_may_count_from_another_instant() -> None:
    given().at(START + DAY).when(policy.publish, "desk", version="v1", body=BODY).then(
        PolicyPublished("desk", "v1", START + DAY, '{"reopen_window_s":60}')
    )


def test_a_version_has_one_body() -> None:
    given(a_policy("desk", BODY)).when(policy.publish, "desk", version="v1", body={}).then_refused(
        "version_taken"
    )


def test_a_kind_that_no_room_obeys_is_refused() -> None:
    error = given().when(policy.publish, "weather", version="v1", body={}).error
    assert isinstance(error, InvalidPolicyError)
    assert "desk" in str(error)


def test_a_body_that_its_room_refuses_is_not_published() -> None:
    with pytest.raises(InvalidPolicyError, match="reopen_window_s"):
        given().when(policy.publish, "desk", version="v1", body={"reopen_window_s": 0}).then()


def test_the_latest_version_that_counts_already_is_in_force() -> None:
    held = (
        given(a_policy("desk", {}, "v1", START), key="desk")
        .given(a_policy("desk", BODY, "v3", START + 2 * DAY), key="desk")
        .given(a_policy("desk", BODY, "v2", START + DAY), key="desk")
        .state(policy.DECIDER, "desk")
    )
    found = [held.in_force(START + n * DAY) for n in (-1, 0, 1, 2, 3)]
    assert [one and one.version for one in found] == [None, "v1", "v2", "v3", "v3"]


def test_of_two_versions_from_one_instant_the_later_published_counts() -> None:
    held = given(
        a_policy("desk", {}, "v1", START), a_policy("desk", BODY, "v2", START), key="desk"
    ).state(policy.DECIDER, "desk")
    found = held.in_force(START)
    assert found is not None
    assert found.version == "v2"


def test_before_anything_is_published_nothing_is_in_force() -> None:
    assert Policy("desk").in_force(START) is None


def test_a_room_that_obeys_a_kind_has_its_versions_in_its_boundary() -> None:
    boundary = ticket.DECIDER.boundary("t-1")
    assert boundary.matches(("policy:desk",), "policy.published")
    assert not boundary.matches(("policy:routing",), "policy.published")


def test_a_ticket_obeys_the_version_in_force_when_it_is_asked() -> None:
    desk = given(a_policy("desk", {}, "v1", START), key="desk").given(
        a_policy("desk", {"close_after_s": 60}, "v2", START + DAY), key="desk"
    )
    state = desk.state(ticket.DECIDER, "t-1")
    assert state.desk(START).close_after_s is None
    assert state.desk(START + DAY).close_after_s == 60
