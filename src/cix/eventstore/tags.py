"""Tags as they are stored: one text an event, one 64-bit hash a tag."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Final, TypeAlias

TagHash: TypeAlias = Callable[[str], int]

_INT64: Final = struct.Struct(">q").unpack
SEPARATOR: Final = "\x1f"
"""The unit separator: it may stand in no tag, so a tag is found in the text exactly."""

LONGEST: Final = 2_048
"""Bytes of a tag at most: a key stands in the indexes of views, and an entry of PostgreSQL's has
2,704."""
_BYTES: Final = 4
"""Of a character at most."""


def tag64(tag: str) -> int:
    """Return the signed 64-bit BLAKE2b hash of a tag's UTF-8 text.

    The event row keeps the tags themselves, so a collision is filtered and never wrong.
    """
    found: int = _INT64(blake2b(tag.encode(), digest_size=8).digest())[0]
    return found


def framed(tag: str) -> str:
    """Return *tag* between separators: the text that an event with this tag contains."""
    return f"{SEPARATOR}{tag}{SEPARATOR}"


def joined(tags: Sequence[str]) -> str:
    """Return the stored text of *tags*, in their order; ``ValueError`` says what is wrong."""
    try:
        text = SEPARATOR.join(tags)
    except TypeError:
        raise ValueError(f"tags are texts, not {tags!r}") from None
    if text.count(SEPARATOR) != len(tags) - 1 and tags:
        raise ValueError("a tag holds a unit separator")
    if "\0" in text:
        raise ValueError("a tag holds a NUL")
    if len(text) * _BYTES > LONGEST and any(map(is_too_long, tags)):
        raise ValueError(f"a tag is longer than {LONGEST:,} bytes")
    return framed(text) if tags else ""


def is_too_long(tag: str) -> bool:
    """Tell whether *tag* has more bytes than every database's indexes take."""
    return len(tag) * _BYTES > LONGEST and len(tag.encode(errors="surrogatepass")) > LONGEST


def finder(kind: str) -> Callable[[str], list[str]]:
    """Return the function that finds the values of the tags of *kind* in a stored text."""
    return re.compile(f"{SEPARATOR}{re.escape(kind)}:([^{SEPARATOR}]*)").findall


def split(text: str) -> tuple[str, ...]:
    """Return the tags of a stored text."""
    return tuple(text[1:-1].split(SEPARATOR)) if text else ()
