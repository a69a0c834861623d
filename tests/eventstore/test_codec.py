"""Facts as bytes: strictly typed in both directions, and every failure says where."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Any, Literal, NewType
from uuid import UUID

import attrs
import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cix.domain.catalogue import CATALOGUE as DOMAIN
from cix.errors import MalformedFactError, UnknownFactError
from cix.eventstore.codec import NOT_LIFTED, Codec, Packed, lifted_from
from cix.eventstore.packing import plain_types
from cix.eventstore.tags import tag64
from cix.facts import Catalogue, fact, personal
from cix.records import Metadata, NewEvent, Row
from cix.testing import strategies
from cix.testing.sample_log import CATALOGUE, NOON, SampleClosedOnce, SampleOpened, event

AgentId = NewType("AgentId", str)


class Colour(enum.Enum):
    RED = "red"


@attrs.frozen
class Lot:
    points: int
    until: date


@fact("shape.all", 1)
class AllShapes:
    agent: AgentId
    kind: Literal["a", "b"] | None
    count: Annotated[int, "a note"]
    share: float
    flag: bool
    at: datetime
    day: date
    length: timedelta
    number: UUID
    colour: Colour
    lots: tuple[Lot, ...]
    pair: tuple[int, str]
    words: frozenset[str]
    table: Mapping[str, int]
    said: str = personal("content")
    who: tuple[str, ...] = personal("identity", default=())


@fact("shape.keyed", 1)
class KeyedShape:
    first: str = attrs.field(kw_only=True)
    second: int = attrs.field(kw_only=True, default=2)


@fact("shape.empty", 1)
class EmptyShape:
    pass


@fact("shape.long", 1)
class LongShape:
    day: date
    count: int = 7
    words: tuple[str, ...] = ("x",)
    pair: tuple[int, int] | None = (1, 2)
    flag: bool = True
    note: str = "none"


SHAPES = Codec(Catalogue((AllShapes, KeyedShape, EmptyShape, LongShape)))
FULL = AllShapes(
    AgentId("agent-7"),
    "b",
    2**63 - 1,
    0.5,
    True,  # noqa: FBT003  # a field of a fact
    datetime(2024, 3, 1, 10, tzinfo=timezone(timedelta(hours=8))),
    date(2024, 2, 29),
    timedelta(days=-1, microseconds=1),
    UUID(int=7),
    Colour.RED,
    (Lot(5, date(2025, 1, 1)),),
    (1, "x"),
    frozenset({"b", "a"}),
    {"z": 1, "a": 2},
    "你好",
    ("Ms Ä",),
)


def changed(**fields: object) -> AllShapes:
    """Return FULL with other fields, of whatever type."""
    values: dict[str, Any] = {**attrs.asdict(FULL, recurse=False), **fields}
    return AllShapes(**values)


def row_of(packed: Packed, position: int = 9) -> Row:
    boxes = {box.category: box.content for box in packed.boxes} or None
    meta = packed.meta + NOT_LIFTED
    start = (position, packed.id, packed.type, packed.version, packed.occurred_us, 5)
    return (*start, packed.tags, packed.data, meta, boxes)


def stored(codec: Codec, one: object) -> Row:
    return row_of(codec.encode(event("a:1", fact=one)))


@pytest.mark.parametrize("one", [FULL, KeyedShape(first="x"), EmptyShape()])
def test_a_fact_of_any_field_types_comes_back_equal(one: object) -> None:
    assert SHAPES.fact(stored(SHAPES, one)) == one


@given(strategies.facts(DOMAIN))
def test_every_fact_of_the_rooms_comes_back_equal(one: object) -> None:
    codec = Codec(DOMAIN)
    assert codec.fact(stored(codec, one)) == DOMAIN.upcast(one)


@given(strategies.facts(Catalogue((LongShape,))))
def test_what_is_empty_at_the_end_is_not_written_and_read_back_whatever_the_default(
    one: LongShape,
) -> None:
    row = stored(SHAPES, one)
    written = msgpack.unpackb(row[7])
    assert SHAPES.fact(row) == one
    assert len(written) == 1 or written[-1] not in (0, [], None, False, "")


def test_a_value_class_is_an_array_in_the_array_and_checked_as_strictly() -> None:
    row = stored(SHAPES, FULL)
    values = msgpack.unpackb(row[7])
    place = [field.name for field in attrs.fields(AllShapes)].index("lots")
    assert values[place] == [[5, "2025-01-01"]]
    for wrong in ({"points": 5}, [["5", "2025-01-01"]], [[5]], [[5, "2025-01-01", 1]], "lots"):
        values[place] = wrong
        with pytest.raises(MalformedFactError, match="position 9"):
            SHAPES.fact((*row[:7], msgpack.packb(values), *row[8:]))


def test_an_array_that_tells_what_is_empty_too_is_read_the_same() -> None:
    row = stored(SHAPES, LongShape(NOON.date(), 5, (), None, flag=False, note=""))
    told = msgpack.packb([*msgpack.unpackb(row[7]), [], None, False, ""])
    assert SHAPES.fact((*row[:7], told, *row[8:])) == SHAPES.fact(row)


@pytest.mark.parametrize("values", [[], [NOON.date().isoformat(), *range(6)]])
def test_an_array_without_a_value_that_is_never_empty_or_with_too_many_is_refused(
    values: list[object],
) -> None:
    row = stored(SHAPES, LongShape(NOON.date()))
    with pytest.raises(MalformedFactError, match=r"position 9.*expected a"):
        SHAPES.fact((*row[:7], msgpack.packb(values), *row[8:]))


@given(st.lists(st.text(st.characters(codec="utf-8")), unique=True))
def test_equal_facts_have_equal_bytes(words: list[str]) -> None:
    one, other = changed(words=frozenset(words)), changed(words=frozenset(reversed(words)))
    assert stored(SHAPES, one)[7] == stored(SHAPES, other)[7]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("agent", 5),
        ("agent", b"x"),
        ("kind", "c"),
        ("count", True),
        ("count", 2**64),
        ("count", 1.0),
        ("share", "0.5"),
        ("share", True),
        ("share", float("inf")),
        ("share", float("nan")),
        ("share", 10**400),
        ("flag", 1),
        ("at", "2024-03-01T10:00:00Z"),
        ("at", datetime(2024, 3, 1, 10)),  # noqa: DTZ001  # naive on purpose
        ("day", NOON),
        ("length", 5),
        ("number", "00000000-0000-0000-0000-000000000007"),
        ("colour", "red"),
        ("lots", [Lot(5, date(2025, 1, 1))]),
        ("lots", (Lot("5", date(2025, 1, 1)),)),  # type: ignore[arg-type]  # wrong on purpose
        ("pair", (1, "x", 2)),
        ("words", {"a", 5}),
        ("table", {"a": "1"}),
        ("said", None),
        ("said", "\udc80"),
    ],
)
def test_a_value_of_another_type_is_refused_by_the_name_of_its_field(
    field: str, wrong: object
) -> None:
    with pytest.raises(MalformedFactError, match=f"shape.all .field {field}.: expected"):
        SHAPES.encode(event("a:1", fact=changed(**{field: wrong})))


def test_a_type_found_good_once_does_not_let_a_wrong_value_in() -> None:
    codec = Codec(CATALOGUE)
    for _ in range(2):
        codec.encode(event("a:1", fact=SampleOpened("s", "mail")))
        with pytest.raises(MalformedFactError, match="channel"):
            codec.encode(event("a:1", fact=SampleOpened("s", "fax")))  # type: ignore[arg-type]  # wrong on purpose


def test_plain_types_are_seen_through_aliases_and_unions() -> None:
    assert plain_types(AgentId) == plain_types(str) == (frozenset({str}), None)
    assert plain_types(Annotated[int | None, "x"]) == (frozenset({int, type(None)}), None)
    listed = plain_types(Literal["a", 1] | None)
    assert listed == (frozenset({str, int, type(None)}), {"a": "a", 1: 1, None: None})
    assert plain_types(Literal["a"] | int | bool) == (frozenset({str, int, bool}), None)
    assert plain_types(datetime | None) is None
    assert plain_types(float) is None


def test_personal_fields_leave_the_plain_part_and_go_to_the_box_of_their_category() -> None:
    packed = SHAPES.encode(event("a:1", "record:r-1", fact=FULL))
    assert "你好".encode() not in packed.data
    assert [(box.category, box.subject) for box in packed.boxes] == [
        ("content", "r-1"),
        ("identity", "r-1"),
    ]
    assert packed.boxes[0].content == b"\x00" + msgpack.packb(["你好"])


def test_the_subject_of_a_box_is_the_record_or_else_the_identifier() -> None:
    codec, one = Codec(CATALOGUE), SampleOpened("s", text="x")
    by_tags = {
        ("a:1", "record:r-1", "record:r-2", "identifier:i-1"): "r-1",
        ("a:1", "identifier:i-1"): "i-1",
        ("a:1",): "",
    }
    for tags, subject in by_tags.items():
        assert codec.encode(event(*tags, fact=one)).boxes[0].subject == subject


def test_a_box_that_says_nothing_is_not_written() -> None:
    assert Codec(CATALOGUE).encode(event("a:1", fact=SampleOpened("s"))).boxes == ()


def test_a_box_that_must_be_there_is_missed_by_name() -> None:
    row = stored(SHAPES, FULL)
    with pytest.raises(MalformedFactError, match=r"position 9.: a box is missing"):
        SHAPES.fact((*row[:9], None))


def test_a_box_of_an_unknown_format_is_refused() -> None:
    row = stored(SHAPES, FULL)
    boxes = {"content": b"\x01secret", "identity": row[9]["identity"]}
    with pytest.raises(MalformedFactError, match="box content has the unknown format '01'"):
        SHAPES.fact((*row[:9], boxes))


def test_an_unknown_word_or_version_names_the_position() -> None:
    codec = Codec(CATALOGUE)
    row = stored(codec, SampleOpened("s"))
    for word, version in (("sample.vanished", 1), ("sample.opened", 3)):
        with pytest.raises(UnknownFactError) as error:
            codec.fact((row[0], row[1], word, version, *row[4:]))
        assert (error.value.name, error.value.version, error.value.position) == (word, version, 9)


def outcome(read: Callable[[Row], object], row: Row) -> object:
    """Return the error of reading *row*, or a text that says it went well."""
    try:
        return f"position 9 reads as {type(read(row)).__name__}"
    except MalformedFactError as error:
        return error.where


@given(st.binary(max_size=40))
def test_any_bytes_are_a_fact_or_a_malformed_one_with_its_position(data: bytes) -> None:
    codec = Codec(CATALOGUE)
    row = stored(codec, SampleOpened("s"))
    for content in ((data, row[8], None), (row[7], data, {"content": b"\x00" + data})):
        broken: Row = (*row[:7], *content)
        for read in (codec.fact, codec.metadata):
            assert str(outcome(read, broken)).count("position 9") == 1


@given(st.data())
def test_a_flipped_bit_never_makes_a_value_of_another_type(data: st.DataObject) -> None:
    codec = Codec(CATALOGUE)
    row = stored(codec, SampleOpened("s-1", "mail", 5, NOON, ("x",)))
    place = data.draw(st.integers(0, len(row[7]) * 8 - 1))
    flipped = bytearray(row[7])
    flipped[place // 8] ^= 1 << place % 8
    try:
        found = codec.fact((*row[:7], bytes(flipped), *row[8:]))
    except MalformedFactError:
        return
    codec.encode(event("a:1", fact=found))


def test_an_upcaster_that_fails_is_named_with_the_position() -> None:
    def fail(_: object) -> object:
        raise KeyError("reason")

    codec = Codec(Catalogue((SampleClosedOnce,), {SampleClosedOnce: fail}))
    with pytest.raises(MalformedFactError, match=r"sample.closed \(position 9\): 'reason'"):
        codec.fact(stored(codec, SampleClosedOnce("s")))


def test_metadata_of_another_shape_is_refused() -> None:
    codec = Codec(CATALOGUE)
    row = stored(codec, SampleOpened("s"))
    for wrong in (b"", b"\xc0", msgpack.packb([1, 2])):
        with pytest.raises(MalformedFactError, match="metadata at position 9"):
            codec.metadata((*row[:8], wrong, None))
    with pytest.raises(MalformedFactError, match="metadata"):
        codec.encode(event("a:1", metadata=Metadata(actor=UUID(int=1))))  # type: ignore[arg-type]  # wrong on purpose


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_lifted_time_is_kept_whatever_it_is(given_us: int) -> None:
    codec = Codec(CATALOGUE)
    packed = codec.encode(event("a:1", metadata=Metadata("a", "b")))
    row = row_of(packed)
    lifted = codec.metadata((*row[:8], packed.meta + lifted_from(given_us), None))
    assert lifted == Metadata("a", "b", given_us=given_us)


def test_hashes_are_those_of_blake2b_and_none_comes_twice() -> None:
    assert tag64("ticket:t-42") == 0x16E9FD672CF9C0B3
    packed = Codec(CATALOGUE).encode(event("a:1", "a:2", "a:1"))
    assert packed.hashes == (tag64("a:1"), tag64("a:2"))
    colliding = Codec(CATALOGUE, tag_hash=lambda _: 5).encode(event("a:1", "a:2"))
    assert colliding.hashes == (5,)


def test_a_fact_outside_the_catalogue_is_refused_with_a_hint() -> None:
    new = NewEvent(FULL, ("a:1",), NOON, UUID(int=1))
    with pytest.raises(MalformedFactError, match=r"catalogue.plus"):
        Codec(CATALOGUE).encode(new)


def test_instants_are_stored_in_utc() -> None:
    codec = Codec(CATALOGUE)
    east = NOON.astimezone(timezone(timedelta(hours=8)))
    found = codec.fact(stored(codec, SampleOpened("s", due=east)))
    assert isinstance(found, SampleOpened)
    assert found.due == NOON
    assert found.due is not None
    assert found.due.tzinfo is UTC
