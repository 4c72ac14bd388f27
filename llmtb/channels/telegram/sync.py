"""Every update once, in order, whatever the connection did: numbers, gaps, and catching up.

The server numbers updates by `pts`. What continues our count is taken; what was counted already
is dropped; what leaves a gap is held, for a moment, until the missing arrives, and after that
moment everything since our count is fetched. Presses have no number and are taken as they come.
"""

import asyncio
import heapq
import logging
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from typing import NamedTuple, Protocol

from llmtb.channels.port import Flooded, Unsendable
from llmtb.channels.telegram.folder import State
from llmtb.channels.telegram.intake import Intake
from llmtb.channels.telegram.reading import Missed, Step

log = logging.getLogger(__name__)

BACKLOG = 10_000  # updates that may wait in memory; beyond that they are fetched later


class Source(Protocol):
    """Who can be asked how far the updates are, and what was missed; see `Gateway`."""

    async def state(self) -> State: ...

    async def difference(self, since: State) -> Missed: ...


class SyncStatistics(NamedTuple):
    """How the updates came.

    pts: how far they have come. repeated: updates that came again and were dropped. gaps: how
    often something was missing. fetched: updates that were caught up. lost: how often the server
    had forgotten what was missed.
    """

    pts: int
    repeated: int
    gaps: int
    fetched: int
    lost: int


class Sync:
    """Keeps the updates in order, from `state` on, and passes them to the intake.

        await sync.begin(source)     # for every new connection
        await sync.run()             # while it lasts

    known: called with the ids of the bot's own messages, by random id, that a difference names.
    """

    def __init__(
        self,
        intake: Intake,
        state: State | None,
        *,
        gap: float,
        known: Callable[[dict[int, int]], None] = lambda sent: None,
        backlog: int = BACKLOG,
    ) -> None:
        self._source: Source | None = None
        self._intake = intake
        self._state = state
        self._gap = gap
        self._known = known
        self._backlog = backlog
        self._queue: deque[Step] = deque()
        self._held: list[tuple[int, int, Step]] = []
        self._order = count()
        self._news = asyncio.Event()
        self._behind = False
        self._overdue_at: float | None = None
        self._repeated = self._gaps = self._fetched = self._lost = 0

    def hear(self, steps: Sequence[Step] | None) -> None:
        """Take note of what the server pushed; None: of something that has to be fetched."""
        if steps is None or len(self._queue) + len(steps) > self._backlog:
            self._behind = True
        else:
            self._queue.extend(steps)
        self._news.set()

    def compare(self, state: State) -> bool:
        """Take note of the server's own state; returns whether something is missing here."""
        mine = self._state
        if mine is None or self._queue or self._held:
            return False
        if state.pts > mine.pts or state.qts > mine.qts:
            self._behind = True
            self._news.set()
        return self._behind

    async def begin(self, source: Source) -> None:
        """Fetch what was missed before this connection. On the very first one, nothing was."""
        self._source = source
        self._held.clear()
        self._behind, self._overdue_at = False, None
        server = await source.state()
        if self._state is not None and self._state.pts > server.pts:
            log.warning("the server counts updates anew; beginning where it stands")
            self._state = None
        if self._state is None:
            await self._reach(server)
        else:
            await self._catch_up(source)

    async def run(self) -> None:
        """Pass updates on for ever; raises Disconnected when the connection ends."""
        assert self._source is not None, "begin comes first"  # noqa: S101
        clock = asyncio.get_running_loop().time
        while True:
            if self._overdue_at is not None and clock() >= self._overdue_at:
                self._behind = True
            if self._behind:
                self._gaps += 1
                await self._catch_up(self._source)
            elif self._queue:
                await self._take(self._queue[0])
                self._queue.popleft()  # not before: a connection that ends meanwhile loses nothing
                await self._release()
            else:
                await self._more()
            if not self._held:
                self._overdue_at = None
            elif self._overdue_at is None:
                self._overdue_at = clock() + self._gap

    def statistics(self) -> SyncStatistics:
        """Return how the updates came so far."""
        pts = self._state.pts if self._state else 0
        return SyncStatistics(pts, self._repeated, self._gaps, self._fetched, self._lost)

    async def _more(self) -> None:
        """Wait for news, but no longer than for what is missing."""
        self._news.clear()
        try:
            async with asyncio.timeout_at(self._overdue_at):
                await self._news.wait()
        except TimeoutError:
            self._behind = True

    async def _take(self, step: Step) -> None:
        state = self._here()
        if step.pts is None:
            if step.qts is not None and step.qts > state.qts:
                await self._reach(State(state.pts, step.qts, state.date))
            if step.update is not None:
                await self._intake.put(step.update)
        elif step.pts <= state.pts:
            self._repeated += step.update is not None
        elif step.pts - step.size > state.pts:
            heapq.heappush(self._held, (step.pts, next(self._order), step))
        else:
            await self._reach(State(step.pts, state.qts, state.date), step)

    async def _release(self) -> None:
        """Take what was held and no longer leaves a gap."""
        while self._held:
            pts, _, step = self._held[0]
            if pts - step.size > self._here().pts:
                break
            heapq.heappop(self._held)
            await self._take(step)

    async def _catch_up(self, source: Source) -> None:
        self._behind = False
        while True:
            since = self._here()
            try:
                missed = await source.difference(since)
            except Flooded as flood:
                await asyncio.sleep(flood.seconds)
                continue
            except Unsendable as refusal:
                log.warning("the server cannot tell what was missed (%s)", refusal)
                missed = Missed([], {}, await source.state(), lost=True)
            if missed.lost:
                self._lost += 1
                log.warning("the server has forgotten some of what was missed")
            self._known(missed.sent)
            self._fetched += len(missed.updates)
            for update in missed.updates:
                await self._intake.put(update)
            await self._reach(missed.state)
            if not missed.more or (missed.state == since and not missed.updates):
                break
        await self._release()

    async def _reach(self, state: State, step: Step | None = None) -> None:
        """Pass on what leads to a state; only then are we there, should this be cut short."""
        await self._intake.put(step.update if step else None, state)
        self._state = state

    def _here(self) -> State:
        assert self._state is not None, "begin comes first"  # noqa: S101
        return self._state
