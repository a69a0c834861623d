"""The reference pages are what the code says."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from cix.cli.table import COMMANDS
from house.project import ROOT


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES = generator().PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_reference_is_up_to_date(name: str) -> None:
    page = (ROOT / "docs" / "reference" / name).read_text("utf-8")
    assert page == PAGES[name](), "python docs/generate.py writes it anew"


def test_every_command_has_its_place_on_the_page() -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8")
    assert [
        name for name, entry in COMMANDS.items() if entry.target and f"## cix {name}\n" not in page
    ] == []
