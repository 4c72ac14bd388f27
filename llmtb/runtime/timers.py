"""Timers by name: a message to oneself at an instant."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from llmtb.runtime.clock import Clock


class Timers:
    """The timers of one key.

    They belong to the key and not to the actor that sets them: they outlive its passivation, and
    bring it back. A restart clears them, for `started` sets what is needed then.
    """

    __slots__ = ("_armed", "_clock", "_closed", "_deliver", "_loop")

    def __init__(
        self,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[Any], None],
    ) -> None:
        self._clock = clock
        self._loop = loop
        self._deliver = deliver
        self._armed: dict[str, asyncio.TimerHandle] = {}
        self._closed = False

    def set(self, name: str, at: datetime, message: object) -> None:
        """Has `message` delivered at the instant `at` (aware), at once if that is over.

        It is never refused for want of room. Setting a name again replaces what it was set to.
        """
        armed = self._armed.pop(name, None)
        if armed is not None:
            armed.cancel()
        if self._closed:
            return
        fire = partial(self._fire, name, at, message)
        self._armed[name] = self._loop.call_later(self._clock.wait(at), fire)

    def cancel(self, name: str) -> None:
        """Unsets a timer; one that is not set is left alone."""
        armed = self._armed.pop(name, None)
        if armed is not None:
            armed.cancel()

    def clear(self) -> None:
        """Unsets them all."""
        for armed in self._armed.values():
            armed.cancel()
        self._armed.clear()

    def close(self) -> None:
        """Unsets them all, and sets none any more."""
        self.clear()
        self._closed = True

    def __len__(self) -> int:
        return len(self._armed)

    def _fire(self, name: str, at: datetime, message: object) -> None:
        if self._clock.now() < at:
            self.set(name, at, message)
            return
        del self._armed[name]
        self._deliver(message)
