"""One's own account: sessions, and the second factor."""

from typing import Annotated, Any, NamedTuple

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from markupsafe import Markup
from msgspec import Meta

from llmtb.actors.signing_in import (
    EndSessions,
    FailSignIn,
    RemoveSecondFactor,
    Session,
    SetSecondFactor,
)
from llmtb.channels.conversation.known import Known
from llmtb.channels.conversation.phrases import role_name
from llmtb.channels.web.console import Console
from llmtb.channels.web.door import cookies
from llmtb.channels.web.door.gate import Passage, passage_of
from llmtb.channels.web.door.second_factor import address_of, new_secret, picture_of
from llmtb.channels.web.door.signing import see
from llmtb.channels.web.page import page
from llmtb.channels.web.viewer import Viewer, only
from llmtb.events.access import Ending

_FACTOR = "second factor of"


class Chosen(msgspec.Struct):
    """A session, by its digest."""

    session: Annotated[str, Meta(max_length=64)] = ""


class Shown(msgspec.Struct):
    """A code of an authenticator; with the sealed secret it is to be of, where that is new."""

    code: Annotated[str, Meta(max_length=20)] = ""
    sealed: Annotated[str, Meta(max_length=300)] = ""


class Row(NamedTuple):
    """A session in a table."""

    digest: str
    session: Session
    name: str


def rows_of(known: Known, console: Console, agent: str | None = None) -> list[Row]:
    """The sessions that hold, of one person or of all, the newest first."""
    now = console.now()
    return [
        Row(digest, session, known.name(session.agent))
        for digest, session in reversed(known.access.sessions.items())
        if session.until > now and agent in (None, session.agent)
    ]


async def end_sessions(console: Console, by: str, digests: tuple[str, ...], reason: Ending) -> None:
    """Have sessions end, and seen to be over."""
    command = EndSessions(by=by, sessions=digests, reason=reason)
    await see(console, await console.house.access(command))


class AccountPages(Controller):
    """`/account`: for whoever is signed in."""

    path = "/account"
    guards = [only()]  # noqa: RUF012  litestar reads it so
    dependencies = {"passage": Provide(passage_of)}  # noqa: RUF012
    include_in_schema = False

    @get()
    async def show(
        self, console: NamedDependency[Console], viewer: NamedDependency[Viewer]
    ) -> Response[Any]:
        """The page; where nobody signs in, there is no account."""
        return _page(console, viewer) if viewer.session else Redirect("/", status_code=303)

    @post("/sign-out")
    async def leave(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        passage: NamedDependency[Passage],
    ) -> Response[Any]:
        """This session over."""
        await end_sessions(console, viewer.agent, (viewer.session,)[: bool(viewer.session)], "left")
        gone = passage.jar.gone(cookies.SESSION)
        return Redirect("/sign-in", status_code=303, cookies=[gone])

    @post("/sessions/end")
    async def end(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        data: URLEncodedBody[Chosen],
    ) -> Response[Any]:
        """One session of theirs over."""
        own = tuple(r.digest for r in _own(console, viewer) if r.digest == data.session)
        await end_sessions(console, viewer.agent, own, "revoked")
        return Redirect("/account", status_code=303)

    @post("/sessions/others")
    async def end_others(
        self, console: NamedDependency[Console], viewer: NamedDependency[Viewer]
    ) -> Response[Any]:
        """All sessions of theirs over but this one."""
        others = tuple(r.digest for r in _own(console, viewer) if r.digest != viewer.session)
        await end_sessions(console, viewer.agent, others, "revoked")
        return Redirect("/account", status_code=303)

    @post("/second-factor/new")
    async def begin(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        passage: NamedDependency[Passage],
    ) -> Response[Any]:
        """A secret to set up an authenticator by; it is kept once a code shows that one has it."""
        if not viewer.session or viewer.agent in console.known.access.second_factors:
            return Redirect("/account", status_code=303)
        return _setting_up(console, viewer, passage, new_secret(console.new_text(32)))

    @post("/second-factor")
    async def confirm(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        passage: NamedDependency[Passage],
        data: URLEncodedBody[Shown],
    ) -> Response[Any]:
        """The second factor set, if the code is of that secret."""
        gate = passage.gate
        secret = gate.seal.opened(f"{_FACTOR} {viewer.agent}", data.sealed)
        taken = viewer.agent in console.known.access.second_factors
        if secret is None or taken or not viewer.session:
            return Redirect("/account", status_code=303)
        if not await gate.second_factors.set(viewer.agent, secret, data.code, console.now()):
            return _setting_up(console, viewer, passage, secret, fault=True)
        await see(console, await console.house.access(SetSecondFactor(agent=viewer.agent)))
        return Redirect("/account", status_code=303)

    @post("/second-factor/remove")
    async def remove(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        passage: NamedDependency[Passage],
        data: URLEncodedBody[Shown],
    ) -> Response[Any]:
        """The second factor gone, if a code of it is shown once more."""
        gate, now = passage.gate, console.now()
        async with gate.arriving:
            locked = console.known.access.is_locked(viewer.agent, "second_factor", now)
            if locked or not await gate.second_factors.use(viewer.agent, data.code, now):
                failure = FailSignIn(agent=viewer.agent, reason="second_factor")
                await see(console, await console.house.access(failure))
                return _page(console, viewer, status=400, fault=True)
        command = RemoveSecondFactor(by=viewer.agent, agent=viewer.agent)
        await see(console, await console.house.access(command))
        await gate.second_factors.remove(viewer.agent)
        return Redirect("/account", status_code=303)


def _own(console: Console, viewer: Viewer) -> list[Row]:
    return rows_of(console.known, console, viewer.agent)


def _setting_up(
    console: Console, viewer: Viewer, passage: Passage, secret: str, *, fault: bool = False
) -> Response[str]:
    name = f"{viewer.name} ({viewer.agent})"
    return _page(
        console,
        viewer,
        status=400 if fault else 200,
        fault=fault,
        secret=secret,
        sealed=passage.gate.seal.sealed(f"{_FACTOR} {viewer.agent}", secret),
        picture=Markup(picture_of(address_of(secret, name))),  # noqa: S704 - drawn by ourselves
    )


def _page(
    console: Console,
    viewer: Viewer,
    status: int = 200,
    *,
    fault: bool = False,
    secret: str = "",
    sealed: str = "",
    picture: Markup | str = "",
) -> Response[str]:
    known = console.known
    person = known.person(viewer.agent)
    return page(
        "door/account.html",
        viewer,
        status,
        now=console.now(),
        role=role_name(viewer.speech, person.role) if person is not None else "",
        rows=_own(console, viewer),
        factor_since=known.access.second_factors.get(viewer.agent),
        wise=viewer.may("supervisor", "admin"),
        fault=fault,
        secret=secret,
        sealed=sealed,
        picture=picture,
    )
