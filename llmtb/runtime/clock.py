"""Where time comes from. Nothing else in the house asks the machine for it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time: aware, UTC, to the microsecond."""

    def now(self) -> datetime: ...


class WallClock:
    """The machine's own clock. It may be set back or forward under a running process."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class LoopClock:
    """Runs with an event loop: `start` is the instant at which the clock is made.

    On a `llmtb.runtime.virtual.VirtualLoop` its instants are exact to the microsecond.
    Raises ValueError where `start` is naive.
    """

    __slots__ = ("_elapsed", "_loop", "_now", "_origin", "_start")

    def __init__(self, start: datetime, loop: asyncio.AbstractEventLoop) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware instant")
        self._loop = loop
        self._origin = loop.time()
        self._start = self._now = start.astimezone(UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        elapsed = self._loop.time() - self._origin
        if elapsed != self._elapsed:
            self._elapsed = elapsed
            self._now = self._start + timedelta(microseconds=round(elapsed * 1_000_000))
        return self._now
