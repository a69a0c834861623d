"""What the pages say, happens: code blocks are run or checked, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from house.blocks import Page, blocks
from house.project import ROOT, name, pages

LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
QUICK_START_LINES = 12
README = ROOT / "README.md"


@pytest.mark.parametrize("page", pages(), ids=name)
def test_every_code_block_of_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    Page(page, tmp_path).run()


@pytest.mark.parametrize("page", pages(), ids=name)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    targets = [found["target"].partition("#")[0] for found in LINK.finditer(text)]
    local = [target for target in targets if target and "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_every_page_of_docs_is_reached_from_its_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {
        (index.parent / found["target"].partition("#")[0]).resolve()
        for found in LINK.finditer(index.read_text("utf-8"))
    }
    docs = [page for page in pages() if page.is_relative_to(index.parent) and page != index]
    assert [name(page) for page in docs if page not in linked] == []


def test_the_quick_start_is_short() -> None:
    first = next(block for block in blocks(README) if block.language == "python")
    code = [line for line in first.text.splitlines() if line.strip()]
    assert len(code) <= QUICK_START_LINES


@pytest.mark.parametrize(
    "command",
    [
        ["mypy", "--strict", "--config-file=", "--python-executable", sys.executable],
        ["basedpyright", "--level", "error", "--pythonpath", sys.executable],
    ],
    ids=lambda command: command[0],
)
def test_the_readme_is_clean_for_type_checkers(command: list[str], tmp_path: Path) -> None:
    shown = [b.text for b in blocks(README) if b.language == "python" and b.not_run is None]
    script = tmp_path / "readme.py"
    script.write_text("\n".join(text for text in shown if not text.startswith(">>>")), "utf-8")
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    checker = Path(sys.executable).parent / command[0]
    done = subprocess.run(
        [checker, *command[1:], script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
