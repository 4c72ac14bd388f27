"""The door: finds out who calls, before any page sees the request, and turns away who may not."""

import logging
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from llmtb.channels.conversation.words import Speech
from llmtb.channels.web.api.problems import MEDIA_TYPE, OWN_PATHS, fault_of
from llmtb.channels.web.console import Console
from llmtb.channels.web.door import cookies, gate, languages
from llmtb.channels.web.door.cookies import Jar
from llmtb.channels.web.door.device import device_of
from llmtb.channels.web.door.exchange import Exchange, TooMuch
from llmtb.channels.web.door.gate import Gate, Passage
from llmtb.channels.web.door.hosts import SAFE, answers_to, is_own, is_plain, is_public
from llmtb.channels.web.door.limits import caller_of
from llmtb.channels.web.door.proof import is_endless, is_form, proves
from llmtb.channels.web.door.refusals import Cause
from llmtb.channels.web.door.seal import is_same
from llmtb.channels.web.door.sessions import EVERYTHING, holder, is_forged, roles_of
from llmtb.channels.web.page import drawn
from llmtb.channels.web.viewer import OWNER, STATE, Viewer

log = logging.getLogger(__name__)

GUARDED_APART: Final = (*OWN_PATHS, "/widget/")
"""What beneath these changes something proves itself in its own way."""
_UNNUMBERED: Final = (*GUARDED_APART, "/static/", "/widget.js")
_KEYS: Final = ("authorization", "webhook-signature")
_STATUS: Final[dict[Cause, int]] = {
    "host": 400,
    "origin": 403,
    "token": 403,
    "flood": 429,
    "size": 413,
    "plain": 403,
    "code": 400,
    "key": 401,
}
_LINES: Final[dict[Cause, str]] = {
    "host": "this program does not go by that name; send the Host that people type",
    "flood": "too many requests from this address; wait",
    "plain": "send it by HTTPS",
}


class Door:
    """Lets requests through to the pages, each with its viewer; made on the loop that serves.

    Raises FactorsDamaged, or OSError.
    """

    def __init__(self, console: Console, inside: ASGIApp) -> None:
        self._console = console
        self._inside = inside
        self._gate = Gate(console)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            await _Call(self._console, self._gate, scope, receive, send).answer(self._inside)
            return
        kind: str = scope["type"]
        if kind == "lifespan":
            await self._inside(scope, self._until_the_end(receive), send)

    def _until_the_end(self, receive: Receive) -> Any:
        async def received() -> Mapping[str, Any]:
            message: Mapping[str, Any] = await receive()
            if message["type"] == "lifespan.shutdown":
                await self._gate.refusals.close()
            return message

        return received


