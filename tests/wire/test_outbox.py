"""What is queued in the journal reaches each person once, in order, at a decent pace."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmtb.actors.chat import Draft, QueueMessage, RecordFailed, RecordSent
from llmtb.app import House
from llmtb.channels.port import (
    AlreadySent,
    Attached,
    Attachment,
    Disconnected,
    Flooded,
    OutMessage,
    Unreachable,
    Unsendable,
)
from llmtb.channels.telegram.channel import TelegramChannel
from llmtb.channels.telegram.outbox import Outbox, random_id
from llmtb.channels.telegram.refusals import ServerFault
from llmtb.channels.telegram.settings import TelegramSettings
from llmtb.events.chat import MessageFailed, MessageQueued, MessageSent
from llmtb.events.journal import Journal
from llmtb.events.personal import REDACTED
from llmtb.events.stores.memory import MemoryStore
from llmtb.runtime import virtual
from llmtb.runtime.clock import WallClock
from llmtb.runtime.errors import Unanswered
from tests.wire.bot import Desk, settings_for
from tests.wire.server import MtprotoServer, Person

START = datetime(2026, 11, 21, tzinfo=UTC)
SETTINGS = TelegramSettings(token="42:x", api_id=1, api_hash="x")  # noqa: S106  nobody's
LATENCY = 0.05  # seconds to the server, and as many back

# What a server may do with one call: take it; or one of these, before or after it took effect.
FAULTS = ("flood", "cut before", "cut after", "fail before", "fail after")


class Arrival(NamedTuple):
    """A call that reached the server, and when it was made."""

    made: float
    chat: int
    text: str
    random_id: int


class Post:
    """Everybody's post office: a `Port` without a wire, whose server refuses what it knows."""

    def __init__(self, faults: Sequence[str] = ()) -> None:
        self.calls: list[Arrival] = []
        self.arrived: list[Arrival] = []
        self.blocked: set[int] = set()
        self.pinned: list[int] = []
        self.pin_faults: list[Exception] = []
        self.forbidden: list[tuple[float, float]] = []
        self._faults = list(faults)

    async def send(self, chat: int, message: OutMessage, random_id: int) -> int:
        now = asyncio.get_running_loop().time()
        call = Arrival(now, chat, message.text, random_id)
        self.calls.append(call)
        fault = self._faults.pop() if self._faults else ""
        await asyncio.sleep(LATENCY)
        if fault == "flood":
            told = now + 2 * LATENCY
            self.forbidden.append((told, told + 5 - 1e-5))  # timers are exact to a microsecond
            await asyncio.sleep(LATENCY)
            raise Flooded(5, everywhere=True)
        if fault.endswith("before"):
            raise self._trouble(fault)
        if chat in self.blocked:
            raise Unreachable
        if message.text == "":
            raise Unsendable("MESSAGE_EMPTY")
        if any(arrival.random_id == random_id for arrival in self.arrived):
            raise AlreadySent
        self.arrived.append(call)
        number = len(self.arrived)
        await asyncio.sleep(LATENCY)
        if fault.endswith("after"):
            raise self._trouble(fault)
        return number

    async def pin(self, chat: int, message_id: int) -> None:
        await asyncio.sleep(LATENCY)
        if self.pin_faults:
            raise self.pin_faults.pop()
        self.pinned.append(message_id)

    def texts(self, chat: int) -> list[str]:
        return [arrival.text for arrival in self.arrived if arrival.chat == chat]

    @staticmethod
    def _trouble(fault: str) -> Exception:
        if fault.startswith("fail"):
            return ServerFault("500 RPC_CALL_FAIL")
        return Disconnected("cut", outcome_unknown=True)


