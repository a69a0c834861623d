"""The lines of ``cix apply``: one JSON object each, a decision or an exported fact."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, BinaryIO, Final, cast

import attrs

from cix.errors import MalformedFactError

_KNOWN: Final = ("do", "key", "id", "actor", "occurred_at", "recorded_at", "args")
_TEXTS: Final = ("do", "key", "id", "actor", "occurred_at", "recorded_at")


@attrs.frozen
class Line:
    """One line as it was found: its number, its bytes, and how many bytes were read with it."""

    number: int
    raw: bytes
    read: int


@attrs.frozen
class Do:
    """A line that asks for a decision; ``named`` tells whether it brought an id of its own."""

    decision: str
    key: str
    args: Mapping[str, Any]
    id: str
    named: bool
    actor: str | None = None
    occurred_at: str | None = None
    recorded_at: str | None = None


def lines_of(stream: BinaryIO) -> Iterator[Line]:
    """Yield the lines of a file that are not blank."""
    read = 0
    for number, raw in enumerate(stream, 1):
        read += len(raw)
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")  # noqa: PLW2901  # a byte order mark says nothing
        if raw.strip():
            yield Line(number, raw, read)


class UnreadableError(Exception):
    """A line that cannot be read: its problem, and the code by which it is known."""

    def __init__(self, problem: str, code: str = MalformedFactError.code) -> None:
        """Keep both."""
        super().__init__(problem)
        self.problem, self.code = problem, code


def _no_constant(name: str) -> None:
    message = f"{name} is no JSON"
    raise ValueError(message)


def parsed(line: Line) -> dict[str, Any]:
    """Return the JSON object of a line; ``UnreadableError`` says what is wrong where."""
    try:
        text = line.raw.decode()
        found = json.loads(text, parse_constant=_no_constant)
        json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise UnreadableError(f"no JSON at column {error.colno}: {error.msg}") from None
    except UnicodeError as error:
        raise UnreadableError(f"no UTF-8: {error}") from None
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"no JSON: {error}") from None
    if not isinstance(found, dict):
        raise UnreadableError('no JSON object; write {"do": ...} or {"fact": ...}')
    plain = cast("dict[str, Any]", found)
    if ("do" in plain) == ("fact" in plain):
        raise UnreadableError('neither a decision nor a fact: it has "do" or "fact", never both')
    return plain


class Names:
    """Gives lines without an id one of their own, the same when the same file is read again.

    It is made of the batch's name, the line's text and how often the text came before in it.
    """

    def __init__(self, batch: str) -> None:
        """*batch* tells apart two files that hold the same line."""
        self.batch = batch
        self._met: Counter[bytes] = Counter()  # by digest: a file may have millions of lines

    def name(self, line: Line) -> str:
        """Return the id of *line*."""
        text = sha256(line.raw.strip()).digest()
        self._met[text] += 1
        parts = [self.batch.encode(), text, str(self._met[text]).encode()]
        return "line-" + sha256(b"\x00".join(parts)).hexdigest()[:32]


def decision_of(line: Line, found: Mapping[str, Any], names: Names, *, imports: bool = False) -> Do:
    """Read a line that asks for a decision; ``UnreadableError`` for a field it cannot have.

    Only one that *imports* may say when it was recorded.
    """
    for name in found:
        if name not in _KNOWN:
            raise UnreadableError(f"there is no field {name!r}; there are {', '.join(_KNOWN)}")
    for name in _TEXTS:
        value = found.get(name)
        if value is not None and not isinstance(value, str):
            raise UnreadableError(f"{name} must be a text, found {value!r}")
    if found.get("recorded_at") is not None and not imports:
        raise UnreadableError("recorded_at is for imports: say --import")
    if not found.get("key"):
        raise UnreadableError("key is missing")
    args = found.get("args", {})
    if not isinstance(args, dict):
        raise UnreadableError(f"args must be an object, found {args!r}")
    given = found.get("id")
    if given == "":
        raise UnreadableError("id is empty: name the request, or leave it out")
    return Do(
        found["do"],
        found["key"],
        args,  # pyright: ignore[reportUnknownArgumentType]  # its values are checked at the engine's door
        given or names.name(line),
        given is not None,
        found.get("actor"),
        found.get("occurred_at"),
        found.get("recorded_at"),
    )
