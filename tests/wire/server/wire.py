"""The server's side of the wire: the listening port, its links, keys and sessions."""

import asyncio
import secrets
import socket
from collections.abc import Callable
from typing import Any, Final

from tests.wire.server import layer
from tests.wire.server.envelope import AuthKey, open_envelope
from tests.wire.server.exchange import KeyExchange
from tests.wire.server.faults import LinkCut
from tests.wire.server.rpc import Reception
from tests.wire.server.rsa import server_key
from tests.wire.server.session import Outgoing, Session, result
from tests.wire.server.transport import Link, WireError

_UNKNOWN_KEY: Final = (-404).to_bytes(4, "little", signed=True)
_HOST: Final = "127.0.0.1"
_SALT_LIFE: Final = 3600  # seconds


class Wire:
    """Serves every client that connects, on behalf of a reception."""

    def __init__(self, reception: Reception, clock: Callable[[], float]) -> None:
        self.rsa = server_key()
        self.errors: list[WireError] = []
        self.silent = False
        self.address = (_HOST, 0)
        self._claim: socket.socket | None = None
        self._reception = reception
        self._clock = clock
        self._keys: dict[bytes, AuthKey] = {}
        self._sessions: dict[tuple[bytes, bytes], Session] = {}
        self._links: set[Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    async def listen(self) -> None:
        """Takes connections, from now on or again, always at the same address."""
        if self._claim is None:
            # A bound socket that never listens keeps the port ours while the server is away.
            self._claim = _bound(self.address)
            self.address = self._claim.getsockname()
        if self._listener is None:
            self._listener = await asyncio.start_server(self._accept, sock=_bound(self.address))

    def refuse(self) -> None:
        """Takes no connection and drops those there are."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self.cut()

    def cut(self) -> None:
        """Drops every connection."""
        for link in self._links:
            link.cut()

    async def close(self) -> None:
        """Ends everything; raises what went wrong inside the server, if anything did."""
        self.refuse()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._claim is not None:
            self._claim.close()
        failures = [failure for failure in ended if isinstance(failure, Exception)]
        for failure in self._reception.bugs + failures:
            raise failure

    def push(self, updates: Any) -> bool:
        """Sends updates to every session that wants them; False when there is none."""
        body = Outgoing(updates, content=True, answer=False)
        listening = [session for session in self._sessions.values() if session.listens]
        return sum(session.send([body]) for session in listening) > 0

    def change_salts(self) -> None:
        """Every client's salt is out of date from now on."""
        for key in self._keys.values():
            key.salt = secrets.randbits(63)

    def forget_authorisations(self) -> None:
        """Nobody is signed in any more; the keys stay known."""
        for key in self._keys.values():
            key.authorised = False

    def forget_keys(self) -> None:
        """No key is known any more: its owners are told -404."""
        self._keys.clear()
        self._sessions.clear()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(Link(reader, writer)))
        self._tasks.add(task)

    async def _serve(self, link: Link) -> None:
        exchange = KeyExchange(self.rsa, self._clock, self._agree)
        self._links.add(link)
        try:
            while (payload := await link.receive()) is not None:
                if self.silent:
                    continue
                if payload[:8] == bytes(8):
                    link.send(_plain(exchange.answer(layer.read(payload[20:])), self._clock))
                else:
                    self._take(link, payload)
        except WireError as error:
            self.errors.append(error)
        except LinkCut:
            pass
        finally:
            link.cut()
            self._links.discard(link)
            for session in self._sessions.values():
                if session.link is link:
                    session.link = None

    def _agree(self, secret: bytes, salt: int) -> None:
        key = AuthKey(secret, salt)
        self._keys[key.id] = key

    def _take(self, link: Link, payload: bytes) -> None:
        key = self._keys.get(payload[:8])
        if key is None:
            link.send(_UNKNOWN_KEY)
            return
        opened = open_envelope(payload, key)
        named = (key.id, opened.session)
        session = self._sessions.get(named) or Session(key, opened.session, self._clock)
        self._sessions[named] = session
        session.link = link
        fresh, said = session.admit(opened)
        for message in fresh:
            said += self._answer(session, message)
        session.send(said)

    def _answer(self, session: Session, message: Any) -> list[Outgoing]:
        body = message.body
        match layer.name_of(body):
            case "MsgsAck" | "HttpWait":
                return []
            case "Ping" | "PingDelayDisconnect":
                pong = layer.types.Pong(msg_id=message.msg_id, ping_id=body.ping_id)
                return [Outgoing(pong, content=False)]
            case "GetFutureSalts":
                return [Outgoing(self._future_salts(session, message), content=False)]
        value, listens = self._reception.answer(session.key, body)
        session.listens = session.listens or listens
        return [result(message.msg_id, value)]

    def _future_salts(self, session: Session, message: Any) -> Any:
        now = int(self._clock())
        salt = layer.FutureSalt(now, now + _SALT_LIFE, session.key.salt)
        return layer.FutureSalts(message.msg_id, now, [salt])


def _bound(address: tuple[str, int]) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind(address)
    return bound


def _plain(answer: Any, clock: Callable[[], float]) -> bytes:
    """An answer of the key exchange, which has no key yet."""
    body: bytes = answer.write()
    message = (int(clock() * 2**32) & ~3) + 1
    return bytes(8) + layer.write_long(message) + len(body).to_bytes(4, "little") + body
