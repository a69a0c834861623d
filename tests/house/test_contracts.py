"""The walls: the import contracts hold, and each of them would notice a wrong import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from house.project import ROOT, SRC

# What nobody may import, by the contract that has to notice it.
WRONG = {
    "The floors": [
        ("errors", "cix.records"),
        ("records", "cix.domain"),
        ("domain.terms", "cix.engine"),
        ("eventstore.base", "cix.projections"),
        ("projections.projection", "cix.eventstore"),
        ("engine.engine", "cix.cli"),
        ("analysis", "cix.testing"),
    ],
    "The domain's rooms": [
        ("domain.ticket", "cix.domain.contact"),
        ("domain.policy", "cix.domain.ticket"),
        ("domain.terms", "cix.domain.decider"),
    ],
    "Domain, projections and channels are pure": [
        ("domain.ticket", "cix.clock"),
        ("domain.contact", "random"),
        ("projections.projection", "sqlalchemy"),
        ("channels", "socket"),
    ],
    "Only the event store": [
        ("engine.engine", "sqlalchemy"),
        ("cli", "msgpack"),
        ("testing", "eventsourcing"),
    ],
    "The event store knows nothing": [
        ("eventstore.base", "cix.domain"),
    ],
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder / "src"), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def file_of(folder: Path, module: str) -> Path:
    """Return the file of a module below cix, which may be a package."""
    path = folder.joinpath("src", "cix", *module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the library with its contracts, to plant wrong imports in."""
    shutil.copytree(SRC, tmp_path / "src" / "cix", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("contract", WRONG)
def test_a_contract_notices_every_wrong_import(copy: Path, contract: str) -> None:
    for module, imported in WRONG[contract]:
        with file_of(copy, module).open("a", encoding="utf-8") as source:
            source.write(f"\nimport {imported}\n")
    done = lint(copy)
    told = done.stdout + done.stderr
    assert done.returncode == 1, told
    broken = [line for line in told.splitlines() if line.startswith(contract)]
    assert broken, told
    assert "BROKEN" in broken[0], told  # how many imports it ignores may follow
    for module, imported in WRONG[contract]:
        assert f"cix.{module} -> {imported}" in told, told


def test_a_new_module_must_be_given_a_floor(copy: Path) -> None:
    (copy / "src" / "cix" / "attic.py").write_text('"""No floor."""\n')
    done = lint(copy)
    assert done.returncode == 1
    assert "attic" in done.stdout
