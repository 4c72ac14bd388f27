"""The installed library, whichever version it is, as a client of the suite's own server."""

import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final
from unittest import mock

import pyrogram
from pyrogram.connection import Connection
from pyrogram.crypto import rsa

from tests.wire.server import MtprotoServer, PublicKey

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
        widened = {"MIN_CHANNEL_ID": -1009999999999, "MIN_CHAT_ID": -999999999999}
        with (
            mock.patch("pyrogram.connection.connection.DataCenter", place),
            mock.patch.multiple("pyrogram.utils", **widened),
        ):
            yield {}


@asynccontextmanager
async def connected(
    server: MtprotoServer, folder: Path, *handlers: Any, **settings: Any
) -> AsyncIterator[Any]:
    """A started client of the library with its session file in `folder`."""
    with trusted(server.public_key), routed(server.address) as route:
        client = pyrogram.Client(
            "bot",
            api_id=server.api_id,
            api_hash=server.api_hash,
            bot_token=server.bot_token,
            workdir=folder,
            workers=1,
            sleep_threshold=0,
            **{**route, **settings},
        )
        for handler in handlers:
            client.add_handler(handler)
        await client.start()
        try:
            yield client
        finally:
            if client.is_connected:
                await client.stop()