class _Call:
    """One request on its way in."""

    def __init__(
        self, console: Console, gate: Gate, scope: HTTPScope, receive: Receive, send: Send
    ) -> None:
        settings = console.settings
        self._console = console
        self._gate = gate
        self._scope = scope
        self._path: str = scope["path"]
        client = scope.get("client")
        self._address = client[0] if client is not None else ""
        https = is_public(dict(_headers(scope)), scope["scheme"], settings)
        self._exchange = Exchange(scope, receive, send, https=https)
        self._headers = dict(_headers(scope))
        self._jar = Jar(secure=https)
        self._brought = cookies.read(self._headers.get("cookie", ""))

    async def answer(self, inside: ASGIApp) -> None:
        """Have it answered by the pages, unless it must be turned away."""
        fault = self._fault_of_way()
        if fault is not None:
            await self._turn_away(fault)
            return
        viewer, visitor, key = self._who()
        if key and not self._has_own_pace() and not self._gate.sessions.takes(key):
            await self._turn_away("flood")
            return
        fault = await self._fault_of_form((viewer or visitor).token)
        if fault is not None:
            await self._turn_away(fault)
            return
        state = self._scope.setdefault("state", {})
        state[STATE] = viewer
        state[gate.STATE] = Passage(
            gate=self._gate,
            visitor=visitor,
            jar=self._jar,
            address=self._address,
            device=device_of(self._headers.get("user-agent", "")),
            cookies=self._brought,
        )
        await self._pass(inside, viewer, key)

    async def _pass(self, inside: ASGIApp, viewer: Viewer | None, key: str) -> None:
        exchange, entered = self._exchange, []
        streams = [(self._gate.streams_of_address, caller_of(self._address))]
        if key:
            streams.append((self._gate.streams, key))

        def may_stream() -> bool:
            for open_, whose in streams:
                if not open_.enter(whose):
                    self._gate.refusals.add("flood")
                    return False
                entered.append((open_, whose))
            return True

        exchange.may_stream = may_stream
        if viewer is not None and viewer.session:
            exchange.holds = lambda: self._still(viewer)
        try:
            await inside(self._scope, exchange.receive, exchange.send)
        finally:
            for open_, whose in entered:
                open_.leave(whose)

    # --- what is wrong with it -----------------------------------------------------------------

    def _fault_of_way(self) -> Cause | None:
        """What is wrong with how it came, whoever it is from."""
        settings, scheme = self._console.settings, self._scope["scheme"]
        if not answers_to(self._headers.get("host", ""), settings):
            return "host"
        if not self._has_own_pace() and not self._gate.addresses.takes(caller_of(self._address)):
            return "flood"
        if is_plain(self._headers, scheme, settings):
            return "plain"
        return None

    def _has_own_pace(self) -> bool:
        """Whether it is counted by its key instead, or slowed for having none that opens."""
        return self._path.startswith("/api/") and any(key in self._headers for key in _KEYS)

    async def _fault_of_form(self, token: str) -> Cause | None:
        """What is wrong with a request that changes something."""
        if self._scope["method"] in SAFE or self._path.startswith(GUARDED_APART):
            return None
        if not is_own(self._headers, self._scope["scheme"], self._console.settings):
            return "origin"
        if not token:
            return "token"  # of a browser that was never drawn a form
        brought = self._headers.get("x-token")
        kind = self._headers.get("content-type", "")
        if not (is_form(kind) if brought is None else is_same(brought, token)):
            return "token"
        try:
            body = await self._exchange.form()
        except TooMuch:
            return "size"
        if is_endless(body, kind):
            return "size"
        return None if brought is not None or proves(body, kind, token) else "token"

    # --- whose it is ---------------------------------------------------------------------------

    def _who(self) -> tuple[Viewer | None, Viewer, str]:
        """Who is signed in, if anybody is; how to speak to them in any case; who is counted.

        Whoever brings no cookie is counted by their address alone.
        """
        number = self._number()
        closed, remakes = self._console.journal.refusal or "", self._console.remakes
        proof = self._gate.proof(number) if number else ""
        nobody = Viewer(
            agent="",
            roles=frozenset(),
            name="",
            speech=self._speech(None),
            token=proof,
            path=self._path,
            closed=closed,
            remakes=remakes,
        )
        known_by = self._brought.get(self._jar.name(cookies.VISITOR))
        counted = f"visitor {known_by}" if known_by else ""
        if not self._gate.signs_in:
            owner = Viewer(
                agent=OWNER,
                roles=EVERYTHING,
                name="",
                speech=nobody.speech,
                token=proof,
                path=self._path,
                closed=closed,
                remakes=remakes,
            )
            return owner, owner, counted
        token = self._brought.get(self._jar.name(cookies.SESSION), "")
        known = self._console.known
        held = holder(known, token, self._console.now()) if token else None
        if held is None:
            if token:
                self._exchange.cookies.append(_line(self._jar.gone(cookies.SESSION)))
                if is_forged(known, token):
                    self._gate.refusals.add("session")
            return None, nobody, counted
        session, agent = held
        viewer = Viewer(
            agent=agent,
            roles=roles_of(known, agent),
            name=known.name(agent),
            speech=self._speech(agent),
            token=self._gate.proof(token),
            session=session,
            path=self._path,
            closed=closed,
            remakes=remakes,
        )
        return viewer, viewer, f"session {session}"

    def _number(self) -> str:
        """What a browser is known by that nobody is signed in at; a new one gets its own."""
        name = self._jar.name(cookies.VISITOR)
        number = self._brought.get(name, "")
        if number or self._path.startswith(_UNNUMBERED) or self._scope["method"] != "GET":
            return number
        number = self._console.new_text(32)
        cookie = self._jar.make(cookies.VISITOR, number)
        self._exchange.cookies.append(_line(cookie))
        return number

    def _still(self, viewer: Viewer) -> bool:
        """Whether a viewer's session holds, and they may what they might when they came."""
        known, now = self._console.known, self._console.now()
        session = known.access.session(viewer.session, now)
        return session is not None and roles_of(known, viewer.agent) == viewer.roles

    def _speech(self, agent: str | None) -> Speech:
        console, known = self._console, self._console.known
        asked = languages.asked_for(self._scope["query_string"])
        chat = known.chat_of(agent) if agent is not None else None
        candidates = (
            asked,
            self._brought.get(self._jar.name(cookies.LANGUAGE)),
            known.card(chat).language if chat is not None else None,
            *languages.wishes(self._headers.get("accept-language", "")),
        )
        language = languages.choose(console.words, candidates, console.language)
        if asked == language:
            self._exchange.cookies.append(_line(self._jar.lasting(cookies.LANGUAGE, language)))
        return console.words.speech(language, known.floor.centre.policy.zone)

    # --- whoever is turned away ----------------------------------------------------------------

    async def _turn_away(self, cause: Cause) -> None:
        """Say no, in a page or to a machine, and have it counted."""
        self._gate.refusals.add(cause)
        log.info("a request was turned away: %s", cause)
        status = _STATUS[cause]
        headers = []
        if cause == "plain" and self._scope["method"] in SAFE:
            status = 308
            there = self._console.settings.public_url.rstrip("/") + _target(self._scope)
            headers.append((b"location", there.encode("latin-1")))
        if self._path.startswith(OWN_PATHS):
            kind = MEDIA_TYPE.encode()
            body = msgspec.json.encode(fault_of(status, _LINES.get(cause, "")))
        else:
            kind = b"text/html; charset=utf-8"
            body = drawn("refusal.html", self._speech(None), status=status).encode()
        if status == 429:
            headers.append((b"retry-after", b"10"))
        headers += [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        send = self._exchange.send
        await send({"type": "http.response.start", "status": status, "headers": headers})
        shown = b"" if self._scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": shown, "more_body": False})


def _headers(scope: HTTPScope) -> list[tuple[str, str]]:
    """The headers of a request; of several of one name the last."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]


def _line(cookie: Cookie) -> str:
    return cookie.to_header(header="").strip()


def _target(scope: HTTPScope) -> str:
    path = scope["raw_path"].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path
