"""The project speaks of itself alone: no machine's folders, no package registry's address."""

from __future__ import annotations

import re

from house.project import name, texts

MACHINE = re.compile(r"(?<![\w.)}\]*])/(work|root|home|Users|opt|mnt)/\w|\b[A-Z]:\\\\?Users\b")
REGISTRY = re.compile(
    r"\b(pypi|pythonhosted|npmjs|crates|anaconda|golang|debian)\.(org|io|com|dev)\b"
)


def places(pattern: re.Pattern[str]) -> list[str]:
    """Return where in the project *pattern* is found, as file:line: words."""
    return [
        f"{name(path)}:{text.count(chr(10), 0, found.start()) + 1}: {found[0]}"
        for path, text in texts()
        for found in pattern.finditer(text)
    ]


def test_nothing_names_a_folder_of_some_machine() -> None:
    assert places(MACHINE) == []


def test_nothing_names_a_package_registry() -> None:
    assert places(REGISTRY) == []


def test_the_patterns_find_what_they_are_for() -> None:
    folder, registry = "home", "pypi"  # put together here, so that this file passes
    assert MACHINE.search("see " + f"/{folder}/ann/x")
    assert not MACHINE.search("https://example.com/home/ann")
    assert REGISTRY.search("https://" + f"{registry}.org/simple")
    assert not REGISTRY.search("from PyPI")
