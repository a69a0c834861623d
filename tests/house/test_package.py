"""The package as a user gets it; run on the checkout and, by dev.py, on the built wheel."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib import metadata
from importlib.resources import files
from pathlib import Path

import pytest

from house.project import ROOT, SRC, modules

INSTALLED = Path(str(files("cix")))
IN_PLACE = INSTALLED == SRC
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_every_module_is_in_the_package() -> None:
    missing = [m for m in modules() if not (INSTALLED / m.relative_to(SRC)).exists()]
    assert missing == []


def test_the_package_says_that_it_is_typed() -> None:
    assert (INSTALLED / "py.typed").exists()


def test_the_version_is_the_projects() -> None:
    assert metadata.version("cix") == PROJECT["version"]


@pytest.mark.skipif(IN_PLACE, reason="only a built package carries its licence")
def test_the_licence_travels_with_the_package() -> None:
    carried = [str(file) for file in metadata.files("cix") or []]
    assert any(file.endswith("licenses/LICENSE") for file in carried)


def test_the_command_is_installed() -> None:
    command = Path(sys.executable).parent / "cix"
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert PROJECT["version"] in done.stdout


def test_the_library_declares_what_it_imports() -> None:
    declared = {name.split(">")[0].split("[")[0] for name in PROJECT["dependencies"]}
    assert declared == {"attrs", "cattrs", "click", "msgpack", "sqlalchemy", "tzdata"}
