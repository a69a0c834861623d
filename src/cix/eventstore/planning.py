"""How a query is answered: which index entries to walk, and which rows are meant in the end.

A branch walks the entries of its tags, or of every event where it has none, and may find too much
(a colliding hash, the other tags of an item); the matcher then decides by the events' own tags.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from cix.eventstore.tags import framed, split
from cix.records import Query, QueryItem

Matcher: TypeAlias = Callable[[str, str], bool]
"""Whether an event with these stored tags, of this type, is meant."""
_FEW: Final = 8


class Branch(NamedTuple):
    """Index entries to walk: any of *tags*, one of *types* (empty: any), from *after* on.

    *others* are the further tags that an item with one tag in *tags* asks for.
    """

    tags: tuple[str, ...]
    types: tuple[str, ...]
    others: tuple[str, ...] = ()


def branches(query: Query) -> tuple[Branch, ...] | None:
    """Return the branches of *query*; None when it means every event."""
    if len(query.items) == 1 and len(query.items[0].tags) == 1:  # by far the most frequent
        item = query.items[0]
        return (Branch(item.tags, tuple(dict.fromkeys(item.types))),)
    single: dict[tuple[str, ...], dict[str, None]] = {}
    several: dict[Branch, None] = {}
    typed: dict[str, None] = {}
    for item in query.items:
        tags, types = tuple(dict.fromkeys(item.tags)), tuple(dict.fromkeys(item.types))
        if not tags and not types:
            return None
        if not tags:
            typed.update(dict.fromkeys(types))
        elif len(tags) == 1:
            single.setdefault(types, {})[tags[0]] = None
        else:
            several[Branch(tags[:1], types, tags[1:])] = None
    found = [Branch(tuple(tags), types) for types, tags in single.items()]
    found += several
    if typed:
        found.append(Branch((), tuple(typed)))
    return tuple(found) if query.items else None


def matcher(query: Query) -> Matcher | None:
    """Return the exact test of *query*; None when every event passes."""
    if any(not item.tags and not item.types for item in query.items) or not query.items:
        return None
    if len(query.items) > _FEW:
        return _of_many(query)
    tests = [_test(item) for item in query.items]
    if len(tests) == 1:
        return tests[0]
    return lambda text, word: any(test(text, word) for test in tests)


def _test(item: QueryItem) -> Matcher:
    marks, types = tuple(framed(tag) for tag in dict.fromkeys(item.tags)), frozenset(item.types)
    if len(marks) == 1 and not types:
        return lambda text, _: marks[0] in text
    if len(marks) == 1:
        return lambda text, word: word in types and marks[0] in text

    def test(text: str, word: str) -> bool:
        return (not types or word in types) and all(mark in text for mark in marks)

    return test


def _of_many(query: Query) -> Matcher:
    """Look an event's tags up among the items instead of trying each item."""
    by_tag: dict[str, list[Matcher]] = {}
    by_type: dict[str, None] = {}
    for item in query.items:
        if item.tags:
            by_tag.setdefault(item.tags[0], []).append(_test(item))
        else:
            by_type.update(dict.fromkeys(item.types))

    def test(text: str, word: str) -> bool:
        return word in by_type or any(
            one(text, word) for tag in split(text) for one in by_tag.get(tag, ())
        )

    return test
