"""Ends asks that are not answered in time, at next to no cost for the many that are."""

import asyncio
import heapq
from itertools import count
from typing import Any, TypeAlias

from llmtb.runtime.errors import DeadlineExceeded

Pending: TypeAlias = tuple[float, int, asyncio.Future[Any], str, str]

SLACK = 64  # answered asks that may always lie about


class Expiry:
    """The asks that have a deadline, in the order of their deadlines, with one timer for all.

    A timer of the loop for each of them would cost more than the rest of an ask.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._pending: list[Pending] = []
        self._number = count()  # keeps equal deadlines in order, and futures from being compared
        self._answered = 0
        self._closing = False
        self._timer: asyncio.TimerHandle | None = None

    def add(self, deadline: float, reply: asyncio.Future[Any], kind: str, key: str) -> None:
        """Has `reply` fail at `deadline` (loop time, seconds) if it is not done by then."""
        heapq.heappush(self._pending, (deadline, next(self._number), reply, kind, key))
        if self._timer is None or deadline < self._timer.when():
            self._arm(deadline)

    def answered(self) -> None:
        """One that was added is done; sweeps such out once they are most of all there are."""
        self._answered += 1
        if self._closing or self._answered > SLACK + len(self._pending) // 2:
            self._sweep()

    def __len__(self) -> int:
        """How many asks it holds; some are answered already."""
        return len(self._pending)

    def close(self) -> None:
        """Leaves no timer behind from here on when the last ask is done."""
        self._closing = True
        self._sweep()

    def _sweep(self) -> None:
        self._pending = [pending for pending in self._pending if not pending[2].done()]
        heapq.heapify(self._pending)
        self._answered = 0
        if self._closing and not self._pending and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, deadline: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._expire)

    def _expire(self) -> None:
        self._timer = None
        now = self._loop.time()
        while self._pending:
            deadline, _, reply, kind, key = self._pending[0]
            if not reply.done():
                if deadline > now:
                    self._arm(deadline)
                    return
                reply.set_exception(DeadlineExceeded(kind, key))
            heapq.heappop(self._pending)
