"""The public face: few names, none by accident, and nothing heavy behind `import cix`."""

from __future__ import annotations

import subprocess
import sys

import pytest

import cix

MOST_NAMES = 12
PUBLIC = [
    "Catalogue",
    "CixError",
    "ConflictError",
    "DomainError",
    "Engine",
    "Projection",
    "Recorded",
    "SourceFact",
    "fact",
    "open",
    "personal",
    "tagged",
]
HEAVY = ("click", "eventsourcing", "msgpack", "psycopg", "rich", "sqlalchemy", "sqlite3")


def loaded(statement: str) -> set[str]:
    """Return the top-level packages that a fresh Python has loaded after *statement*."""
    show = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\n{show}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_the_public_names_are_few_and_sorted() -> None:
    assert list(cix.__all__) == sorted(set(cix.__all__))
    assert len(cix.__all__) <= MOST_NAMES


def test_a_public_name_comes_or_goes_only_on_purpose() -> None:
    assert list(cix.__all__) == PUBLIC


def test_every_public_name_is_there_and_documented() -> None:
    for public in cix.__all__:
        assert getattr(cix, public).__doc__, public


def test_what_can_be_seen_is_what_is_public() -> None:
    submodules = {
        name.split(".")[1]
        for name in sys.modules
        if name.startswith("cix.") and name.count(".") == 1
    }
    added = ("_", "@")  # ours that are private, and what pytest writes into a plug-in's package
    seen = {name for name in vars(cix) if not name.startswith(added)}
    assert seen - submodules - {"annotations"} <= set(cix.__all__)


def test_importing_cix_loads_nothing_heavy() -> None:
    assert loaded("import cix").isdisjoint(HEAVY)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]], ids=lambda a: a[0])
def test_the_command_line_answers_without_loading_a_store(arguments: list[str]) -> None:
    call = (
        "import cix.cli, contextlib\n"
        f"with contextlib.suppress(SystemExit): cix.cli.main({arguments!r})"
    )
    assert loaded(call).isdisjoint(set(HEAVY) - {"click"})
