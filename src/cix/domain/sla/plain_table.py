"""A table of plain data that knows its place, so that a refusal can name it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import attrs

from cix.errors import InvalidPolicyError
from cix.plain import shown


def refused(kind: str, where: str, problem: str, hint: str = "") -> InvalidPolicyError:
    """Return the error that names the place, what is wrong there, and the way out."""
    return InvalidPolicyError(kind, where or "body", problem, hint)


@attrs.frozen
class Table:
    """Plain data under names; ``where`` is its place, such as ``policy[0].targets[1]``."""

    plain: Mapping[str, Any]
    where: str
    kind: str

    @classmethod
    def of(cls, plain: object, where: str, kind: str) -> Table:
        """Take *plain* for a table; ``InvalidPolicyError`` when it is none."""
        if not isinstance(plain, Mapping):
            raise refused(kind, where, f"expected a table, found {shown(plain)}", "write key = ...")
        return cls(cast("Mapping[str, Any]", plain), where, kind)

    def at(self, key: str) -> str:
        """Return the place of *key*."""
        return f"{self.where}.{key}" if self.where else key

    def only(self, *keys: str) -> None:
        """Refuse a key that is not among *keys*."""
        for key in self.plain:
            if key not in keys:
                hint = f"there are {', '.join(keys)}"
                raise refused(self.kind, self.at(key), "no such key", hint)

    def get(self, key: str) -> object:
        """Return what is under *key*, or None."""
        return self.plain.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """Return the text under *key*; without a default it is required."""
        found = self.plain.get(key, default)
        if not isinstance(found, str) or not found:
            raise self._wrong(key, "a text", found)
        return found

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return the texts under *key*; each may stand there once."""
        found = self.list(key) if key in self.plain else list(default)
        for n, one in enumerate(found):
            if not isinstance(one, str) or not one:
                raise self._wrong(f"{key}[{n}]", "a text", one)
            if one in found[:n]:
                place = self.at(f"{key}[{n}]")
                raise refused(self.kind, place, f"{one!r} stands twice", "write it once")
        return tuple(cast("list[str]", found))

    def list(self, key: str) -> list[object]:
        """Return the list under *key*; nothing there is an empty one."""
        found = self.plain.get(key, [])
        if not isinstance(found, list | tuple):
            raise self._wrong(key, "a list", found)
        return list(cast("list[object]", found))

    def count(self, key: str, default: int | None = None, *, least: int = 1) -> int:
        """Return the whole number under *key*; without a default it is required."""
        found = self.plain.get(key, default)
        if type(found) is not int or found < least:
            raise self._wrong(key, f"a whole number of at least {least}", found)
        return found

    def flag(self, key: str, *, default: bool) -> bool:
        """Return the bool under *key*."""
        found = self.plain.get(key, default)
        if not isinstance(found, bool):
            raise self._wrong(key, "true or false", found)
        return found

    def choice(self, key: str, default: str, choices: tuple[str, ...]) -> str:
        """Return the word under *key*, one of *choices*."""
        found = self.plain.get(key, default)
        if found not in choices:
            raise self._wrong(key, f"one of {', '.join(choices)}", found)
        return cast("str", found)

    def table(self, key: str) -> Table:
        """Return the table under *key*; nothing there is an empty one."""
        return Table.of(self.plain.get(key, {}), self.at(key), self.kind)

    def tables(self, key: str) -> tuple[Table, ...]:
        """Return the tables of the list under *key*, each with its place."""
        found = zip(self.list(key), self.places(key), strict=True)
        return tuple(Table.of(one, place, self.kind) for one, place in found)

    def places(self, key: str) -> tuple[str, ...]:
        """Return the place of each element of the list under *key*."""
        return tuple(f"{self.at(key)}[{n}]" for n in range(len(self.list(key))))

    def _wrong(self, key: str, expected: str, found: object) -> InvalidPolicyError:
        problem = f"expected {expected}, found {'nothing' if found is None else shown(found)}"
        return refused(self.kind, self.at(key), problem)
