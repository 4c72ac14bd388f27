"""The port of the chats that people have in pages, and what of any chat a page shows."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from llmtb.actors.chat import RecordFailed, RecordSent
from llmtb.channels.port import OutMessage, Unsendable
from llmtb.events.journal import Journal
from llmtb.runtime.clock import Clock

Record = Callable[[RecordSent | RecordFailed], Awaitable[object]]
"""Asks the chat's actor to record what became of a message; returns when it is in the journal."""


class Pages:
    """Chats in pages: a Port to them (see `llmtb.channels.port`), and a window on any chat."""

    def __init__(self, journal: Journal, record: Record, clock: Clock) -> None:
        self._journal = journal
        self._record = record
        self._clock = clock

    @property
    def name(self) -> str | None:
        """Pages have no public name."""
        return None

    async def run(self) -> None:
        """Follow the journal until this is cancelled."""
        await asyncio.get_running_loop().create_future()

    def changed(self, chat: int, message_id: int, message: OutMessage) -> None:
        """A message of a chat that a page may show as well says something else now."""

    async def send(self, chat: int, message: OutMessage, random_id: int) -> int:
        """See Port."""
        raise Unsendable("not yet")

    async def edit(self, chat: int, message_id: int, message: OutMessage) -> None:
        """See Port."""

    async def answer(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        """See Port."""

    async def pin(self, chat: int, message_id: int) -> None:
        """See Port."""

    async def unpin(self, chat: int, message_id: int) -> None:
        """See Port."""

    async def delete(self, chat: int, message_id: int) -> None:
        """See Port."""

    async def offer_commands(self, commands: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """See Port."""
