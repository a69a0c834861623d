"""Runs the code blocks of a Markdown page, so that no page promises what does not happen.

A page is read from top to bottom in an empty folder of its own:

- ``python`` blocks run one after another in one module; blocks that begin with ``>>>`` are checked
  like doctests.
- ``console`` blocks: each ``$ command`` is run, its exit code must be 0, or N where the line ends
  in ``# exit N``. Output shown below a command must be what it prints; ``...`` stands for anything.
- ``toml``, ``json`` and ``jsonl`` blocks must parse. A block of any language marked ``file=NAME``
  behind the language is written to that file first, for the blocks below it.
- ``sql db=NAME`` blocks are run on that SQLite file.
- ``text`` and ``mermaid`` blocks are for the eye alone.

A block right below ``<!-- not run: reason -->`` is passed over; any other language is an error.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import textwrap
import tomllib
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

FENCE = re.compile(r"^(?P<indent> *)(?P<fence>```+)(?P<language>[\w-]*)(?P<options>.*)$")
NOT_RUN = re.compile(r"^\s*<!-- not run: (?P<reason>\S.*?) -->\s*$")
EXIT = re.compile(r"\s+# exit (?P<code>\d+)\b.*$")
COMMAND = re.compile(r"^(\w+=\S* )*(cix|python)\b")
SECONDS = 120  # no command of a page may take longer


class BlockError(AssertionError):
    """A block does not do what its page says; the message begins with page:line."""


class Block(NamedTuple):
    """One fenced block: where its first line of code stands, what it is, and its text."""

    page: Path
    line: int
    language: str
    options: dict[str, str]
    text: str
    not_run: str | None = None

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of *page* in order."""
    lines = page.read_text("utf-8").split("\n")
    at = 0
    while at < len(lines):
        opening = FENCE.match(lines[at])
        at += 1
        if not opening:
            continue
        first = at
        while at < len(lines) and lines[at].strip() != opening["fence"]:
            at += 1
        if at == len(lines):
            raise BlockError(f"{page}:{first}: this block is never closed")
        yield Block(
            page,
            first + 1,
            opening["language"],
            dict(option.split("=", 1) for option in opening["options"].split() if "=" in option),
            textwrap.dedent("\n".join(lines[first:at])) + "\n",
            reason_above(lines, first - 2),
        )
        at += 1


def reason_above(lines: list[str], at: int) -> str | None:
    """Return why the block below line *at* is not run; a blank line may stand between."""
    while at >= 0 and not lines[at].strip():
        at -= 1
    marked = NOT_RUN.match(lines[at]) if at >= 0 else None
    return marked["reason"] if marked else None


class Page:
    """A page while it is run: its folder and the module its Python blocks share."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self.folder = folder
        self.module = types.ModuleType(f"page_{path.stem.replace('-', '_')}")

    def run(self) -> int:
        """Run every block; return how many were run.

        Raises:
            BlockError: a block does not do what the page says.
        """
        ran = 0
        all_blocks = list(blocks(self.path))
        sys.modules[self.module.__name__] = self.module  # where a class looks up its annotations
        try:
            with contextlib.chdir(self.folder):
                for block in all_blocks:
                    if block.not_run is None:
                        self.run_block(block)
                        ran += 1
        finally:
            del sys.modules[self.module.__name__]
        return ran

    def run_block(self, block: Block) -> None:
        check = CHECKS.get(block.language)
        if check is None:
            raise BlockError(
                f"{block.place}: no check for a block of language {block.language!r}; "
                f"use one of {', '.join(sorted(CHECKS))}, or say <!-- not run: why --> above it"
            )
        if name := block.options.get("file"):
            Path(name).write_text(block.text, "utf-8")
        try:
            check(self, block)
        except BlockError:
            raise
        except Exception as error:
            raise BlockError(
                f"{place_of(error, block)}: {type(error).__name__}: {error}"
            ) from error


def place_of(error: Exception, block: Block) -> str:
    """Return the line of the page that an error came from, or else where the block begins."""
    lines = [
        frame.tb_lineno
        for frame in frames(error)
        if frame.tb_frame.f_code.co_filename == str(block.page)
    ]
    return f"{block.page}:{lines[-1]}" if lines else block.place


def frames(error: Exception) -> Iterator[types.TracebackType]:
    """Yield the frames of an error's traceback, the innermost last."""
    at = error.__traceback__
    while at is not None:
        yield at
        at = at.tb_next


