"""The console on a loopback port for as long as a test lasts: real house, journal, views, server.

    async def story(served: Served) -> None: ...
    play(tmp_path, story)

What answers questions is a `Ladder` (tests/conversation), what embeds is a bag of words: both
stand in for models, which have tests of their own.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx
import numpy as np
import numpy.typing as npt

from llmtb.actors.access import AcceptInvitation, Invite, digest_of, new_code
from llmtb.actors.centre import AddAgent, AssignShift, SetPolicy
from llmtb.actors.command import Command
from llmtb.answerer.answerer import Answer, Answerer
from llmtb.app import House
from llmtb.channels.conversation.conversation import Conversation
from llmtb.channels.conversation.house import Drafting
from llmtb.channels.conversation.step import Settings as Manners
from llmtb.channels.conversation.words import Words
from llmtb.channels.port import Port
from llmtb.channels.switchboard import Switchboard
from llmtb.channels.web.console import Console, Demo, Serve, Unserved
from llmtb.channels.web.feed import Hub
from llmtb.channels.web.server import Server
from llmtb.channels.web.site import site
from llmtb.channels.web.window.window import Pages
from llmtb.events.event import Event
from llmtb.events.floor import Role
from llmtb.events.journal import Journal, Recorded
from llmtb.events.stores.sqlite import SQLiteStore
from llmtb.projections.catalogue import projections
from llmtb.projections.engine import Views
from llmtb.projections.history import Day, history_of
from llmtb.runtime.clock import WallClock
from llmtb.settings import Console as Settings

T = TypeVar("T")
BEFORE = datetime(2026, 11, 21, 4, 29, tzinfo=UTC)  # 07:59 in Tehran
SHIFT = "2026-11-21/morning"
MANNERS = Manners(press_seconds=7200)
WORDS = Words.load()


class HandClock(WallClock):
    """A clock that runs as the machine's does from `start`, and is set on by hand."""

    def __init__(self, start: datetime) -> None:
        self._ahead = start - super().now()

    def now(self) -> datetime:
        """The instant it shows."""
        return super().now() + self._ahead

    def wait(self, at: datetime) -> float:
        """Little: it may be set at any time."""
        return min(super().wait(at), 0.02)

    def on(self, **by: float) -> None:
        """Set it on, by `timedelta`'s words."""
        self._ahead += timedelta(**by)

    def to(self, at: datetime) -> None:
        """Set it on to an instant."""
        self._ahead += at - self.now()


class Served:
    """A served company. http: a client of its console that follows no redirects.

    restart: the server and the house die without notice and come back on the same port.
    """

    house: House
    conversation: Conversation
    pages: Pages
    console: Console
    views: Views
    server: Server

    def __init__(self, folder: Path, start: datetime, **given: Any) -> None:
        self.folder = folder
        self.clock = HandClock(start)
        self.given = given
        self.settings: Settings = given.get("settings") or Settings(port=0, sign_in=False)
        self.http = httpx.AsyncClient(timeout=20)
        self._works: list[asyncio.Task[None]] = []
        self._stack = AsyncExitStack()
        self._chance = random.Random(1)
        self._numbers = count(1)

    @property
    def url(self) -> str:
        """The console's address, without a slash at its end."""
        return self.server.url.rstrip("/")

    async def open(self) -> None:
        """Begin, on the journal there is."""
        store = SQLiteStore(self.folder / "journal.db")
        self.journal = await Journal.open(store)
        self._stack.push_async_callback(self.journal.close)
        self.views = await Views.open(self.folder / "views.db", projections(), self.journal)
        self._stack.push_async_callback(self.views.close)
        self.house = await House.start(self.journal, self.clock, self._chance)
        self.conversation = Conversation(
            self.house,
            self.journal,
            self._history,
            self.given.get("manners") or MANNERS,
            clock=self.clock,
            new_code=lambda: new_code(self.secret),
            words=WORDS,
            drafting=self.given.get("drafting"),
        )
        house = self.house
        self.pages = Pages(self.journal, lambda r: house.chat(r.chat, r), self.clock)
        port = Switchboard(self.given.get("telegram"), self.pages)
        hub = Hub(self.conversation.feeder, self.clock.now)
        self.console = Console(
            house=self.house,
            journal=self.journal,
            feeder=self.conversation.feeder,
            views=self.views,
            words=WORDS,
            settings=self.settings,
            language="en",
            clock=self.clock,
            handle=self.conversation.handle,
            port=port,
            pages=self.pages,
            serve=self.given.get("serve") or unserved,
            embed=self.given.get("embed") or bag_of_words,
            hub=hub,
            folder=self.folder,
            new_text=self.secret,
            demo=self.given.get("demo"),
        )
        self.server = Server(self.settings, site(self.console), hub)
        # A restart comes back where it was.
        self.settings = type(self.settings)(**{**_fields(self.settings), "port": self.server.port})
        self.http.base_url = httpx.URL(self.url)
        works: list[Coroutine[Any, Any, None]] = [
            self.conversation.run(port),
            self.pages.run(),
            self.server.run(self.conversation.feeder.ready()),
        ]
        if self.given["feeds"]:
            works.append(self.views.run())
        if (answer := self.given.get("answer")) is not None:
            works.append(Answerer(self.journal, self.house, answer).run())
        self._works = [asyncio.create_task(work) for work in works]
        await self.conversation.feeder.ready()

    async def shut(self, *, crash: bool = False) -> None:
        """End; with `crash`, without a word to the actors."""
        for work in reversed(self._works):
            work.cancel()
        await asyncio.gather(*self._works, return_exceptions=True)
        if crash:
            self.house.crash()
        else:
            await self.house.stop()
        await self._stack.aclose()

    async def restart(self) -> None:
        """Die without notice, and come back on the same port and journal."""
        await self.shut(crash=True)
        await self.open()

    async def close(self) -> None:
        """End for good."""
        await self.shut()
        await self.http.aclose()

    # --- the company ---------------------------------------------------------------------------

    async def do(self, command: Command, id_: str | None = None) -> list[Recorded]:
        """A command on the floor, seen by the pages when this returns."""
        recorded = await self.house.floor(command, id_)
        await self.seen()
        return recorded

    async def seen(self) -> None:
        """Wait until everything recorded is known to the pages and in the views."""
        head = self.journal.head
        async with asyncio.timeout(30):
            await self.conversation.feeder.reached(head)
            await self.views.reached(head)

    async def hire(
        self, agent: str, role: Role = "agent", name: str = "", *, account: str | None = None
    ) -> None:
        """Have a person known; with an account (a chat's key), by an invitation."""
        await self.house.floor(AddAgent(agent=agent, name=name or agent.title(), role=role))
        if account is not None:
            code = digest_of(f"code of {agent}")
            until = self.clock.now() + timedelta(days=1)
            invite = Invite(by="test", agent=agent, role=role, code_digest=code, until=until)
            await self.house.access(invite)
            await self.house.access(AcceptInvitation(code_digest=code, account=account))
        await self.seen()

    async def roster(self, agent: str, shift: str = "morning") -> None:
        """Put a person on a shift from now on."""
        await self.do(AssignShift(agent=agent, shift=shift))

    async def rules(self, policy: Mapping[str, Any]) -> None:
        """Lay a partial policy over the one in force."""
        await self.do(SetPolicy(policy=dict(policy)))

    async def until(self, kind: type[Event]) -> None:
        """Wait until an event of a type is recorded."""
        async with asyncio.timeout(20):
            while not self.events(kind):  # noqa: ASYNC110  it says itself what it waits for
                await asyncio.sleep(0.05)

    def events(self, *kinds: type[Event]) -> list[Event]:
        """What was recorded, of these types, or of all."""
        recorded = self.journal.read()
        return [r.event for r in recorded if not kinds or isinstance(r.event, kinds)]

    def secret(self, length: int) -> str:
        """A text of its own each time, as `secrets.token_urlsafe` gives."""
        return sha256(f"{self._chance.random()} {next(self._numbers)}".encode()).hexdigest()

    async def _history(self, agent: str) -> Sequence[Day]:
        async with self.views.snapshot() as read:
            return await history_of(read, agent)


