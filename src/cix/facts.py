"""How a class becomes a stored word: ``@fact("ticket.opened", 1)``.

A fact is a frozen class named subject + past participle. It is stored under its *word* and
version, never under its Python path, so renaming a class changes no byte in the store. It holds
business fields only: times, actor, id, tags and position belong to the envelope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, TypeVar, dataclass_transform, get_type_hints

import attrs

T = TypeVar("T")
_MARK = "__cix_fact__"


@attrs.frozen
class Word:
    """The stored name of a fact class and the version of its fields."""

    name: str
    version: int
    derived: bool = False
    """True when it records what time decided: such a fact stands outside every boundary."""


def personal(category: str, *, default: Any = attrs.NOTHING) -> Any:
    """Declare a field that tells something of a person, in a privacy *category*.

    ``content`` is what somebody said or wrote, ``identity`` who somebody is. Such fields are
    stored in a box beside the event, so that they can be erased and the event stays.
    """
    return attrs.field(default=default, metadata={"personal": category})


def tagged(kind: str, *, default: Any = attrs.NOTHING) -> Any:
    """Declare a field whose value (or each of a tuple of values) tags the event ``kind:value``."""
    return attrs.field(default=default, metadata={"tagged": kind})


@dataclass_transform(frozen_default=True, field_specifiers=(attrs.field, personal, tagged))
def fact(name: str, version: int, *, derived: bool = False) -> Callable[[type[T]], type[T]]:
    """Declare a frozen class as the fact stored under *name* and *version*.

    Raises ``TypeError`` when the name is not ``subject.happened`` or the version is below 1.
    """
    if not all(part.replace("_", "").isalnum() for part in name.split(".")) or "." not in name:
        message = f"a fact is named subject.happened, not {name!r}"
        raise TypeError(message)
    if version < 1:
        message = f"{name}: versions start at 1, not {version}"
        raise TypeError(message)

    def declare(cls: type[T]) -> type[T]:
        frozen: type[T] = attrs.frozen(cls, weakref_slot=False)
        setattr(frozen, _MARK, Word(name, version, derived))
        return frozen

    return declare


def word_of(cls: type) -> Word:
    """Return the stored word of a fact class; ``TypeError`` when it was not declared."""
    word = cls.__dict__.get(_MARK)
    if not isinstance(word, Word):
        message = f"{cls.__name__} is no fact: declare it with @fact(name, version)"
        raise TypeError(message)
    return word


@cache
def fact_fields(cls: Any) -> tuple[attrs.Attribute[Any], ...]:
    """Return the fields of a fact or value class in order, each with its type resolved."""
    hints = get_type_hints(cls, include_extras=True)
    return tuple(field.evolve(type=hints[field.name]) for field in attrs.fields(cls))


def maker(cls: type, empty: Mapping[str, object]) -> Callable[..., object]:
    """Return what makes facts of *cls* of their values as the class does, three times as fast.

    *empty* names every field in the order in which the values are given, each with what stands
    for it when fewer values are given. A frozen class sets its fields through
    ``object.__setattr__``. A twin with the same fields sets them plainly and then becomes the
    fact. A class that does more than keep its values when it is made, or that inherits, makes
    its facts itself.
    """
    fields: dict[str, attrs.Attribute[Any]] = attrs.fields_dict(cls)
    if (
        cls.__bases__ != (object,)
        or "__weakref__" in getattr(cls, "__slots__", ("__weakref__",))
        or hasattr(cls, "__attrs_pre_init__")
        or hasattr(cls, "__attrs_post_init__")
        or any(map(_is_more_than_kept, fields.values()))
    ):
        called, rest = [fields[name].alias or name for name in empty], [*empty.values()]

        def make(*values: object) -> object:
            return cls(**dict(zip(called, [*values, *rest[len(values) :]], strict=True)))

        return make

    def become(twin: object) -> None:
        twin.__class__ = cls

    return attrs.make_class(
        cls.__name__,
        {name: attrs.field(default=value) for name, value in empty.items()},
        class_body={"__attrs_post_init__": become},
        eq=False,
        repr=False,
        slots=True,
        weakref_slot=False,
    )


def _is_more_than_kept(field: Any) -> bool:  # a generic of two types that nobody says
    return bool(field.validator or field.converter or not field.init)


@attrs.frozen
class Entry:
    """One fact class in a catalogue: its word, its fields, and where each field is stored."""

    word: Word
    cls: type
    plain: tuple[attrs.Attribute[Any], ...]
    boxes: tuple[tuple[str, tuple[attrs.Attribute[Any], ...]], ...]
    tags: tuple[tuple[str, str], ...]
    """``(field name, tag kind)`` of the fields marked ``tagged``."""

    @classmethod
    def of(cls, fact_class: type) -> Entry:
        """Read the declaration of *fact_class*."""
        fields = fact_fields(fact_class)
        categories = sorted({f.metadata["personal"] for f in fields if "personal" in f.metadata})
        return cls(
            word_of(fact_class),
            fact_class,
            tuple(f for f in fields if "personal" not in f.metadata),
            tuple(
                (c, tuple(f for f in fields if f.metadata.get("personal") == c)) for c in categories
            ),
            tuple((f.name, f.metadata["tagged"]) for f in fields if "tagged" in f.metadata),
        )

    def tags_of(self, fact: object) -> tuple[str, ...]:
        """Return the tags that the fields of *fact* ask for, in field order, none twice."""
        found: dict[str, None] = {}
        for name, kind in self.tags:
            value = getattr(fact, name)
            for one in value if isinstance(value, tuple) else (value,):  # pyright: ignore[reportUnknownVariableType]  # a field's value is of its own type
                if one is not None:
                    found[f"{kind}:{one}"] = None
        return tuple(found)


def _no_upcasts() -> Mapping[type, Callable[[Any], object]]:
    return {}


@attrs.frozen
class Catalogue:
    """Every fact class a store may hold, old versions included, and how old ones are read.

    ``upcasts`` maps the class of an old version to a function from such a fact to the next
    version's fact; they are applied one after another until a current class is reached.
    """

    classes: tuple[type, ...]
    upcasts: Mapping[type, Callable[[Any], object]] = attrs.field(factory=_no_upcasts)
    entries: Mapping[tuple[str, int], Entry] = attrs.field(init=False, repr=False, eq=False)
    by_class: Mapping[type, Entry] = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        """Index the classes; ``TypeError`` when two share a word and version."""
        entries: dict[tuple[str, int], Entry] = {}
        for cls in dict.fromkeys(self.classes):
            entry = Entry.of(cls)
            key = (entry.word.name, entry.word.version)
            if key in entries:
                message = f"{key[0]} version {key[1]} is declared twice"
                raise TypeError(message)
            entries[key] = entry
        object.__setattr__(self, "entries", entries)
        object.__setattr__(self, "by_class", {entry.cls: entry for entry in entries.values()})

    def plus(
        self,
        classes: Iterable[type],
        upcasts: Mapping[type, Callable[[Any], object]] | None = None,
    ) -> Catalogue:
        """Return this catalogue with a host's own facts added."""
        return Catalogue((*self.classes, *classes), {**self.upcasts, **(upcasts or {})})

    def entry(self, cls: type) -> Entry:
        """Return the entry of a fact class; ``TypeError`` when it is not in the catalogue."""
        try:
            return self.by_class[cls]
        except KeyError:
            message = f"{cls.__name__} is not in the catalogue; add it with catalogue.plus([...])"
            raise TypeError(message) from None

    def upcast(self, fact: object) -> object:
        """Lift a fact of an old version to its present class."""
        while upcaster := self.upcasts.get(type(fact)):
            fact = upcaster(fact)
        return fact

    def current(self) -> tuple[Entry, ...]:
        """Return the entries that are written today, by name."""
        live = (entry for entry in self.entries.values() if entry.cls not in self.upcasts)
        return tuple(sorted(live, key=lambda entry: entry.word.name))
