"""Where time comes from. Nothing else in the house asks the machine for it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

CHECK: Final = 60.0
"""Seconds for which a wait on a clock that may be set goes unexamined."""


class Clock(Protocol):
    """Tells the time: aware, UTC, to the microsecond."""

    def now(self) -> datetime: ...
    def wait(self, at: datetime) -> float:
        """Seconds of the event loop after which to look again whether `at` has come; 0: it has."""
        ...


class WallClock:
    """The machine's own clock. It may be set back or forward under a running process."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, at: datetime) -> float:
        """At most CHECK: the clock may be set, or the machine sleep, in between."""
        return min(max(0.0, (at - self.now()).total_seconds()), CHECK)


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

    def wait(self, at: datetime) -> float:
        """All of it: nothing moves this clock but its loop."""
        return max(0.0, (at - self.now()).total_seconds())


class PacedClock:
    """A clock that runs `speed` times as fast as the loop, and can be stopped and started.

    start: the instant at which it is made. speed: 0 stops it; it never runs back.
    Raises ValueError where `start` is naive or a speed is out of 0 to FASTEST.
    """

    FASTEST: Final = 3600.0
    _LOOK: Final = 0.25  # seconds after which a waiter sees that the speed was changed

    def __init__(
        self, start: datetime, loop: asyncio.AbstractEventLoop, speed: float = 1.0
    ) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware instant")
        self._loop = loop
        self._since, self._from = loop.time(), start.astimezone(UTC)
        self._speed = 0.0
        self.speed = speed

    @property
    def speed(self) -> float:
        """How many of its seconds pass in one of the loop's."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        if not 0 <= speed <= self.FASTEST:
            raise ValueError(f"a clock's speed is from 0 to {self.FASTEST:g}")
        self._from, self._since = self.now(), self._loop.time()
        self._speed = speed

    def now(self) -> datetime:
        elapsed = (self._loop.time() - self._since) * self._speed
        return self._from + timedelta(microseconds=round(elapsed * 1_000_000))

    def wait(self, at: datetime) -> float:
        """Little, since the pace may change meanwhile."""
        left = (at - self.now()).total_seconds()
        if left <= 0:
            return 0.0
        return min(left / self._speed, self._LOOK) if self._speed else self._LOOK
