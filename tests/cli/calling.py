"""How the tests call ``cix``: inside this process, or as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from cix.cli import main
from cix.cli.words import use

QUIET = {
    "NO_COLOR": "1", "LANG": "C.UTF-8", "LC_ALL": "", "LC_MESSAGES": "",
    "CIX_DURABILITY": "normal_loses_last_commits_on_power_cut",
}  # fmt: skip
"""No colours, English, and no waiting for the disk: these tests never pull the plug."""
OWN = ("CIX_DB", "CIX_LANG", "CIX_ACTOR", "CIX_VIEWS", "CIX_TIMEOUT", "CIX_DURABILITY",
       "CIX_CONFIG", "CIX_DEBUG")  # fmt: skip


class Ended(NamedTuple):
    """How a call ended: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return the JSON document that was printed."""
        return json.loads(self.out)

    @property
    def rows(self) -> list[Any]:
        """Return the JSON lines that were printed."""
        return [json.loads(line) for line in self.out.splitlines()]


def cix(*args: object, given: str = "", **env: str) -> Ended:
    """Call the command line in this process."""
    around: dict[str, str | None] = dict.fromkeys(OWN) | QUIET | env
    try:
        done = CliRunner().invoke(main, [str(arg) for arg in args], input=given, env=around)
    finally:
        use("en")
    return Ended(done.exit_code, done.stdout, done.stderr)


def start(*args: object, cwd: Path, **env: str) -> subprocess.Popen[str]:
    """Start the command line as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "from cix.cli import main; main()", *map(str, args)],
        cwd=cwd,
        env=clean(env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def run(*args: object, cwd: Path, given: str = "", **env: str) -> Ended:
    """Run the command line as a process of its own, to its end."""
    process = start(*args, cwd=cwd, **env)
    out, err = process.communicate(given, timeout=60)
    return Ended(process.returncode, out, err)


def clean(env: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OWN}
    return kept | QUIET | dict(env)


def lines(path: Path, *objects: Mapping[str, Any] | str) -> Path:
    """Write JSON lines to a file; a text is written as it is."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in objects]
    path.write_text("".join(text + "\n" for text in texts), "utf-8")
    return path


def opening(key: str, record: str = "r-1", **more: Any) -> dict[str, Any]:
    """Return a line that opens a ticket."""
    return {"do": "ticket.open", "key": key, "args": {"record": record}, **more}
