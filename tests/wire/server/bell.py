"""Waiting for something to be seen, by events and never by polling."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")
PATIENCE: Final = 30.0  # seconds to wait for something that should come at once


class Bell:
    """Rung at every change; those who wait look again at each ring."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Lets everybody who waits look again."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def until(
        self, look: Callable[[], T | None], within: float, missing: Callable[[], str]
    ) -> T:
        """What `look` finds, as soon as it finds it.

        Raises AssertionError with the words of `missing` after `within` seconds.
        """
        try:
            async with asyncio.timeout(within):
                while (found := look()) is None:
                    await self._rung.wait()
        except TimeoutError:
            raise AssertionError(f"after {within} s: {missing()}") from None
        return found
