"""The suite's own Telegram, proved with the real library: connecting, signing in, coming back."""

import asyncio
import base64
from pathlib import Path
from unittest import mock

import pytest
from pyrogram import errors
from pyrogram.connection import transport
from pyrogram.crypto import rsa

from tests.wire.library import IS_ROUTABLE, Inbox, connected, raw, reconnected
from tests.wire.server import MtprotoServer, PublicKey
from tests.wire.server.rsa import server_key

FRAMINGS = sorted(
    name for name in dir(transport) if name.startswith("TCP") and name not in {"TCP", "TCPFakeTLS"}
)


def test_a_bot_signs_in(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server, connected(server, tmp_path) as bot:
            assert bot.me.id == server.bot.id
            assert bot.me.username == server.bot.username
            assert server.calls("auth.ImportBotAuthorization")

    asyncio.run(main())


@pytest.mark.parametrize("name", FRAMINGS)
def test_every_framing_of_the_library_is_understood(name: str, tmp_path: Path) -> None:
    framing = getattr(transport, name)

    async def main() -> None:
        settings = {"protocol_factory": framing} if IS_ROUTABLE else {}
        with mock.patch("pyrogram.connection.connection.TCPAbridged", framing):
            async with (
                MtprotoServer() as server,
                connected(server, tmp_path, in_memory=True, **settings) as bot,
            ):
                sara = server.person(7012345678, "Sara")
                await sara.say("hello")
                await bot.send_message(sara.id, "long " * 400)
                assert (await sara.hears("long")).by_bot

    asyncio.run(main())


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"bot_token": "4242:wrong"}, errors.AccessTokenInvalid),
        ({"api_hash": "wrong"}, errors.ApiIdInvalid),
    ],
)
def test_a_stranger_is_not_signed_in(
    given: dict[str, str], refusal: type[Exception], tmp_path: Path
) -> None:
    async def main() -> None:
        async with MtprotoServer() as server:
            with pytest.raises(refusal):
                async with connected(server, tmp_path, **given):
                    pass

    asyncio.run(main())


def test_a_saved_session_comes_back_without_signing_in(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server:
            async with connected(server, tmp_path):
                pass
            async with connected(server, tmp_path) as bot:
                assert bot.me.id == server.bot.id
            assert len(server.calls("auth.ImportBotAuthorization")) == 1

    asyncio.run(main())


def test_a_signed_out_session_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server, connected(server, tmp_path) as bot:
            server.sign_out()
            with pytest.raises(errors.AuthKeyUnregistered):
                await bot.get_me()

    asyncio.run(main())


def test_a_changed_salt_costs_one_more_round(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server, connected(server, tmp_path) as bot:
            before = bot.session.salt
            server.change_salts()
            assert (await bot.get_me()).id == server.bot.id
            assert bot.session.salt != before

    asyncio.run(main())


def test_an_unknown_method_is_refused_and_remembered(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server, connected(server, tmp_path) as bot:
            with pytest.raises(errors.BotMethodInvalid):
                await bot.invoke(raw.functions.contacts.GetContacts(hash=0))
            assert server.unsupported == ["contacts.GetContacts"]

    asyncio.run(main())


def test_a_cut_connection_is_taken_up_again(tmp_path: Path) -> None:
    async def main() -> None:
        inbox = Inbox()
        async with MtprotoServer() as server, connected(server, tmp_path, *inbox.handlers) as bot:
            sara = server.person(7012345678, "Sara")
            server.cut()
            await reconnected(server, bot)
            await sara.say("still there?")
            assert await inbox.text() == "still there?"

    asyncio.run(main())


def test_a_server_that_was_away_is_found_again(tmp_path: Path) -> None:
    async def main() -> None:
        inbox = Inbox()
        async with MtprotoServer() as server, connected(server, tmp_path, *inbox.handlers) as bot:
            sara = server.person(7012345678, "Sara")
            server.away()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(*server.address)
            await server.back()
            await reconnected(server, bot)
            await sara.say("back again?")
            assert await inbox.text() == "back again?"

    asyncio.run(main())


def test_a_silent_server_answers_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server, connected(server, tmp_path) as bot:
            server.fall_silent()
            with pytest.raises(TimeoutError):
                await bot.session.send(raw.functions.updates.GetState(), timeout=0.1)
            server.speak()
            assert await bot.session.send(raw.functions.updates.GetState(), timeout=5)

    asyncio.run(main())


def test_telegrams_own_keys_have_the_fingerprints_they_are_known_by() -> None:
    assert rsa.server_public_keys
    for mark, key in rsa.server_public_keys.items():
        assert PublicKey(key.m, key.e).fingerprint == mark


def test_the_key_can_be_handed_over_as_a_file() -> None:
    key = server_key().public
    first, *middle, last = key.pem.splitlines()
    assert (first, last) == ("-----BEGIN RSA PUBLIC KEY-----", "-----END RSA PUBLIC KEY-----")
    assert _integers(middle) == [key.modulus, key.exponent]


def _integers(lines: list[str]) -> list[int]:
    """The integers of a DER sequence, read on its own terms."""
    data = base64.b64decode("".join(lines))
    found: list[int] = []

    def take(at: int) -> tuple[int, int, int]:
        size = data[at + 1]
        if size < 0x80:
            return data[at], at + 2, at + 2 + size
        start = at + 2 + size - 0x80
        return data[at], start, start + int.from_bytes(data[at + 2 : start], "big")

    tag, at, end = take(0)
    assert (tag, end) == (0x30, len(data))
    while at < end:
        tag, start, at = take(at)
        assert tag == 0x02
        found.append(int.from_bytes(data[start:at], "big", signed=True))
    return found
