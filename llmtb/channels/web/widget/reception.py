"""Letting visitors in: from listed sites, by sessions of their own, no more than can be borne."""

import asyncio
import logging
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, NoReturn

from litestar import Request
from litestar.di import NamedDependency
from litestar.exceptions import (
    NotAuthorizedException,
    NotFoundException,
    PermissionDeniedException,
    TooManyRequestsException,
)

from llmtb.channels.web.console import Console
from llmtb.channels.web.door.gate import STATE, Passage
from llmtb.channels.web.door.refusals import Cause
from llmtb.channels.web.widget import origins
from llmtb.channels.web.widget.limits import Limits, Rate, Streams, neighbourhood
from llmtb.channels.web.widget.sessions import LASTS, Session, Sessions, kept_key

log = logging.getLogger(__name__)

HEADER: Final = "x-visitor"
"""Brings the token where the browser keeps no cookies in frames; empty where it does."""
_PLACE: Final = "reception"
_EVERYBODY: Final = "everybody"

AnyRequest = Request[Any, Any, Any]


def reception_of(request: AnyRequest, console: NamedDependency[Console]) -> "Reception":
    """The reception of the application that serves a request."""
    state = request.app.state
    if _PLACE not in state:
        state[_PLACE] = Reception(console)
    found: Reception = state[_PLACE]
    return found


class Reception:
    """What stands between a site's visitors and the chats of one console."""

    def __init__(self, console: Console, limits: Limits | None = None) -> None:
        self._console = console
        self.limits = limits or Limits()
        self.streams = Streams(self.limits)
        self._begun = Rate(self.limits.sessions)
        self._begun_by_all = Rate(self.limits.all_sessions)
        self._words = Rate(self.limits.words)
        self._words_near = Rate(self.limits.address_words)

    @cached_property
    def sessions(self) -> Sessions:
        """The tokens of this data folder."""
        return Sessions(kept_key(self._console.folder, self._console.new_text))

    @cached_property
    def _listed(self) -> tuple[str, ...]:
        return origins.listed(self._console.settings.chat_origins)

    def sites(self, request: AnyRequest) -> tuple[str, ...]:
        """The sites that may show the chat; a demo may show it itself.

        Raises NotFoundException where there are none: there is no such window then.
        """
        sites = self._listed
        if self._console.demo is not None:
            sites = tuple(dict.fromkeys((*sites, self.own(request))))
        if not sites:
            raise NotFoundException
        return sites

    def own(self, request: AnyRequest) -> str:
        """The console's own origin, as the browser has it."""
        if self._console.settings.public_url:
            return origins.origin_of(self._console.settings.public_url)
        return f"{request.url.scheme}://{request.headers.get('host', '')}"

    def let_show(self, request: AnyRequest, site: str) -> tuple[str, ...]:
        """The sites that may show the frame, if this is one that does. Raises as a refusal."""
        sites = self.sites(request)
        if not origins.may_show(site, sites, request.headers):
            _refuse(request, "the chat window is shown by a site that is not listed")
        return sites

    def let_in(self, request: AnyRequest) -> None:
        """Go on if the frame itself asks. Raises as a refusal."""
        self.sites(request)
        changes = request.method != "GET"
        own = origins.is_own(self.own(request), request.headers, changes=changes)
        if not own or HEADER not in request.headers:
            _refuse(request, "a request for the chat window came from elsewhere")

    def begin(self, request: AnyRequest) -> Session:
        """A new session. Raises TooManyRequestsException."""
        now = _seconds()
        near = self.address(request)
        if near and not self._begun.takes(near, now):
            _too_much(request)
        if not self._begun_by_all.takes(_EVERYBODY, now):
            _too_much(request)
        chance = sha256(self._console.new_text(32).encode()).digest()[:16]
        return self.sessions.begin(chance, self._console.now())

    def resumed(self, request: AnyRequest) -> Session | None:
        """The session that a request brings, if it brings one that holds."""
        tokens = request.headers.get(HEADER, ""), request.cookies.get(self.cookie(request), "")
        found = (self.sessions.resume(token, self._console.now()) for token in tokens if token)
        return next(filter(None, found), None)

    def visitor(self, request: AnyRequest) -> Session:
        """Whoever asks, from the frame, with a session that holds. Raises as a refusal."""
        self.let_in(request)
        session = self.resumed(request)
        if session is None:
            _count(request, "session")
            raise NotAuthorizedException
        return session

    def open_stream(self, request: AnyRequest) -> Session:
        """A visitor who may have one more stream; count it in `streams`. Raises as a refusal."""
        session = self.visitor(request)
        if not self.streams.has_room(session.chat, self.address(request)):
            _too_much(request)
        return session

    def writer(self, request: AnyRequest) -> Session:
        """A visitor who may write or press once more. Raises as a refusal."""
        session, now = self.visitor(request), _seconds()
        near = self.address(request)
        if near and not self._words_near.takes(near, now):
            _too_much(request)
        if not self._words.takes(session.chat, now):
            _too_much(request)
        return session

    def address(self, request: AnyRequest) -> str:
        """Where a request comes from; empty for this machine."""
        return neighbourhood(request.client.host) if request.client is not None else ""

    def cookie(self, request: AnyRequest) -> str:
        """The name of the cookie: browsers take a `__Host-` one only from its own host by HTTPS."""
        return "__Host-widget" if self.own(request).startswith("https:") else "widget"

    def keeping(self, request: AnyRequest, token: str) -> Mapping[str, str]:
        """The header that has the browser keep a token, apart for each site; empty: forget it."""
        age = int(LASTS.total_seconds()) if token else 0
        kept = f"{self.cookie(request)}={token}; Path=/; Max-Age={age}; HttpOnly"
        safe = self.own(request).startswith("https:")
        manner = "Secure; SameSite=None; Partitioned" if safe else "SameSite=Lax"
        return {"Set-Cookie": f"{kept}; {manner}"}


def _refuse(request: AnyRequest, reason: str) -> NoReturn:
    log.info("refused: %s", reason)
    _count(request, "origin")
    raise PermissionDeniedException


def _too_much(request: AnyRequest) -> NoReturn:
    _count(request, "flood")
    raise TooManyRequestsException


def _count(request: AnyRequest, cause: Cause) -> None:
    passage = request.state.get(STATE)
    if isinstance(passage, Passage):
        passage.gate.refusals.add(cause)


def _seconds() -> float:
    """Seconds on the loop's clock: what is too much is so for the machine, in a demo too."""
    return asyncio.get_running_loop().time()
