"""A small company on a virtual clock: real actors, a real journal in memory, and a channel that
only keeps what is said. `FakePort` is no Telegram; the wire has tests of its own."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

from llmtb.actors.access import new_code
from llmtb.actors.centre import AddAgent, AssignShift, SetPolicy
from llmtb.actors.chat import RecordSent
from llmtb.answerer.answerer import Answer, Answerer
from llmtb.app import House
from llmtb.channels.conversation.conversation import Conversation
from llmtb.channels.conversation.house import Drafting
from llmtb.channels.conversation.inviting import invitation
from llmtb.channels.conversation.step import Settings
from llmtb.channels.port import (
    AlreadySent,
    Attached,
    Button,
    Inline,
    MessageGone,
    NotModified,
    OutMessage,
    PortError,
    Pressed,
    Reply,
    Said,
    chat_number,
)
from llmtb.events.chat import MessageFailed, MessageQueued
from llmtb.events.event import Event
from llmtb.events.floor import Role
from llmtb.events.journal import Journal
from llmtb.events.stores.memory import MemoryStore
from llmtb.projections.history import Day
from llmtb.runtime import virtual

T = TypeVar("T")
BEFORE = datetime(2026, 11, 21, 4, 29, tzinfo=UTC)  # 07:59 in Tehran
SHIFT = "2026-11-21/morning"
BOT = "ManagerBot"


@dataclass
class Shown:
    """A message as it stands in a chat; `attached` is what goes with it."""

    number: int
    text: str
    keyboard: Inline | Reply | None = None
    attached: Attached | None = None
    edits: int = 0

    @property
    def buttons(self) -> list[Button]:
        """The buttons under it."""
        rows = self.keyboard.rows if isinstance(self.keyboard, Inline) else ()
        return [button for row in rows for button in row]

    @property
    def labels(self) -> list[str]:
        """What those say."""
        return [button.label for button in self.buttons]


@dataclass
class FakePort:
    """A channel that carries nothing anywhere: it keeps what was sent, edited and answered.

    failing: raised by the methods named in it, instead of doing what they do.
    """

    chats: dict[int, list[Shown]] = field(default_factory=dict)
    answers: dict[str, tuple[str, bool]] = field(default_factory=dict)
    commands: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    failing: dict[str, PortError] = field(default_factory=dict)
    pinned: list[tuple[int, int]] = field(default_factory=list)
    name: str | None = BOT
    _ids: set[int] = field(default_factory=set)
    _numbers: Any = field(default_factory=lambda: count(1))

    async def send(self, chat: int, message: OutMessage, random_id: int) -> int:
        self._fail("send")
        if random_id in self._ids:
            raise AlreadySent
        self._ids.add(random_id)
        number: int = next(self._numbers)
        shown = Shown(number, message.text, message.keyboard)
        self.chats.setdefault(chat, []).append(shown)
        return number

    async def edit(self, chat: int, message_id: int, message: OutMessage) -> None:
        self._fail("edit")
        shown = next((m for m in self.chats.get(chat, []) if m.number == message_id), None)
        if shown is None:
            raise MessageGone
        if (shown.text, shown.keyboard) == (message.text, message.keyboard):
            raise NotModified
        shown.text, shown.keyboard = message.text, message.keyboard
        shown.edits += 1

    async def answer(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        self._fail("answer")
        self.answers[query_id] = (text, alert)

    async def pin(self, chat: int, message_id: int) -> None:
        self.pinned.append((chat, message_id))

    async def unpin(self, chat: int, message_id: int) -> None:
        self.pinned.remove((chat, message_id))

    async def delete(self, chat: int, message_id: int) -> None:
        self.chats[chat] = [m for m in self.chats[chat] if m.number != message_id]

    async def offer_commands(self, commands: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        self.commands = commands

    def _fail(self, method: str) -> None:
        error = self.failing.get(method)
        if error is not None:
            raise error


class Company:
    """The house, its conversation, and people who write, press and read.

    answer: the ladder of its answerer, if it has one. drafting: the model that drafts replies.
    """

    def __init__(
        self,
        journal: Journal,
        settings: Settings,
        history: Sequence[Day],
        answer: Answer | None = None,
        drafting: Drafting | None = None,
    ) -> None:
        self.journal = journal
        self.clock = virtual.clock()
        self.port = FakePort()
        self.house = House(journal, self.clock, random.Random(1))
        self._settings = settings
        self._history = history
        self._answer = answer
        self._drafting = drafting
        self._answering: asyncio.Task[None] | None = None
        self._codes = random.Random(2)
        self._numbers = count(1)
        self._talking: asyncio.Task[None] | None = None
        self._posting: asyncio.Task[None] | None = None
        self._settled: set[tuple[str, str]] = set()
        self.conversation = self._conversation()

    async def open(self) -> None:
        """Begin, or go on after a pause."""
        await self.house.wake()
        self.conversation = self._conversation()
        self._talking = asyncio.create_task(self.conversation.run(self.port), name="conversation")
        if self._answer is not None:
            answerer = Answerer(self.journal, self.house, self._answer)
            self._answering = asyncio.create_task(answerer.run(), name="answerer")
        await self.resume_post()
        await self.settle()

    async def close(self) -> None:
        """End."""
        await self.pause()
        await self.house.stop()
        await self.journal.close()

    async def crash(self) -> None:
        """Lose everything but the journal, and begin again."""
        await self.pause()
        self.house.crash()
        self.house = House(self.journal, self.clock, random.Random(3))
        await self.open()

    async def pause(self) -> None:
        """Stop talking, as if the bot were down; the floor goes on."""
        await self.pause_post()
        await _end(self._answering)
        await _end(self._talking)

    async def pause_post(self) -> None:
        """Let messages wait."""
        await _end(self._posting)

    async def resume_post(self) -> None:
        """Send what waits, and go on."""
        self._posting = asyncio.create_task(self._post(), name="post")

    async def settle(self) -> None:
        """Let everybody finish what they are at."""
        await asyncio.sleep(0.05)

    async def until(self, clock: str) -> None:
        """Wait until a time of day in Tehran."""
        zone = self.conversation.feeder.known.floor.centre.policy.zone
        local = self.clock.now().astimezone(zone)
        then = local.replace(hour=int(clock[:2]), minute=int(clock[3:5]), second=0, microsecond=0)
        await asyncio.sleep((then - local).total_seconds())
        await self.settle()

    async def until_strangers_forget(self) -> None:
        """Wait until whoever is not on the list is answered again."""
        await asyncio.sleep(10)

    async def hire(self, agent: str, user: int, role: Role = "agent", name: str = "") -> None:
        """Have a person known, and joined by an invitation."""
        await self.house.floor(AddAgent(agent=agent, name=name or None, role=role))
        await self.join(await self.invite(agent, role), user)

    async def invite(self, agent: str, role: Role) -> str:
        """A fresh code for a known person."""
        code = new_code(self._code)
        command = invitation("company", agent, role, code, self.clock.now(), self._settings)
        await self.house.access(command)
        await self.settle()
        return code

    async def join(self, code: str, user: int, language: str | None = "en") -> None:
        """Press the invitation's link."""
        await self.say(user, f"/start {code}", language=language)

    async def roster(self, shift: str, *agents: str) -> None:
        """Put people on a shift."""
        for agent in agents:
            await self.house.floor(AssignShift(agent=agent, shift=shift))
        await self.settle()

    async def policy(self, **settings: Any) -> None:
        """Change settings, by their dotted names with `__` for the dots."""
        partial = {key.replace("__", "."): value for key, value in settings.items()}
        await self.house.floor(SetPolicy(policy=partial))
        await self.settle()

    async def say(
        self,
        user: int,
        text: str,
        *,
        at: datetime | None = None,
        number: int | None = None,
        language: str | None = "en",
        name: str = "",
    ) -> Said:
        """Write something, or press a permanent button."""
        said = Said(
            chat=user,
            user=user,
            message_id=number or 100_000 + next(self._numbers),
            text=text,
            at=at or self.clock.now(),
            language_code=language,
            first_name=name,
        )
        await self.conversation.handle(said)
        await self.settle()
        return said

    async def press(self, user: int, label: str) -> tuple[str, bool]:
        """Press the newest button whose label begins so; returns the answer."""
        shown, button = self.find(user, label)
        return await self.press_token(user, shown.number, button.token)

    async def press_unanswered(self, user: int, message: int, token: str) -> None:
        """Press a button, whatever becomes of the answer."""
        await self.conversation.handle(self._pressed(user, message, token))
        await self.settle()

    async def press_token(self, user: int, message: int, token: str) -> tuple[str, bool]:
        """Press a button of any message; returns the answer."""
        pressed = self._pressed(user, message, token)
        await self.conversation.handle(pressed)
        await self.settle()
        return self.port.answers[pressed.query_id]

    def find(self, user: int, label: str) -> tuple[Shown, Button]:
        """The newest button whose label begins so."""
        for shown in reversed(self.port.chats.get(user, [])):
            for button in shown.buttons:
                if button.label.startswith(label):
                    return shown, button
        raise LookupError(f"there is no button {label!r}: {self.heard(user)}")

    def heard(self, user: int) -> list[str]:
        """Everything that stands in a chat."""
        return [shown.text for shown in self.port.chats.get(user, [])]

    def last(self, user: int) -> Shown:
        """The newest message of a chat."""
        return self.port.chats[user][-1]

    def events(self, *kinds: type[Event]) -> list[Event]:
        """What was recorded, of these types, or of all."""
        recorded = self.journal.read()
        return [r.event for r in recorded if not kinds or isinstance(r.event, kinds)]

    def _pressed(self, user: int, message: int, token: str) -> Pressed:
        return Pressed(
            chat=user,
            user=user,
            query_id=f"q{next(self._numbers)}",
            message_id=message,
            token=token,
            at=self.clock.now(),
        )

    def _conversation(self) -> Conversation:
        async def history(_agent: str) -> Sequence[Day]:
            return self._history

        return Conversation(
            self.house,
            self.journal,
            history,
            self._settings,
            clock=self.clock,
            new_code=lambda: new_code(self._code),
            drafting=self._drafting,
        )

    def _code(self, length: int) -> str:
        return self._codes.randbytes(length).hex()

    async def _post(self) -> None:
        """Stands in for the outbox: sends what is queued, and records that it arrived."""
        async for batch in self.journal.subscribe(0):
            for recorded in batch:
                event = recorded.event
                key = (getattr(event, "chat", ""), getattr(event, "message", ""))
                if isinstance(event, MessageQueued) and key not in self._settled:
                    await self._deliver(event)
                elif isinstance(event, MessageFailed):
                    self._settled.add(key)

    async def _deliver(self, event: MessageQueued) -> None:
        number = chat_number(event.chat)
        assert number is not None
        message = OutMessage(text=event.text, keyboard=event.keyboard)
        remote = await self.port.send(number, message, hash((event.chat, event.message)) or 1)
        self.port.chats[number][-1].attached = event.attachment
        self._settled.add((event.chat, event.message))
        sent = RecordSent(chat=event.chat, message=event.message, remote=remote)
        await self.house.chat(event.chat, sent)


async def _end(task: "asyncio.Task[None] | None") -> None:
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def play(
    story: Callable[[Company], Coroutine[Any, Any, T]],
    *,
    start: datetime = BEFORE,
    settings: Settings | None = None,
    history: Sequence[Day] = (),
    answer: Answer | None = None,
    drafting: Drafting | None = None,
) -> T:
    """Have a story happen in a fresh company, on a virtual clock."""

    async def main() -> T:
        journal = await Journal.open(MemoryStore())
        company = Company(journal, settings or Settings(), history, answer, drafting)
        await company.open()
        try:
            return await story(company)
        finally:
            await company.close()

    return virtual.run(main(), start)
