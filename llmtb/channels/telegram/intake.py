"""Handing what people did to the house, and knowing how far that has come.

Each chat's updates are handed over one after another, those of different chats side by side. The
state that a run of updates led to is kept only when all of them were taken: what a crash leaves
in between comes again, and its update id tells that it did.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import NamedTuple

from llmtb.channels.port import Pressed, Said
from llmtb.channels.telegram.folder import State

log = logging.getLogger(__name__)

WINDOW = 256  # updates handed over or waiting for it at one time
_FIRST_WAIT, _LAST_WAIT = 0.1, 30.0  # seconds between attempts to hand an update over
_SAVE_EVERY = 1.0  # seconds

Handle = Callable[[Said | Pressed], Awaitable[None]]
"""Takes responsibility for an update: it returns when the update is safe in the journal, or needs
nothing to be kept. Whatever it raises, it will be called again with the same update."""


class IntakeStatistics(NamedTuple):
    """What was handed over.

    waiting: updates on their way now. taken: those that the house took. repeated: attempts beyond
    the first. given_up: updates that were dropped because no attempt succeeded in time.
    """

    waiting: int
    taken: int
    repeated: int
    given_up: int


class _Entry:
    __slots__ = ("done", "reached", "update")

    def __init__(self, update: Said | Pressed | None, reached: State | None) -> None:
        self.update = update
        self.reached = reached
        self.done = update is None


class Intake:
    """Hands updates to `handle`, and the state they led to, once they are taken, to `save`.

    patience: seconds after which an update that `handle` refuses to take is dropped.
    """

    def __init__(
        self,
        handle: Handle,
        save: Callable[[State], None],
        *,
        random: Random,
        patience: float,
        window: int = WINDOW,
    ) -> None:
        self._handle = handle
        self._save = save
        self._random = random
        self._patience = patience
        self._window = window
        self._entries: deque[_Entry] = deque()
        self._lanes: dict[int, deque[_Entry]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._moved = asyncio.Event()
        self._ending = asyncio.Event()
        self._reached: State | None = None
        self._saver: asyncio.Task[None] | None = None
        self._complained = False
        self._open = True
        self._taken = self._repeated = self._given_up = 0

    async def put(self, update: Said | Pressed | None, reached: State | None = None) -> None:
        """Pass on an update, and the state that it led to, if it led to one.

        Waits while too many are on their way. Once the intake is closed it does nothing.
        """
        while len(self._entries) >= self._window and self._open:
            await self._movement()
        if not self._open:
            return
        entry = _Entry(update, reached)
        self._entries.append(entry)
        if update is None:
            self._settle()
            return
        lane = self._lanes.get(update.chat)
        if lane is not None:
            lane.append(entry)
            return
        self._lanes[update.chat] = deque([entry])
        task = asyncio.get_running_loop().create_task(self._work(update.chat))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, within: float) -> None:
        """Take nothing more; wait up to `within` seconds for what is on its way, and save."""
        self._open = False
        self._moved.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._ending.set()
        if self._saver is not None:
            await self._saver  # what it has in hand would be lost with it
        await self._write()

    def statistics(self) -> IntakeStatistics:
        """Return what was handed over so far."""
        waiting = sum(len(lane) for lane in self._lanes.values())
        return IntakeStatistics(waiting, self._taken, self._repeated, self._given_up)

    async def _work(self, chat: int) -> None:
        lane = self._lanes[chat]
        while lane:
            await self._hand_over(lane[0])
            lane.popleft().done = True
            self._settle()
        del self._lanes[chat]

    async def _hand_over(self, entry: _Entry) -> None:
        assert entry.update is not None  # noqa: S101
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._patience
        wait = _FIRST_WAIT
        while True:
            try:
                await self._handle(entry.update)
            except Exception as failure:  # noqa: BLE001  whatever it is, the update comes again
                if loop.time() + wait > give_up_at:
                    self._given_up += 1
                    log.error("update %s was dropped: %r", entry.update.update, failure)
                    return
                log.warning("update %s will come again: %r", entry.update.update, failure)
                self._repeated += 1
            else:
                self._taken += 1
                return
            await asyncio.sleep(wait * self._random.uniform(0.5, 1.0))
            wait = min(wait * 2, _LAST_WAIT)

    def _settle(self) -> None:
        """Move on over everything that was taken, without leaving anything behind."""
        while self._entries and self._entries[0].done:
            self._reached = self._entries.popleft().reached or self._reached
        self._moved.set()
        if self._reached is not None and self._saver is None and self._open:
            self._saver = asyncio.get_running_loop().create_task(self._save_later())

    async def _movement(self) -> None:
        self._moved.clear()
        await self._moved.wait()

    async def _save_later(self) -> None:
        """Save now and then, for as long as there is something new: an old state costs little."""
        while self._reached is not None and not self._ending.is_set():
            await self._write()
            with suppress(TimeoutError):
                async with asyncio.timeout(_SAVE_EVERY):
                    await self._ending.wait()
        self._saver = None

    async def _write(self) -> None:
        state, self._reached = self._reached, None
        if state is None:
            return
        try:
            await asyncio.get_running_loop().run_in_executor(None, self._save, state)
        except OSError as failure:  # such as a full disk: what is kept is older, and still right
            if not self._complained:
                log.warning("how far the updates were taken could not be saved: %s", failure)
            self._complained = True
            self._reached = self._reached or state
        else:
            self._complained = False
