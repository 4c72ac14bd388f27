"""The server's end of the protocol, held against the library's own crypto, message by message."""

import asyncio
import secrets
from hashlib import sha1
from io import BytesIO
from typing import Any

import pytest
from pyrogram.crypto import mtproto, prime, rsa

from tests.wire.library import raw, trusted
from tests.wire.server import MtprotoServer, PublicKey, layer
from tests.wire.server.envelope import AuthKey, Opened, open_envelope
from tests.wire.server.exchange import KeyExchange
from tests.wire.server.rsa import server_key
from tests.wire.server.session import Outgoing, Session, result
from tests.wire.server.transport import Link, WireError

NOW = 1_800_000_000.0
SESSION = b"sessions"


class Recorder(Link):
    """A link that keeps what is sent over it."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, payload: bytes) -> None:
        self.sent.append(payload)


@pytest.fixture
def session() -> Session:
    session = Session(AuthKey(secrets.token_bytes(256), salt=5), SESSION, lambda: NOW)
    session.link = Recorder()
    return session


def ping(number: int, at: float = NOW) -> Any:
    """A ping in a message of its own, sent `at`."""
    body = raw.functions.Ping(ping_id=number)
    return layer.TLMessage(body, (int(at) << 32) + 4 * number, 0, len(body.write()))


def sent(session: Session) -> list[Any]:
    """What was sent over a session, as the library's own client reads and checks it."""
    assert isinstance(session.link, Recorder)
    key = session.key
    return [
        mtproto.unpack(BytesIO(payload), session.id, key.secret, key.id)
        for payload in session.link.sent
    ]


def test_what_the_library_packs_is_opened(session: Session) -> None:
    packed = mtproto.pack(ping(7), 5, SESSION, session.key.secret, session.key.id)
    opened = open_envelope(packed, session.key)
    assert (opened.salt, opened.session, opened.message) == (5, SESSION, ping(7))


def test_what_was_tampered_with_is_not(session: Session) -> None:
    packed = mtproto.pack(ping(7), 5, SESSION, session.key.secret, session.key.id)
    with pytest.raises(WireError, match="message key"):
        open_envelope(packed[:-16] + secrets.token_bytes(16), session.key)


def test_each_message_of_a_container_is_taken_once(session: Session) -> None:
    session.admit(Opened(5, SESSION, ping(1)))
    container = layer.TLMessage(layer.Container([ping(1), ping(2)]), ping(3).msg_id, 0, 0)
    assert session.admit(Opened(5, SESSION, container)) == ([ping(2)], [])
    assert session.admit(Opened(5, SESSION, container)) == ([], [])


def test_a_session_is_told_once_that_it_is_new(session: Session) -> None:
    _, first = session.admit(Opened(5, SESSION, ping(1)))
    _, second = session.admit(Opened(5, SESSION, ping(2)))
    assert [type(one.body).__name__ for one in first] == ["NewSessionCreated"]
    assert second == []


def test_calls_are_acknowledged(session: Session) -> None:
    session.admit(Opened(5, SESSION, ping(1)))
    call = ping(2)
    call.seq_no = 1
    _, said = session.admit(Opened(5, SESSION, call))
    assert [one.body for one in said] == [raw.types.MsgsAck(msg_ids=[call.msg_id])]


def test_a_wrong_salt_is_put_right(session: Session) -> None:
    taken, [complaint] = session.admit(Opened(6, SESSION, ping(1)))
    assert taken == []
    assert (complaint.body.error_code, complaint.body.new_server_salt) == (48, 5)


@pytest.mark.parametrize(("at", "code"), [(NOW - 301, 16), (NOW + 31, 17)])
def test_a_clock_that_is_wrong_is_told_so(session: Session, at: float, code: int) -> None:
    taken, [complaint] = session.admit(Opened(5, SESSION, ping(1, at)))
    assert (taken, complaint.body.error_code) == ([], code)


def test_a_message_number_that_no_client_gives_is_told_so(session: Session) -> None:
    odd = ping(1)
    odd.msg_id += 1
    taken, [complaint] = session.admit(Opened(5, SESSION, odd))
    assert (taken, complaint.body.error_code) == ([], 18)


def test_several_bodies_travel_in_one_container(session: Session) -> None:
    pongs = [raw.types.Pong(msg_id=number, ping_id=number) for number in range(3)]
    assert session.send([Outgoing(pong, content=False) for pong in pongs])
    [message] = sent(session)
    assert [inner.body for inner in message.body.messages] == pongs
    numbers = [inner.msg_id for inner in message.body.messages]
    assert sorted({*numbers, message.msg_id}) == [*numbers, message.msg_id]


def test_numbers_only_grow_and_content_is_counted(session: Session) -> None:
    for content in (False, True, True, False):
        session.send([Outgoing(raw.types.UpdatesTooLong(), content=content)])
    messages = sent(session)
    numbers = [message.msg_id for message in messages]
    assert sorted(set(numbers)) == numbers
    assert [message.seq_no for message in messages] == [0, 1, 3, 4]


@pytest.mark.parametrize("size", [1, 100_000])
def test_a_long_result_is_zipped(session: Session, size: int) -> None:
    value = raw.types.upload.File(type=raw.types.storage.FilePng(), mtime=0, bytes=bytes(size))
    session.send([result(7, value)])
    [message] = sent(session)
    assert (message.body.req_msg_id, message.body.result) == (7, value)
    assert message.length < 1000


def test_nobody_hears_a_session_without_a_link(session: Session) -> None:
    session.link = None
    assert not session.send([Outgoing(raw.types.UpdatesTooLong(), content=True)])


def test_a_client_that_trusts_another_key_gets_no_further() -> None:
    other = PublicKey(server_key().public.modulus - 2, 65537)
    exchange = KeyExchange(server_key(), lambda: NOW, lambda *_: pytest.fail("a key was agreed"))
    offer = exchange.answer(raw.functions.ReqPqMulti(nonce=1))
    pq = int.from_bytes(offer.pq, "big")
    factor = prime.decompose(pq)
    p, q = (one.to_bytes(4, "big") for one in sorted((factor, pq // factor)))
    nonces = {"nonce": 1, "server_nonce": offer.server_nonce}
    inner = raw.types.PQInnerData(pq=offer.pq, p=p, q=q, **nonces, new_nonce=2).write()
    plain = sha1(inner, usedforsecurity=False).digest() + inner
    with trusted(other):
        secret = rsa.encrypt(plain + bytes(255 - len(plain)), other.fingerprint)
    request = raw.functions.ReqDHParams(
        **nonces, p=p, q=q, public_key_fingerprint=other.fingerprint, encrypted_data=secret
    )
    with pytest.raises(WireError, match="key"):
        exchange.answer(request)


def test_an_unknown_key_is_told_so_on_the_wire() -> None:
    async def main() -> None:
        async with MtprotoServer() as server:
            reader, writer = await asyncio.open_connection(*server.address)
            writer.write(b"\xef" + bytes([10]) + secrets.token_bytes(40))
            assert await reader.readexactly(5) == b"\x01" + (-404).to_bytes(
                4, "little", signed=True
            )
            writer.close()
            await writer.wait_closed()

    asyncio.run(main())


def test_nonsense_costs_the_connection() -> None:
    async def main() -> None:
        async with MtprotoServer() as server:
            reader, writer = await asyncio.open_connection(*server.address)
            writer.write(b"\x01" * 64)
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
            assert len(server.wire_errors) == 1
            writer.close()

    asyncio.run(main())
