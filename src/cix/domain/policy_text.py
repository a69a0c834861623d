"""Policies written as TOML text: the data, and which line each part of it stands on.

So a policy that cannot be meant is refused with the line to look at. Pure: the text comes in,
nothing is opened.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

import attrs

from cix.errors import InvalidPolicyError

Parsed = TypeVar("Parsed")

_TOKEN: Final = re.compile(
    r'(?P<skip>[ \t\r]+|\#[^\n]*)'
    r'|(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')'
    r'|(?P<mark>[\[\]{}=,.\n])'
    r'|(?P<bare>[^\s\[\]{}=,."\'\#]+)',
    re.DOTALL,
)  # fmt: skip
_AT_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")


@attrs.frozen
class PolicyText:
    """A policy as it was written: its plain data, and the line of each place in it.

    A place is written as errors write it: ``policy[0].targets[1].seconds``.
    """

    body: Mapping[str, Any]
    lines: Mapping[str, int]

    def line(self, where: str) -> int | None:
        """Return the line of a place, or of the nearest part that holds it."""
        place = where
        while place:
            if place in self.lines:
                return self.lines[place]
            cut = max(place.rfind("."), place.rfind("["))
            place = place[:cut] if cut > 0 else ""
        return None


def parse(text: str, kind: str) -> PolicyText:
    """Read TOML text; ``InvalidPolicyError`` names the line at which it is no TOML."""
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        where = f"line {found[1]}" if found else f"line {text.count(chr(10)) + 1}"
        problem = _AT_LINE.sub("", str(error)).strip()
        raise InvalidPolicyError(kind, where, problem, "mend the TOML there") from None
    except RecursionError:
        raise InvalidPolicyError(kind, "the file", "it is nested too deeply") from None
    return PolicyText(body, _Lines(text).found)


def read(text: str, kind: str, reader: Callable[[Mapping[str, Any]], Parsed]) -> Parsed:
    """Read TOML text with the reader of its kind; a refusal names the line too."""
    written = parse(text, kind)
    try:
        return reader(written.body)
    except InvalidPolicyError as error:
        line = written.line(error.where)
        where = error.where if line is None else f"line {line}, {error.where}"
        raise InvalidPolicyError(error.kind, where, error.problem, error.hint) from None


class _Lines:
    """Walks over TOML text that is known to be well formed, noting where each key stands."""

    def __init__(self, text: str) -> None:
        self.found: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self._tokens = _tokens(text)
        self._ahead = next(self._tokens)
        self._table = ""
        while self._ahead[0]:
            self._statement()

    def _next(self) -> tuple[str, int]:
        token = self._ahead
        self._ahead = next(self._tokens)
        return token

    def _statement(self) -> None:
        word, line = self._ahead
        if word == "\n":
            self._next()
        elif word == "[":
            self._header(line)
        else:
            self._pair(self._table)

    def _header(self, line: int) -> None:
        self._next()
        listed = self._ahead[0] == "["
        if listed:
            self._next()
        parts = self._key("]")
        while self._ahead[0] == "]":
            self._next()
        place = ""
        for n, part in enumerate(parts):
            place = _under(place, part)
            if n < len(parts) - 1 and place in self._counts:
                place = f"{place}[{self._counts[place] - 1}]"
        if listed:
            self.found.setdefault(place, line)
            count = self._counts[place] = self._counts.get(place, 0) + 1
            place = f"{place}[{count - 1}]"
        self.found.setdefault(place, line)
        self._table = place

    def _key(self, end: str) -> list[str]:
        parts: list[str] = []
        while (word := self._ahead[0]) != end:
            self._next()
            if word != ".":
                parts.append(_unquoted(word))
        return parts

    def _pair(self, table: str) -> None:
        line = self._ahead[1]
        place = table
        for part in self._key("="):
            place = _under(place, part)
            self.found.setdefault(place, line)
        self._next()
        self._value(place)

    def _value(self, place: str) -> None:
        word, _ = self._next()
        if word == "[":
            self._list(place)
        elif word == "{":
            self._inline(place)
        else:
            # A date-time or a float is several words for this walk.
            while self._ahead[0] not in {"\n", ",", "]", "}", ""}:
                self._next()

    def _list(self, place: str) -> None:
        n = 0
        while True:
            word, line = self._ahead
            if word in {"\n", ","}:
                self._next()
            elif word == "]":
                self._next()
                return
            else:
                element = f"{place}[{n}]"
                self.found.setdefault(element, line)
                self._value(element)
                n += 1

    def _inline(self, place: str) -> None:
        while True:
            word, _ = self._ahead
            if word in {"\n", ","}:
                self._next()
            elif word == "}":
                self._next()
                return
            else:
                self._pair(place)


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for match in _TOKEN.finditer(text):
        word = match[0]
        if match.lastgroup != "skip":
            yield word, line
        line += word.count("\n")
    while True:
        yield "", line


def _unquoted(word: str) -> str:
    return word[1:-1] if word[:1] in {'"', "'"} else word


def _under(place: str, part: str) -> str:
    return f"{place}.{part}" if place else part
