"""Work of a millisecond or two, one piece in each round of the event loop."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Made = TypeVar("Made")


class OneByOne:
    """Lets the loop look after everybody else between two pieces of work.

    Where many chats are told their vectors at once, all of them would be worked on in one round,
    and whoever sleeps meanwhile would wake late by the sum. In a thread of their own they would
    wait for the interpreter's lock at each step, five milliseconds a time.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._thread = asyncio.Lock()

    async def do(self, work: Callable[[], Made], *, apart: bool = False) -> Made:
        """What a piece of work makes, when its turn comes. apart: it is long, so in a thread."""
        if apart:
            async with self._thread:
                return await asyncio.to_thread(work)
        async with self._turn:
            made = work()
            await asyncio.sleep(0)  # who comes in this round waits for the next
            return made
