"""Processes killed in the middle of what they do: what was acknowledged is there, whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLING = str(Path(__file__).with_name("killing.py"))
KILLS = 200 if os.environ.get("CIX_HYPOTHESIS") == "thorough" else 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with fork")
@pytest.mark.parametrize("shape", ["single", "batch", "threads", "load"])
def test_a_killed_writer_loses_nothing_acknowledged_and_leaves_nothing_in_part(
    place: str, shape: str
) -> None:
    run = [sys.executable, KILLING, place, shape, str(KILLS)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{KILLS} kills, ")
