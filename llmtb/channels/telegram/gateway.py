"""One signed-in connection to Telegram: the way in and the way out. Never mended, only replaced.

This is the one module that imports the library, and only inside a running event loop: pyrogram
2.0.106 asks for the loop as soon as it is imported. From here on it is an untyped value.
"""

import asyncio
import importlib
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from llmtb.channels.port import Disconnected, NotModified, OutMessage, Unreachable, Unsendable
from llmtb.channels.telegram import library
from llmtb.channels.telegram.folder import Folder, State
from llmtb.channels.telegram.reading import Missed, Reader, Step, kind_of, sent_id, state_of
from llmtb.channels.telegram.refusals import (
    SessionLost,
    SignInRefused,
    as_port_error,
    as_sign_in_error,
    read_refusal,
)
from llmtb.channels.telegram.settings import TelegramSettings
from llmtb.channels.telegram.writing import Writer
from llmtb.runtime.clock import Clock

log = logging.getLogger(__name__)

_NO_KEY = "Public key not found"  # what both libraries say of a server whose RSA key they lack
_CLOSING = 5.0  # seconds
_BAD_PICTURES = ("PHOTO_", "IMAGE_PROCESS_FAILED")

Hear = Callable[[Sequence[Step] | None], None]


class Gateway:
    """A `Port` that lasts as long as its connection does; `lost` tells when that is over."""

    def __init__(self, pyrogram: Any, settings: TelegramSettings, folder: Folder, clock: Clock):
        self._settings = settings
        self._folder = folder
        self._refusal: type[Exception] = pyrogram.errors.rpc_error.RPCError
        self._lines = library.Lines(settings.server)
        self._client = library.new_client(pyrogram, settings, folder, self._lines, self._take)
        self._writer = Writer(pyrogram, self._client)
        self._reader = Reader(clock)
        self._hear: Hear | None = None
        self._early: list[Sequence[Step] | None] = []
        self._met: dict[int, int] = {}
        self._name: str | None = None

    @classmethod
    async def open(cls, settings: TelegramSettings, folder: Folder, clock: Clock) -> Self:
        """Connect, sign in, and learn the bot's name.

        Raises SignInRefused when there is no use in trying again; otherwise Flooded, SessionLost
        or Disconnected.
        """
        pyrogram: Any = importlib.import_module("pyrogram")
        library.prepare(pyrogram)
        library.trust(pyrogram, settings)
        if folder.set_unfit_aside(library.newest_format(pyrogram)):
            log.warning("the session file could not be used and was set aside; signing in anew")
        gateway = cls(pyrogram, settings, folder, clock)
        try:
            await gateway._connect()
            library.stay_down(gateway._client, gateway._lines)
            await gateway._introduce()
        except BaseException as failure:
            await gateway.close()
            if isinstance(failure, SessionLost):
                folder.forget_session()
            raise
        return gateway

    async def close(self) -> None:
        """Give the connection and the session file back. May be called again."""
        self._lines.end("the gateway is closed")
        client = self._client
        for step in (client.storage.save, self._stop_session, self._lines.close):
            try:
                async with asyncio.timeout(_CLOSING):
                    await step()
            except Exception as failure:  # noqa: BLE001  whatever state it is in, it is dropped
                log.debug("while closing the gateway: %s", type(failure).__name__)
        try:
            await client.storage.close()
        except (AttributeError, RuntimeError, sqlite3.Error) as failure:  # it was never opened
            log.debug("while closing the session file: %s", type(failure).__name__)
        client.executor.shutdown(wait=False)

    def listen(self, hear: Hear) -> None:
        """Give everything that the server pushes, from sign-in on, to `hear`.

        It is given None when updates have to be fetched.
        """
        self._hear = hear
        for steps in self._early:
            hear(steps)
        self._early.clear()

    async def lost(self) -> str:
        """Wait until the connection is over, and return why."""
        return await asyncio.shield(self._lines.gone)

    @property
    def name(self) -> str | None:
        """The bot's public name."""
        return self._name

    # The way in: how far the updates have come, and what was missed.

    async def state(self) -> State:
        """How far the updates have come, as the server has it."""
        return state_of(await self._call(self._writer.state()))

    async def difference(self, since: State) -> Missed:
        """What happened since; Unsendable when the server cannot make sense of `since`."""
        call = self._writer.difference(since.pts, since.qts, since.date)
        difference = await self._call(call)
        await self._meet(difference)
        return self._reader.missed(difference, since)

    # The way out, as `Port` has it.

    async def send(self, chat: int, message: OutMessage, random_id: int) -> int:
        """See `Port.send`."""
        peer = await self._peer(chat)
        if message.attachment is not None:
            return await self._send_file(peer, message, random_id)
        result = await self._deed(await self._writer.message(peer, message, random_id))
        return sent_id(result, random_id)

    async def edit(self, chat: int, message_id: int, message: OutMessage) -> None:
        """See `Port.edit`."""
        peer = await self._peer(chat)
        await self._deed(await self._writer.edit(peer, message_id, message))

    async def answer(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        """See `Port.answer`."""
        await self._deed(self._writer.answer(int(query_id), text, alert=alert))

    async def pin(self, chat: int, message_id: int) -> None:
        """See `Port.pin`."""
        await self._pin(chat, message_id, unpin=False)

    async def unpin(self, chat: int, message_id: int) -> None:
        """See `Port.unpin`."""
        await self._pin(chat, message_id, unpin=True)

    async def delete(self, chat: int, message_id: int) -> None:
        """See `Port.delete`."""
        await self._deed(self._writer.delete(message_id))

    async def offer_commands(self, commands: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """See `Port.offer_commands`."""
        for language, offered in commands.items():
            await self._deed(self._writer.commands(language, offered))

    async def _send_file(self, peer: Any, message: OutMessage, random_id: int) -> int:
        attachment = message.attachment
        assert attachment is not None  # noqa: S101
        for part in self._writer.parts(attachment, random_id):
            await self._call(part)
        media = self._writer.uploaded(attachment, random_id, picture=attachment.picture)
        try:
            result = await self._deed(await self._writer.media(peer, media, message, random_id))
        except Unsendable as refusal:
            if not (attachment.picture and str(refusal).startswith(_BAD_PICTURES)):
                raise
            # Too wide or too tall to be shown: as a file it can still be opened.
            file = attachment._replace(picture=False)
            return await self._send_file(
                peer,
                OutMessage(text=message.text, keyboard=message.keyboard, attachment=file),
                random_id,
            )
        return sent_id(result, random_id)

    async def _pin(self, chat: int, message_id: int, *, unpin: bool) -> None:
        try:
            await self._deed(self._writer.pin(await self._peer(chat), message_id, unpin=unpin))
        except NotModified:
            log.debug("the pin was as it should be")

    async def _peer(self, chat: int) -> Any:
        """The person's address. After the session was lost, the server is asked for it."""
        storage = self._client.storage
        try:
            return await storage.get_peer_by_id(chat)
        except KeyError:
            if chat <= 0:
                raise Unreachable("only private chats are served") from None
        await self._client.fetch_peers(await self._call(self._writer.user(chat)))
        await storage.save()
        try:
            return await storage.get_peer_by_id(chat)
        except KeyError:
            raise Unreachable("nobody is known by that number") from None

    # Underneath: connecting, calling, being called.

    async def _connect(self) -> None:
        opening = asyncio.ensure_future(self._sign_in())
        ends: set[asyncio.Future[Any]] = {opening, self._lines.gone}
        try:
            await asyncio.wait(
                ends,
                timeout=self._settings.connecting,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if self._lines.refused_key:
                raise SessionLost("the server does not know the session's key")
            if opening.done():
                opening.result()
            if self._lines.gone.done():
                raise Disconnected(self._lines.gone.result())
            if not opening.done() or not self._client.session.is_started.is_set():
                raise Disconnected("the server does not answer")
        finally:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)

    async def _sign_in(self) -> None:
        try:
            if not await self._client.connect():
                await self._client.sign_in_bot(self._settings.token)
        except self._refusal as refusal:
            raise as_sign_in_error(read_refusal(refusal)) from None
        except sqlite3.OperationalError as failure:
            raise Disconnected(f"the session file cannot be used: {failure}") from None
        except OSError:
            raise Disconnected("the server cannot be reached") from None
        except Exception as failure:
            if str(failure) == _NO_KEY:
                raise SignInRefused(
                    "the server does not own the RSA key that is set (telegram.server_key)"
                ) from None
            raise

    async def _introduce(self) -> None:
        found = await self._call(self._writer.myself())
        for me in found.users:
            if me.is_self:
                names = [me.username, *(name.username for name in me.usernames or [])]
                self._name = next(filter(None, names), None)
        await self._client.storage.save()

    async def _stop_session(self) -> None:
        if self._client.session is not None:
            await self._client.session.stop()

    async def _deed(self, call: Any) -> Any:
        """A call that may have moved the bot's own updates on: they are heard like others."""
        result = await self._call(call)
        if steps := self._reader.steps(result):
            self._pass_on([step._replace(update=None) for step in steps])
        return result

    async def _call(self, call: Any) -> Any:
        """Make one call, once, and raise what its refusal means.

        The library's `invoke` would repeat it and sleep, and hide RANDOM_ID_DUPLICATE (a 500).
        """
        lines = self._lines
        if lines.gone.done():
            raise Disconnected(lines.gone.result())
        answering = asyncio.ensure_future(
            self._client.session.send(call, timeout=self._settings.request)
        )
        try:
            await asyncio.wait({answering, lines.gone}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                raise Disconnected(lines.gone.result(), outcome_unknown=True)
            result = answering.result()
        except OSError:
            lines.end("the server does not answer")
            raise Disconnected(lines.gone.result(), outcome_unknown=True) from None
        except self._refusal as refusal:
            meaning = as_port_error(read_refusal(refusal))
            if isinstance(meaning, SessionLost):
                lines.end(str(meaning))
                self._folder.forget_session()
            raise meaning from None
        finally:
            answering.cancel()
        if kind_of(result) == "BadMsgNotification":
            lines.end(f"the server complains of the connection ({result.error_code})")
            raise Disconnected(lines.gone.result())
        return result

    async def _take(self, updates: Any) -> None:
        await self._meet(updates)
        steps = self._reader.steps(updates)
        if steps is None or steps:
            self._pass_on(steps)

    def _pass_on(self, steps: Sequence[Step] | None) -> None:
        if self._hear is None:
            self._early.append(steps)
        else:
            self._hear(steps)

    async def _meet(self, updates: Any) -> None:
        """Keep the addresses of those who are new, so that they last beyond a crash."""
        users = [user for user in getattr(updates, "users", []) if kind_of(user) == "User"]
        new = [
            user
            for user in users
            if not user.min and user.access_hash and self._met.get(user.id) != user.access_hash
        ]
        if not new:
            return
        try:
            await self._client.fetch_peers(new)
            await self._client.storage.save()
        except sqlite3.Error as failure:  # such as a full disk: the server can be asked for them
            log.warning("the addresses of people could not be kept: %s", failure)
        else:
            self._met.update((user.id, user.access_hash) for user in new)
