"""``cix export``: the history for other programs, and for another store."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

import click

from cix.cli.base import Session, option
from cix.cli.interrupts import resumable
from cix.cli.meter import Meter
from cix.cli.opening import opened
from cix.cli.options import command, forms, pass_session
from cix.cli.printing import document, words
from cix.cli.words import t
from cix.errors import ConfigError

_PART: Final = ".part"


@command
@option("--out", metavar="FILE", help="Write to this file, which appears when it is complete.")
@option("--after", type=click.IntRange(min=0), default=0, metavar="POSITION",
        help="Begin behind this position.")  # fmt: skip
@option("--resume", is_flag=True, help="Go on with a file that was interrupted (with --out).")
@forms()
@pass_session
def jsonl(session: Session, out: str | None, after: int, *, resume: bool) -> None:
    """Write every fact as a line of JSON.

    With its whole envelope: position, id, both times, tags, who and why. cix apply of the file
    into an empty store makes the same store: same positions, ids, times and rows of views.
    """
    if resume and out is None:
        raise ConfigError("--resume", "there is no --out", "name the file that was interrupted")
    last = after
    with opened(session, reads=True) as engine:
        head = engine.core.store.head().position
        meter = Meter(t("exported"))

        def how() -> str:
            if out is not None:
                return t("cix export jsonl --out {file} --resume goes on", file=out)
            return t("cix export jsonl --after {position} goes on", position=last)

        with resumable(how), _writing(out, resume=resume) as (stream, found):
            last = max(after, found)
            for line in engine.export(after=last):
                stream.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
                last = line["position"]
                meter(last, head)
        meter.end()
    if out is not None:
        answer = {"file": out, "position": last}
        document(answer) if session.form != "table" else words(
            t("{file} holds the facts up to position {position}", **answer)
        )


@contextmanager
def _writing(out: str | None, *, resume: bool) -> Generator[tuple[TextIO, int]]:
    """Open what is written to, with the position of its last whole line (0: none).

    A file is written beside its place and moved there when it is complete.
    """
    if out is None:
        yield sys.stdout, 0
        sys.stdout.flush()
        return
    part = Path(out + _PART)
    found = _cut(part) if resume else 0
    with part.open("a" if resume else "w", encoding="utf-8") as stream:
        yield stream, found
    part.replace(out)


def _cut(part: Path) -> int:
    """Cut off a line that was not finished; return the position of the last whole one."""
    if not part.exists():
        raise ConfigError(str(part), "there is no such file", "leave --resume out to begin anew")
    whole, last = 0, b""
    with part.open("r+b") as stream:
        for line in stream:
            if not line.endswith(b"\n"):
                break
            whole, last = whole + len(line), line
        stream.truncate(whole)
    return position_of([last]) if last else 0


def position_of(lines: Iterable[bytes]) -> int:
    """Return the position of the last of *lines*."""
    found: dict[str, Any] = {}
    for line in lines:
        found = json.loads(line)
    return int(found.get("position", 0))
