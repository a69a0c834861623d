"""Group commit: calls that come while another is at work share one transaction.

A caller that finds nobody at work leads at once; those who come meanwhile queue up, and the first
of them leads next, for all that wait. Nobody starts a thread.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from cix.eventstore.forking import renew_in_child

Work = TypeVar("Work")
Answer = TypeVar("Answer")


class Combiner(Generic[Work, Answer]):
    """Runs *work* of many threads in groups, in the order it came."""

    def __init__(
        self,
        run: Callable[[Sequence[Work]], Sequence[Answer | Exception]],
        *,
        weight: Callable[[Work], int],
        most: int,
        interrupted: Callable[[Work], Exception],
    ) -> None:
        """Give groups to *run*, which answers or fails each part.

        *most* bounds the weight of a group of several. When the leading thread is interrupted,
        such as by the keyboard, the others are told so by the error of *interrupted*.
        """
        self._run = run
        self._weight = weight
        self._most = most
        self._interrupted = interrupted
        self.begin()
        renew_in_child(self, lambda combiner: combiner.begin())

    def begin(self) -> None:
        """Begin with nobody at work; in a forked child the parent's threads are not there."""
        self._mutex = threading.Lock()
        self._queue: deque[_Call[Work, Answer]] = deque()
        self._busy = False

    def do(self, work: Work) -> Answer:
        """Have *work* done, by this thread or another, and return its answer or raise."""
        call = _Call[Work, Answer](work)
        try:
            with self._mutex:
                self._queue.append(call)
                call.leads = not self._busy
                self._busy = True
            if not call.leads:
                call.turn.wait()
            if call.answer is None:
                self._lead(call)
        except BaseException:  # such as KeyboardInterrupt: pass on what may be this call's to do
            self._leave(call)
            raise
        answer = call.answer
        if isinstance(answer, BaseException):
            raise answer
        if answer is None:
            message = "a call was left without an answer"
            raise RuntimeError(message)
        return answer

    def _leave(self, call: _Call[Work, Answer]) -> None:
        with self._mutex:
            if call in self._queue:
                self._queue.remove(call)
                if call.leads:
                    self._next_leader()

    def _lead(self, own: _Call[Work, Answer]) -> None:
        group: list[_Call[Work, Answer]] = []
        try:
            with self._mutex:
                self._fill(group)
            answers = self._run([call.work for call in group])
            for call, answer in zip(group, answers, strict=True):
                call.answer = answer
        except BaseException as error:
            for call in group:
                bug = isinstance(error, Exception)
                call.answer = error if bug else self._interrupted(call.work)
            raise
        finally:
            with self._mutex:
                self._next_leader()
            for call in group:
                if call is not own:
                    call.turn.set()

    def _fill(self, group: list[_Call[Work, Answer]]) -> None:
        """Take calls from the queue up to the weight allowed, one at least."""
        weight = 0
        while self._queue:
            weight += self._weight(self._queue[0].work)
            if group and weight > self._most:
                break
            group.append(self._queue.popleft())

    def _next_leader(self) -> None:
        if self._queue:
            self._queue[0].leads = True
            self._queue[0].turn.set()
        else:
            self._busy = False


class _Call(Generic[Work, Answer]):
    """One call: its work, its answer once there is one, and the event it waits for."""

    __slots__ = ("answer", "leads", "turn", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.answer: Answer | BaseException | None = None
        self.leads = False
        self.turn = threading.Event()
