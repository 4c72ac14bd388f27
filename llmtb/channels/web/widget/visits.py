"""A visitor's session, and their chat: what the frame asks for, and nothing that anybody else may.

Every request is held to the session that it brings: there is no way to name another's chat.
"""

from collections.abc import AsyncIterator, Awaitable
from typing import Annotated, Any, Final

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import (
    ClientException,
    HTTPException,
    NotAuthorizedException,
    ServiceUnavailableException,
)
from litestar.params import FromQuery, JSONBody, URLEncodedBody
from litestar.response import Stream
from msgspec import Meta

from llmtb.channels.port import chat_key
from llmtb.channels.web.chat import exchange
from llmtb.channels.web.chat.exchange import PressForm, SayForm
from llmtb.channels.web.chat.speaking import NotTaken, Unfit, check
from llmtb.channels.web.console import Console
from llmtb.channels.web.widget import visiting
from llmtb.channels.web.widget.reception import AnyRequest, Reception, reception_of

_BODY: Final = 32_000  # bytes: the longest text, each sign of it written as an escape
_PRIVATE: Final = {"Cache-Control": "no-store"}
Language = Annotated[str, Meta(max_length=35)]


class Opening(msgspec.Struct):
    """How a chat is opened.

    language: the visitor's. begin: whether a new session may be begun where none is brought.
    by_page: whether the page itself is to keep it, where its browser keeps no cookies in frames.
    """

    language: Language = ""
    begin: bool = True
    by_page: bool = False


class Leaving(msgspec.Struct):
    """The end of a chat."""

    nonce: int
    language: Language = ""


def out(_: AnyRequest, __: HTTPException) -> Response[dict[str, str]]:
    """A session that does not hold: the frame begins another, nobody is sent to sign in."""
    return Response({"detail": "no session"}, status_code=401, headers=_PRIVATE)


class Visits(Controller):
    """`/widget/session` and what a session opens."""

    path = "/widget"
    include_in_schema = False
    request_max_body_size = _BODY
    exception_handlers = {NotAuthorizedException: out}  # noqa: RUF012
    dependencies = {  # noqa: RUF012  litestar reads it so
        "reception": Provide(reception_of, sync_to_thread=False)
    }

    @post("/session", status_code=200)
    async def begin(
        self,
        request: AnyRequest,
        console: NamedDependency[Console],
        reception: NamedDependency[Reception],
        data: JSONBody[Opening],
    ) -> Response[dict[str, Any]]:
        """The session that is brought, or a new one; who has just come is greeted.

        A cookie may be refused: a new session counts as held when it is brought the next time.
        """
        reception.let_in(request)
        session, token = reception.resumed(request), ""
        headers = dict(_PRIVATE)
        if session is None and data.begin:
            begun = reception.begin(request)
            if data.by_page:
                session, token = begun, begun.token
            else:
                headers |= reception.keeping(request, begun.token)
        if session is not None:
            await _done(visiting.arrive(console, session.chat, data.language))
        return Response({"held": session is not None, "token": token}, headers=headers)

    @post("/forget", status_code=200)
    async def forget(
        self,
        request: AnyRequest,
        console: NamedDependency[Console],
        reception: NamedDependency[Reception],
        data: JSONBody[Leaving],
    ) -> Response[dict[str, str]]:
        """Have this device know nothing of the chat; whoever talks with the visitor is told."""
        reception.let_in(request)
        session = reception.resumed(request)
        if session is not None and visiting.has_begun(console, session.chat):
            await _leave(console, session.chat, data)
        return Response({}, headers={**_PRIVATE, **reception.keeping(request, "")})

    @post("/leave", status_code=200)
    async def leave(
        self,
        request: AnyRequest,
        console: NamedDependency[Console],
        reception: NamedDependency[Reception],
        data: JSONBody[Leaving],
    ) -> Response[dict[str, str]]:
        """End the chat, as Exit does."""
        session = reception.writer(request)
        await _leave(console, session.chat, data)
        return Response({}, headers=_PRIVATE)

    @get("/stream")
    async def stream(
        self,
        request: AnyRequest,
        console: NamedDependency[Console],
        reception: NamedDependency[Reception],
        after: FromQuery[int | None] = None,
    ) -> Stream:
        """The visitor's chat, as it goes on."""
        session, address = reception.open_stream(request), reception.address(request)
        last = request.headers.get("last-event-id", "")
        if last.isascii() and last.isdecimal() and len(last) < 19:
            after = int(last)
        watched = console.pages.watch(chat_key(session.chat), after)
        counted = _counted(reception, session.chat, address, watched)
        headers = {**_PRIVATE, "X-Accel-Buffering": "no"}
        return Stream(counted, media_type="text/event-stream", headers=headers)

    @get("/before")
    async def before(
        self,
        request: AnyRequest,
        console: NamedDependency[Console],
        reception: NamedDependency[Reception],
        version: FromQuery[int],
    ) -> Response[dict[str, Any]]:
        """What was earlier in it."""
        session = reception.writer(request)
        return await exchange.older(console, session.chat, version)

    @post("/say")
    async def say(
        self,
        request: AnyRequest,
        console: NamedDependency[Console],
        reception: NamedDependency[Reception],
        data: URLEncodedBody[SayForm],
    ) -> Response[dict[str, Any]]:
        """The visitor's words."""
        session = reception.writer(request)
        form = msgspec.structs.replace(data, text=visiting.harmless(data.text))
        return await exchange.spoken(console, session.chat, form, "")

    @post("/press")
    async def press(
        self,
        request: AnyRequest,
        console: NamedDependency[Console],
        reception: NamedDependency[Reception],
        data: URLEncodedBody[PressForm],
    ) -> Response[dict[str, Any]]:
        """The visitor's press on a button."""
        session = reception.writer(request)
        return await exchange.pressed(console, session.chat, data, "")


async def _counted(
    reception: Reception, chat: int, address: str, parts: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    with reception.streams.open(chat, address):
        async for part in parts:
            yield part


async def _leave(console: Console, chat: int, leaving: Leaving) -> None:
    try:
        check(leaving.nonce)
    except Unfit as unfit:
        raise ClientException(str(unfit)) from unfit
    await _done(visiting.leave(console, chat, leaving.nonce, leaving.language))


async def _done(doing: Awaitable[None]) -> None:
    try:
        await doing
    except NotTaken as trouble:
        raise ServiceUnavailableException from trouble
