"""What the command line says, in the reader's language: English texts are the catalogue's keys."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["en", "zh"]
ENGLISH: Final[Language] = "en"
LOCALES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Variables that name a locale, the one that counts first."""
_language: ContextVar[Language] = ContextVar("language", default=ENGLISH)


def language() -> Language:
    """Return the language that is spoken now."""
    return _language.get()


def use(chosen: Language) -> None:
    """Speak *chosen* from now on."""
    _language.set(chosen)


def language_of(name: str) -> Language:
    """Return the language that a locale's name such as ``zh_CN.UTF-8`` asks for."""
    return "zh" if name.lower().startswith("zh") else ENGLISH


def language_around(environ: Mapping[str, str]) -> Language:
    """Return the language that the environment asks for."""
    names = (environ.get(name) for name in ("CIX_LANG", *LOCALES))
    return language_of(next((name for name in names if name), ""))


@cache
def _chinese() -> Mapping[str, str]:
    from cix.cli.zh import TEXTS

    return TEXTS


def translated(text: str) -> str | None:
    """Return *text* in the language spoken now, None where the catalogue does not hold it."""
    return text if language() == ENGLISH else _chinese().get(text)


def t(text: str, /, **values: object) -> str:
    """Return *text* in the language spoken now, its ``{name}`` places filled with *values*."""
    found = translated(text) or text
    return found.format(**values) if values else found


def paragraphs(text: str) -> list[str]:
    """Cut a help text into paragraphs, each on one line; what begins with a form is left alone."""
    found = text.strip().split("\n\n")
    return [one if one.lstrip().startswith("\b") else " ".join(one.split()) for one in found]


def help_text(text: str) -> str:
    """Translate a help text paragraph by paragraph."""
    return "\n\n".join(t(one) for one in paragraphs(text))
