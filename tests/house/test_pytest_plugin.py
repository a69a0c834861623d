"""What cix gives to every pytest that runs where it is installed: fixtures, and no delay."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

HOST_TESTS = """
from datetime import timedelta

import cix
from cix.domain import ticket
from cix.testing import START, given


def test_an_engine_is_at_hand(cix_engine, fake_clock):
    assert fake_clock() == START
    cix_engine.do(ticket.open, "t-1", record="r-1")
    fake_clock.advance(hours=1)
    cix_engine.do(ticket.resolve, "t-1", agent="a-1")
    row = cix_engine.get("queues", "t-1")
    assert row.resolved_at - row.opened_at == timedelta(hours=1)


def test_each_test_has_its_own(cix_engine, fake_clock):
    assert fake_clock() == START
    assert cix_engine.get("queues", "t-1") is None
"""
HOST_CONFTEST = """
import pytest


@pytest.fixture
def cix_options(tmp_path):
    return {"url": f"sqlite:///{tmp_path / 'crm.db'}", "views": "worker"}
"""
HOST_OPTIONS = """
def test_the_host_says_how_it_is_opened(cix_engine):
    assert cix_engine.core.store.url.endswith("crm.db")
    assert not cix_engine.core.inline
"""
LOADED = """
import sys
import cix.testing.plugin
heavy = {"sqlalchemy", "msgpack", "sqlite3", "click", "hypothesis", "psycopg"}
print(sorted(name for name in sys.modules if name.split(".")[0] in heavy or "cix.domain" in name))
"""


def run(folder: Path, *arguments: str) -> str:
    """Run Python in *folder* as a host would, and return what it prints."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_pytest_finds_the_fixtures_by_itself(tmp_path: Path) -> None:
    (tmp_path / "test_host.py").write_text(HOST_TESTS)
    assert "2 passed" in run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider")


def test_a_host_says_in_its_conftest_how_the_engine_is_opened(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(HOST_CONFTEST)
    (tmp_path / "test_host.py").write_text(HOST_OPTIONS)
    assert "1 passed" in run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider")


def test_the_plugin_is_announced_under_the_name_of_the_project() -> None:
    found = [one for one in metadata.entry_points(group="pytest11") if one.name == "cix"]
    assert [one.value for one in found] == ["cix.testing.plugin"]


def test_the_plugin_loads_nothing_that_is_not_asked_for(tmp_path: Path) -> None:
    assert run(tmp_path, "-c", LOADED) == "[]\n"


def test_python_runs_cix_as_a_command(tmp_path: Path) -> None:
    assert run(tmp_path, "-m", "cix", "--version").startswith("cix")
    assert "python -m cix" not in run(tmp_path, "-m", "cix", "--help")
