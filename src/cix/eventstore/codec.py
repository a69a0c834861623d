"""Facts as bytes: msgpack arrays of typed fields, by catalogue name and version.

A fact becomes one array of its plain fields and, for each privacy category it has fields of, a
*box*: one format byte (0: not encrypted) and an array of those fields. A box of which every field
is None, or a tuple with nothing in it, is not written. Nothing is decoded before somebody asks
for the fact.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias, cast
from uuid import UUID

import msgpack

from cix.errors import MalformedFactError, UnknownFactError
from cix.eventstore.packing import FieldError, Part, builder
from cix.eventstore.tags import TagHash, finder, joined, split, tag64
from cix.facts import Catalogue, Entry
from cix.records import Metadata, NewEvent, Row, to_us

PLAIN_BOX: Final = b"\x00"
"""Format byte of a box that is not encrypted."""
NOT_LIFTED: Final = b"\xc0"
"""End of ``meta`` where the recorded time is the one given."""
_INT64: Final = struct.Struct(">Bq")
_INT64_MARK: Final = 0xD3
_CACHED_TAGS: Final = 65_536
_TAGS: Final = itemgetter(6)


Read: TypeAlias = Callable[[bytes, "dict[str, bytes] | None"], object]
"""From the plain part and the boxes of a stored fact to the fact."""


class Box(NamedTuple):
    """The personal fields of one category: whose they are, and their bytes."""

    category: str
    subject: str
    content: bytes


class Packed(NamedTuple):
    """An event as it is stored, but for position, recorded time and the end of ``meta``."""

    id: bytes
    type: str
    version: int
    occurred_us: int
    tags: str
    hashes: tuple[int, ...]
    data: bytes
    meta: bytes
    given_us: int | None
    boxes: tuple[Box, ...]


_PACKED: Final = cast("Callable[[type[Packed], tuple[object, ...]], Packed]", tuple.__new__)
"""Makes a ``Packed`` of its parts in half the time of its own constructor."""


def lifted_from(given_us: int) -> bytes:
    """Return the end of ``meta`` that keeps the recorded time given, where it was lifted."""
    return _INT64.pack(_INT64_MARK, given_us)


class Codec:
    """Writes facts of a catalogue as bytes and reads stored rows; a ``records.Reader``."""

    def __init__(self, catalogue: Catalogue, tag_hash: TagHash = tag64) -> None:
        """Take the facts from *catalogue*; *tag_hash* is exchanged by tests of collisions."""
        self.catalogue = catalogue
        self.hash: TagHash = lru_cache(_CACHED_TAGS)(tag_hash)
        self.boxed: Final = frozenset(key for key, one in catalogue.entries.items() if one.boxes)
        """Names and versions of the facts that may have boxes."""
        self._reads: dict[tuple[str, int], Read] = {}
        self._as_written: dict[tuple[str, int], Read] = {}
        self._classes: dict[type, Shape] = {}
        self._finders: dict[str, Callable[[str], list[str]]] = {}
        self._last_metadata = (Metadata(), pack_metadata(Metadata()))

    def encode(self, event: NewEvent) -> Packed:
        """Return *event* as it is stored; ``MalformedFactError`` when it cannot be."""
        shape = self._classes.get(type(event.fact)) or self._shape_of(event.fact)
        data, boxes = shape.write(event.fact)
        tags, metadata = event.tags, event.metadata
        try:
            text, hashes = joined(tags), self.hashes(tags)
        except ValueError as error:
            raise MalformedFactError(shape.name, "tags", str(error)) from error
        known, meta = self._last_metadata
        if known is not metadata:
            meta = self._pack(shape.name, metadata)
        subject = _subject(tags) if boxes else ""
        kept = () if not boxes else tuple([Box(category, subject, one) for category, one in boxes])
        occurred, given = to_us(event.occurred_at), metadata.given_us
        word, version, event_id = shape.name, shape.version, event.event_id.bytes
        return _PACKED(
            Packed, (event_id, word, version, occurred, text, hashes, data, meta, given, kept)
        )

    def foreign(self, word: str, data: bytes, tags: list[str], event_id: UUID, at: int) -> Packed:
        """Return a foreign application's event: its bytes as they are, under version 0."""
        try:
            joined([word])
            text, hashes = joined(tags), self.hashes(tuple(tags))
        except ValueError as error:
            raise MalformedFactError(word, "tags", str(error)) from error
        meta = pack_metadata(Metadata())
        return Packed(event_id.bytes, word, 0, at, text, hashes, data, meta, None, ())

    def hashes(self, tags: tuple[str, ...]) -> tuple[int, ...]:
        """Return the hashes under which an event with *tags* is found, none twice."""
        return tuple(dict.fromkeys(map(self.hash, tags)))

    def tags(self, row: Row) -> tuple[str, ...]:
        """Return the tags of *row*, in the order they were written."""
        return split(row[6])

    def values_of(self, rows: Iterable[Row], kind: str) -> list[list[str]]:
        """Return of each row the values of its tags of *kind*, in the order they were written."""
        find = self._finders.get(kind) or self._finder(kind)
        return list(map(find, map(_TAGS, rows)))

    def first_of(self, row: Row, kind: str) -> str | None:
        """Return the value of the first tag of *kind* of *row*, or None."""
        find = self._finders.get(kind) or self._finder(kind)
        found = find(row[6])
        return found[0] if found else None

    def _finder(self, kind: str) -> Callable[[str], list[str]]:
        find = self._finders[kind] = finder(kind)
        return find

    def metadata(self, row: Row) -> Metadata:
        """Return the metadata of *row*; ``MalformedFactError`` when its bytes are not."""
        try:
            actor, correlation, causation, digest, loaded, given = msgpack.unpackb(row[8])
        except Exception as error:
            raise MalformedFactError(
                row[2], f"metadata at position {row[0]}", str(error)
            ) from error
        return Metadata(actor, correlation, causation, digest, given, loaded)

    def fact(self, row: Row) -> object:
        """Return the fact of *row*, lifted to its present version.

        Raises ``UnknownFactError`` or ``MalformedFactError``, with the position.
        """
        read = self._reads.get((row[2], row[3])) or self._shape(row[2], row[3], row[0]).read
        try:
            return read(row[7], row[9])
        except Exception as error:
            raise MalformedFactError(row[2], f"position {row[0]}", str(error)) from error

    def written(self, row: Row) -> object:
        """Return the fact of *row* as it was written, not lifted; raises what ``fact`` does."""
        known = self._as_written.get((row[2], row[3]))
        read = known or self._shape(row[2], row[3], row[0]).as_written
        try:
            return read(row[7], row[9])
        except Exception as error:
            raise MalformedFactError(row[2], f"position {row[0]}", str(error)) from error

    def _pack(self, word: str, metadata: Metadata) -> bytes:
        try:
            meta = pack_metadata(metadata)
        except (TypeError, ValueError, OverflowError) as error:
            raise MalformedFactError(word, "metadata", str(error)) from error
        self._last_metadata = (metadata, meta)
        return meta

    def _shape_of(self, fact: object) -> Shape:
        try:
            entry = self.catalogue.entry(type(fact))
        except TypeError as error:
            raise MalformedFactError(type(fact).__name__, "catalogue", str(error)) from error
        shape = self._shape(entry.word.name, entry.word.version, 0)
        self._classes[type(fact)] = shape
        return shape

    def _shape(self, word: str, version: int, position: int) -> Shape:
        entry = self.catalogue.entries.get((word, version))
        if entry is None:
            raise UnknownFactError(word, version, position)
        upcast = self.catalogue.upcast if entry.cls in self.catalogue.upcasts else None
        shape = Shape(entry, upcast)
        self._reads[word, version] = shape.read
        self._as_written[word, version] = shape.as_written
        return shape


