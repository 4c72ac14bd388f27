"""The stream of a chat goes on where it was cut, misses and repeats nothing, never piles up."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from llmtb.actors.asking import Ask
from llmtb.actors.chat import Draft, QueueMessage, Respond
from llmtb.channels.port import SITE, AlreadySent, MessageGone, NotModified, OutMessage, TooLate
from llmtb.channels.web.chat.merging import merged
from llmtb.channels.web.window import past
from llmtb.channels.web.window.telling import Told
from llmtb.channels.web.window.watching import (
    MOST,
    Line,
    Watcher,
    decode_positions,
    encode_positions,
)
from llmtb.channels.web.window.window import Pages
from llmtb.events.chat import MessageQueued, QuestionAsked
from llmtb.events.journal import Change, Journal, Part
from llmtb.events.stores.memory import MemoryStore
from llmtb.runtime.clock import WallClock
from tests.web.chatting import Window, take, told_so_far
from tests.web.serving import Served, play

CHAT, NUMBER = "site-7", SITE + 7
LONG = "7007"  # of Telegram
END = "the end"
INSTANT = datetime(2026, 11, 21, 9, tzinfo=UTC)


async def queue(served: Served, name: str, text: str, chat: str = CHAT) -> None:
    message = QueueMessage(chat=chat, draft=Draft(message=name, text=text))
    await served.house.chat(chat, message)


async def talk(served: Served, chance: random.Random, count: int) -> None:
    """Say a lot to the chat, and now and then to another."""
    for number in range(count):
        if chance.random() < 0.2:
            ask = Ask(chat=CHAT, text=f"question {number}", audience="customer")
            await served.house.chat(CHAT, ask)
        elif chance.random() < 0.2:
            await queue(served, f"m{number}", "not for this chat", "site-70")
        else:
            await queue(served, f"m{number}", f"message {number}")
        await asyncio.sleep(chance.choice((0, 0, 0, 0.001, 0.005)))


async def flood(served: Served, count: int) -> None:
    """Tell a chat, which no page has to settle, a lot at once."""
    drafts = tuple(Draft(message=f"m{n}", text=f"message {n}") for n in range(count))
    await served.house.chat(LONG, Respond(chat=LONG, by="test", messages=drafts))


async def blocks(stream: AsyncGenerator[bytes]) -> AsyncGenerator[str]:
    async with aclosing(stream):
        async for part in stream:
            for block in part.decode().split("\n\n"):
                if block:
                    yield block


async def until_cut(served: Served, page: Window, count: int) -> None:
    """Have a page told no more than `count` things, and cut it off."""
    after = int(page.last) if page.last else None
    async with asyncio.timeout(30), aclosing(blocks(served.pages.watch(CHAT, after))) as stream:
        async for block in stream:
            take(page, block)
            count -= 1
            if count <= 0 or END in page.texts:
                return


def written(served: Served, chat: str = CHAT) -> list[tuple[int, str]]:
    """What the chat says, as the journal has it."""
    events = ((r.seq, r.event) for r in served.journal.read() if r.stream == f"chat/{chat}")
    return [(seq, e.text) for seq, e in events if isinstance(e, MessageQueued | QuestionAsked)]


@pytest.mark.parametrize("seed", range(6))
def test_wherever_a_page_is_cut_off_it_goes_on_without_gap_or_repetition(
    seed: int, tmp_path: Path
) -> None:
    chance = random.Random(seed)

    async def go_on(served: Served) -> None:
        await talk(served, chance, 60)
        await queue(served, "end", END)

    async def story(served: Served) -> None:
        await talk(served, chance, chance.randrange(40))
        talking = asyncio.create_task(go_on(served))
        page, cuts = Window(served.http, ""), 0
        while END not in page.texts:
            await until_cut(served, page, chance.randrange(1, 25))
            cuts += 1
        await talking
        assert [(m["id"], m["text"]) for m in page.messages] == written(served)
        numbered = [data["id"] for name, data, _ in page.told if name == "message"]
        assert len(set(numbered)) == len(numbered), "something was told twice"
        assert cuts > 1

    play(tmp_path, story)


def test_what_is_older_than_a_page_is_read_page_by_page(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        count = past.PAGE + 150
        await flood(served, count)
        page = await told_so_far(served, LONG)
        first = len(page.shown)
        assert page.texts[-1] == f"message {count - 1}"
        assert 0 < first < count
        [before] = [data["before"] for name, data, _ in page.told if name == "start"]
        while before:
            older = await served.pages.before(LONG, before)
            for name, data in older["events"]:
                assert data["id"] not in page.shown
                page.take(name, data, "")
            before = older["before"]
        assert [(m["id"], m["text"]) for m in page.messages] == written(served, LONG)
        assert await served.pages.before(LONG, -3) == {"events": [], "before": 0}
        assert (await served.pages.before("site-404", 7))["events"] == []

    play(tmp_path, story)


def test_a_slow_reader_is_overtaken_and_catches_up(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        page, count = Window(served.http, ""), MOST + 100
        async with asyncio.timeout(30), aclosing(blocks(served.pages.watch(LONG))) as reading:
            async for block in reading:
                take(page, block)
                if not page.shown and "event: start" in block:
                    await flood(served, count)
                    await told_so_far(served, LONG)
                if len(page.shown) >= count:
                    break
        assert [(m["id"], m["text"]) for m in page.messages] == written(served, LONG)

    play(tmp_path, story)


def test_changes_that_nobody_has_read_yet_are_one_change() -> None:
    watcher = Watcher(-1, Line())
    watcher.read_to(5)
    for number in range(10 * MOST):
        watcher.tell([Told("change", {"id": 3, "text": str(number), "keyboard": None})])
    assert watcher.take().count(b"event: change") == 1
    for seq in range(6, 8 + MOST):
        watcher.tell([Told("message", {"id": seq, "text": "x"})], seq)
    assert watcher.behind
    assert watcher.take() == b""
    assert watcher.position == 5
    assert behind_after_reading(watcher, 8 + MOST) is False
    assert watcher.take() == b""


def behind_after_reading(watcher: Watcher, position: int) -> bool:
    watcher.begin_reading()
    watcher.read_to(position)
    return watcher.behind


def test_what_is_told_while_a_page_is_read_to_is_told_once() -> None:
    watcher = Watcher(-1, Line())
    for seq in (4, 5, 6):
        watcher.tell([Told("message", {"id": seq})], seq)
    watcher.tell([Told("change", {"id": 4, "text": "anew"})])
    watcher.read_to(5)
    told = watcher.take()
    assert [b'"id":4}' in told, b'"id":5' in told, b'"id":6' in told] == [False, False, True]
    assert b"anew" in told
    assert watcher.position == 6


def test_what_streams_into_a_message_is_shown_to_whoever_comes_in_the_middle(
    tmp_path: Path,
) -> None:
    async def story(served: Served) -> None:
        await queue(served, "m", "before")
        pages = served.pages
        number = await pages.send(NUMBER, OutMessage(text="Draft …"), 77)
        with pytest.raises(AlreadySent):
            await pages.send(NUMBER, OutMessage(text="Draft …"), 77)
        await queue(served, "n", "after")
        for text in ("Draft: one …", "Draft: one two …"):
            await pages.edit(NUMBER, number, OutMessage(text=text))
        with pytest.raises(NotModified):
            await pages.edit(NUMBER, number, OutMessage(text="Draft: one two …"))
        reloaded = await told_so_far(served, CHAT)
        assert reloaded.texts == ["before", "Draft: one two …", "after"]
        queued = reloaded.messages[0]["id"]
        await pages.edit(NUMBER, queued, OutMessage(text="changed"))
        await pages.delete(NUMBER, number)
        with pytest.raises(MessageGone):
            await pages.edit(NUMBER, number, OutMessage(text="Draft: one two three"))
        assert (await told_so_far(served, CHAT)).texts == ["changed", "after"]
        with pytest.raises(TooLate):
            await pages.answer("web:nobody", "too late")

    play(tmp_path, story)


def test_a_thousand_pages_hold_little_and_cost_one_subscription(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        await told_so_far(served, CHAT)
        chats = [f"site-{number:x}" for number in range(1, 1001)]
        streams = [served.pages.watch(chat) for chat in chats]
        followers = served.journal.statistics().followers
        reading = [asyncio.create_task(first_words(stream)) for stream in streams]
        while served.pages.watching < len(chats):  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.01)
        assert served.journal.statistics().followers == followers
        await asyncio.gather(*(queue(served, "m", f"hello {chat}", chat) for chat in chats))
        heard = await asyncio.gather(*reading)
        assert heard == [f"hello {chat}" for chat in chats]
        assert served.pages.watching == 0
        assert not served.pages.rooms

    play(tmp_path, story)


async def first_words(stream: AsyncGenerator[bytes]) -> str:
    async with asyncio.timeout(60), aclosing(blocks(stream)) as reading:
        async for block in reading:
            if "event: message" in block:
                words: str = data_of(block)["text"]
                return words
    raise AssertionError("it ended without a word")


def data_of(block: str) -> dict[str, Any]:
    line = next(line for line in block.splitlines() if line.startswith("data: "))
    data: dict[str, Any] = msgspec.json.decode(line.removeprefix("data: "))
    return data


def test_the_streams_end_when_the_house_closes(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        stream = served.pages.watch(CHAT)
        assert (await anext(stream)).startswith(b"retry")
        ending = asyncio.create_task(drained(stream))
        await asyncio.sleep(0.05)
        served.pages.close()
        async with asyncio.timeout(30):
            await ending

    play(tmp_path, story)


async def drained(stream: AsyncGenerator[bytes]) -> int:
    return sum([len(part) async for part in stream])


def test_several_chats_share_a_stream_and_go_on_together(tmp_path: Path) -> None:
    async def story(served: Served) -> None:
        names = {"a": "site-a", "b": "site-b"}
        for name, chat in names.items():
            await queue(served, "m1", f"{name} one", chat)
        seen: list[tuple[str, str]] = []
        last = ""

        async def read(count: int) -> None:
            nonlocal last
            positions = decode_positions(last)
            streams = [
                served.pages.watch(chat, positions.get(name), Line(name, positions))
                for name, chat in names.items()
            ]
            async with asyncio.timeout(30), aclosing(blocks(merged(streams))) as reading:
                async for block in reading:
                    if "event: message" in block:
                        data = data_of(block)
                        seen.append((data["of"], data["text"]))
                        last = block.partition("id: ")[2].partition("\n")[0]
                        if len(seen) >= count:
                            return

        await read(2)
        await queue(served, "m2", "b two", "site-b")
        await read(3)
        await queue(served, "m2", "a two", "site-a")
        await read(4)
        assert sorted(seen[:2]) == [("a", "a one"), ("b", "b one")]
        assert seen[2:] == [("b", "b two"), ("a", "a two")]

    play(tmp_path, story)


def test_positions_come_back_as_they_went_and_nonsense_is_none() -> None:
    for positions in ({"": 7}, {"sara": 1, "reza": 123456}, {}):
        assert decode_positions(encode_positions(positions)) == positions
    assert decode_positions("x sara:-1 :5 reza:9x a:٣ " + "1" * 40) == {"": 5}


def test_words_that_come_again_before_the_pages_have_followed_stand_there_once() -> None:
    """After a start, a page may have read an event that the pages have not come to yet."""

    async def story() -> None:
        journal = await Journal.open(MemoryStore())
        asked = QuestionAsked(
            at=INSTANT,
            by=CHAT,
            chat=CHAT,
            question="q",
            text="how much?",
            language=None,
            audience="customer",
        )
        await journal.append([Part([Change(f"chat/{CHAT}", 1, asked)], "web:msg:site-7:5")])
        pages = Pages(journal, lambda _: asyncio.sleep(0), WallClock())
        following, nonce, page = None, 1 << 41, Window(httpx.AsyncClient(), "/phones/reza")
        async with asyncio.timeout(30), aclosing(blocks(pages.watch(CHAT))) as stream:
            async for block in stream:
                take(page, block)
                if page.texts and following is None:  # it reads, and has not come to the end
                    pages.said(CHAT, nonce, "how much?")
                    assert pages.recorded_as(CHAT, nonce, "web:msg:site-7:5") == 1
                    following = asyncio.create_task(pages.run())
                    await asyncio.sleep(0.05)
                if ("gone", {"id": nonce}) in [(name, data) for name, data, _ in page.told]:
                    break
        assert page.texts == ["how much?"]
        assert following is not None
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await page.http.aclose()
        await journal.close()

    asyncio.run(story())
