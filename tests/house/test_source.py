"""The bars for the source: short files, short functions, words for everything public."""

from __future__ import annotations

import ast
import io
import re
import statistics
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from house.project import functions, modules, name

LONGEST_FILE = 400
MEDIAN_FILE = 150
MEDIAN_FUNCTION = 10
LONG_FUNCTION = 40  # at most one function in twenty is longer
SUPPRESSION = re.compile(r"#\s*(?P<kind>noqa|type: ignore|pyright: ignore)\b(?P<rest>.*)")
REASONED = re.compile(r"^(:\s*[A-Z0-9, ]+?|\[[\w\-, ]+\])\s*(?:#|--)\s*\S.*$")

each = pytest.mark.parametrize("module", modules(), ids=name)


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return a function's lines without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    last = function.end_lineno or function.lineno
    return last - body[0].lineno + 2 if body else 1


def public(node: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Yield the public classes, functions and methods below *node* with their names."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if child.name.startswith("_"):
            continue
        decorators = [ast.unparse(decorator) for decorator in child.decorator_list]
        if "overload" not in decorators and "override" not in decorators:
            yield inside + child.name, child
        if isinstance(child, ast.ClassDef):
            yield from public(child, f"{inside}{child.name}.")


def comments(path: Path) -> list[tuple[int, str]]:
    reader = io.StringIO(path.read_text("utf-8")).readline
    return [
        (token.start[0], token.string)
        for token in tokenize.generate_tokens(reader)
        if token.type == tokenize.COMMENT
    ]


@each
def test_no_file_is_longer_than_a_person_reads_at_once(module: Path) -> None:
    assert lines(module) <= LONGEST_FILE


def test_the_usual_file_is_short() -> None:
    assert statistics.median(map(lines, modules())) <= MEDIAN_FILE


def test_functions_are_short() -> None:
    found = sorted(
        (length(function), f"{name(module)}:{function.lineno} {function.name}")
        for module in modules()
        for function in functions(module)
    )
    assert statistics.median(size for size, _ in found) <= MEDIAN_FUNCTION
    long = [place for size, place in found if size > LONG_FUNCTION]
    assert len(long) <= len(found) / 20, long


@each
def test_no_assert_guards_the_library(module: Path) -> None:
    tree = ast.parse(module.read_text("utf-8"))
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)] == []


@each
def test_everything_public_has_a_docstring(module: Path) -> None:
    tree = ast.parse(module.read_text("utf-8"))
    assert ast.get_docstring(tree), "the module says nothing of itself"
    bare = [called for called, node in public(tree) if not ast.get_docstring(node)]  # type: ignore[arg-type]
    assert bare == []


@each
def test_every_suppressed_warning_names_its_rule_and_its_reason(module: Path) -> None:
    marks = [
        (line, found)
        for line, text in comments(module)
        if (found := SUPPRESSION.search(text)) is not None
    ]
    assert [f"{line}: {f[0]}" for line, f in marks if not REASONED.match(f["rest"])] == []


@each
def test_nothing_is_left_to_be_done(module: Path) -> None:
    left = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError")
    assert left.findall(module.read_text("utf-8")) == []
