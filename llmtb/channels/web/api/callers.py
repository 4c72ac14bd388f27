"""Which system calls, and what it may: by a key with scopes, or by a signature under its report."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from llmtb.actors.access import digest_of
from llmtb.channels.conversation.house import TRANSIENT
from llmtb.channels.web.api.exchange import Exchange, exchange_of
from llmtb.channels.web.api.problems import Problem
from llmtb.channels.web.api.signature import LONGEST_ID, Forged, check
from llmtb.channels.web.door import limits
from llmtb.channels.web.door.viewing import note_viewing
from llmtb.channels.web.viewer import Viewer
from llmtb.events.access import Scope

KEY_PREFIX: Final = "llmtb_"
LONGEST_KEY: Final = 200
STATE: Final = "caller"
WEBHOOK: Final = "webhook"
_OWN_ID: Final = re.compile(rf"[!-~]{{1,{LONGEST_ID}}}")
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip")

Connection = ASGIConnection[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Another system. id: of its key, or `webhook`; name: what people call it.

    repeat: the id under which it may send the same request again, if it gave one.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    repeat: str | None = None

    def command_id(self, kind: str) -> str | None:
        """The id of what it wants done; None where it gave none of its own."""
        return None if self.repeat is None else f"api:{self.id}:{kind}:{self.repeat}"


def may(scope: Scope) -> Guard:
    """A guard that lets in who has a key with this scope."""

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        connection.state[STATE] = _by_key(connection, scope)

    return guard


async def may_report(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard that lets in the phone system: by a key, or by its signature."""
    signed = "webhook-signature" in connection.headers
    if signed and "authorization" not in connection.headers and isinstance(connection, Request):
        connection.state[STATE] = await _by_signature(connection)
    else:
        connection.state[STATE] = _by_key(connection, "load:write")


async def may_measure(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard that lets in whoever sits at this machine, and who has a key for the figures."""
    if "authorization" not in connection.headers and is_at_this_machine(connection):
        return
    _by_key(connection, "metrics:read")


def caller_of(request: Request[Any, Any, Any]) -> Caller:
    """Who was let in by one of the guards above."""
    caller = request.state.get(STATE)
    if not isinstance(caller, Caller):
        raise Problem(401, "this takes a key")
    return caller


async def note_looking(exchange: Exchange, caller: Caller, what: str, of: str) -> None:
    """Have it recorded that a system took people's data, before it gets them."""
    console = exchange.console
    speech = console.words.speech(console.language, console.known.floor.centre.policy.zone)
    name = f"key {caller.name}"
    viewer = Viewer(agent=name, roles=frozenset(), name=name, speech=speech, session=caller.id)
    try:
        await note_viewing(console, viewer, what, of)
    except TRANSIENT as error:
        raise Problem(503, "it could not be recorded who looked; ask again", wait=1) from error


def is_at_this_machine(connection: Connection) -> bool:
    """Whether a request comes from this machine and through no proxy, nor by a foreign name."""
    if any(name in connection.headers for name in _FORWARDED):
        return False
    host = connection.url.hostname or ""
    return _is_loopback(host) and _is_loopback(connection.client.host if connection.client else "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _by_key(connection: Connection, scope: Scope) -> Caller:
    exchange = exchange_of(connection)
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    digest = digest_of(key)
    found = None
    if scheme.lower() == "bearer" and key.startswith(KEY_PREFIX) and len(key) <= LONGEST_KEY:
        found = exchange.console.known.access.key(digest, exchange.console.now())
    if found is None:
        said = "this key opens nothing (any more)" if key else "this takes a key"
        raise _turned_away(connection, f"{said}: send `Authorization: Bearer KEY`")
    _keep_pace(exchange, digest)
    if scope not in found.scopes:
        raise Problem(403, f"this key has not the scope {scope}")
    repeat = _repeat(connection)
    return Caller(digest, found.name, frozenset(found.scopes), repeat)


async def _by_signature(request: Request[Any, Any, Any]) -> Caller:
    exchange, headers = exchange_of(request), request.headers
    id_ = headers.get("webhook-id", "")
    try:
        check(
            exchange.console.settings.webhook_secret,
            id_=id_,
            timestamp=headers.get("webhook-timestamp", ""),
            signatures=headers["webhook-signature"],
            body=await request.body(),
            now=exchange.arrival.now(),
        )
    except Forged as forged:
        raise _turned_away(request, str(forged)) from forged
    _keep_pace(exchange, WEBHOOK)
    return Caller(WEBHOOK, WEBHOOK, frozenset({"load:write"}), id_)


def _turned_away(connection: Connection, detail: str) -> Problem:
    """What somebody unknown is told; slower for an address that keeps trying."""
    exchange = exchange_of(connection)
    exchange.refused.add("key")
    address = connection.client.host if connection.client else ""
    if wait := exchange.strangers.wait(limits.caller_of(address)):
        return Problem(429, "too many failures from this address; wait", wait=wait)
    return Problem(401, detail)


def _keep_pace(exchange: Exchange, caller: str) -> None:
    if wait := exchange.pace.wait(caller):
        exchange.refused.add("flood")
        raise Problem(429, "too many requests with this key; wait", wait=wait)


def _repeat(connection: Connection) -> str | None:
    given = connection.headers.get("idempotency-key")
    if given is None or connection.scope.get("method") != "POST":
        return None
    if not _OWN_ID.fullmatch(given):
        said = "from 1 to 128 printable characters of ASCII, without spaces"
        raise Problem(422, said, field="Idempotency-Key")
    return given
