"""The demo's phones: chats that are anybody's, beside the floor that they change.

They are there in the demo alone: what they let anybody do, nobody may where people are real.
"""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, NotFoundException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Stream
from msgspec import Meta

from llmtb.actors.chat import ChooseLanguage
from llmtb.channels.conversation.keyboards import REST
from llmtb.channels.conversation.phrases import role_name
from llmtb.channels.conversation.words import Phrase, Speech, mark
from llmtb.channels.port import chat_key
from llmtb.channels.web.board.drawing import regions
from llmtb.channels.web.board.tiles import clock
from llmtb.channels.web.chat import exchange
from llmtb.channels.web.chat.exchange import PressForm, SayForm
from llmtb.channels.web.chat.merging import merged
from llmtb.channels.web.chat.own import greet
from llmtb.channels.web.chat.texts import texts_of
from llmtb.channels.web.console import Console, Demo, Phone
from llmtb.channels.web.page import page
from llmtb.channels.web.viewer import Viewer, only
from llmtb.channels.web.window.watching import Line, decode_positions

SPEEDS: Final = (0, 1, 20, 60, 300)
"""How fast the demo's clock may run: seconds in one."""
_MARK: Final = mark("Help")  # on everybody's permanent buttons, and different in each language
_PATIENCE: Final = 5.0  # seconds for the demo to hand out its phones


