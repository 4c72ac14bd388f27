"""What differs between the libraries that are called `pyrogram`, found by looking, not by version.

kurigram and pyrogram 2.0.106 both fit. Of either one, only the client's connection, its session
file, its sign-in and its raw calls are used: updates are taken as they come off the wire, so
that neither the library's parsing nor its own idea of catching up stands in between.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from llmtb.channels.telegram.folder import Folder
from llmtb.channels.telegram.settings import TelegramSettings

_CHANNELS_FROM = -1009999999999  # pyrogram 2.0.106 knows only the ids of its time
_CHATS_FROM = -999999999999

_line: ContextVar[Callable[..., Any] | None] = ContextVar("line", default=None)

Hear = Callable[[Any], Awaitable[None]]


class Lines:
    """The connections of one client: where they lead, and when the last of them is gone.

    gone: resolves with the reason when a connection fails or ends. refused_key: the server does
    not know the session's key.
    """

    def __init__(self, server: tuple[str, int] | None) -> None:
        self.server = server
        self.gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.refused_key = False
        self.opened: list[Any] = []

    def end(self, reason: str) -> None:
        """No connection is of use any more; the first reason stands."""
        if not self.gone.done():
            self.gone.set_result(reason)

    async def close(self) -> None:
        """Close what is still open."""
        for line in self.opened:
            await line.close()


def prepare(pyrogram: Any) -> None:
    """Make the imported library fit for use; once or many times is the same."""
    if getattr(pyrogram, "_llmtb_prepared", False):
        return
    pyrogram._llmtb_prepared = True
    if hasattr(pyrogram.utils, "MIN_CHANNEL_ID"):
        pyrogram.utils.MIN_CHANNEL_ID = _CHANNELS_FROM
        pyrogram.utils.MIN_CHAT_ID = _CHATS_FROM
    pyrogram.connection.Connection.MAX_CONNECTION_ATTEMPTS = 1  # the supervisor tries again
    log = logging.getLogger("pyrogram")
    if log.level == logging.NOTSET:
        log.setLevel(logging.CRITICAL)  # its lines hold tokens and what people wrote
    _keep_no_error_file(pyrogram.errors.rpc_error.RPCError)
    if not _routes(pyrogram):
        _route_through_context(pyrogram)


def trust(pyrogram: Any, settings: TelegramSettings) -> None:
    """Let the library accept a server that owns the key in the settings."""
    key = settings.public_key
    if key is not None:
        rsa = pyrogram.crypto.rsa
        rsa.server_public_keys[key.fingerprint] = rsa.PublicKey(key.modulus, key.exponent)


def new_client(
    pyrogram: Any, settings: TelegramSettings, folder: Folder, lines: Lines, hear: Hear
) -> Any:
    """A client that has not connected yet; `hear` is given whatever the server pushes."""

    class Client(pyrogram.Client):  # type: ignore[misc]
        async def handle_updates(self, updates: Any) -> None:
            await hear(updates)

    line = _line_class(pyrogram.connection.Connection, lines)
    options: dict[str, Any] = {}
    if _routes(pyrogram):
        # What was missed is fetched by `sync`, which moves on only after updates were taken.
        options = {"connection_factory": line, "skip_updates": True}
    else:
        _line.set(line)
    client = Client(
        folder.session_name,
        api_id=settings.api_id,
        api_hash=settings.api_hash,
        workdir=str(folder.path),
        workers=1,
        sleep_threshold=0,
        ipv6=settings.server is not None and ":" in settings.server[0],
        **options,
    )
    _guard(client.storage, folder)
    return client


def newest_format(pyrogram: Any) -> int:
    """The latest format of session files that the library reads."""
    return int(pyrogram.storage.sqlite_storage.SQLiteStorage.VERSION)


def stay_down(client: Any, lines: Lines) -> None:
    """Take from a started client the habit of connecting again by itself.

    It would do so without fetching what it missed, and pyrogram 2.0.106 not reliably at all.
    """

    async def give_up() -> None:
        lines.end("the connection was lost")

    client.session.restart = give_up


def _routes(pyrogram: Any) -> bool:
    return "connection_factory" in inspect.signature(pyrogram.Client).parameters


def _line_class(base: Any, lines: Lines) -> Any:
    """The library's connection, led to our server and watched."""

    class Line(base):  # type: ignore[misc]
        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            self.closing = False
            lines.opened.append(self)
            if lines.server is not None and hasattr(self, "server_address"):
                self.server_address, self.port = lines.server
                self.ipv6 = ":" in self.server_address
            elif lines.server is not None:
                self.address = lines.server

        async def connect(self) -> None:
            try:
                await super().connect()
            except OSError:
                lines.end("the server cannot be reached")
                await self.close()
                raise

        async def recv(self) -> bytes | None:
            packet: bytes | None = await super().recv()
            if packet is None and not self.closing:
                lines.end("the connection was lost")
            elif packet is not None and len(packet) == 4:
                code = -int.from_bytes(packet, "little", signed=True)
                lines.refused_key = lines.refused_key or code == 404
                lines.end(f"the server ended the connection with error {code}")
            return packet

        async def close(self) -> None:
            self.closing = True  # as when the library moves to the bot's own data centre
            if self.protocol is not None:
                await super().close()
                if (unconnected := getattr(self.protocol, "socket", None)) is not None:
                    unconnected.close()  # pyrogram 2.0.106 leaves it open

    return Line


def _route_through_context(pyrogram: Any) -> None:
    """Let pyrogram 2.0.106 connect through the line of whoever starts the connection."""
    plain = pyrogram.connection.Connection

    def dial(*args: Any, **named: Any) -> Any:
        return (_line.get() or plain)(*args, **named)

    pyrogram.session.session.Connection = dial
    pyrogram.session.auth.Connection = dial


def _keep_no_error_file(error: Any) -> None:
    """Keep the library from writing `unknown_errors.txt` into the working directory."""
    plain = error.__init__

    def note_nothing(
        self: Any,
        value: Any = None,
        rpc_name: str | None = None,
        is_unknown: bool = False,
        is_signed: bool = False,
    ) -> None:
        plain(self, value, rpc_name, False, is_signed)

    error.__init__ = note_nothing


def _guard(storage: Any, folder: Folder) -> None:
    """Hide the session file as soon as the library has made it, before a key is in it."""
    plain = storage.open

    async def open_hidden() -> None:
        await plain()
        folder.close_to_others()

    storage.open = open_hidden
