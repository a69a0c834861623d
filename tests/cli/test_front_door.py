"""Help, unknown words, the two languages: what everybody meets first."""

from __future__ import annotations

import ast
import contextlib
import inspect
import os
import pty
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import cix
import cix.cli
from cix.cli import app, applying, settings, table
from cix.cli.base import Argument, Group
from cix.cli.words import paragraphs
from cix.cli.zh import TEXTS
from cix.cli.zh.rules import ENTITIES, RULES
from cli.calling import cix as call
from cli.calling import clean, run

SECONDS = 0.2
LONGEST_LINE = 60
"""So that the list of commands fits into a terminal."""


def tree(command: click.Command, path: str = "cix") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from tree(found, f"{path} {name}")


EVERY = dict(tree(app.main))
each = pytest.mark.parametrize("path", EVERY)


# -- help ----------------------------------------------------------------------
@each
def test_every_command_helps(path: str) -> None:
    done = call(*path.split()[1:], "--help")
    assert done.code == 0
    assert done.out.startswith(f"Usage: {path}")


@each
def test_the_line_in_the_table_is_short_and_the_help_says_more(path: str) -> None:
    name = path.removeprefix("cix").strip()
    if name:
        assert len(table.COMMANDS[name].says) <= LONGEST_LINE
        assert table.COMMANDS[name].says.endswith(".")
        assert EVERY[path].help


def test_the_help_of_cix_lists_every_command() -> None:
    out = call("--help").out
    for name in table.COMMANDS:
        assert name.split()[0] in out


def test_without_a_command_the_help_is_shown_and_nothing_was_done() -> None:
    done = call()
    assert (done.code, done.out) == (2, "")
    assert "Usage: cix" in done.err


def test_the_version_is_told() -> None:
    assert call("--version").out.startswith("cix ")


def cpu_seconds(code: str) -> float:
    """Return the processor time that a fresh Python needs for *code*, the best of five."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(once() for _ in range(5))


def test_help_is_quick() -> None:
    ask = (
        "import contextlib, cix.cli\nwith contextlib.suppress(SystemExit): cix.cli.main(['--help'])"
    )
    floor = cpu_seconds("import attrs, click")  # what any command line on these two needs
    assert cpu_seconds(ask) <= max(SECONDS, 1.5 * floor)


# -- wrong words ----------------------------------------------------------------
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["shw"], "no such command: shw did you mean show?"),
        (["projections", "rebild"], "no such command: rebild did you mean rebuild?"),
        (["show", "queues"], "missing: 'KEY'"),
        (["show", "queues", "t-1", "--as-off", "x"], "no such option: --as-off"),
        (["find", "queues", "--limit", "many"], "'--limit' cannot be used"),
        (["find", "queues", "--limit"], "--limit"),
        (["show", "queues", "t-1", "t-2"], "unexpected extra argument"),
    ],
)
def test_wrong_words_are_told_in_one_line_with_exit_code_2(words: list[str], told: str) -> None:
    done = call(*words)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert done.err.count("\n") == 1


def test_a_real_process_ends_with_the_same_codes(tmp_path: Path) -> None:
    assert run("show", "queues", cwd=tmp_path).code == 2
    assert run("show", "queues", "t-1", cwd=tmp_path).code == 4
    assert run("facts", cwd=tmp_path).code == 0


def test_nobody_who_stops_reading_is_shouted_at(tmp_path: Path) -> None:
    piped = f"{sys.executable} -c 'from cix.cli import main; main()' facts --jsonl | head -1"
    done = subprocess.run(piped, shell=True, capture_output=True, text=True, check=False)  # noqa: S602 -- a pipe as people write it
    assert done.returncode == 0
    assert done.stderr == ""


def on_a_terminal(*args: str, cwd: Path, **env: str) -> str:
    """Run a command on a terminal of its own and return what it showed."""
    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as shown:  # noqa: PTH123 -- a descriptor, no path
        process = subprocess.Popen(
            [sys.executable, "-c", "from cix.cli import main; main()", *args],
            cwd=cwd,
            env=clean(env),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        found = b""
        with contextlib.suppress(OSError):  # how a terminal ends
            while part := shown.read(4096):
                found += part
        assert process.wait(30) == 0
    return found.decode()


def test_a_person_at_a_terminal_sees_a_drawn_table_without_colours_if_so_wished(
    tmp_path: Path,
) -> None:
    assert "─" in on_a_terminal("facts", "member", cwd=tmp_path, COLUMNS="120")
    assert "\x1b[" not in on_a_terminal("facts", "member", cwd=tmp_path, NO_COLOR="1")


# -- two languages -----------------------------------------------------------------
def said() -> Iterator[str]:
    """Yield every text that the command line's source hands to ``t``."""
    here = Path(cix.cli.__file__).parent
    for path in here.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "t"
            ):
                text = node.args[0]
                if isinstance(text, ast.Constant):
                    yield str(text.value)


def helped() -> Iterator[str]:
    for command in EVERY.values():
        yield from paragraphs(inspect.cleandoc(command.help or ""))
        for param in command.params:
            text = param.says if isinstance(param, Argument) else getattr(param, "help", None)
            if text:
                yield text
    yield from (entry.says for entry in table.COMMANDS.values())
    yield from (setting.says for setting in settings.SETTINGS)
    yield from applying.COUNTS.values()


def test_every_text_has_its_chinese() -> None:
    assert [text for text in (*said(), *helped()) if text not in TEXTS] == []


def test_a_translation_keeps_the_places_of_its_values() -> None:
    def places(text: str) -> set[str]:
        return {part.partition("}")[0] for part in text.split("{")[1:]} - {'"do": DECISION, "key"'}

    wrong = [text for text in said() if places(text) != places(TEXTS[text])]
    assert wrong == []


def refusals() -> Iterator[tuple[str, str]]:
    """Yield (kind, word) of every rule and entity that the rooms refuse by name."""
    places = {"RuleBrokenError": (0, 1), "NotFoundError": (None, 0), "refuse": (0, None)}
    places |= {"refusal": (1, None), "_refusal": (1, None)}
    for path in (Path(cix.__file__).parent / "domain").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                for kind, at in zip(("rule", "entity"), places.get(node.func.id, ()), strict=False):
                    word = node.args[at] if at is not None and at < len(node.args) else None
                    if isinstance(word, ast.Constant):
                        yield kind, str(word.value)


def test_every_rule_of_the_rooms_has_its_chinese() -> None:
    known = {"rule": RULES, "entity": ENTITIES}
    found = set(refusals())
    assert len(found) > 30
    assert sorted(word for kind, word in found if word not in known[kind]) == []


@pytest.mark.parametrize("env", [{"LANG": "zh_CN.UTF-8"}, {"CIX_LANG": "zh"}], ids=str)
def test_the_environment_chooses_the_language(env: dict[str, str]) -> None:
    assert call("show", "--help", **env).out.startswith("用法：cix show")


def test_a_flag_chooses_the_language_wherever_it_stands() -> None:
    assert "用法：" in call("--lang", "zh", "show", "--help").out
    assert "缺少：'VIEW'" in call("show", "--lang", "zh").err
    assert "Usage:" in call("--lang", "en", "show", "--help", LANG="zh_CN.UTF-8").out


def test_the_settings_file_chooses_the_language(folder: Path) -> None:
    (folder / "cix.toml").write_text('lang = "zh"\n')
    assert "用法：" in call("show", "--help").out
