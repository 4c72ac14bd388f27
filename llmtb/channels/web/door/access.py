"""Who is in the console, which systems may use it, and what was turned away."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple, get_args

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import URLEncodedBody
from litestar.response import Redirect
from msgspec import Meta

from llmtb.actors.access import Access, digest_of
from llmtb.actors.keys import IssueKey, RevokeKey
from llmtb.actors.signing_in import RemoveSecondFactor, Trouble
from llmtb.channels.conversation.words import Phrase, Speech, ascii_digits, mark, plain
from llmtb.channels.web.console import Console
from llmtb.channels.web.door.account import Chosen, end_sessions, rows_of
from llmtb.channels.web.door.gate import Passage, passage_of
from llmtb.channels.web.door.signing import see
from llmtb.channels.web.page import page
from llmtb.channels.web.viewer import Viewer, only
from llmtb.events.access import Scope
from llmtb.runtime.errors import Refused

_DAY: Final = timedelta(days=1)
_KEY: Final = "llmtb_"  # by which a key that was left lying about is recognised
_LONGEST: Final = 3650  # days of a key

SCOPES: Final[Mapping[Scope, str]] = {
    "ask": mark("Ask questions"),
    "floor:read": mark("Read the state of the floor"),
    "load:write": mark("Report calls and phones"),
    "export:read": mark("Fetch reports and exports"),
    "metrics:read": mark("Read the figures of the program"),
}
_TROUBLES: Final = {
    "code": mark("A sign-in with a wrong or old code"),
    "second_factor": mark("A wrong second factor"),
    "locked": mark("Locked out for a quarter of an hour"),
    "host": mark("Requests under a strange name"),
    "origin": mark("Requests from pages of other sites"),
    "token": mark("Forms that no page of ours drew"),
    "session": mark("Sessions that do not exist"),
    "key": mark("Keys and signatures that open nothing"),
    "flood": mark("Too many requests at once"),
    "size": mark("Forms that were too long"),
    "plain": mark("Requests without HTTPS"),
}
_OTHER: Final = mark("Something else")


class Wanted(msgspec.Struct):
    """A key to be issued; days: for how long, as it was typed."""

    name: Annotated[str, Meta(max_length=200)] = ""
    scopes: list[str] | str = []
    days: Annotated[str, Meta(max_length=10)] = ""


class Lost(msgspec.Struct):
    """A key, by its digest."""

    key: Annotated[str, Meta(max_length=64)] = ""


class Whose(msgspec.Struct):
    """A person."""

    agent: Annotated[str, Meta(max_length=64)] = ""


class Told(NamedTuple):
    """A trouble in words."""

    at: datetime
    what: Phrase
    name: str
    times: int


class AccessPages(Controller):
    """`/access`: admins change it; supervisors and auditors see it."""

    path = "/access"
    guards = [only("supervisor", "auditor", "admin")]  # noqa: RUF012  litestar reads it so
    dependencies = {"passage": Provide(passage_of)}  # noqa: RUF012
    include_in_schema = False

    @get()
    async def show(
        self, console: NamedDependency[Console], viewer: NamedDependency[Viewer]
    ) -> Response[str]:
        """The page."""
        return _page(console, viewer)

    @post("/sessions/end", guards=[only("admin")])
    async def end(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        data: URLEncodedBody[Chosen],
    ) -> Response[Any]:
        """Somebody's session over."""
        if data.session in console.known.access.sessions:
            await end_sessions(console, viewer.agent, (data.session,), "revoked")
        return Redirect("/access", status_code=303)

    @post("/keys", guards=[only("admin")])
    async def issue(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        data: URLEncodedBody[Wanted],
    ) -> Response[str]:
        """A new key, which is shown this once."""
        key, now = _KEY + console.new_text(32), console.now()
        fault: str | None = _unsound(console.known.access, data, viewer.speech)
        if fault is not None:
            return _page(console, viewer, status=409, fault=fault, wanted=data)
        command = _issuing(viewer, key, data, now)
        try:
            await see(console, await console.house.access(command))
        except Refused as refusal:
            fault = viewer.speech.say("That cannot be done: {reason}", reason=str(refusal))
            return _page(console, viewer, status=409, fault=fault, wanted=data)
        return _page(console, viewer, new_key=key, new_name=command.name)

    @post("/keys/revoke", guards=[only("admin")])
    async def revoke(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        data: URLEncodedBody[Lost],
    ) -> Response[Any]:
        """A key that opens nothing any more."""
        if data.key in console.known.access.keys:
            try:
                command = RevokeKey(by=viewer.agent, key=data.key, reason="revoked")
                await see(console, await console.house.access(command))
            except Refused as refusal:
                fault = viewer.speech.say("That cannot be done: {reason}", reason=str(refusal))
                return _page(console, viewer, status=409, fault=fault)
        return Redirect("/access", status_code=303)

    @post("/second-factors/remove", guards=[only("admin")])
    async def remove_factor(
        self,
        console: NamedDependency[Console],
        viewer: NamedDependency[Viewer],
        passage: NamedDependency[Passage],
        data: URLEncodedBody[Whose],
    ) -> Response[Any]:
        """Somebody's second factor gone: their phone is lost."""
        if data.agent in console.known.access.second_factors:
            command = RemoveSecondFactor(by=viewer.agent, agent=data.agent)
            await see(console, await console.house.access(command))
            await passage.gate.second_factors.remove(data.agent)
        return Redirect("/access", status_code=303)


