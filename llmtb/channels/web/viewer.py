"""Who looks at a page, and what they may; found for each request by the door."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from llmtb.channels.conversation.words import Speech
from llmtb.events.floor import Role

OWNER: Final = "owner"
"""Who acts where nobody signs in: whoever sits at this machine."""
STATE: Final = "viewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Somebody at a page. agent: their id; roles: what they may be; name: what to call them.

    speech: how they are spoken to. token: what their forms must bring back. session: the digest of
    their session; empty where nobody signs in. path: of the page they are at. back: where to come
    back to it, for a form of every page; after a form's own answer, the place the form belongs to.
    closed: why nothing can be changed at the moment; empty where everything can. remakes: whether
    what is past is still read, and some of it missing.
    """

    agent: str
    roles: frozenset[Role]
    name: str
    speech: Speech
    token: str = ""
    session: str = ""
    path: str = "/"
    back: str = "/"
    closed: str = ""
    remakes: bool = False

    def may(self, *roles: Role) -> bool:
        """Whether they are one of these."""
        return not self.roles.isdisjoint(roles)


def only(*roles: Role) -> Guard:
    """A guard that lets in those who are one of these; none: whoever is signed in."""

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        viewer = connection.state.get(STATE)
        if viewer is None:
            raise NotAuthorizedException
        if roles and not viewer.may(*roles):
            raise PermissionDeniedException

    return guard


async def viewer_of(request: Request[Any, Any, Any]) -> Viewer:
    """The viewer of a request, for handlers that are guarded by `only`."""
    state: Mapping[str, Any] = request.state
    viewer = state.get(STATE)
    if not isinstance(viewer, Viewer):
        raise NotAuthorizedException
    return replace(viewer, back=back_to(request.method, request.url.path, request.url.query))


def back_to(method: str, path: str, query: str) -> str:
    """Where a page is found again, but for the language its address asked for."""
    if method != "GET":
        return f"/{path.split('/')[1]}"
    kept = [(name, text) for name, text in parse_qsl(query) if name != "lang"]
    return f"{path}?{urlencode(kept)}" if kept else path
