"""The installed library, whichever version it is, as a client of the suite's own server."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final
from unittest import mock

import pyrogram
from pyrogram import filters, handlers
from pyrogram.connection import Connection
from pyrogram.crypto import rsa

from tests.wire.server import MtprotoServer, PublicKey
from tests.wire.server.bell import PATIENCE

raw: Final[Any] = pyrogram.raw
# kurigram lets itself be told where to connect; pyrogram 2.0.106 has to be patched.
IS_ROUTABLE: Final = "connection_factory" in inspect.signature(pyrogram.Client).parameters


@contextmanager
def trusted(key: PublicKey) -> Iterator[None]:
    """Lets the library accept a server that owns `key`."""
    known = rsa.PublicKey(key.modulus, key.exponent)
    with mock.patch.dict(rsa.server_public_keys, {key.fingerprint: known}):
        yield


@contextmanager
def routed(address: tuple[str, int]) -> Iterator[dict[str, Any]]:
    """The arguments with which a client connects to `address`, whatever data centre it means."""
    host, port = address
    if IS_ROUTABLE:

        def connection(**given: Any) -> Any:
            return Connection(**{**given, "server_address": host, "port": port})

        yield {"connection_factory": connection, "skip_updates": False}
    else:
        place = mock.Mock(return_value=address)
        with (
            mock.patch("pyrogram.connection.connection.DataCenter", place),
            mock.patch("pyrogram.utils.MIN_CHANNEL_ID", -1009999999999),
            mock.patch("pyrogram.utils.MIN_CHAT_ID", -999999999999),
        ):
            yield {}


@asynccontextmanager
async def connected(
    server: MtprotoServer, folder: Path, *handlers: Any, **settings: Any
) -> AsyncIterator[Any]:
    """A started client of the library with its session file in `folder`."""
    with trusted(server.public_key), routed(server.address) as route:
        usual = {
            "api_id": server.api_id,
            "api_hash": server.api_hash,
            "bot_token": server.bot_token,
            "workdir": folder,
            "workers": 1,
            "sleep_threshold": 0,
        }
        client = pyrogram.Client("bot", **{**usual, **route, **settings})
        for handler in handlers:
            client.add_handler(handler)
        await client.start()
        try:
            yield client
        finally:
            if client.is_connected:
                await client.stop()


async def reconnected(server: MtprotoServer, client: Any, connection: int = 2) -> None:
    """Waits until a client has made so many connections and uses the last of them."""
    await server.called("help.GetConfig", connection)
    async with asyncio.timeout(PATIENCE):
        await client.session.is_started.wait()


def sending(chat: int, text: str, random_id: int) -> Any:
    """The raw call that sends a text under a `random_id` of the caller's choice."""
    peer = raw.types.InputPeerUser(user_id=chat, access_hash=0)
    return raw.functions.messages.SendMessage(peer=peer, message=text, random_id=random_id)


class Inbox:
    """What a client was told: texts and presses in the order its handlers saw them."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Any] = asyncio.Queue()
        self.presses: asyncio.Queue[Any] = asyncio.Queue()
        self.updates: asyncio.Queue[Any] = asyncio.Queue()
        incoming = filters.private & filters.incoming
        self.handlers = (
            handlers.MessageHandler(self._message, incoming),
            handlers.CallbackQueryHandler(self._press),
        )
        self.raw_handlers = (handlers.RawUpdateHandler(self._update),)

    async def message(self) -> Any:
        """The next message from a person."""
        return await self._next(self.messages)

    async def text(self) -> str:
        """The text of the next message from a person."""
        return str((await self.message()).text)

    async def press(self) -> Any:
        """The next press on a button."""
        return await self._next(self.presses)

    async def update(self, kind: str) -> Any:
        """The next raw update of a kind."""
        while type(update := await self._next(self.updates)).__name__ != kind:
            pass
        return update

    async def _next(self, queue: asyncio.Queue[Any]) -> Any:
        async with asyncio.timeout(PATIENCE):
            return await queue.get()

    async def _message(self, _: Any, message: Any) -> None:
        self.messages.put_nowait(message)

    async def _press(self, _: Any, press: Any) -> None:
        self.presses.put_nowait(press)

    async def _update(self, _: Any, update: Any, *__: Any) -> None:
        self.updates.put_nowait(update)
