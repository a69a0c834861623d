"""What a run of catch-up keeps at hand between pages: rows, states, groups, policies."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final, Generic, TypeVar
from zlib import crc32

import attrs

from cix.domain.decider import POLICY_WORD, Decider
from cix.engine.folding import Folded
from cix.engine.groups import Groups
from cix.eventstore.base import BUILT, Change, EventStore, Parked, Stored
from cix.projections.projection import Projection
from cix.records import Query, QueryItem, Recorded

Kept = TypeVar("Kept")
ROOM_FOR: Final = 50_000
_log = logging.getLogger("cix.engine.views")
_TYPE: Final = 2
"""Place in a stored row: in the loop over every fact a property is a call too many."""


class Cache(Generic[Kept]):
    """The values used last, at most *room* of them."""

    def __init__(self, room: int = ROOM_FOR, *, whole: bool) -> None:
        """Start empty; *whole* when nothing exists yet that is not in here."""
        self._kept: dict[str, Kept] = {}
        self._room = room
        self._whole = whole
        self._dropped: set[str] = set()

    @property
    def whole(self) -> bool:
        """Tell whether everything that exists is in here."""
        return self._whole and not self._dropped

    def is_new(self, key: str) -> bool:
        """Tell whether nothing of *key* exists, here or elsewhere."""
        return self._whole and key not in self._kept and key not in self._dropped

    def get(self, key: str) -> Kept | None:
        """Return what is kept of *key*."""
        return self._kept.get(key)

    def put(self, key: str, value: Kept) -> None:
        """Keep *value* as the one used last."""
        self._kept.pop(key, None)
        self._kept[key] = value
        self._dropped.discard(key)

    def put_all(self, found: Mapping[str, Kept]) -> None:
        """Keep the values of *found* as those used last."""
        for key, value in found.items():
            self.put(key, value)

    def drop(self, key: str) -> None:
        """Forget what is kept of *key*; it still exists elsewhere, or may."""
        self._kept.pop(key, None)
        if self._whole:
            self._dropped.add(key)

    def gone(self, key: str) -> None:
        """Note that nothing of *key* exists any more."""
        self._kept.pop(key, None)
        self._dropped.discard(key)

    def trim(self) -> None:
        """Forget what was not used for longest, down to the room there is."""
        if (surplus := len(self._kept) - self._room) > 0:
            for key in list(islice(self._kept, surplus)):
                del self._kept[key]
            self._whole = False
            self._dropped.clear()


@attrs.frozen
class Share:
    """One part of a build that several processes share: some of its keys."""

    number: int
    of: int

    def takes(self, key: str) -> bool:
        """Tell whether *key* is one of this share."""
        return crc32(key.encode("utf-8", "surrogatepass")) % self.of == self.number


@attrs.define
class Slot:
    """A view's table that is being brought up to date: the live one, or the one beside it."""

    projection: Projection[Any]
    generation: int
    position: int
    building: bool = False
    share: Share | None = None
    parked: set[str] = attrs.field(factory=set)
    skipped: set[str] = attrs.field(factory=set)
    """Parked keys that facts of the last page belong to."""
    awaited: set[str] = attrs.field(factory=set)
    """Keys without a row that may get one when time passes."""
    again: set[str] = attrs.field(factory=set)
    """Keys to fold again at the end of the step: a fact came late, or the group changed."""
    states: dict[str, Folded] = attrs.field(factory=dict)
    """States that the step has moved, to be pictured at its end."""
    rows: Cache[Stored] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """A table that starts at the beginning of the log has no row that is not at hand."""
        self.rows = Cache(whole=self.position == 0)

    def park(self, change: Change, key: str, position: int, error: Exception) -> None:
        """Set *key* aside with the error; its row stays as it last was."""
        name, text = self.projection.name, f"{type(error).__name__}: {error}"
        change.drop(key)
        change.deletes.discard(key)
        change.parked[key] = Parked(name, key, position, text)
        change.unparked.discard(key)
        self.parked.add(key)
        self.expect(change, key, None)
        self.rows.drop(key)
        _log.warning("parked", extra={"view": name, "key": key, "position": position})

    def expect(self, change: Change, key: str, due_us: int | None) -> None:
        """Await *key*, which has no row yet, until that instant; None: no longer."""
        change.awaited.pop(key, None)
        if due_us is not None:
            change.awaited[key] = due_us
            change.arrived.discard(key)
            self.awaited.add(key)
        elif key in self.awaited:
            change.arrived.add(key)
            self.awaited.discard(key)

    @property
    def name(self) -> str:
        """Return the name that the checkpoint goes by."""
        number = "" if self.share is None else str(self.share.number)
        return self.projection.name + (BUILT + number if self.building else "")


@attrs.define
class Session:
    """The slots that stand at one position, and what they share."""

    slots: tuple[Slot, ...]
    position: int
    groups: Groups
    grouped_to: int
    """Position that ``groups`` already holds: of a fresh build that of its end."""
    states: dict[str, Cache[Folded]] = attrs.field(init=False)
    policies: dict[str, list[Recorded[Any]]] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Make a cache of states for each room that is pictured."""
        deciders = {d.name: d for s in self.slots if (d := s.projection.decider)}
        self.states = {name: Cache(whole=self.position == 0) for name in deciders}
        self.policies = {kind: [] for d in deciders.values() for kind in d.obeys}

    @property
    def share(self) -> Share | None:
        """Return the share of a build that this is, None when it takes every key."""
        return self.slots[0].share

    @property
    def names(self) -> tuple[str, ...]:
        """Return the checkpoints that move together."""
        return tuple(slot.name for slot in self.slots)

    def read_policies(self, store: EventStore) -> None:
        """Read the policies published up to the session's position."""
        for kind, known in self.policies.items():
            query = Query((QueryItem((f"policy:{kind}",), (POLICY_WORD,)),))
            known[:] = store.read(query, until=self.position) if self.position else []

    def meet_policies(self, page: Iterable[Recorded[Any]]) -> set[str]:
        """Take the policies of a page; answer the kinds that were published."""
        met: set[str] = set()
        for record in page:
            if record.row[_TYPE] == POLICY_WORD and record.key in self.policies:
                self.policies[record.key].append(record)
                met.add(record.key)
        return met

    def obeyed(self, decider: Decider[Any, Any]) -> Sequence[Recorded[Any]]:
        """Return the policies that *decider* obeys, by position."""
        found = [record for kind in decider.obeys for record in self.policies[kind]]
        return sorted(found, key=lambda record: record.position)

    def refolded(self, slot: Slot, keys: Iterable[str], mended: set[str]) -> None:
        """Let go of what is at hand of *keys*, folded again in *slot*; some of them were parked.

        The room's state at hand lacks what came while a key was parked.
        """
        for own in self.slots:
            if own.name == slot.name:
                own.parked -= mended
                own.awaited = set(slot.awaited)
                caches: list[Cache[Any]] = [own.rows]
                if (decider := own.projection.decider) is not None:
                    caches.append(self.states[decider.name])
                for key in keys:
                    for cache in caches:
                        cache.drop(key)

    def trim(self) -> None:
        """Keep memory flat between pages."""
        for slot in self.slots:
            slot.rows.trim()
        for cache in self.states.values():
            cache.trim()