def in_demo(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard to which nothing of this is there where people are real."""
    _demo(connection.app.state.console)


class SpeedForm(msgspec.Struct):
    """How many seconds pass in one."""

    speed: Annotated[int, Meta(ge=0, le=300)]
    token: str = ""


class PhonePages(Controller):
    """`/phones`: the floor in small, the phones, and the clock."""

    path = "/phones"
    guards = [only(), in_demo]  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get()
    async def show(
        self, console: NamedDependency[Console], viewer: NamedDependency[Viewer]
    ) -> Response[str]:
        """The page; every phone speaks its language."""
        demo = _demo(console)
        await _switch_on(console, demo, viewer.speech.language)
        known, now = console.known, console.now()
        speech = console.words.speech(viewer.speech.language, known.floor.centre.policy.zone)
        return page(
            "chat/phones.html",
            viewer,
            phones=demo.phones,
            roles={phone.role: role_name(viewer.speech, phone.role) for phone in demo.phones},
            hints=_hints(viewer.speech, demo),
            speed=demo.speed,
            speeds=SPEEDS,
            texts=texts_of(viewer.speech),
            regions=regions(known, speech, now, most=None),
            now=now,
            clock=clock(viewer.speech, now),
            as_of=viewer.speech.say("As of {time}", time=Phrase("{time}")),
        )

    @get("/stream")
    async def streams(
        self,
        request: Request[Any, Any, Any],
        console: NamedDependency[Console],
        after: FromQuery[str] = "",
    ) -> Stream:
        """All phones in one stream: a browser opens few to one server."""
        last = decode_positions(request.headers.get("last-event-id", "") or after)
        names = {_slug(phone): phone for phone in _demo(console).phones}
        positions = {name: seq for name, seq in last.items() if name in names}
        streams = [
            console.pages.watch(chat_key(phone.chat), positions.get(name), Line(name, positions))
            for name, phone in names.items()
        ]
        return Stream(merged(streams), media_type="text/event-stream")

    @get("/{owner:str}/stream")
    async def stream(
        self,
        owner: FromPath[str],
        request: Request[Any, Any, Any],
        console: NamedDependency[Console],
        after: FromQuery[int | None] = None,
    ) -> Stream:
        """One phone alone."""
        return exchange.streamed(console, _phone(console, owner).chat, request.headers, after)

    @get("/{owner:str}/before")
    async def before(
        self, owner: FromPath[str], console: NamedDependency[Console], version: FromQuery[int]
    ) -> Response[dict[str, Any]]:
        """What was earlier."""
        return await exchange.older(console, _phone(console, owner).chat, version)

    @post("/{owner:str}/say")
    async def say(
        self,
        owner: FromPath[str],
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        data: URLEncodedBody[SayForm],
    ) -> Response[dict[str, Any]]:
        """Words."""
        phone, language = _phone(console, owner), viewer.speech.language
        return await exchange.spoken(console, phone.chat, data, language, phone.owner)

    @post("/{owner:str}/press")
    async def press(
        self,
        owner: FromPath[str],
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        data: URLEncodedBody[PressForm],
    ) -> Response[dict[str, Any]]:
        """A press on a button."""
        phone, language = _phone(console, owner), viewer.speech.language
        return await exchange.pressed(console, phone.chat, data, language, phone.owner)

    @get("/{owner:str}/file/{message:int}")
    async def file(
        self, owner: FromPath[str], message: FromPath[int], console: NamedDependency[Console]
    ) -> Response[bytes]:
        """The file of a message: a supervisor's phone alone has any."""
        phone = _phone(console, owner)
        if phone.role not in ("supervisor", "auditor"):
            raise PermissionDeniedException
        return await exchange.attached(console, phone.chat, message)


class DemoClock(Controller):
    """`/demo/speed`: how fast the demo's clock runs."""

    path = "/demo"
    guards = [only(), in_demo]  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @post("/speed")
    async def set_speed(
        self,
        request: Request[Any, Any, Any],
        console: NamedDependency[Console],
        data: URLEncodedBody[SpeedForm],
    ) -> Response[Any]:
        """Stop the demo's clock, or let it run as fast as said."""
        demo = _demo(console)
        if data.speed not in SPEEDS:
            raise ClientException(detail=f"a speed is one of {SPEEDS}")
        demo.speed = data.speed
        if "application/json" in request.headers.get("accept", ""):
            return Response({"speed": data.speed}, status_code=200)
        return Redirect("/phones", status_code=303)


def _hints(speech: Speech, demo: Demo) -> dict[str, str]:
    """What to try first, by whose phone it is: one hint for each role."""
    hints = {
        "agent": speech.say(
            "Try first: press {rest}, choose a rest, and let the clock run past its end.", rest=REST
        ),
        "customer": speech.say(
            "Try first: ask how to change the name of your Wi-Fi; then ask for a person."
        ),
        "supervisor": speech.say("Try first: press Live board, then Set capacity."),
    }
    return {phone.owner: hints.pop(phone.role, "") for phone in demo.phones}


async def _switch_on(console: Console, demo: Demo, language: str) -> None:
    """Have every phone greeted, in the page's language, if it is not spoken to in that yet."""
    staff = [chat_key(phone.chat) for phone in demo.phones if phone.role != "customer"]
    try:
        async with asyncio.timeout(_PATIENCE):
            while not all(console.known.member(chat) for chat in staff):
                await console.feeder.change(console.known.seq)
    except TimeoutError:
        return  # the page shows the phones all the same, and greets them when it is opened again
    speech = console.words.speech(language, console.known.floor.centre.policy.zone)
    for phone in demo.phones:
        key = chat_key(phone.chat)
        keys = console.pages.keys(key)
        if keys is not None and any(speech.say(_MARK) in row for row in keys.rows):
            continue
        if console.known.card(key).language not in (None, language):
            await console.house.chat(key, ChooseLanguage(chat=key, language=language))
            await _seen(console)
        await greet(console, phone.chat, language, phone.owner)


async def _seen(console: Console) -> None:
    try:
        async with asyncio.timeout(_PATIENCE):
            await console.feeder.reached(console.journal.head)
    except TimeoutError:
        return  # it is only a greeting: the next look at the page finds it


def _demo(console: Console) -> Demo:
    if console.demo is None:
        raise NotFoundException
    return console.demo


def _phone(console: Console, owner: str) -> Phone:
    phones: Mapping[str, Phone] = {_slug(phone): phone for phone in _demo(console).phones}
    phone = phones.get(owner.casefold())
    if phone is None:
        raise NotFoundException
    return phone


def _slug(phone: Phone) -> str:
    return phone.owner.casefold()
