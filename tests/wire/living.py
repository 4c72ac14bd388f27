"""A whole centre to live in: the product's bot on the suite's Telegram, its people, its clock."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from llmtb.channels.telegram.outbox import random_id
from llmtb.data import open_journal
from llmtb.events.chat import MessageFailed, MessageQueued, MessageSent
from llmtb.events.event import Event
from llmtb.events.floor import BreakEnded, BreakStarted
from llmtb.live import Live
from llmtb.runtime.clock import WallClock
from llmtb.settings import Audit, Console, Models, Settings, Telegram
from tests.wire.bot import settings_for
from tests.wire.server import Message, MtprotoServer, Person
from tests.wire.server.bell import PATIENCE, Bell

NINE = datetime(2026, 11, 21, 5, 30, tzinfo=UTC)  # nine o'clock in Tehran
MARYAM, HAMID, SARA, NIMA = 7000000001, 7000000002, 7000000003, 7000000004

E = TypeVar("E", bound=Event)


class Warp(WallClock):
    """A wall clock that can be set on, so that a shift passes in seconds."""

    def __init__(self, start: datetime) -> None:
        self._wall = WallClock()
        self.ahead = start - self._wall.now()

    def now(self) -> datetime:
        """The instant it shows."""
        return self._wall.now() + self.ahead

    def seconds(self) -> float:
        """The same in seconds since 1970, as Telegram dates what people write."""
        return self.now().timestamp()

    def to(self, hour: int, minute: int = 0) -> None:
        """Set it to a time of the day in Tehran."""
        self.ahead += NINE + timedelta(hours=hour - 9, minutes=minute) - self.now()


class Centre:
    """A bot that runs or not, its Telegram, its people, and the clock they share.

    live: the bot that runs now, or that ran last. shown: the secret lines shown to its owner.
    models: those that answer; none, unless a test says otherwise. rules: of the settings file.
    """

    live: Live

    def __init__(self, folder: Path, server: MtprotoServer, clock: Warp) -> None:
        self.folder = folder
        self.server = server
        self.clock = clock
        self.shown: list[str] = []
        self.rules: dict[str, Any] = {}
        self.models = Models(folder=str(folder / "no-models"))
        self._bell = Bell()
        self.maryam = server.person(MARYAM, "Maryam", language_code="en")
        self.hamid = server.person(HAMID, "Hamid", language_code="fa-IR")
        self.sara = server.person(SARA, "Sara", language_code="fa")
        self.nima = server.person(NIMA, "Nima", language_code="en-GB")

    @property
    def people(self) -> list[Person]:
        """Everybody on the list."""
        return [self.maryam, self.hamid, self.sara, self.nima]

    @asynccontextmanager
    async def running(self, **other: Any) -> AsyncIterator[Live]:
        """The bot for as long as this lasts; `other` are settings of its Telegram."""
        self.folder.mkdir(exist_ok=True)
        self.live = Live(
            Settings(
                policy=self.rules,
                telegram=Telegram(token=self.server.bot_token),
                models=self.models,
                console=Console(port=0),
            ),
            settings_for(self.server, **other),
            self.folder / "llmtb.toml",
            self.folder,
            clock=self.clock,
            show=self.show,
        )
        serving = asyncio.create_task(self.live.serve())
        try:
            yield self.live
        finally:
            self.live.stop()
            await serving

    async def begin(self) -> None:
        """Maryam comes in by the printed link, and the three others by hers; two on the morning."""
        await self.maryam.say(f"/start {await self.first_code()}")
        await self.maryam.hears("You are here as")
        await self.invite(self.hamid, "حمید", "supervisor")
        for person, name in ((self.sara, "سارا"), (self.nima, "Nima")):
            await self.invite(person, name, "agent")
            await self.roster("morning", name)
        await self.sara.hears("morning")
        await self.nima.hears("You are on morning.")

    def show(self, line: str) -> None:
        """Take a line that the bot shows to its owner alone."""
        self.shown.append(line)
        self._bell.ring()

    async def invite(self, person: Person, name: str, role: str) -> None:
        """Have Maryam invite somebody, who comes."""
        await person.say(f"/start {await self.link_for(name, role)}")
        await person.hears(name)

    async def link_for(self, name: str, role: str) -> str:
        """Have Maryam invite somebody; the start code of the link she gets."""
        await self.maryam.press("People")
        await self.maryam.press("Invite a new person", on=await self.maryam.hears("on the list"))
        await self.maryam.hears("What is the person's name?")
        await self.maryam.say(name)
        await self.maryam.press(role, on=await self.maryam.hears("What will"))
        return code_in((await self.maryam.hears("?start=")).text)

    async def roster(self, shift: str, name: str) -> None:
        """Have Maryam put somebody on a shift from now on."""
        await self.maryam.press("Rosters")
        await self.maryam.press(shift, on=await self.maryam.hears("Which shift?"))
        await self.maryam.press("Add", on=await self.maryam.hears(where=offers("Take off")))
        await self.maryam.press(name, on=await self.maryam.hears("Who?"))
        await self.maryam.press("From now on", on=await self.maryam.hears("When?"))
        await self.maryam.hears("Done")

    async def first_code(self) -> str:
        """The start code that makes the first supervisor, once it is shown."""
        line = await self._bell.until(
            lambda: next((each for each in reversed(self.shown) if "?start=" in each), None),
            PATIENCE,
            lambda: "no first link was shown",
        )
        return code_in(line)

    async def until(self, hour: int, minute: int = 0) -> None:
        """Let time pass until a time of the day, once all that was to be told has been."""
        await self.told()
        self.clock.to(hour, minute)
        await self.live.house.wake()

    async def told(self) -> None:
        """Wait until every message that is queued has been sent."""
        journal, waiting = self.live.house.journal, set[tuple[str, str]]()
        following = journal.subscribe(0)
        try:
            async with asyncio.timeout(PATIENCE):
                async for batch in following:
                    for recorded in batch:
                        _note(waiting, recorded.event)
                    if not waiting and following.position >= journal.head:
                        return
        finally:
            following.close()

    async def events(self) -> list[Event]:
        """Everything in the journal of a bot that does not run."""
        opened = await open_journal(self.folder, Audit(), {})
        try:
            return [recorded.event for recorded in opened.journal.read()]
        finally:
            await opened.close()

    async def audit(self) -> list[Event]:
        """Hold the journal of a bot that does not run against what people have seen.

        Every message arrived once, in its chat's order; nobody's rests overlap.
        """
        events = await self.events()
        assert not only(MessageFailed, events), only(MessageFailed, events)
        for person in self.people:
            chat = str(person.id)
            queued = [random_id(e) for e in only(MessageQueued, events) if e.chat == chat]
            seen = [each.random_id for each in person.chat if each.by_bot]
            assert len(seen) == len(set(seen)), f"{person.first_name} was told something twice"
            assert [each for each in seen if each in set(queued)] == queued
        rests = [e for e in events if isinstance(e, BreakStarted | BreakEnded)]
        for agent in {rest.agent for rest in rests}:
            kinds = [type(rest) for rest in rests if rest.agent == agent]
            assert set(kinds[::2]) == {BreakStarted}
            assert set(kinds[1::2]) <= {BreakEnded}
        assert self.server.unsupported == []
        assert self.server.wire_errors == []
        return events


Story = Callable[[Centre], Awaitable[None]]


def in_centre(folder: Path, story: Story) -> None:
    """Play a story in a centre whose bot does not run yet, at nine in the morning."""

    async def scene() -> None:
        clock = Warp(NINE)
        async with MtprotoServer(clock=clock.seconds) as server:
            await story(Centre(folder / "data", server, clock))

    asyncio.run(scene())


def only(kind: type[E], events: list[Event]) -> list[E]:
    """The events of one type."""
    return [event for event in events if isinstance(event, kind)]


def offers(label: str) -> Callable[[Message], bool]:
    """Whether a message has a button whose label contains this."""
    return lambda message: any(label in each for each in labels(message))


def labels(message: Message) -> list[str]:
    """What the buttons under a message say, without the marks that keep words from turning."""
    return [bare(button.text) for row in message.buttons for button in row]


def bare(text: str) -> str:
    """A text without the marks that keep words from turning."""
    return text.replace("\u2068", "").replace("\u2069", "")


def code_in(text: str) -> str:
    """The start code of the link in a text."""
    found = re.search(r"\?start=([\w-]+)", text)
    assert found, text
    return found[1]


def _note(waiting: set[tuple[str, str]], event: Event) -> None:
    if isinstance(event, MessageQueued):
        waiting.add((event.chat, event.message))
    elif isinstance(event, MessageSent | MessageFailed):
        waiting.discard((event.chat, event.message))
