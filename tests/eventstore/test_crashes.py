"""Processes killed in the middle of what they do: what was acknowledged is there, whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cix.eventstore.opening import open_store
from cix.testing.sample_log import CATALOGUE
from eventstore import aftermath

KILLING = str(Path(__file__).with_name("killing.py"))
WRITER = str(Path(__file__).with_name("writer.py"))
THOROUGH = os.environ.get("CIX_HYPOTHESIS") == "thorough"
KILLS = 200 if THOROUGH else 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with fork")
@pytest.mark.parametrize("shape", ["single", "batch", "threads", "load"])
def test_a_killed_writer_loses_nothing_acknowledged_and_leaves_nothing_in_part(
    place: str, shape: str
) -> None:
    run = [sys.executable, KILLING, place, shape, str(KILLS)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{KILLS} kills, ")


@pytest.mark.skipif(
    not (THOROUGH and shutil.which("strace")), reason="a thorough test, with strace"
)
@pytest.mark.parametrize("call", ["pwrite64", "fdatasync", "ftruncate"])
@pytest.mark.parametrize("fault", ["signal=SIGKILL", "error=EIO"])
def test_a_writer_stopped_at_any_write_or_sync_leaves_a_sound_store(
    sqlite_url: str, call: str, fault: str
) -> None:
    open_store(sqlite_url, CATALOGUE).close()
    last = 0
    for when in range(1, 26):
        inject = f"inject={call}:{fault}:when={when}"
        trace = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e", inject]
        run = [*trace, sys.executable, WRITER, sqlite_url, f"s{when}-", "12", "batch", "1"]
        done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
        told = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("ack")]
        acknowledged = [range(int(first), int(end) + 1) for first, end in told]
        last = aftermath.check(sqlite_url, "batch", acknowledged, last)
