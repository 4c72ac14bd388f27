"""All actors of one kind: which there are, how they fail, when they leave memory."""

import asyncio
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from llmtb.runtime.actor import Factory
from llmtb.runtime.cell import Cell, Phase
from llmtb.runtime.errors import MailboxFull, Stopped, Unanswered
from llmtb.runtime.mailbox import DeadLetter, Letter
from llmtb.runtime.supervision import Backoff, Failure
from llmtb.runtime.timers import Timers

if TYPE_CHECKING:
    from llmtb.runtime.system import System

SWEEPS = 4  # how often within its time an idle actor is looked at


class Kind:
    """The registry of the actors of one kind, and their supervisor.

    cells: those that are in memory, by key. stopped: those that failed too often.
    """

    def __init__(
        self,
        system: "System",
        name: str,
        factory: Factory,
        *,
        capacity: int,
        passivate_after: float | None,
        supervision: Backoff,
        max_recoveries: int,
    ) -> None:
        self.system = system
        self.name = name
        self.factory = factory
        self.capacity = capacity
        self.gate = asyncio.Semaphore(max_recoveries)
        self.schedule = system.scheduler.schedule
        self.time = system.loop.time
        self.cells: dict[str, Cell] = {}
        self.stopped: set[str] = set()
        self.closed = False
        self.handled = 0
        self._passivate_after = passivate_after
        self._supervision = supervision
        self._timers: dict[str, Timers] = {}
        self._failures: dict[str, deque[float]] = {}
        self._restarts: dict[str, asyncio.TimerHandle] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    def post(self, key: str, item: Any, *, forced: bool = False) -> type[Unanswered] | None:
        """Puts a message or a letter into a mailbox; returns why not, if it is refused.

        forced: also into a full one.
        """
        if self.closed and not self.system.is_inside():
            return Stopped
        cell = self.cells.get(key)
        if cell is None:
            if key in self.stopped:
                return Stopped
            cell = self.cells[key] = Cell(self, key)
        box = cell.box
        if box is None:
            cell.box = deque((item,))
            self.schedule(cell)
        elif len(box) < self.capacity or forced:
            box.append(item)
        else:
            return MailboxFull
        return None

    def timers_of(self, key: str) -> Timers:
        timers = self._timers.get(key)
        if timers is None:
            deliver = partial(self._deliver, key)
            timers = Timers(self.system.clock, self.system.loop, deliver)
            if self.closed:
                timers.close()
            self._timers[key] = timers
        return timers

    def rest(self, cell: Cell) -> None:
        """An actor has nothing to do: its time until passivation begins."""
        patience = self._passivate_after
        if patience is None or self.closed:
            return
        cell.idle_since = self.time()
        if self._sweeping is None:
            self._sweeping = self.system.loop.call_later(patience, self._sweep, patience)

    def forget(self, cell: Cell) -> None:
        """An actor has left memory; its timers stay if there are any."""
        self.cells.pop(cell.key, None)
        self._failures.pop(cell.key, None)
        cell.box = None
        if not self._timers.get(cell.key, ()):
            self._timers.pop(cell.key, None)

    def failed(self, cell: Cell, error: Exception) -> None:
        """An actor is no more; it is made again after a while, or never."""
        system, key = self.system, cell.key
        if system.is_gone:
            return
        cell.actor = None
        cell.phase = Phase.FAILED
        self._clear_timers(key)
        failures = self._failures.setdefault(key, deque())
        now = system.loop.time()
        delay = self._supervision.delay(failures, now, system.chance)
        if self.closed:
            delay = None
        count = len(failures)
        if delay is None:
            self.stopped.add(key)
            self.bury(cell, "stopped after failures")
        else:
            system.counts.restarts += 1
            self._restarts[key] = system.loop.call_later(delay, self._restart, cell)
        system.report(Failure(self.name, key, error, count, delay))

    def report(self, key: str, error: Exception) -> None:
        """Something went wrong that ends no life before its time."""
        self.system.report(Failure(self.name, key, error, 0, 0.0))

    def revive(self, key: str) -> None:
        """Lets an actor that was stopped for good begin again."""
        self.stopped.discard(key)
        self._failures.pop(key, None)

    def bury(self, cell: Cell, reason: str) -> None:
        """Takes an actor out of the registry; what it was told becomes dead letters."""
        box = cell.box
        self.forget(cell)
        while box:
            self.lose(cell.key, box.popleft(), reason)

    def drop(self, cell: Cell) -> None:
        """Takes an actor out of the registry, and nobody is told but those who asked."""
        box = cell.box
        self.forget(cell)
        while box:
            item = box.popleft()
            if type(item) is Letter:
                item.fail(Stopped(self.name, cell.key))

    def lose(self, key: str, item: Any, reason: str) -> None:
        """Settles a message that nobody will take."""
        message = item
        if type(item) is Letter:
            if item.reply is not None:
                item.fail(Stopped(self.name, key))
                return
            message = item.message
        self.system.dead_letters.add(DeadLetter(self.name, key, message, reason))

    def close(self) -> None:
        """Takes no messages from outside any more; nothing is restarted, no timer fires."""
        self.closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        for timers in self._timers.values():
            timers.close()
        for restart in self._restarts.values():
            restart.cancel()
        self._restarts.clear()
        for cell in list(self.cells.values()):
            if cell.phase is Phase.FAILED:
                self.bury(cell, "the system stops")

    async def stop(self) -> None:
        """Has every actor that is at rest leave; one that was interrupted is not in peace."""
        for cell in self.in_memory():
            if cell.box is None:
                await cell.stop()

    def in_memory(self) -> Iterator[Cell]:
        """The actors there are, whatever becomes of them meanwhile."""
        return iter(list(self.cells.values()))

    def _deliver(self, key: str, message: Any) -> None:
        refusal = self.post(key, message, forced=True)
        if refusal is not None:
            self.lose(key, message, refusal.reason)

    def _clear_timers(self, key: str) -> None:
        timers = self._timers.get(key)
        if timers is not None:
            timers.clear()

    def _restart(self, cell: Cell) -> None:
        del self._restarts[cell.key]
        cell.restart()

    def _sweep(self, patience: float) -> None:
        """Has those leave that have been idle for `patience` seconds."""
        self._sweeping = None
        limit = self.system.loop.time() - patience
        waiting = False
        for cell in self.in_memory():
            if cell.box is not None:
                continue
            if cell.idle_since <= limit:
                cell.leave()
            else:
                waiting = True
        if waiting:
            pause = patience / SWEEPS
            self._sweeping = self.system.loop.call_later(pause, self._sweep, patience)
