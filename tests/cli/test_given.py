"""Texts of the command line become typed values, strictly."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, NewType

import attrs
import pytest

from cix.cli.given import columns_of, conditions, pairs, plain_value, takes_text
from cix.domain.decider import BY_RULE
from cix.errors import ConfigError, NaiveInstantError

Name = NewType("Name", str)


@attrs.frozen
class Inner:
    n: int


@attrs.frozen
class Row:
    key: str
    points: int
    open: bool
    since: datetime | None
    tier: Literal["gold", "silver"]
    lots: tuple[Inner, ...] = ()
    labels: tuple[str, ...] = ()


@pytest.mark.parametrize("kind", [str, Name, str | None, Literal["a", "b"], datetime, date | None])
def test_a_text_is_taken_as_it_is_where_a_text_will_do(kind: Any) -> None:
    assert takes_text(kind)
    assert plain_value(kind, "12") == "12"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (int, "12", 12),
        (int, "12x", "12x"),
        (bool, "true", True),
        (tuple[str, ...], '["a", "b"]', ["a", "b"]),
        (Annotated[int, BY_RULE], "7", 7),
        (Annotated[int | Literal["action"] | None, BY_RULE], "14", 14),
        (Annotated[int | Literal["action"] | None, BY_RULE], "action", "action"),
        (int | Literal["action"], "later", "later"),
        (int | str, "7", "7"),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (None, "anything", "anything"),
    ],
)
def test_anything_else_is_json_or_stays_a_text_to_be_refused(
    kind: Any, text: str, value: object
) -> None:
    assert plain_value(kind, text) == value


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("tier=gold", "tier", "gold"),
        ("points >= 100", "points__ge", 100),
        ("points!=3", "points__ne", 3),
        ("points<3", "points__lt", 3),
        ("open=true", "open", True),
        ("since > 2024-03-01T00:00Z", "since__gt", datetime(2024, 3, 1, tzinfo=UTC)),
        ("since is missing", "since__missing", True),
        ("since is present", "since__missing", False),
        ("tier in gold, silver", "tier__among", ("gold", "silver")),
        ("key=a=b", "key", "a=b"),
        ("unknown=1", "unknown", "1"),
    ],
)
def test_a_condition_is_read_by_the_type_of_its_column(text: str, name: str, value: object) -> None:
    assert conditions(Row, (text,)) == {name: value}


@pytest.mark.parametrize("text", ["points", "= 3", "points=many", "open=maybe", "tier is odd"])
def test_a_condition_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--where"):
        conditions(Row, (text,))


def test_pairs_need_a_name() -> None:
    assert pairs("--arg", ("a=1", "b=x=y")) == {"a": "1", "b": "x=y"}
    with pytest.raises(ConfigError, match="write name=value"):
        pairs("--arg", ("just text",))


def test_a_name_is_given_once() -> None:
    with pytest.raises(ConfigError, match="a=2'; give each name once"):
        pairs("--arg", ("a=1", " a=2"))


def test_an_instant_without_an_offset_is_told_with_its_condition() -> None:
    with pytest.raises(NaiveInstantError, match="--where since>2024-01-01: 2024-01-01 has no"):
        conditions(Row, ("since>2024-01-01",))


def test_lists_of_values_with_fields_are_no_cell() -> None:
    assert columns_of(Row) == ("key", "points", "open", "since", "tier", "labels")
