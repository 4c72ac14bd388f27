"""What goes wrong on request: refusals, floods, replies lost, random ids repeated."""

import asyncio
from pathlib import Path

import pytest
from pyrogram import errors
from pyrogram.errors.rpc_error import RPCError

from tests.wire.library import connected, raw, reconnected, sending
from tests.wire.server import MtprotoServer

SARA, REZA = 7012345678, 7099999999
SEND = "messages.SendMessage"


def test_a_flood_strikes_as_often_as_asked(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server, connected(server, tmp_path) as bot:
            sara = server.person(SARA, "Sara")
            await sara.say("hello")
            server.flood(7, times=2)
            for _ in range(2):
                with pytest.raises(errors.FloodWait) as caught:
                    await bot.send_message(SARA, "wait")
                assert caught.value.value == 7
            await bot.send_message(SARA, "now")
            assert [message.text for message in sara.chat] == ["hello", "now"]

    asyncio.run(main())


def test_a_flood_in_one_chat_leaves_the_others_alone(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server, connected(server, tmp_path) as bot:
            sara, reza = server.person(SARA, "Sara"), server.person(REZA, "Reza")
            await sara.say("hello")
            await reza.say("hello")
            server.flood(7, chat=SARA)
            await bot.send_message(REZA, "to you")
            with pytest.raises(errors.FloodWait):
                await bot.send_message(SARA, "to you")
            assert await reza.hears("to you")
            assert [message.text for message in sara.chat] == ["hello"]

    asyncio.run(main())


def test_any_call_can_be_made_to_fail(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server, connected(server, tmp_path) as bot:
            server.fail(400, "PEER_ID_INVALID", method="users.GetFullUser")
            server.fail(400, "PEER_ID_INVALID", times=9, method="updates.GetState")
            with pytest.raises(errors.PeerIdInvalid):
                await bot.get_me()
            assert (await bot.get_me()).id == server.bot.id
            server.heal()
            assert await bot.invoke(raw.functions.updates.GetState())

    asyncio.run(main())


@pytest.mark.parametrize("took_effect", [False, True])
@pytest.mark.parametrize("code", [400, 500])
def test_a_cut_send_is_known_by_its_random_id(took_effect: bool, code: int, tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server, connected(server, tmp_path) as bot:
            sara = server.person(SARA, "Sara")
            await sara.say("hello")
            server.random_id_duplicate(code)
            (server.cut_after if took_effect else server.cut_before)(SEND)
            with pytest.raises(TimeoutError):
                await bot.session.send(sending(SARA, "once", 99), timeout=0.3)
            await reconnected(server, bot)
            assert len(sara.chat) == (2 if took_effect else 1)
            if took_effect:
                with pytest.raises(RPCError, match=f"{code} RANDOM_ID_DUPLICATE"):
                    await bot.session.send(sending(SARA, "once", 99))
            else:
                await bot.session.send(sending(SARA, "once", 99))
            assert [message.random_id for message in sara.chat if message.by_bot] == [99]
            assert len(server.calls(SEND)) == 2

    asyncio.run(main())


def test_a_lost_reply_is_found_in_the_difference(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server, connected(server, tmp_path) as bot:
            sara = server.person(SARA, "Sara")
            await sara.say("hello")
            before = await bot.invoke(raw.functions.updates.GetState())
            server.cut_after(SEND)
            with pytest.raises(TimeoutError):
                await bot.session.send(sending(SARA, "once", 99), timeout=0.3)
            await reconnected(server, bot)
            missed = await bot.invoke(
                raw.functions.updates.GetDifference(pts=before.pts, date=before.date, qts=0)
            )
            [message] = missed.new_messages
            [named] = missed.other_updates
            assert (message.out, message.message, message.id) == (True, "once", named.id)
            assert named.random_id == 99
            assert missed.state.pts == server.pts

    asyncio.run(main())


def test_the_same_cut_can_strike_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server, connected(server, tmp_path) as bot:
            server.cut_before("updates.GetState", times=2)
            for connection in (2, 3):
                with pytest.raises(TimeoutError):
                    await bot.session.send(raw.functions.updates.GetState(), timeout=0.3)
                await reconnected(server, bot, connection)
            assert await bot.session.send(raw.functions.updates.GetState())

    asyncio.run(main())
