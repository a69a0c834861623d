"""Kills a writing process again and again, and looks at the store each time.

``python killing.py URL SHAPE KILLS``: see ``writer.py`` for the shapes. Ends with exit code 1 and
a line that says what was lost or torn; else prints how many appends were acknowledged, and how
many were stored without anybody having been told.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import NoReturn

import writer
from aftermath import EVENTS, check

from cix.eventstore.opening import open_store
from cix.testing.sample_log import CATALOGUE


def child(url: str, shape: str, name: str, out: int) -> NoReturn:
    """Write until killed."""
    os.dup2(out, sys.stdout.fileno())
    writer.write(url, name, 0, shape)
    os._exit(0)


def killed_after(url: str, shape: str, kill: int) -> list[range]:
    """Start a writer, kill it some milliseconds after its first answer; return what it was told."""
    inward, outward = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(inward)
        child(url, shape, f"k{kill}", outward)
    os.close(outward)
    with os.fdopen(inward, encoding="utf-8") as answers:
        heard = [answers.readline() for _ in range(2)]  # ready, and the first answer
        time.sleep(kill * 7919 % 97 / 97 * 0.04)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        heard += answers.readlines()
    whole = [line.split() for line in heard if line.startswith("ack ") and line.endswith("\n")]
    return [range(int(first), int(last) + 1) for _, first, last in whole]


def main() -> None:
    """Kill as the command line says."""
    url, shape, kills = sys.argv[1], sys.argv[2], int(sys.argv[3])
    open_store(url, CATALOGUE).close()
    last = acknowledged = 0
    for kill in range(kills):
        told = killed_after(url, shape, kill)
        acknowledged += len(told)
        last = check(url, shape, told, last)
    silent = last // EVENTS[shape] - acknowledged
    print(f"{kills} kills, {acknowledged} acknowledged, {silent} stored in silence")  # noqa: T201  # a script's answer


if __name__ == "__main__":
    main()
