"""An event loop that never sleeps: when nothing is ready it jumps to the next timer.

A simulated day takes as long as its computing does, and the same scenario gives the same
instants in the same order each time. There is no outside: no sockets, no threads; what goes
to an executor runs in line.
"""

import asyncio
import math
import selectors
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Executor
from contextvars import Context
from datetime import datetime
from typing import Any, TypeVar, TypeVarTuple, Unpack

from llmtb.runtime.clock import LoopClock

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

MICROSECONDS = 1_000_000
NOISE = 1e-3  # of a microsecond: what float sums of seconds may be off by


class Deadlock(RuntimeError):
    """Nothing is ready and no timer is set: the `waiting` tasks would wait for ever."""

    def __init__(self, waiting: Iterable[str]) -> None:
        self.waiting = tuple(sorted(waiting))
        super().__init__(f"nothing ready, no timer set; waiting: {', '.join(self.waiting) or '-'}")


class _Leap(selectors.BaseSelector):
    """Stands in for the system's selector: waiting moves the time on instead of blocking."""

    def __init__(self) -> None:
        self.elapsed = 0  # microseconds
        self.steps = 0
        self.on_step: Callable[[int], None] | None = None
        self.waiting: Callable[[], Iterable[str]] = tuple
        self.closed_to_files = False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Deadlock(self.waiting())
        if timeout > 0:
            # Never zero: a timer between two microseconds would spin for ever.
            self.elapsed += max(1, math.ceil(timeout * MICROSECONDS - NOISE))
        self.steps += 1
        if self.on_step is not None:
            self.on_step(self.steps)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        if self.closed_to_files:
            raise NotImplementedError("a virtual loop has no sockets and no files")
        return selectors.SelectorKey(fileobj, 0, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, 0, None)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return {}


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on virtual time, which begins at `start` (aware).

    Raises `Deadlock` out of `run_until_complete` as soon as nothing can happen any more.
    """

    def __init__(self, start: datetime) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)
        # The machine's timer resolution would fire virtual timers early where it is coarse.
        self._clock_resolution = 1e-9
        self._leap.closed_to_files = True
        self._leap.waiting = self._waiting
        self._thread = threading.get_ident()
        self.clock = LoopClock(start, self)

    def time(self) -> float:
        return self._leap.elapsed / MICROSECONDS

    @property
    def steps(self) -> int:
        """How many turns the loop has made: each runs every callback that was ready."""
        return self._leap.steps

    def on_step(self, callback: Callable[[int], None] | None) -> None:
        """Calls `callback(steps)` between turns, outside every task; None ends it.

        With it a simulation crashes or disturbs a scenario at any await.
        """
        self._leap.on_step = callback

    def run_in_executor(
        self,
        executor: Executor | None,
        func: Callable[[Unpack[Ts]], T],
        *args: *Ts,
    ) -> asyncio.Future[T]:
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - the future carries it to whoever awaits
            done.set_exception(error)
        return done

    def call_soon_threadsafe(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        if threading.get_ident() != self._thread:
            raise RuntimeError("a virtual loop takes no calls from other threads")
        return self.call_soon(callback, *args, context=context)

    def _waiting(self) -> list[str]:
        return [task.get_name() for task in asyncio.all_tasks(self)]


def run(main: Coroutine[Any, Any, T], start: datetime, *, debug: bool | None = None) -> T:
    """Like `asyncio.run`, on a `VirtualLoop` that begins at `start`; returns what `main` does."""
    with asyncio.Runner(debug=debug, loop_factory=lambda: VirtualLoop(start)) as runner:
        return runner.run(main)


def loop() -> VirtualLoop:
    """The virtual loop this runs on. Raises RuntimeError on any other, or outside one."""
    running = asyncio.get_running_loop()
    if not isinstance(running, VirtualLoop):
        raise RuntimeError("not on a virtual loop")
    return running


def clock() -> LoopClock:
    """The clock of the virtual loop this runs on. Raises RuntimeError outside one."""
    return loop().clock
