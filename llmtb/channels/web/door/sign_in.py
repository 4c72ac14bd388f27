"""The pages of signing in, and the choice of language, which needs none."""

from typing import Annotated, Any, Final
from urllib.parse import quote

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect
from msgspec import Meta

from llmtb.actors.access import digest_of
from llmtb.actors.chat import ChooseLanguage
from llmtb.actors.signing_in import EndSessions
from llmtb.channels.port import chat_key
from llmtb.channels.web.console import Console
from llmtb.channels.web.door import cookies
from llmtb.channels.web.door.gate import Passage, passage_of
from llmtb.channels.web.door.limits import caller_of
from llmtb.channels.web.door.signing import Arrival, Asked, arrive, see, send_code
from llmtb.channels.web.page import page

_CODE: Final = 600  # seconds that a browser keeps as whom it asked
Short = Annotated[str, Meta(max_length=200)]


class Coming(msgspec.Struct):
    """Somebody comes with a code; `second` once it was asked for."""

    code: Short = ""
    second: Annotated[str, Meta(max_length=20)] | None = None
    back: Short = ""


class Asking(msgspec.Struct):
    """Somebody wants a code sent to their chat."""

    agent: Annotated[str, Meta(max_length=64)] = ""
    back: Short = ""


class Speaking(msgspec.Struct):
    """Somebody chooses a language."""

    language: Annotated[str, Meta(max_length=10)] = ""
    back: Short = "/"


class SignInPages(Controller):
    """`/sign-in` and `/language`, open to everybody."""

    path = "/"
    dependencies = {"passage": Provide(passage_of)}  # noqa: RUF012  litestar reads it so
    include_in_schema = False

    @get("/sign-in")
    async def show(
        self,
        passage: NamedDependency[Passage],
        back: FromQuery[str] = "",
        sent: FromQuery[str] = "",
    ) -> Response[Any]:
        """Where a code is put in; where nobody signs in, the start."""
        if not passage.gate.signs_in or passage.visitor.session:
            return Redirect(local(back), status_code=303)
        return _page(passage, back, sent=bool(sent))

    @post("/sign-in")
    async def come(
        self,
        console: NamedDependency[Console],
        passage: NamedDependency[Passage],
        data: URLEncodedBody[Coming],
    ) -> Response[Any]:
        """A code: a session comes of it, or the question for a second factor, or nothing."""
        gate = passage.gate
        if not gate.signs_in:
            return Redirect("/", status_code=303)
        if not gate.knocks.takes(caller_of(passage.address)):
            gate.refusals.add("flood")
            return _page(passage, data.back, status=429, fault="haste")
        asked = Asked.opened(gate, passage.cookie(cookies.ASKED))
        arrival = await arrive(console, gate, asked, data.code, data.second, passage.device)
        if arrival.token:
            await _leave_last(console, passage)
            return _come_in(console, passage, arrival, data.back)
        if arrival.wanted:
            fault = "" if data.second is None else "code"
            status = 400 if fault else 200
            return _page(passage, data.back, status, fault, code=data.code, second=True)
        return _page(passage, data.back, status=400, fault="code")

    @post("/sign-in/code")
    async def ask(
        self,
        console: NamedDependency[Console],
        passage: NamedDependency[Passage],
        data: URLEncodedBody[Asking],
    ) -> Response[Any]:
        """A code is wanted: the answer is the same, whoever is meant."""
        gate = passage.gate
        if not gate.knocks.takes(caller_of(passage.address)):
            gate.refusals.add("flood")
            return _page(passage, data.back, status=429, fault="haste")
        asked = Asked(data.agent.strip(), console.new_text(16))
        if gate.signs_in:
            send_code(console, gate, asked.agent, asked.nonce)
        cookie = passage.jar.make(cookies.ASKED, asked.sealed(gate), seconds=_CODE)
        return Redirect(f"/sign-in?sent=1{_onward(data.back)}", status_code=303, cookies=[cookie])

    @post("/language")
    async def speak(
        self,
        console: NamedDependency[Console],
        passage: NamedDependency[Passage],
        data: URLEncodedBody[Speaking],
    ) -> Response[Any]:
        """The language from now on, in pages and in one's own chat alike."""
        if data.language not in console.words.languages:
            return Redirect(local(data.back), status_code=303)
        known = console.known
        if console.demo is not None:
            chats = [chat_key(phone.chat) for phone in console.demo.phones]
        else:
            own = known.chat_of(passage.visitor.agent)
            chats = [own] if own is not None else []
        for chat in chats:
            by = passage.visitor.agent
            command = ChooseLanguage(chat=chat, language=data.language, by=by)
            await console.house.chat(chat, command)
        cookie = passage.jar.lasting(cookies.LANGUAGE, data.language)
        return Redirect(local(data.back), status_code=303, cookies=[cookie])


def local(back: str) -> str:
    """Where to go back to, if it is a page of ours; else the start."""
    inside = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable()
    return back if inside and not back.startswith("/sign-in") else "/"


def _onward(back: str) -> str:
    return f"&back={quote(back)}" if local(back) != "/" else ""


def _page(
    passage: Passage,
    back: str,
    status: int = 200,
    fault: str = "",
    *,
    sent: bool = False,
    second: bool = False,
    code: str = "",
) -> Response[str]:
    return page(
        "door/sign_in.html",
        passage.visitor,
        status,
        back=local(back),
        fault=fault,
        sent=sent or bool(passage.cookie(cookies.ASKED)),
        second=second,
        code=code,
    )


def _come_in(console: Console, passage: Passage, arrival: Arrival, back: str) -> Response[Any]:
    seconds = console.settings.session_hours * 3600
    cookie = passage.jar.make(cookies.SESSION, arrival.token, seconds=seconds)
    gone = passage.jar.gone(cookies.ASKED)
    return Redirect(local(back), status_code=303, cookies=[cookie, gone])


async def _leave_last(console: Console, passage: Passage) -> None:
    """Whoever signs in once more on one browser leaves the session that it had."""
    token = passage.cookie(cookies.SESSION)
    if token and digest_of(token) in console.known.access.sessions:
        by = passage.visitor.agent or "door"
        leaving = EndSessions(by=by, sessions=(digest_of(token),), reason="left")
        await see(console, await console.house.access(leaving))