class Centre:
    """A journal with the chats' actors, and an outbox that may crash and come again."""

    def __init__(self, journal: Journal, post: Post) -> None:
        self.journal = journal
        self.post = post
        self.drawn = 0
        self.outbox = self._begin()

    def _begin(self) -> Outbox:
        self.house = House(self.journal, virtual.clock(), Random(1))
        self.outbox = Outbox(
            self.journal,
            self.post,  # type: ignore[arg-type]
            self,
            self._draw,
            SETTINGS,
            connected=self._connected,
            clock=virtual.clock(),
            random=Random(1),
            urgency=lambda queued: int(queued.message.partition("/")[0]),
        )
        self._running = asyncio.ensure_future(self.outbox.run())
        return self.outbox

    async def queue(self, chat: int, message: str, text: str, **rest: Any) -> None:
        """Queues a message; its id begins with its urgency."""
        draft = Draft(message=message, text=text, **rest)
        command = QueueMessage(chat=str(chat), draft=draft)
        while True:
            try:
                await self.house.chat(str(chat), command, f"{message} {text}")
                break
            except Unanswered:  # a crash: the same command again does nothing twice
                await asyncio.sleep(0.01)

    async def sent(self, chat: str, message: str, remote: int | None) -> None:
        await self.house.chat(chat, RecordSent(chat=chat, message=message, remote=remote))

    async def failed(self, chat: str, message: str, error: str) -> None:
        await self.house.chat(chat, RecordFailed(chat=chat, message=message, error=error))

    async def crash(self) -> None:
        """Ends everything but the journal, and begins again."""
        self.house.crash()
        await self.end()
        self._begin()

    async def end(self) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    def settled(self) -> dict[str, str]:
        """What became of each message: its error, or nothing when it was sent."""
        became: dict[str, str] = {}
        for recorded in self.journal.read():
            match recorded.event:
                case MessageSent(message=message):
                    assert message not in became
                    became[message] = ""
                case MessageFailed(message=message, error=error):
                    assert message not in became
                    became[message] = error
        return became

    async def _connected(self) -> None:
        await asyncio.sleep(0.2)

    async def _draw(self, attached: Attached) -> Attachment:
        self.drawn += 1
        if attached.shift == "none":
            raise LookupError("there was no such shift")
        return Attachment(f"{attached.shift}.{attached.form}", b"content")


def play(story: Callable[[Centre], Awaitable[None]], post: Post | None = None) -> Centre:
    """Plays a story on virtual time; gives the centre back for a look."""

    async def main() -> Centre:
        journal = await Journal.open(MemoryStore())
        centre = Centre(journal, post or Post())
        try:
            await story(centre)
        finally:
            await centre.end()
        return centre

    return virtual.run(main(), START)


QUEUED = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 2), st.floats(0, 3)), min_size=1, max_size=15
)


def test_words_that_were_destroyed_are_never_sent() -> None:
    async def story(centre: Centre) -> None:
        await centre.queue(1, "1/gone", REDACTED)  # as it is read once its key is gone
        await centre.queue(1, "1/next", "next")
        assert await centre.outbox.flush(60) == 0

    centre = play(story)
    assert centre.settled() == {"1/gone": "forgotten", "1/next": ""}
    assert [call.text for call in centre.post.calls] == ["next"]


@given(
    queued=QUEUED,
    faults=st.lists(st.sampled_from(("", *FAULTS)), max_size=8),
    crashes=st.lists(st.floats(0, 12), max_size=4),
)
def test_each_message_arrives_once_and_in_its_chats_order(
    queued: Sequence[tuple[int, int, float]], faults: Sequence[str], crashes: Sequence[float]
) -> None:
    texts: dict[int, list[str]] = {chat: [] for chat in range(1, 5)}

    async def story(centre: Centre) -> None:
        async def speak() -> None:
            for number, (chat, urgency, pause) in enumerate(queued):
                await asyncio.sleep(pause)
                texts[chat].append(f"{number}")
                await centre.queue(chat, f"{urgency}/{number}", f"{number}")

        async def crash() -> None:
            loop = asyncio.get_running_loop()
            for instant in sorted(crashes):
                await asyncio.sleep(max(0.0, instant - loop.time()))
                await centre.crash()

        await asyncio.gather(speak(), crash())
        assert await centre.outbox.flush(600) == 0

    centre = play(story, Post(faults))
    for chat, said in texts.items():
        assert centre.post.texts(chat) == said
    assert set(centre.settled().values()) == {""}
    if not crashes:
        assert len(centre.post.calls) <= len(queued) + len(faults)
        for begin, end in centre.post.forbidden:
            assert not [call for call in centre.post.calls if begin < call.made < end]


def test_a_flood_silences_the_bot_for_everybody() -> None:
    async def story(centre: Centre) -> None:
        for number in range(1, 40):
            await centre.queue(number, f"1/{number}", "hello")
        assert await centre.outbox.flush(600) == 0

    post = play(story, Post(["", "", "flood", "", ""])).post
    [(begin, end)] = post.forbidden
    assert not [call for call in post.calls if begin < call.made < end]
    assert len(post.calls) == 40


