"""One at a time: whatever reaches a chat, by whichever channel, waits for what came before it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Locks by chat, each kept for as long as somebody has or wants it."""

    def __init__(self) -> None:
        self._chats: dict[int, tuple[asyncio.Lock, int]] = {}

    def waiting(self, chat: int) -> int:
        """How many have or want the chat's turn."""
        return self._chats[chat][1] if chat in self._chats else 0

    @asynccontextmanager
    async def turn(self, chat: int) -> AsyncIterator[None]:
        """The chat's turn, in the order in which it was asked for."""
        lock, wanted = self._chats.get(chat) or (asyncio.Lock(), 0)
        self._chats[chat] = lock, wanted + 1
        try:
            async with lock:
                yield
        finally:
            wanted = self._chats[chat][1] - 1
            if wanted:
                self._chats[chat] = lock, wanted
            else:
                del self._chats[chat]
