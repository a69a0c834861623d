"""Where the project's files are, for tests about the files themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "cix"
GENERATED = {"build", "dist", "__pycache__"}


def modules() -> list[Path]:
    """Return the library's modules, sorted."""
    return sorted(SRC.rglob("*.py"))


def pages() -> list[Path]:
    """Return the Markdown pages a reader may follow: those at the top and all of docs/."""
    top = [page for page in ROOT.glob("*.md") if page.name != "CHANGELOG.md"]
    return sorted([*top, *(ROOT / "docs").rglob("*.md")])


def texts() -> Iterator[tuple[Path, str]]:
    """Yield every text file that belongs to the project with its text."""
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT).parts
        hidden = [part for part in inside if part.startswith(".") and part not in OURS]
        if hidden or GENERATED.intersection(inside) or not path.is_file():
            continue
        try:
            yield path, path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


OURS = {".ci", ".gitignore"}


def name(path: Path) -> str:
    """Return *path* as the project's people call it."""
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a module, nested ones too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
