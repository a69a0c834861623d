"""The pages of the reference that are written by hand name everything there is."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import attrs
import pytest

import cix
from cix.domain.calendar import Calendar
from cix.domain.loyalty import programme
from cix.domain.policy import READERS
from cix.domain.routing import Routing
from cix.domain.ticket import Desk
from cix.engine.views import FACTS_A_ROW
from cix.projections import VIEWS

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PARTS = (
    programme.Programme,
    programme.Expiry,
    programme.Rule,
    programme.Caps,
    programme.HoldWhen,
    programme.Checkout,
    programme.Tier,
    programme.Referral,
    Calendar,
    Desk,
    Routing,
)


def named_on(page: str) -> set[str]:
    """Return every word that stands in code font on a page, TOML blocks included."""
    text = (REFERENCE / page).read_text("utf-8")
    blocks = re.findall(r"```toml.*?```", text, re.DOTALL)
    return set(re.findall(r"\w+", " ".join([*re.findall(r"`([^`\n]+)`", text), *blocks])))


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_column_of_a_view_is_named(view: cix.Projection[Any]) -> None:
    named = named_on("views.md")
    assert [name for name in (view.name, *view.columns) if name not in named] == []


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_setting_of_a_policy_is_named(part: type[Any]) -> None:
    named = named_on("policies.md")
    assert [field.name for field in attrs.fields(part) if field.name not in named] == []


def test_every_key_that_an_sla_policy_may_have_is_named() -> None:
    from cix.domain.sla import parsing

    named = named_on("policies.md")
    calls = re.findall(r"table\.only\((.*?)\)", inspect.getsource(parsing), re.DOTALL)
    keys = {key for call in calls for key in re.findall(r'"(\w+)"', call)}
    assert sorted((keys | set(parsing._MEANT_FOR)) - named) == []


def test_every_kind_of_policy_is_named() -> None:
    ours = {kind for kind, read in READERS.items() if read.__module__.startswith("cix.")}
    assert sorted(ours - named_on("policies.md")) == []


def test_every_option_of_open_is_named() -> None:
    given = set(inspect.signature(cix.open).parameters) - {"url", "options"}
    assert sorted(given - named_on("urls-and-options.md")) == []


def test_the_size_of_a_step_is_told_as_it_is() -> None:
    text = (REFERENCE / "urls-and-options.md").read_text("utf-8")
    (facts, rows) = re.findall(r"\| `page` \|.*up to (\d+) facts a row \| (\d+) \|", text)[0]
    assert int(rows) == inspect.signature(cix.open).parameters["page"].default
    assert int(facts) == FACTS_A_ROW
