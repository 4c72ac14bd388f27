"""How updates reach the bot: late, doubled, backwards, in slices, only when asked for."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pyrogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from tests.wire.library import IS_ROUTABLE, Inbox, connected, raw
from tests.wire.server import MtprotoServer

SARA = 7012345678


async def difference(bot: Any, pts: int) -> Any:
    """What the server says a bot at `pts` has missed."""
    return await bot.invoke(raw.functions.updates.GetDifference(pts=pts, date=1, qts=0))


def test_doubled_updates_come_twice(tmp_path: Path) -> None:
    async def main() -> None:
        inbox = Inbox()
        async with MtprotoServer() as server, connected(server, tmp_path, *inbox.handlers):
            sara = server.person(SARA, "Sara")
            server.duplicate_updates()
            await sara.say("one")
            await sara.say("two")
            assert [await inbox.text() for _ in range(3)] == ["one", "one", "two"]

    asyncio.run(main())


def test_reversed_updates_come_backwards_with_their_own_numbers(tmp_path: Path) -> None:
    async def main() -> None:
        inbox = Inbox()
        async with MtprotoServer() as server, connected(server, tmp_path, *inbox.raw_handlers):
            sara = server.person(SARA, "Sara")
            server.reverse_updates(3)
            for word in ("one", "two", "three", "four"):
                await sara.say(word)
            came = [await inbox.update("UpdateNewMessage") for _ in range(4)]
            assert [update.message.message for update in came] == ["three", "two", "one", "four"]
            numbers = [update.pts for update in came]
            assert numbers == [numbers[2] + 2, numbers[2] + 1, numbers[2], numbers[2] + 3]

    asyncio.run(main())


def test_held_updates_are_only_in_the_difference(tmp_path: Path) -> None:
    async def main() -> None:
        inbox = Inbox()
        async with MtprotoServer() as server, connected(server, tmp_path, *inbox.handlers) as bot:
            sara = server.person(SARA, "Sara")
            before = server.pts
            server.hold_updates()
            await sara.say("unheard")
            server.release_updates()
            await sara.say("heard")
            assert await inbox.text() == "heard"
            missed = await difference(bot, before)
            assert [message.message for message in missed.new_messages] == ["unheard", "heard"]
            assert missed.state.pts == server.pts == before + 2
            nothing = await difference(bot, server.pts)
            assert isinstance(nothing, raw.types.updates.DifferenceEmpty)

    asyncio.run(main())


def test_a_held_press_is_in_the_difference_once(tmp_path: Path) -> None:
    async def main() -> None:
        inbox = Inbox()
        async with MtprotoServer() as server, connected(server, tmp_path, *inbox.handlers) as bot:
            sara = server.person(SARA, "Sara")
            await sara.say("hello")
            markup = InlineKeyboardMarkup([[InlineKeyboardButton("Tea", callback_data="tea")]])
            await bot.send_message(SARA, "Which?", reply_markup=markup)
            server.hold_updates()
            await sara.press("Tea")
            missed = await difference(bot, server.pts)
            assert [update.data for update in missed.other_updates] == [b"tea"]
            nothing = await difference(bot, server.pts)
            assert isinstance(nothing, raw.types.updates.DifferenceEmpty)

    asyncio.run(main())


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_difference_in_slices_tells_everything_in_order(size: int, tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server, connected(server, tmp_path) as bot:
            sara = server.person(SARA, "Sara")
            pts, told = server.pts, list[str]()
            for word in ("one", "two", "three", "four", "five"):
                await sara.say(word)
            server.slice_difference(size)
            while not isinstance(part := await difference(bot, pts), raw.types.updates.Difference):
                assert isinstance(part, raw.types.updates.DifferenceSlice)
                assert len(part.new_messages) == size
                told += [message.message for message in part.new_messages]
                pts = part.intermediate_state.pts
            told += [message.message for message in part.new_messages]
            assert told == ["one", "two", "three", "four", "five"]
            assert part.state.pts == server.pts

    asyncio.run(main())


def test_too_long_a_difference_gives_only_the_place_to_go_on_from(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server, connected(server, tmp_path) as bot:
            sara = server.person(SARA, "Sara")
            before = server.pts
            server.too_long_from(2)
            await sara.say("one")
            assert isinstance(await difference(bot, before), raw.types.updates.Difference)
            await sara.say("two")
            answer = await difference(bot, before)
            assert isinstance(answer, raw.types.updates.DifferenceTooLong)
            assert answer.pts == server.pts

    asyncio.run(main())


def test_what_is_said_while_the_bot_is_down_waits_for_it(tmp_path: Path) -> None:
    async def main() -> None:
        inbox = Inbox()
        async with MtprotoServer() as server:
            sara = server.person(SARA, "Sara")
            async with connected(server, tmp_path):
                await sara.say("before")
            await sara.say("anybody?")
            async with connected(server, tmp_path, *inbox.handlers) as bot:
                if IS_ROUTABLE:
                    # kurigram asks for what it missed when it starts, pyrogram 2.0.106 never.
                    while await inbox.text() != "anybody?":
                        pass
                missed = await difference(bot, 1)
                assert [message.message for message in missed.new_messages][-1] == "anybody?"

    asyncio.run(main())


def test_every_session_that_listens_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        one, other = Inbox(), Inbox()
        async with (
            MtprotoServer() as server,
            connected(server, tmp_path, *one.handlers, in_memory=True),
            connected(server, tmp_path, *other.handlers, in_memory=True),
        ):
            await server.person(SARA, "Sara").say("hello")
            assert (await one.text(), await other.text()) == ("hello", "hello")

    asyncio.run(main())


def test_a_block_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        inbox = Inbox()
        async with MtprotoServer() as server, connected(server, tmp_path, *inbox.raw_handlers):
            sara = server.person(SARA, "Sara")
            await sara.say("hello")
            sara.blocks_bot()
            stopped = await inbox.update("UpdateBotStopped")
            assert (stopped.user_id, stopped.stopped) == (SARA, True)
            sara.unblocks_bot()
            assert not (await inbox.update("UpdateBotStopped")).stopped

    asyncio.run(main())
