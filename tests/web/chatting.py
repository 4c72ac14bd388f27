"""A chat in a page as its script sees it, without the script: what it is told, what it shows."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

import httpx
import msgspec

from llmtb.actors.chat import RecordSent
from llmtb.channels.port import DESK, SITE
from llmtb.channels.web.chat.speaking import LEAST, say
from llmtb.channels.web.console import Phone
from llmtb.events.chat import MessageFailed, MessageQueued, MessageSent
from tests.web.serving import Served, lines_of

PATIENCE = 30.0
SARA, MARYAM, REZA = "web-1", "web-3", "site-1"


class Phones:
    """A demo that stands still: an agent, a supervisor, and a customer, each with a phone."""

    speed: float = 1.0
    phones: Sequence[Phone] = (
        Phone("Sara", DESK + 1, "agent"),
        Phone("Maryam", DESK + 3, "supervisor"),
        Phone("Reza", SITE + 1, "customer"),
    )


async def with_phones(served: Served) -> None:
    """Bring in the people whose phones these are, and open the morning."""
    await served.rules({"questions": {"customers": "anyone"}})
    await served.hire("maryam", "supervisor", account=MARYAM)
    await served.hire("sara", account=SARA)
    await served.roster("sara")
    served.clock.on(minutes=2)
    await served.house.wake()


class Window:
    """A page that shows the chat at `base`. messages: as they stand, in order; told: all of it."""

    def __init__(self, http: httpx.AsyncClient, base: str) -> None:
        self.http = http
        self.base = base
        self.told: list[tuple[str, dict[str, Any], str]] = []
        self.shown: dict[int, dict[str, Any]] = {}
        self.keys: list[list[str]] = []
        self.open_questions: set[str] = set()
        self.last = ""
        self._numbers = count(LEAST + random.Random(base).randrange(1 << 40))
        self._news = asyncio.Condition()

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What is shown, in order."""
        return sorted(self.shown.values(), key=lambda m: (m["place"], m["id"] != m["place"]))

    @property
    def texts(self) -> list[str]:
        """The same, its words alone."""
        return [each["text"] for each in self.messages]

    async def follow(self) -> None:
        """Be told, on from where it was cut off, until the server ends it or this is cancelled."""
        headers = {"Last-Event-ID": self.last} if self.last else {}
        address = f"{self.base}/stream"
        async with self.http.stream("GET", address, headers=headers, timeout=None) as stream:
            assert stream.status_code == 200
            async for name, data, id_ in lines_of(stream):
                async with self._news:
                    self.take(name, msgspec.json.decode(data), id_)
                    self._news.notify_all()

    def take(self, name: str, data: dict[str, Any], id_: str) -> None:
        """Be told one thing."""
        self.told.append((name, data, id_))
        self.last = id_ or self.last
        match name:
            case "message":
                if data.get("nonce") is not None:
                    self.shown.pop(data["nonce"], None)
                self.shown[data["id"]] = data
            case "change" if data["id"] in self.shown:
                self.shown[data["id"]] |= data
            case "gone":
                self.shown.pop(data["id"], None)
            case "keys":
                self.keys = data["rows"]
            case "typing":
                change = self.open_questions.add if data["on"] else self.open_questions.discard
                change(data["question"])

    async def until(self, holds: Callable[["Window"], object]) -> None:
        """Wait until it shows something."""
        try:
            async with asyncio.timeout(PATIENCE), self._news:
                await self._news.wait_for(lambda: holds(self))
        except TimeoutError:
            raise AssertionError(f"{self.base} shows {self.texts[-5:]}") from None

    async def sees(self, words: str) -> dict[str, Any]:
        """Wait for a message with these words; return the last of them."""
        await self.until(lambda page: any(words in text for text in page.texts))
        return [each for each in self.messages if words in each["text"]][-1]

    def nonce(self) -> int:
        """A number of its own."""
        return next(self._numbers)

    async def say(self, text: str, nonce: int | None = None) -> httpx.Response:
        """Write something."""
        fields = {"text": text, "nonce": str(nonce or self.nonce())}
        return await self.http.post(f"{self.base}/say", data=fields)

    async def press(self, label: str, nonce: int | None = None) -> dict[str, Any]:
        """Press the last button with a label that begins so; the answer to it."""
        found = [
            (message["id"], button["token"])
            for message in self.messages
            for row in message["keyboard"] or ()
            for button in row
            if button["label"].startswith(label)
        ]
        assert found, f"{self.base} has no button {label}"
        message, token = found[-1]
        fields = {"message": str(message), "button": token, "nonce": str(nonce or self.nonce())}
        answer = await self.http.post(f"{self.base}/press", data=fields)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


@asynccontextmanager
async def window(http: httpx.AsyncClient, base: str) -> AsyncIterator[Window]:
    """An open page."""
    page = Window(http, base)
    async with open_window(page):
        yield page


@asynccontextmanager
async def open_window(page: Window) -> AsyncIterator[None]:
    """A page that is open, again if it was before."""
    following = asyncio.create_task(page.follow())
    try:
        yield
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


async def speak(served: Served, text: str) -> None:
    """The visitor writes, as the widget's endpoint has it said."""
    page = Window(served.http, f"of {text}")
    await say(served.console, SITE + 1, text, page.nonce(), "en", "Reza")
    await asyncio.sleep(0)


async def told_so_far(served: Served, chat: str) -> Window:
    """What a page that is opened now is told of a chat, when nothing happens any more."""
    await all_settled(served)
    page = Window(served.http, chat)
    stream = served.pages.watch(chat)
    async with asyncio.timeout(30):
        async for part in stream:
            for block in part.decode().split("\n\n"):
                take(page, block)
            if b"event: start" in part:
                break
    await stream.aclose()
    return page


async def all_settled(served: Served) -> None:
    """Wait until nothing waits to be told, and every message of the pages is settled."""
    async with asyncio.timeout(30):
        while True:
            await served.seen()
            queued = [e for e in served.events(MessageQueued) if isinstance(e, MessageQueued)]
            kinds = (MessageSent, MessageFailed)
            done = {(e.chat, e.message) for e in served.events(*kinds) if isinstance(e, kinds)}
            waiting = [e for e in queued if not e.chat.isdecimal()]
            if all((e.chat, e.message) in done for e in waiting):
                await asyncio.sleep(0.05)
                if len(served.events(MessageQueued)) == len(queued):
                    return
            await asyncio.sleep(0.01)


def take(page: Window, block: str) -> None:
    """Be told what one block of a stream says."""
    fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
    if "data" in fields:
        page.take(fields["event"], msgspec.json.decode(fields["data"]), fields.get("id", ""))


async def record(served: Served, event: MessageQueued, remote: int) -> None:
    """As the outbox does once a message is sent."""
    sent = RecordSent(chat=event.chat, message=event.message, remote=remote)
    await served.house.chat(event.chat, sent)
