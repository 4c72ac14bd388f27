"""Sending what the journal says is to be sent: each message once, in its chat's order.

    queued in the journal -> its chat's turn -> sent, under its random id -> recorded as sent

A crash between any two of these leads back to the first: the message is sent again under the same
random id, which Telegram refuses as a duplicate if it had arrived, and then it is recorded.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from hashlib import sha256
from random import Random
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from llmtb.channels.port import (
    AlreadySent,
    Attachments,
    Disconnected,
    Flooded,
    OutMessage,
    Port,
    PortError,
    Unreachable,
    Unsendable,
    chat_number,
)
from llmtb.channels.telegram.lanes import Lanes, Letter
from llmtb.channels.telegram.pending import LAYOUT, SNAPSHOT, Key, Pending, Waiting
from llmtb.channels.telegram.refusals import ServerFault
from llmtb.channels.telegram.settings import TelegramSettings
from llmtb.events.chat import MessageQueued
from llmtb.events.journal import Journal
from llmtb.events.personal import REDACTED
from llmtb.runtime.clock import Clock

log = logging.getLogger(__name__)

EXPIRED, UNREACHABLE, FORGOTTEN = "expired", "unreachable", "forgotten"  # see MessageFailed
_AT_ONCE = 16  # messages on their way at one time, each to another chat
_ATTEMPTS = 20  # attempts at a message that the server, though there, fails at
_FIRST_WAIT, _LAST_WAIT = 0.5, 30.0  # seconds between attempts
_SNAPSHOT_EVERY = 4096  # events

T = TypeVar("T")

Urgency = Callable[[MessageQueued], int]
"""How urgent a message is among those of other chats: less goes first."""


class Receipts(Protocol):
    """Who records what became of a message. Each may be told the same thing more than once."""

    async def sent(self, chat: str, message: str, remote: int | None) -> None:
        """Record that a message arrived; `remote` is its id in the chat, if that is known."""

    async def failed(self, chat: str, message: str, error: str) -> None:
        """Record that a message will never arrive."""


class OutboxStatistics(NamedTuple):
    """What the outbox has done since it was started.

    waiting, chats: messages to be sent, and to how many chats. under_way: of them, those being
    sent now. sent: arrived and recorded; of them, `repeated` had arrived before. failed: recorded
    as failed. floods: times the server asked for patience. closed_for: seconds until it may be
    asked again.
    """

    waiting: int
    chats: int
    under_way: int
    sent: int
    repeated: int
    failed: int
    floods: int
    closed_for: float


def random_id(queued: MessageQueued) -> int:
    """The number under which a message is sent: the same at every attempt, never another's.

    The instant is in it, since chats and messages are named alike again in a journal begun anew.
    """
    name = f"{queued.chat}\n{queued.message}\n{queued.at.isoformat()}"
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True) or 1


class Outbox:
    """Follows the journal and sends. `run` it in a task of its own.

    connected: waits until the port is worth trying. urgency: see `Urgency`.
    """

    def __init__(
        self,
        journal: Journal,
        port: Port,
        receipts: Receipts,
        attachments: Attachments,
        settings: TelegramSettings,
        *,
        connected: Callable[[], Awaitable[None]],
        clock: Clock,
        random: Random,
        urgency: Urgency = lambda queued: 0,
    ) -> None:
        self._journal = journal
        self._port = port
        self._receipts = receipts
        self._attachments = attachments
        self._connected = connected
        self._clock = clock
        self._random = random
        self._urgency = urgency
        self._lanes = Lanes(settings.per_second, settings.per_chat_second, settings.chat_burst)
        self._pending = Pending()
        self._position = -1
        self._letters: dict[Key, Letter] = {}
        self._under_way: dict[Key, asyncio.Task[None]] = {}
        self._tried: dict[Key, int] = {}
        self._arrived: dict[Key, int | None] = {}
        self._down = False
        self._begun = asyncio.Event()
        self._news = asyncio.Event()
        self._sent = self._repeated = self._failed = self._floods = 0

    async def run(self) -> None:
        """Send until it is cancelled, or the journal is closed."""
        following = asyncio.ensure_future(self._follow())
        sending = asyncio.ensure_future(self._send_on())
        tasks: list[asyncio.Future[None]] = [following, sending]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            tasks += self._under_way.values()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def flush(self, within: float) -> int:
        """Wait up to `within` seconds until all that is queued by now is sent, and what follows.

        Returns how much is not sent.
        """
        head = self._journal.head
        try:
            async with asyncio.timeout(within):
                while self._pending or self._position < head:
                    await self._change()
        except TimeoutError:
            log.info("%d messages will be sent after the next start", len(self._pending))
        return len(self._pending)

    def statistics(self) -> OutboxStatistics:
        """Return what the outbox has done."""
        closed_for = self._lanes.closed_until - asyncio.get_running_loop().time()
        return OutboxStatistics(
            waiting=len(self._pending),
            chats=self._lanes.chats,
            under_way=len(self._under_way),
            sent=self._sent,
            repeated=self._repeated,
            failed=self._failed,
            floods=self._floods,
            closed_for=max(0.0, closed_for),
        )

    # What is to be sent.

    async def _follow(self) -> None:
        self._position = saved = self._recall()
        start = self._journal.head
        subscription = self._journal.subscribe(self._position)
        try:
            if self._position == start:
                self._begin()
            async for batch in subscription:
                for recorded in batch:
                    news = self._pending.evolve(recorded)
                    if self._begun.is_set():
                        self._heed(news)
                self._position = subscription.position
                self._news.set()
                if not self._begun.is_set() and self._position >= start:
                    self._begin()
                if self._position - saved >= _SNAPSHOT_EVERY:
                    saved = self._remember()
        finally:
            subscription.close()
            if self._position > saved:
                self._remember()

    def _begin(self) -> None:
        """Only now is it known which of the messages queued in the past are still to be sent."""
        for waiting in self._pending:
            self._heed(waiting)
        self._begun.set()

    def _heed(self, news: Waiting | Key | None) -> None:
        if isinstance(news, Waiting):
            event = news.event
            letter = Letter(news.seq, self._urgency(event), event)
            self._letters[event.chat, event.message] = letter
            self._lanes.add(letter)
        elif news is not None and news not in self._under_way:
            self._withdraw(news)

    def _withdraw(self, key: Key) -> None:
        letter = self._letters.pop(key, None)
        if letter is not None:
            self._lanes.withdraw(letter, self._now())

    def _recall(self) -> int:
        snapshot = self._journal.load_snapshot(SNAPSHOT, LAYOUT)
        if snapshot is None:
            return 0
        try:
            self._pending = Pending.decode(snapshot[1])
        except msgspec.DecodeError:
            return 0
        return snapshot[0]

    def _remember(self) -> int:
        self._journal.save_snapshot(SNAPSHOT, LAYOUT, self._position, self._pending.encode())
        return self._position

    # Sending it.

    async def _send_on(self) -> None:
        await self._begun.wait()
        while True:
            if self._down:
                await self._connected()
                self._down = False
            letter, look_at = None, None
            if len(self._under_way) < _AT_ONCE:
                letter, look_at = self._lanes.take(self._now())
            if letter is None:
                await self._change(look_at)
                continue
            key = letter.event.chat, letter.event.message
            task = asyncio.ensure_future(self._deliver(letter, key))
            self._under_way[key] = task
            task.add_done_callback(partial(self._landed, key))

    async def _deliver(self, letter: Letter, key: Key) -> None:
        """Make one attempt at a message, up to where it is recorded what became of it."""
        event, error = letter.event, ""
        rest: list[Letter] = []
        try:
            if key not in self._arrived:
                self._arrived[key] = await self._send(event, first=key not in self._tried)
            await self._pin(event, self._arrived[key])
        except Flooded as flood:
            self._floods += 1
            until = self._now() + flood.seconds
            self._lanes.again(letter, until)
            if flood.everywhere:
                self._lanes.close(until)
            return
        except Disconnected as trouble:
            self._down = not isinstance(trouble, ServerFault)
            if not self._may_try_again(letter, key, counted=not self._down):
                error = str(trouble)
        except Unreachable:
            error, rest = UNREACHABLE, self._lanes.behind(letter)
        except PortError as refusal:
            error = str(refusal) or type(refusal).__name__
        except Exception as failure:  # noqa: BLE001  one bad message must not stop the others
            log.warning("message %s to chat %s: %r", event.message, event.chat, failure)
            if not self._may_try_again(letter, key, counted=True):
                error = type(failure).__name__
        else:
            await self._report(self._receipts.sent, event, self._arrived[key])
            self._sent += 1
            self._settle(letter, key)
            return
        if error:
            await self._give_up(letter, key, error, rest)

    async def _send(self, event: MessageQueued, *, first: bool) -> int | None:
        """Send a message and return its id in the chat; None when it had arrived before."""
        if first and event.until is not None and self._clock.now() >= event.until:
            raise Unsendable(EXPIRED)
        if event.text == REDACTED:
            raise Unsendable(FORGOTTEN)
        file = None
        if event.attachment is not None:
            try:
                file = await self._attachments(event.attachment)
            except LookupError as missing:
                raise Unsendable(f"there is no such file: {missing}") from missing
        message = OutMessage(text=event.text, keyboard=event.keyboard, attachment=file)
        try:
            return await self._port.send(_number(event), message, random_id(event)) or None
        except AlreadySent:
            self._repeated += 1
            return None

    async def _pin(self, event: MessageQueued, remote: int | None) -> None:
        """Pin a message that asks for it. That it cannot be pinned does not undo its arrival."""
        if not event.pin or remote is None:
            return
        try:
            await self._port.pin(_number(event), remote)
        except (Flooded, Disconnected):
            raise
        except PortError as refusal:
            log.info("message %s could not be pinned: %s", event.message, refusal)

    def _may_try_again(self, letter: Letter, key: Key, *, counted: bool) -> bool:
        """Put a letter back, a little later each time; not if it was tried too often."""
        tried = self._tried[key] = self._tried.get(key, 0) + counted
        if tried >= _ATTEMPTS:
            return False
        wait = min(_FIRST_WAIT * 2.0**tried, _LAST_WAIT) * self._random.uniform(0.5, 1.0)
        self._lanes.again(letter, self._now() + wait)
        return True

    async def _give_up(self, letter: Letter, key: Key, error: str, rest: list[Letter]) -> None:
        for lost in (letter, *rest):
            await self._report(self._receipts.failed, lost.event, error)
            self._failed += 1
            if lost is not letter:
                self._withdraw((lost.event.chat, lost.event.message))
        self._settle(letter, key)

    async def _report(
        self, receipt: Callable[[str, str, T], Awaitable[None]], event: MessageQueued, what: T
    ) -> None:
        """Have it recorded, however long that takes; until then nothing follows in that chat."""
        wait = _FIRST_WAIT
        while True:
            try:
                return await receipt(event.chat, event.message, what)
            except Exception as failure:  # noqa: BLE001  whatever it is, it is tried again
                log.warning("what became of %s is not recorded yet: %r", event.message, failure)
            await asyncio.sleep(wait * self._random.uniform(0.5, 1.0))
            wait = min(wait * 2, _LAST_WAIT)

    def _settle(self, letter: Letter, key: Key) -> None:
        self._lanes.done(letter, self._now())
        self._letters.pop(key, None)
        self._tried.pop(key, None)
        self._arrived.pop(key, None)

    def _landed(self, key: Key, task: "asyncio.Task[None]") -> None:
        self._under_way.pop(key, None)
        self._news.set()
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("the outbox lost hold of message %s", key[1], exc_info=failure)

    async def _change(self, until: float | None = None) -> None:
        """Wait for any change, no longer than until that instant of the loop's clock."""
        self._news.clear()
        try:
            async with asyncio.timeout_at(until):
                await self._news.wait()
        except TimeoutError:
            return

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _number(event: MessageQueued) -> int:
    number = chat_number(event.chat)
    assert number is not None  # noqa: S101  others are not pending
    return number