CHATS = st.integers(1, 60).flatmap(
    lambda most: st.lists(st.integers(1, most), min_size=1, max_size=80)
)


@given(chats=CHATS)
@example(chats=range(1, 61))
def test_nobody_is_told_more_than_telegram_allows(chats: Sequence[int]) -> None:
    async def story(centre: Centre) -> None:
        for number, chat in enumerate(chats):
            await centre.queue(chat, f"1/{number}", f"{number}")
        assert await centre.outbox.flush(600) == 0

    calls = play(story).post.calls
    made = [call.made for call in calls]
    assert not [late for late, early in zip(made[30:], made) if late - early < 1 - 1e-6]
    for chat in set(chats):
        own = [call.made for call in calls if call.chat == chat]
        for first, instant in enumerate(own):
            for place in range(first + 1, len(own)):
                # A burst of three, then one a second.
                assert own[place] - instant >= place - first - 2 - 1e-6


def test_the_urgent_go_before_what_is_told_to_many() -> None:
    async def story(centre: Centre) -> None:
        for chat in range(1, 101):
            await centre.queue(chat, f"2/{chat}", "capacity is 3")
        await centre.queue(7, "0/late", "you are late")
        await centre.queue(500, "0/late too", "you are late, too")
        assert await centre.outbox.flush(600) == 0

    arrived = [(call.chat, call.text) for call in play(story).post.arrived]
    # What stood in the same chat before the urgent comes along with it.
    assert arrived[:1] == [(1, "capacity is 3")]
    urgent = [arrived.index((7, "you are late")), arrived.index((500, "you are late, too"))]
    assert max(urgent) < 20
    assert arrived.index((7, "capacity is 3")) < urgent[0]


def test_what_can_never_arrive_is_given_up_and_the_rest_goes_on() -> None:
    async def story(centre: Centre) -> None:
        centre.post.blocked.add(2)
        soon = START + timedelta(minutes=5)
        await centre.queue(1, "1/expired", "too late", until=START)
        await centre.queue(1, "1/soon", "in time", until=soon)
        file = Attached(shift="none", form="png", language="en")
        await centre.queue(1, "1/no file", "the report", attachment=file)
        await centre.queue(2, "1/blocked", "hello")
        await centre.queue(2, "1/blocked too", "hello?")
        await centre.queue(1, "1/last", "good night")
        assert await centre.outbox.flush(600) == 0

    centre = play(story)
    became = centre.settled()
    assert became.pop("1/no file").startswith("there is no such file")
    assert became == {
        "1/expired": "expired",
        "1/soon": "",
        "1/blocked": "unreachable",
        "1/blocked too": "unreachable",
        "1/last": "",
    }
    assert centre.post.texts(1) == ["in time", "good night"]
    assert len([call for call in centre.post.calls if call.chat == 2]) == 1


def test_a_server_that_never_takes_a_message_does_not_hold_up_its_chat_for_ever() -> None:
    async def story(centre: Centre) -> None:
        await centre.queue(1, "1/poison", "poison")
        await centre.queue(1, "1/next", "next")
        assert await centre.outbox.flush(3600) == 0

    centre = play(story, Post(["fail before"] * 20))
    assert centre.settled() == {"1/poison": "500 RPC_CALL_FAIL", "1/next": ""}


def test_a_message_asks_to_be_pinned_and_its_number_is_kept() -> None:
    async def story(centre: Centre) -> None:
        centre.post.pin_faults = [Disconnected("cut"), Flooded(5)]
        await centre.queue(1, "1/a", "hello")
        await centre.queue(1, "1/b", "the capacity", pin=True)
        assert await centre.outbox.flush(60) == 0

    centre = play(story)
    events = [recorded.event for recorded in centre.journal.read()]
    sent = {event.message: event.remote for event in events if isinstance(event, MessageSent)}
    assert sent == {"1/a": 1, "1/b": 2}
    assert centre.post.pinned == [2]
    assert len(centre.post.calls) == 2


def test_the_same_name_may_be_used_again() -> None:
    async def story(centre: Centre) -> None:
        for text in ("first", "second"):
            await centre.queue(1, "1/board", text)
            assert await centre.outbox.flush(60) == 0

    centre = play(story)
    assert centre.post.texts(1) == ["first", "second"]