def _unsound(access: Access, data: Wanted, speech: Speech) -> Phrase | None:
    """What is wrong with a wished-for key, and what to do about it; None for nothing."""
    name = _name(data)
    if not name or not _scopes(data):
        return speech.say("Please write a name, and choose what the key may do.")
    if any(key.name == name for key in access.keys.values()):
        return speech.say("There is a key {name} already; choose another name.", name=name)
    days = _days(data)
    if days is None or (days and not 0 < int(days) <= _LONGEST):
        return speech.say(
            "Please write a whole number from {least} to {most}.", least=1, most=_LONGEST
        )
    return None


def _name(data: Wanted) -> str:
    return plain(data.name)[:60]


def _scopes(data: Wanted) -> tuple[Scope, ...]:
    given = [data.scopes] if isinstance(data.scopes, str) else data.scopes
    return tuple(scope for scope in get_args(Scope) if scope in given)


def _days(data: Wanted) -> str | None:
    """How many days were typed, in any digits; empty for as long as nobody revokes it."""
    days = ascii_digits(data.days).strip()
    return days if not days or (days.isascii() and days.isdecimal()) else None


def _issuing(viewer: Viewer, key: str, data: Wanted, now: datetime) -> IssueKey:
    """The command of a form in which nothing is unsound."""
    days = _days(data)
    until = now + timedelta(days=int(days)) if days else None
    name, scopes = _name(data), _scopes(data)
    return IssueKey(by=viewer.agent, key=digest_of(key), name=name, scopes=scopes, until=until)


def _page(
    console: Console,
    viewer: Viewer,
    status: int = 200,
    *,
    fault: str = "",
    new_key: str = "",
    new_name: str = "",
    wanted: Wanted | None = None,
) -> Response[str]:
    wanted = wanted or Wanted()
    known, now = console.known, console.now()
    access = known.access
    return page(
        "door/access.html",
        viewer,
        status,
        now=now,
        admin=viewer.may("admin"),
        rows=rows_of(known, console),
        keys=[(d, k) for d, k in access.keys.items() if access.key(d, now)],
        scopes=SCOPES,
        factors=[(who, known.name(who), at) for who, at in access.second_factors.items()],
        troubles=list(_told(console, viewer.speech, now)),
        fault=fault,
        new_key=new_key,
        new_name=new_name,
        name=wanted.name,
        days=wanted.days,
        chosen=_scopes(wanted),
    )


def _told(console: Console, speech: Speech, now: datetime) -> Iterator[Told]:
    """What went wrong in the last day, the newest first."""
    known = console.known
    for each in reversed(known.access.troubles):
        if now - each.at >= _DAY:
            return
        name = known.name(each.agent) if each.agent is not None else ""
        yield Told(each.at, _words(each, speech), name, each.count)


def _words(trouble: Trouble, speech: Speech) -> Phrase:
    key = "locked" if trouble.kind == "locked" else trouble.reason
    return speech.say(_TROUBLES.get(key, _OTHER))
