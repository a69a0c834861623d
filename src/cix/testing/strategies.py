"""Hypothesis strategies that build any fact, and any history, from the types of its fields.

Needs the ``hypothesis`` package. ``facts(CATALOGUE)`` is every fact there is, ``of(cls)`` those
of one class, ``histories(decider, key)`` what a fold may be given.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin
from uuid import UUID

import attrs
from hypothesis import strategies as st

from cix.domain.decider import Decider
from cix.domain.policy import PolicyPublished
from cix.facts import Catalogue, Entry, fact_fields
from cix.records import EPOCH, Recorded

T = TypeVar("T")
_INT64: Final = 2**63
_CENTURY: Final = timedelta(days=36_525) // timedelta(microseconds=1)


def ids() -> st.SearchStrategy[str]:
    """Return opaque ids: a few, so that facts meet under one key."""
    return st.sampled_from(("x-1", "x-2", "x-3")) | st.from_regex(r"\A[a-z]-[0-9a-z]{1,8}\Z")


def texts() -> st.SearchStrategy[str]:
    """Return any text that a database can keep: no surrogates, no NUL."""
    return st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def instants() -> st.SearchStrategy[datetime]:
    """Return UTC instants of whole microseconds, from 1970 on for a hundred years."""
    return st.integers(0, _CENTURY).map(lambda us: EPOCH + timedelta(microseconds=us))


_SIMPLE: Final[Mapping[Any, Callable[[], st.SearchStrategy[Any]]]] = {
    str: texts,
    bool: st.booleans,
    int: lambda: st.integers(0, 100) | st.integers(-_INT64, _INT64 - 1),
    float: lambda: st.floats(0, 1e9, allow_subnormal=False),
    datetime: instants,
    date: lambda: st.dates(date(1970, 1, 1), date(2069, 12, 31)),
    timedelta: lambda: st.integers(-_CENTURY, _CENTURY).map(lambda us: timedelta(microseconds=us)),
    UUID: st.uuids,
    type(None): st.none,
}


def values(kind: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401  # whatever a field may be annotated with
    """Return values of a field's type; ``TypeError`` for one that no fact may have."""
    kind = getattr(kind, "__supertype__", kind)
    if kind in _SIMPLE:
        return _SIMPLE[kind]()
    if isinstance(kind, type) and attrs.has(kind):
        return of(kind)
    build = _COMPOSED.get(get_origin(kind))
    if build is None:
        message = f"no strategy for a field of type {kind}"
        raise TypeError(message)
    return build(get_args(kind))


def _tuples(inner: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if inner[1:] == (...,):
        return st.lists(values(inner[0]), max_size=3).map(tuple)
    return st.tuples(*(values(one) for one in inner))


def _unions(inner: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return st.one_of([values(one) for one in inner])


_COMPOSED: Final[Mapping[Any, Callable[[tuple[Any, ...]], st.SearchStrategy[Any]]]] = {
    Literal: st.sampled_from,
    Union: _unions,
    types.UnionType: _unions,
    tuple: _tuples,
    frozenset: lambda inner: st.frozensets(values(inner[0]), max_size=3),
}


def of(cls: type[T]) -> st.SearchStrategy[T]:
    """Return values of a fact class, or of any attrs class, by the types of its fields."""
    found: st.SearchStrategy[T] = _BUILT(cls)
    return found


def _build(cls: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401  # any class with fields
    return st.builds(cls, **{one.alias or one.name: _field(one) for one in fact_fields(cls)})


# A class's types are resolved once, not at every draw.
_BUILT: Final[Callable[[Any], st.SearchStrategy[Any]]] = cache(_build)
_ENTRY: Final[Callable[[Any], Entry]] = cache(Entry.of)


def _field(field: attrs.Attribute[Any]) -> st.SearchStrategy[Any]:
    return _tags(field) if "tagged" in field.metadata else values(field.type)


def _tags(field: attrs.Attribute[Any]) -> st.SearchStrategy[Any]:
    """Return ids for a field that tags: texts of their own would never meet."""
    if get_origin(field.type) is tuple:
        return st.lists(ids(), max_size=3, unique=True).map(tuple)
    return ids() | st.none() if type(None) in get_args(field.type) else ids()


def facts(catalogue: Catalogue) -> st.SearchStrategy[Any]:
    """Return any fact that *catalogue* writes today."""
    return _any_of([entry.cls for entry in catalogue.current()])


def _any_of(classes: Sequence[type[Any]]) -> st.SearchStrategy[Any]:
    return st.one_of([of(cls) for cls in classes])


def histories(
    decider: Decider[Any, Any], key: str, *, max_size: int = 12
) -> st.SearchStrategy[list[Recorded[Any]]]:
    """Return histories of *key*: facts of the room in any order, with any times, by position.

    Some of them are told under another key that the fact also concerns, as facts of two keys
    are. Policies of the kinds that the room obeys are left out: their bodies mean something.
    """
    room: list[type[Any]] = [cls for cls in decider.facts if cls is not PolicyPublished]
    told: st.SearchStrategy[tuple[Any, datetime, str, str | None]] = st.tuples(
        _any_of(room),
        instants(),
        st.sampled_from((key, key, key, "x-1")),
        st.sampled_from((None, "q-1", "q-2", "q-3")),
    )
    return st.lists(told, max_size=max_size).map(lambda held: _recorded(decider, held))


def _recorded(
    decider: Decider[Any, Any], told: Sequence[tuple[Any, datetime, str, str | None]]
) -> list[Recorded[Any]]:
    records: list[Recorded[Any]] = []
    known = datetime(1970, 1, 1, tzinfo=UTC)
    for position, (fact, at, key, request) in enumerate(told, start=1):
        entry = _ENTRY(fact.__class__)
        known = max(known, at)
        tags = (decider.tag(key), *entry.tags_of(fact), *([f"id:{request}"] if request else []))
        records.append(
            Recorded.of(
                fact,
                position=position,
                occurred_at=at,
                recorded_at=known,
                tags=tuple(dict.fromkeys(tags)),
                type=entry.word.name,
                version=entry.word.version,
            )
        )
    return records