def test_what_is_not_recorded_yet_holds_the_next_back_and_is_not_sent_again() -> None:
    async def story(centre: Centre) -> None:
        troubles = 3

        async def forget(chat: str, message: str, remote: int | None) -> None:
            nonlocal troubles
            troubles -= 1
            if troubles >= 0:
                raise OSError("the disk is full")
            await Centre.sent(centre, chat, message, remote)

        centre.sent = forget  # type: ignore[method-assign]
        await centre.queue(1, "1/a", "one")
        await centre.queue(1, "1/b", "two")
        assert await centre.outbox.flush(60) == 0

    centre = play(story)
    assert [call.text for call in centre.post.calls] == ["one", "two"]


def test_other_channels_chats_are_left_alone() -> None:
    async def story(centre: Centre) -> None:
        chat = "web-42"
        draft = Draft(message="1/a", text="hello")
        await centre.house.chat(chat, QueueMessage(chat=chat, draft=draft))
        await centre.queue(1, "1/b", "hello")
        assert await centre.outbox.flush(60) == 0

    assert set(play(story).settled()) == {"1/b"}


def test_a_start_reads_what_waits_and_not_the_whole_past() -> None:
    async def story(centre: Centre) -> None:
        for number in range(40):
            await centre.queue(1 + number % 20, f"1/{number}", f"{number}")
        assert await centre.outbox.flush(600) == 0
        centre.post.blocked.add(1)
        await centre.end()
        snapshots.append(centre.journal.load_snapshot("outbox/telegram", "1"))
        heads.append(centre.journal.head)
        await centre.queue(3, "1/later", "later")
        await centre.crash()
        assert await centre.outbox.flush(60) == 0
        assert centre.post.texts(3)[-1] == "later"
        assert len(centre.post.calls) == 41

    snapshots: list[tuple[int, bytes] | None] = []
    heads: list[int] = []
    play(story)
    assert [snapshot and snapshot[0] for snapshot in snapshots] == heads


def test_random_ids_are_the_events_own() -> None:
    def queued(**other: Any) -> MessageQueued:
        usual = {"at": START, "by": "bot", "chat": "1", "message": "m", "text": "t"}
        return MessageQueued(**{**usual, **other})

    base = random_id(queued())
    assert base == random_id(queued(text="another", by="else"))
    others = [
        random_id(queued(chat="2")),
        random_id(queued(message="n")),
        random_id(queued(at=START + timedelta(microseconds=1))),
    ]
    assert len({base, *others}) == 4
    assert all(-(2**63) <= number < 2**63 and number for number in (base, *others))


# On the real wire.


async def serve(
    server: MtprotoServer, folder: Path, story: Callable[[House], Awaitable[None]], **other: Any
) -> list[object]:
    """Runs the whole channel over a journal in memory; gives back the chats' events."""
    journal = await Journal.open(MemoryStore())
    house = House(journal, WallClock(), Random(1))

    async def draw(attached: Attached) -> Attachment:
        return Attachment(f"{attached.shift}.{attached.form}", bytes(600_000))

    channel = TelegramChannel(
        settings_for(server, **other),
        folder / "telegram",
        journal,
        Desk().handle,
        lambda command: house.chat(command.chat, command),
        draw,
        clock=WallClock(),
        random=Random(1),
    )
    running = asyncio.ensure_future(channel.run())
    try:
        await story(house)
        await channel.stop()
        await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await house.stop()
        await journal.close()
    assert server.unsupported == []
    return [recorded.event for recorded in journal.read()]


async def tell(house: House, person: Person, *texts: str, file: Attached | None = None) -> None:
    """Queues texts to somebody; with a file, it goes with the last of them."""
    chat = str(person.id)
    for text in texts:
        attachment = file if text == texts[-1] else None
        draft = Draft(message=text, text=text, attachment=attachment)
        await house.chat(chat, QueueMessage(chat=chat, draft=draft))


@pytest.mark.parametrize("effect", ["cut_before", "cut_after"])
@pytest.mark.parametrize(
    "method", ["messages.SendMessage", "messages.SendMedia", "upload.SaveFilePart"]
)
def test_a_cut_at_any_call_neither_loses_nor_repeats(
    tmp_path: Path, effect: str, method: str
) -> None:
    async def main() -> None:
        async with MtprotoServer() as server:
            sara = server.person(7012345678, "Sara")
            await sara.say("/start")
            getattr(server, effect)(method, 2)

            async def story(house: House) -> None:
                file = Attached(shift="morning", form="png", language="en")
                await tell(house, sara, "one", "two", "three", file=file)
                await tell(house, sara, "four")
                await sara.hears("four")

            events = await serve(server, tmp_path, story)
            assert [post.text for post in sara.chat if post.by_bot] == [
                "one",
                "two",
                "three",
                "four",
            ]
            sent = [event for event in events if isinstance(event, MessageSent)]
            assert [event.message for event in sent] == ["one", "two", "three", "four"]
            # The numbers are known though an answer was lost: the difference tells them.
            assert [event.remote for event in sent] == [
                post.id for post in sara.chat if post.by_bot
            ]

    asyncio.run(main())


