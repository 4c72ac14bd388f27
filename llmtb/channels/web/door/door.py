"""The door: finds out who calls, before any page sees the request."""

from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from llmtb.channels.web.console import Console
from llmtb.channels.web.viewer import OWNER, STATE, Viewer
from llmtb.events.floor import Role

EVERYTHING: Final[frozenset[Role]] = frozenset(("agent", "supervisor", "auditor"))


class Door:
    """Lets requests through to the pages, each with its viewer."""

    def __init__(self, console: Console, inside: ASGIApp) -> None:
        self._console = console
        self._inside = inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            zone = self._console.known.floor.centre.policy.zone
            speech = self._console.words.speech(self._console.language, zone)
            scope.setdefault("state", {})
            scope["state"][STATE] = Viewer(
                agent=OWNER, roles=EVERYTHING, name="", speech=speech, path=scope["path"]
            )
        await self._inside(scope, receive, send)
