"""The port of the chats that people have in pages, and what of any chat a page shows."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from llmtb.channels.port import (
    AlreadySent,
    OutMessage,
    PortError,
    Reply,
    TooLate,
    channel_of,
    chat_key,
)
from llmtb.channels.web.feed import RETRY
from llmtb.channels.web.window import past
from llmtb.channels.web.window.loose import Loose, whispered
from llmtb.channels.web.window.past import Page, teller_of
from llmtb.channels.web.window.shelf import LAYOUT, SNAPSHOT, Record, Shelf
from llmtb.channels.web.window.telling import Numbers, Relays, Told, keys, told
from llmtb.channels.web.window.watching import Line, Room, Watcher
from llmtb.events.chat import MessageSent, QuestionAsked
from llmtb.events.desk import STREAM as DESK_STREAM
from llmtb.events.desk import MessageRelayed
from llmtb.events.event import Event
from llmtb.events.journal import Journal
from llmtb.events.record import Recorded
from llmtb.runtime.clock import Clock
from llmtb.runtime.tasks import until_first

T = TypeVar("T")
_SNAPSHOT_EVERY: Final = 4096  # events
_READERS: Final = 2  # pages' pasts that are read at one time
_BEAT: Final = 20.0  # seconds without news after which a page hears that it is connected
_ASKED: Final = 1024  # presses that wait for an answer


class Toast(NamedTuple):
    """The answer to a press; alert: one to be closed."""

    text: str = ""
    alert: bool = False


class Pages:
    """Chats in pages: a Port to them (see `llmtb.channels.port`), and a window on any chat.

    A message's number in a page is that of the event which queued it, in whatever channel. What is
    below 0 was whispered; from 2**40 up are words that the page itself has numbered.
    """

    def __init__(self, journal: Journal, record: Record, clock: Clock) -> None:
        self._journal = journal
        self._record = record
        self._clock = clock
        self._shelf = Shelf()
        self._loose = Loose()
        self._relays = Relays()
        self._rooms: dict[str, Room] = {}
        self._presses: dict[str, asyncio.Future[Toast]] = {}
        self._reading = asyncio.Semaphore(_READERS)
        self._position = 0
        self._closed = False

    @property
    def name(self) -> str | None:
        """Pages have no public name."""
        return None

    @property
    def watching(self) -> int:
        """How many pages watch a chat now."""
        return sum(len(room.watchers) for room in self._rooms.values())

    @property
    def rooms(self) -> int:
        """How many chats are watched now."""
        return len(self._rooms)

    def keys(self, chat: str) -> Reply | None:
        """The permanent buttons that a chat has now."""
        return self._shelf.keys(chat)

    async def run(self) -> None:
        """Follow the journal until this is cancelled; then every stream ends."""
        try:
            works = [self._follow()]
            if self._journal.refusal is None:
                works.append(self._shelf.settle_on(self._record, self._clock.now))
            await until_first(*works)
        finally:
            self.close()

    def close(self) -> None:
        """End every stream; the pages connect again by themselves."""
        self._closed = True
        for room in self._rooms.values():
            for watcher in room.watchers:
                watcher.wake()

    # --- watching ------------------------------------------------------------------------------

    async def watch(
        self, chat: str, after: int | None = None, line: Line | None = None
    ) -> AsyncGenerator[bytes]:
        """The stream of a chat, as server-sent events: what was, then what happens.

        chat: its key. after: the last event that the page was told of; None: it has nothing yet.
        line: how it is sent, where the stream has other chats as well.
        Events: see `llmtb.channels.web.window.telling`; also `start` {before}, once, to a page that
        had nothing: what `before` is to be asked for; and `change` {id, text, keyboard}.
        """
        resumed = after is not None and 0 <= after <= self._journal.head
        watcher = Watcher(after if after is not None and resumed else -1, line or Line())
        room = self._rooms.setdefault(chat, Room())
        room.watchers.add(watcher)
        try:
            yield RETRY
            while not self._closed:
                while watcher.behind:
                    async with aclosing(self._catch_up(chat, room, watcher)) as parts:
                        async for part in parts:
                            yield part
                if pending := watcher.take():
                    yield pending
                try:
                    async with asyncio.timeout(_BEAT):
                        await watcher.news()
                except TimeoutError:
                    yield b": \n\n"
        finally:
            room.watchers.discard(watcher)
            if not room.watchers and self._rooms.get(chat) is room:
                del self._rooms[chat]

    async def before(self, chat: str, version: int) -> dict[str, Any]:
        """An older page of a chat: `events`, pairs of name and data, and the next `before`.

        version: the last `before` that the page was given.
        """
        page = await self._read(lambda: past.before(self._journal, chat, version))
        self._hear(page)
        numbers = Numbers()
        things = [
            thing
            for recorded in page.events
            for thing in told(recorded, chat, numbers, self._relays)
            if thing.name in ("message", "gone")
        ]
        return {"events": things + self._changed(chat, numbers), "before": page.before}

    async def _catch_up(self, chat: str, room: Room, watcher: Watcher) -> AsyncGenerator[bytes]:
        """What a page has missed, in order; what happens meanwhile waits with the watcher."""
        fresh, begun = watcher.position < 0, b""
        while watcher.behind:
            watcher.begin_reading()
            until = self._journal.head
            if watcher.position < 0:
                pages = past.last(self._journal, chat, until)
            else:
                pages = past.since(self._journal, chat, watcher.position, until)
            start = 0
            while (page := await self._next(pages)) is not None:
                self._hear(page)
                start = start or page.before
                yield b"".join(self._told(page.events, chat, room, watcher.line))
            if watcher.position < 0:
                begun = watcher.line.render([Told("start", {"before": start})])
            watcher.read_to(until)
        if loose := begun + self._loose_things(chat, room, watcher.line, fresh=fresh):
            yield loose

    def _told(
        self, events: Sequence[Recorded], chat: str, room: Room, line: Line
    ) -> Iterator[bytes]:
        for recorded in events:
            things = self._tie(chat, recorded, told(recorded, chat, room.numbers, self._relays))
            yield line.render(things, recorded.seq)

    def _loose_things(self, chat: str, room: Room, line: Line, *, fresh: bool) -> bytes:
        """What stands in no journal: all that is known of it, since nobody keeps who knows it."""
        things = self._changed(chat, room.numbers)
        sheet = self._loose.find(chat)
        if sheet is not None:
            things += [Told("message", data) for data in sheet.messages.values()]
        keyboard = self._shelf.keys(chat)
        if fresh and keyboard is not None:
            things.append(Told("keys", keys(keyboard)))
        return line.render(things)

    def _changed(self, chat: str, numbers: Numbers) -> list[Told]:
        """The changes of a chat's messages, by their numbers here."""
        sheet = self._loose.find(chat)
        if sheet is None:
            return []
        if channel_of(chat) != "telegram":
            return list(sheet.changes.values())
        found = ((numbers.here(number), each) for number, each in sheet.changes.items())
        return [Told(each.name, each.data | {"id": here}) for here, each in found if here]

    async def _next(self, pages: Iterator[Page]) -> Page | None:
        return await self._read(lambda: next(pages, None))

    async def _read(self, read: Callable[[], T]) -> T:
        async with self._reading:
            return await asyncio.to_thread(read)

    def _hear(self, page: Page) -> None:
        for seq, sender in page.relayed.items():
            self._relays.note(seq, sender)

    # --- speaking ------------------------------------------------------------------------------

    def said(self, chat: str, nonce: int, text: str) -> None:
        """Somebody writes something in a page: shown at once to all who watch the chat."""
        told = self._loose.of(chat).said(nonce, self._journal.head, text, self._clock.now())
        if told is not None:
            self._tell(chat, [told])

    def unsaid(self, chat: str, nonce: int) -> None:
        """It was not taken."""
        self._tell(chat, [self._loose.of(chat).remove(nonce)])

    def recorded_as(self, chat: str, nonce: int, update: str) -> int | None:
        """The event that holds what was said, if one does, which is its number from now on."""
        for recorded in self._journal.applied(update) or ():
            event, sheet = recorded.event, self._loose.of(chat)
            if not isinstance(event, QuestionAsked | MessageRelayed):
                continue
            sheet.tie(recorded.seq, nonce)
            if self._position >= recorded.seq and sheet.messages.pop(nonce, None) is not None:
                self._tell(chat, [Told("gone", {"id": nonce})])
            return recorded.seq
        return None

    def expect(self, query_id: str) -> "asyncio.Future[Toast]":
        """The answer to a press, as soon as there is one."""
        if len(self._presses) >= _ASKED:
            self._presses.pop(next(iter(self._presses))).cancel()
        return self._presses.setdefault(query_id, asyncio.get_running_loop().create_future())

    def forget(self, query_id: str) -> None:
        """Nobody waits for the answer to a press any more."""
        self._presses.pop(query_id, None)

    async def remote_of(self, chat: str, seq: int) -> int:
        """What a message is called by its chat's server; 0 where that is not known."""
        if channel_of(chat) != "telegram":
            return seq
        return await self._read(lambda: past.remote_of(self._journal, chat, seq))

    async def event_of(self, chat: str, seq: int) -> Event | None:
        """The event that a message of a chat is; None for one that is not of this chat."""
        found = await self._read(lambda: past.event_at(self._journal, chat, seq))
        return None if found is None else found.event

    # --- following -----------------------------------------------------------------------------

    async def _follow(self) -> None:
        self._position = saved = self._recall()
        subscription = self._journal.subscribe(self._position)
        try:
            async for batch in subscription:
                for recorded in batch:
                    self._take(recorded)
                self._position = subscription.position
                if self._position - saved >= _SNAPSHOT_EVERY:
                    saved = self._remember()
        finally:
            subscription.close()
            if self._position > saved:
                self._remember()

    def _take(self, recorded: Recorded) -> None:
        self._shelf.evolve(recorded)
        event, chat = recorded.event, ""
        if recorded.stream == DESK_STREAM:
            if isinstance(event, MessageRelayed):
                self._relays.note(recorded.seq, event.sender)
                chat = teller_of(event) or ""
        elif recorded.stream.startswith("chat/"):
            chat = recorded.stream[5:]
        room = self._rooms.get(chat) if chat else None
        if room is None:
            if chat and isinstance(event, QuestionAsked | MessageRelayed):
                list(self._tie(chat, recorded, iter(())))
            return
        things = self._tie(chat, recorded, told(recorded, chat, room.numbers, self._relays))
        room.tell(things, recorded.seq)
        if (nonce := self._settled(chat, recorded)) is not None:
            # Whoever read the event already, before these words came again, has them twice.
            room.tell([Told("gone", {"id": nonce})])
        if isinstance(event, MessageSent) and event.remote is not None:
            sheet = self._loose.find(chat)
            change = sheet.changes.get(event.remote) if sheet is not None else None
            if change is not None:
                self._tell_changed(chat, room, event.remote, change)

    def _tie(self, chat: str, recorded: Recorded, things: Iterator[Told]) -> Iterator[Told]:
        """Words that are recorded now take the place of those that a page has just written."""
        nonce = self._settled(chat, recorded)
        for thing in things:
            if nonce is not None and thing.data.get("from") == "me":
                yield Told(thing.name, thing.data | {"nonce": nonce})
            else:
                yield thing

    def _settled(self, chat: str, recorded: Recorded) -> int | None:
        """The nonce of the words that an event has recorded, if a page has just written them."""
        event, sheet = recorded.event, self._loose.find(chat)
        if sheet is None or not isinstance(event, QuestionAsked | MessageRelayed):
            return None
        return sheet.settled(recorded.seq, event.text)

    def _tell(self, chat: str, things: Sequence[Told]) -> None:
        room = self._rooms.get(chat)
        if room is not None:
            room.tell(things)

    def _tell_changed(self, chat: str, room: Room, number: int, change: Told) -> None:
        here = number if channel_of(chat) != "telegram" else room.numbers.here(number)
        if here is not None:
            room.tell([Told(change.name, change.data | {"id": here})])

    def _recall(self) -> int:
        snapshot = self._journal.load_snapshot(SNAPSHOT, LAYOUT)
        if snapshot is None:
            return 0
        try:
            self._shelf.restore(snapshot[1])
        except msgspec.MsgspecError:
            return 0
        return snapshot[0]

    def _remember(self) -> int:
        self._journal.save_snapshot(SNAPSHOT, LAYOUT, self._position, self._shelf.encode())
        return self._position

    # --- the port ------------------------------------------------------------------------------

    def changed(self, chat: int, message_id: int, message: OutMessage) -> None:
        """A message of a chat that a page may show as well says something else now."""
        with suppress(PortError):  # a page that shows it already, or no more, needs nothing
            self._change(chat_key(chat), self._loose.of(chat_key(chat)).change(message_id, message))

    async def send(self, chat: int, message: OutMessage, random_id: int) -> int:
        """See Port: what is sent like this stands in no journal."""
        key, now = chat_key(chat), self._clock.now()
        told = self._loose.of(key).whisper(random_id, self._journal.head, message, now)
        if told is None:
            raise AlreadySent
        self._tell(key, [told])
        return whispered(random_id)

    async def edit(self, chat: int, message_id: int, message: OutMessage) -> None:
        """See Port."""
        key = chat_key(chat)
        self._change(key, self._loose.of(key).change(message_id, message))

    async def answer(self, query_id: str, text: str = "", *, alert: bool = False) -> None:
        """See Port."""
        waiting = self._presses.get(query_id)
        if waiting is None or waiting.done():
            raise TooLate
        waiting.set_result(Toast(text, alert))

    async def pin(self, chat: int, message_id: int) -> None:
        """See Port; a page shows the last of a chat, and needs no pins."""

    async def unpin(self, chat: int, message_id: int) -> None:
        """See Port."""

    async def delete(self, chat: int, message_id: int) -> None:
        """See Port."""
        key = chat_key(chat)
        self._change(key, self._loose.of(key).remove(message_id))

    async def offer_commands(self, commands: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """See Port; a page has no menu."""

    def _change(self, chat: str, change: Told) -> None:
        room = self._rooms.get(chat)
        if room is not None:
            self._tell_changed(chat, room, int(change.data["id"]), change)
