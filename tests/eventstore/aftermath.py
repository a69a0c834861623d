"""What must be found in a store after its writer was stopped at any moment."""

from __future__ import annotations

import sys
from collections import Counter

from cix.eventstore.opening import open_store
from cix.testing.sample_log import CATALOGUE

EVENTS = {"single": 1, "batch": 5, "threads": 5, "load": 20}
"""Events of one call: all of them are stored or none."""


def check(url: str, shape: str, told: list[range], before: int) -> int:
    """Look at the store; return its last position."""
    store = open_store(url, CATALOGUE)
    records = [record for page in store.pages(after=before) for record in page]
    last = store.head().position
    store.close()
    if [record.position for record in records] != list(range(before + 1, last + 1)):
        sys.exit(f"positions after {before} are not contiguous as far as {last}")
    if lost := [one for one in told if one[-1] > last]:
        sys.exit(f"acknowledged but lost: {lost}")
    sizes = Counter(record.request for record in records)
    if torn := {request: size for request, size in sizes.items() if size != EVENTS[shape]}:
        sys.exit(f"stored in part: {torn}")
    by_position = {record.position: record.request for record in records}
    for one in told:
        if len({by_position[position] for position in one}) != 1:
            sys.exit(f"acknowledged at {one}, but something else stands there")
    return last
