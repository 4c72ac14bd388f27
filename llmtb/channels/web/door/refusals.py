"""What was turned away, as events: how much of what kind, never what it was."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, Literal

from llmtb.actors.signing_in import NoteRefusals

log = logging.getLogger(__name__)

Cause = Literal["host", "origin", "token", "session", "flood", "size", "plain", "code", "key"]
GATHERED: Final = 60.0  # seconds between two events of one kind


class Refusals:
    """Counts what was turned away: one event at once, then at most one a minute of each kind.

    record: takes the command. now: the instant that holds.
    """

    def __init__(
        self, record: Callable[[NoteRefusals], Awaitable[object]], now: Callable[[], datetime]
    ) -> None:
        self._record = record
        self._now = now
        self._counted: dict[Cause, NoteRefusals] = {}
        self._gathering: dict[Cause, asyncio.Task[None]] = {}

    def add(self, cause: Cause) -> None:
        """One more was turned away."""
        counted = self._counted.get(cause)
        since = counted.since if counted is not None else self._now()
        count = counted.count + 1 if counted is not None else 1
        self._counted[cause] = NoteRefusals(reason=cause, count=count, since=since)
        if cause not in self._gathering:
            self._gathering[cause] = asyncio.create_task(self._gather(cause))

    async def close(self) -> None:
        """Have what was counted recorded, and count no more."""
        for task in self._gathering.values():
            task.cancel()
        await asyncio.gather(*self._gathering.values(), return_exceptions=True)
        for cause in list(self._counted):
            await self._tell(cause)

    async def _gather(self, cause: Cause) -> None:
        try:
            while cause in self._counted:
                await self._tell(cause)
                await asyncio.sleep(GATHERED)
        finally:
            self._gathering.pop(cause, None)

    async def _tell(self, cause: Cause) -> None:
        counted = self._counted.pop(cause, None)
        if counted is None:
            return
        try:
            await self._record(counted)
        except Exception:  # whatever fails there: what was refused stays refused, and is logged
            log.exception("%d refused requests (%s) were not recorded", counted.count, cause)
