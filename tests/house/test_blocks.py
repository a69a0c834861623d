"""The runner of the pages' code blocks itself: what it runs, and what it refuses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from house.blocks import BlockError, Page, blocks

PYTHON_WITH_A_CLASS = """
```python
from __future__ import annotations
import attrs

@attrs.frozen
class Card:
    name: str
```

Later on the same page:

```python
import typing
assert typing.get_type_hints(Card) == {"name": str}
```
"""


def run(folder: Path, text: str) -> int:
    page = folder / "page.md"
    page.write_text(text, "utf-8")
    inside = folder / "run"
    inside.mkdir(exist_ok=True)
    return Page(page, inside).run()


def test_the_python_blocks_of_a_page_share_one_module(tmp_path: Path) -> None:
    assert run(tmp_path, PYTHON_WITH_A_CLASS) == 2
    assert not [name for name in sys.modules if name.startswith("page_")]


def test_an_error_in_a_block_names_the_line_of_the_page(tmp_path: Path) -> None:
    with pytest.raises(BlockError, match=r"page\.md:5: ZeroDivisionError"):
        run(tmp_path, "text\n\n```python\nx = 1\n1 / 0\n```\n")


def test_a_block_in_a_list_is_dedented(tmp_path: Path) -> None:
    assert run(tmp_path, "1. first\n\n   ```python\n   x = 1\n   ```\n") == 1


def test_the_output_of_a_doctest_block_is_checked(tmp_path: Path) -> None:
    assert run(tmp_path, "```python\n>>> 1 + 1\n2\n```\n") == 1
    with pytest.raises(BlockError, match="Expected"):
        run(tmp_path, "```python\n>>> 1 + 1\n3\n```\n")


def test_a_block_marked_not_run_is_passed_over(tmp_path: Path) -> None:
    assert run(tmp_path, "<!-- not run: needs a server -->\n\n```python\n1 / 0\n```\n") == 0


def test_a_mark_without_a_reason_counts_for_nothing(tmp_path: Path) -> None:
    with pytest.raises(BlockError):
        run(tmp_path, "<!-- not run: -->\n```python\n1 / 0\n```\n")


@pytest.mark.parametrize("language", ["", "bash", "pyton"])
def test_a_block_that_cannot_be_checked_is_an_error(tmp_path: Path, language: str) -> None:
    with pytest.raises(BlockError, match="no check for a block"):
        run(tmp_path, f"```{language}\nhello\n```\n")


def test_a_block_that_is_never_closed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BlockError, match="never closed"):
        run(tmp_path, "```python\nx = 1\n")


def test_a_command_must_end_with_the_code_that_the_page_says(tmp_path: Path) -> None:
    assert run(tmp_path, "```console\n$ python -c 'exit(3)'  # exit 3\n```\n") == 1
    with pytest.raises(BlockError, match="ended with 3"):
        run(tmp_path, "```console\n$ python -c 'exit(3)'\n```\n")


def test_shown_output_must_be_what_is_printed(tmp_path: Path) -> None:
    assert run(tmp_path, "```console\n$ python -c 'print(\"a  b\", 7)'\na b ...\n```\n") == 1
    with pytest.raises(BlockError, match="the page says"):
        run(tmp_path, "```console\n$ python -c 'print(1)'\n2\n```\n")


def test_commands_of_other_programs_are_not_run(tmp_path: Path) -> None:
    with pytest.raises(BlockError, match="only cix and python"):
        run(tmp_path, "```console\n$ rm -rf x\n```\n")


def test_a_file_block_is_there_for_the_blocks_below(tmp_path: Path) -> None:
    text = (
        "```toml file=cix.toml\nurl = 'sqlite:///a.db'\n```\n"
        "```python\nimport pathlib\nassert 'a.db' in pathlib.Path('cix.toml').read_text()\n```\n"
    )
    assert run(tmp_path, text) == 2


@pytest.mark.parametrize(("language", "text"), [("toml", "a ="), ("json", "{"), ("jsonl", "{}\n{")])
def test_data_that_does_not_parse_is_an_error(tmp_path: Path, language: str, text: str) -> None:
    with pytest.raises(BlockError):
        run(tmp_path, f"```{language}\n{text}\n```\n")


def test_sql_is_run_on_the_file_that_an_earlier_block_made(tmp_path: Path) -> None:
    make = (
        "import sqlite3\ndb = sqlite3.connect('a.db')\ndb.execute('create table t (x)')\ndb.close()"
    )
    text = f"```python\n{make}\n```\n```sql db=a.db\nselect x from t;\n```\n"
    assert run(tmp_path, text) == 2
    with pytest.raises(BlockError, match="no block above"):
        run(tmp_path, "```sql db=b.db\nselect 1\n```\n")


def test_a_fence_of_four_may_hold_one_of_three(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("````text\n```python\n1 / 0\n```\n````\n")
    assert [block.language for block in blocks(page)] == ["text"]
