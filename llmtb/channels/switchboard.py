"""The way out to all channels at once: each chat is reached by the channel it is of."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from llmtb.channels.port import SITE, WEB_QUERY, OutMessage, Port, Unreachable


class Window(Port, Protocol):
    """The port of the pages: also told what was changed in a chat of another channel."""

    def changed(self, chat: int, message_id: int, message: OutMessage) -> None:
        """A message of a chat that a page may show as well says something else now."""
        ...


class Switchboard:
    """Telegram and the pages as one port.

    telegram: None where no bot is set up; its chats are then out of reach.
    """

    def __init__(self, telegram: Port | None, pages: Window) -> None:
        self._telegram = telegram
        self._pages = pages

    @property
    def name(self) -> str | None:
        """The bot's name on Telegram."""
        return self._telegram.name if self._telegram is not None else None

    async def send(self, chat: int, message: OutMessage, random_id: int) -> int:
        """See Port."""
        return await self._port(chat).send(chat, message, random_id)

    async def edit(self, chat: int, message_id: int, message: OutMessage) -> None:
        """See Port."""
        port = self._port(chat)
        await port.edit(chat, message_id, message)
        if port is not self._pages:
            self._pages.changed(chat, message_id, message)

    async def answer(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        """See Port."""
        if query_id.startswith(WEB_QUERY):
            await self._pages.answer(query_id, text, alert=alert)
        elif self._telegram is not None:
            await self._telegram.answer(query_id, text, alert=alert)

    async def pin(self, chat: int, message_id: int) -> None:
        """See Port."""
        await self._port(chat).pin(chat, message_id)

    async def unpin(self, chat: int, message_id: int) -> None:
        """See Port."""
        await self._port(chat).unpin(chat, message_id)

    async def delete(self, chat: int, message_id: int) -> None:
        """See Port."""
        await self._port(chat).delete(chat, message_id)

    async def offer_commands(self, commands: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """See Port; pages have no menu of commands."""
        if self._telegram is not None:
            await self._telegram.offer_commands(commands)

    def _port(self, chat: int) -> Port:
        if chat >= SITE:
            return self._pages
        if self._telegram is None:
            raise Unreachable("no bot is set up")
        return self._telegram
