"""One request and its answer, as the door watches over them."""

import asyncio
from collections.abc import Callable
from typing import Final

from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.exceptions import HTTPException
from litestar.types import HTTPResponseStartEvent, HTTPScope, Message, Receive, Send
from litestar.types.asgi_types import ReceiveMessage

from llmtb.channels.web.door.protection import protect

LONGEST: Final = 1_000_000  # bytes of a form
PATIENCE: Final = 20.0
"""Seconds that a body may take to come in."""
_STREAM: Final = "text/event-stream"


class TooMuch(Exception):
    """A form is longer, or takes longer, than anybody's is."""


class TooSlow(HTTPException):
    """A body takes longer than any does: whoever sends it so only holds a place."""

    status_code = 408
    detail = "the body did not come in"


class Exchange:
    """Puts the headers on the answer, and cuts a stream whose reader may not read on.

    https: whether it came by HTTPS. cookies: `Set-Cookie` lines to go with the answer.
    may_stream: whether another stream may be opened. holds: whether what the reader may still
    holds; asked before each piece of a stream.
    """

    def __init__(self, scope: HTTPScope, receive: Receive, send: Send, *, https: bool) -> None:
        self.headers = Headers.from_scope(scope)
        self.cookies: list[str] = []
        self.may_stream: Callable[[], bool] = lambda: True
        self.holds: Callable[[], bool] = lambda: True
        self.streams = False
        self.cut = asyncio.Event()
        self._path = scope["path"]
        self._https = https
        self._receive = receive
        self._send = send
        self._replay: list[ReceiveMessage] = []
        self._late: float | None = None
        self._whole = False

    async def receive(self) -> ReceiveMessage:
        """What comes next; the end, as soon as the answer is cut. Raises TooSlow."""
        message = self._replay.pop(0) if self._replay else await self._next()
        self._whole = message["type"] != "http.request" or not message["more_body"]
        return message

    async def _next(self) -> ReceiveMessage:
        time = asyncio.get_running_loop().time
        self._late = self._late or time() + PATIENCE
        left = None if self._whole else max(0.0, self._late - time())
        coming = asyncio.ensure_future(self._receive())
        cut = asyncio.ensure_future(self.cut.wait())
        try:
            await asyncio.wait((coming, cut), timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                return coming.result()
            if self.cut.is_set():
                return {"type": "http.disconnect"}
            raise TooSlow
        finally:
            coming.cancel()
            cut.cancel()

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on."""
        if self.cut.is_set():
            return
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders(message)
            if headers.get("content-type", "").startswith(_STREAM):
                if not self.may_stream():
                    await self._refuse_stream()
                    return
                self.streams = True
            protect(message, self._path, https=self._https)
            message["headers"] = [
                *message["headers"],
                *((b"set-cookie", line.encode("latin-1")) for line in self.cookies),
            ]
        elif self.streams and not self.holds():
            self.cut.set()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        await self._send(message)

    async def form(self) -> bytes:
        """The body, which is then read again by whoever comes next. Raises TooMuch."""
        size, parts = 0, []
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    message = await self._receive()
                    self._replay.append(message)
                    if message["type"] != "http.request":
                        break
                    parts.append(message["body"])
                    size += len(message["body"])
                    if size > LONGEST:
                        raise TooMuch
                    if not message["more_body"]:
                        break
        except TimeoutError as error:
            raise TooMuch from error
        return b"".join(parts)

    async def _refuse_stream(self) -> None:
        self.cut.set()
        start: HTTPResponseStartEvent = {
            "type": "http.response.start",
            "status": 429,
            "headers": [],
        }
        protect(start, self._path, https=self._https)
        await self._send(start)
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
