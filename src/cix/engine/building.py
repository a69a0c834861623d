"""Builds of a view's rows beside the live ones, by one process or by several."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from cix.engine.groups import CustomerLink
from cix.engine.processes import fitting, forkable, split
from cix.errors import InvalidArgumentError
from cix.eventstore.base import BUILT, ViewState
from cix.plain import shown
from cix.projections.projection import Projection

if TYPE_CHECKING:
    from cix.engine.views import Views

LONG: Final = 200_000
"""Facts from which on several processes build sooner than one."""
_log: Final = logging.getLogger("cix.engine.views")
Progress = Callable[[int, int], None]


def build(
    views: Views, projection: Projection[Any], progress: Progress | None, workers: int | None
) -> int | None:
    """Build the rows of a view anew and swap them in; return the generation that was built.

    *views* have rows and a lock of their own, so that no decision waits. Several *workers* are
    processes that each read the log and fold their share of the keys: None means as many as fit
    the machine, where the log is long. A build that was interrupted goes on in the shares it has,
    whatever their number. Raises ``InvalidArgumentError`` for a number of workers below one.
    """
    name, tables = projection.name, views.tables
    if workers is None:
        workers = fitting() if views.goal_of_build(name) >= LONG else 1
    if type(workers) is not int or workers < 1:
        raise InvalidArgumentError("rebuild", "workers", "a number from 1", shown(workers))
    built = tables.begin_build(name, projection.version).building
    if workers > 1 and _can_be_shared(views, projection):
        tables.share_build(name, workers)
    while (state := views.states()[name]).building == built:
        goal = views.goal_of_build(name)
        if state.shares:
            _build_shares(views, state, max(goal, *state.shares), progress, workers)
            tables.join_build(name)
        elif state.building_position < goal:
            views.step((name + BUILT,), goal)
            if progress is not None:
                progress(views.reached(name + BUILT), goal)
        else:
            tables.swap(name)
    return built


def _can_be_shared(views: Views, projection: Projection[Any]) -> bool:
    """Tell whether several processes can build the view; say so in the log where they cannot."""
    if projection.row is CustomerLink:
        return False  # groups are found as a whole
    if forkable() and views.tables.is_shared:
        return True
    _log.info("one process builds: no other can be forked here, or would see the tables")
    return False


def _build_shares(
    views: Views, state: ViewState, goal: int, progress: Progress | None, workers: int
) -> None:
    """Bring every share of a build to *goal*."""
    count = len(state.shares)
    processes = min(workers, count) if forkable() and views.tables.is_shared else 1

    def work(process: int) -> None:
        own = views.aside() if process else views
        for share in range(process, count, processes):
            _build_share(own, f"{state.name}{BUILT}{share}", goal, None if process else progress)

    split(work, processes)


def _build_share(views: Views, mark: str, goal: int, progress: Progress | None) -> None:
    """Bring one share to *goal*; another process may do so too, or join the shares first."""
    name, _, share = mark.partition(BUILT)
    while int(share) < len(views.states()[name].shares) and views.reached(mark) < goal:
        views.step((mark,), goal)
        if progress is not None:
            progress(views.reached(mark), goal)
