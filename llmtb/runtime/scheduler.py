"""Gives actors with mail their turns, with a task only while there is work.

One task, the runner, serves everybody who is ready in this turn of the loop. If it has to wait in
somebody's turn, that turn keeps the task, and those behind it are given another runner.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, Protocol


class Ready(Protocol):
    """Something that has work to do."""

    def turn(self) -> Coroutine[Any, Any, None]:
        """Does some of it; asks to be scheduled again if there is more."""
        ...


class Scheduler:
    """The queue of those that are ready, in the order in which they became so.

    context: what every turn finds in its context variables; senders do not leak theirs.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self._loop = loop
        self._context = context
        self._ready: deque[Ready] = deque()
        self._runner: asyncio.Task[None] | None = None
        self._begun = False  # the runner has had its first step
        self._watched = False  # a look at the runner in the next turn of the loop is due
        # The loop itself holds tasks weakly: an unheld one may vanish at an await.
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._closed = False
        self._quiet: asyncio.Future[None] | None = None

    def schedule(self, who: Ready) -> None:
        """Gives `who` a turn soon. It must not be in the queue already."""
        self._ready.append(who)
        if self._runner is None:
            self._start()
        elif self._begun:
            self._look_after()

    async def quiet(self) -> None:
        """Returns once nobody is ready or in a turn."""
        while self._tasks:
            self._quiet = self._loop.create_future()
            await self._quiet

    def close(self) -> list[asyncio.Task[None]]:
        """Gives no turns any more, and cancels those that wait; returns their tasks."""
        self._closed = True
        self._ready.clear()
        self._runner = None
        tasks = list(self._tasks)
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        return tasks

    def _start(self) -> None:
        if self._closed:
            self._ready.clear()
            return
        self._begun = self._watched = False
        self._runner = self._loop.create_task(
            self._run(), name="actors", context=self._context.copy()
        )
        self._tasks[self._runner] = None

    async def _run(self) -> None:
        task = self._runner
        if task is None:
            return
        self._begun = True
        ready = self._ready
        count = len(ready)
        if count > 1:
            self._look_after()
        try:
            for _ in range(count):
                await ready.popleft().turn()
                if self._runner is not task:
                    return
        finally:
            self._tasks.pop(task, None)
            self._leave(task)
            if not self._tasks and self._quiet is not None and not self._quiet.done():
                self._quiet.set_result(None)

    def _look_after(self) -> None:
        """Somebody is behind the runner: sees in the next turn whether it has to wait."""
        if not self._watched and self._runner is not None:
            self._watched = True
            self._loop.call_soon(self._leave, self._runner)

    def _leave(self, task: asyncio.Task[None]) -> None:
        """Called at the runner's end, or when it is still there after the others' turn came."""
        if self._runner is task:
            self._runner = None
            if self._ready:
                self._start()