@asynccontextmanager
async def serving(
    folder: Path,
    *,
    start: datetime = BEFORE,
    settings: Settings | None = None,
    manners: Manners | None = None,
    answer: Answer | None = None,
    drafting: Drafting | None = None,
    telegram: Port | None = None,
    serve: Serve | None = None,
    embed: Callable[[Sequence[str]], Coroutine[Any, Any, npt.NDArray[np.float32]]] | None = None,
    demo: Demo | None = None,
    feeds: bool = True,
) -> AsyncIterator[Served]:
    """A fresh company in a folder, served; on a journal that is there already it goes on.

    settings: of the console; by default nobody signs in. answer: the ladder. telegram: the port of
    a bot (`FakePort`), if there is one. feeds: whether the views are fed. The others: see Console.
    """
    given = {
        "settings": settings,
        "manners": manners,
        "answer": answer,
        "drafting": drafting,
        "telegram": telegram,
        "serve": serve,
        "embed": embed,
        "demo": demo,
        "feeds": feeds,
    }
    served = Served(folder, start, **given)
    await served.open()
    try:
        yield served
    finally:
        await served.close()


def play(folder: Path, story: Callable[[Served], Coroutine[Any, Any, T]], **given: Any) -> T:
    """Have a story happen in a fresh company that is served; see `serving`."""

    async def main() -> T:
        async with asyncio.timeout(100), serving(folder, **given) as served:
            return await story(served)

    return asyncio.run(main())


async def bag_of_words(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """Stands in for the encoder: texts with the same words have the same meaning."""
    vectors = np.zeros((len(texts), 384), np.float32)
    for row, text in enumerate(texts):
        for word in text.casefold().split():
            vectors[row, int.from_bytes(sha256(word.encode()).digest()[:4], "big") % 384] += 1
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.divide(vectors, lengths, out=vectors, where=lengths > 0)
    return vectors


async def unserved(_: Mapping[str, Any]) -> Any:
    """Stands in for the library where a test has none."""
    raise Unserved("there is no library here")


async def lines_of(response: httpx.Response) -> AsyncIterator[tuple[str, str, str]]:
    """The events of a stream: event, data, id."""
    event, data, id_ = "message", "", ""
    with suppress(httpx.RemoteProtocolError, httpx.ReadError):  # the server went away
        async for line in response.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                event = value
            elif name == "data":
                data = value
            elif name == "id":
                id_ = value
            elif not line and data:
                yield event, data, id_
                event, data, id_ = "message", "", ""


def _fields(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__struct_fields__}
