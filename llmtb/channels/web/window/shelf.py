"""Settling what is queued for chats in pages: there is no server to reach, so it has arrived.

A page reads the journal, so a message is on its shelf once it is in there; its number is that of
the event. A message whose time was over before is given up. As with Telegram, what is not settled
is kept in a snapshot beside the events, with the permanent buttons that each chat has now.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import msgspec

from llmtb.actors.chat import RecordFailed, RecordSent
from llmtb.channels.port import Reply, channel_of
from llmtb.channels.web.window.telling import EXPIRED
from llmtb.events.chat import MessageFailed, MessageQueued, MessageSent
from llmtb.events.errors import JournalError, UnwritableEvent
from llmtb.events.personal import REDACTED
from llmtb.events.record import Recorded
from llmtb.runtime.errors import Unanswered
from llmtb.runtime.insisting import insist

SNAPSHOT: Final = "outbox/pages"
LAYOUT: Final = "1"
KEYS: Final = 4096
"""Chats whose permanent buttons are known, however long ago they were drawn."""
_AT_ONCE: Final = 64
_PAGES: Final = ("site", "web")

Record = Callable[[RecordSent | RecordFailed], Awaitable[object]]
"""Asks the chat's actor to record what became of a message; returns when it is in the journal."""


class _Kept(msgspec.Struct):
    """The snapshot. keys: by chat, which of `drawn` it has."""

    waiting: list[tuple[str, str, int, datetime | None]]
    drawn: list[Reply]
    keys: dict[str, int]


class Shelf:
    """What waits to be settled, as the journal tells it, and the buttons in force."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], tuple[int, datetime | None]] = {}
        self._keys: dict[str, Reply] = {}
        self._under_way: set[tuple[str, str]] = set()
        self._news = asyncio.Event()

    def keys(self, chat: str) -> Reply | None:
        """The permanent buttons of a chat."""
        return self._keys.get(chat)

    def evolve(self, recorded: Recorded) -> None:
        """Take in an event of the journal."""
        event = recorded.event
        match event:
            case MessageQueued():
                if isinstance(event.keyboard, Reply) and event.text != REDACTED:
                    self._draw(event.chat, event.keyboard)
                if channel_of(event.chat) in _PAGES:
                    key = event.chat, event.message
                    self._waiting.setdefault(key, (recorded.seq, event.until))
                    self._news.set()
            case MessageSent() | MessageFailed():
                self._waiting.pop((event.chat, event.message), None)
            case _:
                pass

    async def settle_on(self, record: Record, now: Callable[[], datetime]) -> None:
        """Have what waits recorded as arrived or expired, until this is cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while fresh := [key for key in self._waiting if key not in self._under_way][:_AT_ONCE]:
                self._under_way.update(fresh)
                await asyncio.gather(*(self._settle(key, record, now) for key in fresh))
            self._under_way &= self._waiting.keys()

    def encode(self) -> bytes:
        """The snapshot."""
        drawn = list(dict.fromkeys(self._keys.values()))
        places = {keyboard: place for place, keyboard in enumerate(drawn)}
        keys = {chat: places[keyboard] for chat, keyboard in self._keys.items()}
        waiting = [(*key, *value) for key, value in self._waiting.items()]
        return msgspec.msgpack.encode(_Kept(waiting, drawn, keys))

    def restore(self, state: bytes) -> None:
        """Go on from a snapshot. Raises msgspec.MsgspecError when it is none."""
        kept = msgspec.msgpack.decode(state, type=_Kept)
        self._waiting = {(chat, message): (seq, at) for chat, message, seq, at in kept.waiting}
        self._keys = {chat: kept.drawn[place] for chat, place in kept.keys.items()}
        if self._waiting:
            self._news.set()

    async def _settle(
        self, key: tuple[str, str], record: Record, now: Callable[[], datetime]
    ) -> None:
        found = self._waiting.get(key)
        if found is None:
            return
        (chat, message), (seq, until) = key, found
        over = until is not None and until <= now()
        command: RecordSent | RecordFailed = RecordSent(chat=chat, message=message, remote=seq)
        if over:
            command = RecordFailed(chat=chat, message=message, error=EXPIRED)

        async def ask() -> None:
            await record(command)

        transient = (JournalError, Unanswered)
        await insist(ask, f"message {message}", transient=transient, final=(UnwritableEvent,))

    def _draw(self, chat: str, keyboard: Reply) -> None:
        self._keys.pop(chat, None)
        self._keys[chat] = keyboard
        if len(self._keys) > KEYS:
            del self._keys[next(iter(self._keys))]