class Shape:
    """How facts of one class are written and read; made once a class."""

    __slots__ = ("_boxes", "_plain", "as_written", "name", "read", "version")

    def __init__(self, entry: Entry, upcast: Callable[[object], object] | None) -> None:
        """Read the class's declaration; facts of an old version are lifted by *upcast*."""
        self.name = entry.word.name
        self.version = entry.word.version
        self._plain = Part(entry.plain)
        self._boxes = tuple((category, Part(fields, box=True)) for category, fields in entry.boxes)
        build = builder(entry)
        boxed = self._boxed(build) if self._boxes else None
        self.as_written: Read = boxed or self._plain.making(build)
        self.read = self.as_written if upcast is None else _lifted(self.as_written, upcast)

    def write(self, fact: object) -> tuple[bytes, list[tuple[str, bytes]]]:
        """Return the bytes of the plain part and of each box that says something."""
        try:
            data = self._plain.write(fact) or b""
            if not self._boxes:
                return data, []
            packed = [(category, part.write(fact)) for category, part in self._boxes]
        except FieldError as error:
            raise MalformedFactError(self.name, f"field {error.field}", str(error)) from error
        return data, [(category, PLAIN_BOX + content) for category, content in packed if content]

    def _boxed(self, build: Callable[..., object]) -> Read:
        plain = self._plain.read

        def read(data: bytes, boxes: dict[str, bytes] | None) -> object:
            values = plain(data)
            for category, part in self._boxes:
                content = boxes.get(category) if boxes else None
                if content is not None and content[:1] != PLAIN_BOX:
                    raise ValueError(f"box {category} has the unknown format {content[:1].hex()!r}")
                values += part.read(content and content[1:])
            return build(*values)

        optional = all(part.optional for _, part in self._boxes)
        return self._plain.making(build, boxed=read) if optional else read


def _lifted(read: Read, upcast: Callable[[object], object]) -> Read:
    return lambda data, boxes: upcast(read(data, boxes))


def pack_metadata(metadata: Metadata) -> bytes:
    """Return the bytes of *metadata*, open at the end: see ``lifted_from``."""
    m = metadata
    parts = (m.actor, m.correlation, m.causation, m.digest, m.loaded, None)
    return msgpack.packb(parts)[:-1]


def _subject(tags: tuple[str, ...]) -> str:
    """Return whose the boxes are: the record, or the identifier where there is none."""
    for prefix in ("record:", "identifier:"):
        for tag in tags:
            if tag.startswith(prefix):
                return tag[len(prefix) :]
    return ""
