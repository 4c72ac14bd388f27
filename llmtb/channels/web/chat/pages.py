"""The viewer's own chat: that with the bot, mirrored, or one that they have in the console."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Stream

from llmtb.channels.port import DESK
from llmtb.channels.web.chat import exchange
from llmtb.channels.web.chat.exchange import PressForm, SayForm
from llmtb.channels.web.chat.own import begin, own_chat
from llmtb.channels.web.chat.texts import texts_of
from llmtb.channels.web.console import Console
from llmtb.channels.web.page import page
from llmtb.channels.web.viewer import OWNER, Viewer, only


class ChatPages(Controller):
    """`/chat`, and what its page exchanges."""

    path = "/chat"
    guards = [only()]  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get()
    async def show(
        self, console: NamedDependency[Console], viewer: NamedDependency[Viewer]
    ) -> Response[str]:
        """The page; whoever is of the house and has no chat yet begins one by it."""
        chat = own_chat(console, viewer)
        if chat is None and console.known.person(viewer.agent) is not None:
            await begin(console, viewer)
            chat = own_chat(console, viewer)
        return page(
            "chat/own.html",
            viewer,
            has_chat=chat is not None,
            may_begin=chat is None and viewer.agent == OWNER,
            mirrored=chat is not None and chat < DESK,
            base="/chat",
            texts=texts_of(viewer.speech),
            demo=console.demo is not None,
        )

    @post("/begin")
    async def begin(
        self, console: NamedDependency[Console], viewer: NamedDependency[Viewer]
    ) -> Redirect:
        """Whoever sits at this machine begins to chat."""
        await begin(console, viewer)
        return Redirect("/chat", status_code=303)

    @get("/stream")
    async def stream(
        self,
        request: Request[Any, Any, Any],
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        after: FromQuery[int | None] = None,
    ) -> Stream:
        """The chat, as it goes on."""
        return exchange.streamed(console, _own(console, viewer), request.headers, after)

    @get("/before")
    async def before(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        version: FromQuery[int],
    ) -> Response[dict[str, Any]]:
        """What was earlier."""
        return await exchange.older(console, _own(console, viewer), version)

    @post("/say")
    async def say(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        data: URLEncodedBody[SayForm],
    ) -> Response[dict[str, Any]]:
        """Words."""
        chat = _own(console, viewer)
        return await exchange.spoken(console, chat, data, viewer.speech.language, viewer.name)

    @post("/press")
    async def press(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        data: URLEncodedBody[PressForm],
    ) -> Response[dict[str, Any]]:
        """A press on a button."""
        chat = _own(console, viewer)
        return await exchange.pressed(console, chat, data, viewer.speech.language, viewer.name)

    @get("/file/{message:int}")
    async def file(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        message: FromPath[int],
    ) -> Response[bytes]:
        """The file of a message, for those who may still see it."""
        if not viewer.may("supervisor", "auditor"):
            raise PermissionDeniedException
        return await exchange.attached(console, _own(console, viewer), message)


def _own(console: Console, viewer: Viewer) -> int:
    chat = own_chat(console, viewer)
    if chat is None:
        raise NotFoundException
    return chat