def test_a_flood_stops_the_queue_and_keeps_its_order(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server:
            sara, omid = server.person(1, "Sara"), server.person(2, "Omid")
            for person in (sara, omid):
                await person.say("/start")

            async def story(house: House) -> None:
                await tell(house, sara, "one")
                await sara.hears("one")
                server.flood(1, chat=sara.id)
                began = asyncio.get_running_loop().time()
                await tell(house, sara, "two", "three")
                await server.called("messages.SendMessage", 2)
                await tell(house, omid, "hello")
                await omid.hears("hello")
                await sara.hears("three")
                assert asyncio.get_running_loop().time() - began >= 1

            await serve(server, tmp_path, story)
            assert [post.text for post in sara.chat if post.by_bot] == ["one", "two", "three"]
            assert len(server.calls("messages.SendMessage")) == 5

    asyncio.run(main())


def test_who_blocks_the_bot_is_told_nothing_more(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server:
            sara, omid = server.person(1, "Sara"), server.person(2, "Omid")
            for person in (sara, omid):
                await person.say("/start")
            sara.blocks_bot()

            async def story(house: House) -> None:
                await tell(house, sara, "one", "two")
                await tell(house, omid, "hello")
                await omid.hears("hello")

            events = await serve(server, tmp_path, story)
            failed = [event for event in events if isinstance(event, MessageFailed)]
            assert [(event.message, event.error) for event in failed] == [
                ("one", "unreachable"),
                ("two", "unreachable"),
            ]

    asyncio.run(main())


def test_a_stop_sends_what_it_still_can(tmp_path: Path) -> None:
    async def main() -> None:
        async with MtprotoServer() as server:
            sara = server.person(1, "Sara")
            await sara.say("/start")

            async def story(house: House) -> None:
                await tell(house, sara, "hello")
                await sara.hears("hello")
                await tell(house, sara, *(f"{number}" for number in range(10)))

            await serve(server, tmp_path, story)
            assert len([post for post in sara.chat if post.by_bot]) == 11

    asyncio.run(main())


def test_a_bot_killed_again_and_again_neither_loses_nor_repeats(tmp_path: Path) -> None:
    """kill -9 at each step, with messages on their way both ways; the last life finishes."""
    deaths = [("before send", 2), ("after send", 1), ("after record", 1), ("after send", 2)]

    async def main() -> None:
        async with MtprotoServer() as server:
            sara = server.person(7012345678, "Sara")
            await sara.say("/start")
            words: list[str] = []
            for life, (step, number) in enumerate([*deaths, ("", 0)], start=1):
                bot = await start(server, tmp_path, step=step, number=number)
                await server.called("updates.GetState", life, within=30)
                for place in ("while alive", "then"):
                    words.append(f"{place} {life}")
                    await sara.say(words[-1])
                ended = await asyncio.wait_for(bot.wait(), 30)
                assert ended == (-signal.SIGKILL if step else 0)
            told = ["queued 1", "queued 2", "queued 3"]
            said = [post.text for post in sara.chat if post.by_bot]
            assert [text for text in said if text in told] == told
            assert [text for text in said if text not in told] == [f"{word}?" for word in words]
            files = [post.text for post in sara.chat if post.by_bot and post.file]
            assert files == ["queued 3"]

    asyncio.run(main())


async def start(
    server: MtprotoServer, folder: Path, *, step: str, number: int
) -> asyncio.subprocess.Process:
    told = {
        "server": f"{server.address[0]}:{server.address[1]}",
        "public_key": server.public_key.pem,
        "token": server.bot_token,
        "api_id": server.api_id,
        "api_hash": server.api_hash,
        "folder": str(folder),
        "step": step,
        "number": number,
    }
    root = Path(__file__).parents[2]
    paths = [str(root), *(path for path in sys.path if path.endswith("pyrogram-2.0.106"))]
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.wire.mortal", json.dumps(told)),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