# -- one check a language ----------------------------------------------------------
def run_python(page: Page, block: Block) -> None:
    if block.text.lstrip().startswith(">>>"):
        run_doctest(page, block)
        return
    source = "\n" * (block.line - 1) + block.text  # so that errors name the page's own lines
    code = compile(source, str(block.page), "exec", dont_inherit=True)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, page.module.__dict__)  # noqa: S102 -- running the page is the purpose


def run_doctest(page: Page, block: Block) -> None:
    test = doctest.DocTestParser().get_doctest(
        block.text, page.module.__dict__, str(block.page), str(block.page), block.line - 1
    )
    test.globs = page.module.__dict__  # names defined here are there for the blocks below
    told = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    if runner.run(test, out=told.write, clear_globs=False).failed:
        raise BlockError(f"{block.place}:\n{told.getvalue()}")


def run_console(page: Page, block: Block) -> None:
    for command, shown in commands(block.text):
        wanted = EXIT.search(command)
        line = EXIT.sub("", command)
        if not COMMAND.match(line):
            raise BlockError(
                f"{block.place}: only cix and python are run, not {line!r}; "
                "say <!-- not run: why --> above the block"
            )
        code, out = shell(line)
        if code != (int(wanted["code"]) if wanted else 0):
            raise BlockError(f"{block.place}: `{line}` ended with {code}:\n{out}")
        if shown.strip() and not same(shown, out):
            raise BlockError(f"{block.place}: `{line}` printed\n{out}\nand the page says\n{shown}")


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with the output shown below it."""
    command, shown = "", ""
    for line in text.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, shown
            command, shown = line[2:], ""
        elif command.endswith("\\"):
            command = command[:-1] + line.strip().removeprefix("> ")
        else:
            shown += line + "\n"
    if command:
        yield command, shown


def shell(line: str) -> tuple[int, str]:
    """Run *line* with the commands of this Python's environment; return exit code and output."""
    here = os.path.dirname(sys.executable)  # noqa: PTH120 -- a path list's entry is text
    done = subprocess.run(  # noqa: S602 -- pages pipe and redirect like people do
        line,
        shell=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
        env=os.environ | {"PATH": here + os.pathsep + os.environ["PATH"], "NO_COLOR": "1"},
    )
    return done.returncode, done.stdout


def same(shown: str, out: str) -> bool:
    """Compare the shown output with the printed one, whatever the spaces between words."""
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    return doctest.OutputChecker().check_output(shown.strip() + "\n", out.strip() + "\n", flags)


def run_sql(page: Page, block: Block) -> None:
    if "db" not in block.options:
        raise BlockError(f"{block.place}: say which SQLite file: ```sql db=NAME")
    file = page.folder / block.options["db"]
    if not file.exists():
        raise BlockError(f"{block.place}: no block above has made {file.name}")
    with contextlib.closing(sqlite3.connect(file)) as connection:
        for statement in block.text.split(";\n"):
            connection.execute(statement).fetchall()


def parse_toml(page: Page, block: Block) -> None:
    tomllib.loads(block.text)


def parse_json(page: Page, block: Block) -> None:
    json.loads(block.text)


def parse_jsonl(page: Page, block: Block) -> None:
    for line in block.text.splitlines():
        json.loads(line)


def look_at(page: Page, block: Block) -> None:
    """Leave a block for the eye alone."""


CHECKS: dict[str, Callable[[Page, Block], None]] = {
    "console": run_console,
    "json": parse_json,
    "jsonl": parse_jsonl,
    "mermaid": look_at,
    "python": run_python,
    "sql": run_sql,
    "text": look_at,
    "toml": parse_toml,
}
